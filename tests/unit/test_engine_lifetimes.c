/* An answer is written when the request holds its table no more: whatever it
 * tells must not be the table's. Each answer here is written after the table is
 * gone, for the sanitizers to see. */
#undef NDEBUG
#include "api_fixture.h"

#define ITEM1   "'Item': {" A1 ", 'g': {'S': 'g'}, 'h': {'N': '1'}, 'l': {'S': 'l'}}"
#define ITEM2   "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '2'}, 'l': {'S': 'l'}}"
#define METRICS "'ReturnConsumedCapacity': 'INDEXES', 'ReturnItemCollectionMetrics': 'SIZE'"
#define OF_A    "'KeyConditionExpression': 'pk = :k', 'ExpressionAttributeValues': {':k': {'S': 'a'}}"
#define OF_G    "'KeyConditionExpression': 'g = :k', 'ExpressionAttributeValues': {':k': {'S': 'g'}}"
#define ARN     "'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/Tab'"

static struct door items_new(void)
{
	struct door door = api_new();

	CHECK_CALL(&door, OPERATION_UPDATE_TABLE,
		"{" T "'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': "
		"'NEW_AND_OLD_IMAGES'}}");
	CHECK_CALL(&door, OPERATION_UPDATE_TIME_TO_LIVE,
		"{" T "'TimeToLiveSpecification': {'Enabled': true, 'AttributeName': 'ttl'}}");
	CHECK_CALL(&door, PUT, "{" T ITEM1 "}");
	CHECK_CALL(&door, PUT, "{" T ITEM2 "}");
	return door;
}

/* As api_call(), or as the mount with items as maps, but the table goes before
 * the answer is written. */
static void ask(struct door *door, enum operation_id id, const char *json, bool as_json)
{
	const struct operation *operation = &operations[id];
	struct request request = {
		.operation = id,
		.door = DOOR_API,
		.as_json = as_json,
		.arena = &door->arena,
		.output = arena_alloc_zero(&door->arena, operation->output->size),
	};
	void *input = arena_alloc_zero(&door->arena, operation->input->size);

	CHECK_OK(wire_read(operation->input, door_json(&door->arena, json), &door->arena, input,
			 &door->err),
		&door->err);
	request.input = input;
	CHECK_OK(engine_run(door->engine, &request, &door->err), &door->err);
	CHECK_CALL(door, OPERATION_DELETE_TABLE, "{'TableName': 'Tab'}");
	buf_clear(&door->answer);
	wire_write(operation->output, request.output, &door->answer);
}

static void outlives(enum operation_id id, const char *json)
{
	struct door ready CLEANUP(door_release) = items_new();
	struct door maps CLEANUP(door_release) = items_new();

	ask(&ready, id, json, true);
	ask(&maps, id, json, false);
}

static void the_last_key_of_a_page_outlives_the_table(void)
{
	outlives(QUERY, "{" T OF_A ", 'Limit': 1, 'ReturnConsumedCapacity': 'INDEXES'}");
	outlives(SCAN, "{" T "'Limit': 1}");
}

static void the_last_key_of_a_page_of_an_index_outlives_the_table(void)
{
	outlives(QUERY, "{" T OF_G ", 'Limit': 1, 'IndexName': 'all', "
			"'ReturnConsumedCapacity': 'INDEXES'}");
	outlives(SCAN, "{" T "'Limit': 1, 'IndexName': 'local', "
		       "'ReturnConsumedCapacity': 'INDEXES'}");
}

static void what_a_write_tells_outlives_the_table(void)
{
	outlives(PUT, "{" T ITEM1 ", 'ReturnValues': 'ALL_OLD', " METRICS "}");
	outlives(DELETE, "{" T KEY1 ", 'ReturnValues': 'ALL_OLD', " METRICS "}");
	outlives(UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'SET z = l', 'ReturnValues': 'ALL_NEW', " METRICS
		"}");
}

static void what_batches_tell_outlives_the_table(void)
{
	outlives(OPERATION_BATCH_WRITE_ITEM,
		"{'RequestItems': {'Tab': [{'PutRequest': {" ITEM1 "}}]}, " METRICS "}");
	outlives(OPERATION_BATCH_GET_ITEM, "{'RequestItems': {'Tab': {'Keys': [{" A1 "}]}}, "
					   "'ReturnConsumedCapacity': 'INDEXES'}");
}

static void what_transactions_tell_outlives_the_table(void)
{
	outlives(OPERATION_TRANSACT_WRITE_ITEMS,
		"{'TransactItems': [{'Put': {" T ITEM1 "}}], " METRICS "}");
	outlives(OPERATION_TRANSACT_GET_ITEMS,
		"{'TransactItems': [{'Get': {" T KEY1 "}}], 'ReturnConsumedCapacity': 'INDEXES'}");
}

static void what_statements_tell_outlives_the_table(void)
{
	outlives(OPERATION_EXECUTE_STATEMENT, "{'Statement': 'SELECT * FROM Tab', 'Limit': 1, "
					      "'ReturnConsumedCapacity': 'INDEXES'}");
	outlives(OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'UPDATE Tab SET z = 1 WHERE pk = ? AND sk = 1 RETURNING ALL NEW *', "
		"'Parameters': [{'S': 'a'}], 'ReturnConsumedCapacity': 'INDEXES'}");
	outlives(OPERATION_BATCH_EXECUTE_STATEMENT,
		"{'Statements': [{'Statement': 'SELECT * FROM Tab WHERE pk = ? AND sk = 1', "
		"'Parameters': [{'S': 'a'}]}], 'ReturnConsumedCapacity': 'INDEXES'}");
	outlives(OPERATION_EXECUTE_TRANSACTION,
		"{'TransactStatements': [{'Statement': 'DELETE FROM Tab WHERE pk = ? AND sk = 1', "
		"'Parameters': [{'S': 'a'}]}], 'ReturnConsumedCapacity': 'INDEXES'}");
}

static void what_is_told_of_a_table_outlives_it(void)
{
	outlives(OPERATION_DESCRIBE_TABLE, "{'TableName': 'Tab'}");
	outlives(OPERATION_DESCRIBE_TIME_TO_LIVE, "{'TableName': 'Tab'}");
	outlives(OPERATION_LIST_TABLES, "{}");
	outlives(OPERATION_LIST_STREAMS, "{'TableName': 'Tab'}");
	outlives(OPERATION_UPDATE_TABLE, "{" T "'TableClass': 'STANDARD'}");
	outlives(OPERATION_PUT_RESOURCE_POLICY, "{" ARN ", 'Policy': '{\\\"Statement\\\": []}'}");
}

static const struct test_case cases[] = {
	{ "the last key of a page outlives the table", the_last_key_of_a_page_outlives_the_table },
	{ "the last key of a page of an index outlives the table",
		the_last_key_of_a_page_of_an_index_outlives_the_table },
	{ "what a write tells outlives the table", what_a_write_tells_outlives_the_table },
	{ "what batches tell outlives the table", what_batches_tell_outlives_the_table },
	{ "what transactions tell outlives the table", what_transactions_tell_outlives_the_table },
	{ "what statements tell outlives the table", what_statements_tell_outlives_the_table },
	{ "what is told of a table outlives it", what_is_told_of_a_table_outlives_it },
};

TEST_MAIN(cases)
