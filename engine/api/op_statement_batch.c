/*
 * BatchExecuteStatement: up to 25 statements, each on its own. All of them read,
 * or all write; no item is named twice. Those are faults of the whole; any other
 * is told in the answer of its statement.
 *
 * What is written goes into one transaction, so that it costs one flush; each
 * statement is still atomic on its own.
 */
#include "api/access.h"
#include "api/statement.h"
#include "api/transaction.h"

/* One statement of the batch. */
struct batch_call {
	const struct batch_statement *in;
	struct partiql_statement statement;
	size_t use; /* its table */
	bool parsed, planned; /* planned: it may run */
	struct planned_write plan;
	struct error failure;
};

struct batch {
	struct engine *engine;
	struct request *request;
	struct table_set set;
	struct batch_call *calls;
	struct item_read *reads;
	size_t count;
	bool reading;
};

static void batch_release(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		error_release(&batch->calls[i].failure);
	table_set_release(&batch->set);
}

static int check_kinds(struct batch *batch, struct error *err)
{
	bool reads = false, writes = false;

	for (size_t i = 0; i < batch->count; i++) {
		if (!batch->calls[i].parsed)
			continue;
		reads |= statement_reads(&batch->calls[i].statement);
		writes |= !statement_reads(&batch->calls[i].statement);
	}
	batch->reading = reads;
	if (!reads || !writes)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Read and write requests together in the same batch is not supported.");
}

static void parse_calls(struct batch *batch)
{
	struct arena *arena = batch->request->arena;

	for (size_t i = 0; i < batch->count; i++) {
		struct batch_call *call = &batch->calls[i];

		if (statement_parse(call->in->statement, &call->in->parameters, arena,
			    &call->statement, &call->failure) < 0)
			continue;
		if (call->statement.kind == PARTIQL_EXISTS)
			error_set(&call->failure, ERROR_VALIDATION,
				"EXISTS can only be used in ExecuteTransaction write requests.");
		else
			call->parsed = access_check_statement(batch->engine, batch->request,
					       &call->statement, &call->failure) == 0;
	}
}

static int plan_read(
	struct batch *batch, struct batch_call *call, struct item_read *read, struct error *err)
{
	static const char refusal[] =
		"Select statements within BatchExecuteStatement must specify the primary key in the where clause.";
	struct table *table = batch->set.uses[call->use].table;
	struct slice index_name = call->statement.index_name;
	const struct index_description *index =
		slice_present(index_name) ? table_find_index(table, index_name) : NULL;
	struct arena *arena = batch->request->arena;
	const struct map *key;

	if (index)
		TRY(statement_check_index(index, err));
	if (slice_present(index_name))
		return error_set(err, ERROR_VALIDATION, "%s", refusal);
	TRY(statement_read_key(&call->statement, table, refusal, arena, &key, err));
	TRY(plan_check(&call->plan, table, key, arena, err));
	*read = (struct item_read){
		.statement = &call->statement,
		.use = call->use,
		.consistent = call->in->consistent_read.value,
		.row_key = call->plan.action.row_key,
		.key = key,
		.failure = &call->failure,
	};
	return 0;
}

static int plan_call(struct batch *batch, size_t i, struct error *err)
{
	struct batch_call *call = &batch->calls[i];

	TRY(table_set_hold(
		batch->engine, &batch->set, call->statement.table_name, &call->use, err));
	if (batch->reading)
		return plan_read(batch, call, &batch->reads[i], err);
	return statement_plan(&call->statement, batch->set.uses[call->use].table, false,
		batch->request->arena, &call->plan, err);
}

static bool same_item(const struct batch_call *a, const struct batch_call *b)
{
	return a->planned && b->planned && a->use == b->use &&
	       slice_equal(a->plan.action.row_key, b->plan.action.row_key);
}

static int check_distinct(const struct batch *batch, struct error *err)
{
	for (size_t i = 0; i < batch->count; i++)
		for (size_t j = 0; j < i; j++)
			if (same_item(&batch->calls[i], &batch->calls[j]))
				return error_set(err, ERROR_VALIDATION,
					"Provided list of item keys contains duplicates");
	return 0;
}

static int plan_calls(struct batch *batch, struct error *err)
{
	for (size_t i = 0; i < batch->count; i++)
		if (batch->calls[i].parsed)
			batch->calls[i].planned =
				plan_call(batch, i, &batch->calls[i].failure) == 0;
	return check_distinct(batch, err);
}

static int apply(struct txn *txn, void *context, struct error *err)
{
	struct batch *batch = context;
	struct usage *usage = batch->request->usage;

	usage_clear(usage);
	for (size_t i = 0; i < batch->count; i++) {
		struct batch_call *call = &batch->calls[i];

		if (!call->planned)
			continue;
		error_release(&call->failure);
		if (planned_write_apply(txn, &call->plan, usage, &call->failure) >= 0)
			continue;
		if (!transaction_is_reason(&call->failure))
			return error_move(err, &call->failure);
		planned_write_count_failed(&call->plan, usage, &call->failure);
	}
	return 0;
}

static int run_calls(struct batch *batch, struct error *err)
{
	struct engine *engine = batch->engine;
	struct request *request = batch->request;

	if (batch->reading)
		return statement_read_items(
			engine, request, &batch->set, batch->reads, batch->count, false, err);
	if (txn_run(engine->store, TXN_WRITE, engine->durability[request->door], request->arena,
		    apply, batch, err) < 0) {
		usage_undo(request->usage);
		return -1;
	}
	return 0;
}

/* The codes of a statement's error, shorter than the exceptions. */
static const struct batch_code {
	enum error_class class;
	const char *code;
} batch_codes[] = {
	{ ERROR_CONDITION_FAILED, "ConditionalCheckFailed" },
	{ ERROR_COLLECTION_TOO_LARGE, "ItemCollectionSizeLimitExceeded" },
	{ ERROR_LIMIT_EXCEEDED, "RequestLimitExceeded" },
	{ ERROR_VALIDATION, "ValidationError" },
	{ ERROR_KEY_EMPTY, "ValidationError" },
	{ ERROR_TOO_LARGE, "ValidationError" },
	{ ERROR_THROUGHPUT_EXCEEDED, "ProvisionedThroughputExceeded" },
	{ ERROR_THROTTLED, "ThrottlingError" },
	{ ERROR_CONFLICT, "TransactionConflict" },
	{ ERROR_TABLE_NOT_FOUND, "ResourceNotFound" },
	{ ERROR_ACCESS_DENIED, "AccessDenied" },
	{ ERROR_DUPLICATE_ITEM, "DuplicateItem" },
};

static const struct batch_statement_error *answer_error(
	const struct error *failure, struct arena *arena)
{
	struct batch_statement_error *answer = arena_alloc_zero(arena, sizeof(*answer));

	answer->code = SLICE("InternalServerError");
	for (size_t i = 0; i < ARRAY_SIZE(batch_codes); i++)
		if (batch_codes[i].class == failure->class)
			answer->code = slice_from_string(batch_codes[i].code);
	answer->message = arena_copy(arena, slice_from_string(failure->message));
	return answer;
}

/* One that never ran does not tell its table. */
static struct batch_statement_response answer_call(const struct batch *batch, size_t i)
{
	const struct batch_call *call = &batch->calls[i];
	struct arena *arena = batch->request->arena;
	struct batch_statement_response response = { 0 };

	if (call->failure.class != ERROR_NONE)
		response.error = answer_error(&call->failure, arena);
	if (!call->planned)
		return response;
	response.table_name = call->statement.table_name;
	if (batch->reading && batch->reads[i].found)
		response.item = &batch->reads[i].item;
	else if (!batch->reading && call->failure.class == ERROR_NONE)
		response.item = statement_returned(&call->statement, &call->plan.result, arena);
	return response;
}

static void answer(const struct batch *batch)
{
	const struct batch_execute_statement_input *in = batch->request->input;
	struct batch_execute_statement_output *out = batch->request->output;
	struct arena *arena = batch->request->arena;
	struct batch_statement_response *responses =
		arena_alloc_array(arena, batch->count, sizeof(*responses));

	for (size_t i = 0; i < batch->count; i++)
		responses[i] = answer_call(batch, i);
	out->responses = (struct request_list){ true, batch->count, responses };
	out->consumed_capacity = table_set_capacity(
		&batch->set, batch->request->usage, in->return_consumed_capacity, false, arena);
}

int run_batch_execute_statement(struct engine *engine, struct request *request, struct error *err)
{
	const struct batch_execute_statement_input *in = request->input;
	const struct batch_statement *statements = in->statements.items;
	size_t count = in->statements.count;
	struct batch batch CLEANUP(batch_release) = {
		.engine = engine,
		.request = request,
		.calls = arena_alloc_array(request->arena, count, sizeof(*batch.calls)),
		.reads = arena_alloc_array(request->arena, count, sizeof(*batch.reads)),
		.count = count,
	};

	for (size_t i = 0; i < count; i++)
		batch.calls[i].in = &statements[i];
	parse_calls(&batch);
	TRY(check_kinds(&batch, err));
	TRY(plan_calls(&batch, err));
	TRY(run_calls(&batch, err));
	answer(&batch);
	return 0;
}
