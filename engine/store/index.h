/*
 * Secondary indexes: a B-tree each, of entries without data (model/key_layout.h).
 * The item is read from its row; projection is applied by the reader.
 *
 * Invariants:
 * 1. In every committed state, an ACTIVE index holds exactly the entries that
 *    index_entry_encode() makes of the table's items; so does a CREATING one
 *    for the rows up to its back-fill's frontier.
 * 2. Entries are computed from the old and the new item alone, in the
 *    transaction that writes the row. The tree is written only where the entry
 *    changes.
 * 3. A CREATING index is back-filled in chunks under the writer mutex, in row
 *    key order; its frontier is stored with each chunk, so that it goes on
 *    after a crash.
 */
#pragma once

#include "store/row.h"

/* Whether an item may be stored beside the table's indexes: "One or more
 * parameter values were invalid: Type mismatch for Index Key k Expected: S
 * Actual: N IndexName: i", "One or more parameter values are not valid. A value
 * specified for a secondary index key is not supported. The AttributeValue for a
 * key attribute cannot contain an empty string value. IndexName: i, IndexKey:
 * k", and the key size limits. With an old item (of an update; empty when there
 * is none), attributes it has equal are not looked at, and an empty value is told
 * of as the update's. Of several faults, that of the index whose name comes first
 * is told. write_apply() calls it: before anything else for a put, after the
 * decision for an update. */
int index_check_item(const struct table_description *table, const struct map *old,
	const struct map *item, struct error *err) NODISCARD;

/* What of an item an index shows, in the arena: its keys, the table's, and
 * what it projects. All of it for PROJECTION_ALL. */
void index_project(const struct table_description *table, const struct index_description *index,
	const struct map *item, struct arena *arena, struct map *ret);
/* Whether the index shows that top-level attribute. */
bool index_projects(const struct table_description *table, const struct index_description *index,
	struct slice attribute);

/* A cursor over an index: as row_cursor_open(), the range being of entries.
 * Rows come with index_entry set (beside key, item, meta of the base row).
 * Entries whose row has changed since are left out. ERROR_VALIDATION "The table
 * does not have the specified index: i" when it was dropped meanwhile. */
int index_cursor_open(struct txn *txn, struct table *table, struct slice index_name,
	const struct row_range *range, enum row_want want, struct row_cursor **ret,
	struct error *err) NODISCARD;
