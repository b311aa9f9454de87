/*
 * An index from within store/.
 *
 *	DATA/index-ID.db	the entries of one index
 *	DATA/backfill.db	index id -> frontier of its back-fill
 */
#pragma once

#include "store/bdb.h"
#include "store/index.h"
#include "store/table.h"
#include <stdatomic.h>

struct txn;
struct index_write;

/* What all versions of a table that have this index share. */
struct index {
	struct store *store;
	atomic_uint references;
	atomic_bool dropped; /* set under the writer mutex; its file goes with it */
	char *id; /* NUL-terminated */
	DB *file; /* opened with the table */
	/* Under the lock of the table's counters. */
	struct index_counts now;
	/* Under the writer mutex. */
	struct index_counts recounted; /* by a recount under way */
	struct buf frontier; /* row key that the back-fill has reached; empty at its start */
};

struct index *index_new(struct store *store, struct slice id);
struct index *index_ref(struct index *index);
void index_unref(struct index *index);
/* The name of its file within the data directory, in the buffer. */
const char *index_file_name(struct slice id, struct buf *buf);
/* Opens its file unless it is open; creates it with flags DB_CREATE. */
int index_open(struct index *index, DB_TXN *bdb, uint32_t flags, struct error *err) NODISCARD;

/* Of a version. The expiry index is found by no name; NULL: there is none. */
struct index *table_index(const struct table *table, const struct index_description *description);
struct index *table_expiry_index(const struct table *table);

/* As index_cursor_open(), of any kind of index; of the expiry index only the
 * entries can be read (store/cursor.h). */
int index_cursor_open_on(struct txn *txn, struct table *table,
	const struct index_description *description, const struct row_range *range,
	enum row_want want, struct row_cursor **ret, struct error *err) NODISCARD;

/* Whether the index answers for that row already: it does for all but those
 * which its back-fill has not reached. Under the writer mutex. */
bool index_covers(const struct index *index, const struct index_description *description,
	struct slice row_key);
/* Appends the entry of an item; false when it has none. */
bool index_entry_of(const struct index_description *description, const struct map *item,
	struct slice row_key, struct buf *buf);
/* Size in bytes of what an index shows of an item. item_size is that of all of
 * it. */
uint32_t index_projected_size(const struct table_description *table,
	const struct index_description *index, const struct map *item, uint32_t item_size);

/* One change of a row. */
struct index_change {
	struct table *table; /* the newest version */
	struct slice row_key;
	const struct map *old, *new; /* NULL: none */
	uint32_t old_size, new_size; /* of the items */
	bool same; /* the items are equal */
};

/* Tells what index_apply() would do, with room for one of each index. */
void index_preview(struct txn *txn, const struct index_change *change,
	struct index_write *ret_writes, size_t *ret_count);
/* Writes what changes in each index of the table, and counts it. Fills
 * ret_writes, one for each index that is shown, unless it is NULL. */
int index_apply(struct txn *txn, const struct index_change *change, struct index_write *ret_writes,
	size_t *ret_count, struct error *err) NODISCARD;
int index_put_entry(
	struct txn *txn, struct index *index, struct slice entry, struct error *err) NODISCARD;
