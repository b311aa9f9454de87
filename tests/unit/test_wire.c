#undef NDEBUG
#include "api/wire.h"
#include "engine_fixture.h"

static const struct request_shape *input_shape(enum operation_id operation)
{
	return operations[operation].input;
}

/* Reads a request's JSON: its struct in the arena, or NULL with the error. */
static const void *read_input(
	struct arena *arena, enum operation_id operation, const char *json, struct error *err)
{
	const struct request_shape *shape = input_shape(operation);
	void *input = arena_alloc_zero(arena, shape->size);

	return wire_read(shape, door_json(arena, json), arena, input, err) < 0 ? NULL : input;
}

static void check_refused(enum operation_id operation, const char *json, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK(!read_input(&arena, operation, json, &err));
	CHECK_ERROR(&err, ERROR_SERIALIZATION, message);
}

#define OBJECT_FOUND "Start of structure or map found where not expected"

static void a_string_must_be_a_json_string(void)
{
	static const struct {
		const char *json, *message;
	} wrong[] = {
		{ "{'TableName': 5}", "NUMBER_VALUE cannot be converted to String" },
		{ "{'TableName': -0.5}", "DECIMAL_VALUE cannot be converted to String" },
		{ "{'TableName': 1e2}", "DECIMAL_VALUE cannot be converted to String" },
		{ "{'TableName': true}", "TRUE_VALUE cannot be converted to String" },
		{ "{'TableName': false}", "FALSE_VALUE cannot be converted to String" },
		{ "{'TableName': []}", "Unrecognized collection type class java.lang.String" },
		{ "{'TableName': {}}", OBJECT_FOUND },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		check_refused(OPERATION_DESCRIBE_TABLE, wrong[i].json, wrong[i].message);
}

static void an_enumeration_must_be_a_json_string(void)
{
	check_refused(
		OPERATION_SCAN, "{'Select': 5}", "NUMBER_VALUE cannot be converted to String");
}

static void an_integer_must_be_a_json_number(void)
{
	check_refused(
		OPERATION_SCAN, "{'Limit': '5'}", "STRING_VALUE cannot be converted to Integer");
	check_refused(
		OPERATION_SCAN, "{'Limit': true}", "TRUE_VALUE cannot be converted to Integer");
	check_refused(OPERATION_SCAN, "{'Limit': []}",
		"Unrecognized collection type class java.lang.Integer");
	check_refused(OPERATION_SCAN, "{'Limit': {}}", OBJECT_FOUND);
}

static void a_long_is_called_so(void)
{
	check_refused(OPERATION_CREATE_TABLE,
		"{'ProvisionedThroughput': {'ReadCapacityUnits': 'x'}}",
		"STRING_VALUE cannot be converted to Long");
	check_refused(OPERATION_CREATE_TABLE,
		"{'ProvisionedThroughput': {'WriteCapacityUnits': []}}",
		"Unrecognized collection type class java.lang.Long");
}

static void a_long_may_be_digits_in_a_string(void)
{
	static const char *const refused[] = { "''", "'-1'", "' 3'", "'3.5'", "'3\\u0000'",
		"'1234567890123456789'" };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct create_table_input *in = read_input(&arena, OPERATION_CREATE_TABLE,
		"{'ProvisionedThroughput': {'ReadCapacityUnits': '007'}}", &err);

	CHECK(in);
	CHECK_INT(in->provisioned_throughput->read_capacity_units.value, 7);
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct buf json CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(
			&json, "{'ProvisionedThroughput': {'ReadCapacityUnits': %s}}", refused[i]);
		check_refused(OPERATION_CREATE_TABLE, buf_string(&json),
			"STRING_VALUE cannot be converted to Long");
	}
}

static void a_boolean_must_be_true_or_false(void)
{
	check_refused(OPERATION_GET_ITEM, "{'ConsistentRead': 'true'}",
		"Unexpected token received from parser");
	check_refused(OPERATION_GET_ITEM, "{'ConsistentRead': 1}",
		"NUMBER_VALUE cannot be converted to Boolean");
	check_refused(OPERATION_GET_ITEM, "{'ConsistentRead': 1.5}",
		"DECIMAL_VALUE cannot be converted to Boolean");
	check_refused(OPERATION_GET_ITEM, "{'ConsistentRead': []}",
		"Unrecognized collection type class java.lang.Boolean");
	check_refused(OPERATION_GET_ITEM, "{'ConsistentRead': {}}", OBJECT_FOUND);
}

static void a_list_must_be_a_json_array(void)
{
	check_refused(OPERATION_CREATE_TABLE, "{'KeySchema': 5}", "Unexpected field type");
	check_refused(OPERATION_CREATE_TABLE, "{'KeySchema': 'x'}", "Unexpected field type");
	check_refused(OPERATION_CREATE_TABLE, "{'KeySchema': false}", "Unexpected field type");
	check_refused(OPERATION_CREATE_TABLE, "{'KeySchema': {}}", OBJECT_FOUND);
}

static void a_list_s_element_must_be_a_json_object(void)
{
	check_refused(
		OPERATION_CREATE_TABLE, "{'KeySchema': [5]}", "Unexpected value type in payload");
	check_refused(OPERATION_CREATE_TABLE, "{'KeySchema': [{}, 'x']}",
		"Unexpected value type in payload");
	check_refused(OPERATION_CREATE_TABLE, "{'KeySchema': [[]]}",
		"Unrecognized collection type class "
		"com.amazonaws.dynamodb.v20120810.KeySchemaElement");
}

static void a_structure_must_be_a_json_object(void)
{
	check_refused(
		OPERATION_CREATE_TABLE, "{'ProvisionedThroughput': 5}", "Unexpected field type");
	check_refused(OPERATION_CREATE_TABLE, "{'ProvisionedThroughput': []}",
		"Unrecognized collection type class "
		"com.amazonaws.dynamodb.v20120810.ProvisionedThroughput");
}

static void a_map_must_be_a_json_object(void)
{
	check_refused(OPERATION_QUERY, "{'KeyConditions': 'x'}", "Unexpected field type");
	check_refused(OPERATION_QUERY, "{'KeyConditions': []}",
		"Unrecognized collection type java.util.Map<java.lang.String, "
		"com.amazonaws.dynamodb.v20120810.Condition>");
	check_refused(
		OPERATION_QUERY, "{'KeyConditions': {'a': 5}}", "Unexpected value type in payload");
	check_refused(OPERATION_QUERY, "{'KeyConditions': {'a': []}}",
		"Unrecognized collection type class com.amazonaws.dynamodb.v20120810.Condition");
}

static void a_list_of_values_must_hold_attribute_values(void)
{
	check_refused(OPERATION_QUERY, "{'KeyConditions': {'a': {'AttributeValueList': 5}}}",
		"Unexpected field type");
	check_refused(OPERATION_QUERY, "{'KeyConditions': {'a': {'AttributeValueList': {}}}}",
		OBJECT_FOUND);
	check_refused(OPERATION_QUERY, "{'KeyConditions': {'a': {'AttributeValueList': [5]}}}",
		"Unexpected value type in payload");
	check_refused(OPERATION_QUERY,
		"{'KeyConditions': {'a': {'AttributeValueList': [{'N': 5}]}}}",
		"NUMBER_VALUE cannot be converted to String");
}

static void an_item_must_be_a_map_of_attribute_values(void)
{
	check_refused(OPERATION_PUT_ITEM, "{'Item': 5}", "Unexpected field type");
	check_refused(OPERATION_PUT_ITEM, "{'Item': []}",
		"Unrecognized collection type java.util.Map<java.lang.String, "
		"com.amazonaws.dynamodb.v20120810.AttributeValue>");
	check_refused(
		OPERATION_PUT_ITEM, "{'Item': {'a': 'x'}}", "Unexpected value type in payload");
}

static void a_request_must_be_a_json_object(void)
{
	check_refused(OPERATION_LIST_TABLES, "5", "Unexpected field type");
	check_refused(OPERATION_LIST_TABLES, "'x'", "Unexpected field type");
	check_refused(OPERATION_LIST_TABLES, "[]",
		"Unrecognized collection type class com.amazonaws.dynamodb.v20120810.ListTablesInput");
}

static void text_that_is_no_json_is_told_apart(void)
{
	static const char *const texts[] = { "", " ", "{", "{'a'}", "nonsense", "{} {}", "{'a':1,}",
		"{'a': '\xFF'}" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK(!read_input(&arena, OPERATION_LIST_TABLES, texts[i], &err));
		CHECK_INT(err.class, ERROR_NOT_JSON);
	}
}

static void the_place_of_a_wrong_type_is_told(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK(!read_input(&arena, OPERATION_SCAN, "{'TableName': 't',\n 'Limit': 'x'}", &err));
	CHECK(err.place.known);
	CHECK_INT(err.place.line, 2);
	CHECK_INT(err.place.column, 11);
}

static void an_unknown_member_is_ignored(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct list_tables_input *in = read_input(&arena, OPERATION_LIST_TABLES,
		"{'limit': 'x', 'Colour': {'a': [1]}, 'Limit': 3}", &err);

	CHECK(in);
	CHECK_INT(in->limit.value, 3);
}

static void null_is_the_same_as_absent(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct create_table_input *in = read_input(&arena, OPERATION_CREATE_TABLE,
		"{'TableName': null, 'KeySchema': null, 'ProvisionedThroughput': null, "
		"'DeletionProtectionEnabled': null, 'Tags': null}",
		&err);

	CHECK(in);
	CHECK(!slice_present(in->table_name));
	CHECK(!in->key_schema.present);
	CHECK(!in->provisioned_throughput);
	CHECK(!in->deletion_protection_enabled.present);
}

static void a_null_element_is_an_empty_structure(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct create_table_input *in =
		read_input(&arena, OPERATION_CREATE_TABLE, "{'KeySchema': [null]}", &err);
	const struct key_schema_element *keys;

	CHECK(in);
	CHECK_INT(in->key_schema.count, 1);
	keys = in->key_schema.items;
	CHECK(!slice_present(keys[0].attribute_name));
}

static void an_empty_list_is_not_an_absent_one(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct create_table_input *in =
		read_input(&arena, OPERATION_CREATE_TABLE, "{'KeySchema': []}", &err);

	CHECK(in);
	CHECK(in->key_schema.present);
	CHECK_INT(in->key_schema.count, 0);
}

static void a_member_that_is_not_served_yet_is_refused(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK(!read_input(&arena, OPERATION_UPDATE_TABLE, "{'ReplicaUpdates': []}", &err));
	CHECK_ERROR(&err, ERROR_VALIDATION, "ReplicaUpdates is not supported by this version yet");
}

static void names_of_placeholders_are_read_in_pairs(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct scan_input *in = read_input(&arena, OPERATION_SCAN,
		"{'TableName': 'Tab', 'ExpressionAttributeNames': {'#a': 'b', '#c': 'd'}}", &err);
	const struct name_placeholder *names;

	CHECK(in);
	names = in->expression_attribute_names.items;
	CHECK_INT(in->expression_attribute_names.count, 2);
	CHECK_TEXT(names[0].placeholder, "#a");
	CHECK_TEXT(names[0].name, "b");
	CHECK_TEXT(names[1].placeholder, "#c");
}

static void lists_by_name_keep_both(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct batch_write_item_input *in = read_input(&arena, OPERATION_BATCH_WRITE_ITEM,
		"{'RequestItems': {'A': [], 'B': [{'DeleteRequest': {'Key': {'k': {'S': 'x'}}}}]}}",
		&err);
	const struct write_request *write;
	const struct named_list *lists;

	CHECK(in);
	lists = in->request_items.items;
	CHECK_INT(in->request_items.count, 2);
	CHECK_TEXT(lists[0].name, "A");
	CHECK_INT(lists[0].list.count, 0);
	CHECK_INT(lists[1].list.count, 1);
	write = lists[1].list.items;
	CHECK(!write->put_request);
	CHECK_TEXT(write->delete_request->key->members[0].value.bytes, "x");
}

static void a_list_of_keys_is_read_key_by_key(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct batch_get_item_input *in = read_input(&arena, OPERATION_BATCH_GET_ITEM,
		"{'RequestItems': {'A': {'Keys': [{'k': {'N': '1'}}, {'k': {'N': '2'}}]}}}", &err);
	const struct keys_and_attributes *tables;

	CHECK(in);
	tables = in->request_items.items;
	CHECK_TEXT(tables[0].table_name, "A");
	CHECK_INT(tables[0].keys.count, 2);
	CHECK_INT(((const struct map *)tables[0].keys.items)[1].members[0].value.number.coefficient,
		2);
}

static void capacity_is_written_with_its_half(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct consumed_capacity capacity = {
		.table_name = SLICE("Tab"),
		.capacity_units = { true, 0.5 },
	};
	struct get_item_output out = { .consumed_capacity = &capacity };

	wire_write(operations[OPERATION_GET_ITEM].output, &out, &buf);
	CHECK_TEXT(buf_slice(&buf),
		"{\"ConsumedCapacity\":{\"TableName\":\"Tab\",\"CapacityUnits\":0.5}}");
}

static int64_t read_limit(const char *json)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct scan_input *in = read_input(&arena, OPERATION_SCAN, json, &err);

	CHECK(in);
	CHECK(in->limit.present);
	return in->limit.value;
}

static void integers_have_64_bits(void)
{
	CHECK_INT(read_limit("{'Limit': 9223372036854775807}"), INT64_MAX);
	CHECK_INT(read_limit("{'Limit': -9223372036854775808}"), INT64_MIN);
	CHECK_INT(read_limit("{'Limit': -0}"), 0);
}

static void an_integer_beyond_64_bits_becomes_the_nearest_one(void)
{
	CHECK_INT(read_limit("{'Limit': 9223372036854775808}"), INT64_MAX);
	CHECK_INT(read_limit("{'Limit': -99999999999999999999999999}"), INT64_MIN);
	CHECK_INT(read_limit("{'Limit': 1e300}"), INT64_MAX);
	CHECK_INT(read_limit("{'Limit': -1E30}"), INT64_MIN);
}

static void the_fraction_of_an_integer_is_cut_off(void)
{
	CHECK_INT(read_limit("{'Limit': 1.9}"), 1);
	CHECK_INT(read_limit("{'Limit': -1.9}"), -1);
	CHECK_INT(read_limit("{'Limit': 1.5e3}"), 1500);
}

static void a_map_gives_each_structure_its_name(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct query_input *in = read_input(&arena, OPERATION_QUERY,
		"{'KeyConditions': {'b': {'ComparisonOperator': 'EQ', 'AttributeValueList': "
		"[{'S': 'x'}]}, 'a\\u00e9': {}}}",
		&err);
	const struct key_condition *conditions;
	const struct value *values;

	CHECK(in);
	CHECK_INT(in->key_conditions.count, 2);
	conditions = in->key_conditions.items;
	CHECK_TEXT(conditions[0].attribute_name, "b");
	CHECK_TEXT(conditions[0].comparison_operator, "EQ");
	values = conditions[0].attribute_value_list.items;
	CHECK_TEXT(values[0].bytes, "x");
	CHECK_TEXT(conditions[1].attribute_name, "a\xC3\xA9");
	CHECK(!conditions[1].attribute_value_list.present);
}

/* What is read is written back; the text has the members in the table's order. */
static void check_round_trip(enum operation_id operation, const char *json)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	const void *input = read_input(&arena, operation, json, &err);

	CHECK(input);
	wire_write(input_shape(operation), input, &buf);
	CHECK_TEXT(buf_slice(&buf), door_json(&arena, json).data);
}

static void what_is_read_is_written_back(void)
{
	check_round_trip(OPERATION_CREATE_TABLE, "{}");
	check_round_trip(OPERATION_CREATE_TABLE,
		"{'TableName':'a\\n\xC3\xA9','BillingMode':'x','ProvisionedThroughput':"
		"{'WriteCapacityUnits':9223372036854775807,'ReadCapacityUnits':-1},'KeySchema':"
		"[{'AttributeName':'a','KeyType':''},{}],'AttributeDefinitions':[],"
		"'DeletionProtectionEnabled':false}");
	check_round_trip(OPERATION_PUT_ITEM,
		"{'TableName':'t','Item':{'n':{'N':'12345678901234567890123456789012345678'},"
		"'l':{'L':[{'M':{}},{'B':'aGk='}]}},'ReturnValues':'NONE'}");
	check_round_trip(OPERATION_QUERY,
		"{'TableName':'t','Limit':1,'ConsistentRead':true,'KeyConditions':{'a':{"
		"'AttributeValueList':[{'S':'x'},{'N':'1'}],'ComparisonOperator':'EQ'},'b':{}},"
		"'ScanIndexForward':false,'ExclusiveStartKey':{'a':{'S':'x'}}}");
}

static void absent_members_are_left_out_of_an_answer(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct query_output output = { .count = { true, 0 } };

	wire_write(operations[OPERATION_QUERY].output, &output, &buf);
	CHECK_TEXT(buf_slice(&buf), "{\"Count\":0}");
}

static void a_timestamp_is_written_in_seconds_with_three_decimals(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct table_facts facts = { .creation_date_time = 1700000000007654321 };
	struct describe_table_output output = { &facts };

	wire_write(operations[OPERATION_DESCRIBE_TABLE].output, &output, &buf);
	CHECK_TEXT(buf_slice(&buf), "{\"Table\":{\"CreationDateTime\":1700000000.007}}");
}

static void lists_of_names_and_of_items_are_written(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct slice names[] = { SLICE("a"), SLICE("\"") };
	struct list_tables_output tables = { .table_names = { true, 2, names } };
	struct member member = { SLICE("k"), value_of_number(7) };
	struct map items[] = { { &member, 1 }, { NULL, 0 } };
	struct query_output page = { .items = { true, 2, items } };

	wire_write(operations[OPERATION_LIST_TABLES].output, &tables, &buf);
	CHECK_TEXT(buf_slice(&buf), "{\"TableNames\":[\"a\",\"\\\"\"]}");
	buf_clear(&buf);
	wire_write(operations[OPERATION_SCAN].output, &page, &buf);
	CHECK_TEXT(buf_slice(&buf), "{\"Items\":[{\"k\":{\"N\":\"7\"}},{}]}");
}

static const struct test_case cases[] = {
	{ "a string must be a JSON string", a_string_must_be_a_json_string },
	{ "an enumeration must be a JSON string", an_enumeration_must_be_a_json_string },
	{ "an integer must be a JSON number", an_integer_must_be_a_json_number },
	{ "a long is called so", a_long_is_called_so },
	{ "a long may be digits in a string", a_long_may_be_digits_in_a_string },
	{ "a boolean must be true or false", a_boolean_must_be_true_or_false },
	{ "a list must be a JSON array", a_list_must_be_a_json_array },
	{ "a list's element must be a JSON object", a_list_s_element_must_be_a_json_object },
	{ "a structure must be a JSON object", a_structure_must_be_a_json_object },
	{ "a map must be a JSON object", a_map_must_be_a_json_object },
	{ "a list of values must hold AttributeValues",
		a_list_of_values_must_hold_attribute_values },
	{ "an item must be a map of AttributeValues", an_item_must_be_a_map_of_attribute_values },
	{ "a request must be a JSON object", a_request_must_be_a_json_object },
	{ "text that is no JSON is told apart", text_that_is_no_json_is_told_apart },
	{ "the place of a wrong type is told", the_place_of_a_wrong_type_is_told },
	{ "an unknown member is ignored", an_unknown_member_is_ignored },
	{ "null is the same as absent", null_is_the_same_as_absent },
	{ "a null element is an empty structure", a_null_element_is_an_empty_structure },
	{ "an empty list is not an absent one", an_empty_list_is_not_an_absent_one },
	{ "a member that is not served yet is refused",
		a_member_that_is_not_served_yet_is_refused },
	{ "names of placeholders are read in pairs", names_of_placeholders_are_read_in_pairs },
	{ "lists by name keep both", lists_by_name_keep_both },
	{ "a list of keys is read key by key", a_list_of_keys_is_read_key_by_key },
	{ "capacity is written with its half", capacity_is_written_with_its_half },
	{ "integers have 64 bits", integers_have_64_bits },
	{ "an integer beyond 64 bits becomes the nearest one",
		an_integer_beyond_64_bits_becomes_the_nearest_one },
	{ "the fraction of an integer is cut off", the_fraction_of_an_integer_is_cut_off },
	{ "a map gives each structure its name", a_map_gives_each_structure_its_name },
	{ "what is read is written back", what_is_read_is_written_back },
	{ "absent members are left out of an answer", absent_members_are_left_out_of_an_answer },
	{ "a timestamp is written in seconds with three decimals",
		a_timestamp_is_written_in_seconds_with_three_decimals },
	{ "lists of names and of items are written", lists_of_names_and_of_items_are_written },
};
TEST_MAIN(cases)
