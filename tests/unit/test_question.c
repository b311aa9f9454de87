#undef NDEBUG
/* Questions over an engine: what is read how, and that the answer is right. */
#include "api/question.h"
#include "engine_fixture.h"
#include "model/plain.h"

#define MOVIES \
	"{'TableName': 'Movies', 'BillingMode': 'PAY_PER_REQUEST'," \
	" 'AttributeDefinitions': [{'AttributeName': 'year', 'AttributeType': 'N'}," \
	"  {'AttributeName': 'title', 'AttributeType': 'S'}," \
	"  {'AttributeName': 'genre', 'AttributeType': 'S'}," \
	"  {'AttributeName': 'rating', 'AttributeType': 'N'}]," \
	" 'KeySchema': [{'AttributeName': 'year', 'KeyType': 'HASH'}," \
	"  {'AttributeName': 'title', 'KeyType': 'RANGE'}]," \
	" 'LocalSecondaryIndexes': [" \
	"  {'IndexName': 'by-rating', 'KeySchema': [{'AttributeName': 'year', 'KeyType': 'HASH'}," \
	"   {'AttributeName': 'rating', 'KeyType': 'RANGE'}]," \
	"   'Projection': {'ProjectionType': 'ALL'}}]," \
	" 'GlobalSecondaryIndexes': [" \
	"  {'IndexName': 'by-genre', 'KeySchema': [{'AttributeName': 'genre', 'KeyType': 'HASH'}]," \
	"   'Projection': {'ProjectionType': 'ALL'}}," \
	"  {'IndexName': 'a-genre-rating', 'KeySchema': [" \
	"   {'AttributeName': 'genre', 'KeyType': 'HASH'}," \
	"   {'AttributeName': 'rating', 'KeyType': 'RANGE'}]," \
	"   'Projection': {'ProjectionType': 'ALL'}}," \
	"  {'IndexName': 'by-title', 'KeySchema': [{'AttributeName': 'title', 'KeyType': 'HASH'}]," \
	"   'Projection': {'ProjectionType': 'KEYS_ONLY'}}]}"

#define SIMPLE \
	"{'TableName': 'One', 'BillingMode': 'PAY_PER_REQUEST'," \
	" 'AttributeDefinitions': [{'AttributeName': 'pk', 'AttributeType': 'S'}]," \
	" 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}]}"

static const struct table_facts *describe(struct door *door, const char *name)
{
	const struct describe_table_input in = { .table_name = slice_from_string(name) };
	struct describe_table_output out = { 0 };

	CHECK_OK(door_run(door, OPERATION_DESCRIBE_TABLE, &in, &out), &door->err);
	return out.table;
}

/* Items in plain JSON, with apostrophes for quotes. */
static void put(struct door *door, const char *table, const char *json)
{
	struct put_item_input in = { .table_name = slice_from_string(table) };
	struct put_item_output out = { 0 };
	struct map *item = arena_alloc_zero(&door->arena, sizeof(*item));

	CHECK_OK(plain_read_item(door_json(&door->arena, json), &door->arena, item, &door->err),
		&door->err);
	in.item = item;
	CHECK_OK(door_run(door, OPERATION_PUT_ITEM, &in, &out), &door->err);
}

static struct door new_door(void)
{
	struct door door = door_new();

	CHECK_CALL(&door, OPERATION_CREATE_TABLE, MOVIES);
	CHECK_CALL(&door, OPERATION_CREATE_TABLE, SIMPLE);
	put(&door, "Movies", "{'year':2013,'title':'Rush','genre':'sport','rating':8.1}");
	put(&door, "Movies", "{'year':2013,'title':'The Act','genre':'crime','rating':6}");
	put(&door, "Movies", "{'year':2013,'title':'The Call','genre':'crime'}");
	put(&door, "Movies", "{'year':2014,'title':'Lucy','genre':'sport','rating':6.4}");
	return door;
}

static int run(void *context, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err)
{
	struct request request = {
		.operation = operation,
		.door = DOOR_MOUNT,
		.arena = arena,
		.input = input,
		.output = output,
	};

	return engine_run(context, &request, err);
}

/* All lines of the answer, in door->answer. */
static int answer_all(struct door *door, const struct question *question, size_t page_limit)
{
	struct answer answer CLEANUP(answer_release) = { .question = question };

	buf_clear(&door->answer);
	while (!answer.ended) {
		struct request_list items;

		TRY(answer_next(
			&answer, run, door->engine, page_limit, &door->arena, &items, &door->err));
		answer_append_lines(&answer, &items, &door->answer);
	}
	return 0;
}

static int ask(struct door *door, const char *table, struct slice text, struct question *ret)
{
	return question_read(
		text, table ? describe(door, table) : NULL, &door->arena, ret, &door->err);
}

#define ASK(door, table, text, ret) \
	CHECK_OK(ask(door, table, slice_from_string(text), ret), &(door)->err)

/* Apostrophes of the expected lines stand for double quotes. */
#define ANSWERS(door, table, text, expected) \
	do { \
		struct question asked; \
\
		ASK(door, table, text, &asked); \
		for (size_t limit = 0; limit < 3; limit++) { \
			CHECK_OK(answer_all(door, &asked, limit), &(door)->err); \
			CHECK_TEXT(buf_slice(&(door)->answer), \
				door_json(&(door)->arena, expected).data); \
		} \
	} while (0)

#define REFUSES(door, table, text, message) \
	do { \
		struct question asked; \
\
		CHECK_INT(ask(door, table, slice_from_string(text), &asked), -1); \
		CHECK_ERROR(&(door)->err, ERROR_VALIDATION, message); \
	} while (0)

/* The lines of question_explain(), without the request. */
static struct slice explained(struct door *door, const struct question *question)
{
	const char *request;

	buf_clear(&door->answer);
	question_explain(question, &door->answer);
	request = strstr(buf_string(&door->answer), "request:");
	return request ? slice_of(door->answer.data, (size_t)(request - door->answer.data))
		       : buf_slice(&door->answer);
}

#define EXPLAINS(door, table, text, expected) \
	do { \
		struct question asked; \
\
		ASK(door, table, text, &asked); \
		CHECK_TEXT(explained(door, &asked), expected); \
	} while (0)

#define RUSH  "{'year':2013,'title':'Rush','genre':'sport','rating':8.1}\n"
#define ACT   "{'year':2013,'title':'The Act','genre':'crime','rating':6}\n"
#define CALL_ "{'year':2013,'title':'The Call','genre':'crime'}\n"
#define LUCY  "{'year':2014,'title':'Lucy','genre':'sport','rating':6.4}\n"

static void test_condition_on_the_key(void)
{
	struct door door CLEANUP(door_release) = new_door();

	ANSWERS(&door, "Movies", "year = 2013 AND begins_with(title, 'The') AND rating > 5", ACT);
	EXPLAINS(&door, "Movies", "year = 2013 AND begins_with(title, 'The') AND rating > 5",
		"plan:    query of the table Movies by its key\n"
		"key:     year = 2013 AND begins_with(title, 'The')\n"
		"filter:  rating > 5\n");
}

static void test_condition_on_an_index(void)
{
	struct door door CLEANUP(door_release) = new_door();

	ANSWERS(&door, "Movies", "genre = 'crime'", ACT CALL_);
	EXPLAINS(&door, "Movies", "genre = 'crime'",
		"plan:    query of the index by-genre of the table Movies\n"
		"key:     genre = 'crime'\n");
	ANSWERS(&door, "Movies", "genre = 'sport' AND rating > 7", RUSH);
	EXPLAINS(&door, "Movies", "genre = 'sport' AND rating > 7",
		"plan:    query of the index a-genre-rating of the table Movies\n"
		"key:     genre = 'sport' AND rating > 7\n");
	ANSWERS(&door, "Movies", "year = 2013 AND rating < 7", ACT);
	EXPLAINS(&door, "Movies", "year = 2013 AND rating < 7",
		"plan:    query of the index by-rating of the table Movies\n"
		"key:     year = 2013 AND rating < 7\n");
}

static void test_condition_on_neither(void)
{
	struct door door CLEANUP(door_release) = new_door();

	ANSWERS(&door, "Movies", "rating BETWEEN 6.2 AND 7", LUCY);
	EXPLAINS(&door, "Movies", "rating BETWEEN 6.2 AND 7",
		"plan:    scan of the table Movies\n"
		"filter:  rating BETWEEN 6.2 AND 7\n"
		"hint:    no key named: partition key year, or index a-genre-rating (genre, "
		"rating), or index by-genre (genre), or index by-rating (year, rating)\n");
}

static void test_statement(void)
{
	struct door door CLEANUP(door_release) = new_door();

	ANSWERS(&door, "Movies", "select title from Movies where \"year\" = 2014\n",
		"{'title':'Lucy'}\n");
	EXPLAINS(&door, "Movies", "select title from Movies where \"year\" = 2014 and rating > 6",
		"plan:    query of the table Movies by its key\n"
		"key:     year = 2014\n"
		"filter:  rating > 6\n");
}

static void test_request(void)
{
	struct door door CLEANUP(door_release) = new_door();
	struct slice json = door_json(&door.arena,
		"{'KeyConditionExpression': '#y = :y', 'FilterExpression': 'rating > :r',"
		" 'ExpressionAttributeNames': {'#y': 'year'},"
		" 'ExpressionAttributeValues': {':y': {'N': '2013'}, ':r': {'N': '7'}}}");

	ANSWERS(&door, "Movies", json.data, RUSH);
	EXPLAINS(&door, "Movies", json.data,
		"plan:    query of the table Movies by its key\n"
		"key:     year = 2013\n"
		"filter:  rating > 7\n");
}

/* The caret stands at the column. */
#define REFUSES_AT(door, text, at, message) \
	do { \
		struct question asked; \
\
		CHECK_INT(ask(door, "Movies", slice_from_string(text), &asked), -1); \
		CHECK((door)->err.place.known); \
		CHECK_INT((door)->err.place.column, at); \
		CHECK_ERROR(&(door)->err, ERROR_VALIDATION, message); \
	} while (0)

static void test_condition_errors(void)
{
	struct door door CLEANUP(door_release) = new_door();

	REFUSES_AT(&door, "year = 2013 AN title = 'x'", 13,
		"Invalid condition: Syntax error; token: \"AN\", near: \"2013 AN title\"");
	REFUSES_AT(&door, "year == 2013", 6,
		"Invalid condition: Syntax error; token: \"==\", near: \"year == 2013\"; "
		"equality is written =");
	REFUSES_AT(&door, "year != 2013", 6,
		"Invalid condition: Syntax error; token: \"!=\", near: \"year != 2013\"; "
		"inequality is written <>");
	REFUSES_AT(&door, "year = :y", 8,
		"Invalid condition: Syntax error; token: \":y\", near: \"= :y\"; write the value "
		"itself");
	REFUSES_AT(&door, "#y = 2013", 1,
		"Invalid condition: Syntax error; token: \"#y\", near: \"#y =\"; write the name "
		"itself");
	REFUSES_AT(&door, "title = 'The Act", 9,
		"Invalid condition: Syntax error; token: \"'The Act\", near: \"= 'The Act\"; the "
		"string has no end");
	REFUSES_AT(&door, "title = \"", 9,
		"Invalid condition: Syntax error; token: \"\"\", near: \"= \"\"; the quoted name "
		"has no end");
	REFUSES_AT(&door, "a = [1, {\"x\": 2}", 5,
		"Invalid condition: Syntax error; token: \"[1, {\"x\": 2}\", near: \"= [1, "
		"{\"x\": 2}\"; the list has no end");
	REFUSES_AT(&door, "year = 007", 8,
		"Invalid condition: Syntax error; token: \"007\", near: \"= 007\"; a number is "
		"written as in JSON");
	REFUSES_AT(&door, "year = 2013 AND", 16,
		"Invalid condition: Syntax error; token: \"<EOF>\", near: \"AND\"");
	REFUSES_AT(&door, "year = 2013 AND \n", 16,
		"Invalid condition: Syntax error; token: \"<EOF>\", near: \"AND\"");
	REFUSES_AT(&door, "title like 'The%'", 7,
		"Invalid condition: Syntax error; token: \"like\", near: \"title like 'The%'\"; "
		"write begins_with(name, 'text') or contains(name, 'text')");
	REFUSES_AT(&door, "WHERE year = 2013", 7,
		"Invalid condition: Syntax error; token: \"year\", near: \"WHERE year =\"; a "
		"condition is written without WHERE");
	REFUSES_AT(&door, "a = {\"SS\": 7}", 5,
		"Invalid condition: {\"SS\": ...} takes an array of strings; a map with the one "
		"attribute \"SS\" is written {\"M\": {\"SS\": ...}}");
	REFUSES_AT(&door, "a = [1, tru]", 12,
		"Invalid condition: expected true, false or null, found ']'");
	REFUSES_AT(&door, "a = 1e200", 5,
		"Invalid condition: Number overflow. Attempting to store a number with magnitude "
		"larger than supported range");
	REFUSES_AT(&door, "rating > true", 8,
		"Invalid condition: Incorrect operand type for operator or function; operator or "
		"function: >, operand type: BOOL");
	REFUSES_AT(&door, "a = 1 AND starts_with(title, 'T')", 11,
		"Invalid condition: Invalid function name; function: starts_with; there are "
		"attribute_exists, attribute_not_exists, attribute_type, begins_with, contains and "
		"size");
	REFUSES_AT(&door, "a = 1 AND begins_with(title)", 11,
		"Invalid condition: Incorrect number of operands for operator or function; "
		"operator or function: begins_with, number of operands: 1");
	REFUSES_AT(&door, "rating BETWEEN 7 AND 6", 8,
		"Invalid condition: The BETWEEN operator requires upper bound to be greater than "
		"or equal to lower bound; lower bound operand: AttributeValue: {N:7}, upper bound "
		"operand: AttributeValue: {N:6}");
	REFUSES_AT(&door, "\"\" = 1", 1, "Invalid condition: An attribute name can not be empty;");
	REFUSES_AT(&door, "a\xff = 1", 2, "A question is UTF-8 text");
}

static void test_names_and_values(void)
{
	struct door door CLEANUP(door_release) = new_door();
	static const char *const conditions[] = {
		"pk = 'it''s'",
		"name = 1",
		"\u00e9t\u00e9 = 2",
		"\"a b\".in[0].Select[0] = 1",
		"\"a b\".in = [{\"Select\": [1]}]",
		"b = {\"B\": \"AAE=\"}",
		"s = {\"SS\": [\"y\", \"x\"]}",
		"t = TRUE AND z = Null AND attribute_exists(\"a b\".\"in\")",
		"n = -15e-1 and not n < -2",
		"((size(s)) = (2)) AND (((t = true)))",
		"'x' <> 'y' AND contains(s, 'x')",
		"pk IN ('a', 'it''s', 7)",
		"",
		" \n",
	};

	put(&door, "One",
		"{'pk':'it\\u0027s','name':1,'\u00e9t\u00e9':2,'a b':{'in':[{'Select':[1]}]},"
		"'b':{'B':'AAE='},'s':{'SS':['x','y']},'t':true,'z':null,'n':-1.5}");
	put(&door, "One", "{'pk':'other'}");
	for (size_t i = 0; i < ARRAY_SIZE(conditions); i++) {
		struct question question;
		size_t lines = 0;

		ASK(&door, "One", conditions[i], &question);
		CHECK_OK(answer_all(&door, &question, 0), &door.err);
		for (size_t at = 0; at < door.answer.len; at++)
			lines += door.answer.data[at] == '\n';
		CHECK_INT(lines, i < 12 ? 1 : 2);
	}
}

static void test_partitions(void)
{
	struct door door CLEANUP(door_release) = new_door();

	EXPLAINS(&door, "Movies",
		"(year = 2013 AND title <> genre) OR (year = 2014 AND genre > 'a')",
		"plan:    query of the table Movies by its key\n"
		"key:     year IN (2013, 2014)\n"
		"filter:  year = 2013 AND title <> genre OR year = 2014 AND genre > 'a'\n");
	ANSWERS(&door, "Movies",
		"(year = 2013 AND title <> genre) OR (year = 2014 AND genre > 'a')",
		RUSH ACT CALL_ LUCY);
	/* ranges that overlap, which no statement may have */
	EXPLAINS(&door, "Movies", "year = 2013 AND (title > 'S' OR title < 'The B')",
		"plan:    query of the table Movies by its key\n"
		"key:     year = 2013\n"
		"filter:  title > 'S' OR title < 'The B'\n");
	ANSWERS(&door, "Movies", "year = 2013 AND (title > 'S' OR title < 'The B')",
		RUSH ACT CALL_);
	ANSWERS(&door, "Movies", "year = 2013 AND title > 5", "");
	/* a path into a key, which no statement may have either */
	EXPLAINS(&door, "Movies", "year = 2013 AND title.x <> 'a'",
		"plan:    query of the table Movies by its key\n"
		"key:     year = 2013\n"
		"then:    title.x <> 'a'\n");
	ANSWERS(&door, "Movies", "year = 2013 AND title.x <> 'a'", RUSH ACT CALL_);
}

static void test_impossible_keys(void)
{
	struct door door CLEANUP(door_release) = new_door();

	EXPLAINS(&door, "Movies", "year = '2013'",
		"plan:    nothing to read: no item has such a key\n"
		"filter:  year = '2013'\n"
		"hint:    year is of type N\n");
	ANSWERS(&door, "Movies", "year = '2013'", "");
	ANSWERS(&door, "Movies", "year = 2013 AND year = 2014", "");
	ANSWERS(&door, "One", "pk = ''", "");
	ANSWERS(&door, "Movies", "year = '2013' OR year = 2014", LUCY);
}

static void append_years(struct buf *text, size_t count)
{
	buf_append_string(text, "year IN (2014");
	for (size_t i = 1; i < count; i++)
		buf_appendf(text, ", %zu", 3000 + i);
	buf_append_string(text, ")");
}

static void test_many_values(void)
{
	struct door door CLEANUP(door_release) = new_door();
	static const struct {
		size_t count;
		enum question_plan plan;
		bool filters_here;
	} cases[] = {
		{ 50, PLAN_KEY, false },
		{ 51, PLAN_SCAN, false },
		{ 5000, PLAN_SCAN, true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		struct question question;

		append_years(&text, cases[i].count);
		ASK(&door, "Movies", buf_string(&text), &question);
		CHECK_INT(question.plan, cases[i].plan);
		CHECK_INT(question.filters_here, cases[i].filters_here);
		ANSWERS(&door, "Movies", buf_string(&text), LUCY);
	}
}

/* prefix repeated, then the middle, then the suffix as often. */
static void repeat(
	struct buf *text, const char *prefix, const char *middle, const char *suffix, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_append_string(text, prefix);
	buf_append_string(text, middle);
	for (size_t i = 0; i < count; i++)
		buf_append_string(text, suffix);
}

static void test_long_conditions(void)
{
	struct door door CLEANUP(door_release) = new_door();
	static const struct {
		const char *prefix, *middle, *suffix;
		size_t most; /* how often it may be repeated */
		const char *message;
	} cases[] = {
		{ "NOT ", "year = 2014", "", 999,
			"Invalid condition: The expression contains too many operators; operator "
			"count: 1001" },
		{ "", "year = 2014", " AND year = 2014", 500,
			"Invalid condition: The expression contains too many operators; operator "
			"count: 1001" },
		{ "(", "year = 2014", ")", 1000,
			"Invalid condition: The expression has too many nesting levels; nesting "
			"levels: 1001" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		repeat(&text, cases[i].prefix, cases[i].middle, cases[i].suffix, cases[i].most - 1);
		ANSWERS(&door, "Movies", buf_string(&text), LUCY);
		buf_clear(&text);
		repeat(&text, cases[i].prefix, cases[i].middle, cases[i].suffix, cases[i].most + 3);
		REFUSES(&door, "Movies", buf_string(&text), cases[i].message);
	}
}

static void test_statements(void)
{
	struct door door CLEANUP(door_release) = new_door();

	ANSWERS(&door, "Movies", "SELECT title FROM \"Movies\".\"by-genre\" WHERE genre = 'sport'",
		"{'title':'Lucy'}\n{'title':'Rush'}\n");
	EXPLAINS(&door, "Movies", "SELECT title FROM \"Movies\".\"by-genre\" WHERE genre = 'sport'",
		"plan:    query of the index by-genre of the table Movies\n"
		"key:     genre = 'sport'\n");
	EXPLAINS(&door, "Movies", "SELECT * FROM Movies", "plan:    scan of the table Movies\n");
	ANSWERS(&door, NULL, "SELECT pk FROM One", "");
	EXPLAINS(&door, "Movies",
		"DELETE FROM Movies WHERE \"year\" = 2014 AND title = 'Lucy' RETURNING ALL OLD *",
		"plan:    write to the table Movies\n");
	REFUSES(&door, "Movies", "SELECT * FROM One",
		"The statement names the table One, and the table here is Movies");
	REFUSES(&door, "Movies", "SELECT * FROM Movies.none WHERE a = 1",
		"The table does not have the specified index");
	REFUSES(&door, "Movies", "EXISTS(SELECT * FROM Movies WHERE a = 1)",
		"EXISTS can only be used in ExecuteTransaction write requests.");
	REFUSES(&door, "One", "SELECT * FROM One WHERE pk = ''",
		"One or more parameter values are not valid. The AttributeValue for a key "
		"attribute cannot contain an empty string value. Key: pk");
	REFUSES(&door, NULL, " \n", "The statement can not be empty");
	REFUSES(&door, NULL, "pk = 'a'", "Unsupported operation: =");
	REFUSES_AT(&door, "SELECT *\nFROM Movies\nWHERE f(a) LIMIT 1", 18,
		"Unsupported clause: LIMIT at 3:18:1");
}

static void test_returned(void)
{
	struct door door CLEANUP(door_release) = new_door();
	struct question question;

	ASK(&door, "Movies",
		"DELETE FROM Movies WHERE \"year\" = 2014 AND title = 'Lucy' RETURNING ALL OLD *",
		&question);
	CHECK_OK(answer_all(&door, &question, 1), &door.err);
	CHECK_TEXT(buf_slice(&door.answer), door_json(&door.arena, LUCY).data);
	CHECK_OK(answer_all(&door, &question, 1), &door.err);
	CHECK_TEXT(buf_slice(&door.answer), "");
}

static int fail(void *context, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err)
{
	(void)operation;
	(void)input;
	(void)output;
	(void)arena;
	++*(int *)context;
	return error_set(err, ERROR_SYSTEM, "the answer is lost");
}

static void test_lost_write(void)
{
	struct door door CLEANUP(door_release) = new_door();
	struct question question;
	struct answer answer CLEANUP(answer_release) = { .question = &question };
	struct request_list items;
	int calls = 0;

	ASK(&door, "One", "INSERT INTO One VALUE {'pk': 'a'}", &question);
	CHECK_INT(answer_next(&answer, fail, &calls, 0, &door.arena, &items, &door.err), -1);
	CHECK(answer.ended);
	CHECK_INT(calls, 1);
	error_release(&door.err);
}

static void test_words_as_names(void)
{
	struct door door CLEANUP(door_release) = new_door();

	put(&door, "One", "{'pk':'a','select':1,'update':2,'insert':{'into':3}}");
	ANSWERS(&door, "One", "select = 1",
		"{'pk':'a','select':1,'update':2,'insert':{'into':3}}\n");
	ANSWERS(&door, "One", "UPDATE = 1 OR update IN (1, 3) OR select <> 1", "");
	ANSWERS(&door, "One", "update BETWEEN 2 AND 3 AND insert.into = 3",
		"{'pk':'a','select':1,'update':2,'insert':{'into':3}}\n");
}

/* The same with apostrophes for quotes. */
#define ANSWERS_JSON(door, table, text, expected) \
	ANSWERS(door, table, door_json(&(door)->arena, text).data, expected)
#define REFUSES_JSON(door, table, text, message) \
	REFUSES(door, table, door_json(&(door)->arena, text).data, message)

static void test_requests(void)
{
	struct door door CLEANUP(door_release) = new_door();

	ANSWERS_JSON(&door, "Movies",
		"{'TableName': 'Movies', 'KeyConditionExpression': '#y = :y', 'Limit': 2,"
		" 'ScanIndexForward': false, 'ExpressionAttributeNames': {'#y': 'year'},"
		" 'ExpressionAttributeValues': {':y': {'N': '2013'}}}",
		CALL_ ACT);
	ANSWERS_JSON(&door, "Movies",
		"{'Select': 'COUNT', 'FilterExpression': 'rating > :r',"
		" 'ExpressionAttributeValues': {':r': {'N': '7'}}}",
		"{'Count':1,'ScannedCount':4}\n");
	ANSWERS_JSON(&door, "Movies",
		"{'IndexName': 'by-title', 'KeyConditionExpression': 'title = :t',"
		" 'ExpressionAttributeValues': {':t': {'S': 'Rush'}}}",
		"{'year':2013,'title':'Rush'}\n");
	ANSWERS_JSON(&door, "Movies",
		"{'KeyConditions': {'year': {'ComparisonOperator': 'EQ',"
		" 'AttributeValueList': [{'N': '2013'}]}}, 'ExclusiveStartKey':"
		" {'year': {'N': '2013'}, 'title': {'S': 'The Act'}}}",
		CALL_);
	EXPLAINS(&door, "Movies", "{\"IndexName\": \"by-genre\"}",
		"plan:    scan of the index by-genre of the table Movies\n");
}

#define E9  "ééééééééé"
#define E10 E9 "é"

static void test_request_errors(void)
{
	struct door door CLEANUP(door_release) = new_door();

	REFUSES_JSON(&door, "Movies", "{'FilterExpresion': 'a = b'}",
		"ScanInput has no member \"FilterExpresion\"; the nearest is \"FilterExpression\"");
	REFUSES_JSON(&door, "Movies", "{'x" E10 E10 E10 E10 E10 "': 1}",
		"ScanInput has no member \"x" E10 E10 E10 E9 "\"; the nearest is \"TableName\"");
	REFUSES_JSON(&door, "Movies", "{'TableName': 'One'}",
		"The request names the table One, and the table here is Movies");
	REFUSES_JSON(
		&door, "Movies", "{'Limit': '7'}", "STRING_VALUE cannot be converted to Integer");
	REFUSES_JSON(&door, "Movies", "{'Limit': 0}",
		"1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
		"Member must have value greater than or equal to 1");
	REFUSES_JSON(&door, "Movies", "{'IndexName': 'none'}",
		"The table does not have the specified index: none");
	REFUSES_JSON(&door, "Movies",
		"{'KeyConditionExpression': 'title = :t',"
		" 'ExpressionAttributeValues': {':t': {'S': 'Rush'}}}",
		"Query condition missed key schema element: year");
	REFUSES_JSON(&door, "Movies", "{'FilterExpression': 'rating > :r'}",
		"Invalid FilterExpression: An expression attribute value used in expression is "
		"not defined; attribute value: :r");
	REFUSES_AT(&door, "{\"Limit\": 1,", 13,
		"the text ends before the '}' of the object opened in line 1");
	REFUSES_AT(&door, "{\"Limit\": 1} x", 14,
		"Invalid condition: Syntax error; token: \"x\", near: \"{\"Limit\": 1} x\"");
}

static void test_completeness(void)
{
	static const struct {
		const char *text;
		bool complete;
	} texts[] = {
		{ "", false },
		{ "\n", true },
		{ "year = 2013", false },
		{ "year = 2013\n", true },
		{ "year = 2013 AND (\n", false },
		{ "year = 2013 AND (\ntitle = 'x')\n", true },
		{ "title = 'a\n", false },
		{ "title = 'a\nb'\n", true },
		{ "title = 'it''s'\n", true },
		{ "\"it's\" = 1\n", true },
		{ "a = [\"\\\"\", \"]\"]\n", true },
		{ "a = [\"]\n", false },
		{ "a = 1)\n", true },
		{ "SELECT * FROM T\n", true },
		{ "{", false },
		{ "{\"Limit\":\n", false },
		{ "{\"Limit\": 1}", true },
		{ " {\"Limit\": 1}\n", true },
		{ "{\"Limit\" 1}", true },
		{ "{\"x\": 1} = a", false },
		{ "{\"x\": 1} = a\n", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CHECK_INT(
			question_is_complete(slice_from_string(texts[i].text)), texts[i].complete);
	}
}

static const struct test_case cases[] = {
	{ "a condition that names the key reads its partition", test_condition_on_the_key },
	{ "a condition that names an index's key reads that", test_condition_on_an_index },
	{ "a slip in a condition is told with its place", test_condition_errors },
	{ "a condition that names neither reads the whole table", test_condition_on_neither },
	{ "names and values of all kinds stand in a condition", test_names_and_values },
	{ "partitions are read of which no statement says so plainly", test_partitions },
	{ "what no key can be reads nothing", test_impossible_keys },
	{ "any number of values may be asked for", test_many_values },
	{ "a condition is bounded where its walkers are", test_long_conditions },
	{ "words of statements are names where an operator follows", test_words_as_names },
	{ "a statement is run as it is", test_statement },
	{ "a statement is checked before it is run", test_statements },
	{ "a write answers once with what it returns", test_returned },
	{ "a write whose answer is lost is not done again", test_lost_write },
	{ "a request is streamed to its end or its Limit", test_requests },
	{ "a slip in a request is told", test_request_errors },
	{ "a question ends with its newline or its last brace", test_completeness },
	{ "a Query runs without its table's name", test_request },
};

TEST_MAIN(cases)
