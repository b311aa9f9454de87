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

static const struct test_case cases[] = {
	{ "a condition that names the key reads its partition", test_condition_on_the_key },
	{ "a condition that names an index's key reads that", test_condition_on_an_index },
	{ "a condition that names neither reads the whole table", test_condition_on_neither },
	{ "a statement is run as it is", test_statement },
	{ "a Query runs without its table's name", test_request },
};

TEST_MAIN(cases)
