/*
 * PutItem, GetItem, DeleteItem, and the local write of many items at once.
 */
#include "api/operations.h"
#include "api/rows.h"

#include "base/memory.h"
#include "model/item.h"
#include "store/row.h"
#include "store/write.h"

/* One write: its action, and what came of it. */
struct item_change {
	struct write_action action;
	struct write_result result;
	bool absent;
};

static int apply_change(struct txn *txn, void *context, struct error *err)
{
	struct item_change *change = context;
	int r = write_apply(txn, &change->action, &change->result, err);

	change->absent = r == WRITE_ABSENT;
	return r;
}

static enum write_expect expect_of(enum item_expectation expectation)
{
	switch (expectation) {
	case ITEM_ANY:
		return EXPECT_ANY;
	case ITEM_ABSENT:
		return EXPECT_ABSENT;
	case ITEM_UNCHANGED:
		return EXPECT_STAMP;
	}
	return EXPECT_ANY;
}

static struct slice encode_key(
	const struct key_schema *schema, const struct key *key, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	key_encode(schema, key, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

/* A Key parameter: of the schema, and within the limits of keys. */
static int take_key(
	const struct key_schema *schema, const struct map *map, struct key *ret, struct error *err)
{
	TRY(key_from_map(schema, map, ret, err));
	return key_validate(schema, ret, err);
}

/* PutItem and DeleteItem know two of the five values. */
static int check_return_values(struct slice name, bool *ret_old, struct error *err)
{
	int value = enum_index(return_values_names, name);

	if (value >= 0 && value != RETURN_ALL_OLD && value != RETURN_NONE)
		return error_set(err, ERROR_VALIDATION, "ReturnValues can only be ALL_OLD or NONE");
	*ret_old = value == RETURN_ALL_OLD;
	return 0;
}

static int old_attributes(struct request *request, const struct item_change *change,
	const struct map **ret, struct error *err)
{
	struct map *map;

	if (!change->action.want_old || !change->result.had_old)
		return 0;
	map = arena_alloc_zero(request->arena, sizeof(*map));
	TRY(item_decode(request->arena, change->result.old.item, map, err));
	*ret = map;
	return 0;
}

static int run_change(struct engine *engine, struct request *request, struct item_change *change,
	struct error *err)
{
	TRY(txn_run(engine->store, TXN_WRITE, engine->durability[request->door], request->arena,
		apply_change, change, err));
	return 0;
}

int run_put_item(struct engine *engine, struct request *request, struct error *err)
{
	const struct put_item_input *in = request->input;
	struct put_item_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct key_schema *schema;
	struct item_change change = { 0 };
	struct key key;

	TRY(check_return_values(in->return_values, &change.action.want_old, err));
	TRY(item_validate(in->item, err));
	TRY(engine_find_table(engine, in->table_name, &table, err));
	schema = &table_description(table)->key;
	TRY(key_from_item(schema, in->item, &key, err));
	change.action.kind = WRITE_PUT;
	change.action.expect = expect_of(in->expectation);
	change.action.expected_stamp = in->expected_stamp;
	change.action.table = table;
	change.action.row_key = encode_key(schema, &key, request->arena);
	change.action.item = in->item;
	change.action.own_text = in->own_text;
	change.action.mtime_ns = in->mtime_ns;
	TRY(run_change(engine, request, &change, err));
	out->facts = row_facts(&change.result.meta, (struct slice){ NULL, 0 });
	return old_attributes(request, &change, &out->attributes, err);
}

int run_delete_item(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_item_input *in = request->input;
	struct delete_item_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct key_schema *schema;
	struct item_change change = { 0 };
	struct key key;

	TRY(check_return_values(in->return_values, &change.action.want_old, err));
	TRY(engine_find_table(engine, in->table_name, &table, err));
	schema = &table_description(table)->key;
	TRY(take_key(schema, in->key, &key, err));
	change.action.kind = WRITE_DELETE;
	change.action.table = table;
	change.action.row_key = encode_key(schema, &key, request->arena);
	TRY(run_change(engine, request, &change, err));
	out->found = change.result.had_old;
	return old_attributes(request, &change, &out->attributes, err);
}

struct item_read {
	struct table *table;
	struct slice row_key;
	enum row_want want;
	struct row row;
};

static int read_item(struct txn *txn, void *context, struct error *err)
{
	struct item_read *read = context;

	return row_get(txn, read->table, read->row_key, read->want, &read->row, err);
}

int run_get_item(struct engine *engine, struct request *request, struct error *err)
{
	const struct get_item_input *in = request->input;
	struct get_item_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct item_read read = { .want = in->facts_only ? ROW_META : ROW_FULL };
	struct map *item;
	struct key key;
	int r;

	TRY(engine_find_table(engine, in->table_name, &table, err));
	TRY(take_key(&table_description(table)->key, in->key, &key, err));
	read.table = table;
	read.row_key = encode_key(&table_description(table)->key, &key, request->arena);
	r = txn_run(
		engine->store, TXN_READ, DURABLE_PROCESS, request->arena, read_item, &read, err);
	TRY(r);
	if (r == ROW_ABSENT)
		return 0;
	out->facts = row_facts(&read.row.meta, read.row.own_text);
	if (in->facts_only) {
		out->item = in->key;
		return 0;
	}
	item = arena_alloc_zero(request->arena, sizeof(*item));
	TRY(item_decode(request->arena, read.row.item, item, err));
	out->item = item;
	return 0;
}

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

static int prepare_write(const struct item_write *write, struct table *table, struct arena *arena,
	struct write_action *ret, struct error *err)
{
	static const enum write_kind kinds[] = {
		[ITEM_PUT] = WRITE_PUT,
		[ITEM_DELETE] = WRITE_DELETE,
		[ITEM_TOUCH] = WRITE_TOUCH,
	};
	const struct key_schema *schema = &table_description(table)->key;
	struct key key;

	if (write->kind == ITEM_PUT) {
		TRY(item_validate(write->item, err));
		TRY(key_from_item(schema, write->item, &key, err));
	} else {
		TRY(take_key(schema, write->item, &key, err));
	}
	*ret = (struct write_action){
		.kind = kinds[write->kind],
		.expect = write->must_exist ? EXPECT_PRESENT : expect_of(write->expectation),
		.expected_stamp = write->expected_stamp,
		.table = table,
		.row_key = encode_key(schema, &key, arena),
		.item = write->item,
		.own_text = write->own_text,
		.mtime_ns = write->mtime_ns,
	};
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
