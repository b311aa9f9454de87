#undef NDEBUG
/*
 * Random conditions over random items: whatever is read to answer them, and in
 * pages of whatever size, the answer is each item for which the condition holds,
 * once. QUESTION_SEED and QUESTION_COUNT in the environment make other runs.
 */
#include "api/question.h"
#include "engine_fixture.h"
#include "expr/condition_write.h"
#include "model/plain.h"

#define ITEMS 60

/* Without a sort key; with one and local indexes; and with global indexes that
 * are added once there are items. */
static const struct table_case {
	const char *name, *create;
	const char *add[2];
} tables[] = {
	{ "Plain",
		"{'TableName': 'Plain', 'BillingMode': 'PAY_PER_REQUEST',"
		" 'AttributeDefinitions': [{'AttributeName': 'pk', 'AttributeType': 'S'}],"
		" 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}]}",
		{ NULL } },
	{ "Sorted",
		"{'TableName': 'Sorted', 'BillingMode': 'PAY_PER_REQUEST',"
		" 'AttributeDefinitions': [{'AttributeName': 'pk', 'AttributeType': 'S'},"
		"  {'AttributeName': 'sk', 'AttributeType': 'N'},"
		"  {'AttributeName': 'l', 'AttributeType': 'N'},"
		"  {'AttributeName': 'k', 'AttributeType': 'S'}],"
		" 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'},"
		"  {'AttributeName': 'sk', 'KeyType': 'RANGE'}],"
		" 'LocalSecondaryIndexes': [{'IndexName': 'by-l', 'KeySchema': ["
		"   {'AttributeName': 'pk', 'KeyType': 'HASH'},"
		"   {'AttributeName': 'l', 'KeyType': 'RANGE'}],"
		"   'Projection': {'ProjectionType': 'ALL'}},"
		"  {'IndexName': 'keys', 'KeySchema': ["
		"   {'AttributeName': 'pk', 'KeyType': 'HASH'},"
		"   {'AttributeName': 'k', 'KeyType': 'RANGE'}],"
		"   'Projection': {'ProjectionType': 'KEYS_ONLY'}}]}",
		{ NULL } },
	{ "Indexed",
		"{'TableName': 'Indexed', 'BillingMode': 'PAY_PER_REQUEST',"
		" 'AttributeDefinitions': [{'AttributeName': 'pk', 'AttributeType': 'N'},"
		"  {'AttributeName': 'sk', 'AttributeType': 'S'}],"
		" 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'},"
		"  {'AttributeName': 'sk', 'KeyType': 'RANGE'}]}",
		{ "{'TableName': 'Indexed',"
		  " 'AttributeDefinitions': [{'AttributeName': 'g', 'AttributeType': 'S'},"
		  "  {'AttributeName': 'l', 'AttributeType': 'N'}],"
		  " 'GlobalSecondaryIndexUpdates': [{'Create': {'IndexName': 'by-g',"
		  "  'KeySchema': [{'AttributeName': 'g', 'KeyType': 'HASH'},"
		  "   {'AttributeName': 'l', 'KeyType': 'RANGE'}],"
		  "  'Projection': {'ProjectionType': 'ALL'}}}]}",
			"{'TableName': 'Indexed',"
			" 'AttributeDefinitions': [{'AttributeName': 'sk', 'AttributeType': 'S'},"
			"  {'AttributeName': 'pk', 'AttributeType': 'N'}],"
			" 'GlobalSecondaryIndexUpdates': [{'Create': {'IndexName': 'turned',"
			"  'KeySchema': [{'AttributeName': 'sk', 'KeyType': 'HASH'},"
			"   {'AttributeName': 'pk', 'KeyType': 'RANGE'}],"
			"  'Projection': {'ProjectionType': 'ALL'}}}]}" } },
};

static unsigned long long state;

static size_t any(size_t count)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % count);
}

#define ANY(list) ((list)[any(ARRAY_SIZE(list))])

/* What an attribute may be, and be compared with. Apostrophes of the first form
 * are those of a condition; the second is of JSON. */
static const struct sample {
	const char *literal, *json;
} strings[] = { { "'a'", "\"a\"" }, { "'ab'", "\"ab\"" }, { "'b'", "\"b\"" },
	{ "'it''s'", "\"it's\"" } },
  numbers[] = { { "1", "1" }, { "2", "2" }, { "-1.5", "-1.5" }, { "30e-1", "3" } },
  others[] = { { "true", "true" }, { "NULL", "null" }, { "''", "\"\"" },
	  { "{\"SS\":[\"a\",\"b\"]}", "{\"SS\":[\"a\",\"b\"]}" },
	  { "{\"NS\":[1,2]}", "{\"NS\":[1,2]}" }, { "[1,\"a\"]", "[1,\"a\"]" },
	  { "{\"x\":1}", "{\"x\":1}" }, { "{\"B\":\"YQ==\"}", "{\"B\":\"YQ==\"}" },
	  { "[]", "[]" } };

/* Of key attributes, which have more values than are asked for. */
static const char *const key_numbers[] = { "1", "2", "-1.5", "3", "4", "5", "6", "7e3" };
static const char *const key_strings[] = { "\"a\"", "\"ab\"", "\"b\"", "\"it's\"", "\"abc\"",
	"\"c\"" };

static const struct sample *any_sample(void)
{
	switch (any(8)) {
	case 0:
		return &ANY(others);
	case 1:
	case 2:
	case 3:
		return &ANY(numbers);
	default:
		return &ANY(strings);
	}
}

static const char *json_of(const struct table_facts *facts, const char *name)
{
	const struct attribute_definition *definitions = facts->attribute_definitions.items;

	for (size_t i = 0; i < facts->attribute_definitions.count; i++)
		if (slice_equal_string(definitions[i].attribute_name, name))
			return slice_equal_string(definitions[i].attribute_type, "N")
				       ? ANY(key_numbers)
				       : ANY(key_strings);
	if (any(2))
		return any_sample()->json;
	return any(2) ? "\"a\"" : "1"; /* often of a type that an index takes */
}

static void append_item(struct buf *buf, const struct table_facts *facts)
{
	static const char *const names[] = { "pk", "sk", "l", "g", "k", "a", "select" };

	buf_append_char(buf, '{');
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (i < 2 || any(3))
			buf_appendf(buf, "%s\"%s\": %s", i ? ", " : "", names[i],
				json_of(facts, names[i]));
	buf_append_char(buf, '}');
}

static const struct table_facts *describe(struct door *door, const char *name)
{
	const struct describe_table_input in = { .table_name = slice_from_string(name) };
	struct describe_table_output out = { 0 };

	CHECK_OK(door_run(door, OPERATION_DESCRIBE_TABLE, &in, &out), &door->err);
	return out.table;
}

static void put_any(struct door *door, const struct table_facts *facts)
{
	struct put_item_input in = { .table_name = facts->table_name };
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct put_item_output out = { 0 };
	struct map item;

	append_item(&text, facts);
	CHECK_OK(plain_read_item(buf_slice(&text), &door->arena, &item, &door->err), &door->err);
	in.item = &item;
	CHECK_OK(door_run(door, OPERATION_PUT_ITEM, &in, &out), &door->err);
}

static bool indexes_are_ready(const struct table_facts *facts)
{
	const struct global_index_facts *indexes = facts->global_secondary_indexes.items;

	for (size_t i = 0; i < facts->global_secondary_indexes.count; i++)
		if (!slice_equal_string(indexes[i].index_status, "ACTIVE"))
			return false;
	return true;
}

/* The table with its items, and then its indexes. */
static const struct table_facts *fill(struct door *door, const struct table_case *table)
{
	CHECK_CALL(door, OPERATION_CREATE_TABLE, table->create);
	for (size_t i = 0; i < ITEMS; i++)
		put_any(door, describe(door, table->name));
	for (size_t i = 0; i < ARRAY_SIZE(table->add) && table->add[i]; i++) {
		CHECK_CALL(door, OPERATION_UPDATE_TABLE, table->add[i]);
		while (!indexes_are_ready(describe(door, table->name)))
			usleep(10000);
	}
	return describe(door, table->name);
}

static const char *const paths[] = { "pk", "sk", "l", "g", "a", "select", "a.x", "a[0]", "pk.x",
	"g.x", "\"k\"", "Missing" };

static void append_operand(struct buf *buf)
{
	if (any(3))
		buf_append_string(buf, any(2) ? paths[any(4)] : ANY(paths));
	else
		buf_append_string(buf, any_sample()->literal);
}

static void append_comparison(struct buf *buf)
{
	static const char *const comparators[] = { "=", "=", "=", "<>", "<", "<=", ">", ">=" };

	if (any(4)) {
		buf_appendf(buf, "%s %s %s", any(2) ? paths[any(4)] : ANY(paths), ANY(comparators),
			any_sample()->literal);
	} else if (any(2)) {
		append_operand(buf);
		buf_appendf(buf, " %s ", ANY(comparators));
		append_operand(buf);
	} else {
		buf_appendf(
			buf, "size(%s) %s %s", ANY(paths), ANY(comparators), ANY(numbers).literal);
	}
}

static void append_in(struct buf *buf)
{
	size_t count = any(12) ? 1 + any(3) : 55;

	append_operand(buf);
	buf_append_string(buf, " IN (");
	for (size_t i = 0; i < count; i++) {
		buf_append_string(buf, i ? ", " : "");
		if (count > 5)
			buf_appendf(buf, any(2) ? "%zu" : "'v%zu'", i);
		else
			append_operand(buf);
	}
	buf_append_string(buf, ")");
}

static void append_between(struct buf *buf)
{
	bool of_strings = any(2);

	append_operand(buf);
	buf_appendf(buf, " BETWEEN %s AND %s", of_strings ? "'a'" : "-2",
		of_strings ? ANY(strings).literal : ANY(numbers).literal);
}

static void append_call(struct buf *buf)
{
	static const char *const functions[] = { "begins_with", "contains", "attribute_type" };
	static const char *const types[] = { "'S'", "'N'", "'SS'", "'M'", "'NULL'" };
	size_t function = any(ARRAY_SIZE(functions));

	if (any(2))
		buf_appendf(buf, "attribute_%sexists(%s)", any(2) ? "not_" : "", ANY(paths));
	else
		buf_appendf(buf, "%s(%s, %s)", functions[function], ANY(paths),
			function == 2 ? ANY(types) : any_sample()->literal);
}

static void append_leaf(struct buf *buf)
{
	static void (*const leaves[])(struct buf * buf) = { append_comparison, append_comparison,
		append_comparison, append_in, append_between, append_call };

	ANY(leaves)(buf);
}

static void append_condition(struct buf *buf, unsigned depth);

/* As people ask: a key, perhaps a range of it, and what else there may be. */
static void append_keyed(struct buf *buf, unsigned depth)
{
	static const char *const keys[] = { "pk", "pk", "sk", "g" }, *const sorts[] = { "sk", "l" };
	static const char *const operators[] = { "=", ">", "<=" };
	bool of_strings = any(2);

	buf_appendf(buf, "%s = %s", ANY(keys),
		of_strings ? ANY(strings).literal : ANY(numbers).literal);
	if (any(3))
		buf_appendf(buf, " AND %s %s %s", ANY(sorts), ANY(operators),
			any(3) ? ANY(numbers).literal : ANY(strings).literal);
	if (depth && any(2)) {
		buf_append_string(buf, any(4) ? " AND (" : " OR (");
		append_condition(buf, depth - 1);
		buf_append_string(buf, ")");
	}
}

static void append_condition(struct buf *buf, unsigned depth)
{
	size_t choice = depth ? any(9) : 5;

	if (choice >= 5) {
		if (choice == 5)
			append_leaf(buf);
		else
			append_keyed(buf, depth);
		return;
	}
	buf_append_string(buf, choice == 4 ? "NOT (" : "(");
	append_condition(buf, depth - 1);
	if (choice < 4) {
		buf_append_string(buf, choice < 2 ? ") AND (" : ") OR (");
		append_condition(buf, depth - 1);
	}
	buf_append_string(buf, ")");
}

static int run(void *context, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err)
{
	struct request request = {
		.operation = operation,
		.arena = arena,
		.input = input,
		.output = output,
	};

	return engine_run(context, &request, err);
}

struct lines {
	struct slice items[2 * ITEMS];
	size_t count;
};

static void add_line(struct lines *lines, const struct map *item, struct arena *arena)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	plain_append_line(&line, item);
	CHECK(lines->count < ARRAY_SIZE(lines->items));
	lines->items[lines->count++] = arena_copy(arena, buf_slice(&line));
}

static int compare_lines(const void *a, const void *b)
{
	return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

static void sort_lines(struct lines *lines)
{
	qsort(lines->items, lines->count, sizeof(lines->items[0]), compare_lines);
}

/* The same items, in any order. */
static bool same_lines(struct lines *a, struct lines *b)
{
	if (a->count != b->count)
		return false;
	sort_lines(a);
	sort_lines(b);
	for (size_t i = 0; i < a->count; i++)
		if (!slice_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

static void read_answer(struct door *door, const struct question *question, size_t page_limit,
	struct arena *arena, struct lines *ret)
{
	struct answer answer CLEANUP(answer_release) = { .question = question };

	ret->count = 0;
	while (!answer.ended) {
		struct request_list page;

		CHECK_OK(answer_next(
				 &answer, run, door->engine, page_limit, arena, &page, &door->err),
			&door->err);
		for (size_t i = 0; i < page.count; i++)
			add_line(ret, &((const struct map *)page.items)[i], arena);
	}
}

/* What the runs came to. */
struct tally {
	size_t refused, by_plan[PLAN_WRITE], filtered_here, nothing;
};

static void count_question(struct tally *tally, const struct question *question)
{
	tally->by_plan[question->plan]++;
	tally->filtered_here += question->filters_here;
	tally->nothing += question->nothing;
}

static void find_matches(const struct condition *condition, const struct request_list *items,
	struct arena *arena, struct lines *ret)
{
	const struct map *maps = items->items;

	ret->count = 0;
	for (size_t i = 0; i < items->count; i++)
		if (condition_holds(condition, &maps[i]))
			add_line(ret, &maps[i], arena);
}

/* A condition's text, written again, asks the same. */
static void check_text(const struct condition *condition, const struct request_list *items,
	struct arena *arena, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const struct condition *again;
	const struct map *maps = items->items;

	condition_append(&text, condition);
	CHECK_OK(condition_parse(EXPRESSION_QUESTION, buf_slice(&text), NULL, arena, &again, err),
		err);
	for (size_t i = 0; i < items->count; i++)
		CHECK(condition_holds(condition, &maps[i]) == condition_holds(again, &maps[i]));
}

static void check_condition(struct door *door, const struct table_facts *facts,
	const struct request_list *items, struct slice text, struct tally *tally)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct question question;
	struct lines expected, actual;

	if (question_read(text, facts, &arena, &question, &door->err) < 0) {
		CHECK_INT(door->err.class, ERROR_VALIDATION);
		CHECK(door->err.place.known);
		error_release(&door->err);
		tally->refused++;
		return;
	}
	count_question(tally, &question);
	check_text(question.condition, items, &arena, &door->err);
	find_matches(question.condition, items, &arena, &expected);
	read_answer(door, &question, any(2) ? 0 : 1 + any(7), &arena, &actual);
	if (same_lines(&expected, &actual))
		return;
	buf_clear(&door->answer);
	question_explain(&question, &door->answer);
	printf("# %.*s: %zu items instead of %zu\n# %s\n", SLICE_ARG(text), actual.count,
		expected.count, buf_string(&door->answer));
	CHECK(false);
}

static size_t count_of(const char *name, size_t otherwise)
{
	const char *text = getenv(name);

	return text ? (size_t)strtoull(text, NULL, 10) : otherwise;
}

static void check_table(const struct table_case *table)
{
	struct door door CLEANUP(door_release) = door_new();
	const struct scan_input in = { .table_name = slice_from_string(table->name) };
	const struct table_facts *facts;
	struct query_output all = { 0 };
	struct tally tally = { 0 };
	size_t count = count_of("QUESTION_COUNT", 300 + test_rounds(1200));

	state = 0x9E3779B97F4A7C15u ^ count_of("QUESTION_SEED", 4);
	facts = fill(&door, table);
	CHECK_OK(door_run(&door, OPERATION_SCAN, &in, &all), &door.err);
	for (size_t i = 0; i < count; i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		append_condition(&text, 1 + (unsigned)any(3));
		check_condition(&door, facts, &all.items, buf_slice(&text), &tally);
	}
	printf("# %zu refused, %zu by key, %zu by index, %zu scanned, %zu filtered here, %zu "
	       "without reading\n",
		tally.refused, tally.by_plan[PLAN_KEY], tally.by_plan[PLAN_INDEX],
		tally.by_plan[PLAN_SCAN], tally.filtered_here, tally.nothing);
	CHECK(tally.refused < count / 2 && tally.by_plan[PLAN_KEY] && tally.by_plan[PLAN_SCAN]);
	CHECK(tally.filtered_here && tally.nothing);
	CHECK(!facts->local_secondary_indexes.count || tally.by_plan[PLAN_INDEX]);
	CHECK(!facts->global_secondary_indexes.count || tally.by_plan[PLAN_INDEX]);
}

static void test_plain(void)
{
	check_table(&tables[0]);
}

static void test_sorted(void)
{
	check_table(&tables[1]);
}

static void test_indexed(void)
{
	check_table(&tables[2]);
}

static const struct test_case cases[] = {
	{ "a table without a sort key answers with the items that meet a condition", test_plain },
	{ "so does one with a sort key and local indexes", test_sorted },
	{ "so does one whose global indexes came after its items", test_indexed },
};

TEST_MAIN(cases)
