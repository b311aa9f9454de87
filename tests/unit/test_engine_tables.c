#undef NDEBUG
#include "engine_fixture.h"

#define CREATE OPERATION_CREATE_TABLE

#define NAME        "'TableName': 'Movies'"
#define DEFINITIONS "'AttributeDefinitions': ["
#define YEAR        "{'AttributeName': 'year', 'AttributeType': 'N'}"
#define TITLE       "{'AttributeName': 'title', 'AttributeType': 'S'}"
#define KEYS        "'KeySchema': ["
#define HASH_YEAR   "{'AttributeName': 'year', 'KeyType': 'HASH'}"
#define RANGE_TITLE "{'AttributeName': 'title', 'KeyType': 'RANGE'}"
#define ON_DEMAND   "'BillingMode': 'PAY_PER_REQUEST'"
#define PAIR        NAME ", " DEFINITIONS YEAR ", " TITLE "], " KEYS HASH_YEAR ", " RANGE_TITLE "], "
#define SIMPLE      NAME ", " DEFINITIONS YEAR "], " KEYS HASH_YEAR "], "

#define INVALID "One or more parameter values were invalid: "

static void check_create_invalid(const char *json, const char *message)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, CREATE, json, message);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{}", "{'TableNames':[]}");
}

static void the_first_key_must_be_the_partition_key(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS TITLE "], " KEYS RANGE_TITLE "], " ON_DEMAND
			     "}",
		"Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
}

static void the_second_key_must_be_the_sort_key(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS YEAR ", " TITLE "], " KEYS HASH_YEAR
			     ", {'AttributeName': 'title', 'KeyType': 'HASH'}], " ON_DEMAND "}",
		"Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
}

static void the_two_keys_must_differ(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS YEAR "], " KEYS HASH_YEAR
			     ", {'AttributeName': 'year', 'KeyType': 'RANGE'}], " ON_DEMAND "}",
		"Both the Hash Key and the Range Key element in the KeySchema have the same name");
}

static void a_lone_key_must_be_defined(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS TITLE "], " KEYS HASH_YEAR "], " ON_DEMAND
			     "}",
		INVALID "Some index key attributes are not defined in AttributeDefinitions. "
			"Keys: [year], AttributeDefinitions: [title]");
}

static void a_key_of_two_must_be_defined(void)
{
	static const char message[] =
		"Invalid KeySchema: Some index key attribute have no definition";

	check_create_invalid("{" NAME ", " DEFINITIONS YEAR "], " KEYS HASH_YEAR ", " RANGE_TITLE
			     "], " ON_DEMAND "}",
		message);
	check_create_invalid(
		"{" NAME ", " DEFINITIONS "], " KEYS HASH_YEAR "], " ON_DEMAND "}", message);
}

static void every_definition_must_be_of_a_key(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS YEAR ", " TITLE "], " KEYS HASH_YEAR
			     "], " ON_DEMAND "}",
		INVALID "Number of attributes in KeySchema does not exactly match number of "
			"attributes defined in AttributeDefinitions");
}

static void a_definition_must_not_be_repeated(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS YEAR ", " YEAR "], " KEYS HASH_YEAR
			     "], " ON_DEMAND "}",
		"Cannot have two attributes with the same name");
}

static void provisioned_throughput_must_be_given(void)
{
	static const char message[] = INVALID "ReadCapacityUnits and WriteCapacityUnits must both "
					      "be specified when BillingMode is PROVISIONED";

	check_create_invalid("{" SIMPLE "'BillingMode': 'PROVISIONED'}", message);
	check_create_invalid("{" SIMPLE "'TableClass': 'STANDARD'}", message);
}

#define THROUGHPUT(read, write) \
	"'ProvisionedThroughput': {'ReadCapacityUnits': " read ", 'WriteCapacityUnits': " write "}"

static void a_table_on_demand_has_no_throughput(void)
{
	check_create_invalid("{" SIMPLE ON_DEMAND ", " THROUGHPUT("1", "1") "}",
		INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
			"BillingMode is PAY_PER_REQUEST");
}

static void throughput_has_an_upper_bound(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, CREATE, "{" SIMPLE THROUGHPUT("1000000000001", "1000000000001") "}",
		"Given value 1000000000001 for ReadCapacityUnits is out of bounds");
	CHECK_INVALID(&door, CREATE, "{" SIMPLE THROUGHPUT("1", "1000000000001") "}",
		"Given value 1000000000001 for WriteCapacityUnits is out of bounds");
	CHECK_CALL(&door, CREATE, "{" SIMPLE THROUGHPUT("1000000000000", "1000000000000") "}");
}

static void throughput_is_judged_before_the_keys(void)
{
	check_create_invalid("{" NAME ", " DEFINITIONS "], " KEYS RANGE_TITLE "]}",
		INVALID "ReadCapacityUnits and WriteCapacityUnits must both be specified when "
			"BillingMode is PROVISIONED");
}

static void a_table_can_be_made_only_once(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, CREATE, "{" PAIR ON_DEMAND "}");
	CHECK_REFUSED(&door, CREATE, "{" SIMPLE ON_DEMAND "}", ERROR_TABLE_IN_USE,
		"Table already exists: Movies");
}

static void names_of_tables_differ_by_case(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "abc", "S", NULL);
	door_create_table(&door, "Abc", "S", NULL);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{}", "{'TableNames':['Abc','abc']}");
}

static const struct table_facts *describe(struct door *door, const char *name)
{
	struct describe_table_input input = { .table_name = slice_from_string(name) };
	struct describe_table_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_DESCRIBE_TABLE, &input, &output), &door->err);
	return output.table;
}

/* The JSON of a table's facts, without what differs from run to run. */
static const char *timeless(struct door *door, const struct table_facts *facts)
{
	struct billing_mode_summary billing;
	struct table_facts copy = *facts;

	copy.creation_date_time = 0;
	copy.table_id = slice_of(NULL, 0);
	if (copy.billing_mode_summary) {
		billing = *copy.billing_mode_summary;
		billing.last_update_to_pay_per_request = 0;
		copy.billing_mode_summary = &billing;
	}
	buf_clear(&door->answer);
	wire_write(
		operations[OPERATION_DESCRIBE_TABLE].output->fields[0].shape, &copy, &door->answer);
	return buf_string(&door->answer);
}

static void a_table_on_demand_is_described(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, CREATE, "{" PAIR ON_DEMAND "}");
	CHECK_TEXT(slice_from_string(timeless(&door, describe(&door, "Movies"))),
		door_json(&door.arena,
			"{'AttributeDefinitions':[{'AttributeName':'year','AttributeType':'N'},"
			"{'AttributeName':'title','AttributeType':'S'}],'TableName':'Movies',"
			"'KeySchema':[{'AttributeName':'year','KeyType':'HASH'},"
			"{'AttributeName':'title','KeyType':'RANGE'}],'TableStatus':'ACTIVE',"
			"'ProvisionedThroughput':{'NumberOfDecreasesToday':0,"
			"'ReadCapacityUnits':0,'WriteCapacityUnits':0},'TableSizeBytes':0,"
			"'ItemCount':0,'TableArn':"
			"'arn:aws:dynamodb:us-east-1:123456789012:table/Movies',"
			"'BillingModeSummary':{'BillingMode':'PAY_PER_REQUEST'},"
			"'DeletionProtectionEnabled':false}")
			.data);
}

static void a_provisioned_table_is_described(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, CREATE,
		"{" SIMPLE THROUGHPUT("3", "4") ", 'TableClass': 'STANDARD_INFREQUENT_ACCESS', "
						"'DeletionProtectionEnabled': true}");
	CHECK_TEXT(slice_from_string(timeless(&door, describe(&door, "Movies"))),
		door_json(&door.arena,
			"{'AttributeDefinitions':[{'AttributeName':'year','AttributeType':'N'}],"
			"'TableName':'Movies','KeySchema':[{'AttributeName':'year','KeyType':"
			"'HASH'}],'TableStatus':'ACTIVE','ProvisionedThroughput':{"
			"'NumberOfDecreasesToday':0,'ReadCapacityUnits':3,'WriteCapacityUnits':4},"
			"'TableSizeBytes':0,'ItemCount':0,'TableArn':"
			"'arn:aws:dynamodb:us-east-1:123456789012:table/Movies',"
			"'TableClassSummary':{'TableClass':'STANDARD_INFREQUENT_ACCESS'},"
			"'DeletionProtectionEnabled':true}")
			.data);
}

static void a_table_says_once_that_it_is_being_made(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, CREATE, "{" SIMPLE ON_DEMAND "}");
	CHECK(strstr(buf_string(&door.answer), "\"TableStatus\":\"CREATING\""));
	CHECK_TEXT(describe(&door, "Movies")->table_status, "ACTIVE");
}

static void a_table_keeps_its_id_and_another_of_the_name_has_another(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice first, again;

	door_create_table(&door, "abc", "S", NULL);
	first = describe(&door, "abc")->table_id;
	CHECK_INT(first.len, 36);
	CHECK(slice_equal(first, describe(&door, "abc")->table_id));
	CHECK_CALL(&door, OPERATION_DELETE_TABLE, "{'TableName': 'abc'}");
	door_create_table(&door, "abc", "S", NULL);
	again = describe(&door, "abc")->table_id;
	CHECK(!slice_equal(first, again));
}

static void a_description_counts_items_and_bytes(void)
{
	struct door door CLEANUP(door_release) = door_new();
	const struct table_facts *facts;

	door_create_table(&door, "abc", "S", NULL);
	CHECK_CALL(&door, OPERATION_PUT_ITEM,
		"{'TableName': 'abc', 'Item': {'pk': {'S': 'a'}, 'v': {'S': 'xyz'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'abc', 'Item': {'pk': {'S': 'b'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'abc', 'Item': {'pk': {'S': 'a'}}}");
	CHECK_CALL(&door, OPERATION_DELETE_ITEM, "{'TableName': 'abc', 'Key': {'pk': {'S': 'b'}}}");
	facts = describe(&door, "abc");
	CHECK_INT(facts->item_count.value, 1);
	CHECK_INT(facts->table_size_bytes.value, 3);
	CHECK_INT(facts->items_inserted, 2);
	CHECK_INT(facts->items_modified, 1);
	CHECK_INT(facts->items_removed, 1);
}

static void region_and_account_are_those_of_the_options(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct engine_options options = { .region = "eu-west-1", .account = "000000000001" };

	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	door_create_table(&door, "abc", "S", NULL);
	CHECK_TEXT(describe(&door, "abc")->table_arn,
		"arn:aws:dynamodb:eu-west-1:000000000001:table/abc");
}

static void control_operations_name_the_table_that_is_not_there(void)
{
	struct door door CLEANUP(door_release) = door_new();
	static const char message[] = "Requested resource not found: Table: abc not found";

	CHECK_REFUSED(&door, OPERATION_DESCRIBE_TABLE, "{'TableName': 'abc'}",
		ERROR_TABLE_NOT_FOUND, message);
	CHECK_REFUSED(&door, OPERATION_DELETE_TABLE, "{'TableName': 'abc'}", ERROR_TABLE_NOT_FOUND,
		message);
}

static void control_operations_tell_names_that_no_table_has(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, OPERATION_DESCRIBE_TABLE, "{'TableName': 'ab'}",
		"TableName must be at least 3 characters long and at most 255 characters long");
	CHECK_INVALID(&door, OPERATION_DELETE_TABLE, "{'TableName': 'a b'}",
		"1 validation error detected: Value 'a b' at 'tableName' failed to satisfy "
		"constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+");
}

static void tables_are_listed_by_name_a_hundred_at_a_time(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct list_tables_input input = { .limit = { false, 0 } };
	struct list_tables_output output = { 0 };
	const struct slice *names;

	for (int i = 0; i < 103; i++)
		door_create_table(
			&door, arena_printf(&door.arena, "table-%03d", 102 - i).data, "S", NULL);
	CHECK_OK(door_run(&door, OPERATION_LIST_TABLES, &input, &output), &door.err);
	CHECK_INT(output.table_names.count, 100);
	names = output.table_names.items;
	CHECK_TEXT(names[0], "table-000");
	CHECK_TEXT(output.last_evaluated_table_name, "table-099");
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': 'table-099'}",
		"{'TableNames':['table-100','table-101','table-102']}");
}

static void a_page_of_tables_tells_its_last_only_when_more_follow(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "aaa", "S", NULL);
	door_create_table(&door, "bbb", "S", NULL);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{'Limit': 1}",
		"{'TableNames':['aaa'],'LastEvaluatedTableName':'aaa'}");
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{'Limit': 2}", "{'TableNames':['aaa','bbb']}");
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{'Limit': 2, 'ExclusiveStartTableName': 'bbb'}",
		"{'TableNames':[]}");
}

static void a_listing_may_begin_after_a_table_that_is_not_there(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "aaa", "S", NULL);
	door_create_table(&door, "ccc", "S", NULL);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': 'bbb'}",
		"{'TableNames':['ccc']}");
}

static void a_deleted_table_is_gone_with_its_items(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "abc", "S", NULL);
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'abc', 'Item': {'pk': {'S': 'a'}}}");
	CHECK_CALL(&door, OPERATION_DELETE_TABLE, "{'TableName': 'abc'}");
	CHECK_REFUSED(&door, OPERATION_SCAN, "{'TableName': 'abc'}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found");
	door_create_table(&door, "abc", "S", NULL);
	CHECK_ANSWER(&door, OPERATION_SCAN, "{'TableName': 'abc'}",
		"{'Items':[],'Count':0,'ScannedCount':0}");
}

static void the_answer_to_a_deletion_has_no_keys(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "abc", "S", NULL);
	CHECK_CALL(&door, OPERATION_DELETE_TABLE, "{'TableName': 'abc'}");
	CHECK(strstr(buf_string(&door.answer), "\"TableStatus\":\"DELETING\""));
	CHECK(!strstr(buf_string(&door.answer), "KeySchema"));
	CHECK(!strstr(buf_string(&door.answer), "AttributeDefinitions"));
}

static void a_protected_table_is_not_deleted(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, CREATE, "{" SIMPLE ON_DEMAND ", 'DeletionProtectionEnabled': true}");
	CHECK_INVALID(&door, OPERATION_DELETE_TABLE, "{'TableName': 'Movies'}",
		"Resource cannot be deleted as it is currently protected against deletion. Disable "
		"deletion protection first.");
	CHECK_TEXT(describe(&door, "Movies")->table_name, "Movies");
}

static int delete_if_empty(struct door *door, const char *name)
{
	struct delete_table_input input = {
		.table_name = slice_from_string(name),
		.only_if_empty = true,
	};
	struct delete_table_output output = { 0 };

	return door_run(door, OPERATION_DELETE_TABLE, &input, &output);
}

static void only_an_empty_table_is_deleted_if_empty(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "abc", "S", NULL);
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'abc', 'Item': {'pk': {'S': 'a'}}}");
	CHECK_INT(delete_if_empty(&door, "abc"), -1);
	CHECK_INT(door.err.class, ERROR_TABLE_NOT_EMPTY);
	error_release(&door.err);
	CHECK_CALL(&door, OPERATION_DELETE_ITEM, "{'TableName': 'abc', 'Key': {'pk': {'S': 'a'}}}");
	CHECK_OK(delete_if_empty(&door, "abc"), &door.err);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{}", "{'TableNames':[]}");
}

static int check_only(struct door *door, struct slice name, struct slice key)
{
	struct attribute_definition definition = { SLICE("pk"), SLICE("S") };
	struct key_schema_element element = { key, SLICE("HASH") };
	struct create_table_input input = {
		.table_name = name,
		.attribute_definitions = { true, 1, &definition },
		.key_schema = { true, 1, &element },
		.billing_mode = SLICE("PAY_PER_REQUEST"),
		.check_only = true,
	};
	struct create_table_output output = { 0 };

	return door_run(door, OPERATION_CREATE_TABLE, &input, &output);
}

static void a_table_that_is_only_checked_is_not_made(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_OK(check_only(&door, SLICE("abc"), SLICE("pk")), &door.err);
	CHECK_ANSWER(&door, OPERATION_LIST_TABLES, "{}", "{'TableNames':[]}");
}

static void a_table_that_is_only_checked_has_every_fault(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INT(check_only(&door, SLICE("a"), SLICE("pk")), -1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	error_release(&door.err);
	CHECK_INT(check_only(&door, SLICE("abc"), SLICE("other")), -1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	error_release(&door.err);
	door_create_table(&door, "abc", "S", NULL);
	CHECK_INT(check_only(&door, SLICE("abc"), SLICE("pk")), -1);
	CHECK_ERROR(&door.err, ERROR_TABLE_IN_USE, "Table already exists: abc");
}

static void tables_are_there_after_a_restart(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct engine_options options = { .cache_bytes = 0 };
	struct slice id;

	CHECK_CALL(&door, CREATE, "{" PAIR THROUGHPUT("3", "4") "}");
	id = describe(&door, "Movies")->table_id;
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK(slice_equal(id, describe(&door, "Movies")->table_id));
	CHECK_INT(describe(&door, "Movies")->provisioned_throughput->write_capacity_units.value, 4);
}

static void storage_is_described_with_all_tables(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct describe_storage_output output = { 0 };

	door_create_table(&door, "aaa", "S", NULL);
	door_create_table(&door, "bbb", "S", NULL);
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'aaa', 'Item': {'pk': {'S': 'a'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'bbb', 'Item': {'pk': {'S': 'a'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'bbb', 'Item': {'pk': {'S': 'b'}}}");
	CHECK_OK(door_run(&door, OPERATION_LOCAL_DESCRIBE_STORAGE, NULL, &output), &door.err);
	CHECK_INT(output.tables, 2);
	CHECK_INT(output.items, 3);
	CHECK(output.bytes_used > 0);
	CHECK(output.bytes_free > 0);
}

static void a_flush_succeeds(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_OK(door_run(&door, OPERATION_LOCAL_SYNC, NULL, NULL), &door.err);
}

/* What would take minutes if each were compared with all others. */
#define VERY_MANY 100000

/* The text with its %s replaced by that many elements, each with its number
 * between two parts. */
static const char *with_elements(
	struct door *door, const char *text, const char *before, const char *after)
{
	struct buf elements CLEANUP(buf_release) = BUF_INIT;
	const char *at = strstr(text, "%s");

	buf_append(&elements, text, (size_t)(at - text));
	for (unsigned i = 0; i < test_rounds(VERY_MANY); i++)
		buf_appendf(&elements, "%s%s%u%s", i ? "," : "", before, i, after);
	buf_append_string(&elements, at + 2);
	return arena_copy(&door->arena, buf_slice(&elements)).data;
}

static void very_many_elements_are_refused_in_time(void)
{
	struct door door CLEANUP(door_release) = door_new();
	const char *definitions =
		"{" NAME ", 'AttributeDefinitions': [%s], " KEYS HASH_YEAR "], " ON_DEMAND "}";

	CHECK_INT(door_call(&door, OPERATION_CREATE_TABLE,
			  with_elements(&door, definitions, "{'AttributeName': 'a",
				  "', 'AttributeType': 'S'}")),
		-1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	error_release(&door.err);
	CHECK_CALL(&door, OPERATION_CREATE_TABLE, "{" SIMPLE ON_DEMAND "}");
	CHECK_REFUSED(&door, OPERATION_TAG_RESOURCE,
		with_elements(&door,
			"{'ResourceArn': 'arn:aws:dynamodb:us-east-1:123456789012:table/Movies', "
			"'Tags': [%s]}",
			"{'Key': 'a", "', 'Value': ''}"),
		ERROR_VALIDATION, INVALID "Too many tags: tag limit is 50");
	CHECK_REFUSED(&door, OPERATION_UPDATE_TABLE,
		with_elements(&door, "{" NAME ", 'GlobalSecondaryIndexUpdates': [%s]}",
			"{'Delete': {'IndexName': 'a-", "'}}"),
		ERROR_LIMIT_EXCEEDED,
		"Subscriber limit exceeded: Only 1 online index can be created or deleted "
		"simultaneously per table");
}

static const struct test_case cases[] = {
	{ "the first key must be the partition key", the_first_key_must_be_the_partition_key },
	{ "the second key must be the sort key", the_second_key_must_be_the_sort_key },
	{ "the two keys must differ", the_two_keys_must_differ },
	{ "a lone key must be defined", a_lone_key_must_be_defined },
	{ "a key of two must be defined", a_key_of_two_must_be_defined },
	{ "every definition must be of a key", every_definition_must_be_of_a_key },
	{ "a definition must not be repeated", a_definition_must_not_be_repeated },
	{ "provisioned throughput must be given", provisioned_throughput_must_be_given },
	{ "a table on demand has no throughput", a_table_on_demand_has_no_throughput },
	{ "throughput has an upper bound", throughput_has_an_upper_bound },
	{ "throughput is judged before the keys", throughput_is_judged_before_the_keys },
	{ "a table can be made only once", a_table_can_be_made_only_once },
	{ "names of tables differ by case", names_of_tables_differ_by_case },
	{ "a table on demand is described", a_table_on_demand_is_described },
	{ "a provisioned table is described", a_provisioned_table_is_described },
	{ "a table says once that it is being made", a_table_says_once_that_it_is_being_made },
	{ "a table keeps its id, and another of the name has another",
		a_table_keeps_its_id_and_another_of_the_name_has_another },
	{ "a description counts items and bytes", a_description_counts_items_and_bytes },
	{ "region and account are those of the options",
		region_and_account_are_those_of_the_options },
	{ "control operations name the table that is not there",
		control_operations_name_the_table_that_is_not_there },
	{ "control operations tell names that no table has",
		control_operations_tell_names_that_no_table_has },
	{ "tables are listed by name, a hundred at a time",
		tables_are_listed_by_name_a_hundred_at_a_time },
	{ "a page of tables tells its last only when more follow",
		a_page_of_tables_tells_its_last_only_when_more_follow },
	{ "a listing may begin after a table that is not there",
		a_listing_may_begin_after_a_table_that_is_not_there },
	{ "a deleted table is gone with its items", a_deleted_table_is_gone_with_its_items },
	{ "the answer to a deletion has no keys", the_answer_to_a_deletion_has_no_keys },
	{ "a protected table is not deleted", a_protected_table_is_not_deleted },
	{ "only an empty table is deleted if empty", only_an_empty_table_is_deleted_if_empty },
	{ "a table that is only checked is not made", a_table_that_is_only_checked_is_not_made },
	{ "a table that is only checked has every fault",
		a_table_that_is_only_checked_has_every_fault },
	{ "tables are there after a restart", tables_are_there_after_a_restart },
	{ "storage is described with all tables", storage_is_described_with_all_tables },
	{ "a flush succeeds", a_flush_succeeds },
	{ "very many elements are refused in time", very_many_elements_are_refused_in_time },
};
TEST_MAIN(cases)
