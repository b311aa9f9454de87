#include "store/history.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <endian.h>

struct history *history_new(struct store *store, struct slice id)
{
	struct history *history = memory_new_zero(sizeof(*history));

	history->store = store;
	history->references = 1;
	history->id = memory_copy_string(id.data, id.len);
	return history;
}

struct history *history_ref(struct history *history)
{
	atomic_fetch_add_explicit(&history->references, 1, memory_order_relaxed);
	return history;
}

void history_drop(struct history *history)
{
	if (history)
		history->dropped = true;
}

const char *history_file_name(struct slice id, struct buf *buf)
{
	buf_clear(buf);
	buf_appendf(buf, "history-%.*s.db", SLICE_ARG(id));
	return buf_string(buf);
}

const char *history_moments_name(struct slice id, struct buf *buf)
{
	buf_clear(buf);
	buf_appendf(buf, "moments-%.*s.db", SLICE_ARG(id));
	return buf_string(buf);
}

/* What fails to go now goes when the store is opened again. */
static void remove_file(struct store *store, const char *name)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (table_remove_file(store, name, &err) < 0)
		log_warning("store: %s", err.message);
}

static void history_free(struct history *history)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct slice id = slice_from_string(history->id);

	bdb_file_closep(&history->file);
	bdb_file_closep(&history->moments);
	if (history->dropped) {
		remove_file(history->store, history_file_name(id, &name));
		remove_file(history->store, history_moments_name(id, &name));
	}
	free(history->id);
	free(history);
}

void history_unref(struct history *history)
{
	if (history &&
		atomic_fetch_sub_explicit(&history->references, 1, memory_order_acq_rel) == 1)
		history_free(history);
}

/* Stamps go on from the last one. */
static int learn_newest(struct history *history, DB_TXN *bdb, struct error *err)
{
	DBT key = { .flags = DB_DBT_REALLOC }, data = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	DBC *cursor;
	int r = history->moments->cursor(history->moments, bdb, &cursor, 0), closed;

	if (r)
		return bdb_error(err, r, "opening a cursor");
	r = cursor->get(cursor, &key, &data, DB_LAST);
	closed = cursor->close(cursor);
	if (r == 0)
		history_read_stamp(bdb_slice(&key), &history->newest);
	free(key.data);
	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "reading the end of a history");
	return closed ? bdb_error(err, closed, "closing a cursor") : 0;
}

int history_open(struct history *history, DB_TXN *bdb, uint32_t flags, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct slice id;

	if (!history || history->moments)
		return 0;
	id = slice_from_string(history->id);
	if (!history->file)
		TRY(bdb_file_open(history->store->env, bdb, history_file_name(id, &name), flags,
			&history->file, err));
	TRY(bdb_file_open(history->store->env, bdb, history_moments_name(id, &name), flags,
		&history->moments, err));
	return learn_newest(history, bdb, err);
}

void history_append_stamp(struct buf *buf, uint64_t stamp)
{
	uint64_t bytes = htobe64(stamp);

	buf_append(buf, &bytes, sizeof(bytes));
}

bool history_read_stamp(struct slice bytes, uint64_t *ret)
{
	uint64_t stamp;

	if (bytes.len != sizeof(stamp))
		return false;
	memcpy(&stamp, bytes.data, sizeof(stamp));
	*ret = be64toh(stamp);
	return true;
}

bool history_split_key(struct slice bytes, struct slice *ret_row_key, uint64_t *ret_stamp)
{
	if (bytes.len <= HISTORY_STAMP_LENGTH)
		return false;
	*ret_row_key = slice_of(bytes.data, bytes.len - HISTORY_STAMP_LENGTH);
	return history_read_stamp(slice_skip(bytes, ret_row_key->len), ret_stamp);
}

void history_append_record(struct buf *buf, const struct row *row)
{
	buf_resize(buf, ROW_HEADER_LENGTH);
	buf_append_slice(buf, row->item);
	record_finish(buf, &row->meta, row->own_text);
}

static int put(struct txn *txn, DB *file, struct slice key, struct slice data, struct error *err)
{
	DBT key_dbt = bdb_input(key), data_dbt = bdb_input(data);
	int r = file->put(file, txn->bdb, &key_dbt, &data_dbt, 0);

	return r ? bdb_error(err, r, "writing the history of a table") : 0;
}

int history_append(struct txn *txn, struct history *history, struct slice row_key, uint64_t stamp,
	const struct row *before, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	struct buf record CLEANUP(buf_release) = BUF_INIT;

	if (before)
		history_append_record(&record, before);
	buf_append_slice(&key, row_key);
	history_append_stamp(&key, stamp);
	TRY(put(txn, history->file, buf_slice(&key), buf_slice(&record), err));
	TRY(put(txn, history->moments, slice_skip(buf_slice(&key), row_key.len), row_key, err));
	history->newest = stamp;
	return 0;
}
