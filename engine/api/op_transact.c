/* TransactWriteItems and TransactGetItems. */
#include "api/admission.h"
#include "api/operations.h"
#include "api/parameters.h"
#include "api/shapes.h"
#include "api/transaction.h"
#include "api/wire.h"

#include "model/item.h"
#include "store/row.h"

/* One action, whichever of the four it is. */
struct action {
	enum write_kind kind;
	struct slice table_name;
	const struct map *item; /* of Put; of the others the key */
	struct slice update_expression;
	const struct item_condition *condition;
	/* Parsed: */
	const struct condition *parsed;
	const struct update *update;
};

static int take_action(const struct transact_write *in, struct action *ret, struct error *err)
{
	int count = !!in->condition_check + !!in->put + !!in->delete + !!in->update;

	if (count != 1)
		return error_set(err, ERROR_VALIDATION,
			"TransactItems can only contain one of Check, Put, Update or Delete");
	if (in->condition_check)
		*ret = (struct action){ WRITE_CHECK, in->condition_check->table_name,
			in->condition_check->key, .condition = &in->condition_check->condition };
	if (in->put)
		*ret = (struct action){ WRITE_PUT, in->put->table_name, in->put->item,
			.condition = &in->put->condition };
	if (in->delete)
		*ret = (struct action){ WRITE_DELETE, in->delete->table_name, in->delete->key,
			.condition = &in->delete->condition };
	if (in->update)
		*ret = (struct action){ WRITE_UPDATE, in->update->table_name, in->update->key,
			in->update->update_expression, .condition = &in->update->condition };
	return 0;
}

/* What can be said of an action without its table. */
static int parse_action(struct action *action, struct arena *arena, struct error *err)
{
	const struct request_list *names = &action->condition->names;
	const struct parameter expressions[] = {
		{ "UpdateExpression", slice_present(action->update_expression) },
		{ "ConditionExpression", slice_present(action->condition->expression) },
	};
	size_t first = action->kind == WRITE_UPDATE ? 0 : 1;
	size_t count = ARRAY_SIZE(expressions) - first;
	struct placeholders placeholders;

	TRY(parameters_check_names(names, expressions + first, count, err));
	TRY(parameters_check_values(action->condition->values, expressions + first, count, err));
	placeholders_init(
		&placeholders, names->items, names->count, action->condition->values, arena);
	if (action->kind == WRITE_PUT)
		TRY(item_validate(action->item, err));
	if (slice_present(action->update_expression))
		TRY(update_parse(
			action->update_expression, &placeholders, arena, &action->update, err));
	TRY(item_condition_parse(action->condition, &placeholders, arena, &action->parsed, err));
	return placeholders_check_used(&placeholders, err);
}

static int plan(struct planned_write *plan, struct table *table, const struct action *action,
	struct arena *arena, struct error *err)
{
	switch (action->kind) {
	case WRITE_PUT:
		return plan_put(plan, table, action->item, arena, err);
	case WRITE_DELETE:
		return plan_delete(plan, table, action->item, arena, err);
	case WRITE_UPDATE:
		return plan_update(plan, table, action->item, action->update, arena, err);
	case WRITE_CHECK:
	case WRITE_TOUCH:
		break;
	}
	return plan_check(plan, table, action->item, arena, err);
}

/* A key that does not fit is a reason of the action; one that could not be a
 * key anywhere fails the request. */
static int plan_action(struct transaction *transaction, struct table *table,
	const struct action *action, struct arena *arena, struct error *err)
{
	const struct key_schema *schema = &table_description(table)->key;
	const struct slice names[] = { schema->partition.name, schema->sort.name };
	struct planned_write *planned = &transaction->plans[transaction->count];
	struct error *failure = &transaction->failures[transaction->count];

	transaction->count++;
	if (action->update)
		TRY(update_check_keys(
			action->update, names, key_schema_has_sort(schema) ? 2 : 1, err));
	if (plan(planned, table, action, arena, failure) < 0) {
		planned->unfit = true;
		return transaction_is_reason(failure) ? 0 : error_move(err, failure);
	}
	planned->condition = action->parsed;
	planned->transacted = true;
	planned->return_old_on_failure =
		slice_equal_string(action->condition->return_values_on_failure, "ALL_OLD");
	return 0;
}

static int check_size(size_t bytes, struct error *err)
{
	if (bytes <= TRANSACTION_BYTES_MAX)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Collection size of items exceeded, which can also be caused by the aggregate size "
		"of the items in the transaction exceeding the 4MB limit");
}

static int check_actions_size(const struct transact_write_items_input *in,
	const struct action *actions, struct error *err)
{
	size_t bytes = 0;

	for (size_t i = 0; i < in->transact_items.count; i++)
		bytes += item_size(actions[i].item) +
			 (actions[i].condition->values ? item_size(actions[i].condition->values)
						       : 0);
	return check_size(bytes, err);
}

static int plan_actions(struct engine *engine, struct transaction *transaction,
	struct action *actions, size_t count, struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		TRY(table_set_hold(engine, &transaction->set, actions[i].table_name,
			&transaction->uses[i], err));
	for (size_t i = 0; i < count; i++)
		TRY(plan_action(transaction, transaction->set.uses[transaction->uses[i]].table,
			&actions[i], arena, err));
	return transaction_check_distinct(transaction, err);
}

/* An empty token is none. */
static void take_token(struct transaction *transaction, const struct transact_write_items_input *in,
	struct arena *arena)
{
	const struct transact_write *items = in->transact_items.items;
	struct buf content CLEANUP(buf_release) = BUF_INIT;

	if (!in->client_request_token.len)
		return;
	for (size_t i = 0; i < in->transact_items.count; i++)
		wire_write(&shape_transact_write, &items[i], &content);
	transaction->token = arena_printf(arena, "write:%.*s", SLICE_ARG(in->client_request_token));
	transaction->content = arena_copy(arena, buf_slice(&content));
}

static int write_all(struct engine *engine, struct request *request,
	struct transaction *transaction, struct error *err)
{
	const struct transact_write_items_input *in = request->input;
	struct transact_write_items_output *out = request->output;
	const struct transact_write *items = in->transact_items.items;
	size_t count = in->transact_items.count;
	struct action *actions = arena_alloc_array(request->arena, count, sizeof(*actions));

	for (size_t i = 0; i < count; i++)
		TRY(take_action(&items[i], &actions[i], err));
	for (size_t i = 0; i < count; i++)
		TRY(parse_action(&actions[i], request->arena, err));
	TRY(check_actions_size(in, actions, err));
	TRY(plan_actions(engine, transaction, actions, count, request->arena, err));
	take_token(transaction, in, request->arena);
	TRY(transaction_run(engine, request, transaction, err));
	transaction_add_collections(transaction, request->arena);
	out->consumed_capacity = table_set_capacity(&transaction->set, request->usage,
		in->return_consumed_capacity, true, request->arena);
	out->item_collection_metrics = table_set_collections(
		&transaction->set, in->return_item_collection_metrics, request->arena);
	return 0;
}

int run_transact_write_items(struct engine *engine, struct request *request, struct error *err)
{
	const struct transact_write_items_input *in = request->input;
	struct transaction transaction;
	int r;

	transaction_init(&transaction, in->transact_items.count, request->arena);
	r = write_all(engine, request, &transaction, err);
	transaction_release(&transaction);
	return r;
}

/* Reading. */

struct transact_read {
	const struct transact_get_request *in;
	const struct projection *projection; /* or NULL */
	size_t use;
	struct slice row_key; /* absent: its key does not fit */
	struct map item; /* results */
	bool found;
	uint32_t size; /* of the whole item */
};

struct transact_reads {
	struct usage *usage;
	struct table_set set;
	struct transact_read *reads;
	struct error *failures;
	size_t count;
};

static int parse_read(struct transact_read *read, struct arena *arena, struct error *err)
{
	const struct request_list *names = &read->in->expression_attribute_names;
	const struct parameter expression = { "ProjectionExpression",
		slice_present(read->in->projection_expression) };
	struct placeholders placeholders;

	TRY(parameters_check_names(names, &expression, 1, err));
	placeholders_init(&placeholders, names->items, names->count, NULL, arena);
	if (expression.given)
		TRY(projection_parse(read->in->projection_expression, &placeholders, arena,
			&read->projection, err));
	return placeholders_check_used(&placeholders, err);
}

static int encode_read_key(const struct key_schema *schema, struct transact_read *read,
	struct arena *arena, struct error *err)
{
	struct key key;

	TRY(key_from_map(schema, read->in->key, &key, err));
	TRY(key_validate(schema, &key, err));
	read->row_key = key_encode_new(schema, &key, arena);
	return 0;
}

static int take_read_keys(struct transact_reads *reads, struct arena *arena, struct error *err)
{
	bool failed = false;

	for (size_t i = 0; i < reads->count; i++) {
		struct transact_read *read = &reads->reads[i];
		struct table *table = reads->set.uses[read->use].table;

		failed |= encode_read_key(&table_description(table)->key, read, arena,
				  &reads->failures[i]) < 0;
		for (size_t j = 0; slice_present(read->row_key) && j < i; j++) {
			if (reads->reads[j].use == read->use &&
				slice_equal(reads->reads[j].row_key, read->row_key))
				return error_set(err, ERROR_VALIDATION,
					"Transaction request cannot include multiple operations on "
					"one item");
		}
	}
	return failed ? transaction_canceled(reads->failures, reads->count, err) : 0;
}

static int prepare_reads(struct engine *engine, const struct transact_get_items_input *in,
	struct transact_reads *reads, struct arena *arena, struct error *err)
{
	const struct transact_get *items = in->transact_items.items;

	for (size_t i = 0; i < reads->count; i++) {
		reads->reads[i].in = items[i].get;
		TRY(parse_read(&reads->reads[i], arena, err));
	}
	for (size_t i = 0; i < reads->count; i++)
		TRY(table_set_hold(
			engine, &reads->set, items[i].get->table_name, &reads->reads[i].use, err));
	return take_read_keys(reads, arena, err);
}

/* All of them, before any is read. */
static int admit_reads(struct transact_reads *reads, struct error *err)
{
	for (size_t i = 0; i < reads->count; i++) {
		const struct transact_read *read = &reads->reads[i];
		const struct admission admission = {
			.usage = reads->usage,
			.table = reads->set.uses[read->use].table,
			.key = read->in->key,
			.kind = USAGE_TRANSACTED,
		};

		if (admission_read(&admission, NULL, &reads->failures[i]) < 0)
			continue;
	}
	return transaction_check_failures(reads->failures, reads->count, err);
}

static int read_one(struct txn *txn, struct transact_reads *reads, struct transact_read *read,
	struct error *err)
{
	struct table *table = reads->set.uses[read->use].table;
	struct arena *arena = txn_arena(txn);
	struct row row;
	struct map item;
	int r;

	TRY(r = row_get(txn, table, read->row_key, ROW_FULL, &row, err));
	read->found = r != ROW_ABSENT;
	read->size = read->found ? row.meta.item_size : 0;
	usage_add_read(reads->usage, table, read->in->key, read->size, true, USAGE_TRANSACTED);
	if (!read->found)
		return 0;
	TRY(item_decode(arena, row.item, &item, err));
	if (read->projection)
		projection_apply(read->projection, &item, arena, &read->item);
	else
		read->item = item;
	return 0;
}

static int read_all(struct txn *txn, void *context, struct error *err)
{
	struct transact_reads *reads = context;
	size_t bytes = 0;

	usage_clear(reads->usage);
	for (size_t i = 0; i < reads->count; i++) {
		struct transact_read *read = &reads->reads[i];

		TRY(read_one(txn, reads, read, err));
		bytes += read->size;
		TRY(check_size(bytes, err));
	}
	return 0;
}

/* An item of which nothing was chosen is left out, like one that is not there. */
static struct request_list list_responses(const struct transact_reads *reads, struct arena *arena)
{
	struct item_response *responses =
		arena_alloc_array(arena, reads->count, sizeof(*responses));

	for (size_t i = 0; i < reads->count; i++) {
		if (reads->reads[i].found && reads->reads[i].item.count)
			responses[i].item = &reads->reads[i].item;
	}
	return (struct request_list){ true, reads->count, responses };
}

/* Reads as the writer, so that no write comes in between. */
static int get_all(struct engine *engine, struct request *request, struct transact_reads *reads,
	struct error *err)
{
	const struct transact_get_items_input *in = request->input;
	struct transact_get_items_output *out = request->output;

	TRY(prepare_reads(engine, in, reads, request->arena, err));
	TRY(admit_reads(reads, err));
	if (txn_run(engine->store, TXN_WRITE, DURABLE_PROCESS, request->arena, read_all, reads,
		    err) < 0) {
		usage_undo(reads->usage);
		return -1;
	}
	out->responses = list_responses(reads, request->arena);
	out->consumed_capacity = table_set_capacity(
		&reads->set, reads->usage, in->return_consumed_capacity, true, request->arena);
	return 0;
}

int run_transact_get_items(struct engine *engine, struct request *request, struct error *err)
{
	const struct transact_get_items_input *in = request->input;
	size_t count = in->transact_items.count;
	struct transact_reads reads = {
		.usage = request->usage,
		.reads = arena_alloc_array(request->arena, count, sizeof(*reads.reads)),
		.failures = arena_alloc_array(request->arena, count, sizeof(*reads.failures)),
		.count = count,
	};
	int r = get_all(engine, request, &reads, err);

	for (size_t i = 0; i < count; i++)
		error_release(&reads.failures[i]);
	table_set_release(&reads.set);
	return r;
}
