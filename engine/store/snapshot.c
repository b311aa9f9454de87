#include "store/snapshot.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/catalog.h"
#include "store/record.h"
#include "store/recovery.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* One chunk ends at so many rows or bytes of items, or so many rows in the history
 * that changed before the moment alone. */
#define CHUNK_ROWS   256
#define CHUNK_BYTES  (512u << 10)
#define CHUNK_PASSED 256

/* Pinning. */

struct pinning {
	struct txn_end end;
	struct snapshot *snapshot;
	struct table_replacement replacement;
};

static void pin_ended(struct txn_end *end, bool committed)
{
	struct snapshot *snapshot = ((struct pinning *)end)->snapshot;
	struct table_body *body = snapshot->table->body;

	if (!committed)
		return;
	snapshot->pin.next = body->pins;
	body->pins = &snapshot->pin;
	snapshot->pinned = true;
}

static int begin_history(struct txn *txn, struct pinning *pinning, struct error *err)
{
	struct table *newest = pinning->snapshot->table->body->newest;
	struct table_description description = catalog_copy(&newest->description, txn->arena);

	TRY(table_make_id(txn->arena, &description.history_id, err));
	return table_replace(txn, newest, &description, &pinning->replacement, err);
}

/* Whether the history tells of that moment. */
static bool is_kept(const struct table_description *table, uint64_t moment)
{
	return table->recovery_enabled &&
	       (int64_t)moment >= recovery_earliest(table, clock_realtime_ns());
}

static int pin_body(struct txn *txn, void *context, struct error *err)
{
	struct pinning *pinning = context;
	struct snapshot *snapshot = pinning->snapshot;
	struct table_body *body = snapshot->table->body;
	struct history *history = body->newest->history;

	if (body->deleted)
		return TABLE_ABSENT;
	/* Whatever is written from now on is newer than the moment. */
	if (snapshot->pin.stamp == SNAPSHOT_NOW)
		snapshot->pin.stamp = txn_next_stamp(txn, history ? history->newest : 0);
	else if (!is_kept(&body->newest->description, snapshot->pin.stamp))
		return SNAPSHOT_GONE;
	else
		txn_raise_stamp(txn, snapshot->pin.stamp);
	pinning->end.ended = pin_ended;
	txn_at_end(txn, &pinning->end);
	return history ? 0 : begin_history(txn, pinning, err);
}

int snapshot_open(struct table *table, uint64_t moment, struct snapshot *ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct pinning pinning = { .snapshot = ret };
	int r;

	*ret = (struct snapshot){ .table = table_ref(table), .pin.stamp = moment };
	r = txn_run(
		table->body->store, TXN_WRITE, DURABLE_PROCESS, &arena, pin_body, &pinning, err);
	if (r == 0)
		return 0;
	table_unref(ret->table);
	*ret = (struct snapshot){ 0 };
	return r;
}

/* Ends the history with the last pin, if it was begun for pins alone. */
static int unpin_body(struct txn *txn, void *context, struct error *err)
{
	struct pinning *pinning = context;
	struct snapshot *snapshot = pinning->snapshot;
	struct table_body *body = snapshot->table->body;
	struct table_description description;
	struct history_pin **at = &body->pins;

	while (*at && *at != &snapshot->pin)
		at = &(*at)->next;
	if (*at)
		*at = snapshot->pin.next;
	if (body->deleted || body->pins || body->newest->description.recovery_enabled)
		return 0;
	description = catalog_copy(&body->newest->description, txn->arena);
	description.history_id = slice_of(NULL, 0);
	return table_replace(txn, body->newest, &description, &pinning->replacement, err);
}

void snapshot_close(struct snapshot *snapshot)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct pinning pinning = { .snapshot = snapshot };

	if (!snapshot->table)
		return;
	/* A history that fails to end ends when the store is opened again. */
	if (snapshot->pinned && txn_run(snapshot->table->body->store, TXN_WRITE, DURABLE_PROCESS,
					&arena, unpin_body, &pinning, &err) < 0)
		log_warning("store: %s", err.message);
	table_unref(snapshot->table);
	buf_release(&snapshot->position);
	*snapshot = (struct snapshot){ 0 };
}

bool snapshot_pins(const struct table *table)
{
	return table->body->pins;
}

/* Reading: a merge of the rows and of what they were, by key. */

struct chunk {
	struct snapshot *snapshot;
	snapshot_take *take;
	void *context;
	struct txn *txn;
	DBC *history;
	DBT key, data; /* of the history: the first change after the moment of a row */
	struct slice changed; /* that row's key; absent: no row changed from here on, or */
	struct slice horizon; /* up to this one, beyond which was not looked */
	struct row *rows; /* in the arena */
	size_t count, looked_at, passed, bytes;
	struct slice last; /* key looked at, in the arena; absent: none */
	bool at_end;
};

static int get_entry(struct chunk *chunk, struct slice target)
{
	chunk->key.data = memory_resize(chunk->key.data, target.len + 1);
	memcpy(chunk->key.data, target.data, target.len);
	chunk->key.size = (uint32_t)target.len;
	return chunk->history->get(chunk->history, &chunk->key, &chunk->data, DB_SET_RANGE);
}

/* Moves to the first row after that key (absent: of all) that changed after the
 * moment. Rows whose changes are older are passed over. */
static int seek_changed(struct chunk *chunk, struct slice after, struct error *err)
{
	struct buf target CLEANUP(buf_release) = BUF_INIT;
	uint64_t moment = chunk->snapshot->pin.stamp, stamp;

	buf_append_slice(&target, after);
	if (slice_present(after))
		history_append_stamp(&target, UINT64_MAX);
	for (;;) {
		int r = get_entry(chunk, buf_slice(&target));

		chunk->changed = slice_of(NULL, 0);
		if (r == DB_NOTFOUND)
			return 0;
		if (r)
			return bdb_error(err, r, "reading a history");
		if (!history_split_key(bdb_slice(&chunk->key), &chunk->changed, &stamp))
			return error_set(err, ERROR_CORRUPT, "an entry of a history is malformed");
		if (stamp > moment)
			return 0;
		/* Another row, and the one before it did not change after the moment. */
		if (chunk->passed == CHUNK_PASSED)
			break;
		chunk->passed++;
		buf_clear(&target);
		buf_append_slice(&target, chunk->changed);
		history_append_stamp(&target, moment + 1);
	}
	chunk->changed = slice_of(NULL, 0);
	target.len -= HISTORY_STAMP_LENGTH;
	chunk->horizon = arena_copy(chunk->txn->arena, buf_slice(&target));
	return 0;
}

static bool is_full(const struct chunk *chunk)
{
	return chunk->looked_at >= CHUNK_ROWS || chunk->bytes >= CHUNK_BYTES;
}

static void add_row(struct chunk *chunk, const struct row *row)
{
	struct arena *arena = chunk->txn->arena;

	chunk->rows[chunk->count++] = (struct row){
		.key = arena_copy(arena, row->key),
		.meta = row->meta,
		.item = arena_copy(arena, row->item),
		.own_text = arena_copy(arena, row->own_text),
	};
	chunk->bytes += row->item.len + row->own_text.len;
}

/* Adds the row as the history has it, if there was one. */
static int add_changed(struct chunk *chunk, struct error *err)
{
	struct slice record = bdb_slice(&chunk->data);
	struct row row = { .key = chunk->changed };

	if (!record.len)
		return 0;
	TRY(record_decode(chunk->changed, record, ROW_FULL, &row, err));
	add_row(chunk, &row);
	return 0;
}

/* Which comes first: the row (-1), the one that changed, or both are one (0). */
static int compare_first(const struct chunk *chunk, const struct row *row)
{
	if (!row)
		return 1;
	return slice_present(chunk->changed) ? slice_compare(row->key, chunk->changed) : -1;
}

static bool is_looked_at(const struct chunk *chunk, struct slice row_key)
{
	return slice_present(chunk->last) && slice_equal(row_key, chunk->last);
}

/* The next row that was not looked at: *ret_row is NULL after the last. */
static int next_row(struct chunk *chunk, struct row_cursor *cursor, struct row *memory,
	struct row **ret_row, struct error *err)
{
	int r;

	do {
		TRY(r = row_cursor_next(cursor, memory, err));
	} while (r == 0 && is_looked_at(chunk, memory->key));
	*ret_row = r == ROW_END ? NULL : memory;
	return 0;
}

/* Whether what comes first may lie beyond what was seen of the history. */
static bool is_beyond(const struct chunk *chunk, const struct row *row)
{
	return slice_present(chunk->horizon) &&
	       (!row || slice_compare(row->key, chunk->horizon) > 0);
}

static int merge(struct chunk *chunk, struct row_cursor *cursor, struct error *err)
{
	struct row memory, *row = NULL;

	TRY(next_row(chunk, cursor, &memory, &row, err));
	TRY(seek_changed(chunk, chunk->last, err));
	while (!is_full(chunk)) {
		int order = compare_first(chunk, row);

		if (is_beyond(chunk, row)) {
			chunk->last = chunk->horizon;
			return 0;
		}
		if (!row && !slice_present(chunk->changed)) {
			chunk->at_end = true;
			return 0;
		}
		chunk->looked_at++;
		chunk->last = arena_copy(chunk->txn->arena, order <= 0 ? row->key : chunk->changed);
		if (order < 0)
			add_row(chunk, row);
		else
			TRY(add_changed(chunk, err));
		if (order <= 0)
			TRY(next_row(chunk, cursor, &memory, &row, err));
		if (order >= 0)
			TRY(seek_changed(chunk, chunk->last, err));
	}
	return 0;
}

static int read_rows(struct chunk *chunk, struct table *newest, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row_range range = { .lower = chunk->last };

	TRY(row_cursor_open(chunk->txn, newest, &range, ROW_FULL, &cursor, err));
	TRY(merge(chunk, cursor, err));
	return row_cursor_close(cursor, err);
}

static int read_merged(struct chunk *chunk, struct table *newest, struct error *err)
{
	DB *file = newest->history->file;
	int outcome, r = file->cursor(file, chunk->txn->bdb, &chunk->history, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	outcome = read_rows(chunk, newest, err);
	r = chunk->history->close(chunk->history);
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

static int chunk_body(struct txn *txn, void *context, struct error *err)
{
	struct chunk *chunk = context;
	struct table *newest = chunk->snapshot->table->body->newest;
	struct buf *position = &chunk->snapshot->position;

	chunk->txn = txn;
	chunk->rows = arena_alloc_array(txn->arena, CHUNK_ROWS, sizeof(*chunk->rows));
	chunk->count = chunk->looked_at = chunk->passed = chunk->bytes = 0;
	chunk->horizon = slice_of(NULL, 0);
	chunk->last =
		position->len ? arena_copy(txn->arena, buf_slice(position)) : slice_of(NULL, 0);
	chunk->at_end = false;
	TRY(read_merged(chunk, newest, err));
	return chunk->take(txn, chunk->context, chunk->rows, chunk->count, err);
}

int snapshot_next(struct snapshot *snapshot, struct arena *arena, snapshot_take *take,
	void *context, struct error *err)
{
	struct chunk chunk = {
		.snapshot = snapshot,
		.take = take,
		.context = context,
		.key.flags = DB_DBT_REALLOC,
		.data.flags = DB_DBT_REALLOC,
	};
	struct store *store = snapshot->table->body->store;
	int r = txn_run(store, TXN_WRITE, DURABLE_PROCESS, arena, chunk_body, &chunk, err);

	free(chunk.key.data);
	free(chunk.data.data);
	TRY(r);
	buf_clear(&snapshot->position);
	buf_append_slice(&snapshot->position, chunk.last);
	return chunk.at_end ? SNAPSHOT_END : 0;
}
