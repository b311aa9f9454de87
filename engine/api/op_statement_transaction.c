/*
 * ExecuteTransaction: up to 100 statements that all read, or all write or check.
 *
 * A fault that needs no item fails the whole: "Validation failed in
 * TransactStatements[1]: …". A table that is not there, a key that does not fit
 * and what is found of the items are reasons for which it is cancelled.
 */
#include "api/shapes.h"
#include "api/statement.h"
#include "api/transaction.h"
#include "api/wire.h"

struct statement_call {
	struct engine *engine;
	struct request *request;
	const struct transact_statement *in;
	struct partiql_statement *statements;
	size_t count;
	struct transaction transaction;
	bool failed; /* there is a reason already */
};

static int in_statement(size_t i, struct error *err)
{
	struct error bare CLEANUP(error_release) = ERROR_INIT;

	error_move(&bare, err);
	return error_set(err, bare.class, "Validation failed in TransactStatements[%zu]: %s", i,
		bare.message);
}

static int parse_statements(struct statement_call *call, struct error *err)
{
	struct arena *arena = call->request->arena;

	for (size_t i = 0; i < call->count; i++)
		TRY(statement_check_parameters(&call->in[i].parameters, arena, err));
	for (size_t i = 0; i < call->count; i++)
		if (statement_parse(call->in[i].statement, &call->in[i].parameters, arena,
			    &call->statements[i], err) < 0)
			return in_statement(i, err);
	for (size_t i = 1; i < call->count; i++)
		if (statement_reads(&call->statements[i]) != statement_reads(call->statements))
			return error_set(err, ERROR_VALIDATION,
				"ExecuteTransaction API does not support both read and write operations in the same request.");
	return 0;
}

static int plan_read(struct statement_call *call, size_t i, struct table *table,
	struct planned_write *plan, struct error *failure, struct error *err)
{
	static const char refusal[] =
		"Select statements within ExecuteTransaction must specify the primary key in the where clause.";
	const struct partiql_statement *statement = &call->statements[i];
	struct arena *arena = call->request->arena;
	const struct map *key;

	if (slice_present(statement->index_name))
		return error_set(err, ERROR_VALIDATION,
			"Reads on indices are not supported within transactions.");
	TRY(statement_read_key(statement, table, refusal, arena, &key, err));
	call->failed |= plan_check(plan, table, key, arena, failure) < 0;
	return 0;
}

static int check_exists(const struct statement_call *call,
	const struct partiql_statement *statement, struct table *table, struct error *err)
{
	struct partiql_key key = { 0 };
	struct slice name;

	if (slice_present(statement->index_name))
		return error_set(err, ERROR_VALIDATION,
			"Operations on indices are not supported in transactions");
	if (partiql_find_key(statement, &table_description(table)->key, call->request->arena, &key,
		    &name) == PARTIQL_KEY_INCOMPLETE ||
		!key.condition)
		return error_set(err, ERROR_VALIDATION,
			"EXISTS() must contain a single item read with additional condition");
	return 0;
}

static int plan_write(struct statement_call *call, size_t i, struct table *table,
	struct planned_write *plan, struct error *failure, struct error *err)
{
	const struct partiql_statement *statement = &call->statements[i];

	if (statement->returning != PARTIQL_RETURNING_NOTHING)
		return error_set(err, ERROR_VALIDATION,
			"RETURNING clause is not supported in ExecuteTransaction.");
	if (statement->kind == PARTIQL_EXISTS)
		TRY(check_exists(call, statement, table, err));
	if (statement_plan(statement, table, true, call->request->arena, plan, failure) < 0) {
		call->failed = true;
		return 0;
	}
	plan->return_old_on_failure =
		slice_equal_string(call->in[i].return_values_on_failure, "ALL_OLD");
	return 0;
}

static int plan_statement(struct statement_call *call, size_t i, struct error *err)
{
	struct transaction *transaction = &call->transaction;
	struct planned_write *plan = &transaction->plans[i];
	struct error *failure = &transaction->failures[i];
	struct table *table;
	int r;

	transaction->count = i + 1;
	if (table_set_hold(call->engine, &transaction->set, call->statements[i].table_name,
		    &transaction->uses[i], failure) < 0) {
		call->failed = true;
		return failure->class == ERROR_TABLE_NOT_FOUND ? 0 : error_move(err, failure);
	}
	table = transaction->set.uses[transaction->uses[i]].table;
	if (statement_reads(call->statements))
		r = plan_read(call, i, table, plan, failure, err);
	else
		r = plan_write(call, i, table, plan, failure, err);
	return r < 0 ? in_statement(i, err) : 0;
}

/* An empty token is none. */
static void take_token(struct statement_call *call)
{
	const struct execute_transaction_input *in = call->request->input;
	struct arena *arena = call->request->arena;
	struct buf content CLEANUP(buf_release) = BUF_INIT;

	if (!in->client_request_token.len)
		return;
	for (size_t i = 0; i < call->count; i++)
		wire_write(&shape_transact_statement, &call->in[i], &content);
	call->transaction.token =
		arena_printf(arena, "execute:%.*s", SLICE_ARG(in->client_request_token));
	call->transaction.content = arena_copy(arena, buf_slice(&content));
}

static int write_all(struct statement_call *call, struct error *err)
{
	struct execute_transaction_output *out = call->request->output;

	take_token(call);
	TRY(transaction_run(call->engine, call->request, &call->transaction, err));
	out->responses = (struct request_list){ true, 0, NULL };
	return 0;
}

/* An item of which nothing was chosen is left out, like one that is not there. */
static int read_all(struct statement_call *call, struct error *err)
{
	struct execute_transaction_output *out = call->request->output;
	struct arena *arena = call->request->arena;
	struct item_response *responses = arena_alloc_array(arena, call->count, sizeof(*responses));
	struct item_read *reads = arena_alloc_array(arena, call->count, sizeof(*reads));

	for (size_t i = 0; i < call->count; i++)
		reads[i] = (struct item_read){
			.statement = &call->statements[i],
			.use = call->transaction.uses[i],
			.row_key = call->transaction.plans[i].action.row_key,
			.key = call->transaction.plans[i].key,
			.failure = &call->transaction.failures[i],
		};
	TRY(statement_read_items(call->engine, call->request, &call->transaction.set, reads,
		call->count, true, err));
	if (transaction_check_failures(call->transaction.failures, call->count, err) < 0) {
		usage_undo(call->request->usage);
		return -1;
	}
	for (size_t i = 0; i < call->count; i++)
		if (reads[i].found && reads[i].item.count)
			responses[i].item = &reads[i].item;
	out->responses = (struct request_list){ true, call->count, responses };
	return 0;
}

static int execute(struct statement_call *call, struct error *err)
{
	const struct execute_transaction_input *in = call->request->input;
	struct execute_transaction_output *out = call->request->output;
	struct transaction *transaction = &call->transaction;

	TRY(parse_statements(call, err));
	for (size_t i = 0; i < call->count; i++)
		TRY(plan_statement(call, i, err));
	if (call->failed)
		return transaction_canceled(transaction->failures, transaction->count, err);
	TRY(transaction_check_distinct(transaction, err));
	if (statement_reads(call->statements))
		TRY(read_all(call, err));
	else
		TRY(write_all(call, err));
	out->consumed_capacity = table_set_capacity(&transaction->set, call->request->usage,
		in->return_consumed_capacity, true, call->request->arena);
	return 0;
}

int run_execute_transaction(struct engine *engine, struct request *request, struct error *err)
{
	const struct execute_transaction_input *in = request->input;
	size_t count = in->transact_statements.count;
	struct statement_call call = {
		.engine = engine,
		.request = request,
		.in = in->transact_statements.items,
		.statements = arena_alloc_array(request->arena, count, sizeof(*call.statements)),
		.count = count,
	};
	int r;

	transaction_init(&call.transaction, count, request->arena);
	r = execute(&call, err);
	transaction_release(&call.transaction);
	return r;
}
