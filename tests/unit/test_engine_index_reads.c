/* Query and Scan with expressions, of tables and of indexes. */
#undef NDEBUG
#include "api_fixture.h"
#include "model/key_layout.h"

#include <endian.h>

#define N_ITEMS 12

/* Items a/0 … a/11: g all equal, h two values, l descending; z not projected. */
static struct door items_new(void)
{
	struct door door = api_new();

	for (int i = 0; i < N_ITEMS; i++)
		CHECK_CALL(&door, PUT,
			arena_printf(&door.arena,
				"{" T "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '%d'}, "
				"'g': {'S': 'g'}, 'h': {'N': '%d'}, 'l': {'S': 'l%02d'}, "
				"'a': {'S': 'a'}, 'z': {'N': '%d'}}}",
				i, i % 2, N_ITEMS - i, i)
				.data);
	CHECK_CALL(&door, PUT, "{" T "'Item': {'pk': {'S': 'b'}, 'sk': {'N': '0'}}}");
	return door;
}

#define BY(name, value) \
	"'KeyConditionExpression': '" name " = :k', " \
	"'ExpressionAttributeValues': {':k': {'S': '" value "'}}"
#define OF_A  BY("pk", "a")
#define OF_G  BY("g", "g")
#define NAMES "'ProjectionExpression': 'sk'"

static void a_filter_is_applied_after_the_limit(void)
{
	struct door door CLEANUP(door_release) = items_new();
#define BIG \
	"'KeyConditionExpression': 'pk = :k', 'FilterExpression': 'z > :z', " \
	"'ExpressionAttributeValues': {':k': {'S': 'a'}, ':z': {'N': '2'}}"

	BOTH_ANSWER(&door, QUERY, "{" T BIG ", " NAMES ", 'Limit': 4}",
		"{'Items':[{'sk':{'N':'3'}}],'Count':1,'ScannedCount':4,"
		"'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'3'}}}");
	BOTH_ANSWER(&door, QUERY, "{" T BIG ", 'Limit': 2}",
		"{'Items':[],'Count':0,'ScannedCount':2,"
		"'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'1'}}}");
	BOTH_ANSWER(
		&door, QUERY, "{" T BIG ", 'Select': 'COUNT'}", "{'Count':9,'ScannedCount':12}");
}

static void the_older_parameters_query_too(void)
{
	struct door door CLEANUP(door_release) = items_new();

	BOTH_ANSWER(&door, QUERY,
		"{" T "'KeyConditions': {"
		"'pk': {'ComparisonOperator': 'EQ', 'AttributeValueList': [{'S': 'a'}]},"
		"'sk': {'ComparisonOperator': 'GT', 'AttributeValueList': [{'N': '8'}]}},"
		"'QueryFilter': {"
		"'z': {'ComparisonOperator': 'NE', 'AttributeValueList': [{'N': '10'}]}},"
		"'AttributesToGet': ['sk', 'a']}",
		"{'Items':[{'sk':{'N':'9'},'a':{'S':'a'}},{'sk':{'N':'11'},'a':{'S':'a'}}],"
		"'Count':2,'ScannedCount':3}");
	BOTH_ANSWER(&door, SCAN, "{" T "'ScanFilter': {'z': {'ComparisonOperator': 'NULL'}}}",
		"{'Items':[{'pk':{'S':'b'},'sk':{'N':'0'}}],'Count':1,'ScannedCount':13}");
}

static void an_index_shows_what_it_projects(void)
{
	struct door door CLEANUP(door_release) = items_new();
	static const char sorted[] = "'FilterExpression': 'h = :h', 'Limit': 1, "
				     "'KeyConditionExpression': 'g = :k', "
				     "'ExpressionAttributeValues': "
				     "{':k': {'S': 'g'}, ':h': {'N': '0'}}";

	BOTH_ANSWER(&door, QUERY, "{" T "'IndexName': 'keys', 'Limit': 1, " OF_G "}",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'0'},'g':{'S':'g'}}],'Count':1,"
		"'ScannedCount':1,'LastEvaluatedKey':"
		"{'pk':{'S':'a'},'sk':{'N':'0'},'g':{'S':'g'}}}");
	BOTH_ANSWER(&door, SCAN,
		"{" T "'IndexName': 'some', 'FilterExpression': 'sk = :s', "
		"'ExpressionAttributeValues': {':s': {'N': '3'}}}",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'3'},'h':{'N':'1'},'a':{'S':'a'}}],"
		"'Count':1,'ScannedCount':12}");
	API_INVALID(&door, QUERY,
		arena_printf(&door.arena, "{" T "'IndexName': 'all', %s}", sorted).data,
		"Filter Expression can only contain non-primary key attributes: Primary key "
		"attribute: h");
}

static void a_local_index_fetches_the_rest(void)
{
	struct door door CLEANUP(door_release) = items_new();

	BOTH_ANSWER(&door, QUERY,
		"{" T "'IndexName': 'local', 'ProjectionExpression': 'z', 'Limit': 2, " OF_A "}",
		"{'Items':[{'z':{'N':'11'}},{'z':{'N':'10'}}],'Count':2,'ScannedCount':2,"
		"'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'10'},'l':{'S':'l02'}}}");
	BOTH_ANSWER(&door, QUERY,
		"{" T "'IndexName': 'local', 'Select': 'ALL_ATTRIBUTES', "
		"'ScanIndexForward': false, 'Limit': 1, " OF_A "}",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'0'},'g':{'S':'g'},'h':{'N':'0'},"
		"'l':{'S':'l12'},'a':{'S':'a'},'z':{'N':'0'}}],'Count':1,'ScannedCount':1,"
		"'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'0'},'l':{'S':'l12'}}}");
}

static void what_a_global_index_does_not_show_is_refused(void)
{
	struct door door CLEANUP(door_release) = items_new();

	API_INVALID(&door, QUERY,
		"{" T "'IndexName': 'keys', 'Select': 'ALL_ATTRIBUTES', " OF_G "}",
		WERE_INVALID "Select type ALL_ATTRIBUTES is not supported for global secondary "
			     "index keys because its projection type is not ALL");
	API_INVALID(&door, QUERY,
		"{" T "'IndexName': 'keys', 'ProjectionExpression': 'z, pk, a', " OF_G "}",
		WERE_INVALID "Global secondary index keys does not project [z, a]");
	API_INVALID(&door, SCAN,
		"{" T "'IndexName': 'keys', 'FilterExpression': 'attribute_exists(z)'}",
		WERE_INVALID "Secondary index keys does not project one or more filter "
			     "attributes: [z]");
	API_INVALID(&door, QUERY, "{" T "'IndexName': 'all', 'ConsistentRead': true, " OF_G "}",
		"Consistent reads are not supported on global secondary indexes");
	API_INVALID(&door, SCAN, "{" T "'IndexName': 'nope'}",
		"The table does not have the specified index: nope");
}

/* Reads pages of two by the last key of each; counts what comes. */
static int count_pages(struct door *door, enum operation_id id, const char *request)
{
	struct slice after = SLICE("");
	int count = 0;

	for (int pages = 0; pages < N_ITEMS; pages++) {
		const char *at,
			*json = arena_printf(&door->arena, "{%s, " NAMES ", 'Limit': 2%.*s}",
				request, SLICE_ARG(after))
					.data;

		CHECK_OK(api_call(door, id, json), &door->err);
		for (at = buf_string(&door->answer); (at = strstr(at, "{\"sk\"")); at++)
			count++;
		at = strstr(buf_string(&door->answer), "\"LastEvaluatedKey\":");
		if (!at)
			return count;
		count -= strstr(at, "{\"sk\"") != NULL;
		at += strlen("\"LastEvaluatedKey\":");
		after = arena_printf(
			&door->arena, ", \"ExclusiveStartKey\": %.*s", (int)strlen(at) - 1, at);
	}
	CHECK(!"an end");
	return 0;
}

static void items_of_equal_index_keys_are_paged(void)
{
	struct door door CLEANUP(door_release) = items_new();

	CHECK_INT(count_pages(&door, QUERY, T "'IndexName': 'keys', " OF_G), N_ITEMS);
	CHECK_INT(count_pages(&door, QUERY, T "'IndexName': 'all', " OF_G), N_ITEMS);
	CHECK_INT(
		count_pages(&door, QUERY, T "'IndexName': 'all', 'ScanIndexForward': false, " OF_G),
		N_ITEMS);
	CHECK_INT(count_pages(&door, SCAN, T "'IndexName': 'some'"), N_ITEMS);
	CHECK_INT(count_pages(&door, SCAN, T "'IndexName': 'local'"), N_ITEMS);
}

static void segments_of_an_index_are_disjoint_and_complete(void)
{
	struct door door CLEANUP(door_release) = items_new();
	int count = 0;

	for (int i = 0; i < 3; i++)
		count += count_pages(&door, SCAN,
			arena_printf(&door.arena,
				T "'IndexName': 'some', 'TotalSegments': 3, 'Segment': %d", i)
				.data);
	CHECK_INT(count, N_ITEMS);
}

static void a_start_key_of_an_index_holds_both_keys(void)
{
	struct door door CLEANUP(door_release) = items_new();
#define FROM_KEY(key) "{" T "'IndexName': 'all', 'ExclusiveStartKey': {" key "}, " OF_G "}"
#define KEY_A0        "'pk': {'S': 'a'}, 'sk': {'N': '0'}"

	API_INVALID(&door, QUERY, FROM_KEY(KEY_A0), "The provided starting key is invalid");
	API_INVALID(&door, QUERY, FROM_KEY(KEY_A0 ", 'g': {'S': 'g'}, 'h': {'S': '0'}"),
		"The provided key element does not match the schema");
	API_INVALID(&door, QUERY,
		FROM_KEY("'pk': {'S': 'a'}, 'sk': {'S': 'x'}, 'g': {'S': 'g'}, 'h': {'N': '0'}"),
		"The provided starting key is invalid: The provided key element does not match the "
		"schema");
	API_INVALID(&door, QUERY, FROM_KEY(KEY_A0 ", 'g': {'S': 'x'}, 'h': {'N': '0'}"),
		"The provided starting key is outside query boundaries based on provided "
		"conditions");
	API_INVALID(&door, QUERY, FROM_KEY("'pk': {'SS': []}"),
		"The provided starting key is invalid: " WERE_INVALID
		"An string set  may not be empty");
}

static void a_table_without_a_sort_key_has_nothing_to_go_on_with(void)
{
	struct door door CLEANUP(door_release) = api_new();

	door_create_table(&door, "Plain", "S", NULL);
	API_ANSWER(&door, PUT, "{'TableName': 'Plain', 'Item': {'pk': {'S': 'a'}}}", "{}");
	API_ANSWER(&door, QUERY, "{'TableName': 'Plain', 'Limit': 1, " OF_A "}",
		"{'Items':[{'pk':{'S':'a'}}],'Count':1,'ScannedCount':1}");
	API_INVALID(&door, QUERY,
		"{'TableName': 'Plain', 'ExclusiveStartKey': {'pk': {'S': 'a'}}, " OF_A "}",
		"The provided exclusive start key is invalid: ExclusiveStartKey: "
		"{pk=AttributeValue: {S:a}}");
}

static void a_selection_fits_the_projection(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_INVALID(&door, QUERY, "{" T "'Select': 'SPECIFIC_ATTRIBUTES', " OF_A "}",
		ENVELOPE "Must specify the AttributesToGet or ProjectionExpression when choosing "
			 "to get SPECIFIC_ATTRIBUTES");
	API_INVALID(&door, SCAN, "{" T "'Select': 'SPECIFIC_ATTRIBUTES'}",
		"Must specify the AttributesToGet or ProjectionExpression when choosing to get "
		"SPECIFIC_ATTRIBUTES");
	API_INVALID(&door, SCAN, "{" T "'Select': 'COUNT', " NAMES "}",
		"Cannot specify the ProjectionExpression when choosing to get only the Count");
	API_INVALID(&door, SCAN, "{" T "'Select': 'ALL_ATTRIBUTES', 'AttributesToGet': ['a']}",
		"Cannot specify the AttributesToGet when choosing to get ALL_ATTRIBUTES");
	API_ANSWER(&door, SCAN, "{" T "'Select': 'SPECIFIC_ATTRIBUTES', " NAMES "}",
		"{'Items':[],'Count':0,'ScannedCount':0}");
}

static void faults_of_reads_are_found_whatever_the_table(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define NONE "{'TableName': 'absent', "

	API_INVALID(&door, QUERY, NONE "'KeyConditions': {}, 'FilterExpression': 'a b'}",
		"Can not use both expression and non-expression parameters in the same request: "
		"Non-expression parameters: {KeyConditions} Expression parameters: "
		"{FilterExpression}");
	API_INVALID(&door, SCAN, NONE "'FilterExpression': 'a = :a'}",
		"Invalid FilterExpression: An expression attribute value used in expression is not "
		"defined; attribute value: :a");
	API_INVALID(&door, SCAN, NONE NAMES ", 'ExpressionAttributeValues': {':a': {'S': ''}}}",
		"ExpressionAttributeValues can only be specified when using expressions: "
		"FilterExpression is null");
	API_INVALID(&door, GET, NONE KEY1 ", 'AttributesToGet': ['b', 'a', 'b']}",
		WERE_INVALID "Duplicate value in attribute name: b");
	API_INVALID(&door, GET, NONE KEY1 ", 'AttributesToGet': ['b'], " NAMES "}",
		"Can not use both expression and non-expression parameters in the same request: "
		"Non-expression parameters: {AttributesToGet} Expression parameters: "
		"{ProjectionExpression}");
}

static void an_item_without_what_is_projected_is_empty(void)
{
	struct door door CLEANUP(door_release) = items_new();

	BOTH_ANSWER(&door, GET,
		"{" T "'Key': {'pk': {'S': 'b'}, 'sk': {'N': '0'}}, "
		"'ProjectionExpression': 'a'}",
		"{'Item':{}}");
	BOTH_ANSWER(&door, QUERY, "{" T "'ProjectionExpression': 'a', " BY("pk", "b") "}",
		"{'Items':[{}],'Count':1,'ScannedCount':1}");
}

static void every_type_is_written_alike_by_both_ways(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define TYPES \
	"'s':{'S':'\\u0001\\\\q'},'n':{'N':'-1.5'},'b':{'B':'AAE='},'ss':{'SS':['x','y']}," \
	"'ns':{'NS':['1','2']},'bs':{'BS':['AA==']},'t':{'BOOL':true},'f':{'BOOL':false}," \
	"'u':{'NULL':true},'li':{'L':[{'S':''},{'L':[]}]},'m':{'M':{'k':{'M':{}}}}"

	API_ANSWER(&door, PUT, "{" T "'Item': {" A1 "," TYPES "}}", "{}");
	BOTH_ANSWER(
		&door, GET, "{" T KEY1 "}", "{'Item':{'pk':{'S':'a'},'sk':{'N':'1'}," TYPES "}}");
	BOTH_ANSWER(&door, SCAN, "{'TableName': 'Tab'}",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'1'}," TYPES "}],'Count':1,'ScannedCount':1}");
}

static void facts_of_an_index_come_with_its_entries(void)
{
	struct door door CLEANUP(door_release) = items_new();
	struct key_layout layout = { .partition = { { SLICE("pk"), VALUE_S } },
		.partition_count = 1,
		.sort = { { SLICE("l"), VALUE_S } },
		.sort_count = 1 };
	struct query_input input = {
		.table_name = SLICE("Tab"), .index_name = SLICE("local"), .facts_only = true
	};
	struct value a = { .type = VALUE_S, .bytes = SLICE("a") }, values[2];
	struct key_condition equal = { SLICE("pk"), SLICE("EQ"), { true, 1, &a } };
	struct query_output output = { 0 };
	struct slice row_key;

	input.key_conditions = (struct request_list){ true, 1, &equal };
	CHECK_OK(door_run(&door, QUERY, &input, &output), &door.err);
	CHECK_INT(output.items.count, N_ITEMS);
	for (int i = 0; i < N_ITEMS; i++) {
		const struct item_row *row = &output.rows[i];

		CHECK_OK(index_entry_decode(&layout, row->index_entry, &door.arena, values,
				 &row_key, &door.err),
			&door.err);
		CHECK(slice_equal(row_key, row->row_key));
		CHECK(slice_equal(values[1].bytes, arena_printf(&door.arena, "l%02d", i + 1)));
		CHECK(output.facts[i].item_size > 0);
	}
}

/* Partitions of an index, by pages of that many; at most four. */
static size_t list_partitions(
	struct door *door, const char *index, size_t page, struct value ret[static 4])
{
	struct list_partitions_input in = {
		.table_name = SLICE("Tab"),
		.index_name = slice_from_string(index),
		.limit = page,
	};
	struct list_partitions_output out = { .more = true };
	size_t count = 0;

	while (out.more) {
		CHECK_OK(door_run(door, OPERATION_LOCAL_LIST_PARTITIONS, &in, &out), &door->err);
		CHECK_INT(out.values_each, 1);
		for (size_t i = 0; i < out.count; i++)
			ret[count++] = out.partitions[i];
		if (out.count)
			in.after = &out.partitions[out.count - 1];
	}
	return count;
}

static void partitions_of_an_index_are_distinct(void)
{
	struct door door CLEANUP(door_release) = items_new();
	struct value values[4];

	for (size_t page = 1; page <= 4; page++) {
		CHECK_INT(list_partitions(&door, "all", page, values), 1);
		CHECK_TEXT(values[0].bytes, "g");
		CHECK_INT(list_partitions(&door, "some", page, values), 2);
		CHECK(!value_equal(&values[0], &values[1]));
		CHECK_INT(list_partitions(&door, "local", page, values), 1);
		CHECK_TEXT(values[0].bytes, "a");
	}
}

static void a_partition_of_an_index_is_found_by_its_hash(void)
{
	struct door door CLEANUP(door_release) = items_new();
	struct value g = { .type = VALUE_S, .bytes = SLICE("g") };
	struct key_layout layout = { .partition = { { SLICE("g"), VALUE_S } },
		.partition_count = 1 };
	struct list_partitions_input in = {
		.table_name = SLICE("Tab"),
		.index_name = SLICE("keys"),
		.by_hash = true,
		.limit = 4,
	};
	struct list_partitions_output out = { 0 };
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	key_layout_encode_partition(&layout, &g, &bytes);
	memcpy(&in.hash, bytes.data, sizeof(in.hash));
	in.hash = be64toh(in.hash);
	CHECK_OK(door_run(&door, OPERATION_LOCAL_LIST_PARTITIONS, &in, &out), &door.err);
	CHECK_INT(out.count, 1);
	in.hash++;
	CHECK_OK(door_run(&door, OPERATION_LOCAL_LIST_PARTITIONS, &in, &out), &door.err);
	CHECK_INT(out.count, 0);
}

static void an_unknown_index_has_no_partitions(void)
{
	struct door door CLEANUP(door_release) = items_new();
	struct list_partitions_input in = {
		.table_name = SLICE("Tab"),
		.index_name = SLICE("none"),
		.limit = 4,
	};
	struct list_partitions_output out = { 0 };

	CHECK_INT(door_run(&door, OPERATION_LOCAL_LIST_PARTITIONS, &in, &out), -1);
	CHECK_ERROR(&door.err, ERROR_INDEX_NOT_FOUND,
		"The table does not have the specified index: none");
}

static const struct test_case cases[] = {
	{ "a filter is applied after the limit", a_filter_is_applied_after_the_limit },
	{ "the older parameters query too", the_older_parameters_query_too },
	{ "an index shows what it projects", an_index_shows_what_it_projects },
	{ "a local index fetches the rest", a_local_index_fetches_the_rest },
	{ "what a global index does not show is refused",
		what_a_global_index_does_not_show_is_refused },
	{ "items of equal index keys are paged", items_of_equal_index_keys_are_paged },
	{ "segments of an index are disjoint and complete",
		segments_of_an_index_are_disjoint_and_complete },
	{ "a start key of an index holds both keys", a_start_key_of_an_index_holds_both_keys },
	{ "a table without a sort key has nothing to go on with",
		a_table_without_a_sort_key_has_nothing_to_go_on_with },
	{ "a selection fits the projection", a_selection_fits_the_projection },
	{ "faults of reads are found whatever the table",
		faults_of_reads_are_found_whatever_the_table },
	{ "an item without what is projected is empty",
		an_item_without_what_is_projected_is_empty },
	{ "every type is written alike by both ways", every_type_is_written_alike_by_both_ways },
	{ "facts of an index come with its entries", facts_of_an_index_come_with_its_entries },
	{ "partitions of an index are distinct", partitions_of_an_index_are_distinct },
	{ "a partition of an index is found by its hash",
		a_partition_of_an_index_is_found_by_its_hash },
	{ "an unknown index has no partitions", an_unknown_index_has_no_partitions },
};

TEST_MAIN(cases)
