/*
 * The mount's write of many items at once, in one transaction.
 *
 * Of writes that are each for themselves, those that their throughput does not
 * allow are left out, and with the first one all that come after it, so that of
 * two of one key the last one still wins when they are tried again.
 */
#include "api/admission.h"
#include "api/item_write.h"
#include "api/operations.h"
#include "api/rows.h"
#include "base/memory.h"
#include "model/item.h"
#include "store/index.h"

/* Many writes, one transaction. */
struct items_change {
	const struct write_items_input *in;
	struct usage *usage;
	struct write_action *actions;
	struct write_result *results;
	size_t *writes; /* of each action: its place in the request */
	size_t count;
	size_t judged; /* looked at in the last run of the body */
	const struct error *refusal; /* of the first that was refused in it; NULL */
	size_t *order; /* NULL: as they come */
};

/* By row key, so that neighbours in the tree are written one after the other;
 * of one key in the order of the request, so that the last one wins. */
static int compare_actions(const void *left, const void *right, void *context)
{
	const struct write_action *actions = context;
	size_t a = *(const size_t *)left, b = *(const size_t *)right;
	int order = slice_compare(actions[a].row_key, actions[b].row_key);

	return order ? order : (a > b) - (a < b);
}

static void order_by_key(struct items_change *changes, struct arena *arena)
{
	changes->order = arena_alloc_array(arena, changes->count, sizeof(*changes->order));
	for (size_t i = 0; i < changes->count; i++)
		changes->order[i] = i;
	qsort_r(changes->order, changes->count, sizeof(*changes->order), compare_actions,
		changes->actions);
}

/* Several that are written together or not at all are a transaction, whatever
 * asks for it: a rename is one. */
static enum usage_kind usage_kind(const struct write_items_input *in)
{
	return in->transacted || (in->count > 1 && !in->item_errors) ? USAGE_TRANSACTED
								     : USAGE_SINGLE;
}

/* A new time alone is of the mount's metadata, which the service does not have. */
static void count_change(const struct items_change *changes, size_t i)
{
	const struct write_action *action = &changes->actions[i];

	if (action->kind != WRITE_TOUCH)
		usage_add_write(changes->usage, action->table,
			changes->in->writes[changes->writes[i]].item, &changes->results[i],
			usage_kind(changes->in));
}

/* Of those that a failure undid, or that failed. */
static void count_failed_change(
	const struct items_change *changes, size_t i, enum error_class class)
{
	const struct write_action *action = &changes->actions[i];

	if (action->kind == WRITE_TOUCH)
		return;
	if (class == ERROR_NONE || usage_is_condition(class))
		usage_add_unwritten(changes->usage, action->table,
			changes->in->writes[changes->writes[i]].item, &changes->results[i],
			action->item);
	usage_note_failure(changes->usage, action->table, class);
}

static struct admission admission_of(const struct items_change *changes, size_t i)
{
	return (struct admission){
		.usage = changes->usage,
		.table = changes->actions[i].table,
		.key = changes->in->writes[changes->writes[i]].item,
		.kind = usage_kind(changes->in),
	};
}

static int apply_change(struct txn *txn, struct items_change *changes, size_t i, struct error *err)
{
	struct slice encoded = changes->in->writes[changes->writes[i]].encoded;
	struct arena_mark mark = arena_mark(txn_arena(txn));
	struct write_action action = changes->actions[i];
	struct admission admission = admission_of(changes, i);
	struct map item;
	int r;

	changes->judged++;
	if (action.kind != WRITE_TOUCH)
		TRY(admission_write(&admission, err));
	admission_watch_indexes(&admission, &action);
	if (slice_present(encoded)) {
		TRY(item_decode(txn_arena(txn), encoded, &item, err));
		/* Again: an index may have been added since it was written. */
		TRY(index_check_item(table_description(action.table), NULL, &item, err));
		action.item = &item;
	}
	r = write_apply(txn, &action, &changes->results[i], err);
	if (r == 0)
		count_change(changes, i);
	arena_reset(txn_arena(txn), mark);
	TRY(r);
	if (r == WRITE_ABSENT)
		return error_set(err, ERROR_ITEM_CHANGED, "The item is no longer there");
	return 0;
}

/* Whether a failure is one of an item, not of the whole. */
static bool is_of_item(const struct write_items_input *in, const struct error *failure)
{
	static const bool of_item[ERROR_CLASS_COUNT] = {
		[ERROR_VALIDATION] = true,
		[ERROR_KEY_EMPTY] = true,
		[ERROR_TOO_LARGE] = true,
		[ERROR_ITEM_EXISTS] = true,
		[ERROR_ITEM_CHANGED] = true,
		[ERROR_COLLECTION_TOO_LARGE] = true,
	};

	return of_item[failure->class] ||
	       (in->transacted && failure->class == ERROR_TABLE_NOT_FOUND);
}

/* Looks at all of them, also after one has failed. */
static int apply_all_or_none(struct txn *txn, struct items_change *changes, struct error *err)
{
	const struct write_items_input *in = changes->in;

	for (size_t i = 0; i < changes->count; i++) {
		struct error *failure = &in->item_errors[changes->writes[i]];

		error_release(failure);
		if (apply_change(txn, changes, i, failure) < 0 && !is_of_item(in, failure))
			return error_move(err, failure);
	}
	for (size_t i = 0; i < in->count; i++) {
		if (in->item_errors[i].class != ERROR_NONE)
			return error_set(err, ERROR_TRANSACTION_CANCELED,
				"Transaction cancelled, please refer cancellation reasons for "
				"specific reasons");
	}
	return 0;
}

/* Leaves out what was refused, and after it the rest. */
static int apply_each(struct txn *txn, struct items_change *changes, struct error *err)
{
	const struct write_items_input *in = changes->in;

	for (size_t n = 0; n < changes->count; n++) {
		struct error *failure = &in->item_errors[changes->writes[changes->order[n]]];

		error_release(failure);
		if (changes->refusal) {
			error_set(
				failure, changes->refusal->class, "%s", changes->refusal->message);
			continue;
		}
		if (apply_change(txn, changes, changes->order[n], failure) >= 0)
			continue;
		if (!admission_refused(failure))
			return error_move(err, failure);
		changes->refusal = failure;
	}
	return 0;
}

static int apply_changes(struct txn *txn, void *context, struct error *err)
{
	struct items_change *changes = context;

	usage_clear(changes->usage);
	changes->judged = 0;
	changes->refusal = NULL;
	if (changes->in->transacted)
		return apply_all_or_none(txn, changes, err);
	if (changes->in->item_errors)
		return apply_each(txn, changes, err);
	for (size_t i = 0; i < changes->count; i++)
		TRY(apply_change(txn, changes, i, err));
	return 0;
}

static const enum write_expect expects[] = {
	[ITEM_ANY] = EXPECT_ANY,
	[ITEM_ABSENT] = EXPECT_ABSENT,
	[ITEM_UNCHANGED] = EXPECT_STAMP,
};

static int plan_write(const struct item_write *write, struct table *table, struct arena *arena,
	struct planned_write *ret, struct error *err)
{
	bool whole = write->kind == ITEM_PUT && !slice_present(write->encoded);

	if (!whole)
		return plan_delete(ret, table, write->item, arena, err);
	TRY(item_validate(write->item, err));
	TRY(plan_put(ret, table, write->item, arena, err));
	return index_check_item(table_description(table), NULL, write->item, err);
}

static const enum write_kind kinds[] = {
	[ITEM_PUT] = WRITE_PUT,
	[ITEM_DELETE] = WRITE_DELETE,
	[ITEM_TOUCH] = WRITE_TOUCH,
	[ITEM_CHECK] = WRITE_CHECK,
};

static int prepare_write(const struct item_write *write, struct table *table, struct arena *arena,
	struct write_action *ret, struct error *err)
{
	struct planned_write plan;

	if (slice_present(write->table_id) &&
		!slice_equal(write->table_id, table_description(table)->id))
		return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	TRY(plan_write(write, table, arena, &plan, err));
	*ret = plan.action;
	ret->kind = kinds[write->kind];
	ret->expect = write->must_exist ? EXPECT_PRESENT : expects[write->expectation];
	ret->expected_stamp = write->expected_stamp;
	ret->own_text = write->own_text;
	ret->mtime_ns = write->mtime_ns;
	ret->want_units = true;
	return 0;
}

/* The tables of a request's writes, each held once. */
struct held_tables {
	struct table **tables;
	size_t count;
};

static void held_tables_release(struct held_tables *held)
{
	for (size_t i = 0; i < held->count; i++)
		table_unref(held->tables[i]);
	free(held->tables);
}

static int hold_table(struct engine *engine, struct held_tables *held, struct slice name,
	struct table **ret, struct error *err)
{
	for (size_t i = held->count; i-- > 0;) {
		if (slice_equal(table_description(held->tables[i])->name, name)) {
			*ret = held->tables[i];
			return 0;
		}
	}
	TRY(engine_find_table(engine, name, ret, err));
	held->tables = memory_resize(held->tables, (held->count + 1) * sizeof(struct table *));
	held->tables[held->count++] = *ret;
	return 0;
}

static int prepare_writes(struct engine *engine, const struct write_items_input *in,
	struct held_tables *held, struct items_change *changes, struct arena *arena,
	struct error *err)
{
	for (size_t i = 0; i < in->count; i++) {
		struct error failure = ERROR_INIT;
		struct table *table;
		int r;

		r = hold_table(engine, held, in->writes[i].table_name, &table, &failure);
		if (r == 0)
			r = prepare_write(&in->writes[i], table, arena,
				&changes->actions[changes->count], &failure);
		if (r == 0)
			changes->writes[changes->count++] = i;
		else if (!in->item_errors || !is_of_item(in, &failure))
			return error_move(err, &failure);
		else
			error_move(&in->item_errors[i], &failure);
	}
	return 0;
}

/* What was judged in order, up to the last one, which failed unless others had
 * errors of their own. */
static void count_failure(struct items_change *changes, const struct error *err)
{
	const struct write_items_input *in = changes->in;

	usage_undo(changes->usage);
	for (size_t n = 0; n < changes->judged && !admission_refused(err); n++) {
		size_t i = changes->order ? changes->order[n] : n;
		bool last = n + 1 == changes->judged;
		enum error_class class = last ? err->class : ERROR_NONE;

		if (in->transacted && err->class == ERROR_TRANSACTION_CANCELED)
			class = in->item_errors[changes->writes[i]].class;
		count_failed_change(changes, i, class);
	}
}

int run_write_items(struct engine *engine, struct request *request, struct error *err)
{
	const struct write_items_input *in = request->input;
	struct write_items_output *out = request->output;
	struct held_tables held CLEANUP(held_tables_release) = { NULL, 0 };
	struct items_change changes = { .in = in, .usage = request->usage };

	changes.actions = arena_alloc_array(request->arena, in->count, sizeof(*changes.actions));
	changes.results = arena_alloc_array(request->arena, in->count, sizeof(*changes.results));
	changes.writes = arena_alloc_array(request->arena, in->count, sizeof(*changes.writes));
	TRY(prepare_writes(engine, in, &held, &changes, request->arena, err));
	if (in->item_errors && !in->transacted)
		order_by_key(&changes, request->arena);
	if (txn_run(engine->store, TXN_WRITE, engine->durability[request->door], request->arena,
		    apply_changes, &changes, err) < 0) {
		count_failure(&changes, err);
		return -1;
	}
	out->written = changes.refusal ? changes.judged - 1 : changes.count;
	out->facts = arena_alloc_array(request->arena, in->count, sizeof(*out->facts));
	for (size_t i = 0; i < changes.count; i++)
		out->facts[changes.writes[i]] =
			row_facts(&changes.results[i].meta, (struct slice){ NULL, 0 });
	return 0;
}
