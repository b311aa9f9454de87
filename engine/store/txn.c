#include "base/clock.h"
#include "store/cursor.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <unistd.h>

struct arena *txn_arena(const struct txn *txn)
{
	return txn->arena;
}

#define SECOND_NS 1000000000u
#define ROOM_NS   100000u /* at the end of a second: for so many changes */

static bool is_near_end(uint64_t stamp)
{
	return stamp % SECOND_NS >= SECOND_NS - ROOM_NS;
}

/* Never shortly before the end of a second. What is answered within a second is of
 * that second: hence the wait. */
static uint64_t first_stamp(uint64_t after)
{
	uint64_t stamp = (uint64_t)clock_realtime_ns();

	while (stamp > after && is_near_end(stamp)) {
		usleep(ROOM_NS / 1000);
		stamp = (uint64_t)clock_realtime_ns();
	}
	if (stamp > after)
		return stamp;
	stamp = after + 1;
	return is_near_end(stamp) ? stamp - stamp % SECOND_NS + SECOND_NS : stamp;
}

uint64_t txn_next_stamp(struct txn *txn, uint64_t after)
{
	struct store *store = txn->store;

	if (after < store->last_stamp)
		after = store->last_stamp;
	store->last_stamp = txn->stamped ? after + 1 : first_stamp(after);
	txn->stamped = true;
	return store->last_stamp;
}

void txn_raise_stamp(struct txn *txn, uint64_t stamp)
{
	if (stamp > txn->store->last_stamp)
		txn->store->last_stamp = stamp;
}

void txn_at_end(struct txn *txn, struct txn_end *end)
{
	end->next = txn->ends;
	txn->ends = end;
}

void txn_add_change(struct txn *txn, const struct change *change)
{
	txn->writes++;
	if (txn->watched)
		change_list_add(&txn->changes, change);
}

/* Ends the Berkeley DB transaction by what the body returned: its outcome, or
 * -1 when the commit failed. */
static int txn_finish(struct txn *txn, int outcome, struct error *err)
{
	int r;

	row_cursor_release_all(txn->cursors);
	txn->cursors = NULL;
	if (!txn->bdb)
		return outcome;
	r = outcome < 0 ? txn->bdb->abort(txn->bdb) : txn->bdb->commit(txn->bdb, 0);
	txn->bdb = NULL;
	if (r && outcome >= 0)
		return bdb_error(err, r, "committing a transaction");
	return outcome;
}

static void txn_tell_end(struct txn *txn, bool committed)
{
	if (committed)
		count_apply(&txn->deltas);
	for (struct txn_end *end = txn->ends, *next; end; end = next) {
		next = end->next;
		end->ended(end, committed);
	}
}

static int txn_write_locked(struct txn *txn, txn_body *body, void *context, struct error *err)
{
	DB_ENV *env = txn->store->env;
	int r = env->txn_begin(env, NULL, &txn->bdb, 0);

	if (r)
		return bdb_error(err, r, "beginning a transaction");
	r = txn_finish(txn, body(txn, context, err), err);
	txn_tell_end(txn, r >= 0);
	return r;
}

static int txn_write(struct txn *txn, txn_body *body, void *context, struct error *err)
{
	struct store *store = txn->store;
	int r;

	pthread_mutex_lock(&store->writer);
	r = txn_write_locked(txn, body, context, err);
	pthread_mutex_unlock(&store->writer);
	if (r >= 0 && txn->writes) {
		worker_note_commit(&store->worker);
		watch_deliver(&store->watch, &txn->changes);
	}
	return r;
}

static int txn_read(struct txn *txn, txn_body *body, void *context, struct error *err)
{
	return txn_finish(txn, body(txn, context, err), err);
}

static void txn_release(struct txn *txn)
{
	change_list_release(&txn->changes);
	count_deltas_release(&txn->deltas);
	unpacker_release(txn->store, &txn->unpacker);
	buf_release(&txn->record);
	free(txn->scratch.data);
}

/* Runs the body once. *ret_wrote tells whether there is anything to flush. */
static int txn_try(struct txn *txn, enum txn_kind kind, txn_body *body, void *context,
	bool *ret_wrote, struct error *err)
{
	int r;

	if (kind == TXN_WRITE)
		r = txn_write(txn, body, context, err);
	else
		r = txn_read(txn, body, context, err);
	*ret_wrote = r >= 0 && txn->writes;
	txn_release(txn);
	return r;
}

int txn_run(struct store *store, enum txn_kind kind, enum durability durability,
	struct arena *arena, txn_body *body, void *context, struct error *err)
{
	struct arena_mark mark = arena_mark(arena);
	bool watched = kind == TXN_WRITE && watch_wanted(&store->watch);
	bool wrote = false;
	int r;

	for (int try = 1;; try++) {
		struct txn txn = { .store = store, .arena = arena, .watched = watched };

		txn.scratch.flags = DB_DBT_REALLOC;
		r = txn_try(&txn, kind, body, context, &wrote, err);
		if (r >= 0 || err->class != ERROR_CONFLICT || try == TXN_TRIES)
			break;
		error_release(err);
		arena_reset(arena, mark);
	}
	if (wrote && durability == DURABLE_POWER)
		TRY(store_flush(store, err));
	return r;
}
