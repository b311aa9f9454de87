/*
 * Cursors: rows in order, read ahead in batches.
 *
 * Invariants:
 * 1. A cursor holds no page of Berkeley DB between two calls: it fetches a
 *    batch, lets go, and later goes on from the last key. So a slow reader
 *    does not keep the writer waiting, and a deadlock costs one fetch.
 * 2. A batch read before a write of the same transaction is never used after
 *    it.
 * 3. Batches start small and grow: the first row of a range is cheap, and so
 *    are many rows.
 */
#include "store/cursor.h"
#include "base/memory.h"
#include "store/record.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* Berkeley DB wants at least a page, and multiples of 1024. */
#define BATCH_FIRST        4096
#define BATCH_MAX          (64 << 10)
#define BATCH_ROW_OVERHEAD 64 /* more than the integers and alignment of a row */

/* Rows whose average exceeds this lie on pages of their own, which a look at
 * headers alone need not read: then row by row is faster. */
#define BULK_ITEM_BYTES 900

/* A batch in Berkeley DB's format for DB_MULTIPLE_KEY: from the end of the
 * memory down, four integers a row (key at, length, data at, length), then -1. */
struct batch {
	DBT memory;
	const uint32_t *next; /* NULL: nothing left */
};

struct row_cursor {
	struct row_cursor *next; /* of the transaction */
	struct txn *txn;
	struct table *table;
	struct index_reader *index; /* NULL: the rows are the table's own */
	enum row_want want;
	bool backward;
	bool exhausted; /* nothing beyond the batch */
	struct buf lower, upper; /* bounds; empty: open */
	struct buf position; /* the next fetch begins at it, or backward before it */
	struct slice last; /* key returned last, in the batch; absent: position holds */
	struct batch batch;
	uint32_t batch_bytes; /* for the next fetch */
	uint64_t writes_seen;
	DBT key, data; /* memory for one row */
	struct row_reader reader;
};

static void batch_reserve(struct batch *batch, uint32_t bytes)
{
	bytes = (bytes + 1023) & ~1023u;
	if (batch->memory.ulen >= bytes)
		return;
	free(batch->memory.data);
	batch->memory.data = memory_new(bytes);
	batch->memory.ulen = bytes;
}

static void batch_begin(struct batch *batch)
{
	void *next;

	DB_MULTIPLE_INIT(next, &batch->memory);
	batch->next = next;
}

/* The row at the front, which stays there; false when there is none. */
static bool batch_peek(const struct batch *batch, struct slice *ret_key, struct slice *ret_data)
{
	const uint32_t *at = batch->next;
	const char *memory = batch->memory.data;

	if (!at || *at == (uint32_t)-1)
		return false;
	*ret_key = slice_of(memory + at[0], at[-1]);
	*ret_data = slice_of(memory + at[-2], at[-3]);
	return true;
}

static void batch_pop(struct batch *batch)
{
	batch->next -= 4;
}

/* Where the next fetch begins: at the last key's successor when going forward,
 * before the last key when going backward. */
static void settle_position(struct row_cursor *cursor)
{
	if (slice_present(cursor->last)) {
		buf_clear(&cursor->position);
		buf_append_slice(&cursor->position, cursor->last);
		if (!cursor->backward)
			buf_append_char(&cursor->position, '\0');
	}
	cursor->last = slice_of(NULL, 0);
	cursor->batch.next = NULL;
}

/* Sets the key for a search from the position; an empty one is before all. */
static void load_position(struct row_cursor *cursor)
{
	struct slice position = buf_slice(&cursor->position);
	DBT *key = &cursor->key;

	key->flags = DB_DBT_REALLOC;
	key->data = memory_resize(key->data, position.len + 1);
	memcpy(key->data, position.data, position.len);
	key->size = (uint32_t)position.len;
}

/* Forward: Berkeley DB fills the batch in one call. */
static int fetch_bulk(struct row_cursor *cursor, DBC *dbc)
{
	struct batch *batch = &cursor->batch;
	int r;

	batch->memory.flags = DB_DBT_USERMEM;
	for (;;) {
		load_position(cursor);
		r = dbc->get(dbc, &cursor->key, &batch->memory, DB_SET_RANGE | DB_MULTIPLE_KEY);
		if (r != DB_BUFFER_SMALL)
			break;
		batch_reserve(batch, batch->memory.size + 1024);
	}
	if (r == 0)
		batch_begin(batch);
	return r;
}

static int step_first(struct row_cursor *cursor, DBC *dbc)
{
	int r = DB_NOTFOUND;

	load_position(cursor);
	if (!cursor->backward)
		return dbc->get(dbc, &cursor->key, &cursor->data, DB_SET_RANGE);
	if (cursor->position.len)
		r = dbc->get(dbc, &cursor->key, &cursor->data, DB_SET_RANGE);
	if (r && r != DB_NOTFOUND)
		return r;
	return dbc->get(dbc, &cursor->key, &cursor->data, r ? DB_LAST : DB_PREV);
}

/* Row by row, into the batch in the same format. */
static int fetch_steps(struct row_cursor *cursor, DBC *dbc)
{
	DBT *key = &cursor->key, *data = &cursor->data;
	struct batch *batch = &cursor->batch;
	void *end;
	int r;

	data->flags = DB_DBT_REALLOC | (cursor->want == ROW_META ? DB_DBT_PARTIAL : 0);
	data->dlen = ROW_HEADER_LENGTH;
	r = step_first(cursor, dbc);
	if (r)
		return r;
	batch_reserve(batch, key->size + data->size + BATCH_ROW_OVERHEAD);
	DB_MULTIPLE_WRITE_INIT(end, &batch->memory);
	while (r == 0) {
		DB_MULTIPLE_KEY_WRITE_NEXT(
			end, &batch->memory, key->data, key->size, data->data, data->size);
		if (!end)
			break; /* full; the next fetch gets this row again */
		r = dbc->get(dbc, key, data, cursor->backward ? DB_PREV : DB_NEXT);
	}
	if (r && r != DB_NOTFOUND)
		return r;
	cursor->exhausted = r == DB_NOTFOUND;
	batch_begin(batch);
	return 0;
}

static bool wants_bulk(const struct row_cursor *cursor)
{
	struct table_counts counts;

	if (cursor->backward)
		return false;
	if (cursor->want == ROW_FULL || cursor->index)
		return true;
	table_counts(cursor->table, &counts);
	return counts.bytes / BULK_ITEM_BYTES <= counts.items;
}

static int fetch_once(struct row_cursor *cursor)
{
	DB *file = cursor->index ? index_reader_file(cursor->index) : cursor->table->body->file;
	DBC *dbc;
	int r, closed;

	r = file->cursor(file, cursor->txn->bdb, &dbc, 0);
	if (r)
		return r;
	r = wants_bulk(cursor) ? fetch_bulk(cursor, dbc) : fetch_steps(cursor, dbc);
	closed = dbc->close(dbc);
	return r ? r : closed;
}

/* Gets the next batch; an empty one at the end of the table. */
static int fetch(struct row_cursor *cursor, struct error *err)
{
	int r;

	settle_position(cursor);
	cursor->writes_seen = cursor->txn->writes;
	if (cursor->exhausted)
		return 0;
	batch_reserve(&cursor->batch, cursor->batch_bytes);
	if (cursor->batch_bytes < BATCH_MAX)
		cursor->batch_bytes *= 4;
	TRY(table_check(cursor->table, err));
	if (cursor->index)
		TRY(index_reader_check(cursor->index, err));
	for (int try = 1;; try++) {
		r = fetch_once(cursor);
		if (r != DB_LOCK_DEADLOCK || cursor->txn->bdb || try == TXN_TRIES)
			break;
	}
	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "reading rows");
	if (r)
		cursor->exhausted = true;
	return 0;
}

/* Whether the range ends before this key. */
static bool beyond_range(const struct row_cursor *cursor, struct slice key)
{
	if (cursor->backward)
		return slice_compare(key, buf_slice(&cursor->lower)) < 0;
	return cursor->upper.data && slice_compare(key, buf_slice(&cursor->upper)) >= 0;
}

int row_cursor_next_record(struct row_cursor *cursor, struct slice *ret_key,
	struct slice *ret_record, struct error *err)
{
	struct slice key, record;

	if (cursor->writes_seen != cursor->txn->writes) {
		settle_position(cursor);
		cursor->exhausted = false;
	}
	if (!batch_peek(&cursor->batch, &key, &record)) {
		TRY(fetch(cursor, err));
		if (!batch_peek(&cursor->batch, &key, &record))
			return ROW_END;
	}
	if (beyond_range(cursor, key))
		return ROW_END;
	cursor->last = *ret_key = key;
	*ret_record = record;
	batch_pop(&cursor->batch);
	return 0;
}

int row_cursor_next(struct row_cursor *cursor, struct row *ret, struct error *err)
{
	struct slice key, record;
	int r;

	do {
		TRY(r = row_cursor_next_record(cursor, &key, &record, err));
		if (r == ROW_END)
			return r;
		if (!cursor->index)
			return row_reader_read(
				&cursor->reader, key, record, cursor->want, ret, err);
		TRY(r = index_reader_get(cursor->index, cursor->txn, key, cursor->want, ret, err));
	} while (r == INDEX_STALE);
	return 0;
}

/* Moves the position within the range. */
static void set_position(struct row_cursor *cursor, struct slice row_key)
{
	const struct buf *bound = cursor->backward ? &cursor->upper : &cursor->lower;
	int order = bound->data ? slice_compare(row_key, buf_slice(bound)) : 0;
	bool outside = cursor->backward ? bound->data && order >= 0 : order < 0;

	buf_clear(&cursor->position);
	buf_append_slice(&cursor->position, outside ? buf_slice(bound) : row_key);
	if (cursor->backward && !outside)
		buf_append_char(&cursor->position, '\0'); /* before its successor: at it */
}

/* Whether the key lies beyond the last one returned, in the direction. */
static bool is_ahead(const struct row_cursor *cursor, struct slice row_key)
{
	int order;

	if (!slice_present(cursor->last))
		return false;
	order = slice_compare(row_key, cursor->last);
	return cursor->backward ? order < 0 : order > 0;
}

/* Skips rows of the batch; false when it holds none to go on with. */
static bool seek_in_batch(struct row_cursor *cursor, struct slice row_key)
{
	struct slice key, data;

	if (cursor->writes_seen != cursor->txn->writes || !is_ahead(cursor, row_key))
		return false;
	while (batch_peek(&cursor->batch, &key, &data)) {
		int order = slice_compare(key, row_key);

		if (cursor->backward ? order <= 0 : order >= 0)
			return true;
		cursor->last = key;
		batch_pop(&cursor->batch);
	}
	return false;
}

void row_cursor_seek(struct row_cursor *cursor, struct slice row_key)
{
	if (seek_in_batch(cursor, row_key))
		return;
	set_position(cursor, row_key);
	cursor->last = slice_of(NULL, 0);
	cursor->batch.next = NULL;
	cursor->exhausted = false;
	cursor->batch_bytes = BATCH_FIRST;
}

int row_cursor_open_with(struct txn *txn, struct table *table, struct index_reader *reader,
	const struct row_range *range, enum row_want want, struct row_cursor **ret,
	struct error *err)
{
	struct row_cursor *cursor;

	if (table_check(table, err) < 0) {
		index_reader_free(reader);
		return -1;
	}
	cursor = memory_new_zero(sizeof(*cursor));
	cursor->txn = txn;
	cursor->table = table;
	cursor->reader = (struct row_reader){ .txn = txn, .table = table };
	cursor->index = reader;
	cursor->want = want;
	cursor->backward = range->backward;
	cursor->batch_bytes = BATCH_FIRST;
	cursor->writes_seen = txn->writes;
	buf_append_slice(&cursor->lower, range->lower);
	buf_append_slice(&cursor->upper, range->upper);
	buf_append_slice(&cursor->position, range->backward ? range->upper : range->lower);
	cursor->next = txn->cursors;
	txn->cursors = cursor;
	*ret = cursor;
	return 0;
}

int row_cursor_open(struct txn *txn, struct table *table, const struct row_range *range,
	enum row_want want, struct row_cursor **ret, struct error *err)
{
	return row_cursor_open_with(txn, table, NULL, range, want, ret, err);
}

static void cursor_release(struct row_cursor *cursor)
{
	index_reader_free(cursor->index);
	cursor->index = NULL;
	buf_release(&cursor->lower);
	buf_release(&cursor->upper);
	buf_release(&cursor->position);
	free(cursor->batch.memory.data);
	free(cursor->key.data);
	free(cursor->data.data);
	row_reader_release(&cursor->reader);
	cursor->batch = (struct batch){ 0 };
	cursor->key = cursor->data = (DBT){ 0 };
}

void row_cursor_release_all(struct row_cursor *first)
{
	for (struct row_cursor *cursor = first, *next; cursor; cursor = next) {
		next = cursor->next;
		cursor_release(cursor);
		free(cursor);
	}
}

/* The cursor itself stays until row_cursor_closep() or the end of the body. */
int row_cursor_close(struct row_cursor *cursor, struct error *err)
{
	(void)err; /* fetch() closed what Berkeley DB had open, and looked */
	cursor_release(cursor);
	return 0;
}

void row_cursor_closep(struct row_cursor **cursor)
{
	struct row_cursor **at;

	if (!*cursor)
		return;
	for (at = &(*cursor)->txn->cursors; *at != *cursor; at = &(*at)->next)
		;
	*at = (*cursor)->next;
	cursor_release(*cursor);
	free(*cursor);
	*cursor = NULL;
}
