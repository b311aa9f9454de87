#undef NDEBUG
#include "api/request_tables.h"
#include "api/wire.h"
#include "base/buf.h"
#include "engine_fixture.h"

/* Writes the names with blanks between; "?" for one that is not known. */
static int note(void *context, struct slice name, struct error *err)
{
	struct buf *names = context;

	(void)err;
	if (names->len)
		buf_append_char(names, ' ');
	buf_append_slice(names, slice_present(name) ? name : SLICE("?"));
	return 0;
}

static void check_tables(enum operation_id id, const char *json, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf names CLEANUP(buf_release) = BUF_INIT;
	const struct operation *operation = &operations[id];
	void *input = arena_alloc_zero(&arena, operation->input->size);

	CHECK_OK(wire_read(operation->input, door_json(&arena, json), &arena, input, &err), &err);
	CHECK_OK(request_visit_tables(operation, input, &arena, note, &names, &err), &err);
	CHECK_TEXT(buf_slice(&names), expected);
}

#define KEY "{'pk': {'S': 'x'}}"

static void a_request_for_one_table_names_it(void)
{
	check_tables(OPERATION_GET_ITEM, "{'TableName': 'Movies', 'Key': " KEY "}", "Movies");
}

static void a_request_for_none_names_none(void)
{
	check_tables(OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': 'Movies'}", "");
	check_tables(OPERATION_GET_ITEM, "{'Key': " KEY "}", "");
}

static void a_batch_names_every_table(void)
{
	check_tables(OPERATION_BATCH_GET_ITEM,
		"{'RequestItems': {'A': {'Keys': [" KEY "]}, 'B': {'Keys': [" KEY "]}}}", "A B");
	check_tables(OPERATION_BATCH_WRITE_ITEM,
		"{'RequestItems': {'A': [{'PutRequest': {'Item': " KEY "}}], 'B': []}}", "A B");
}

static void a_transaction_names_every_table(void)
{
	check_tables(OPERATION_TRANSACT_WRITE_ITEMS,
		"{'TransactItems': [{'Put': {'TableName': 'A', 'Item': " KEY "}}, "
		"{'Delete': {'TableName': 'B', 'Key': " KEY "}}, "
		"{'ConditionCheck': {'TableName': 'C', 'Key': " KEY "}}, "
		"{'Update': {'TableName': 'D', 'Key': " KEY "}}]}",
		"A B C D");
	check_tables(OPERATION_TRANSACT_GET_ITEMS,
		"{'TransactItems': [{'Get': {'TableName': 'A', 'Key': " KEY "}}, "
		"{'Get': {'TableName': 'B', 'Key': " KEY "}}]}",
		"A B");
}

#define ARN "arn:aws:dynamodb:us-east-1:123456789012:table/Movies"

static void an_arn_names_its_table(void)
{
	check_tables(OPERATION_TAG_RESOURCE, "{'ResourceArn': '" ARN "', 'Tags': []}", "Movies");
	check_tables(OPERATION_DESCRIBE_TABLE, "{'TableName': '" ARN "'}", "Movies");
	check_tables(OPERATION_DESCRIBE_STREAM,
		"{'StreamArn': '" ARN "/stream/2026-11-22T12:00:00.000'}", "Movies");
	check_tables(OPERATION_GET_RECORDS,
		"{'ShardIterator': '" ARN "/stream/2026-11-22T12:00:00.000|1|abc'}", "Movies");
}

static void an_arn_of_no_table_is_not_known(void)
{
	check_tables(OPERATION_TAG_RESOURCE, "{'ResourceArn': 'arn:aws:s3:::bucket'}", "?");
}

static void a_statement_names_its_table(void)
{
	check_tables(
		OPERATION_EXECUTE_STATEMENT, "{'Statement': 'SELECT * FROM Movies'}", "Movies");
	check_tables(OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'DELETE FROM Movies WHERE pk = ?', 'Parameters': [{'S': 'x'}]}",
		"Movies");
}

static void every_statement_counts(void)
{
	check_tables(OPERATION_BATCH_EXECUTE_STATEMENT,
		"{'Statements': [{'Statement': 'SELECT * FROM Movies'}, "
		"{'Statement': 'SELECT * FROM Actors.byName'}]}",
		"Movies Actors");
	check_tables(OPERATION_EXECUTE_TRANSACTION,
		"{'TransactStatements': [{'Statement': 'UPDATE Movies SET x = 1 WHERE pk = 2'}, "
		"{'Statement': 'EXISTS(SELECT * FROM Actors WHERE pk = 1)'}]}",
		"Movies Actors");
}

static void the_table_of_a_statement_that_cannot_be_read_is_not_known(void)
{
	check_tables(OPERATION_EXECUTE_STATEMENT, "{'Statement': 'SELECT * FROM'}", "?");
	check_tables(OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'SELECT * FROM Movies WHERE pk = ?'}", "?");
}

static const struct test_case cases[] = {
	{ "a request for one table names it", a_request_for_one_table_names_it },
	{ "a request for none names none", a_request_for_none_names_none },
	{ "a batch names every table", a_batch_names_every_table },
	{ "a transaction names every table", a_transaction_names_every_table },
	{ "an ARN names its table", an_arn_names_its_table },
	{ "an ARN of no table is not known", an_arn_of_no_table_is_not_known },
	{ "a statement names its table", a_statement_names_its_table },
	{ "every statement counts", every_statement_counts },
	{ "the table of a statement that cannot be read is not known",
		the_table_of_a_statement_that_cannot_be_read_is_not_known },
};
TEST_MAIN(cases)
