/*
 * Each action has a cursor of Berkeley DB for its time. It stands on the old
 * row, if there is one, from the look at it to its change, so that the tree is
 * searched once.
 */
#include "store/write.h"
#include "base/clock.h"
#include "model/item.h"
#include "model/plain.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* One action under way. */
struct step {
	struct txn *txn;
	const struct write_action *action;
	DBC *at;
	bool had_old;
	struct row old;
	enum change_kind change;
	struct row_meta meta; /* of the new row */
};

static int expectation_failed(struct error *err, enum error_class class)
{
	return error_set(err, class, "The conditional request failed");
}

/* 0, or WRITE_ABSENT. */
static int check_expectation(const struct step *step, struct error *err)
{
	switch (step->action->expect) {
	case EXPECT_ANY:
		return 0;
	case EXPECT_ABSENT:
		return step->had_old ? expectation_failed(err, ERROR_ITEM_EXISTS) : 0;
	case EXPECT_STAMP:
		if (step->had_old && step->old.meta.stamp == step->action->expected_stamp)
			return 0;
		return expectation_failed(err, ERROR_ITEM_CHANGED);
	case EXPECT_PRESENT:
		return step->had_old ? 0 : WRITE_ABSENT;
	}
	abort();
}

/* The time, or what makes it greater than the store's last stamp and the row's. */
static uint64_t next_stamp(const struct step *step)
{
	struct store *store = step->txn->store;
	uint64_t stamp = (uint64_t)clock_realtime_ns();

	if (stamp <= store->last_stamp)
		stamp = store->last_stamp + 1;
	if (step->had_old && stamp <= step->old.meta.stamp)
		stamp = step->old.meta.stamp + 1;
	store->last_stamp = stamp;
	return stamp;
}

static int64_t new_mtime(const struct write_action *action)
{
	return action->mtime_ns ? action->mtime_ns : clock_realtime_ns();
}

/* Equal bytes are an equal item; other bytes may be one, in another order. */
static int compare_items(
	const struct step *step, struct slice encoded, enum change_kind *ret, struct error *err)
{
	struct map old;

	*ret = CHANGE_NONE;
	if (slice_equal(step->old.item, encoded))
		return 0;
	TRY(item_decode(step->txn->arena, step->old.item, &old, err));
	if (!map_equal(&old, step->action->item))
		*ret = CHANGE_MODIFY;
	return 0;
}

/* Writes the row; the data may be a part of it when there is an old one. */
static int put_record(const struct step *step, DBT *data, struct error *err)
{
	DBT key = bdb_input(step->action->row_key);
	int r = step->at->put(step->at, &key, data, step->had_old ? DB_CURRENT : DB_KEYFIRST);

	return r ? bdb_error(err, r, "writing a row") : 0;
}

static int apply_put(struct step *step, struct error *err)
{
	const struct write_action *action = step->action;
	struct buf *record = &step->txn->record;
	DBT data;

	buf_clear(record);
	buf_resize(record, ROW_HEADER_LENGTH);
	item_encode(action->item, record);
	step->change = CHANGE_INSERT;
	if (step->had_old)
		TRY(compare_items(step, slice_skip(buf_slice(record), ROW_HEADER_LENGTH),
			&step->change, err));
	step->meta = (struct row_meta){
		.mtime_ns = new_mtime(action),
		.stamp = next_stamp(step),
		.item_size = (uint32_t)item_size(action->item),
		.text_length = (uint32_t)(slice_present(action->own_text)
						  ? action->own_text.len
						  : plain_item_length(action->item)),
	};
	record_finish(record, &step->meta, action->own_text);
	data = bdb_input(buf_slice(record));
	return put_record(step, &data, err);
}

static int apply_delete(struct step *step, struct error *err)
{
	int r;

	if (!step->had_old)
		return 0;
	r = step->at->del(step->at, 0);
	if (r)
		return bdb_error(err, r, "deleting a row");
	step->change = CHANGE_REMOVE;
	return 0;
}

/* The stamp stays: the item is still the one that was read. */
static int apply_touch(struct step *step, struct error *err)
{
	char mtime[sizeof(int64_t)];
	DBT data = {
		.data = mtime,
		.size = sizeof(mtime),
		.flags = DB_DBT_PARTIAL,
		.doff = RECORD_MTIME_OFFSET,
		.dlen = sizeof(mtime),
	};

	if (!step->had_old)
		return WRITE_ABSENT;
	step->meta = step->old.meta;
	step->meta.mtime_ns = new_mtime(step->action);
	record_put_i64(mtime, step->meta.mtime_ns);
	return put_record(step, &data, err);
}

/* Tells the counts and the watcher. */
static int note_change(struct step *step, struct error *err)
{
	const struct write_action *action = step->action;
	const struct table_description *table = table_description(action->table);
	int64_t bytes = (int64_t)step->meta.item_size;
	uint64_t stamp = step->change == CHANGE_REMOVE ? next_stamp(step) : step->meta.stamp;

	if (step->had_old)
		bytes -= step->old.meta.item_size;
	TRY(count_change(step->txn, action->table, action->row_key, step->change, bytes, err));
	txn_add_change(step->txn, &(struct change){
					  .kind = step->change,
					  .table_name = table->name,
					  .table_id = table->id,
					  .row_key = action->row_key,
					  .stamp = stamp,
				  });
	return 0;
}

typedef int step_apply(struct step *step, struct error *err);

static step_apply *const apply[] = {
	[WRITE_PUT] = apply_put,
	[WRITE_DELETE] = apply_delete,
	[WRITE_TOUCH] = apply_touch,
};

/* A put compares with the old item; the others need it only to return it. */
static enum row_want wanted_of_old(const struct write_action *action)
{
	return action->want_old || action->kind == WRITE_PUT ? ROW_FULL : ROW_META;
}

static int run_step(struct step *step, struct error *err)
{
	const struct write_action *action = step->action;
	int r;

	TRY(r = row_get_at(
		    step->txn, step->at, action->row_key, wanted_of_old(action), &step->old, err));
	step->had_old = r != ROW_ABSENT;
	TRY(r = check_expectation(step, err));
	if (r == WRITE_ABSENT)
		return r;
	TRY(r = apply[action->kind](step, err));
	if (step->had_old || step->change != CHANGE_NONE)
		TRY(note_change(step, err));
	return r;
}

static int open_cursor(struct step *step, struct error *err)
{
	DB *file = step->action->table->file;
	int r;

	TRY(table_check(step->action->table, err));
	r = file->cursor(file, step->txn->bdb, &step->at, 0);
	return r ? bdb_error(err, r, "opening a cursor") : 0;
}

static int close_cursor(struct step *step, int outcome, struct error *err)
{
	int r = step->at->close(step->at);

	/* A deadlock can show only now. */
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

int write_apply(struct txn *txn, const struct write_action *action, struct write_result *ret,
	struct error *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct step step = { .txn = txn, .action = action, .change = CHANGE_NONE };
	int r;

	TRY(open_cursor(&step, err));
	TRY(r = close_cursor(&step, run_step(&step, err), err));
	*ret = (struct write_result){
		.change = step.change,
		.had_old = step.had_old,
		.meta = step.meta,
	};
	if (action->want_old)
		ret->old = step.old;
	else
		arena_reset(txn->arena, mark);
	return r;
}
