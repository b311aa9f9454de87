/* Cursors from within store/. */
#pragma once

#include "store/row.h"
#include <db.h>

struct index_reader;

/* Opens a cursor over a table's rows, or with a reader, which it takes over,
 * over the entries of an index and their rows. */
int row_cursor_open_with(struct txn *txn, struct table *table, struct index_reader *reader,
	const struct row_range *range, enum row_want want, struct row_cursor **ret,
	struct error *err) NODISCARD;

/* What finds the rows of an index's entries (index_cursor.c). NULL is allowed. */
void index_reader_free(struct index_reader *reader);
/* The file with the entries. */
DB *index_reader_file(const struct index_reader *reader);
/* Whether the index is still there. */
int index_reader_check(const struct index_reader *reader, struct error *err) NODISCARD;
#define INDEX_STALE 1
/* The row of an entry, whose bytes are valid until the next call: 0, or
 * INDEX_STALE when the row is gone, or has another entry by now. */
int index_reader_get(struct index_reader *reader, struct txn *txn, struct slice entry,
	enum row_want want, struct row *ret, struct error *err) NODISCARD;

/* Releases a transaction's cursors, whatever the body left open. */
void row_cursor_release_all(struct row_cursor *first);

/* row_cursor_next() without a look into the record; of an index, the entries,
 * stale ones too. */
int row_cursor_next_record(struct row_cursor *cursor, struct slice *ret_key,
	struct slice *ret_record, struct error *err) NODISCARD;
