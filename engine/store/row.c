#include "store/row.h"
#include "store/pack.h"
#include "store/record.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* Finds item and own text, decompressed into the reader's memory if need be. */
static int read_body(
	struct row_reader *reader, const struct record *record, struct row *ret, struct error *err)
{
	if (!record->compressed)
		return record_split(record, record->body, ret, err);
	buf_clear(&reader->body);
	TRY(unpack(reader->txn, reader->table, record->dictionary, record->body,
		record_body_length(record), &reader->body, err));
	return record_split(record, buf_slice(&reader->body), ret, err);
}

int row_reader_read(struct row_reader *reader, struct slice key, struct slice bytes,
	enum row_want want, struct row *ret, struct error *err)
{
	struct row row = { .key = key };
	struct record record;

	TRY(record_parse(bytes, want, &record, err));
	row.meta = record.meta;
	if (want == ROW_FULL)
		TRY(read_body(reader, &record, &row, err));
	*ret = row;
	return 0;
}

void row_reader_release(struct row_reader *reader)
{
	buf_release(&reader->body);
}

/* The transaction's memory for what is read. */
static DBT *scratch(struct txn *txn, enum row_want want)
{
	txn->scratch.flags = DB_DBT_REALLOC | (want == ROW_META ? DB_DBT_PARTIAL : 0);
	txn->scratch.doff = 0;
	txn->scratch.dlen = ROW_HEADER_LENGTH;
	return &txn->scratch;
}

/* Own text stands behind the item, wherever they were read from. */
static void copy_body(struct row *row, struct arena *arena)
{
	struct slice body =
		arena_copy(arena, slice_of(row->item.data, row->item.len + row->own_text.len));

	row->item.data = body.data;
	if (slice_present(row->own_text))
		row->own_text.data = body.data + row->item.len;
}

/* Makes a row of what was read, by what Berkeley DB returned. */
static int finish_get(struct txn *txn, struct table *table, int r, struct slice row_key,
	enum row_want want, struct row *ret, struct error *err)
{
	struct row_reader reader CLEANUP(row_reader_release) = { .txn = txn, .table = table };
	struct row row;

	if (r == DB_NOTFOUND)
		return ROW_ABSENT;
	if (r)
		return bdb_error(err, r, "reading a row");
	TRY(row_reader_read(&reader, arena_copy(txn->arena, row_key), bdb_slice(&txn->scratch),
		want, &row, err));
	if (want == ROW_FULL)
		copy_body(&row, txn->arena);
	*ret = row;
	return 0;
}

int row_get_at(struct txn *txn, struct table *table, DBC *at, struct slice row_key,
	enum row_want want, struct row *ret, struct error *err)
{
	DBT key = bdb_input(row_key);
	int r = at->get(at, &key, scratch(txn, want), DB_SET | DB_RMW);

	return finish_get(txn, table, r, row_key, want, ret, err);
}

int row_get(struct txn *txn, struct table *table, struct slice row_key, enum row_want want,
	struct row *ret, struct error *err)
{
	DBT key = bdb_input(row_key);
	int r;

	TRY(table_check(table, err));
	/* A reader holds nothing any more once its call has failed on a deadlock,
	 * so it tries again by itself. */
	for (int try = 1;; try++) {
		r = table->body->file->get(
			table->body->file, txn->bdb, &key, scratch(txn, want), 0);
		if (r != DB_LOCK_DEADLOCK || txn->bdb || try == TXN_TRIES)
			break;
	}
	return finish_get(txn, table, r, row_key, want, ret, err);
}
