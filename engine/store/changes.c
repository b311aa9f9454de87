#include "store/changes.h"
#include "base/memory.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* One chunk ends at so many entries looked at, or bytes of items. */
#define CHUNK_ROWS  256
#define CHUNK_BYTES (512u << 10)

struct chunk {
	struct changes *changes;
	changes_take *take;
	void *context;
	struct txn *txn;
	struct table *table; /* the newest version */
	DBC *cursor; /* of the history */
	DBT key, data;
	struct slice at_key; /* of the entry that the cursor is on; absent: of none */
	uint64_t at_stamp;
	struct row_change *found; /* in the arena */
	size_t count, looked_at, bytes;
	struct slice last; /* row key looked at, in the arena; absent: none */
	bool at_end;
};

/* Moves the cursor; at_key is absent when there is no such entry. */
static int move(struct chunk *chunk, uint32_t flags, struct error *err)
{
	int r = chunk->cursor->get(chunk->cursor, &chunk->key, &chunk->data, flags);

	chunk->at_key = slice_of(NULL, 0);
	if (r == DB_NOTFOUND)
		return 0;
	if (r)
		return bdb_error(err, r, "reading a history");
	if (!history_split_key(bdb_slice(&chunk->key), &chunk->at_key, &chunk->at_stamp))
		return error_set(err, ERROR_CORRUPT, "an entry of a history is malformed");
	return 0;
}

/* To the first entry at or after that one; without a row key, of all. */
static int seek(struct chunk *chunk, struct slice row_key, uint64_t stamp, struct error *err)
{
	struct buf target CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&target, row_key);
	if (slice_present(row_key))
		history_append_stamp(&target, stamp);
	chunk->key.data = memory_resize(chunk->key.data, target.len + 1);
	memcpy(chunk->key.data, buf_slice(&target).data, target.len);
	chunk->key.size = (uint32_t)target.len;
	chunk->looked_at++;
	return move(chunk, DB_SET_RANGE, err);
}

static bool is_at(const struct chunk *chunk, struct slice row_key)
{
	return slice_present(chunk->at_key) && slice_equal(chunk->at_key, row_key);
}

/* The row before the change that the cursor is on. */
static int take_image(struct chunk *chunk, bool *ret_is, struct row *ret, struct error *err)
{
	struct slice record = arena_copy(chunk->txn->arena, bdb_slice(&chunk->data));

	*ret_is = record.len;
	chunk->bytes += record.len;
	return record.len ? record_decode(chunk->last, record, ROW_FULL, ret, err) : 0;
}

/* The row after the span: as its next change found it, or as it is. */
static int find_new(struct chunk *chunk, struct row_change *change, struct error *err)
{
	int r;

	TRY(seek(chunk, chunk->last, chunk->changes->until, err));
	if (is_at(chunk, chunk->last)) {
		TRY(take_image(chunk, &change->has_new, &change->new, err));
	} else {
		TRY(r = row_get(
			    chunk->txn, chunk->table, chunk->last, ROW_FULL, &change->new, err));
		change->has_new = r != ROW_ABSENT;
		chunk->bytes += change->has_new ? change->new.item.len : 0;
	}
	/* The entry before is the row's last change in the span. */
	TRY(move(chunk, slice_present(chunk->at_key) ? DB_PREV : DB_LAST, err));
	change->stamp = chunk->at_stamp;
	return 0;
}

/* Looks at the row whose first change in the span the cursor is on. */
static int look(struct chunk *chunk, struct error *err)
{
	struct row_change *change = &chunk->found[chunk->count];

	*change = (struct row_change){ .row_key = chunk->last };
	TRY(take_image(chunk, &change->had_old, &change->old, err));
	TRY(find_new(chunk, change, err));
	chunk->count += change->had_old || change->has_new;
	return 0;
}

static bool is_full(const struct chunk *chunk)
{
	return chunk->looked_at >= CHUNK_ROWS || chunk->bytes >= CHUNK_BYTES;
}

static int read_span(struct chunk *chunk, struct error *err)
{
	uint64_t moment = chunk->changes->snapshot->pin.stamp;

	TRY(seek(chunk, chunk->last, UINT64_MAX, err));
	while (!is_full(chunk)) {
		if (!slice_present(chunk->at_key)) {
			chunk->at_end = true;
			return 0;
		}
		chunk->last = arena_copy(chunk->txn->arena, chunk->at_key);
		if (chunk->at_stamp <= moment)
			TRY(seek(chunk, chunk->last, moment + 1, err));
		if (is_at(chunk, chunk->last) && chunk->at_stamp < chunk->changes->until)
			TRY(look(chunk, err));
		TRY(seek(chunk, chunk->last, UINT64_MAX, err));
	}
	return 0;
}

static int read_chunk(struct chunk *chunk, struct error *err)
{
	DB *file = chunk->table->history->file;
	int outcome, r = file->cursor(file, chunk->txn->bdb, &chunk->cursor, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	outcome = read_span(chunk, err);
	r = chunk->cursor->close(chunk->cursor);
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

static int chunk_body(struct txn *txn, void *context, struct error *err)
{
	struct chunk *chunk = context;
	struct buf *position = &chunk->changes->position;

	chunk->txn = txn;
	chunk->table = chunk->changes->snapshot->table->body->newest;
	chunk->found = arena_alloc_array(txn->arena, CHUNK_ROWS, sizeof(*chunk->found));
	chunk->count = chunk->looked_at = chunk->bytes = 0;
	chunk->last =
		position->len ? arena_copy(txn->arena, buf_slice(position)) : slice_of(NULL, 0);
	chunk->at_end = false;
	TRY(read_chunk(chunk, err));
	return chunk->take(txn, chunk->context, chunk->found, chunk->count, err);
}

void changes_release(struct changes *changes)
{
	buf_release(&changes->position);
}

int changes_next(struct changes *changes, struct arena *arena, changes_take *take, void *context,
	struct error *err)
{
	struct chunk chunk = {
		.changes = changes,
		.take = take,
		.context = context,
		.key.flags = DB_DBT_REALLOC,
		.data.flags = DB_DBT_REALLOC,
	};
	struct store *store = changes->snapshot->table->body->store;
	int r = txn_run(store, TXN_WRITE, DURABLE_PROCESS, arena, chunk_body, &chunk, err);

	free(chunk.key.data);
	free(chunk.data.data);
	TRY(r);
	buf_clear(&changes->position);
	buf_append_slice(&changes->position, chunk.last);
	return chunk.at_end ? SNAPSHOT_END : 0;
}
