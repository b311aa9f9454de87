/* ExecuteStatement. */
#include "api/statement.h"

static int run_select(struct engine *engine, struct request *request,
	const struct partiql_statement *statement, struct error *err)
{
	struct execute_statement_output *out = request->output;
	struct statement_page page;

	TRY(statement_read(engine, request, statement, &page, err));
	out->items = page.items;
	out->item_tokens = page.item_tokens;
	out->next_token = page.next_token;
	out->last_evaluated_key = page.last_key;
	out->consumed_capacity = page.consumed_capacity;
	return 0;
}

/* A write answers with what it returns, as a list of one item or of none. */
static int run_write(struct engine *engine, struct request *request,
	const struct partiql_statement *statement, struct error *err)
{
	const struct execute_statement_input *in = request->input;
	struct execute_statement_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct map *returned;
	struct planned_write plan;

	TRY(engine_find_table(engine, statement->table_name, &table, err));
	TRY(statement_plan(statement, table, false, request->arena, &plan, err));
	plan.return_old_on_failure = slice_equal_string(in->return_values_on_failure, "ALL_OLD");
	TRY(planned_write_run(engine, request, &plan, err));
	returned = statement_returned(statement, &plan.result, request->arena);
	out->items = (struct request_list){ true, returned ? 1 : 0, returned };
	out->consumed_capacity = capacity_answer(usage_table(request->usage, table),
		in->return_consumed_capacity, false, request->arena);
	return 0;
}

int run_execute_statement(struct engine *engine, struct request *request, struct error *err)
{
	const struct execute_statement_input *in = request->input;
	struct partiql_statement statement;

	TRY(statement_parse(in->statement, &in->parameters, request->arena, &statement, err));
	if (statement.kind == PARTIQL_EXISTS)
		return error_set(err, ERROR_VALIDATION,
			"EXISTS can only be used in ExecuteTransaction write requests.");
	if (statement_reads(&statement))
		return run_select(engine, request, &statement, err);
	return run_write(engine, request, &statement, err);
}
