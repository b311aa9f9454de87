/* BatchGetItem and BatchWriteItem. */
#undef NDEBUG
#include "api_fixture.h"

#define BATCH_GET   OPERATION_BATCH_GET_ITEM
#define BATCH_WRITE OPERATION_BATCH_WRITE_ITEM

#define KEY(pk, sk) "{'pk': {'S': '" pk "'}, 'sk': {'N': '" sk "'}}"

#define KEYS_OF(table, keys, more) "'" table "': {'Keys': [" keys "]" more "}"
#define GET_KEYS(keys)             "{'RequestItems': {" KEYS_OF("Tab", keys, "") "}}"
#define GET_WITH(keys, more)       "{'RequestItems': {" KEYS_OF("Tab", keys, ", " more) "}}"
#define WRITE_OF(writes)           "{'RequestItems': {'Tab': [" writes "]}}"
#define WRITE_AND(writes, more)    "{'RequestItems': {'Tab': [" writes "]}, " more "}"
#define PUT_OF(item)               "{'PutRequest': {'Item': " item "}}"
#define DELETE_OF(key)             "{'DeleteRequest': {'Key': " key "}}"

#define ALL_WRITTEN "{'UnprocessedItems':{}}"
#define DUPLICATES  "Provided list of item keys contains duplicates"
#define EMPTY_KEY \
	"One or more parameter values are not valid. The AttributeValue for a key attribute " \
	"cannot contain an empty string value. Key: pk"
#define UNFIT_KEY "The provided key element does not match the schema"

/* "Tab" with the items a 1, a 2, b 1; and "Plain", of a partition key alone. */
static struct door batch_new(void)
{
	struct door door = api_new();

	door_create_table(&door, "Plain", "S", NULL);
	API_ANSWER(&door, BATCH_WRITE,
		WRITE_OF(
			PUT_OF("{'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'v': {'S': 'x'}}") ", " PUT_OF(
				"{'pk': {'S': 'a'}, 'sk': {'N': '2'}}") ", " PUT_OF(KEY("b", "1"))),
		ALL_WRITTEN);
	return door;
}

/* So many of the text, with commas between; %d in it is the number. */
static const char *repeat(struct door *door, const char *format, int first, int count)
{
	struct slice text = SLICE("");

	for (int i = first; i < first + count; i++) {
		struct buf one CLEANUP(buf_release) = BUF_INIT;

		for (const char *at = format; *at; at++) {
			if (at[0] == '%')
				buf_appendf(&one, "%d", i);
			else
				buf_append_char(&one, *at);
		}
		text = arena_printf(&door->arena, "%.*s%s%s", SLICE_ARG(text),
			i == first ? "" : ", ", buf_string(&one));
	}
	return text.data;
}

static int count_items(struct door *door, const char *table)
{
	struct scan_input input = {
		.table_name = slice_from_string(table),
		.select = SLICE("COUNT"),
	};
	struct query_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_SCAN, &input, &output), &door->err);
	return (int)output.count.value;
}

/* Reading. */

static void items_are_got_by_table(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Plain': [" PUT_OF("{'pk': {'S': 'p'}}") "]}}", ALL_WRITTEN);
	API_ANSWER(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Tab", KEY("a", "1") ", " KEY("b", "1"),
			"") ", " KEYS_OF("Plain", "{'pk': {'S': 'p'}}", "") "}}",
		"{'Responses':{'Tab':[{'pk':{'S':'a'},'sk':{'N':'1'},'v':{'S':'x'}},"
		"{'pk':{'S':'b'},'sk':{'N':'1'}}],'Plain':[{'pk':{'S':'p'}}]},"
		"'UnprocessedKeys':{}}");
}

static void items_that_are_not_there_are_left_out(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_GET, GET_KEYS(KEY("z", "1") ", " KEY("b", "1")),
		"{'Responses':{'Tab':[{'pk':{'S':'b'},'sk':{'N':'1'}}]},'UnprocessedKeys':{}}");
}

static void a_table_without_a_found_item_is_answered_empty(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_GET, GET_KEYS(KEY("z", "1")),
		"{'Responses':{'Tab':[]},'UnprocessedKeys':{}}");
}

static void each_table_has_its_own_projection(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Plain': [" PUT_OF("{'pk': {'S': 'p'}, 'v': {'S': 'y'}}") "]}}",
		ALL_WRITTEN);
	API_ANSWER(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Tab", KEY("a", "1"),
			", 'ProjectionExpression': '#v, sk', 'ExpressionAttributeNames': "
			"{'#v': 'v'}") ", " KEYS_OF("Plain", "{'pk': {'S': 'p'}}",
			", 'AttributesToGet': ['v']") "}}",
		"{'Responses':{'Tab':[{'sk':{'N':'1'},'v':{'S':'x'}}],"
		"'Plain':[{'v':{'S':'y'}}]},'UnprocessedKeys':{}}");
}

static void an_item_without_a_chosen_attribute_is_answered_empty(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_GET,
		GET_WITH(KEY("a", "1") ", " KEY("z", "1"), "'ProjectionExpression': 'q'"),
		"{'Responses':{'Tab':[{}]},'UnprocessedKeys':{}}");
}

static void a_get_must_name_a_table(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET, "{'RequestItems': {}}",
		ENVELOPE "Value at 'RequestItems' failed to satisfy constraint: Member must have "
			 "length greater than or equal to 1");
	API_INVALID(&door, BATCH_GET, "{}",
		ENVELOPE
		"Value null at 'requestItems' failed to satisfy constraint: Member must not "
		"be null");
}

static void each_table_of_a_get_must_have_keys(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Tab", KEY("a", "1"), "") ", 'Plain': {}}}",
		ENVELOPE "Value null at 'requestItems.Plain.member.keys' failed to satisfy "
			 "constraint: Member must not be null");
}

static void a_hundred_keys_can_be_got(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	const char *format = "{'pk': {'S': 'a'}, 'sk': {'N': '%'}}";
	struct slice json = arena_printf(&door.arena, "{'RequestItems': {'Tab': {'Keys': [%s]}}}",
		repeat(&door, format, 2, 100));

	API_ANSWER(&door, BATCH_GET, json.data,
		"{'Responses':{'Tab':[{'pk':{'S':'a'},'sk':{'N':'2'}}]},'UnprocessedKeys':{}}");
}

static void the_hundred_keys_are_of_all_tables_together(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	const char *pair = "{'pk': {'S': 'a'}, 'sk': {'N': '%'}}";
	const char *single = "{'pk': {'S': 'a%'}}";
	struct slice json = arena_printf(&door.arena,
		"{'RequestItems': {'Plain': {'Keys': [%s]}, 'Tab': {'Keys': [%s]}}}",
		repeat(&door, single, 0, 50), repeat(&door, pair, 0, 51));

	API_INVALID(&door, BATCH_GET, json.data,
		ENVELOPE "Value at 'RequestItems.Plain.member.Keys' failed to satisfy constraint: "
			 "Member must have length less than or equal to 100");
}

static void a_key_is_got_only_once(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET, GET_KEYS(KEY("a", "1") ", " KEY("b", "1") ", " KEY("a", "1")),
		DUPLICATES);
}

static void a_key_may_be_got_from_two_tables(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	door_create_table(&door, "Other", "S", NULL);
	API_ANSWER(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Plain", "{'pk': {'S': 'p'}}", "") ", " KEYS_OF(
			"Other", "{'pk': {'S': 'p'}}", "") "}}",
		"{'Responses':{'Plain':[],'Other':[]},'UnprocessedKeys':{}}");
}

static void a_key_to_get_must_be_of_the_schema(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET, GET_KEYS("{'pk': {'S': 'a'}}"), UNFIT_KEY);
	API_INVALID(&door, BATCH_GET, GET_KEYS("{'pk': {'N': '1'}, 'sk': {'N': '1'}}"), UNFIT_KEY);
	API_INVALID(&door, BATCH_GET,
		GET_KEYS("{'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'v': {'S': 'x'}}"), UNFIT_KEY);
	API_REFUSED(&door, BATCH_GET, GET_KEYS("{'pk': {'S': ''}, 'sk': {'N': '1'}}"),
		ERROR_KEY_EMPTY, EMPTY_KEY);
}

static void a_get_from_a_missing_table_fails_as_a_whole(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_REFUSED(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Tab", KEY("a", "1"), "") ", " KEYS_OF(
			"Absent", KEY("a", "1"), "") "}}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static void a_get_tells_bad_parameters_before_a_missing_table(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Absent", KEY("a", "1"), "") ", " KEYS_OF("Tab",
			KEY("a", "1"),
			", 'ProjectionExpression': 'v', 'AttributesToGet': ['v']") "}}",
		"Can not use both expression and non-expression parameters in the same request: "
		"Non-expression parameters: {AttributesToGet} Expression parameters: "
		"{ProjectionExpression}");
}

static void a_get_judges_names_table_by_table(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET,
		GET_WITH(KEY("a", "1"), "'ExpressionAttributeNames': {'#v': 'v'}"),
		"ExpressionAttributeNames can only be specified when using expressions");
	API_INVALID(&door, BATCH_GET,
		GET_WITH(KEY("a", "1"), "'ProjectionExpression': 'sk', "
					"'ExpressionAttributeNames': {'#v': 'v'}"),
		"Value provided in ExpressionAttributeNames unused in expressions: keys: {#v}");
	API_INVALID(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Tab", KEY("a", "1"),
			", 'ProjectionExpression': '#v', 'ExpressionAttributeNames': "
			"{'#v': 'v'}") ", " KEYS_OF("Plain", "{'pk': {'S': 'p'}}",
			", 'ProjectionExpression': '#v'") "}}",
		"Invalid ProjectionExpression: An expression attribute name used in the document "
		"path is not defined; attribute name: #v");
}

static void a_name_that_no_table_has_is_told(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_GET, "{'RequestItems': {" KEYS_OF("a b", KEY("a", "1"), "") "}}",
		ENVELOPE "Value 'a b' at 'tableName' failed to satisfy constraint: Member must "
			 "satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
	API_INVALID(&door, BATCH_WRITE, "{'RequestItems': {'': [" PUT_OF(KEY("a", "1")) "]}}",
		ENVELOPE "Value '' at 'tableName' failed to satisfy constraint: Member must have "
			 "length greater than or equal to 1");
}

static void a_get_costs_each_table_its_reads(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF("Tab",
			KEY("a", "1") ", " KEY("b", "1") ", " KEY("z", "1"),
			"") ", " KEYS_OF("Plain", "{'pk': {'S': 'p'}}",
			", 'ConsistentRead': true") "}, "
						    "'ReturnConsumedCapacity': 'TOTAL'}",
		"{'Responses':{'Tab':[{'pk':{'S':'a'},'sk':{'N':'1'},'v':{'S':'x'}},"
		"{'pk':{'S':'b'},'sk':{'N':'1'}}],'Plain':[]},'UnprocessedKeys':{},"
		"'ConsumedCapacity':[{'TableName':'Tab','CapacityUnits':1.5},"
		"{'TableName':'Plain','CapacityUnits':1.0}]}");
	API_ANSWER(&door, BATCH_GET,
		"{'RequestItems': {" KEYS_OF(
			"Tab", KEY("z", "1"), "") "}, "
						  "'ReturnConsumedCapacity': 'INDEXES'}",
		"{'Responses':{'Tab':[]},'UnprocessedKeys':{},'ConsumedCapacity':["
		"{'TableName':'Tab','CapacityUnits':0.5,'Table':{'CapacityUnits':0.5}}]}");
}

/* The greatest answer. */

#define LARGE      399990 /* bytes of an item, with its key and its name */
#define LARGE_FIT  41 /* of those in 16 MB */
#define LARGE_LEFT 4

/* So many items of that size in "Plain", and so many in "Other". */
static void put_large(struct door *door, const char *table, int count)
{
	char *bytes = arena_alloc(&door->arena, LARGE);

	memset(bytes, 'x', LARGE);
	for (int i = 0; i < count; i++) {
		struct slice pk = arena_printf(&door->arena, "%02d", i);
		struct member members[] = {
			{ SLICE("pk"), { .type = VALUE_S, .bytes = pk } },
			{ SLICE("v"),
				{ .type = VALUE_S, .bytes = slice_of(bytes, LARGE - 2 - 2 - 1) } },
		};
		struct item_write write = {
			.kind = ITEM_PUT,
			.table_name = slice_from_string(table),
			.item = map_of(&door->arena, members, 2),
		};

		door_write(door, &write, 1);
	}
}

static struct keys_and_attributes keys_of_large(struct door *door, const char *table, int count)
{
	struct map *keys = arena_alloc_array(&door->arena, (size_t)count, sizeof(*keys));

	for (int i = 0; i < count; i++) {
		struct member member = { SLICE("pk"),
			value_of_string(arena_printf(&door->arena, "%02d", i).data) };

		keys[i] = *map_of(&door->arena, &member, 1);
	}
	return (struct keys_and_attributes){
		.table_name = slice_from_string(table),
		.keys = { true, (size_t)count, keys },
		.consistent_read = { true, true },
		.projection_expression = SLICE("pk"),
	};
}

static void an_answer_holds_16_mb_at_most(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	struct keys_and_attributes keys = keys_of_large(&door, "Plain", LARGE_FIT + LARGE_LEFT);
	struct batch_get_item_input input = {
		.request_items = { true, 1, &keys },
		.return_consumed_capacity = SLICE("TOTAL"),
	};
	struct batch_get_item_output output = { 0 };
	const struct named_items *responses;
	const struct keys_and_attributes *left;
	const struct consumed_capacity *capacity;

	put_large(&door, "Plain", LARGE_FIT + LARGE_LEFT);
	CHECK_OK(door_run(&door, BATCH_GET, &input, &output), &door.err);
	responses = output.responses.items;
	CHECK_INT(responses[0].items.count, LARGE_FIT);
	CHECK_INT(output.unprocessed_keys.count, 1);
	left = output.unprocessed_keys.items;
	CHECK_TEXT(left->table_name, "Plain");
	CHECK_INT(left->keys.count, LARGE_LEFT);
	CHECK_TEXT(map_find(left->keys.items, SLICE("pk"))->bytes, "41");
	CHECK_TEXT(left->projection_expression, "pk");
	CHECK(left->consistent_read.value);
	capacity = output.consumed_capacity.items;
	CHECK_INT(capacity->capacity_units.value, LARGE_FIT * 98);
}

static void what_is_left_can_be_asked_for_again(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	struct keys_and_attributes keys = keys_of_large(&door, "Plain", LARGE_FIT + LARGE_LEFT);
	struct batch_get_item_input input = { .request_items = { true, 1, &keys } };
	struct batch_get_item_output output = { 0 }, again = { 0 };
	const struct named_items *responses;

	put_large(&door, "Plain", LARGE_FIT + LARGE_LEFT);
	CHECK_OK(door_run(&door, BATCH_GET, &input, &output), &door.err);
	input.request_items = output.unprocessed_keys;
	CHECK_OK(door_run(&door, BATCH_GET, &input, &again), &door.err);
	responses = again.responses.items;
	CHECK_INT(responses[0].items.count, LARGE_LEFT);
	CHECK_INT(again.unprocessed_keys.count, 0);
}

/* Not even small items of the tables that follow are read. */
static void a_full_answer_leaves_the_tables_that_follow(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	struct keys_and_attributes keys[] = {
		keys_of_large(&door, "Plain", LARGE_FIT + 1),
		keys_of_large(&door, "Other", 2),
	};
	struct batch_get_item_input input = { .request_items = { true, 2, keys } };
	struct batch_get_item_output output = { 0 };
	const struct keys_and_attributes *left;
	const struct named_items *responses;

	door_create_table(&door, "Other", "S", NULL);
	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Other': [" PUT_OF("{'pk': {'S': '00'}}") "]}}", ALL_WRITTEN);
	put_large(&door, "Plain", LARGE_FIT + 1);
	CHECK_OK(door_run(&door, BATCH_GET, &input, &output), &door.err);
	responses = output.responses.items;
	CHECK_INT(output.responses.count, 2);
	CHECK_INT(responses[1].items.count, 0);
	left = output.unprocessed_keys.items;
	CHECK_INT(output.unprocessed_keys.count, 2);
	CHECK_INT(left[0].keys.count, 1);
	CHECK_TEXT(left[1].table_name, "Other");
	CHECK_INT(left[1].keys.count, 2);
}

/* Writing. */

static void items_are_put_and_deleted_together(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Tab': [" PUT_OF(KEY("c", "1")) ", " DELETE_OF(
			KEY("a", "1")) ", " DELETE_OF(KEY("z",
			"9")) "], 'Plain': [" PUT_OF("{'pk': {'S': 'p'}}") "]}}",
		ALL_WRITTEN);
	CHECK_INT(count_items(&door, "Tab"), 3);
	CHECK_INT(count_items(&door, "Plain"), 1);
	API_ANSWER(&door, BATCH_GET, GET_KEYS(KEY("a", "1") ", " KEY("c", "1")),
		"{'Responses':{'Tab':[{'pk':{'S':'c'},'sk':{'N':'1'}}]},'UnprocessedKeys':{}}");
}

static void a_put_in_a_batch_replaces_the_item(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_WRITE,
		WRITE_OF(PUT_OF("{'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'w': {'S': 'y'}}")),
		ALL_WRITTEN);
	API_ANSWER(&door, GET, "{" T KEY1 "}",
		"{'Item':{'pk':{'S':'a'},'sk':{'N':'1'},'w':{'S':'y'}}}");
}

static void a_write_must_name_a_table(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_WRITE, "{'RequestItems': {}}",
		"The requestItems parameter is required for BatchWriteItem");
	API_INVALID(&door, BATCH_WRITE, "{}",
		ENVELOPE
		"Value null at 'requestItems' failed to satisfy constraint: Member must not "
		"be null");
	API_INVALID(&door, BATCH_WRITE, "{'RequestItems': {'Tab': []}}",
		ENVELOPE "Value '[]' at 'requestItems.Tab.member' failed to satisfy constraint: "
			 "Member must have length greater than or equal to 1");
}

static void a_write_is_either_a_put_or_a_delete(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	static const char message[] =
		"Supplied AttributeValue has more than one datatypes set, must contain exactly one "
		"of the supported datatypes";

	API_INVALID(&door, BATCH_WRITE, WRITE_OF("{}"), message);
	API_INVALID(&door, BATCH_WRITE,
		WRITE_OF("{'PutRequest': {'Item': " KEY(
			"a", "1") "}, 'DeleteRequest': {'Key': " KEY("a", "1") "}}"),
		message);
}

static void twenty_five_writes_are_the_most(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	const char *put = PUT_OF("{'pk': {'S': 'm%'}}");
	const char *delete = DELETE_OF("{'pk': {'S': 'a'}, 'sk': {'N': '%'}}");
	struct slice json =
		arena_printf(&door.arena, "{'RequestItems': {'Plain': [%s], 'Tab': [%s]}}",
			repeat(&door, put, 0, 20), repeat(&door, delete, 0, 5));

	API_ANSWER(&door, BATCH_WRITE, json.data, ALL_WRITTEN);
	CHECK_INT(count_items(&door, "Plain"), 20);
	CHECK_INT(count_items(&door, "Tab"), 1);
	json = arena_printf(&door.arena, "{'RequestItems': {'Plain': [%s], 'Tab': [%s]}}",
		repeat(&door, put, 20, 20), repeat(&door, delete, 0, 6));
	API_INVALID(&door, BATCH_WRITE, json.data,
		"Too many items requested for the BatchWriteItem call");
	CHECK_INT(count_items(&door, "Plain"), 20);
}

static void two_writes_of_one_item_are_refused(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_WRITE, WRITE_OF(PUT_OF(KEY("c", "1")) ", " PUT_OF(KEY("c", "1"))),
		DUPLICATES);
	API_INVALID(&door, BATCH_WRITE,
		WRITE_OF(PUT_OF(KEY("c", "1")) ", " DELETE_OF(KEY("c", "1.0"))), DUPLICATES);
	CHECK_INT(count_items(&door, "Tab"), 3);
}

static void one_key_may_be_written_in_two_tables(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	door_create_table(&door, "Other", "S", NULL);
	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Plain': [" PUT_OF("{'pk': {'S': 'p'}}") "], 'Other': [" PUT_OF(
			"{'pk': {'S': 'p'}}") "]}}",
		ALL_WRITTEN);
	CHECK_INT(count_items(&door, "Other"), 1);
}

/* A batch of a good write and one that is refused writes nothing. */
static void check_refused(
	struct door *door, const char *write, enum error_class class, const char *message)
{
	struct slice json =
		arena_printf(&door->arena, WRITE_OF(PUT_OF(KEY("good", "1")) ", %s"), write);

	API_REFUSED(door, BATCH_WRITE, json.data, class, message);
	CHECK_INT(count_items(door, "Tab"), 3);
}

static void a_bad_key_keeps_out_the_whole_batch(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	check_refused(
		&door, PUT_OF("{'pk': {'N': '1'}, 'sk': {'N': '1'}}"), ERROR_VALIDATION, UNFIT_KEY);
	check_refused(
		&door, PUT_OF("{'pk': {'S': 'c'}, 'sk': {'S': '1'}}"), ERROR_VALIDATION, UNFIT_KEY);
	check_refused(&door, PUT_OF("{'pk': {'S': 'c'}}"), ERROR_VALIDATION,
		WERE_INVALID "Missing the key sk in the item");
	check_refused(
		&door, PUT_OF("{'pk': {'S': ''}, 'sk': {'N': '1'}}"), ERROR_KEY_EMPTY, EMPTY_KEY);
	check_refused(&door, DELETE_OF("{'pk': {'S': 'c'}}"), ERROR_VALIDATION, UNFIT_KEY);
	check_refused(&door, DELETE_OF("{'pk': {'S': 'c'}, 'sk': {'S': '1'}}"), ERROR_VALIDATION,
		UNFIT_KEY);
}

static void a_bad_item_keeps_out_the_whole_batch(void)
{
	struct door door CLEANUP(door_release) = batch_new();
	struct buf large CLEANUP(buf_release) = BUF_INIT;

	check_refused(&door, PUT_OF("{'pk': {'S': 'c'}, 'sk': {'N': '1'}, 'g': {'N': '1'}}"),
		ERROR_VALIDATION,
		WERE_INVALID "Type mismatch for Index Key g Expected: S Actual: N IndexName: all");
	check_refused(&door, PUT_OF("{'pk': {'S': 'c'}, 'sk': {'N': '1'}, 'v': {'SS': []}}"),
		ERROR_VALIDATION, WERE_INVALID "An string set  may not be empty");
	for (int i = 0; i < 410 * 1024; i++)
		buf_append_char(&large, 'x');
	check_refused(&door,
		arena_printf(&door.arena,
			"{'PutRequest': {'Item': {'pk': {'S': 'c'}, 'sk': {'N': '1'}, 'v': "
			"{'S': '%s'}}}}",
			buf_string(&large))
			.data,
		ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
}

static void a_missing_table_keeps_out_the_whole_batch(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_REFUSED(&door, BATCH_WRITE,
		"{'RequestItems': {'Tab': [" PUT_OF(KEY("c", "1")) "], 'Absent': [" PUT_OF(
			KEY("c", "1")) "]}}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	CHECK_INT(count_items(&door, "Tab"), 3);
}

static void a_write_tells_bad_values_before_a_missing_table(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_INVALID(&door, BATCH_WRITE,
		"{'RequestItems': {'Absent': [" PUT_OF("{'pk': {'S': 'c'}, 'v': {'NS': []}}") "]}}",
		WERE_INVALID "An number set  may not be empty");
}

static void a_write_costs_each_table_and_index(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Tab': [" PUT_OF(
			"{'pk': {'S': 'c'}, 'sk': {'N': '1'}, 'g': {'S': 'g'}}") ", " DELETE_OF(KEY("a",
			"1")) "], 'Plain': [" DELETE_OF("{'pk': {'S': 'p'}}") "]}, "
									      "'ReturnConsumedCapacity': 'INDEXES'}",
		"{'UnprocessedItems':{},'ConsumedCapacity':[{'TableName':'Tab','CapacityUnits':3.0,"
		"'Table':{'CapacityUnits':2.0},'GlobalSecondaryIndexes':{"
		"'keys':{'CapacityUnits':1.0}}},{'TableName':'Plain','CapacityUnits':1.0,"
		"'Table':{'CapacityUnits':1.0}}]}");
	API_ANSWER(&door, BATCH_WRITE,
		WRITE_AND(PUT_OF(KEY("d", "1")), "'ReturnConsumedCapacity': 'TOTAL'"),
		"{'UnprocessedItems':{},'ConsumedCapacity':[{'TableName':'Tab',"
		"'CapacityUnits':1.0}]}");
}

static void collections_are_told_once_each(void)
{
	struct door door CLEANUP(door_release) = batch_new();

	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Tab': [" PUT_OF(KEY("c", "1")) ", " PUT_OF(
			KEY("c", "2")) ", " DELETE_OF(KEY("b",
			"1")) "], 'Plain': [" PUT_OF("{'pk': {'S': 'p'}}") "]}, 'ReturnItemCollectionMetrics': 'SIZE'}",
		"{'UnprocessedItems':{},'ItemCollectionMetrics':{'Tab':["
		"{'ItemCollectionKey':{'pk':{'S':'c'}},'SizeEstimateRangeGB':[0.0,1.0]},"
		"{'ItemCollectionKey':{'pk':{'S':'b'}},'SizeEstimateRangeGB':[0.0,1.0]}]}}");
	API_ANSWER(&door, BATCH_WRITE,
		"{'RequestItems': {'Plain': [" PUT_OF(
			"{'pk': {'S': 'p'}}") "]}, "
					      "'ReturnItemCollectionMetrics': 'SIZE'}",
		ALL_WRITTEN);
}

static const struct test_case cases[] = {
	{ "items are got by table", items_are_got_by_table },
	{ "items that are not there are left out", items_that_are_not_there_are_left_out },
	{ "a table without a found item is answered empty",
		a_table_without_a_found_item_is_answered_empty },
	{ "each table has its own projection", each_table_has_its_own_projection },
	{ "an item without a chosen attribute is answered empty",
		an_item_without_a_chosen_attribute_is_answered_empty },
	{ "a get must name a table", a_get_must_name_a_table },
	{ "each table of a get must have keys", each_table_of_a_get_must_have_keys },
	{ "a hundred keys can be got", a_hundred_keys_can_be_got },
	{ "the hundred keys are of all tables together",
		the_hundred_keys_are_of_all_tables_together },
	{ "a key is got only once", a_key_is_got_only_once },
	{ "a key may be got from two tables", a_key_may_be_got_from_two_tables },
	{ "a key to get must be of the schema", a_key_to_get_must_be_of_the_schema },
	{ "a get from a missing table fails as a whole",
		a_get_from_a_missing_table_fails_as_a_whole },
	{ "a get tells bad parameters before a missing table",
		a_get_tells_bad_parameters_before_a_missing_table },
	{ "a get judges names table by table", a_get_judges_names_table_by_table },
	{ "a name that no table has is told", a_name_that_no_table_has_is_told },
	{ "a get costs each table its reads", a_get_costs_each_table_its_reads },
	{ "an answer holds 16 MB at most", an_answer_holds_16_mb_at_most },
	{ "what is left can be asked for again", what_is_left_can_be_asked_for_again },
	{ "a full answer leaves the tables that follow",
		a_full_answer_leaves_the_tables_that_follow },
	{ "items are put and deleted together", items_are_put_and_deleted_together },
	{ "a put in a batch replaces the item", a_put_in_a_batch_replaces_the_item },
	{ "a write must name a table", a_write_must_name_a_table },
	{ "a write is either a put or a delete", a_write_is_either_a_put_or_a_delete },
	{ "twenty-five writes are the most", twenty_five_writes_are_the_most },
	{ "two writes of one item are refused", two_writes_of_one_item_are_refused },
	{ "one key may be written in two tables", one_key_may_be_written_in_two_tables },
	{ "a bad key keeps out the whole batch", a_bad_key_keeps_out_the_whole_batch },
	{ "a bad item keeps out the whole batch", a_bad_item_keeps_out_the_whole_batch },
	{ "a missing table keeps out the whole batch", a_missing_table_keeps_out_the_whole_batch },
	{ "a write tells bad values before a missing table",
		a_write_tells_bad_values_before_a_missing_table },
	{ "a write costs each table and index", a_write_costs_each_table_and_index },
	{ "collections are told once each", collections_are_told_once_each },
};
TEST_MAIN(cases)
