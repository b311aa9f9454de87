/*
 * The mount's write of many items at once, in one transaction.
 */
#include "api/item_write.h"
#include "api/operations.h"
#include "api/rows.h"
#include "base/memory.h"
#include "model/item.h"
#include "store/index.h"

/* Many writes, one transaction. */
struct items_change {
	struct write_action *actions;
	struct write_result *results;
	size_t *writes; /* of each action: its place in the request */
	size_t count;
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

static int apply_changes(struct txn *txn, void *context, struct error *err)
{
	struct items_change *changes = context;

	for (size_t n = 0; n < changes->count; n++) {
		size_t i = changes->order ? changes->order[n] : n;
		int r = write_apply(txn, &changes->actions[i], &changes->results[i], err);

		TRY(r);
		if (r == WRITE_ABSENT)
			return error_set(err, ERROR_ITEM_CHANGED, "The item is no longer there");
	}
	return 0;
}

static const enum write_expect expects[] = {
	[ITEM_ANY] = EXPECT_ANY,
	[ITEM_ABSENT] = EXPECT_ABSENT,
	[ITEM_UNCHANGED] = EXPECT_STAMP,
};

static int prepare_write(const struct item_write *write, struct table *table, struct arena *arena,
	struct write_action *ret, struct error *err)
{
	struct planned_write plan;

	if (write->kind == ITEM_PUT) {
		TRY(item_validate(write->item, err));
		TRY(plan_put(&plan, table, write->item, arena, err));
		TRY(index_check_item(table_description(table), NULL, write->item, err));
	} else {
		TRY(plan_delete(&plan, table, write->item, arena, err));
	}
	*ret = plan.action;
	if (write->kind == ITEM_TOUCH)
		ret->kind = WRITE_TOUCH;
	ret->expect = write->must_exist ? EXPECT_PRESENT : expects[write->expectation];
	ret->expected_stamp = write->expected_stamp;
	ret->own_text = write->own_text;
	ret->mtime_ns = write->mtime_ns;
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
		struct error *item_err = in->item_errors ? &in->item_errors[i] : err;
		struct table *table;
		int r;

		TRY(hold_table(engine, held, in->writes[i].table_name, &table, err));
		r = prepare_write(
			&in->writes[i], table, arena, &changes->actions[changes->count], item_err);
		if (r == 0)
			changes->writes[changes->count++] = i;
		else if (!in->item_errors)
			return -1;
	}
	return 0;
}

int run_write_items(struct engine *engine, struct request *request, struct error *err)
{
	const struct write_items_input *in = request->input;
	struct write_items_output *out = request->output;
	struct held_tables held CLEANUP(held_tables_release) = { NULL, 0 };
	struct items_change changes = { 0 };

	changes.actions = arena_alloc_array(request->arena, in->count, sizeof(*changes.actions));
	changes.results = arena_alloc_array(request->arena, in->count, sizeof(*changes.results));
	changes.writes = arena_alloc_array(request->arena, in->count, sizeof(*changes.writes));
	TRY(prepare_writes(engine, in, &held, &changes, request->arena, err));
	if (in->item_errors)
		order_by_key(&changes, request->arena);
	TRY(txn_run(engine->store, TXN_WRITE, engine->durability[request->door], request->arena,
		apply_changes, &changes, err));
	out->written = changes.count;
	out->facts = arena_alloc_array(request->arena, in->count, sizeof(*out->facts));
	for (size_t i = 0; i < changes.count; i++)
		out->facts[changes.writes[i]] =
			row_facts(&changes.results[i].meta, (struct slice){ NULL, 0 });
	return 0;
}
