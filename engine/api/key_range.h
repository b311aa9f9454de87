/*
 * What a query or a scan reads: a range of row keys, or of an index's entries.
 *
 * Both begin with the hash of the partition attributes, their encodings and
 * those of the sort attributes, in that order (model/key_layout.h). So a query
 * is a prefix, narrowed by its condition on one more attribute; a scan is a
 * part of the hash space; and a start key is a position in either.
 */
#pragma once

#include "base/buf.h"
#include "expr/key_condition.h"
#include "store/row.h"
#include "store/table.h"

struct key_range {
	struct buf lower; /* inclusive */
	struct buf upper; /* exclusive; empty: open */
	struct buf partition; /* of a query: what all keys begin with */
};

#define KEY_RANGE_INIT ((struct key_range){ BUF_INIT, BUF_INIT, BUF_INIT })

void key_range_release(struct key_range *range);
void key_range_of_query(
	struct key_range *range, const struct key_layout *layout, const struct key_query *query);
/* Segments divide the 64 bits of the hash evenly. */
void key_range_of_segment(struct key_range *range, int64_t segment, int64_t total);
bool key_range_holds(const struct key_range *range, struct slice position);
/* Makes it begin after a position within it, on the side it is read from. */
void key_range_resume(struct key_range *range, bool backward, struct slice position);
/* Borrowed. */
struct row_range key_range_rows(const struct key_range *range, bool backward);

/* Takes ExclusiveStartKey apart: what is wrong with it whatever the range; then
 * its position. index NULL: of the table. In a scan of a table more is said of
 * wrong names. */
int start_key_position(const struct table_description *table, const struct index_description *index,
	bool scan, const struct map *start_key, struct buf *ret, struct error *err) NODISCARD;
/* The start key to go on after an item, which shows all of the key attributes. */
void start_key_of_item(const struct table_description *table, const struct index_description *index,
	const struct map *item, struct arena *arena, struct map *ret);
/* The key that a page ends with: the table's attributes, and the index's. In
 * the arena. entry: of the index. */
int last_key_of(const struct table_description *table, const struct index_description *index,
	struct slice row_key, struct slice entry, struct arena *arena, const struct map **ret,
	struct error *err) NODISCARD;
