/* What operations tell of what they used, whether or not it is asked for. */
#undef NDEBUG
#include "api/operations.h"
#include "api_fixture.h"

/* An operation's own run, below engine_run(), with a usage to look at. */
static int metered_run(struct door *door, struct usage *usage, enum operation_id id,
	const void *input, void *output)
{
	struct request request = {
		.operation = id,
		.door = DOOR_API,
		.arena = &door->arena,
		.input = input,
		.output = output,
		.usage = usage,
	};

	return operations[id].run(door->engine, &request, &door->err);
}

static int metered(struct door *door, struct usage *usage, enum operation_id id, const char *json)
{
	const struct operation *operation = &operations[id];
	void *input = arena_alloc_zero(&door->arena, operation->input->size);
	void *output = arena_alloc_zero(&door->arena, operation->output->size);

	CHECK_OK(wire_read(operation->input, door_json(&door->arena, json), &door->arena, input,
			 &door->err),
		&door->err);
	return metered_run(door, usage, id, input, output);
}

static void append_units(struct buf *buf, struct call_units units)
{
	if (units.read > 0)
		buf_appendf(buf, " r%g", units.read);
	if (units.write > 0)
		buf_appendf(buf, " w%g", units.write);
}

static void append_value(struct buf *buf, const struct value *value)
{
	if (value->type == VALUE_N)
		number_format(&value->number, buf);
	else
		buf_append_slice(buf, value->bytes);
}

static void append_table(struct buf *buf, const struct call_table *table)
{
	buf_append_slice(buf, table->name);
	append_units(buf, table->units);
	for (size_t i = 0; i < table->index_count; i++) {
		buf_appendf(buf, "; %s%.*s", table->indexes[i].local ? "local " : "",
			SLICE_ARG(table->indexes[i].name));
		append_units(buf, table->indexes[i].units);
	}
	for (size_t i = 0; i < table->key_count; i++) {
		buf_append_string(buf, ", ");
		append_value(buf, table->keys[i].partition);
		if (table->keys[i].sort) {
			buf_append_char(buf, '/');
			append_value(buf, table->keys[i].sort);
		}
		append_units(buf, table->keys[i].units);
	}
	if (table->returned_items || table->returned_bytes)
		buf_appendf(buf, ", %u items of %llu bytes", table->returned_items,
			(unsigned long long)table->returned_bytes);
	if (table->failed_conditions)
		buf_appendf(buf, ", %u failed", table->failed_conditions);
}

/* "Tab w2; all w2, a/1 w2, 1 failed": units of the table; of its indexes; keys
 * and the rest after commas. Forgets the usage. */
static struct slice told(struct door *door, struct usage *usage)
{
	struct buf buf = BUF_INIT;
	struct slice text;

	for (size_t i = 0; i < usage->count; i++) {
		buf_append_string(&buf, i ? " | " : "");
		append_table(&buf, &usage->tables[i]);
	}
	text = arena_copy(&door->arena, slice_from_string(buf_string(&buf)));
	buf_release(&buf);
	usage_release(usage);
	*usage = USAGE_INIT;
	return text;
}

#define CHECK_USAGE(door, id, json, expected) \
	do { \
		struct usage usage = USAGE_INIT; \
		CHECK_OK(metered(door, &usage, id, json), &(door)->err); \
		CHECK_TEXT(told(door, &usage), expected); \
	} while (0)

#define CHECK_FAILED_USAGE(door, id, json, expected_class, expected) \
	do { \
		struct usage usage = USAGE_INIT; \
		CHECK_INT(metered(door, &usage, id, json), -1); \
		CHECK_INT((door)->err.class, expected_class); \
		error_release(&(door)->err); \
		CHECK_TEXT(told(door, &usage), expected); \
	} while (0)

/* An item of "Tab" with so many bytes in z: 2 of pk's name and 1 of its value, 2
 * and 2 of sk, 1 of z's name. */
static const char *sized(struct door *door, const char *pk, const char *more, size_t size)
{
	char *value = arena_alloc_zero(&door->arena, size - 8 + 1);

	memset(value, 'x', size - 8);
	return arena_printf(&door->arena,
		"{'pk': {'S': '%s'}, 'sk': {'N': '1'}, 'z': {'S': '%s'}%s}", pk, value, more)
		.data;
}

static const char *put(struct door *door, const char *item, const char *more)
{
	return arena_printf(&door->arena, "{" T "'Item': %s%s}", item, more).data;
}

static void a_read_of_an_item_tells_its_key(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_USAGE(&door, PUT, put(&door, sized(&door, "a", "", 5000), ""), "Tab w5, a/1 w5");
	CHECK_USAGE(&door, GET, "{" T KEY1 "}", "Tab r1, a/1 r1");
	CHECK_USAGE(&door, GET, "{" T KEY1 ", 'ConsistentRead': true}", "Tab r2, a/1 r2");
	CHECK_USAGE(&door, GET, "{" T "'Key': {'pk': {'S': 'b'}, 'sk': {'N': '1.0'}}}",
		"Tab r0.5, b/1 r0.5");
}

static void a_write_tells_its_key_and_each_index(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_USAGE(&door, PUT,
		put(&door, sized(&door, "a", ", 'g': {'S': 'g'}, 'h': {'N': '1'}", 2000), ""),
		"Tab w2; all w2; keys w1; some w1, a/1 w2");
	CHECK_USAGE(&door, UPDATE, "{" T KEY1 ", 'UpdateExpression': 'REMOVE h'}",
		"Tab w2; all w2; some w1, a/1 w2");
	CHECK_USAGE(&door, DELETE, "{" T KEY1 "}", "Tab w2; keys w1, a/1 w2");
	CHECK_USAGE(&door, DELETE, "{" T KEY1 "}", "Tab w1, a/1 w1");
}

/* "all" needs g and h, "keys" g alone: 2 of pk, 1, 2 of sk, 2, 1 of g, 1. */
static void an_index_that_an_item_leaves_is_charged_for_what_it_had(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_USAGE(&door, PUT, put(&door, sized(&door, "a", ", 'g': {'S': 'g'}", 3000), ""),
		"Tab w3; keys w1, a/1 w3");
	CHECK_USAGE(&door, UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'SET h = :h', "
		"'ExpressionAttributeValues': {':h': {'N': '2'}}}",
		"Tab w3; all w3; some w1, a/1 w3");
	CHECK_USAGE(&door, UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'SET h = :h', "
		"'ExpressionAttributeValues': {':h': {'N': '3'}}}",
		"Tab w3; all w6; some w2, a/1 w3");
	CHECK_USAGE(&door, UPDATE, "{" T KEY1 ", 'UpdateExpression': 'REMOVE g'}",
		"Tab w3; all w3; keys w1, a/1 w3");
}

static void a_move_within_a_local_index_costs_two_writes(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_USAGE(&door, PUT, put(&door, sized(&door, "a", ", 'l': {'S': 'l'}", 1500), ""),
		"Tab w2; local local w1, a/1 w2");
	CHECK_USAGE(&door, PUT, put(&door, sized(&door, "a", ", 'l': {'S': 'm'}", 1500), ""),
		"Tab w2; local local w2, a/1 w2");
	CHECK_USAGE(&door, PUT, put(&door, sized(&door, "a", "", 100), ""),
		"Tab w2; local local w1, a/1 w2");
}

static void a_failed_condition_costs_the_larger_of_what_is_there_and_what_is_put(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const char *fails = ", 'ConditionExpression': 'attribute_not_exists(z)'";

	CHECK_USAGE(&door, PUT, put(&door, sized(&door, "a", ", 'g': {'S': 'g'}", 3000), ""),
		"Tab w3; keys w1, a/1 w3");
	CHECK_FAILED_USAGE(&door, PUT, put(&door, sized(&door, "a", "", 100), fails),
		ERROR_CONDITION_FAILED, "Tab w3, a/1 w3, 1 failed");
	CHECK_FAILED_USAGE(&door, PUT, put(&door, sized(&door, "a", "", 5000), fails),
		ERROR_CONDITION_FAILED, "Tab w5, a/1 w5, 1 failed");
	CHECK_FAILED_USAGE(&door, DELETE,
		"{" T KEY1 ", 'ConditionExpression': 'attribute_not_exists(z)'}",
		ERROR_CONDITION_FAILED, "Tab w3, a/1 w3, 1 failed");
	CHECK_FAILED_USAGE(&door, UPDATE,
		"{" T "'Key': {'pk': {'S': 'b'}, 'sk': {'N': '1'}}, "
		"'UpdateExpression': 'REMOVE q', 'ConditionExpression': 'attribute_exists(z)'}",
		ERROR_CONDITION_FAILED, "Tab w1, b/1 w1, 1 failed");
}

static void what_breaks_a_rule_costs_nothing(void)
{
	struct door door CLEANUP(door_release) = api_new();
	struct usage usage = USAGE_INIT;

	CHECK_INT(metered(&door, &usage, PUT, "{" T "'Item': {'pk': {'S': 'a'}}}"), -1);
	error_release(&door.err);
	CHECK_INT(usage.count, 0);
	CHECK_CALL(&door, PUT, "{" T "'Item': {" A1 ", 's': {'S': 's'}}}");
	CHECK_INT(metered(&door, &usage, UPDATE,
			  "{" T KEY1 ", 'UpdateExpression': 'SET s = s + :n', "
			  "'ExpressionAttributeValues': {':n': {'N': '1'}}}"),
		-1);
	error_release(&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab");
}

static void a_batch_is_counted_item_by_item(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_USAGE(&door, OPERATION_BATCH_WRITE_ITEM,
		arena_printf(&door.arena,
			"{'RequestItems': {'Tab': [{'PutRequest': {'Item': %s}}, "
			"{'PutRequest': {'Item': %s}}, {'DeleteRequest': {" KEY1 "}}]}}",
			sized(&door, "b", "", 1025), sized(&door, "c", ", 'g': {'S': 'g'}", 100))
			.data,
		"Tab w4; keys w1, b/1 w2, c/1 w1, a/1 w1");
	CHECK_USAGE(&door, OPERATION_BATCH_GET_ITEM,
		"{'RequestItems': {'Tab': {'ConsistentRead': true, 'Keys': [{" A1 "}, "
		"{'pk': {'S': 'b'}, 'sk': {'N': '1'}}]}}}",
		"Tab r2, a/1 r1, b/1 r1");
}

static void a_transaction_counts_twice_but_for_its_indexes(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS,
		arena_printf(&door.arena,
			"{'TransactItems': [{'Put': {" T "'Item': %s}}, "
			"{'ConditionCheck': {" T KEY1 ", "
			"'ConditionExpression': 'attribute_not_exists(pk)'}}]}",
			sized(&door, "b", ", 'g': {'S': 'g'}, 'h': {'N': '1'}", 1025))
			.data,
		"Tab w6; all w2; keys w1; some w1, b/1 w4, a/1 w2");
	CHECK_USAGE(&door, OPERATION_TRANSACT_GET_ITEMS,
		"{'TransactItems': [{'Get': {" T KEY1 "}}, "
		"{'Get': {" T "'Key': {'pk': {'S': 'b'}, 'sk': {'N': '1'}}}}]}",
		"Tab r4, a/1 r2, b/1 r2");
}

static void a_cancelled_transaction_costs_its_preparation(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_CALL(&door, PUT, put(&door, sized(&door, "a", "", 3000), ""));
	CHECK_FAILED_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS,
		arena_printf(&door.arena,
			"{'TransactItems': [{'Put': {" T "'Item': %s}}, "
			"{'Delete': {" T KEY1 ", "
			"'ConditionExpression': 'attribute_not_exists(pk)'}}]}",
			sized(&door, "b", ", 'g': {'S': 'g'}, 'h': {'N': '1'}", 1025))
			.data,
		ERROR_TRANSACTION_CANCELED, "Tab w5, b/1 w2, a/1 w3, 1 failed");
}

static void a_replayed_transaction_costs_reads(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const char *request = arena_printf(&door.arena,
		"{'ClientRequestToken': 't', 'TransactItems': [{'Put': {" T "'Item': %s}}]}",
		sized(&door, "b", "", 5000))
				      .data;

	CHECK_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS, request, "Tab w10, b/1 w10");
	CHECK_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS, request, "Tab r4, b/1 r4");
}

static void a_replay_reads_items_of_every_kind_of_action(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const char *request =
		"{'ClientRequestToken': 't', 'TransactItems': ["
		"{'Update': {" T KEY1 ", 'UpdateExpression': 'SET n = :n', "
		"'ExpressionAttributeValues': {':n': {'N': '1'}}}}, "
		"{'Delete': {" T "'Key': {'pk': {'S': 'b'}, 'sk': {'N': '1'}}}}, "
		"{'ConditionCheck': {" T "'Key': {'pk': {'S': 'c'}, 'sk': {'N': '1'}}, "
		"'ConditionExpression': 'attribute_exists(pk)'}}]}";

	CHECK_CALL(&door, PUT, put(&door, sized(&door, "a", "", 9000), ""));
	CHECK_CALL(&door, PUT, put(&door, sized(&door, "b", "", 9000), ""));
	CHECK_CALL(&door, PUT, put(&door, sized(&door, "c", "", 5000), ""));
	CHECK_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS, request,
		"Tab w46, a/1 w18, b/1 w18, c/1 w10");
	CHECK_USAGE(
		&door, OPERATION_TRANSACT_WRITE_ITEMS, request, "Tab r12, a/1 r6, b/1 r2, c/1 r4");
}

static void a_replay_passes_over_a_table_made_anew(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const char *request = "{'ClientRequestToken': 't', 'TransactItems': ["
			      "{'Delete': {" T KEY1 "}}]}";

	CHECK_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS, request, "Tab w2, a/1 w2");
	CHECK_CALL(&door, OPERATION_DELETE_TABLE, "{'TableName': 'Tab'}");
	CHECK_CALL(&door, OPERATION_CREATE_TABLE,
		"{'TableName': 'Tab', 'BillingMode': 'PAY_PER_REQUEST', "
		"'AttributeDefinitions': [{'AttributeName': 'k', 'AttributeType': 'S'}], "
		"'KeySchema': [{'AttributeName': 'k', 'KeyType': 'HASH'}]}");
	CHECK_USAGE(&door, OPERATION_TRANSACT_WRITE_ITEMS, request, "");
}

/* Three items of 2000 bytes in partition a. */
static struct door three_new(void)
{
	struct door door = api_new();
	char *value = arena_alloc_zero(&door.arena, 1985);

	memset(value, 'x', 1984);
	for (int i = 1; i <= 3; i++)
		CHECK_CALL(&door, PUT,
			arena_printf(&door.arena,
				"{" T "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '%d'}, "
				"'g': {'S': 'g'}, 'l': {'S': 'l%d'}, 'n': {'N': '%d'}, "
				"'z': {'S': '%s'}}}",
				i, i, i, value)
				.data);
	return door;
}

#define BY(name, value) \
	"'KeyConditionExpression': '" name " = :k', " \
	"'ExpressionAttributeValues': {':k': {'S': '" value "'}}"

/* An item: 3 and 4 of its key, 2 of g, 3 of l, 3 of n, 1985 of z. */
static void a_query_tells_its_partition_and_what_it_returned(void)
{
	struct door door CLEANUP(door_release) = three_new();

	CHECK_USAGE(&door, QUERY, "{" T BY("pk", "a") "}", "Tab r1, a r1, 3 items of 6000 bytes");
	CHECK_USAGE(&door, QUERY, "{" T "'ProjectionExpression': 'n', " BY("pk", "a") "}",
		"Tab r1, a r1, 3 items of 9 bytes");
	CHECK_USAGE(&door, QUERY, "{" T "'Select': 'COUNT', " BY("pk", "a") "}",
		"Tab r1, a r1, 3 items of 0 bytes");
	CHECK_USAGE(&door, QUERY, "{" T BY("pk", "b") "}", "Tab r0.5, b r0.5");
}

static void a_query_of_an_index_is_the_indexs(void)
{
	struct door door CLEANUP(door_release) = three_new();

	CHECK_USAGE(&door, QUERY, "{" T "'IndexName': 'keys', " BY("g", "g") "}",
		"Tab; keys r0.5, 3 items of 27 bytes");
	CHECK_USAGE(&door, QUERY, "{" T "'IndexName': 'local', " BY("pk", "a") "}",
		"Tab; local local r0.5, a r0.5, 3 items of 30 bytes");
	CHECK_USAGE(&door, QUERY,
		"{" T "'IndexName': 'local', 'Select': 'ALL_ATTRIBUTES', " BY("pk", "a") "}",
		"Tab r1.5; local local r0.5, a r2, 3 items of 6000 bytes");
}

static void a_scan_tells_no_key(void)
{
	struct door door CLEANUP(door_release) = three_new();

	CHECK_USAGE(&door, SCAN, "{'TableName': 'Tab'}", "Tab r1, 3 items of 6000 bytes");
	CHECK_USAGE(&door, SCAN,
		"{" T "'FilterExpression': 'n = :n', "
		"'ExpressionAttributeValues': {':n': {'N': '2'}}}",
		"Tab r1, 1 items of 2000 bytes");
	CHECK_USAGE(&door, SCAN, "{" T "'IndexName': 'keys', 'ConsistentRead': false}",
		"Tab; keys r0.5, 3 items of 27 bytes");
}

static int execute(struct door *door, struct usage *usage, const char *statement)
{
	struct execute_statement_input input = { .statement = slice_from_string(statement) };
	struct execute_statement_output output = { 0 };

	return metered_run(door, usage, OPERATION_EXECUTE_STATEMENT, &input, &output);
}

static void statements_are_counted_like_operations(void)
{
	struct door door CLEANUP(door_release) = three_new();
	struct usage usage = USAGE_INIT;

	CHECK_OK(execute(&door, &usage, "SELECT n FROM Tab WHERE pk = 'a'"), &door.err);
	CHECK_TEXT(told(&door, &usage), "Tab r1, a r1, 3 items of 9 bytes");
	CHECK_OK(execute(&door, &usage, "SELECT * FROM Tab"), &door.err);
	CHECK_TEXT(told(&door, &usage), "Tab r1, 3 items of 6000 bytes");
	CHECK_OK(execute(&door, &usage, "UPDATE Tab SET h = 1 WHERE pk = 'a' AND sk = 1"),
		&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab w2; all w2; some w1, a/1 w2");
	CHECK_OK(execute(&door, &usage, "DELETE FROM Tab WHERE pk = 'z' AND sk = 1"), &door.err);
	CHECK_TEXT(told(&door, &usage), "Tab w1, z/1 w1");
	CHECK_INT(execute(&door, &usage, "INSERT INTO Tab VALUE {'pk': 'a', 'sk': 1}"), -1);
	CHECK_INT(door.err.class, ERROR_DUPLICATE_ITEM);
	error_release(&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab w2, a/1 w2, 1 failed");
}

static void each_statement_of_a_batch_is_counted(void)
{
	struct door door CLEANUP(door_release) = three_new();
	const struct batch_statement statements[] = {
		{ .statement = SLICE("INSERT INTO Tab VALUE {'pk': 'b', 'sk': 1, 'g': 'h'}") },
		{ .statement = SLICE("UPDATE Tab SET n = 1 WHERE pk = 'c' AND sk = 1") },
	};
	struct batch_execute_statement_input input = {
		.statements = { true, 2, statements },
	};
	struct batch_execute_statement_output output = { 0 };
	struct usage usage = USAGE_INIT;

	CHECK_OK(metered_run(&door, &usage, OPERATION_BATCH_EXECUTE_STATEMENT, &input, &output),
		&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab w2; keys w1, b/1 w1, c/1 w1, 1 failed");
}

static void reading_statements_of_a_transaction_count_twice(void)
{
	struct door door CLEANUP(door_release) = three_new();
	const struct transact_statement statements[] = {
		{ .statement = SLICE("SELECT n FROM Tab WHERE pk = 'a' AND sk = 1") },
		{ .statement = SLICE("SELECT n FROM Tab WHERE pk = 'b' AND sk = 1") },
	};
	struct execute_transaction_input input = {
		.transact_statements = { true, 2, statements },
	};
	struct execute_transaction_output output = { 0 };
	struct usage usage = USAGE_INIT;

	CHECK_OK(metered_run(&door, &usage, OPERATION_EXECUTE_TRANSACTION, &input, &output),
		&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab r4, a/1 r2, b/1 r2");
}

/* The mount's own operation. */

static struct item_write write_of(struct door *door, enum item_write_kind kind, const char *pk)
{
	return (struct item_write){
		.kind = kind,
		.table_name = SLICE("Tab"),
		.item = door_key(door, value_of_string(pk), value_of_number(1)),
	};
}

static void lines_of_an_import_are_counted_alone(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const struct item_write writes[] = {
		write_of(&door, ITEM_PUT, "b"),
		write_of(&door, ITEM_PUT, "a"),
	};
	struct error errors[2] = { ERROR_INIT, ERROR_INIT };
	struct write_items_input input = { .writes = writes, .count = 2, .item_errors = errors };
	struct write_items_output output = { 0 };
	struct usage usage = USAGE_INIT;

	CHECK_OK(metered_run(&door, &usage, OPERATION_LOCAL_WRITE_ITEMS, &input, &output),
		&door.err);
	CHECK_INT(usage.tables[0].units.write, 2);
	CHECK_INT(usage.tables[0].key_count, 2);
	usage_release(&usage);
}

static void a_rename_is_a_transaction(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const struct item_write writes[] = {
		write_of(&door, ITEM_DELETE, "a"),
		write_of(&door, ITEM_PUT, "b"),
	};
	struct write_items_input input = { .writes = writes, .count = 2 };
	struct write_items_output output = { 0 };
	struct usage usage = USAGE_INIT;

	CHECK_CALL(&door, PUT, "{" T "'Item': {" A1 "}}");
	CHECK_OK(metered_run(&door, &usage, OPERATION_LOCAL_WRITE_ITEMS, &input, &output),
		&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab w4, a/1 w2, b/1 w2");
}

static void a_rename_onto_what_is_there_costs_its_preparation(void)
{
	struct door door CLEANUP(door_release) = api_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_DELETE, "b"),
		write_of(&door, ITEM_PUT, "a"),
	};
	struct write_items_input input = { .writes = writes, .count = 2 };
	struct write_items_output output = { 0 };
	struct usage usage = USAGE_INIT;

	writes[1].expectation = ITEM_ABSENT;
	CHECK_CALL(&door, PUT, put(&door, sized(&door, "a", "", 3000), ""));
	CHECK_INT(metered_run(&door, &usage, OPERATION_LOCAL_WRITE_ITEMS, &input, &output), -1);
	CHECK_INT(door.err.class, ERROR_ITEM_EXISTS);
	error_release(&door.err);
	CHECK_TEXT(told(&door, &usage), "Tab w4, b/1 w1, a/1 w3, 1 failed");
}

static void a_new_time_costs_nothing(void)
{
	struct door door CLEANUP(door_release) = api_new();
	const struct item_write write = write_of(&door, ITEM_TOUCH, "a");
	struct write_items_input input = { .writes = &write, .count = 1 };
	struct write_items_output output = { 0 };
	struct usage usage = USAGE_INIT;

	CHECK_CALL(&door, PUT, "{" T "'Item': {" A1 "}}");
	CHECK_OK(metered_run(&door, &usage, OPERATION_LOCAL_WRITE_ITEMS, &input, &output),
		&door.err);
	CHECK_INT(usage.count, 0);
}

static void a_look_at_facts_costs_nothing(void)
{
	struct door door CLEANUP(door_release) = api_new();
	struct get_item_input get = {
		.table_name = SLICE("Tab"),
		.key = door_key(&door, value_of_string("a"), value_of_number(1)),
		.facts_only = true,
	};
	struct get_item_output got = { 0 };
	struct scan_input scan = { .table_name = SLICE("Tab"), .facts_only = true };
	struct query_output scanned = { 0 };
	struct usage usage = USAGE_INIT;

	CHECK_OK(metered_run(&door, &usage, GET, &get, &got), &door.err);
	CHECK_OK(metered_run(&door, &usage, SCAN, &scan, &scanned), &door.err);
	CHECK_INT(usage.count, 0);
	get.facts_only = false;
	get.is_look = true;
	CHECK_OK(metered_run(&door, &usage, GET, &get, &got), &door.err);
	CHECK_INT(usage.count, 0);
}

static const struct test_case cases[] = {
	{ "a read of an item tells its key", a_read_of_an_item_tells_its_key },
	{ "a write tells its key and each index", a_write_tells_its_key_and_each_index },
	{ "an index that an item leaves is charged for what it had",
		an_index_that_an_item_leaves_is_charged_for_what_it_had },
	{ "a move within a local index costs two writes",
		a_move_within_a_local_index_costs_two_writes },
	{ "a failed condition costs the larger of what is there and what is put",
		a_failed_condition_costs_the_larger_of_what_is_there_and_what_is_put },
	{ "what breaks a rule costs nothing", what_breaks_a_rule_costs_nothing },
	{ "a batch is counted item by item", a_batch_is_counted_item_by_item },
	{ "a transaction counts twice but for its indexes",
		a_transaction_counts_twice_but_for_its_indexes },
	{ "a cancelled transaction costs its preparation",
		a_cancelled_transaction_costs_its_preparation },
	{ "a replayed transaction costs reads", a_replayed_transaction_costs_reads },
	{ "a replay reads items of every kind of action",
		a_replay_reads_items_of_every_kind_of_action },
	{ "a replay passes over a table made anew", a_replay_passes_over_a_table_made_anew },
	{ "a query tells its partition and what it returned",
		a_query_tells_its_partition_and_what_it_returned },
	{ "a query of an index is the index's", a_query_of_an_index_is_the_indexs },
	{ "a scan tells no key", a_scan_tells_no_key },
	{ "statements are counted like operations", statements_are_counted_like_operations },
	{ "each statement of a batch is counted", each_statement_of_a_batch_is_counted },
	{ "reading statements of a transaction count twice",
		reading_statements_of_a_transaction_count_twice },
	{ "lines of an import are counted alone", lines_of_an_import_are_counted_alone },
	{ "a rename is a transaction", a_rename_is_a_transaction },
	{ "a rename onto what is there costs its preparation",
		a_rename_onto_what_is_there_costs_its_preparation },
	{ "a new time costs nothing", a_new_time_costs_nothing },
	{ "a look at facts costs nothing", a_look_at_facts_costs_nothing },
};

TEST_MAIN(cases)
