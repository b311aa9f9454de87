/*
 * The rows, one after the other.
 */
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/convert_private.h"
#include "store/pack.h"
#include "store/store_private.h"

/* One chunk ends after this time, or with so many rows. */
#define CHUNK_NS   2000000
#define CHUNK_ROWS 1000

/* A record longer than this lies on pages of its own: Berkeley DB puts four keys or
 * records on a page at least. */
#define ON_PAGE_BYTES 1000
#define PAGE_BYTES    4096

struct chunk {
	struct txn *txn;
	struct conversion_step *step;
	DBC *cursor;
	DBT key, data; /* memory for one row; reallocated by Berkeley DB */
	size_t rows;
	bool complete;
};

static uint64_t own_pages(size_t bytes)
{
	return bytes > ON_PAGE_BYTES ? (bytes + PAGE_BYTES - 1) / PAGE_BYTES : 0;
}

static void report_unreadable(const struct chunk *chunk, struct error *err)
{
	log_warning("store: table %.*s: %s; it stays as it is (see dynamount check)",
		SLICE_ARG(chunk->step->table->description.name), err->message);
	error_release(err);
}

static int store_row(struct chunk *chunk, struct slice record, struct error *err)
{
	DBT data = bdb_input(record);
	uint64_t before = own_pages(chunk->data.size), after = own_pages(record.len);
	int r = chunk->cursor->put(chunk->cursor, &chunk->key, &data, DB_CURRENT);

	if (before > after)
		chunk->step->free_pages += before - after;
	return r ? bdb_error(err, r, "converting a row") : 0;
}

/* The row that the cursor is at. */
static int convert_row(struct chunk *chunk, struct error *err)
{
	struct buf *record = &chunk->txn->record;
	struct error why = ERROR_INIT;
	int r = pack_again(chunk->txn, chunk->step->table, bdb_slice(&chunk->data), record, &why);

	chunk->rows++;
	if (r == 0)
		return store_row(chunk, buf_slice(record), err);
	if (r < 0 && why.class != ERROR_CORRUPT)
		return error_move(err, &why);
	if (r < 0)
		report_unreadable(chunk, &why);
	return 0;
}

/* Goes to the first row after the frontier: what Berkeley DB returned. */
static int go_to_first(struct chunk *chunk)
{
	struct slice frontier = chunk->step->frontier;
	int r;

	chunk->key.data = memory_copy_string(frontier.data, frontier.len);
	chunk->key.size = (uint32_t)frontier.len;
	r = chunk->cursor->get(chunk->cursor, &chunk->key, &chunk->data, DB_SET_RANGE | DB_RMW);
	if (r == 0 && frontier.len && slice_equal(bdb_slice(&chunk->key), frontier))
		r = chunk->cursor->get(chunk->cursor, &chunk->key, &chunk->data, DB_NEXT | DB_RMW);
	return r;
}

static int convert_chunk(struct chunk *chunk, struct error *err)
{
	int64_t until = clock_monotonic_ns() + CHUNK_NS;
	int r = go_to_first(chunk);

	while (r == 0) {
		TRY(convert_row(chunk, err));
		if (chunk->rows == CHUNK_ROWS || clock_monotonic_ns() > until)
			return 0;
		r = chunk->cursor->get(chunk->cursor, &chunk->key, &chunk->data, DB_NEXT | DB_RMW);
	}
	if (r != DB_NOTFOUND)
		return bdb_error(err, r, "reading rows to be converted");
	chunk->complete = true;
	return 0;
}

static int run_chunk(struct chunk *chunk, struct error *err)
{
	DB *file = chunk->step->body->file;
	int closed, r = file->cursor(file, chunk->txn->bdb, &chunk->cursor, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	r = convert_chunk(chunk, err);
	closed = chunk->cursor->close(chunk->cursor);
	if (closed && r >= 0)
		return bdb_error(err, closed, "closing a cursor");
	return r;
}

int convert_rows(struct txn *txn, struct conversion_step *step, struct error *err)
{
	struct chunk chunk = {
		.txn = txn,
		.step = step,
		.key = { .flags = DB_DBT_REALLOC },
		.data = { .flags = DB_DBT_REALLOC },
	};
	int r;

	r = run_chunk(&chunk, err);
	if (r >= 0 && chunk.complete) {
		step->phase = CONVERSION_MERGE;
		step->frontier = SLICE("");
	} else if (r >= 0) {
		step->frontier = arena_copy(txn->arena, bdb_slice(&chunk.key));
	}
	free(chunk.key.data);
	free(chunk.data.data);
	TRY(r);
	step->shrinking = step->phase == CONVERSION_ROWS && step->free_pages >= CONVERT_FREE_PAGES;
	return conversion_step_save(txn, step, err);
}
