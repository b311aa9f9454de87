/*
 * Old records go from the front, a batch in each transaction; a stream that has
 * ended goes after its records.
 */
#include "store/store_private.h"
#include "store/stream_record.h"
#include "store/stream_registry.h"

/* Records deleted under the writer mutex at a time. */
#define TRIM_BATCH 500

#define RETENTION_NS (STREAM_RETENTION_SECONDS * 1000000000LL)

struct trim {
	struct stream *stream;
	int64_t before_ns; /* what is not newer goes */
	uint64_t keep; /* unless it ends after this offset */
};

#define TRIM_MORE 1

static bool has_expired(const struct trim *trim, const struct stream_state *state)
{
	return state->ended_ns && state->ended_ns <= trim->before_ns;
}

/* Whether there is nothing to do, as far as is known. */
static bool is_recent(const struct trim *trim, const struct stream_state *state)
{
	if (has_expired(trim, state))
		return false;
	if (state->start == state->end)
		return true;
	return state->oldest_ns && state->oldest_ns > trim->before_ns;
}

/* Deletes old records from the cursor on: 0, or TRIM_MORE. */
static int delete_batch(
	DBC *cursor, const struct trim *trim, struct stream_state *state, struct error *err)
{
	char key_bytes[STREAM_KEY_LENGTH], header[STREAM_HEADER_LENGTH];
	DBT key = { .data = key_bytes, .ulen = sizeof(key_bytes), .flags = DB_DBT_USERMEM };
	DBT data = {
		.data = header,
		.ulen = sizeof(header),
		.dlen = sizeof(header),
		.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL,
	};
	struct stream_record record;
	int r;

	for (int deleted = 0; deleted < TRIM_BATCH; deleted++) {
		r = cursor->get(cursor, &key, &data, DB_NEXT | DB_RMW);
		if (r == DB_NOTFOUND) {
			state->start = state->last = state->end;
			state->oldest_ns = state->newest_ns = 0;
			return 0;
		}
		if (r)
			return bdb_error(err, r, "reading a stream");
		TRY(stream_record_peek(bdb_slice(&key), bdb_slice(&data), &record, err));
		state->start = record.offset;
		state->oldest_ns = record.time_ns;
		if (record.time_ns > trim->before_ns || record.next_offset > trim->keep)
			return 0;
		r = cursor->del(cursor, 0);
		if (r)
			return bdb_error(err, r, "deleting a stream record");
		state->start = record.next_offset;
		state->oldest_ns = 0;
	}
	return TRIM_MORE;
}

static int delete_old(
	struct txn *txn, const struct trim *trim, struct stream_state *state, struct error *err)
{
	DB *file = trim->stream->file;
	DBC *cursor;
	int outcome, r = file->cursor(file, txn->bdb, &cursor, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	outcome = delete_batch(cursor, trim, state, err);
	r = cursor->close(cursor);
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

static uint64_t ask_keeper(const struct trim *trim)
{
	const struct store *store = trim->stream->store;

	if (!store->keeper)
		return UINT64_MAX;
	return store->keeper(store->keeper_context, trim->stream->description.id);
}

static int trim_body(struct txn *txn, void *context, struct error *err)
{
	struct trim *trim = context;
	struct stream_state *state;
	uint64_t start;
	int r;

	if (!stream_state(trim->stream).registered)
		return 0; /* removed before this transaction */
	trim->keep = ask_keeper(trim);
	state = stream_change(txn, trim->stream);
	start = state->start;
	TRY(r = delete_old(txn, trim, state, err));
	if (r != TRIM_MORE && has_expired(trim, state) && state->start == state->end)
		state->registered = false;
	if (start != state->start || !state->registered)
		TRY(stream_registry_put(txn, trim->stream, err));
	return r;
}

static int trim_stream(struct trim *trim, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct store *store = trim->stream->store;
	struct stream_state state;
	int r;

	TRY(stream_open(trim->stream, err));
	state = stream_state(trim->stream);
	if (is_recent(trim, &state))
		return 0;
	do {
		r = txn_run(store, TXN_WRITE, DURABLE_PROCESS, &arena, trim_body, trim, err);
	} while (r == TRIM_MORE && !worker_stopping(&store->worker));
	return r;
}

int stream_trim(struct store *store, int64_t now_ns, struct error *err)
{
	struct trim trim = { .before_ns = now_ns - RETENTION_NS };
	size_t count;
	struct stream **all = stream_set_all(store, &count);
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		struct error failure = ERROR_INIT;

		trim.stream = all[i];
		if (trim_stream(&trim, &failure) < 0)
			r = error_keep_first(err, &failure);
		stream_unref(all[i]);
	}
	free(all);
	return r;
}
