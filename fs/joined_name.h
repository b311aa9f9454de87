/*
 * Names that join several key values by ',': of links to items, and of the
 * partitions of an index.
 *
 *	link	  = part ("," part)* ".json"
 *	partition = part ("," part)*
 *
 * A part is the name of its value (name.h), in which a ',' is spelled %2C. Where
 * there is one value only, it has the name that it has as an item or a
 * partition of a table: a ',' in it stands for itself.
 *
 * Invariants:
 * 1. A name is 1 to 255 bytes, holds no '/', no NUL, and does not begin with
 *    '.' or '-'.
 * 2. The last parts of a link are the key of the item. Each of them can be
 *    found by itself, so that a link is followed without a search: where the
 *    name would be over-long, each part that is longer than its share of it
 *    becomes the longest prefix that fits (whole escapes, whole UTF-8
 *    characters), "%~" and 16 hex digits of hash64(enc(value)). A number of
 *    the key is written with an exponent there, which always fits.
 * 3. An over-long partition is the longest prefix that fits, "%~" and 16 hex
 *    digits of the hash by which the index finds it (model/key_layout.h).
 * 4. Reading is generous: it takes spellings that are never written. Whoever
 *    reads makes the name of what he found, and compares.
 *
 * DESIGN 4.1, 4.5.
 */
#pragma once

#include "model/key_layout.h"
#include "name.h"

/* The sort attributes of an index, and the key. */
#define JOINED_VALUES_MAX (KEY_ATTRIBUTES_MAX + 2)

/* Appends the name of a link; the last key_count of the values are the key. */
void joined_name_append_link(
	const struct value *values, size_t count, size_t key_count, struct buf *buf);

/* What a link's name tells of one value of the key. */
struct joined_part {
	enum name_outcome outcome;
	struct value value; /* NAME_HASHED: the longest prefix of it that is known */
	uint64_t hash; /* NAME_HASHED: of name_hash() */
};

/* Reads the key from a link of so many values: as many parts as the schema has
 * attributes, in the arena. False when it is no such link. */
bool joined_name_read_key(struct slice name, size_t count, const struct key_schema *schema,
	struct arena *arena, struct joined_part *ret);

/* Appends the name of an index's partition. */
void joined_name_append_partition(
	const struct key_layout *layout, const struct value *values, struct buf *buf);
/* Reads one: NAME_EXACT with its values, NAME_HASHED with the hash, or
 * NAME_IMPOSSIBLE. */
enum name_outcome joined_name_read_partition(const struct key_layout *layout, struct slice name,
	struct arena *arena, struct value *ret_values, uint64_t *ret_hash);
