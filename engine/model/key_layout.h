/*
 * The key attributes of a table or of a secondary index, as a query sees them,
 * and the entries of indexes.
 *
 * A table has one partition attribute and at most one sort attribute; a global
 * index has up to four of each. An index's entry is
 *
 *	hash64(enc(p1) ‖ … ‖ enc(pn)) ‖ enc(p1) ‖ … ‖ enc(pn)
 *		‖ enc(s1) ‖ … ‖ enc(sm) ‖ row key of the item
 *
 * so that memcmp order is the index's order, and items with equal index keys
 * stand in the order of their row keys: paging is stable. For a table the same
 * layout without the last part is its row key (model/key.h).
 *
 * Source: Developer Guide, "Using Global Secondary Indexes", "Multi-attribute
 * keys".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/key.h"

#define KEY_ATTRIBUTES_MAX 4 /* of partition, and of sort attributes */

struct key_layout {
	struct key_attribute partition[KEY_ATTRIBUTES_MAX];
	size_t partition_count;
	struct key_attribute sort[KEY_ATTRIBUTES_MAX];
	size_t sort_count;
};

struct key_layout key_layout_of(const struct key_schema *schema);
bool key_layout_has(const struct key_layout *layout, struct slice name);

/* Appends hash and encodings of the partition attributes. */
void key_layout_encode_partition(
	const struct key_layout *layout, const struct value *values, struct buf *buf);

#define INDEX_ENTRY_NONE 1
/* Appends the entry of an item with that row key: 0, or INDEX_ENTRY_NONE (and
 * nothing appended) when an attribute is absent, of another type, empty or
 * over-long: the index is sparse. */
int index_entry_encode(const struct key_layout *layout, const struct map *item,
	struct slice row_key, struct buf *buf);
/* Takes an entry apart: the values of partition then sort attributes in the
 * arena, and the row key, borrowed. ERROR_CORRUPT when it is not one. */
int index_entry_decode(const struct key_layout *layout, struct slice entry, struct arena *arena,
	struct value *ret_values, struct slice *ret_row_key, struct error *err) NODISCARD;
/* Only what it begins with: the bytes of its partition; absent when the entry is
 * malformed. */
struct slice index_entry_partition(const struct key_layout *layout, struct slice entry);
/* Takes those apart: the values of the partition attributes in the arena. */
int key_layout_decode_partition(const struct key_layout *layout, struct slice bytes,
	struct arena *arena, struct value *ret_values, struct error *err) NODISCARD;
/* Only the row key; an absent slice when the entry is malformed. */
struct slice index_entry_row_key(const struct key_layout *layout, struct slice entry);
