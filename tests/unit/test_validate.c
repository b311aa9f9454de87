#undef NDEBUG
#include "api/validate.h"
#include "engine_fixture.h"

/* Reads and validates a request's JSON: 0, or -1 with the error. */
static int validate(
	enum operation_id operation, const char *json, struct arena *arena, struct error *err)
{
	const struct request_shape *shape = operations[operation].input;
	void *input = arena_alloc_zero(arena, shape->size);

	CHECK_OK(wire_read(shape, door_json(arena, json), arena, input, err), err);
	return validate_input(shape, input, err);
}

static void check_valid(enum operation_id operation, const char *json)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(validate(operation, json, &arena, &err), &err);
}

static void check_invalid(enum operation_id operation, const char *json, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(validate(operation, json, &arena, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

#define ONE        "1 validation error detected: "
#define TWO        "2 validation errors detected: "
#define FAILED     " failed to satisfy constraint: Member must "
#define IS_NULL(m) "Value null at '" m "'" FAILED "not be null"

static void a_missing_member_is_told(void)
{
	check_invalid(OPERATION_DESCRIBE_TABLE, "{}", ONE IS_NULL("tableName"));
}

static void several_failures_are_told_together(void)
{
	check_invalid(OPERATION_GET_ITEM, "{}", TWO IS_NULL("key") "; " IS_NULL("tableName"));
}

static void a_name_that_is_too_short_is_told(void)
{
	check_invalid(OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': 'ab'}",
		ONE "Value 'ab' at 'exclusiveStartTableName'" FAILED
		    "have length greater than or equal to 3");
}

static void a_name_that_is_too_long_is_told(void)
{
	struct buf json CLEANUP(buf_release) = BUF_INIT;
	struct buf message CLEANUP(buf_release) = BUF_INIT;
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	while (name.len < 256)
		buf_append_char(&name, 'n');
	buf_appendf(&json, "{'ExclusiveStartTableName': '%s'}", buf_string(&name));
	buf_appendf(&message,
		ONE "Value '%s' at 'exclusiveStartTableName'" FAILED
		    "have length less than or equal to 255",
		buf_string(&name));
	check_invalid(OPERATION_LIST_TABLES, buf_string(&json), buf_string(&message));
}

static void a_name_may_have_its_least_and_its_greatest_length(void)
{
	struct buf json CLEANUP(buf_release) = BUF_INIT;

	check_valid(OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': 'abc'}");
	buf_append_string(&json, "{'ExclusiveStartTableName': '");
	for (int i = 0; i < 255; i++)
		buf_append_char(&json, 'n');
	buf_append_string(&json, "'}");
	check_valid(OPERATION_LIST_TABLES, buf_string(&json));
}

#define PATTERN FAILED "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"

static void a_pattern_is_told_before_a_length(void)
{
	check_invalid(OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': 'a;'}",
		TWO "Value 'a;' at 'exclusiveStartTableName'" PATTERN
		    "; Value 'a;' at 'exclusiveStartTableName'" FAILED
		    "have length greater than or equal to 3");
}

static void an_empty_new_name_breaks_pattern_and_length(void)
{
	check_invalid(OPERATION_LIST_TABLES, "{'ExclusiveStartTableName': ''}",
		TWO "Value '' at 'exclusiveStartTableName'" PATTERN
		    "; Value '' at 'exclusiveStartTableName'" FAILED
		    "have length greater than or equal to 3");
}

static void an_empty_table_name_to_look_up_is_told_once(void)
{
	check_invalid(OPERATION_GET_ITEM, "{'TableName': '', 'Key': {}}",
		ONE "Value '' at 'tableName'" FAILED "have length greater than or equal to 1");
}

static void every_character_of_a_name_is_looked_at(void)
{
	check_valid(OPERATION_SCAN, "{'TableName': 'azAZ09_.-'}");
	check_invalid(
		OPERATION_SCAN, "{'TableName': 'ab/'}", ONE "Value 'ab/' at 'tableName'" PATTERN);
	check_invalid(OPERATION_SCAN, "{'TableName': 'a\xC3\xA9'}",
		ONE "Value 'a\xC3\xA9' at 'tableName'" PATTERN);
}

static void a_short_table_name_can_be_looked_up(void)
{
	check_valid(OPERATION_SCAN, "{'TableName': 'a'}");
	check_valid(OPERATION_DESCRIBE_TABLE, "{'TableName': 'a'}");
}

static void an_integer_out_of_range_is_told_with_its_value(void)
{
	check_invalid(OPERATION_LIST_TABLES, "{'Limit': 0}",
		ONE "Value '0' at 'limit'" FAILED "have value greater than or equal to 1");
	check_invalid(OPERATION_LIST_TABLES, "{'Limit': 101}",
		ONE "Value '101' at 'limit'" FAILED "have value less than or equal to 100");
	check_invalid(OPERATION_SCAN, "{'TableName': 'abc', 'Segment': -1, 'TotalSegments': 1}",
		ONE "Value '-1' at 'segment'" FAILED "have value greater than or equal to 0");
	check_invalid(OPERATION_SCAN,
		"{'TableName': 'abc', 'Segment': 0, 'TotalSegments': 1000001}",
		ONE "Value '1000001' at 'totalSegments'" FAILED
		    "have value less than or equal to 1000000");
}

static void an_integer_may_be_at_either_end_of_its_range(void)
{
	check_valid(OPERATION_LIST_TABLES, "{'Limit': 1}");
	check_valid(OPERATION_LIST_TABLES, "{'Limit': 100}");
	check_valid(OPERATION_SCAN, "{'TableName': 'abc', 'Segment': 0, 'TotalSegments': 1}");
	check_valid(OPERATION_SCAN,
		"{'TableName': 'abc', 'Segment': 999999, 'TotalSegments': 1000000}");
}

static void query_tells_its_limit_in_other_words_than_scan(void)
{
	check_invalid(OPERATION_QUERY, "{'TableName': 'abc', 'Limit': 0}",
		ONE "Value at 'Limit'" FAILED "have value greater than or equal to 1");
	check_invalid(OPERATION_SCAN, "{'TableName': 'abc', 'Limit': 0}",
		ONE "Value '0' at 'limit'" FAILED "have value greater than or equal to 1");
}

static void an_enumeration_lists_its_values_as_the_service_does(void)
{
	check_invalid(OPERATION_PUT_ITEM,
		"{'TableName': 'abc', 'Item': {}, 'ReturnValues': 'all_old'}",
		ONE "Value 'all_old' at 'returnValues'" FAILED "satisfy enum value set: "
		    "[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]");
	check_invalid(OPERATION_SCAN, "{'TableName': 'abc', 'Select': ''}",
		ONE "Value '' at 'select'" FAILED "satisfy enum value set: [SPECIFIC_ATTRIBUTES, "
		    "COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]");
	check_invalid(OPERATION_QUERY,
		"{'TableName': 'abc', 'KeyConditions': {'a b': {'ComparisonOperator': 'eq'}}}",
		ONE "Value 'eq' at 'keyConditions.a b.member.comparisonOperator'" FAILED
		    "satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, "
		    "NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]");
}

static void a_nested_member_is_told_by_its_path(void)
{
	check_invalid(OPERATION_CREATE_TABLE,
		"{'TableName': 'abc', 'ProvisionedThroughput': {'ReadCapacityUnits': 0}, "
		"'KeySchema': [{'AttributeName': 'a', 'KeyType': 'HASH'}, {'AttributeName': 'b', "
		"'KeyType': 'SORT'}], 'AttributeDefinitions': [{'AttributeName': 'a'}]}",
		"4 validation errors detected: " IS_NULL(
			"provisionedThroughput.writeCapacityUnits") "; Value '0' at 'provisionedThroughput.readCapacityUnits'" FAILED
								    "have value greater than or equal to 1"
								    "; Value 'SORT' at 'keySchema.2.member.keyType'" FAILED
								    "satisfy enum value set: [HASH, RANGE]"
								    "; " IS_NULL(
									    "attributeDefinitions.1.member.attributeType"));
}

static void a_list_that_is_too_short_or_too_long_is_quoted(void)
{
	check_invalid(OPERATION_CREATE_TABLE,
		"{'TableName': 'abc', 'KeySchema': [], 'AttributeDefinitions': []}",
		ONE "Value '[]' at 'keySchema'" FAILED "have length greater than or equal to 1");
	check_invalid(OPERATION_CREATE_TABLE,
		"{'TableName': 'abc', 'AttributeDefinitions': [], 'KeySchema': ["
		"{'AttributeName': 'a', 'KeyType': 'HASH'}, {'AttributeName': 'b', 'KeyType': "
		"'RANGE'}, {'AttributeName': 'c', 'KeyType': 'RANGE'}]}",
		ONE "Value '[KeySchemaElement(attributeName=a, keyType=HASH), "
		    "KeySchemaElement(attributeName=b, keyType=RANGE), "
		    "KeySchemaElement(attributeName=c, keyType=RANGE)]' at 'keySchema'" FAILED
		    "have length less than or equal to 2");
}

static unsigned count_failures(const char *message)
{
	unsigned count = 0;

	while ((message = strstr(message, "failed to satisfy"))) {
		count++;
		message++;
	}
	return count;
}

static void ten_failures_are_told_at_most(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(validate(OPERATION_CREATE_TABLE,
			  "{'TableName': 'abc', 'AttributeDefinitions': [{}, {}, {}], 'KeySchema': "
			  "[{}, {}, {}]}",
			  &arena, &err),
		-1);
	CHECK(strncmp(err.message, "10 validation errors detected: ", 31) == 0);
	CHECK_INT(count_failures(err.message), 10);
}

static void a_valid_request_passes(void)
{
	check_valid(OPERATION_LIST_TABLES, "{}");
	check_valid(OPERATION_CREATE_TABLE,
		"{'TableName': 'abc', 'BillingMode': 'PAY_PER_REQUEST', 'TableClass': 'STANDARD', "
		"'KeySchema': [{'AttributeName': 'a', 'KeyType': 'HASH'}], "
		"'AttributeDefinitions': [{'AttributeName': 'a', 'AttributeType': 'B'}], "
		"'ProvisionedThroughput': {'ReadCapacityUnits': 1, 'WriteCapacityUnits': 1}}");
}

static const struct test_case cases[] = {
	{ "a missing member is told", a_missing_member_is_told },
	{ "several failures are told together", several_failures_are_told_together },
	{ "a name that is too short is told", a_name_that_is_too_short_is_told },
	{ "a name that is too long is told", a_name_that_is_too_long_is_told },
	{ "a name may have its least and its greatest length",
		a_name_may_have_its_least_and_its_greatest_length },
	{ "a pattern is told before a length", a_pattern_is_told_before_a_length },
	{ "an empty new name breaks pattern and length",
		an_empty_new_name_breaks_pattern_and_length },
	{ "an empty table name to look up is told once",
		an_empty_table_name_to_look_up_is_told_once },
	{ "every character of a name is looked at", every_character_of_a_name_is_looked_at },
	{ "a short table name can be looked up", a_short_table_name_can_be_looked_up },
	{ "an integer out of range is told with its value",
		an_integer_out_of_range_is_told_with_its_value },
	{ "an integer may be at either end of its range",
		an_integer_may_be_at_either_end_of_its_range },
	{ "Query tells its limit in other words than Scan",
		query_tells_its_limit_in_other_words_than_scan },
	{ "an enumeration lists its values as the service does",
		an_enumeration_lists_its_values_as_the_service_does },
	{ "a nested member is told by its path", a_nested_member_is_told_by_its_path },
	{ "a list that is too short or too long is quoted",
		a_list_that_is_too_short_or_too_long_is_quoted },
	{ "ten failures are told at most", ten_failures_are_told_at_most },
	{ "a valid request passes", a_valid_request_passes },
};
TEST_MAIN(cases)
