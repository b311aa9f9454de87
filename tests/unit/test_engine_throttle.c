/*
 * What is beyond the throughput of a table or an index: refused, or observed.
 *
 * Of one unit a second there are 300 at first. An item of 400,000 bytes costs 391
 * to write and leaves a debt of more than a minute, and costs 98 to be read.
 */
#undef NDEBUG
#include "api/operations.h"
#include "engine_fixture.h"

#define ITEM_BYTES 400000

#define TABLE_EXCEEDED \
	"The level of configured provisioned throughput for the table was exceeded. Consider " \
	"increasing your provisioning level with the UpdateTable API."
#define INDEX_EXCEEDED \
	"The level of configured provisioned throughput for one or more global secondary indexes " \
	"of the table was exceeded. Consider increasing your provisioning level for the " \
	"under-provisioned global secondary indexes with the UpdateTable API"
#define MAXIMUM_EXCEEDED \
	"Throughput exceeds the maximum OnDemandThroughput configured on table or index"

#define PUT OPERATION_PUT_ITEM
#define GET OPERATION_GET_ITEM

/* "Tab" of pk S with reads and writes a second; a global index "index" by g. */
static void create(struct door *door, int read, int write, int index_read, int index_write)
{
	CHECK_CALL(door, OPERATION_CREATE_TABLE,
		arena_printf(&door->arena,
			"{'TableName': 'Tab', 'AttributeDefinitions': ["
			"{'AttributeName': 'pk', 'AttributeType': 'S'},"
			"{'AttributeName': 'g', 'AttributeType': 'S'}],"
			"'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}],"
			"'ProvisionedThroughput': "
			"{'ReadCapacityUnits': %d, 'WriteCapacityUnits': %d},"
			"'GlobalSecondaryIndexes': [{'IndexName': 'index', "
			"'Projection': {'ProjectionType': 'ALL'}, "
			"'ProvisionedThroughput': "
			"{'ReadCapacityUnits': %d, 'WriteCapacityUnits': %d},"
			"'KeySchema': [{'AttributeName': 'g', 'KeyType': 'HASH'}]}]}",
			read, write, index_read, index_write)
			.data);
}

static struct door enforcing_new(void)
{
	return door_open(&(struct engine_options){
		.relaxed_durability = true,
		.enforce_capacity = true,
	});
}

static const char *large(struct door *door, const char *pk, const char *more)
{
	char *value = arena_alloc_zero(&door->arena, ITEM_BYTES + 1);

	memset(value, 'x', ITEM_BYTES);
	return arena_printf(
		&door->arena, "{'pk': {'S': '%s'}, 'z': {'S': '%s'}%s}", pk, value, more)
		.data;
}

static void put_large(struct door *door, const char *pk, const char *more)
{
	CHECK_CALL(door, PUT,
		arena_printf(
			&door->arena, "{'TableName': 'Tab', 'Item': %s}", large(door, pk, more))
			.data);
}

#define PUT_SMALL "{'TableName': 'Tab', 'Item': {'pk': {'S': 's'}}}"
#define GET_SMALL "{'TableName': 'Tab', 'Key': {'pk': {'S': 's'}}}"

/* Writes until the table's writes are behind. */
static struct door behind_new(void)
{
	struct door door = enforcing_new();

	create(&door, 1000, 1, 1000, 1000);
	put_large(&door, "a", "");
	return door;
}

static void a_write_beyond_the_throughput_is_refused(void)
{
	struct door door CLEANUP(door_release) = behind_new();

	CHECK_INT(door_call(&door, PUT, PUT_SMALL), -1);
	CHECK_TEXT(slice_from_string(door.err.details),
		"\"ThrottlingReasons\":[{\"reason\":\"TableWriteProvisionedThroughputExceeded\","
		"\"resource\":\"arn:aws:dynamodb:us-east-1:123456789012:table/Tab\"}]");
	CHECK_ERROR(&door.err, ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
	CHECK_ANSWER(&door, GET, GET_SMALL, "{}");
}

static void a_condition_is_not_even_looked_at(void)
{
	struct door door CLEANUP(door_release) = behind_new();

	CHECK_REFUSED(&door, OPERATION_DELETE_ITEM,
		"{'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}, "
		"'ConditionExpression': 'attribute_not_exists(pk)'}",
		ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
}

static void more_throughput_helps_at_once(void)
{
	struct door door CLEANUP(door_release) = behind_new();

	CHECK_REFUSED(&door, PUT, PUT_SMALL, ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
	CHECK_CALL(&door, OPERATION_UPDATE_TABLE,
		"{'TableName': 'Tab', 'BillingMode': 'PAY_PER_REQUEST'}");
	CHECK_CALL(&door, PUT, PUT_SMALL);
}

/* 4 reads a second: 1200. Twelve consistent reads of 98 are 1176; the 13th is
 * still admitted, the next is not. */
static void reads_are_refused_by_themselves(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();

	create(&door, 4, 1000, 1, 1000);
	put_large(&door, "a", "");
	for (int i = 0; i < 13; i++)
		CHECK_CALL(&door, GET,
			"{'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}, 'ConsistentRead': true, "
			"'ProjectionExpression': 'pk'}");
	CHECK_REFUSED(&door, GET, GET_SMALL, ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
	CHECK_REFUSED(&door, OPERATION_SCAN, "{'TableName': 'Tab'}", ERROR_THROUGHPUT_EXCEEDED,
		TABLE_EXCEEDED);
	CHECK_REFUSED(&door, OPERATION_EXECUTE_STATEMENT, "{'Statement': 'SELECT pk FROM Tab'}",
		ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
	CHECK_ANSWER(&door, OPERATION_SCAN, "{'TableName': 'Tab', 'IndexName': 'index'}",
		"{'Items':[],'Count':0,'ScannedCount':0}");
	CHECK_CALL(&door, PUT, PUT_SMALL);
}

static void an_index_that_is_behind_refuses_what_touches_it(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();

	create(&door, 1000, 1000, 1000, 1);
	put_large(&door, "a", ", 'g': {'S': 'g'}");
	CHECK_INT(door_call(&door, PUT,
			  "{'TableName': 'Tab', 'Item': {'pk': {'S': 'b'}, 'g': {'S': 'g'}}}"),
		-1);
	CHECK_TEXT(slice_from_string(door.err.details),
		"\"ThrottlingReasons\":[{\"reason\":\"IndexWriteProvisionedThroughputExceeded\","
		"\"resource\":\"arn:aws:dynamodb:us-east-1:123456789012:table/Tab/index/index\"}]");
	CHECK_ERROR(&door.err, ERROR_THROUGHPUT_EXCEEDED, INDEX_EXCEEDED);
	CHECK_ANSWER(&door, GET, "{'TableName': 'Tab', 'Key': {'pk': {'S': 'b'}}}", "{}");
	CHECK_CALL(&door, PUT, PUT_SMALL);
	CHECK_REFUSED(&door, OPERATION_UPDATE_ITEM,
		"{'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}, 'UpdateExpression': 'REMOVE g'}",
		ERROR_THROUGHPUT_EXCEEDED, INDEX_EXCEEDED);
	CHECK_REFUSED(&door, OPERATION_DELETE_ITEM,
		"{'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}}", ERROR_THROUGHPUT_EXCEEDED,
		INDEX_EXCEEDED);
}

static void a_query_of_an_index_is_refused_by_the_index(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();
	const char *query = "{'TableName': 'Tab', 'IndexName': 'index', 'Select': 'COUNT', "
			    "'KeyConditionExpression': 'g = :g', "
			    "'ExpressionAttributeValues': {':g': {'S': 'g'}}}";

	create(&door, 1000, 1000, 1, 1000);
	for (int i = 0; i < 3; i++)
		put_large(&door, (const char *[]){ "a", "b", "c" }[i], ", 'g': {'S': 'g'}");
	/* 1.2 MB: 146.5 units a page. */
	for (int i = 0; i < 3; i++)
		CHECK_CALL(&door, OPERATION_QUERY, query);
	CHECK_REFUSED(&door, OPERATION_QUERY, query, ERROR_THROUGHPUT_EXCEEDED, INDEX_EXCEEDED);
	CHECK_CALL(&door, GET, GET_SMALL);
}

static void a_batch_leaves_unprocessed_what_does_not_fit(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();
	const char *batch;

	create(&door, 1000, 1, 1000, 1000);
	batch = arena_printf(&door.arena,
		"{'RequestItems': {'Tab': [{'PutRequest': {'Item': {'pk': {'S': 'a'}}}}, "
		"{'PutRequest': {'Item': %s}}, {'DeleteRequest': {'Key': {'pk': {'S': 'c'}}}}, "
		"{'PutRequest': {'Item': {'pk': {'S': 'd'}}}}]}}",
		large(&door, "b", ""))
			.data;
	CHECK_ANSWER(&door, OPERATION_BATCH_WRITE_ITEM, batch,
		"{'UnprocessedItems':{'Tab':[{'DeleteRequest':{'Key':{'pk':{'S':'c'}}}},"
		"{'PutRequest':{'Item':{'pk':{'S':'d'}}}}]}}");
	CHECK_ANSWER(&door, GET, "{'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}}",
		"{'Item':{'pk':{'S':'a'}}}");
	CHECK_ANSWER(&door, GET, "{'TableName': 'Tab', 'Key': {'pk': {'S': 'd'}}}", "{}");
	CHECK_REFUSED(&door, OPERATION_BATCH_WRITE_ITEM,
		"{'RequestItems': {'Tab': [{'PutRequest': {'Item': {'pk': {'S': 'd'}}}}]}}",
		ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
}

static void a_batch_leaves_unread_what_does_not_fit(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();
	const char *get = "{'RequestItems': {'Tab': {'ConsistentRead': true, "
			  "'ProjectionExpression': 'pk', 'Keys': "
			  "[{'pk': {'S': 'a'}}, {'pk': {'S': 'b'}}, {'pk': {'S': 'c'}}, "
			  "{'pk': {'S': 'd'}}, {'pk': {'S': 'e'}}]}}}";

	create(&door, 1, 10000, 1000, 1000);
	for (int i = 0; i < 5; i++)
		put_large(&door, (const char *[]){ "a", "b", "c", "d", "e" }[i], "");
	CHECK_ANSWER(&door, OPERATION_BATCH_GET_ITEM, get,
		"{'Responses':{'Tab':[{'pk':{'S':'a'}},{'pk':{'S':'b'}},{'pk':{'S':'c'}},"
		"{'pk':{'S':'d'}}]},"
		"'UnprocessedKeys':{'Tab':{'Keys':[{'pk':{'S':'e'}}],'ConsistentRead':true,"
		"'ProjectionExpression':'pk'}}}");
	CHECK_REFUSED(
		&door, OPERATION_BATCH_GET_ITEM, get, ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
}

static void a_transaction_is_cancelled_with_its_reasons(void)
{
	struct door door CLEANUP(door_release) = behind_new();

	door_create_table(&door, "Free", "S", NULL);
	CHECK_INT(door_call(&door, OPERATION_TRANSACT_WRITE_ITEMS,
			  "{'TransactItems': ["
			  "{'Put': {'TableName': 'Free', 'Item': {'pk': {'S': 'a'}}}}, "
			  "{'Put': {'TableName': 'Tab', 'Item': {'pk': {'S': 'a'}}}}]}"),
		-1);
	CHECK_TEXT(slice_from_string(door.err.details),
		"\"CancellationReasons\":[{\"Code\":\"None\"},"
		"{\"Code\":\"ProvisionedThroughputExceeded\",\"Message\":\"" TABLE_EXCEEDED "\"}]");
	CHECK_ERROR(&door.err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[None, ProvisionedThroughputExceeded]");
	CHECK_ANSWER(&door, GET, "{'TableName': 'Free', 'Key': {'pk': {'S': 'a'}}}", "{}");
}

/* Larger than all that the table can save up: it begins when there is anything. */
static void a_transaction_is_admitted_as_a_whole(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();

	create(&door, 1, 1, 1000, 1000);
	CHECK_CALL(&door, OPERATION_TRANSACT_WRITE_ITEMS,
		arena_printf(&door.arena,
			"{'TransactItems': [{'Put': {'TableName': 'Tab', 'Item': %s}}, "
			"{'Put': {'TableName': 'Tab', 'Item': %s}}]}",
			large(&door, "a", ""), large(&door, "b", ""))
			.data);
	CHECK_REFUSED(&door, PUT, PUT_SMALL, ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
	CHECK_CALL(&door, OPERATION_TRANSACT_GET_ITEMS,
		"{'TransactItems': [{'Get': {'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}}}, "
		"{'Get': {'TableName': 'Tab', 'Key': {'pk': {'S': 'b'}}}}]}");
	CHECK_REFUSED(&door, OPERATION_TRANSACT_GET_ITEMS,
		"{'TransactItems': [{'Get': {'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}}}}]}",
		ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[ProvisionedThroughputExceeded]");
	CHECK_REFUSED(&door, OPERATION_EXECUTE_TRANSACTION,
		"{'TransactStatements': [{'Statement': 'SELECT pk FROM Tab WHERE pk = ?', "
		"'Parameters': [{'S': 'a'}]}]}",
		ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[ProvisionedThroughputExceeded]");
}

static void a_statement_of_a_batch_has_its_own_error(void)
{
	struct door door CLEANUP(door_release) = behind_new();

	CHECK_ANSWER(&door, OPERATION_BATCH_EXECUTE_STATEMENT,
		"{'Statements': [{'Statement': 'DELETE FROM Tab WHERE pk = ?', "
		"'Parameters': [{'S': 'x'}]}]}",
		"{'Responses':[{'Error':{'Code':'ProvisionedThroughputExceeded',"
		"'Message':'" TABLE_EXCEEDED "'},'TableName':'Tab'}]}");
	CHECK_REFUSED(&door, OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'DELETE FROM Tab WHERE pk = ?', 'Parameters': [{'S': 'x'}]}",
		ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
}

static void an_on_demand_maximum_throttles(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();

	CHECK_CALL(&door, OPERATION_CREATE_TABLE,
		"{'TableName': 'Tab', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': ["
		"{'AttributeName': 'pk', 'AttributeType': 'S'}],"
		"'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}],"
		"'OnDemandThroughput': {'MaxWriteRequestUnits': 1}}");
	put_large(&door, "a", "");
	CHECK_INT(door_call(&door, PUT, PUT_SMALL), -1);
	CHECK_TEXT(slice_from_string(door.err.details),
		"\"throttlingReasons\":[{\"reason\":\"TableWriteMaxOnDemandThroughputExceeded\","
		"\"resource\":\"arn:aws:dynamodb:us-east-1:123456789012:table/Tab\"}]");
	CHECK_ERROR(&door.err, ERROR_THROTTLED, MAXIMUM_EXCEEDED);
	CHECK_CALL(&door, GET, GET_SMALL);
	CHECK_CALL(&door, OPERATION_UPDATE_TABLE,
		"{'TableName': 'Tab', 'OnDemandThroughput': {'MaxWriteRequestUnits': -1}}");
	CHECK_CALL(&door, PUT, PUT_SMALL);
}

/* The mount's own operation. */

static struct item_write write_of(struct door *door, const char *pk)
{
	struct member member = { SLICE("pk"), value_of_string(pk) };

	return (struct item_write){
		.kind = ITEM_PUT,
		.table_name = SLICE("Tab"),
		.item = map_of(&door->arena, &member, 1),
	};
}

/* 1 unit a second, 300 at first: of 302 lines 300 are written. */
static void an_import_writes_as_far_as_it_goes(void)
{
	struct door door CLEANUP(door_release) = enforcing_new();
	struct item_write writes[302];
	struct error errors[302] = { 0 };
	struct write_items_input input = { .writes = writes, .count = 302, .item_errors = errors };
	struct write_items_output output = { 0 };
	struct request request = {
		.operation = OPERATION_LOCAL_WRITE_ITEMS,
		.door = DOOR_MOUNT,
		.arena = &door.arena,
		.input = &input,
		.output = &output,
	};
	size_t refused = 0;

	create(&door, 1, 1, 1, 1);
	for (int i = 0; i < 302; i++)
		writes[i] = write_of(&door, arena_printf(&door.arena, "%d", i).data);
	CHECK_OK(engine_run(door.engine, &request, &door.err), &door.err);
	for (int i = 0; i < 302; i++) {
		refused += errors[i].class == ERROR_THROUGHPUT_EXCEEDED;
		error_release(&errors[i]);
	}
	CHECK(refused >= 1 && refused <= 2);
	CHECK_INT(output.written, 302 - refused);
	CHECK(request.wait_ns > 0 && request.wait_ns < 10 * 1000000000LL);
}

static void a_save_is_refused_whole(void)
{
	struct door door CLEANUP(door_release) = behind_new();
	struct item_write writes[] = { write_of(&door, "x"), write_of(&door, "y") };
	struct write_items_input input = { .writes = writes, .count = 2 };
	struct write_items_output output = { 0 };
	struct request request = {
		.operation = OPERATION_LOCAL_WRITE_ITEMS,
		.door = DOOR_MOUNT,
		.arena = &door.arena,
		.input = &input,
		.output = &output,
	};

	CHECK_INT(engine_run(door.engine, &request, &door.err), -1);
	CHECK_ERROR(&door.err, ERROR_THROUGHPUT_EXCEEDED, TABLE_EXCEEDED);
	/* 300 - 391 = -91. */
	CHECK(request.wait_ns > 60 * 1000000000LL && request.wait_ns < 92 * 1000000000LL);
}

/* Observed. */

static struct call_table observe(struct door *door, enum operation_id id, const char *json)
{
	const struct operation *operation = &operations[id];
	struct usage usage = USAGE_INIT;
	struct call_table seen = { 0 };
	struct request request = {
		.operation = id,
		.arena = &door->arena,
		.output = arena_alloc_zero(&door->arena, operation->output->size),
		.usage = &usage,
	};
	void *input = arena_alloc_zero(&door->arena, operation->input->size);

	usage.engine = door->engine;
	CHECK_OK(wire_read(operation->input, door_json(&door->arena, json), &door->arena, input,
			 &door->err),
		&door->err);
	request.input = input;
	CHECK_OK(operation->run(door->engine, &request, &door->err), &door->err);
	seen = usage.tables[0];
	seen.keys = NULL;
	seen.indexes = NULL;
	usage_release(&usage);
	return seen;
}

static void observing_admits_and_counts(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct call_table seen;

	create(&door, 1000, 1, 1000, 1000);
	seen = observe(&door, PUT, PUT_SMALL);
	CHECK_INT(seen.throttles.write, 0);
	CHECK(seen.units.write == 1 && seen.spared.write == 0);
	put_large(&door, "a", "");
	seen = observe(&door, PUT, PUT_SMALL);
	CHECK_INT(seen.throttles.write, 1);
	CHECK(seen.units.write == 1 && seen.spared.write == 1);
	CHECK_INT(observe(&door, GET, GET_SMALL).throttles.read, 0);
}

/* Of the three writes of a batch the first is within; the others are not. */
static void observing_counts_each_item_of_a_batch(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct call_table seen;

	create(&door, 1000, 1, 1000, 1000);
	seen = observe(&door, OPERATION_BATCH_WRITE_ITEM,
		arena_printf(&door.arena,
			"{'RequestItems': {'Tab': [{'PutRequest': {'Item': %s}}, "
			"{'PutRequest': {'Item': {'pk': {'S': 'b'}}}}, "
			"{'PutRequest': {'Item': {'pk': {'S': 'c'}}}}]}}",
			large(&door, "a", ""))
			.data);
	CHECK_INT(seen.throttles.write, 2);
	CHECK(seen.units.write == 393 && seen.spared.write == 2);
}

static void observing_tells_the_index_that_is_behind(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct usage usage = USAGE_INIT;
	struct put_item_input input = { .table_name = SLICE("Tab") };
	struct put_item_output output = { 0 };
	struct request request = {
		.operation = PUT,
		.arena = &door.arena,
		.input = &input,
		.output = &output,
		.usage = &usage,
	};
	struct member members[] = {
		{ SLICE("pk"), value_of_string("b") },
		{ SLICE("g"), value_of_string("g") },
	};

	create(&door, 1000, 1000, 1000, 1);
	put_large(&door, "a", ", 'g': {'S': 'g'}");
	usage.engine = door.engine;
	input.item = map_of(&door.arena, members, 2);
	CHECK_OK(operations[PUT].run(door.engine, &request, &door.err), &door.err);
	CHECK_INT(usage.tables[0].throttles.write, 0);
	CHECK_INT(usage.tables[0].index_count, 1);
	CHECK_INT(usage.tables[0].indexes[0].throttles.write, 1);
	CHECK_INT(usage.tables[0].keys[0].throttles.write, 1);
	CHECK(usage.tables[0].spared.write == 1);
	CHECK(usage.tables[0].indexes[0].spared.write == 1);
	usage_release(&usage);
}

static const struct test_case cases[] = {
	{ "a write beyond the throughput is refused", a_write_beyond_the_throughput_is_refused },
	{ "a condition is not even looked at", a_condition_is_not_even_looked_at },
	{ "more throughput helps at once", more_throughput_helps_at_once },
	{ "reads are refused by themselves", reads_are_refused_by_themselves },
	{ "an index that is behind refuses what touches it",
		an_index_that_is_behind_refuses_what_touches_it },
	{ "a query of an index is refused by the index",
		a_query_of_an_index_is_refused_by_the_index },
	{ "a batch leaves unprocessed what does not fit",
		a_batch_leaves_unprocessed_what_does_not_fit },
	{ "a batch leaves unread what does not fit", a_batch_leaves_unread_what_does_not_fit },
	{ "a transaction is cancelled with its reasons",
		a_transaction_is_cancelled_with_its_reasons },
	{ "a transaction is admitted as a whole", a_transaction_is_admitted_as_a_whole },
	{ "a statement of a batch has its own error", a_statement_of_a_batch_has_its_own_error },
	{ "an on-demand maximum throttles", an_on_demand_maximum_throttles },
	{ "an import writes as far as it goes", an_import_writes_as_far_as_it_goes },
	{ "a save is refused whole", a_save_is_refused_whole },
	{ "observing admits and counts", observing_admits_and_counts },
	{ "observing counts each item of a batch", observing_counts_each_item_of_a_batch },
	{ "observing tells the index that is behind", observing_tells_the_index_that_is_behind },
};

TEST_MAIN(cases)
