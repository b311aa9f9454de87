#undef NDEBUG
#include "engine_fixture.h"

#define PUT    OPERATION_PUT_ITEM
#define GET    OPERATION_GET_ITEM
#define DELETE OPERATION_DELETE_ITEM

/* A table "T" with a string partition key and a numeric sort key. */
static struct door pair_new(void)
{
	struct door door = door_new();

	door_create_table(&door, "Tab", "S", "N");
	return door;
}

#define T         "'TableName': 'Tab', "
#define A1        "'pk': {'S': 'a'}, 'sk': {'N': '1'}"
#define A1_ANSWER "'pk':{'S':'a'},'sk':{'N':'1'}"
#define ITEM(v)   "{" T "'Item': {" A1 ", 'v': {'S': '" v "'}}}"
#define KEY       "{" T "'Key': {" A1 "}}"

static void an_item_put_is_got(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_ANSWER(&door, PUT, ITEM("x"), "{}");
	CHECK_ANSWER(&door, GET, KEY, "{'Item':{" A1_ANSWER ",'v':{'S':'x'}}}");
}

static void an_item_that_is_not_there_is_no_member_of_the_answer(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_ANSWER(&door, GET, KEY, "{}");
}

static void a_put_replaces_the_whole_item(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_CALL(&door, PUT, ITEM("x"));
	CHECK_CALL(&door, PUT, "{" T "'Item': {" A1 ", 'w': {'S': 'y'}}}");
	CHECK_ANSWER(&door, GET, KEY, "{'Item':{" A1_ANSWER ",'w':{'S':'y'}}}");
}

static void attributes_keep_the_order_in_which_they_were_written(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_CALL(&door, PUT,
		"{" T "'Item': {'z': {'BOOL': true}, 'sk': {'N': '1'}, 'b': {'NULL': true}, "
		"'pk': {'S': 'a'}, 'a': {'L': []}}}");
	CHECK_ANSWER(&door, GET, KEY,
		"{'Item':{'z':{'BOOL':true},'sk':{'N':'1'},'b':{'NULL':true},'pk':{'S':'a'},"
		"'a':{'L':[]}}}");
}

static void a_number_is_one_key_in_all_its_spellings(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_CALL(&door, PUT, "{" T "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '+1.0'}}}");
	CHECK_ANSWER(&door, GET, "{" T "'Key': {'pk': {'S': 'a'}, 'sk': {'N': '10e-1'}}}",
		"{'Item':{" A1_ANSWER "}}");
}

static void a_put_returns_the_old_item_when_asked(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_ANSWER(&door, PUT, "{'ReturnValues': 'ALL_OLD', " T "'Item': {" A1 "}}", "{}");
	CHECK_ANSWER(&door, PUT,
		"{'ReturnValues': 'ALL_OLD', " T "'Item': {" A1 ", 'v': {'S': 'x'}}}",
		"{'Attributes':{" A1_ANSWER "}}");
	CHECK_ANSWER(&door, PUT, "{'ReturnValues': 'NONE', " T "'Item': {" A1 "}}", "{}");
	CHECK_ANSWER(&door, PUT, "{" T "'Item': {" A1 "}}", "{}");
}

static void a_delete_returns_the_old_item_when_asked(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_CALL(&door, PUT, ITEM("x"));
	CHECK_ANSWER(&door, DELETE, "{'ReturnValues': 'ALL_OLD', " T "'Key': {" A1 "}}",
		"{'Attributes':{" A1_ANSWER ",'v':{'S':'x'}}}");
	CHECK_ANSWER(&door, DELETE, "{'ReturnValues': 'ALL_OLD', " T "'Key': {" A1 "}}", "{}");
}

static void put_and_delete_know_two_of_the_return_values(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	static const char *const refused[] = { "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW" };

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		CHECK_INVALID(&door, PUT,
			arena_printf(&door.arena,
				"{'ReturnValues': '%s', 'TableName': 'absent', 'Item': {}}",
				refused[i])
				.data,
			"ReturnValues can only be ALL_OLD or NONE");
		CHECK_INVALID(&door, DELETE,
			arena_printf(&door.arena,
				"{'ReturnValues': '%s', 'TableName': 'absent', 'Key': {}}",
				refused[i])
				.data,
			"ReturnValues can only be ALL_OLD or NONE");
	}
}

static void a_deleted_item_is_gone(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_CALL(&door, PUT, ITEM("x"));
	CHECK_ANSWER(&door, DELETE, KEY, "{}");
	CHECK_ANSWER(&door, GET, KEY, "{}");
}

static void a_delete_tells_whether_there_was_an_item(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct delete_item_input input = {
		.table_name = SLICE("Tab"),
		.key = door_key(&door, value_of_string("a"), value_of_number(1)),
	};
	struct delete_item_output output = { 0 };

	CHECK_CALL(&door, PUT, ITEM("x"));
	CHECK_OK(door_run(&door, DELETE, &input, &output), &door.err);
	CHECK(output.found);
	output = (struct delete_item_output){ 0 };
	CHECK_OK(door_run(&door, DELETE, &input, &output), &door.err);
	CHECK(!output.found);
}

static void a_table_that_is_not_there_is_not_named(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_REFUSED(&door, PUT, "{'TableName': 'absent', 'Item': {" A1 "}}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	CHECK_REFUSED(&door, GET, "{'TableName': 'absent', 'Key': {" A1 "}}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found");
	CHECK_REFUSED(&door, DELETE, "{'TableName': 'absent', 'Key': {" A1 "}}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

#define WERE_INVALID "One or more parameter values were invalid: "

static void an_item_must_have_its_key(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_INVALID(
		&door, PUT, "{" T "'Item': {}}", WERE_INVALID "Missing the key pk in the item");
	CHECK_INVALID(&door, PUT, "{" T "'Item': {'pk': {'S': 'a'}}}",
		WERE_INVALID "Missing the key sk in the item");
}

static void the_key_of_an_item_must_be_of_its_type(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK_INVALID(&door, PUT, "{" T "'Item': {'pk': {'N': '1'}, 'sk': {'N': '1'}}}",
		WERE_INVALID "Type mismatch for key pk expected: S actual: N");
	CHECK_INVALID(&door, PUT, "{" T "'Item': {'pk': {'S': 'a'}, 'sk': {'NULL': true}}}",
		WERE_INVALID "Type mismatch for key sk expected: N actual: NULL");
}

static void a_key_must_be_of_the_schema(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	static const char *const keys[] = {
		"{}",
		"{'pk': {'S': 'a'}}",
		"{'sk': {'N': '1'}}",
		"{'pk': {'S': 'a'}, 'sk': {'S': '1'}}",
		"{'pk': {'S': 'a'}, 'x': {'N': '1'}}",
		"{'pk': {'S': 'a'}, 'sk': {'N': '1'}, 'x': {'N': '1'}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *json = arena_printf(&door.arena, "{" T "'Key': %s}", keys[i]).data;

		CHECK_INVALID(
			&door, GET, json, "The provided key element does not match the schema");
		CHECK_INVALID(
			&door, DELETE, json, "The provided key element does not match the schema");
	}
}

#define EMPTY_KEY \
	"One or more parameter values are not valid. The AttributeValue for a key attribute " \
	"cannot contain an empty string value. Key: pk"

static void a_key_must_not_be_empty(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	static const char empty[] = "'pk': {'S': ''}, 'sk': {'N': '1'}";

	CHECK_REFUSED(&door, PUT, arena_printf(&door.arena, "{" T "'Item': {%s}}", empty).data,
		ERROR_KEY_EMPTY, EMPTY_KEY);
	CHECK_REFUSED(&door, GET, arena_printf(&door.arena, "{" T "'Key': {%s}}", empty).data,
		ERROR_KEY_EMPTY, EMPTY_KEY);
	CHECK_REFUSED(&door, DELETE, arena_printf(&door.arena, "{" T "'Key': {%s}}", empty).data,
		ERROR_KEY_EMPTY, EMPTY_KEY);
}

/* A string of n times the character, in the arena. */
static const char *repeat(struct arena *arena, char c, size_t n)
{
	char *text = arena_alloc(arena, n + 1);

	memset(text, c, n);
	text[n] = '\0';
	return text;
}

static void keys_have_a_greatest_size_in_reads_too(void)
{
	struct door door CLEANUP(door_release) = door_new();
	const char *pk, *sk;

	door_create_table(&door, "Tab", "S", "S");
	pk = repeat(&door.arena, 'p', 2048);
	sk = repeat(&door.arena, 's', 1024);
	CHECK_CALL(&door, PUT,
		arena_printf(&door.arena, "{" T "'Item': {'pk': {'S': '%s'}, 'sk': {'S': '%s'}}}",
			pk, sk)
			.data);
	CHECK_INVALID(&door, GET,
		arena_printf(
			&door.arena, "{" T "'Key': {'pk': {'S': '%s+'}, 'sk': {'S': 's'}}}", pk)
			.data,
		WERE_INVALID "Size of hashkey has exceeded the maximum size limit of2048 bytes");
	CHECK_INVALID(&door, DELETE,
		arena_printf(
			&door.arena, "{" T "'Key': {'pk': {'S': 'p'}, 'sk': {'S': '%s+'}}}", sk)
			.data,
		WERE_INVALID "Aggregated size of all range keys has exceeded the size limit of "
			     "1024 bytes");
}

static void bad_input_is_told_before_a_missing_table(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, PUT, "{'TableName': 'absent', 'Item': {'x': {'SS': []}}}",
		WERE_INVALID "An string set  may not be empty");
}

static void an_item_over_400_kb_is_refused(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	/* pk a sk 1 v: 2 + 1 + 2 + 2 + 1 bytes */
	const char *fits = repeat(&door.arena, 'x', 409600 - 8);

	CHECK_CALL(&door, PUT, arena_printf(&door.arena, ITEM("%s"), fits).data);
	CHECK_REFUSED(&door, PUT, arena_printf(&door.arena, ITEM("%s+"), fits).data,
		ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
}

/* What the mount does. */

static struct put_item_input put_of(struct door *door, const char *v)
{
	struct member members[] = {
		{ SLICE("pk"), value_of_string("a") },
		{ SLICE("sk"), value_of_number(1) },
		{ SLICE("v"), value_of_string(v) },
	};

	return (struct put_item_input){
		.table_name = SLICE("Tab"),
		.item = map_of(&door->arena, members, 3),
	};
}

static struct item_facts put(struct door *door, const struct put_item_input *input)
{
	struct put_item_output output = { 0 };

	CHECK_OK(door_run(door, PUT, input, &output), &door->err);
	return output.facts;
}

static struct get_item_output get(struct door *door, bool facts_only)
{
	struct get_item_input input = {
		.table_name = SLICE("Tab"),
		.key = door_key(door, value_of_string("a"), value_of_number(1)),
		.facts_only = facts_only,
	};
	struct get_item_output output = { 0 };

	CHECK_OK(door_run(door, GET, &input, &output), &door->err);
	return output;
}

static void a_put_and_a_get_tell_the_same_facts(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	struct item_facts facts = put(&door, &input);
	struct get_item_output read = get(&door, false);

	CHECK(facts.stamp > 0);
	CHECK(facts.mtime_ns > 0);
	CHECK_INT(facts.item_size, 9);
	CHECK_INT(facts.text_length,
		strlen("{\n  \"pk\": \"a\",\n  \"sk\": 1,\n  \"v\": \"x\"\n}\n"));
	CHECK_INT(read.facts.stamp, facts.stamp);
	CHECK_INT(read.facts.mtime_ns, facts.mtime_ns);
	CHECK_INT(read.facts.item_size, facts.item_size);
	CHECK_INT(read.facts.text_length, facts.text_length);
}

static void facts_alone_come_with_the_key_alone(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	struct item_facts facts = put(&door, &input);
	struct get_item_output read = get(&door, true);

	CHECK_INT(read.facts.stamp, facts.stamp);
	CHECK_INT(read.item->count, 2);
	CHECK(!map_find(read.item, SLICE("v")));
}

static void facts_of_an_item_that_is_not_there_are_none(void)
{
	struct door door CLEANUP(door_release) = pair_new();

	CHECK(!get(&door, true).item);
	CHECK(!get(&door, false).item);
}

static void own_text_is_kept_with_the_item(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	struct item_facts facts;

	input.own_text = SLICE("{ \"v\" : \"x\" }");
	facts = put(&door, &input);
	CHECK_INT(facts.text_length, input.own_text.len);
	CHECK_TEXT(get(&door, false).facts.own_text, "{ \"v\" : \"x\" }");
	CHECK_INT(get(&door, true).facts.text_length, input.own_text.len);
}

static void own_text_is_dropped_by_a_write_without_one(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");

	input.own_text = SLICE("{ \"v\" : \"x\" }");
	put(&door, &input);
	CHECK_CALL(&door, PUT, ITEM("x"));
	CHECK(!slice_present(get(&door, false).facts.own_text));
}

static void a_time_of_modification_can_be_given(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");

	input.mtime_ns = 1234567890123456789;
	CHECK_INT(put(&door, &input).mtime_ns, 1234567890123456789);
	CHECK_INT(get(&door, true).facts.mtime_ns, 1234567890123456789);
}

static void every_write_has_a_greater_stamp(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	uint64_t last = 0;

	for (int i = 0; i < 100; i++) {
		uint64_t stamp = put(&door, &input).stamp;

		CHECK(stamp > last);
		last = stamp;
	}
}

static void a_put_can_ask_that_there_is_no_item(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	struct put_item_output output = { 0 };

	input.expectation = ITEM_ABSENT;
	put(&door, &input);
	CHECK_INT(door_run(&door, PUT, &input, &output), -1);
	CHECK_ERROR(&door.err, ERROR_ITEM_EXISTS, "The conditional request failed");
}

static void a_put_can_ask_that_the_item_is_the_one_read(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	struct put_item_output output = { 0 };
	struct item_facts facts = put(&door, &input);

	input = put_of(&door, "y");
	input.expectation = ITEM_UNCHANGED;
	input.expected_stamp = facts.stamp;
	put(&door, &input);
	CHECK_INT(door_run(&door, PUT, &input, &output), -1);
	CHECK_ERROR(&door.err, ERROR_ITEM_CHANGED, "The conditional request failed");
}

static void an_item_deleted_meanwhile_is_not_the_one_read(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct put_item_input input = put_of(&door, "x");
	struct put_item_output output = { 0 };

	input.expected_stamp = put(&door, &input).stamp;
	input.expectation = ITEM_UNCHANGED;
	CHECK_CALL(&door, DELETE, KEY);
	CHECK_INT(door_run(&door, PUT, &input, &output), -1);
	CHECK_ERROR(&door.err, ERROR_ITEM_CHANGED, "The conditional request failed");
	CHECK(!get(&door, true).item);
}

/* Many writes at once. */

static struct item_write write_of(struct door *door, enum item_write_kind kind, int64_t sk)
{
	return (struct item_write){
		.kind = kind,
		.table_name = SLICE("Tab"),
		.item = door_key(door, value_of_string("a"), value_of_number(sk)),
	};
}

/* The number of items in the table. */
static int64_t count_items(struct door *door)
{
	struct scan_input input = { .table_name = SLICE("Tab"), .select = SLICE("COUNT") };
	struct query_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_SCAN, &input, &output), &door->err);
	return output.count.value;
}

static int write_items(struct door *door, const struct item_write *writes, size_t count,
	struct error *item_errors, struct write_items_output *ret)
{
	struct write_items_input input = {
		.writes = writes,
		.count = count,
		.item_errors = item_errors,
	};

	*ret = (struct write_items_output){ 0 };
	return door_run(door, OPERATION_LOCAL_WRITE_ITEMS, &input, ret);
}

static void writes_of_all_kinds_go_in_together(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 2),
		write_of(&door, ITEM_DELETE, 1),
		write_of(&door, ITEM_TOUCH, 3),
	};
	struct item_write before[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_PUT, 3),
	};
	struct write_items_output output;

	door_write(&door, before, 2);
	writes[2].mtime_ns = 1000;
	CHECK_OK(write_items(&door, writes, 3, NULL, &output), &door.err);
	CHECK_INT(output.written, 3);
	CHECK(output.facts[0].stamp > 0);
	CHECK_INT(output.facts[1].stamp, 0);
	CHECK_INT(output.facts[2].mtime_ns, 1000);
	CHECK_INT(count_items(&door), 2);
}

static void one_bad_item_keeps_out_all(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_PUT, 2),
	};
	struct member member = { SLICE("pk"), value_of_string("a") };
	struct write_items_output output;

	writes[1].item = map_of(&door.arena, &member, 1);
	CHECK_INT(write_items(&door, writes, 2, NULL, &output), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, WERE_INVALID "Missing the key sk in the item");
	CHECK_INT(count_items(&door), 0);
}

static void one_failed_expectation_undoes_all(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_PUT, 2),
	};
	struct write_items_output output;

	writes[1].expectation = ITEM_ABSENT;
	door_write(&door, &writes[1], 1);
	CHECK_INT(write_items(&door, writes, 2, NULL, &output), -1);
	CHECK_ERROR(&door.err, ERROR_ITEM_EXISTS, "The conditional request failed");
	CHECK_INT(count_items(&door), 1);
}

static void a_write_can_ask_that_the_item_exists(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_DELETE, 2),
	};
	struct write_items_output output;

	writes[1].must_exist = true;
	CHECK_INT(write_items(&door, writes, 2, NULL, &output), -1);
	CHECK_INT(door.err.class, ERROR_ITEM_CHANGED);
	error_release(&door.err);
	CHECK_INT(count_items(&door), 0);
}

static void an_item_can_move_in_one_request(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_DELETE, 1),
		write_of(&door, ITEM_PUT, 2),
	};
	struct write_items_output output;

	CHECK_CALL(&door, PUT, ITEM("x"));
	writes[0].must_exist = true;
	CHECK_OK(write_items(&door, writes, 2, NULL, &output), &door.err);
	CHECK_ANSWER(&door, GET, KEY, "{}");
	CHECK_INT(count_items(&door), 1);
}

static void writes_may_go_to_several_tables(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_PUT, 1),
	};

	door_create_table(&door, "Other", "S", "N");
	writes[1].table_name = SLICE("Other");
	door_write(&door, writes, 2);
	CHECK_INT(count_items(&door), 1);
	CHECK_ANSWER(
		&door, GET, "{'TableName': 'Other', 'Key': {" A1 "}}", "{'Item':{" A1_ANSWER "}}");
}

static void a_missing_table_keeps_out_all(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_PUT, 2),
	};
	struct error item_errors[] = { ERROR_INIT, ERROR_INIT };
	struct write_items_output output;

	writes[1].table_name = SLICE("absent");
	CHECK_INT(write_items(&door, writes, 2, item_errors, &output), -1);
	CHECK_ERROR(&door.err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	CHECK_INT(count_items(&door), 0);
}

static void the_last_write_of_a_key_wins(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[60];
	struct error item_errors[60];
	struct write_items_output output;

	for (size_t i = 0; i < ARRAY_SIZE(writes); i++) {
		struct member members[] = {
			{ SLICE("pk"), value_of_string("a") },
			{ SLICE("sk"), value_of_number((int64_t)i % 3) },
			{ SLICE("v"), value_of_number((int64_t)i) },
		};

		writes[i] = (struct item_write){
			.table_name = SLICE("Tab"),
			.item = map_of(&door.arena, members, 3),
		};
		item_errors[i] = ERROR_INIT;
	}
	CHECK_OK(write_items(&door, writes, 60, item_errors, &output), &door.err);
	CHECK_INT(output.written, 60);
	CHECK_INT(count_items(&door), 3);
	CHECK_ANSWER(&door, GET, KEY, "{'Item':{" A1_ANSWER ",'v':{'N':'58'}}}");
	door_write(&door, writes, 60);
	CHECK_ANSWER(&door, GET, KEY, "{'Item':{" A1_ANSWER ",'v':{'N':'58'}}}");
}

static void bad_items_are_left_out_and_told_when_asked(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 1),
		write_of(&door, ITEM_PUT, 2),
		write_of(&door, ITEM_PUT, 3),
		write_of(&door, ITEM_PUT, 0),
	};
	struct error item_errors[] = { ERROR_INIT, ERROR_INIT, ERROR_INIT, ERROR_INIT };
	struct write_items_output output;

	writes[1].item = door_key(&door, value_of_string(""), value_of_number(2));
	CHECK_OK(write_items(&door, writes, 4, item_errors, &output), &door.err);
	CHECK_INT(output.written, 3);
	CHECK_INT(count_items(&door), 3);
	CHECK_INT(item_errors[0].class, ERROR_NONE);
	CHECK_ERROR(&item_errors[1], ERROR_KEY_EMPTY, EMPTY_KEY);
	CHECK_INT(item_errors[2].class, ERROR_NONE);
}

static void facts_stand_at_the_place_of_their_write(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct item_write writes[] = {
		write_of(&door, ITEM_PUT, 9),
		write_of(&door, ITEM_PUT, 2),
		write_of(&door, ITEM_PUT, 1),
	};
	struct error item_errors[] = { ERROR_INIT, ERROR_INIT, ERROR_INIT };
	struct write_items_output output;

	writes[0].item = door_key(&door, value_of_string(""), value_of_number(9));
	writes[1].mtime_ns = 22;
	writes[2].mtime_ns = 11;
	CHECK_OK(write_items(&door, writes, 3, item_errors, &output), &door.err);
	error_release(&item_errors[0]);
	CHECK_INT(output.facts[0].stamp, 0);
	CHECK_INT(output.facts[1].mtime_ns, 22);
	CHECK_INT(output.facts[2].mtime_ns, 11);
}

static void no_writes_at_all_are_allowed(void)
{
	struct door door CLEANUP(door_release) = pair_new();
	struct write_items_output output;

	CHECK_OK(write_items(&door, NULL, 0, NULL, &output), &door.err);
	CHECK_INT(output.written, 0);
}

static const struct test_case cases[] = {
	{ "an item put is got", an_item_put_is_got },
	{ "an item that is not there is no member of the answer",
		an_item_that_is_not_there_is_no_member_of_the_answer },
	{ "a put replaces the whole item", a_put_replaces_the_whole_item },
	{ "attributes keep the order in which they were written",
		attributes_keep_the_order_in_which_they_were_written },
	{ "a number is one key in all its spellings", a_number_is_one_key_in_all_its_spellings },
	{ "a put returns the old item when asked", a_put_returns_the_old_item_when_asked },
	{ "a delete returns the old item when asked", a_delete_returns_the_old_item_when_asked },
	{ "put and delete know two of the return values",
		put_and_delete_know_two_of_the_return_values },
	{ "a deleted item is gone", a_deleted_item_is_gone },
	{ "a delete tells whether there was an item", a_delete_tells_whether_there_was_an_item },
	{ "a table that is not there is not named", a_table_that_is_not_there_is_not_named },
	{ "an item must have its key", an_item_must_have_its_key },
	{ "the key of an item must be of its type", the_key_of_an_item_must_be_of_its_type },
	{ "a key must be of the schema", a_key_must_be_of_the_schema },
	{ "a key must not be empty", a_key_must_not_be_empty },
	{ "keys have a greatest size, in reads too", keys_have_a_greatest_size_in_reads_too },
	{ "bad input is told before a missing table", bad_input_is_told_before_a_missing_table },
	{ "an item over 400 KB is refused", an_item_over_400_kb_is_refused },
	{ "a put and a get tell the same facts", a_put_and_a_get_tell_the_same_facts },
	{ "facts alone come with the key alone", facts_alone_come_with_the_key_alone },
	{ "facts of an item that is not there are none",
		facts_of_an_item_that_is_not_there_are_none },
	{ "own text is kept with the item", own_text_is_kept_with_the_item },
	{ "own text is dropped by a write without one",
		own_text_is_dropped_by_a_write_without_one },
	{ "a time of modification can be given", a_time_of_modification_can_be_given },
	{ "every write has a greater stamp", every_write_has_a_greater_stamp },
	{ "a put can ask that there is no item", a_put_can_ask_that_there_is_no_item },
	{ "a put can ask that the item is the one read",
		a_put_can_ask_that_the_item_is_the_one_read },
	{ "an item deleted meanwhile is not the one read",
		an_item_deleted_meanwhile_is_not_the_one_read },
	{ "writes of all kinds go in together", writes_of_all_kinds_go_in_together },
	{ "one bad item keeps out all", one_bad_item_keeps_out_all },
	{ "one failed expectation undoes all", one_failed_expectation_undoes_all },
	{ "a write can ask that the item exists", a_write_can_ask_that_the_item_exists },
	{ "an item can move in one request", an_item_can_move_in_one_request },
	{ "writes may go to several tables", writes_may_go_to_several_tables },
	{ "a missing table keeps out all", a_missing_table_keeps_out_all },
	{ "the last write of a key wins", the_last_write_of_a_key_wins },
	{ "bad items are left out and told when asked",
		bad_items_are_left_out_and_told_when_asked },
	{ "facts stand at the place of their write", facts_stand_at_the_place_of_their_write },
	{ "no writes at all are allowed", no_writes_at_all_are_allowed },
};
TEST_MAIN(cases)
