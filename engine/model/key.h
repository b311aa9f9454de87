/*
 * Primary keys: their schema, their rules, and the order-preserving bytes that
 * are a row's key in the B-tree.
 *
 *	row key = hash64(enc(partition)), 8 bytes big-endian
 *		  ‖ enc(partition) ‖ enc(sort)
 *
 * Invariants:
 * 1. memcmp order of enc() is DynamoDB's order within a type: strings and
 *    binary by unsigned bytes, numbers by value.
 * 2. enc() ends itself: no encoding is a prefix of another one, so enc(sort)
 *    can follow enc(partition) and all keys of a partition are one range.
 * 3. One key, one encoding: 1.0 and 1 are the same number and the same bytes.
 *
 * S and B: each 00 becomes 00 FF, and 00 01 ends it. N: number_encode().
 * Limits: Developer Guide, "Service, account, and table quotas".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/value.h"

#define KEY_PARTITION_MAX 2048 /* bytes of the value */
#define KEY_SORT_MAX      1024
#define KEY_HASH_LENGTH   8

struct key_attribute {
	struct slice name;
	enum value_type type; /* S, N or B */
};

struct key_schema {
	struct key_attribute partition;
	struct key_attribute sort; /* name absent: the table has no sort key */
};

struct key {
	struct value partition;
	struct value sort; /* only when the schema has a sort key */
};

static inline bool key_schema_has_sort(const struct key_schema *schema)
{
	return slice_present(schema->sort.name);
}

/* Takes the key out of a whole item. Errors as PutItem's: "One or more
 * parameter values were invalid: Missing the key pk in the item", "…: Type
 * mismatch for key pk expected: S actual: N", and those of key_validate(). */
int key_from_item(const struct key_schema *schema, const struct map *item, struct key *ret,
	struct error *err) NODISCARD;
/* Takes a Key parameter, which must hold the key's attributes and no others:
 * "The provided key element does not match the schema". */
int key_from_map(const struct key_schema *schema, const struct map *map, struct key *ret,
	struct error *err) NODISCARD;
/* Sizes and emptiness: "One or more parameter values were invalid: Size of
 * hashkey has exceeded the maximum size limit of2048 bytes", "…: Aggregated
 * size of all range keys has exceeded the size limit of 1024 bytes", "One or
 * more parameter values are not valid. The AttributeValue for a key attribute
 * cannot contain an empty string value. Key: pk" (binary: "empty binary
 * value"). */
int key_validate(
	const struct key_schema *schema, const struct key *key, struct error *err) NODISCARD;
/* The key as a map of one or two attributes, in the arena. */
struct map key_to_map(const struct key_schema *schema, const struct key *key, struct arena *arena);
bool key_equal(const struct key_schema *schema, const struct key *a, const struct key *b);

/* Appends the row key. */
void key_encode(const struct key_schema *schema, const struct key *key, struct buf *buf);
/* The row key in the arena. */
struct slice key_encode_new(
	const struct key_schema *schema, const struct key *key, struct arena *arena);
/* Appends hash and enc(partition): the prefix of all rows of a partition. */
void key_encode_partition(const struct value *partition, struct buf *buf);
/* Appends enc(value) of one scalar. */
void key_encode_value(const struct value *value, struct buf *buf);
/* Appends enc(value) without what ends it: a prefix of the encodings of all
 * strings (or binaries) that begin with the value. S and B only. */
void key_encode_value_prefix(const struct value *value, struct buf *buf);
/* Changes an encoded bound into the least one that is greater than everything
 * beginning with it. False when there is none (all bytes FF). */
bool key_bound_after(struct buf *bound);
/* Reads a row key back. ERROR_CORRUPT when the bytes are not one, the hash
 * included. Bytes of the values live in the arena. */
int key_decode(const struct key_schema *schema, struct slice bytes, struct arena *arena,
	struct key *ret, struct error *err) NODISCARD;
/* Length of the hash and enc(partition) at the start of a row key; 0 when
 * malformed. */
size_t key_partition_length(const struct key_schema *schema, struct slice bytes);
