/*
 * Query, Scan and the listing of partitions. What a table holds is also kept
 * in a sorted array, and every answer compared with what that array gives.
 */
#undef NDEBUG
#include "engine_fixture.h"
#include "model/number.h"

#include <endian.h>

#define QUERY OPERATION_QUERY
#define SCAN  OPERATION_SCAN

/* The sort keys of one partition, in order. */
struct model {
	struct value *keys;
	size_t count;
};

static int compare_values(const void *left, const void *right)
{
	return value_compare(left, right);
}

/* Makes the table "Tab" with the partition "a" of those sort keys, between two
 * others. */
static struct door model_store(struct model *model)
{
	struct door door = door_new();
	struct item_write *writes =
		arena_alloc_array(&door.arena, model->count + 2, sizeof(*writes));

	door_create_table(&door, "Tab", "S", value_type_name(model->keys[0].type));
	for (size_t i = 0; i < model->count; i++)
		writes[i].item = door_key(&door, value_of_string("a"), model->keys[i]);
	writes[model->count].item = door_key(&door, value_of_string("A"), model->keys[0]);
	writes[model->count + 1].item = door_key(&door, value_of_string("aa"), model->keys[0]);
	for (size_t i = 0; i < model->count + 2; i++)
		writes[i].table_name = SLICE("Tab");
	door_write(&door, writes, model->count + 2);
	qsort(model->keys, model->count, sizeof(*model->keys), compare_values);
	return door;
}

static bool begins_with(const struct value *value, const struct value *prefix)
{
	return slice_starts_with(value->bytes, prefix->bytes);
}

static bool satisfies(const struct value *key, enum comparison comparison,
	const struct value *first, const struct value *second)
{
	int order = comparison == COMPARISON_BEGINS_WITH ? 0 : value_compare(key, first);

	switch (comparison) {
	case COMPARISON_EQ:
		return order == 0;
	case COMPARISON_LE:
		return order <= 0;
	case COMPARISON_LT:
		return order < 0;
	case COMPARISON_GE:
		return order >= 0;
	case COMPARISON_GT:
		return order > 0;
	case COMPARISON_BETWEEN:
		return order >= 0 && value_compare(key, second) <= 0;
	case COMPARISON_BEGINS_WITH:
		return begins_with(key, first);
	case COMPARISON_NE:
	case COMPARISON_IN:
	case COMPARISON_NOT_NULL:
	case COMPARISON_NULL:
	case COMPARISON_CONTAINS:
	case COMPARISON_NOT_CONTAINS:
		break;
	}
	return false;
}

static void check_sort_key(const struct map *item, const struct value *expected)
{
	CHECK(value_equal(map_find(item, SLICE("sk")), expected));
}

/* Queries the partition "a" in pages and checks every item against the model. */
static void check_query(struct door *door, const struct model *model, enum comparison comparison,
	const struct value *values, bool backward, int64_t limit)
{
	struct value pk = value_of_string("a");
	size_t operands = comparison == COMPARISON_BETWEEN ? 2 : 1;
	struct key_condition conditions[] = {
		{ SLICE("pk"), SLICE("EQ"), { true, 1, &pk } },
		{ SLICE("sk"), slice_from_string(comparison_names[comparison]),
			{ true, operands, values } },
	};
	struct query_input input = {
		.table_name = SLICE("Tab"),
		.key_conditions = { true, 2, conditions },
		.scan_index_forward = { true, !backward },
		.limit = { limit > 0, limit },
	};
	size_t next = 0;

	do {
		struct query_output output = { 0 };
		const struct map *items;

		CHECK_OK(door_run(door, QUERY, &input, &output), &door->err);
		items = output.items.items;
		CHECK_INT(output.count.value, output.items.count);
		CHECK(!limit || output.count.value <= limit);
		for (size_t i = 0; i < output.items.count; i++) {
			const struct value *key;

			do {
				CHECK(next < model->count);
				key = &model->keys[backward ? model->count - 1 - next : next];
				next++;
			} while (!satisfies(key, comparison, &values[0], &values[1]));
			check_sort_key(&items[i], key);
		}
		input.exclusive_start_key = output.last_evaluated_key;
	} while (input.exclusive_start_key);
	for (; next < model->count; next++)
		CHECK(!satisfies(&model->keys[backward ? model->count - 1 - next : next],
			comparison, &values[0], &values[1]));
}

static const enum comparison range_comparisons[] = {
	COMPARISON_EQ,
	COMPARISON_LE,
	COMPARISON_LT,
	COMPARISON_GE,
	COMPARISON_GT,
	COMPARISON_BEGINS_WITH,
};

/* Every operator with each operand, both ways, in one page and in small ones. */
static void check_operators(
	struct door *door, const struct model *model, const struct value *operands, size_t count)
{
	bool numbers = operands[0].type == VALUE_N;

	for (size_t i = 0; i < count; i++) {
		struct value pair[2] = { operands[i], operands[count - 1] };

		for (size_t c = 0; c < ARRAY_SIZE(range_comparisons); c++) {
			if (numbers && range_comparisons[c] == COMPARISON_BEGINS_WITH)
				continue;
			check_query(door, model, range_comparisons[c], pair, false, 0);
			check_query(door, model, range_comparisons[c], pair, true, 0);
			check_query(door, model, range_comparisons[c], pair, i % 2, 3);
		}
		if (value_compare(&pair[0], &pair[1]) <= 0) {
			check_query(door, model, COMPARISON_BETWEEN, pair, false, 2);
			check_query(door, model, COMPARISON_BETWEEN, pair, true, 0);
		}
	}
}

static void a_sort_key_of_strings_is_queried_by_every_operator(void)
{
	static const char *const texts[] = { "a", "ab", "abc", "b", "ba", "\x01", "A", "a b", "a.",
		"\x7F", "\xC3\xA9", "\xC3\xA9t\xC3\xA9", "\xEF\xBF\xBF", "\xF0\x9F\x98\x80" };
	static const char *const others[] = { "aa", "\x02", "a!", "zz", "\xF4\x8F\xBF\xBF" };
	struct value keys[ARRAY_SIZE(texts)], operands[ARRAY_SIZE(texts) + ARRAY_SIZE(others)];
	struct model model = { keys, ARRAY_SIZE(texts) };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		operands[i] = keys[i] = value_of_string(texts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		operands[ARRAY_SIZE(texts) + i] = value_of_string(others[i]);
	{
		struct door door CLEANUP(door_release) = model_store(&model);

		check_operators(&door, &model, operands, ARRAY_SIZE(operands));
	}
}

static struct value number_of(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value = { .type = VALUE_N };

	CHECK_OK(number_parse(slice_from_string(text), &value.number, &err), &err);
	return value;
}

static void a_sort_key_of_numbers_is_queried_by_every_operator(void)
{
	static const char *const texts[] = { "0", "1", "-1", "10", "-10", "2", "0.1", "-0.1",
		"0.11", "1e125", "-1e125", "1e-130", "-1e-130",
		"12345678901234567890123456789012345678", "99.5", "100" };
	static const char *const others[] = { "3", "-2", "1e20", "-9e124", "0.105" };
	struct value keys[ARRAY_SIZE(texts)], operands[ARRAY_SIZE(texts) + ARRAY_SIZE(others)];
	struct model model = { keys, ARRAY_SIZE(texts) };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		operands[i] = keys[i] = number_of(texts[i]);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		operands[ARRAY_SIZE(texts) + i] = number_of(others[i]);
	{
		struct door door CLEANUP(door_release) = model_store(&model);

		check_operators(&door, &model, operands, ARRAY_SIZE(operands));
	}
}

static void a_sort_key_of_binary_is_queried_by_every_operator(void)
{
	static const struct slice bytes[] = { { "\x00", 1 }, { "\x00\x00", 2 }, { "\x00\x01", 2 },
		{ "\x00\xFF", 2 }, { "\x01", 1 }, { "\x7F", 1 }, { "\x80", 1 }, { "\xFF", 1 },
		{ "\xFF\x00", 2 }, { "\xFF\xFF", 2 }, { "\xFF\xFF\xFF", 3 },
		{ "\x00\xFF\x00", 3 } };
	struct value keys[ARRAY_SIZE(bytes)], operands[ARRAY_SIZE(bytes)];
	struct model model = { keys, ARRAY_SIZE(bytes) };

	for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
		operands[i] = keys[i] = (struct value){ .type = VALUE_B, .bytes = bytes[i] };
	{
		struct door door CLEANUP(door_release) = model_store(&model);

		check_operators(&door, &model, operands, ARRAY_SIZE(operands));
	}
}

#define MANY 3000

static void thousands_of_items_are_paged_both_ways(void)
{
	struct value *keys = malloc(MANY * sizeof(*keys));
	struct model model = { keys, MANY };
	struct value lowest = value_of_number(-1);

	for (size_t i = 0; i < MANY; i++)
		keys[i] = value_of_number((int64_t)((i * 7919) % MANY));
	{
		struct door door CLEANUP(door_release) = model_store(&model);

		check_query(&door, &model, COMPARISON_GT, &lowest, false, 7);
		check_query(&door, &model, COMPARISON_GT, &lowest, true, 100);
		check_query(&door, &model, COMPARISON_GT, &lowest, false, 0);
	}
	free(keys);
}

/* A table "Tab" (S, S) with the items a/b and c/d. */
static struct door small_new(void)
{
	struct door door = door_new();
	struct item_write writes[] = {
		{ .table_name = SLICE("Tab"),
			.item = door_key(&door, value_of_string("a"), value_of_string("b")) },
		{ .table_name = SLICE("Tab"),
			.item = door_key(&door, value_of_string("c"), value_of_string("d")) },
	};

	door_create_table(&door, "Tab", "S", "S");
	door_write(&door, writes, 2);
	return door;
}

#define EQ_S(v) "{'ComparisonOperator': 'EQ', 'AttributeValueList': [{'S': '" v "'}]}"
#define SK(op, ...) \
	"'sk': {'ComparisonOperator': '" op "', 'AttributeValueList': [" __VA_ARGS__ "]}"
#define PK_A           "'pk': " EQ_S("a")
#define OF(conditions) "{'TableName': 'Tab', 'KeyConditions': {" conditions "}}"
#define FROM(conditions, start) \
	"{'TableName': 'Tab', 'KeyConditions': {" conditions "}, 'ExclusiveStartKey': {" start "}}"

#define WERE_INVALID "One or more parameter values were invalid: "

static void a_query_answers_items_and_counts(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_ANSWER(&door, QUERY, OF(PK_A),
		"{'Items':[{'pk':{'S':'a'},'sk':{'S':'b'}}],'Count':1,'ScannedCount':1}");
	CHECK_ANSWER(
		&door, QUERY, OF("'pk': " EQ_S("x")), "{'Items':[],'Count':0,'ScannedCount':0}");
}

static void a_count_has_no_items(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_ANSWER(&door, QUERY,
		"{'TableName': 'Tab', 'Select': 'COUNT', 'KeyConditions': {" PK_A "}}",
		"{'Count':1,'ScannedCount':1}");
	CHECK_ANSWER(&door, SCAN, "{'TableName': 'Tab', 'Select': 'COUNT'}",
		"{'Count':2,'ScannedCount':2}");
}

static void an_empty_prefix_is_no_key(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_REFUSED(&door, QUERY, OF(PK_A ", " SK("BEGINS_WITH", "{'S': ''}")), ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. The AttributeValue for a key "
		"attribute cannot contain an empty string value. Key: sk");
}

static void a_limit_reached_at_the_end_tells_a_last_key(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_ANSWER(&door, QUERY, "{'TableName': 'Tab', 'Limit': 1, 'KeyConditions': {" PK_A "}}",
		"{'Items':[{'pk':{'S':'a'},'sk':{'S':'b'}}],'Count':1,'ScannedCount':1,"
		"'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'S':'b'}}}");
	CHECK_ANSWER(&door, QUERY, FROM(PK_A, "'pk': {'S': 'a'}, 'sk': {'S': 'b'}"),
		"{'Items':[],'Count':0,'ScannedCount':0}");
}

static void conditions_must_be_given(void)
{
	struct door door CLEANUP(door_release) = small_new();
	static const char message[] =
		"Either the KeyConditions or KeyConditionExpression parameter "
		"must be specified in the request.";

	CHECK_INVALID(&door, QUERY, "{'TableName': 'Tab'}", message);
	CHECK_INVALID(&door, QUERY, "{'TableName': 'Tab', 'KeyConditions': {}}", message);
}

static void conditions_must_be_of_the_key(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_INVALID(&door, QUERY, OF("'x': " EQ_S("a")),
		"Query condition missed key schema element: pk");
	CHECK_INVALID(&door, QUERY, OF(SK("EQ", "{'S': 'a'}")),
		"Query condition missed key schema element: pk");
	CHECK_INVALID(&door, QUERY, OF(PK_A ", 'x': " EQ_S("a")),
		"Query condition missed key schema element: sk");
	CHECK_INVALID(&door, QUERY, OF(PK_A ", 'x': " EQ_S("a") ", " SK("EQ", "{'S': 'a'}")),
		"Conditions can be of length 1 or 2 only");
}

static void a_table_without_a_sort_key_takes_one_condition(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "Tab", "S", NULL);
	CHECK_INVALID(&door, QUERY, OF(PK_A ", " SK("EQ", "{'S': 'a'}")),
		"Query key condition not supported");
}

static void a_partition_key_must_be_equal(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_INVALID(&door, QUERY,
		OF("'pk': {'ComparisonOperator': 'GT', 'AttributeValueList': [{'S': 'a'}]}"),
		"Query key condition not supported");
}

static void operators_that_are_no_range_are_refused(void)
{
	struct door door CLEANUP(door_release) = small_new();
	static const char *const conditions[] = {
		SK("NE", "{'S': 'a'}"),
		SK("IN", "{'S': 'a'}"),
		SK("CONTAINS", "{'S': 'a'}"),
		SK("NOT_CONTAINS", "{'S': 'a'}"),
		"'sk': {'ComparisonOperator': 'NULL'}",
		"'sk': {'ComparisonOperator': 'NOT_NULL'}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++)
		CHECK_INVALID(&door, QUERY,
			arena_printf(&door.arena, OF(PK_A ", %s"), conditions[i]).data,
			"Attempted conditional constraint is not an indexable operation");
}

static void operands_are_counted_whatever_the_table(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, QUERY, OF("'pk': {'ComparisonOperator': 'EQ'}"),
		WERE_INVALID "Invalid number of argument(s) for the EQ ComparisonOperator");
	CHECK_INVALID(&door, QUERY, OF(SK("EQ", "{'S': 'a'}, {'S': 'b'}")),
		WERE_INVALID "Invalid number of argument(s) for the EQ ComparisonOperator");
	CHECK_INVALID(&door, QUERY, OF(SK("BETWEEN", "{'S': 'a'}")),
		WERE_INVALID "Invalid number of argument(s) for the BETWEEN ComparisonOperator");
}

static void operands_must_have_an_order(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_INVALID(&door, QUERY, OF(PK_A ", " SK("GT", "{'SS': ['a']}")),
		WERE_INVALID "ComparisonOperator GT is not valid for SS AttributeValue type");
	CHECK_INVALID(&door, QUERY, OF(PK_A ", " SK("BEGINS_WITH", "{'N': '1'}")),
		WERE_INVALID
		"ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type");
}

static void operands_must_be_of_the_type_of_the_key(void)
{
	struct door door CLEANUP(door_release) = small_new();
	static const char message[] =
		WERE_INVALID "Condition parameter type does not match schema type";

	CHECK_INVALID(&door, QUERY, OF(PK_A ", " SK("GT", "{'N': '1'}")), message);
	CHECK_INVALID(&door, QUERY,
		OF("'pk': {'ComparisonOperator': 'EQ', 'AttributeValueList': [{'N': '1'}]}"),
		message);
}

static void the_bounds_of_between_must_be_in_order(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_INVALID(&door, QUERY, OF(PK_A ", " SK("BETWEEN", "{'S': 'b'}, {'S': 'a'}")),
		"The BETWEEN condition was provided a range where the lower bound is greater than "
		"the upper bound");
	CHECK_INVALID(&door, QUERY, OF(PK_A ", " SK("BETWEEN", "{'S': 'b'}, {'N': '1'}")),
		WERE_INVALID "AttributeValues inside AttributeValueList must be of same type");
	CHECK_ANSWER(&door, QUERY, OF(PK_A ", " SK("BETWEEN", "{'S': 'b'}, {'S': 'b'}")),
		"{'Items':[{'pk':{'S':'a'},'sk':{'S':'b'}}],'Count':1,'ScannedCount':1}");
}

static void a_start_key_of_a_query_must_be_of_the_schema(void)
{
	struct door door CLEANUP(door_release) = small_new();
	static const char invalid[] = "The provided starting key is invalid";
	static const char mismatch[] = "The provided starting key is invalid: The provided key "
				       "element does not match the schema";

	CHECK_INVALID(&door, QUERY, FROM(PK_A, ""), invalid);
	CHECK_INVALID(&door, QUERY, FROM(PK_A, "'pk': {'S': 'a'}"), invalid);
	CHECK_INVALID(&door, QUERY,
		FROM(PK_A, "'pk': {'S': 'a'}, 'sk': {'S': 'b'}, 'x': {'S': 'b'}"), invalid);
	CHECK_INVALID(&door, QUERY, FROM(PK_A, "'pk': {'S': 'a'}, 'sk': {'N': '1'}"), mismatch);
	CHECK_INVALID(&door, QUERY, FROM(PK_A, "'pk': {'S': 'a'}, 'x': {'S': 'b'}"), mismatch);
}

static void a_start_key_of_a_query_must_be_in_its_range(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_INVALID(&door, QUERY, FROM(PK_A, "'pk': {'S': 'c'}, 'sk': {'S': 'd'}"),
		"The provided starting key is outside query boundaries based on provided "
		"conditions");
	CHECK_INVALID(&door, QUERY,
		FROM(PK_A ", " SK("GT", "{'S': 'b'}"), "'pk': {'S': 'a'}, 'sk': {'S': 'b'}"),
		"The provided starting key does not match the range key predicate");
	CHECK_INVALID(&door, QUERY,
		FROM(PK_A ", " SK("BEGINS_WITH", "{'S': 'b'}"),
			"'pk': {'S': 'a'}, 'sk': {'S': 'c'}"),
		"The provided starting key does not match the range key predicate");
}

static void a_start_key_need_not_exist(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_ANSWER(&door, QUERY, FROM(PK_A, "'pk': {'S': 'a'}, 'sk': {'S': 'azz'}"),
		"{'Items':[{'pk':{'S':'a'},'sk':{'S':'b'}}],'Count':1,'ScannedCount':1}");
	CHECK_ANSWER(&door, QUERY, FROM(PK_A, "'pk': {'S': 'a'}, 'sk': {'S': 'ba'}"),
		"{'Items':[],'Count':0,'ScannedCount':0}");
}

static void a_selection_must_fit_a_table(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, SCAN, "{'TableName': 'absent', 'Select': 'ALL_PROJECTED_ATTRIBUTES'}",
		"ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName");
	CHECK_INVALID(&door, SCAN, "{'TableName': 'absent', 'Select': 'SPECIFIC_ATTRIBUTES'}",
		"Must specify the AttributesToGet or ProjectionExpression when choosing to get "
		"SPECIFIC_ATTRIBUTES");
}

static void a_missing_table_is_not_named(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_REFUSED(
		&door, QUERY, OF(PK_A), ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	CHECK_REFUSED(&door, SCAN, "{'TableName': 'Tab'}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found");
}

/* A table "Tab" (S, S) of eight items of 300 KB in one partition. */
static struct door heavy_new(void)
{
	struct door door = door_new();
	size_t length = 300 * 1024;
	char *text = arena_alloc(&door.arena, length + 1);

	memset(text, 'x', length);
	text[length] = '\0';
	door_create_table(&door, "Tab", "S", "N");
	for (int64_t i = 0; i < 8; i++) {
		struct member members[] = {
			{ SLICE("pk"), value_of_string("a") },
			{ SLICE("sk"), value_of_number(i) },
			{ SLICE("v"), value_of_string(text) },
		};
		struct item_write write = {
			.table_name = SLICE("Tab"),
			.item = map_of(&door.arena, members, 3),
		};

		door_write(&door, &write, 1);
	}
	return door;
}

static void a_page_ends_when_a_megabyte_was_read(void)
{
	struct door door CLEANUP(door_release) = heavy_new();
	struct scan_input input = { .table_name = SLICE("Tab") };
	static const int64_t pages[] = { 4, 4, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		struct query_output output = { 0 };

		CHECK_OK(door_run(&door, SCAN, &input, &output), &door.err);
		CHECK_INT(output.count.value, pages[i]);
		CHECK_INT(output.last_evaluated_key != NULL, pages[i] != 0);
		input.exclusive_start_key = output.last_evaluated_key;
	}
}

static void a_count_has_the_same_pages(void)
{
	struct door door CLEANUP(door_release) = heavy_new();

	CHECK_ANSWER(&door, SCAN, "{'TableName': 'Tab', 'Select': 'COUNT'}",
		"{'Count':4,'ScannedCount':4,'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'3'}}}");
}

static void facts_alone_have_no_such_pages(void)
{
	struct door door CLEANUP(door_release) = heavy_new();
	struct scan_input input = { .table_name = SLICE("Tab"), .facts_only = true };
	struct query_output output = { 0 };
	const struct map *items;

	CHECK_OK(door_run(&door, SCAN, &input, &output), &door.err);
	CHECK_INT(output.items.count, 8);
	CHECK(!output.last_evaluated_key);
	items = output.items.items;
	for (size_t i = 0; i < 8; i++) {
		CHECK_INT(items[i].count, 2);
		CHECK_INT(output.facts[i].item_size, 300 * 1024 + 8 - (i == 0));
	}
}

/* A table "Tab" (S, N) of that many partitions of two items each. */
static struct door wide_new(size_t partitions)
{
	struct door door = door_new();
	struct item_write *writes = arena_alloc_array(&door.arena, partitions * 2, sizeof(*writes));

	door_create_table(&door, "Tab", "S", "N");
	for (size_t i = 0; i < partitions * 2; i++) {
		struct slice pk = arena_printf(&door.arena, "p%zu", i / 2);

		writes[i].table_name = SLICE("Tab");
		writes[i].item =
			door_key(&door, value_of_string(pk.data), value_of_number((int64_t)i % 2));
	}
	door_write(&door, writes, partitions * 2);
	return door;
}

#define PARTITIONS 1000

/* Marks the item of a wide table as seen: once only. */
static void see(bool *seen, const struct map *item)
{
	struct slice pk = map_find(item, SLICE("pk"))->bytes;
	struct value one = value_of_number(1);
	size_t number = strtoul(slice_skip(pk, 1).data, NULL, 10) * 2 +
			value_equal(map_find(item, SLICE("sk")), &one);

	CHECK(number < 2 * PARTITIONS);
	CHECK(!seen[number]);
	seen[number] = true;
}

/* Scans a segment in pages; returns the number of items. */
static size_t scan_segment(
	struct door *door, int64_t segment, int64_t total, int64_t limit, bool *seen)
{
	struct scan_input input = {
		.table_name = SLICE("Tab"),
		.limit = { true, limit },
		.segment = { total > 0, segment },
		.total_segments = { total > 0, total },
	};
	size_t count = 0;

	do {
		struct query_output output = { 0 };

		CHECK_OK(door_run(door, SCAN, &input, &output), &door->err);
		for (size_t i = 0; i < output.items.count; i++)
			see(seen, &((const struct map *)output.items.items)[i]);
		count += output.items.count;
		input.exclusive_start_key = output.last_evaluated_key;
	} while (input.exclusive_start_key);
	return count;
}

static void a_scan_in_pages_sees_every_item_once(void)
{
	struct door door CLEANUP(door_release) = wide_new(PARTITIONS);
	bool seen[2 * PARTITIONS] = { false };

	CHECK_INT(scan_segment(&door, 0, 0, 13, seen), 2 * PARTITIONS);
}

static void segments_are_disjoint_and_complete(void)
{
	struct door door CLEANUP(door_release) = wide_new(PARTITIONS);
	static const int64_t totals[] = { 1, 2, 3, 7, 64 };

	for (size_t i = 0; i < ARRAY_SIZE(totals); i++) {
		bool seen[2 * PARTITIONS] = { false };
		size_t count = 0;

		for (int64_t segment = 0; segment < totals[i]; segment++)
			count += scan_segment(&door, segment, totals[i], 50, seen);
		CHECK_INT(count, 2 * PARTITIONS);
	}
}

static void segments_are_of_like_size(void)
{
	struct door door CLEANUP(door_release) = wide_new(PARTITIONS);
	bool seen[2 * PARTITIONS] = { false };

	for (int64_t segment = 0; segment < 4; segment++) {
		size_t count = scan_segment(&door, segment, 4, 1000, seen);

		CHECK(count > PARTITIONS / 3 && count < PARTITIONS);
	}
}

static void the_last_of_a_million_segments_can_be_scanned(void)
{
	struct door door CLEANUP(door_release) = small_new();

	CHECK_CALL(
		&door, SCAN, "{'TableName': 'Tab', 'Segment': 999999, 'TotalSegments': 1000000}");
}

static void a_segment_and_their_number_go_together(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, SCAN, "{'TableName': 'absent', 'Segment': 0}",
		"The TotalSegments parameter is required but was not present in the request when "
		"Segment parameter is present");
	CHECK_INVALID(&door, SCAN, "{'TableName': 'absent', 'TotalSegments': 1}",
		"The Segment parameter is required but was not present in the request when "
		"parameter TotalSegments is present");
	CHECK_INVALID(&door, SCAN, "{'TableName': 'absent', 'Segment': 5, 'TotalSegments': 5}",
		"The Segment parameter is zero-based and must be less than parameter TotalSegments: "
		"Segment: 5 is not less than TotalSegments: 5");
}

static void a_start_key_of_a_scan_must_be_of_the_schema(void)
{
	struct door door CLEANUP(door_release) = small_new();
	static const char *const keys[] = {
		"{}",
		"{'pk': {'S': 'a'}}",
		"{'pk': {'S': 'a'}, 'sk': {'N': '1'}}",
		"{'pk': {'S': 'a'}, 'sk': {'S': 'b'}, 'x': {'S': 'b'}}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		CHECK_INVALID(&door, SCAN,
			arena_printf(&door.arena, "{'TableName': 'Tab', 'ExclusiveStartKey': %s}",
				keys[i])
				.data,
			"The provided starting key is invalid: The provided key element does not "
			"match the schema");
}

static void a_start_key_must_be_of_the_segment(void)
{
	struct door door CLEANUP(door_release) = small_new();
	int refused = 0;

	for (int segment = 0; segment < 4; segment++) {
		int r = door_call(&door, SCAN,
			arena_printf(&door.arena,
				"{'TableName': 'Tab', 'ExclusiveStartKey': {'pk': {'S': 'a'}, 'sk': "
				"{'S': 'b'}}, 'Segment': %d, 'TotalSegments': 4}",
				segment)
				.data);

		refused += r < 0;
		if (r < 0)
			CHECK(strstr(door.err.message, "correct Segment. TotalSegments: 4"));
		error_release(&door.err);
	}
	CHECK_INT(refused, 3);
}

static void a_scan_goes_on_after_a_key_that_was_deleted(void)
{
	struct door door CLEANUP(door_release) = wide_new(3);
	struct scan_input input = { .table_name = SLICE("Tab"), .limit = { true, 1 } };
	size_t count = 0;

	do {
		struct query_output output = { 0 };
		struct delete_item_input delete = { .table_name = SLICE("Tab") };
		struct delete_item_output deleted = { 0 };

		CHECK_OK(door_run(&door, SCAN, &input, &output), &door.err);
		input.exclusive_start_key = delete.key = output.last_evaluated_key;
		count += output.items.count;
		if (delete.key)
			CHECK_OK(door_run(&door, OPERATION_DELETE_ITEM, &delete, &deleted),
				&door.err);
	} while (input.exclusive_start_key);
	CHECK_INT(count, 6);
}

/* Partitions. */

static struct list_partitions_output list_partitions(
	struct door *door, const struct list_partitions_input *input)
{
	struct list_partitions_output output = { 0 };

	CHECK_OK(door_run(door, OPERATION_LOCAL_LIST_PARTITIONS, input, &output), &door->err);
	return output;
}

static void partitions_are_listed_in_the_order_of_a_scan(void)
{
	struct door door CLEANUP(door_release) = wide_new(50);
	struct list_partitions_input listing = { .table_name = SLICE("Tab"), .limit = 100 };
	struct list_partitions_output listed = list_partitions(&door, &listing);
	struct scan_input input = { .table_name = SLICE("Tab") };
	struct query_output scanned = { 0 };
	const struct map *items;

	CHECK_OK(door_run(&door, SCAN, &input, &scanned), &door.err);
	items = scanned.items.items;
	CHECK_INT(listed.count, 50);
	CHECK(!listed.more);
	for (size_t i = 0; i < 50; i++) {
		CHECK(value_equal(&listed.partitions[i], map_find(&items[2 * i], SLICE("pk"))));
		CHECK(value_equal(&listed.partitions[i], map_find(&items[2 * i + 1], SLICE("pk"))));
	}
}

static void append_line(struct buf *buf, const struct map *item)
{
	buf_appendf(buf, "{\"pk\":\"%.*s\",\"sk\":", SLICE_ARG(map_find(item, SLICE("pk"))->bytes));
	number_format(&map_find(item, SLICE("sk"))->number, buf);
	buf_append_string(buf, "}\n");
}

static void a_scan_as_lines_is_text_in_the_same_pages(void)
{
	struct door door CLEANUP(door_release) = wide_new(50);
	struct buf expected CLEANUP(buf_release) = BUF_INIT;
	struct scan_input input = { .table_name = SLICE("Tab"), .limit = { true, 60 } };
	struct scan_input lines = { .table_name = SLICE("Tab"), .as_lines = true };
	struct query_output page = { 0 }, text = { 0 };
	const struct map *items;

	CHECK_OK(door_run(&door, SCAN, &input, &page), &door.err);
	items = page.items.items;
	for (size_t i = 0; i < 60; i++)
		append_line(&expected, &items[i]);
	lines.limit = input.limit;
	CHECK_OK(door_run(&door, SCAN, &lines, &text), &door.err);
	CHECK_TEXT(text.lines, buf_string(&expected));
	CHECK_INT(text.count.value, 60);
	CHECK_INT(text.items.count, 0);
	CHECK(map_equal(text.last_evaluated_key, page.last_evaluated_key));
}

static void a_scan_as_lines_filters_and_projects(void)
{
	struct door door CLEANUP(door_release) = wide_new(2);
	struct value one = value_of_number(1);
	struct member member = { SLICE(":one"), one };
	struct map values = { &member, 1 };
	struct scan_input input = {
		.table_name = SLICE("Tab"),
		.filter_expression = SLICE("sk = :one"),
		.projection_expression = SLICE("sk"),
		.expression_attribute_values = &values,
		.as_lines = true,
	};
	struct query_output text = { 0 };

	CHECK_OK(door_run(&door, SCAN, &input, &text), &door.err);
	CHECK_TEXT(text.lines, "{\"sk\":1}\n{\"sk\":1}\n");
	CHECK_INT(text.scanned_count.value, 4);
}

static void partitions_are_listed_in_pages(void)
{
	struct door door CLEANUP(door_release) = wide_new(50);
	struct list_partitions_input all = { .table_name = SLICE("Tab"), .limit = 50 };
	struct list_partitions_input input = { .table_name = SLICE("Tab"), .limit = 7 };
	struct list_partitions_output expected = list_partitions(&door, &all), page;
	size_t count = 0;

	CHECK(!expected.more);
	do {
		page = list_partitions(&door, &input);
		for (size_t i = 0; i < page.count; i++)
			CHECK(value_equal(&page.partitions[i], &expected.partitions[count + i]));
		count += page.count;
		CHECK_INT(page.more, count < 50);
		input.after = &page.partitions[page.count - 1];
	} while (page.more);
	CHECK_INT(count, 50);
}

static void a_listing_of_none_tells_whether_there_are_any(void)
{
	struct door door CLEANUP(door_release) = wide_new(1);
	struct list_partitions_input input = { .table_name = SLICE("Tab"), .limit = 0 };
	struct list_partitions_output output = list_partitions(&door, &input);

	CHECK_INT(output.count, 0);
	CHECK(output.more);
}

static void partitions_of_a_table_without_sort_key_are_its_items(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct list_partitions_input input = { .table_name = SLICE("Tab"), .limit = 10 };
	struct list_partitions_output output;

	door_create_table(&door, "Tab", "N", NULL);
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'Tab', 'Item': {'pk': {'N': '1'}}}");
	CHECK_CALL(&door, OPERATION_PUT_ITEM, "{'TableName': 'Tab', 'Item': {'pk': {'N': '2'}}}");
	output = list_partitions(&door, &input);
	CHECK_INT(output.count, 2);
	CHECK(!output.more);
}

static uint64_t hash_of(const struct value *partition)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	uint64_t hash;

	key_encode_partition(partition, &buf);
	memcpy(&hash, buf.data, sizeof(hash));
	return be64toh(hash);
}

static void a_partition_is_found_by_its_hash(void)
{
	struct door door CLEANUP(door_release) = wide_new(50);
	struct value p7 = value_of_string("p7");
	struct list_partitions_input input = {
		.table_name = SLICE("Tab"),
		.by_hash = true,
		.hash = hash_of(&p7),
		.limit = 10,
	};
	struct list_partitions_output output = list_partitions(&door, &input);

	CHECK_INT(output.count, 1);
	CHECK(value_equal(&output.partitions[0], &p7));
	input.hash++;
	CHECK_INT(list_partitions(&door, &input).count, 0);
}

static void a_listing_by_hash_stays_there_after_a_lesser_partition(void)
{
	struct door door CLEANUP(door_release) = wide_new(50);
	struct list_partitions_input all = { .table_name = SLICE("Tab"), .limit = 50 };
	struct list_partitions_output listed = list_partitions(&door, &all);
	struct list_partitions_input input = {
		.table_name = SLICE("Tab"),
		.by_hash = true,
		.hash = hash_of(&listed.partitions[20]),
		.limit = 50,
		.after = &listed.partitions[10],
	};
	struct list_partitions_output output = list_partitions(&door, &input);

	CHECK_INT(output.count, 1);
	CHECK(value_equal(&output.partitions[0], &listed.partitions[20]));
	input.after = &listed.partitions[20];
	CHECK_INT(list_partitions(&door, &input).count, 0);
	input.after = &listed.partitions[30];
	CHECK_INT(list_partitions(&door, &input).count, 0);
}

static void partitions_of_a_missing_table_are_not_found(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct list_partitions_input input = { .table_name = SLICE("Tab"), .limit = 1 };
	struct list_partitions_output output = { 0 };

	CHECK_INT(door_run(&door, OPERATION_LOCAL_LIST_PARTITIONS, &input, &output), -1);
	CHECK_ERROR(&door.err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static const struct test_case cases[] = {
	{ "a sort key of strings is queried by every operator",
		a_sort_key_of_strings_is_queried_by_every_operator },
	{ "a sort key of numbers is queried by every operator",
		a_sort_key_of_numbers_is_queried_by_every_operator },
	{ "a sort key of binary is queried by every operator",
		a_sort_key_of_binary_is_queried_by_every_operator },
	{ "thousands of items are paged both ways", thousands_of_items_are_paged_both_ways },
	{ "a query answers items and counts", a_query_answers_items_and_counts },
	{ "a count has no items", a_count_has_no_items },
	{ "an empty prefix is no key", an_empty_prefix_is_no_key },
	{ "a limit reached at the end tells a last key",
		a_limit_reached_at_the_end_tells_a_last_key },
	{ "conditions must be given", conditions_must_be_given },
	{ "conditions must be of the key", conditions_must_be_of_the_key },
	{ "a table without a sort key takes one condition",
		a_table_without_a_sort_key_takes_one_condition },
	{ "a partition key must be equal", a_partition_key_must_be_equal },
	{ "operators that are no range are refused", operators_that_are_no_range_are_refused },
	{ "operands are counted whatever the table", operands_are_counted_whatever_the_table },
	{ "operands must have an order", operands_must_have_an_order },
	{ "operands must be of the type of the key", operands_must_be_of_the_type_of_the_key },
	{ "the bounds of BETWEEN must be in order", the_bounds_of_between_must_be_in_order },
	{ "a start key of a query must be of the schema",
		a_start_key_of_a_query_must_be_of_the_schema },
	{ "a start key of a query must be in its range",
		a_start_key_of_a_query_must_be_in_its_range },
	{ "a start key need not exist", a_start_key_need_not_exist },
	{ "a selection must fit a table", a_selection_must_fit_a_table },
	{ "a missing table is not named", a_missing_table_is_not_named },
	{ "a page ends when a megabyte was read", a_page_ends_when_a_megabyte_was_read },
	{ "a count has the same pages", a_count_has_the_same_pages },
	{ "facts alone have no such pages", facts_alone_have_no_such_pages },
	{ "a scan in pages sees every item once", a_scan_in_pages_sees_every_item_once },
	{ "segments are disjoint and complete", segments_are_disjoint_and_complete },
	{ "segments are of like size", segments_are_of_like_size },
	{ "a scan as lines is text in the same pages", a_scan_as_lines_is_text_in_the_same_pages },
	{ "a scan as lines filters and projects", a_scan_as_lines_filters_and_projects },
	{ "the last of a million segments can be scanned",
		the_last_of_a_million_segments_can_be_scanned },
	{ "a segment and their number go together", a_segment_and_their_number_go_together },
	{ "a start key of a scan must be of the schema",
		a_start_key_of_a_scan_must_be_of_the_schema },
	{ "a start key must be of the segment", a_start_key_must_be_of_the_segment },
	{ "a scan goes on after a key that was deleted",
		a_scan_goes_on_after_a_key_that_was_deleted },
	{ "partitions are listed in the order of a scan",
		partitions_are_listed_in_the_order_of_a_scan },
	{ "partitions are listed in pages", partitions_are_listed_in_pages },
	{ "a listing of none tells whether there are any",
		a_listing_of_none_tells_whether_there_are_any },
	{ "partitions of a table without sort key are its items",
		partitions_of_a_table_without_sort_key_are_its_items },
	{ "a partition is found by its hash", a_partition_is_found_by_its_hash },
	{ "a listing by hash stays there after a lesser partition",
		a_listing_by_hash_stays_there_after_a_lesser_partition },
	{ "partitions of a missing table are not found",
		partitions_of_a_missing_table_are_not_found },
};
TEST_MAIN(cases)
