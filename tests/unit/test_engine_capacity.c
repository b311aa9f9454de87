/* ReturnConsumedCapacity and ReturnItemCollectionMetrics. */
#undef NDEBUG
#include "api_fixture.h"

#define INDEXES ", 'ReturnConsumedCapacity': 'INDEXES'}"
#define TOTAL   ", 'ReturnConsumedCapacity': 'TOTAL'}"

/* Puts an item with an attribute of so many bytes; checks the capacity. */
static void check_put(struct door *door, const char *attributes, const char *name, size_t size,
	const char *capacity)
{
	char *value = arena_alloc_zero(&door->arena, size + 1);
	const char *json;

	memset(value, 'x', size);
	json = arena_printf(&door->arena, "{" T "'Item': {" A1 "%s, '%s': {'S': '%s'}}" INDEXES,
		attributes, name, value)
		       .data;
	API_ANSWER(door, PUT, json,
		arena_printf(&door->arena, "{'ConsumedCapacity':{'TableName':'Tab',%s}}", capacity)
			.data);
}

static void a_write_costs_the_greater_of_both_sizes(void)
{
	struct door door CLEANUP(door_release) = api_new();

	check_put(&door, "", "z", 1, "'CapacityUnits':1.0,'Table':{'CapacityUnits':1.0}");
	check_put(&door, "", "z", 2500, "'CapacityUnits':3.0,'Table':{'CapacityUnits':3.0}");
	check_put(&door, "", "z", 1, "'CapacityUnits':3.0,'Table':{'CapacityUnits':3.0}");
	check_put(&door, "", "z", 1, "'CapacityUnits':1.0,'Table':{'CapacityUnits':1.0}");
}

static void an_index_costs_what_changes_in_it(void)
{
	struct door door CLEANUP(door_release) = api_new();

	check_put(&door, ", 'g': {'S': 'g'}, 'h': {'N': '1'}", "v", 1,
		"'CapacityUnits':4.0,'Table':{'CapacityUnits':1.0},'GlobalSecondaryIndexes':{"
		"'all':{'CapacityUnits':1.0},'keys':{'CapacityUnits':1.0},"
		"'some':{'CapacityUnits':1.0}}");
	check_put(&door, ", 'g': {'S': 'g'}, 'h': {'N': '1'}", "v", 1,
		"'CapacityUnits':1.0,'Table':{'CapacityUnits':1.0}");
	check_put(&door, ", 'g': {'S': 'g'}, 'h': {'N': '1'}", "v", 1500,
		"'CapacityUnits':4.0,'Table':{'CapacityUnits':2.0},'GlobalSecondaryIndexes':{"
		"'all':{'CapacityUnits':2.0}}");
}

static void a_key_that_moves_costs_two_writes(void)
{
	struct door door CLEANUP(door_release) = api_new();

	check_put(&door, ", 'g': {'S': 'g'}, 'h': {'N': '1'}", "a", 1500,
		"'CapacityUnits':7.0,'Table':{'CapacityUnits':2.0},'GlobalSecondaryIndexes':{"
		"'all':{'CapacityUnits':2.0},'keys':{'CapacityUnits':1.0},"
		"'some':{'CapacityUnits':2.0}}");
	check_put(&door, ", 'g': {'S': 'G'}, 'h': {'N': '1'}, 'l': {'S': 'l'}", "a", 2500,
		"'CapacityUnits':14.0,'Table':{'CapacityUnits':3.0},"
		"'LocalSecondaryIndexes':{'local':{'CapacityUnits':1.0}},"
		"'GlobalSecondaryIndexes':{'all':{'CapacityUnits':5.0},"
		"'keys':{'CapacityUnits':2.0},'some':{'CapacityUnits':3.0}}");
	API_ANSWER(&door, DELETE, "{" T KEY1 INDEXES,
		"{'ConsumedCapacity':{'TableName':'Tab','CapacityUnits':11.0,"
		"'Table':{'CapacityUnits':3.0},"
		"'LocalSecondaryIndexes':{'local':{'CapacityUnits':1.0}},"
		"'GlobalSecondaryIndexes':{'all':{'CapacityUnits':3.0},"
		"'keys':{'CapacityUnits':1.0},'some':{'CapacityUnits':3.0}}}}");
}

static void a_delete_of_nothing_costs_one(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, DELETE, "{" T KEY1 TOTAL,
		"{'ConsumedCapacity':{'TableName':'Tab','CapacityUnits':1.0}}");
}

static void a_read_costs_half_unless_consistent(void)
{
	struct door door CLEANUP(door_release) = api_new();

	check_put(&door, "", "z", 5000, "'CapacityUnits':5.0,'Table':{'CapacityUnits':5.0}");
	API_ANSWER(&door, GET, "{" T KEY1 ", 'ProjectionExpression': 'sk'" TOTAL,
		"{'Item':{'sk':{'N':'1'}},"
		"'ConsumedCapacity':{'TableName':'Tab','CapacityUnits':1.0}}");
	API_ANSWER(&door, GET,
		"{" T KEY1 ", 'ConsistentRead': true, 'ProjectionExpression': 'sk'" INDEXES,
		"{'Item':{'sk':{'N':'1'}},'ConsumedCapacity':{'TableName':'Tab',"
		"'CapacityUnits':2.0,'Table':{'CapacityUnits':2.0}}}");
	API_ANSWER(&door, GET, "{" T "'Key': {'pk': {'S': 'b'}, 'sk': {'N': '1'}}" TOTAL,
		"{'ConsumedCapacity':{'TableName':'Tab','CapacityUnits':0.5}}");
}

static void none_is_told_unless_asked(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, GET, "{" T KEY1 ", 'ReturnConsumedCapacity': 'NONE'}", "{}");
	API_ANSWER(&door, SCAN, "{'TableName': 'Tab', 'Select': 'COUNT'}",
		"{'Count':0,'ScannedCount':0}");
}

/* Three items of two kilobytes. */
static struct door three_new(void)
{
	struct door door = api_new();
	char *value = arena_alloc_zero(&door.arena, 2001);

	memset(value, 'x', 2000);
	for (int i = 1; i <= 3; i++)
		CHECK_CALL(&door, PUT,
			arena_printf(&door.arena,
				"{" T "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '%d'}, "
				"'g': {'S': 'g'}, 'h': {'N': '1'}, 'l': {'S': 'l%d'}, "
				"'z': {'S': '%s'}}}",
				i, i, value)
				.data);
	return door;
}

#define COUNTED(query) "{" T "'Select': 'COUNT', " query INDEXES
#define BY(name, value) \
	"'KeyConditionExpression': '" name " = :k', " \
	"'ExpressionAttributeValues': {':k': {'S': '" value "'}}"

static void a_query_rounds_the_sum_once(void)
{
	struct door door CLEANUP(door_release) = three_new();

	API_ANSWER(&door, QUERY, COUNTED(BY("pk", "a")),
		"{'Count':3,'ScannedCount':3,'ConsumedCapacity':{'TableName':'Tab',"
		"'CapacityUnits':1.0,'Table':{'CapacityUnits':1.0}}}");
	API_ANSWER(&door, QUERY, COUNTED(BY("pk", "b")),
		"{'Count':0,'ScannedCount':0,'ConsumedCapacity':{'TableName':'Tab',"
		"'CapacityUnits':0.5,'Table':{'CapacityUnits':0.5}}}");
}

static void a_query_of_an_index_costs_what_the_index_shows(void)
{
	struct door door CLEANUP(door_release) = three_new();

	API_ANSWER(&door, QUERY, COUNTED("'IndexName': 'all', " BY("g", "g")),
		"{'Count':3,'ScannedCount':3,'ConsumedCapacity':{'TableName':'Tab',"
		"'CapacityUnits':1.0,'Table':{'CapacityUnits':0.0},"
		"'GlobalSecondaryIndexes':{'all':{'CapacityUnits':1.0}}}}");
	API_ANSWER(&door, QUERY, COUNTED("'IndexName': 'keys', " BY("g", "g")),
		"{'Count':3,'ScannedCount':3,'ConsumedCapacity':{'TableName':'Tab',"
		"'CapacityUnits':0.5,'Table':{'CapacityUnits':0.0},"
		"'GlobalSecondaryIndexes':{'keys':{'CapacityUnits':0.5}}}}");
}

static void a_fetch_for_a_local_index_costs_a_read_of_each_item(void)
{
	struct door door CLEANUP(door_release) = three_new();

	API_ANSWER(&door, QUERY,
		"{" T "'IndexName': 'local', 'ConsistentRead': true, "
		"'ProjectionExpression': 'h', 'Limit': 2, " BY("pk", "a") INDEXES,
		"{'Items':[{'h':{'N':'1'}},{'h':{'N':'1'}}],'Count':2,'ScannedCount':2,"
		"'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'2'},'l':{'S':'l2'}},"
		"'ConsumedCapacity':{'TableName':'Tab','CapacityUnits':3.0,"
		"'Table':{'CapacityUnits':2.0},"
		"'LocalSecondaryIndexes':{'local':{'CapacityUnits':1.0}}}}");
}

static void collections_are_those_of_local_indexes(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, UPDATE, "{" T KEY1 ", 'ReturnItemCollectionMetrics': 'SIZE'}",
		"{'ItemCollectionMetrics':{'ItemCollectionKey':{'pk':{'S':'a'}},"
		"'SizeEstimateRangeGB':[0.0,1.0]}}");
	API_ANSWER(&door, DELETE, "{" T KEY1 ", 'ReturnItemCollectionMetrics': 'NONE'}", "{}");
	door_create_table(&door, "Plain", "S", NULL);
	API_ANSWER(&door, PUT,
		"{'TableName': 'Plain', 'Item': {'pk': {'S': 'a'}}, "
		"'ReturnItemCollectionMetrics': 'SIZE'}",
		"{}");
}

static const struct test_case cases[] = {
	{ "a write costs the greater of both sizes", a_write_costs_the_greater_of_both_sizes },
	{ "an index costs what changes in it", an_index_costs_what_changes_in_it },
	{ "a key that moves costs two writes", a_key_that_moves_costs_two_writes },
	{ "a delete of nothing costs one", a_delete_of_nothing_costs_one },
	{ "a read costs half unless consistent", a_read_costs_half_unless_consistent },
	{ "none is told unless asked", none_is_told_unless_asked },
	{ "a query rounds the sum once", a_query_rounds_the_sum_once },
	{ "a query of an index costs what the index shows",
		a_query_of_an_index_costs_what_the_index_shows },
	{ "a fetch for a local index costs a read of each item",
		a_fetch_for_a_local_index_costs_a_read_of_each_item },
	{ "collections are those of local indexes", collections_are_those_of_local_indexes },
};

TEST_MAIN(cases)
