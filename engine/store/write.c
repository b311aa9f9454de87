/*
 * Each action has a cursor of Berkeley DB for its time. It stands on the old
 * row, if there is one, from the look at it to its change, so that the tree is
 * searched once.
 */
#include "store/write.h"
#include "base/clock.h"
#include "model/item.h"
#include "model/plain.h"
#include "store/history.h"
#include "store/index_private.h"
#include "store/pack.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/stream.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* One action under way. */
struct step {
	struct txn *txn;
	const struct write_action *action;
	struct table *table; /* the newest version */
	DBC *at;
	bool had_old;
	struct row old;
	struct map old_map;
	const struct map *old_item; /* NULL: there is none, or it was not decoded */
	const struct map *new_item; /* to be stored */
	enum change_kind change;
	struct row_meta meta; /* of the new row */
	uint64_t stamp; /* of the change */
	struct index_write *indexes;
	size_t index_count;
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

/* Greater than the row's last stamp, and any in the table's history. */
static uint64_t next_stamp(const struct step *step)
{
	const struct history *history = step->table->history;
	uint64_t after = step->had_old ? step->old.meta.stamp : 0;

	if (history && history->newest > after)
		after = history->newest;
	return txn_next_stamp(step->txn, after);
}

static int64_t new_mtime(const struct write_action *action)
{
	return action->mtime_ns ? action->mtime_ns : clock_realtime_ns();
}

static int decode_old(struct step *step, struct error *err)
{
	if (step->old_item)
		return 0;
	TRY(item_decode(step->txn->arena, step->old.item, &step->old_map, err));
	step->old_item = &step->old_map;
	return 0;
}

/* Equal bytes are an equal item; other bytes may be one, in another order. */
static int compare_items(struct step *step, struct slice encoded, struct error *err)
{
	step->change = CHANGE_NONE;
	if (slice_equal(step->old.item, encoded))
		return 0;
	TRY(decode_old(step, err));
	if (!map_equal(step->old_item, step->new_item))
		step->change = CHANGE_MODIFY;
	return 0;
}

/* Writes the row; the data may be a part of it when there is an old one. */
static int put_record(const struct step *step, DBT *data, struct error *err)
{
	DBT key = bdb_input(step->action->row_key);
	int r = step->at->put(step->at, &key, data, step->had_old ? DB_CURRENT : DB_KEYFIRST);

	return r ? bdb_error(err, r, "writing a row") : 0;
}

static int prepare_put(struct step *step, struct error *err)
{
	const struct write_action *action = step->action;
	struct buf *record = &step->txn->record;

	buf_clear(record);
	buf_resize(record, ROW_HEADER_LENGTH);
	item_encode(step->new_item, record);
	step->change = CHANGE_INSERT;
	if (step->had_old)
		TRY(compare_items(step, slice_skip(buf_slice(record), ROW_HEADER_LENGTH), err));
	step->stamp = next_stamp(step);
	step->meta = (struct row_meta){
		.mtime_ns = new_mtime(action),
		.stamp = step->stamp,
		.item_size = (uint32_t)item_size(step->new_item),
		.text_length = (uint32_t)(slice_present(action->own_text)
						  ? action->own_text.len
						  : plain_item_length(step->new_item)),
	};
	return 0;
}

static int apply_put(struct step *step, struct error *err)
{
	struct buf *record = &step->txn->record;
	DBT data;

	record_finish(record, &step->meta, step->action->own_text);
	TRY(pack_record(step->txn, step->table->body, record, err));
	data = bdb_input(buf_slice(record));
	return put_record(step, &data, err);
}

static int prepare_delete(struct step *step, struct error *err)
{
	(void)err;
	if (step->had_old)
		step->change = CHANGE_REMOVE;
	return 0;
}

static int apply_delete(struct step *step, struct error *err)
{
	int r;

	if (!step->had_old)
		return 0;
	r = step->at->del(step->at, 0);
	if (r)
		return bdb_error(err, r, "deleting a row");
	step->stamp = next_stamp(step);
	return 0;
}

static int apply_check(struct step *step, struct error *err)
{
	(void)step, (void)err;
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
	step->stamp = step->meta.stamp;
	record_put_i64(mtime, step->meta.mtime_ns);
	return put_record(step, &data, err);
}

static struct index_change change_of(const struct step *step)
{
	return (struct index_change){
		.table = step->table,
		.row_key = step->action->row_key,
		.old = step->old_item,
		.new = step->new_item,
		.old_size = step->had_old ? step->old.meta.item_size : 0,
		.new_size = step->meta.item_size,
		.same = step->change == CHANGE_NONE,
	};
}

static int write_indexes(struct step *step, struct error *err)
{
	const struct index_change change = change_of(step);

	if (step->action->want_units)
		step->indexes = arena_alloc_array(step->txn->arena,
			step->table->description.index_count, sizeof(*step->indexes));
	return index_apply(step->txn, &change, step->indexes, &step->index_count, err);
}

static int write_stream(struct step *step, struct error *err)
{
	const struct stream_change change = {
		.kind = step->change,
		.old = step->old_item,
		.new = step->new_item,
		.expired = step->action->expired,
	};

	return stream_append(step->txn, step->table, &change, err);
}

/* Tells the counts and the watcher: of the version that the caller holds, as it
 * is told after the writer mutex is released. */
static int note_change(struct step *step, struct error *err)
{
	const struct write_action *action = step->action;
	const struct table_description *table = &action->table->description;
	int64_t bytes = (int64_t)step->meta.item_size;

	if (step->had_old)
		bytes -= step->old.meta.item_size;
	TRY(count_change(step->txn, step->table, action->row_key, step->change, bytes, err));
	txn_add_change(step->txn, &(struct change){
					  .kind = step->change,
					  .table_name = table->name,
					  .table_id = table->id,
					  .row_key = action->row_key,
					  .stamp = step->stamp,
				  });
	return 0;
}

/* What follows from the change of the row. */
static int follow_change(struct step *step, struct error *err)
{
	const struct table_description *table = &step->table->description;

	if (table->index_count)
		TRY(write_indexes(step, err));
	if (step->table->history && step->change != CHANGE_NONE)
		TRY(history_append(step->txn, step->table->history, step->action->row_key,
			step->stamp, step->had_old ? &step->old : NULL, err));
	if (slice_present(table->stream_id) && step->change != CHANGE_NONE)
		TRY(write_stream(step, err));
	if (step->had_old || step->change != CHANGE_NONE)
		TRY(note_change(step, err));
	return 0;
}

/* How each kind of action is done. */
static const struct step_kind {
	int (*prepare)(struct step *step, struct error *err); /* finds what will change */
	int (*apply)(struct step *step, struct error *err);
	bool stores; /* an item */
	bool changes; /* the item, or takes it away */
} kinds[] = {
	[WRITE_PUT] = { prepare_put, apply_put, .stores = true, .changes = true },
	[WRITE_UPDATE] = { prepare_put, apply_put, .stores = true, .changes = true },
	[WRITE_DELETE] = { prepare_delete, apply_delete, .changes = true },
	[WRITE_CHECK] = { NULL, apply_check },
	[WRITE_TOUCH] = { NULL, apply_touch },
};

/* Whether the old item is needed for more than to see whether it is another. */
static bool needs_old_item(const struct step *step)
{
	const struct write_action *action = step->action;
	const struct table_description *table = &step->table->description;

	return action->want_old || action->decide ||
	       (kinds[action->kind].changes &&
		       (table->index_count || slice_present(table->stream_id)));
}

static int read_old(struct step *step, struct error *err)
{
	bool needed = needs_old_item(step);
	const struct step_kind *kind = &kinds[step->action->kind];
	bool full = needed || kind->stores || (kind->changes && step->table->history);
	int r;

	TRY(r = row_get_at(step->txn, step->table, step->at, step->action->row_key,
		    full ? ROW_FULL : ROW_META, &step->old, err));
	step->had_old = r != ROW_ABSENT;
	return needed && step->had_old ? decode_old(step, err) : 0;
}

/* A put is checked by itself, before anything is looked at; an update by what
 * it changes. */
static int check_indexes(const struct step *step, enum write_kind kind, struct error *err)
{
	static const struct map nothing;
	const struct map *old = step->old_item ? step->old_item : &nothing;

	if (step->action->kind != kind || step->action->restored ||
		!step->table->description.index_count)
		return 0;
	return index_check_item(
		&step->table->description, kind == WRITE_UPDATE ? old : NULL, step->new_item, err);
}

/* 0 or WRITE_SKIPPED. */
static int decide(struct step *step, struct error *err)
{
	const struct write_action *action = step->action;

	const struct map *item = step->new_item;
	int r;

	if (!action->decide)
		return 0;
	TRY(r = action->decide(
		    action->decide_context, step->old_item, step->txn->arena, &item, err));
	if (kinds[action->kind].stores)
		step->new_item = item;
	return r;
}

static int admit(const struct step *step, struct error *err)
{
	const struct write_action *action = step->action;
	size_t count = step->table->description.index_count;
	const struct index_change change = change_of(step);
	struct index_write *writes;

	if (!action->admit || !count || !kinds[action->kind].changes)
		return 0;
	writes = arena_alloc_array(step->txn->arena, count, sizeof(*writes));
	index_preview(step->txn, &change, writes, &count);
	return action->admit(action->admit_context, writes, count, err);
}

static int run_step(struct step *step, struct error *err)
{
	const struct step_kind *kind = &kinds[step->action->kind];
	int r;

	TRY(check_indexes(step, WRITE_PUT, err));
	TRY(read_old(step, err));
	TRY(r = check_expectation(step, err));
	if (r == WRITE_ABSENT)
		return r;
	TRY(r = decide(step, err));
	if (r == WRITE_SKIPPED)
		return r;
	TRY(check_indexes(step, WRITE_UPDATE, err));
	if (kind->prepare)
		TRY(kind->prepare(step, err));
	TRY(admit(step, err));
	TRY(r = kind->apply(step, err));
	if (kind->changes)
		TRY(follow_change(step, err));
	else if (step->action->kind == WRITE_TOUCH && step->had_old)
		TRY(note_change(step, err));
	return r;
}

static int open_cursor(struct step *step, struct error *err)
{
	struct table_body *body = step->action->table->body;
	DB *file = body->file;
	int r;

	TRY(table_check(step->action->table, err));
	step->table = body->newest;
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

/* What the action told of is in the arena, if it told of anything. */
static bool tells(const struct write_action *action)
{
	return action->want_old || action->want_units || action->decide;
}

static const struct map *copy_map(const struct map *map, struct arena *arena)
{
	struct map *copy = arena_alloc(arena, sizeof(*copy));

	*copy = *map;
	return copy;
}

static void tell(const struct step *step, int outcome, struct write_result *ret)
{
	const struct write_action *action = step->action;

	if (action->want_old)
		ret->old = step->old;
	if (step->old_item)
		ret->old_item = copy_map(step->old_item, step->txn->arena);
	if (kinds[action->kind].changes && outcome == 0)
		ret->new_item = step->new_item;
	else
		ret->new_item = ret->old_item;
	ret->indexes = step->indexes;
	ret->index_count = step->index_count;
}

int write_apply(struct txn *txn, const struct write_action *action, struct write_result *ret,
	struct error *err)
{
	struct arena_mark mark = arena_mark(txn->arena);
	struct step step = {
		.txn = txn,
		.action = action,
		.new_item = kinds[action->kind].stores ? action->item : NULL,
		.change = CHANGE_NONE,
	};
	int r;

	*ret = (struct write_result){ .change = CHANGE_NONE };
	TRY(open_cursor(&step, err));
	r = close_cursor(&step, run_step(&step, err), err);
	ret->had_old = step.had_old;
	ret->old_size = step.had_old ? step.old.meta.item_size : 0;
	TRY(r);
	ret->change = step.change;
	ret->meta = step.meta;
	if (tells(action))
		tell(&step, r, ret);
	else
		arena_reset(txn->arena, mark);
	return r;
}
