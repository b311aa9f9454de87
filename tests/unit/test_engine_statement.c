#undef NDEBUG
#include "engine_fixture.h"

#define TABLE \
	"{'TableName': 'Tab', 'BillingMode': 'PAY_PER_REQUEST'," \
	" 'AttributeDefinitions': [{'AttributeName': 'pk', 'AttributeType': 'S'}," \
	"  {'AttributeName': 'sk', 'AttributeType': 'N'}," \
	"  {'AttributeName': 'g', 'AttributeType': 'S'}," \
	"  {'AttributeName': 'h', 'AttributeType': 'S'}," \
	"  {'AttributeName': 'l', 'AttributeType': 'S'}]," \
	" 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}," \
	"  {'AttributeName': 'sk', 'KeyType': 'RANGE'}]," \
	" 'GlobalSecondaryIndexes': [" \
	"  {'IndexName': 'gsi', 'KeySchema': [{'AttributeName': 'g', 'KeyType': 'HASH'}]," \
	"   'Projection': {'ProjectionType': 'KEYS_ONLY'}}," \
	"  {'IndexName': 'multi', 'KeySchema': [{'AttributeName': 'g', 'KeyType': 'HASH'}," \
	"   {'AttributeName': 'h', 'KeyType': 'HASH'}]," \
	"   'Projection': {'ProjectionType': 'ALL'}}]," \
	" 'LocalSecondaryIndexes': [" \
	"  {'IndexName': 'lsi', 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}," \
	"   {'AttributeName': 'l', 'KeyType': 'RANGE'}]," \
	"   'Projection': {'ProjectionType': 'KEYS_ONLY'}}]}"

#define SIMPLE \
	"{'TableName': 'One', 'BillingMode': 'PAY_PER_REQUEST'," \
	" 'AttributeDefinitions': [{'AttributeName': 'pk', 'AttributeType': 'S'}]," \
	" 'KeySchema': [{'AttributeName': 'pk', 'KeyType': 'HASH'}]}"

static struct door new_door(void)
{
	struct door door = door_new();

	CHECK_CALL(&door, OPERATION_CREATE_TABLE, TABLE);
	CHECK_CALL(&door, OPERATION_CREATE_TABLE, SIMPLE);
	return door;
}

static void write_answer(struct door *door, enum operation_id id, const void *output)
{
	buf_clear(&door->answer);
	wire_write(operations[id].output, output, &door->answer);
}

static int execute_input(struct door *door, const struct execute_statement_input *in)
{
	struct execute_statement_output out = { 0 };

	TRY(door_run(door, OPERATION_EXECUTE_STATEMENT, in, &out));
	write_answer(door, OPERATION_EXECUTE_STATEMENT, &out);
	return 0;
}

static int execute(struct door *door, const char *statement)
{
	const struct execute_statement_input in = { .statement = slice_from_string(statement) };

	return execute_input(door, &in);
}

#define EXECUTE(door, statement) CHECK_OK(execute(door, statement), &(door)->err)

/* Apostrophes of the expected answer stand for double quotes. */
#define ANSWERS(door, statement, expected) \
	do { \
		EXECUTE(door, statement); \
		CHECK_TEXT(buf_slice(&(door)->answer), door_json(&(door)->arena, expected).data); \
	} while (0)

#define REFUSES(door, statement, class, message) \
	do { \
		CHECK_INT(execute(door, statement), -1); \
		CHECK_ERROR(&(door)->err, class, message); \
	} while (0)

#define STATEMENTS_MAX 8

static int batch(struct door *door, const char *const *texts, size_t count)
{
	struct batch_execute_statement_output out = { 0 };
	struct batch_statement statements[STATEMENTS_MAX] = { 0 };
	const struct batch_execute_statement_input in = {
		.statements = { true, count, statements },
	};

	for (size_t i = 0; i < count; i++)
		statements[i].statement = slice_from_string(texts[i]);
	TRY(door_run(door, OPERATION_BATCH_EXECUTE_STATEMENT, &in, &out));
	write_answer(door, OPERATION_BATCH_EXECUTE_STATEMENT, &out);
	return 0;
}

#define BATCH(door, ...) \
	batch(door, (const char *const[]){ __VA_ARGS__ }, \
		ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

static int transact_token(
	struct door *door, const char *token, const char *const *texts, size_t count)
{
	struct execute_transaction_output out = { 0 };
	struct transact_statement statements[STATEMENTS_MAX] = { 0 };
	const struct execute_transaction_input in = {
		.transact_statements = { true, count, statements },
		.client_request_token = slice_from_string(token),
	};

	for (size_t i = 0; i < count; i++)
		statements[i].statement = slice_from_string(texts[i]);
	TRY(door_run(door, OPERATION_EXECUTE_TRANSACTION, &in, &out));
	write_answer(door, OPERATION_EXECUTE_TRANSACTION, &out);
	return 0;
}

#define TRANSACT(door, ...) \
	transact_token(door, NULL, (const char *const[]){ __VA_ARGS__ }, \
		ARRAY_SIZE(((const char *const[]){ __VA_ARGS__ })))

#define ANSWER_IS(door, expected) \
	CHECK_TEXT(buf_slice(&(door)->answer), door_json(&(door)->arena, expected).data)

/* Items pk=a and pk=b, sk=1..3, v=10..30; all of a in gsi under x. */
static void fill(struct door *door)
{
	static const char *const statements[] = {
		"INSERT INTO Tab VALUE {'pk': 'a', 'sk': 1, 'v': 10, 'g': 'x', 'l': 'l1'}",
		"INSERT INTO Tab VALUE {'pk': 'a', 'sk': 2, 'v': 20, 'g': 'x', 'l': 'l2'}",
		"INSERT INTO Tab VALUE {'pk': 'a', 'sk': 3, 'v': 30}",
		"INSERT INTO Tab VALUE {'pk': 'b', 'sk': 1, 'v': 10}",
		"INSERT INTO Tab VALUE {'pk': 'b', 'sk': 2, 'v': 20}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(statements); i++)
		EXECUTE(door, statements[i]);
}

static void what_is_inserted_is_selected(void)
{
	CLEANUP(door_release) struct door door = new_door();

	ANSWERS(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 5}", "{'Items':[]}");
	ANSWERS(&door, "SELECT * FROM One WHERE pk = 'k'",
		"{'Items':[{'pk':{'S':'k'},'n':{'N':'5'}}]}");
	ANSWERS(&door, "SELECT n FROM One", "{'Items':[{'n':{'N':'5'}}]}");
	ANSWERS(&door, "SELECT * FROM One WHERE pk = 'nope'", "{'Items':[]}");
}

static void an_insert_does_not_replace(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 5}");
	REFUSES(&door, "INSERT INTO One VALUE {'pk': 'k'}", ERROR_DUPLICATE_ITEM,
		"Duplicate primary key exists in table");
	ANSWERS(&door, "SELECT n FROM One", "{'Items':[{'n':{'N':'5'}}]}");
}

static void an_inserted_item_has_its_key(void)
{
	CLEANUP(door_release) struct door door = new_door();

	REFUSES(&door, "INSERT INTO Tab VALUE {'pk': 'k'}", ERROR_VALIDATION,
		"One or more parameter values were invalid: Missing the key sk in the item");
	REFUSES(&door, "INSERT INTO Tab VALUE {'pk': 'k', 'sk': 's'}", ERROR_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for key sk expected: N "
		"actual: S");
}

static void an_update_makes_no_item(void)
{
	CLEANUP(door_release) struct door door = new_door();

	REFUSES(&door, "UPDATE One SET n = 1 WHERE pk = 'k'", ERROR_CONDITION_FAILED,
		"The conditional request failed");
	REFUSES(&door, "UPDATE One SET n = 1 WHERE pk = 'k' AND attribute_not_exists(pk)",
		ERROR_CONDITION_FAILED, "The conditional request failed");
	ANSWERS(&door, "SELECT * FROM One", "{'Items':[]}");
}

static void what_else_a_write_asks_is_a_condition(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 5}");
	REFUSES(&door, "UPDATE One SET n = 1 WHERE pk = 'k' AND n = 6", ERROR_CONDITION_FAILED,
		"The conditional request failed");
	REFUSES(&door, "DELETE FROM One WHERE pk = 'k' AND n = 6", ERROR_CONDITION_FAILED,
		"The conditional request failed");
	ANSWERS(&door, "UPDATE One SET n = n + 1 WHERE pk = 'k' AND n = 5", "{'Items':[]}");
	ANSWERS(&door, "DELETE FROM One WHERE pk = 'k' AND n = 6 RETURNING ALL OLD *",
		"{'Items':[{'pk':{'S':'k'},'n':{'N':'6'}}]}");
}

static void deleting_nothing_succeeds(void)
{
	CLEANUP(door_release) struct door door = new_door();

	ANSWERS(&door, "DELETE FROM One WHERE pk = 'k'", "{'Items':[]}");
	ANSWERS(&door, "DELETE FROM One WHERE pk = 'k' AND n = 1 RETURNING ALL OLD *",
		"{'Items':[]}");
}

static void an_update_returns_what_is_asked_for(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 1, 'm': {'x': 1, 'y': 2}}");
	ANSWERS(&door, "UPDATE One SET n = 2 WHERE pk = 'k' RETURNING ALL OLD *",
		"{'Items':[{'pk':{'S':'k'},'n':{'N':'1'},"
		"'m':{'M':{'x':{'N':'1'},'y':{'N':'2'}}}}]}");
	ANSWERS(&door, "UPDATE One SET m.x = 3 WHERE pk = 'k' RETURNING MODIFIED OLD *",
		"{'Items':[{'m':{'M':{'x':{'N':'1'}}}}]}");
	ANSWERS(&door, "UPDATE One SET m.x = 4 WHERE pk = 'k' RETURNING MODIFIED NEW *",
		"{'Items':[{'m':{'M':{'x':{'N':'4'}}}}]}");
	ANSWERS(&door, "UPDATE One REMOVE m WHERE pk = 'k' RETURNING MODIFIED NEW *",
		"{'Items':[]}");
	ANSWERS(&door, "UPDATE One SET q = 1 WHERE pk = 'k' RETURNING MODIFIED OLD *",
		"{'Items':[]}");
	ANSWERS(&door, "UPDATE One REMOVE q WHERE pk = 'k' RETURNING ALL NEW *",
		"{'Items':[{'pk':{'S':'k'},'n':{'N':'2'}}]}");
}

static void a_failed_condition_may_tell_the_item(void)
{
	CLEANUP(door_release) struct door door = new_door();
	const struct execute_statement_input in = {
		.statement = SLICE("DELETE FROM One WHERE pk = 'k' AND n = 6"),
		.return_values_on_failure = SLICE("ALL_OLD"),
	};

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 5}");
	CHECK_INT(execute_input(&door, &in), -1);
	CHECK_TEXT(slice_from_string(door.err.details),
		"\"Item\":{\"pk\":{\"S\":\"k\"},\"n\":{\"N\":\"5\"}}");
	CHECK_ERROR(&door.err, ERROR_CONDITION_FAILED, "The conditional request failed");
}

static void what_is_wrong_with_a_statement_comes_before_its_table(void)
{
	CLEANUP(door_release) struct door door = new_door();

	REFUSES(&door, "SELECT * FROM Nope WHERE pk = 'x' AND v < true", ERROR_VALIDATION,
		"Incorrect operand type for operator or function; operator or function: <, operand "
		"type: BOOL");
	REFUSES(&door, "SELECT * FROM Nope WHERE pk = 'x'", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found");
	REFUSES(&door, "UPDATE Nope SET a = 1 WHERE b = 2", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found");
}

static void parameters_come_before_the_statement(void)
{
	CLEANUP(door_release) struct door door = new_door();
	const struct value elements[] = {
		{ .type = VALUE_S, .bytes = SLICE("a") },
		{ .type = VALUE_S, .bytes = SLICE("a") },
	};
	const struct value parameter = { .type = VALUE_SS, .elements = { elements, 2 } };
	const struct execute_statement_input in = {
		.statement = SLICE("UPDATE One SET WHERE"),
		.parameters = { true, 1, &parameter },
	};

	CHECK_INT(execute_input(&door, &in), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Input collection [a, a] contains "
		"duplicates.");
}

static void alternatives_are_read_in_the_order_of_their_keys(void)
{
	CLEANUP(door_release) struct door door = new_door();

	fill(&door);
	ANSWERS(&door, "SELECT pk, sk FROM Tab WHERE pk IN ['b', 'a'] AND sk > 1",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'2'}},{'pk':{'S':'a'},'sk':{'N':'3'}},"
		"{'pk':{'S':'b'},'sk':{'N':'2'}}]}");
	ANSWERS(&door,
		"SELECT v FROM Tab WHERE pk = 'a' AND sk > 1 AND sk < 3 OR pk = 'a' AND sk = 3",
		"{'Items':[{'v':{'N':'20'}},{'v':{'N':'30'}}]}");
	ANSWERS(&door, "SELECT sk FROM Tab WHERE pk = 'a' AND NOT sk = 1 OR pk = 'a' AND sk = 2",
		"{'Items':[{'sk':{'N':'2'}},{'sk':{'N':'3'}}]}");
}

static void order_by_turns_what_is_read(void)
{
	CLEANUP(door_release) struct door door = new_door();

	fill(&door);
	ANSWERS(&door, "SELECT sk FROM Tab WHERE pk = 'a' ORDER BY sk DESC",
		"{'Items':[{'sk':{'N':'3'}},{'sk':{'N':'2'}},{'sk':{'N':'1'}}]}");
	ANSWERS(&door,
		"SELECT v, pk FROM Tab WHERE pk IN ['a', 'b'] AND v < 30 ORDER BY pk DESC, sk ASC",
		"{'Items':[{'v':{'N':'10'},'pk':{'S':'b'}},{'v':{'N':'20'},'pk':{'S':'b'}},"
		"{'v':{'N':'10'},'pk':{'S':'a'}},{'v':{'N':'20'},'pk':{'S':'a'}}]}");
}

/* Reads all pages of the limit, and answers how many items there were. */
static size_t count_pages(
	struct door *door, const char *statement, int64_t limit, size_t *ret_pages)
{
	struct execute_statement_output out = { 0 };
	struct execute_statement_input in = {
		.statement = slice_from_string(statement),
		.limit = { true, limit },
	};
	size_t items = 0;

	*ret_pages = 0;
	do {
		in.next_token = out.next_token;
		out = (struct execute_statement_output){ 0 };
		CHECK_OK(door_run(door, OPERATION_EXECUTE_STATEMENT, &in, &out), &door->err);
		CHECK(out.items.count <= (size_t)limit);
		items += out.items.count;
		++*ret_pages;
		CHECK(*ret_pages < 20);
	} while (slice_present(out.next_token));
	return items;
}

static void pages_go_on_where_they_ended(void)
{
	CLEANUP(door_release) struct door door = new_door();
	size_t pages;

	fill(&door);
	CHECK_INT(count_pages(&door, "SELECT * FROM Tab", 2, &pages), 5);
	for (int64_t limit = 1; limit < 6; limit++)
		CHECK_INT(count_pages(
				  &door, "SELECT * FROM Tab WHERE pk IN ['a', 'b']", limit, &pages),
			5);
	CHECK_INT(count_pages(&door, "SELECT * FROM Tab WHERE pk IN ['a', 'b'] ORDER BY pk DESC", 2,
			  &pages),
		5);
	CHECK_INT(count_pages(&door, "SELECT * FROM Tab.gsi WHERE g = 'x'", 1, &pages), 2);
	CHECK_INT(count_pages(
			  &door, "SELECT * FROM Tab.lsi WHERE pk = 'a' ORDER BY l DESC", 1, &pages),
		2);
}

static void a_limit_is_of_items_read_not_of_those_that_match(void)
{
	CLEANUP(door_release) struct door door = new_door();
	size_t pages;

	fill(&door);
	CHECK_INT(count_pages(&door, "SELECT * FROM Tab WHERE pk = 'a' AND v = 30", 1, &pages), 1);
	CHECK_INT(pages, 4);
}

static void one_item_needs_no_second_page(void)
{
	CLEANUP(door_release) struct door door = new_door();
	size_t pages;

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'a'}");
	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'b'}");
	CHECK_INT(count_pages(&door, "SELECT * FROM One WHERE pk = 'a'", 1, &pages), 1);
	CHECK_INT(pages, 1);
	CHECK_INT(count_pages(&door, "SELECT * FROM One WHERE pk IN ['a', 'b']", 1, &pages), 2);
	CHECK_INT(pages, 2);
}

/* Goes on after each item of an answer, and compares with its rest. */
static void check_item_tokens(struct door *door, const char *statement, size_t count)
{
	struct execute_statement_input in = {
		.statement = slice_from_string(statement),
		.item_tokens = true,
	};
	struct execute_statement_output all = { 0 };

	CHECK_OK(door_run(door, OPERATION_EXECUTE_STATEMENT, &in, &all), &door->err);
	CHECK_INT(all.items.count, count);
	for (size_t i = 0; i < count; i++) {
		const struct map *items = all.items.items, *rest;
		struct execute_statement_output out = { 0 };

		in.next_token = all.item_tokens[i];
		CHECK_OK(door_run(door, OPERATION_EXECUTE_STATEMENT, &in, &out), &door->err);
		CHECK_INT(out.items.count, count - i - 1);
		rest = out.items.items;
		for (size_t j = 0; j < out.items.count; j++)
			CHECK(map_equal(&rest[j], &items[i + 1 + j]));
	}
}

static void an_answer_goes_on_after_any_item_of_it(void)
{
	CLEANUP(door_release) struct door door = new_door();

	fill(&door);
	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'a'}");
	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'b'}");
	check_item_tokens(&door, "SELECT * FROM Tab", 5);
	check_item_tokens(&door, "SELECT * FROM Tab WHERE pk IN ['a', 'b'] AND v > 10", 3);
	check_item_tokens(&door, "SELECT * FROM Tab WHERE pk = 'a' ORDER BY sk DESC", 3);
	check_item_tokens(&door, "SELECT * FROM Tab.gsi WHERE g = 'x'", 2);
	check_item_tokens(&door, "SELECT * FROM Tab.gsi", 2);
	check_item_tokens(&door, "SELECT * FROM Tab.lsi WHERE pk = 'a'", 2);
	check_item_tokens(&door, "SELECT * FROM One", 2);
	check_item_tokens(&door, "SELECT * FROM One WHERE pk IN ['a', 'b']", 2);
}

static void a_token_is_of_one_statement(void)
{
	CLEANUP(door_release) struct door door = new_door();
	struct execute_statement_output out = { 0 };
	struct execute_statement_input in = {
		.statement = SLICE("SELECT * FROM Tab"),
		.limit = { true, 1 },
	};

	fill(&door);
	CHECK_OK(door_run(&door, OPERATION_EXECUTE_STATEMENT, &in, &out), &door.err);
	in.next_token = out.next_token;
	in.statement = SLICE("SELECT *  FROM Tab");
	CHECK_INT(execute_input(&door, &in), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "NextToken does not match request");
	in.next_token = SLICE("garbage");
	CHECK_INT(execute_input(&door, &in), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Invalid NextToken");
	in.next_token = SLICE("AAAA");
	CHECK_INT(execute_input(&door, &in), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Invalid NextToken");
}

static void an_index_answers_what_it_shows(void)
{
	CLEANUP(door_release) struct door door = new_door();

	fill(&door);
	ANSWERS(&door, "SELECT * FROM Tab.gsi WHERE g = 'x' AND sk = 1",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'1'},'g':{'S':'x'}}]}");
	ANSWERS(&door, "SELECT * FROM Tab.lsi WHERE pk = 'a' AND l = 'l2'",
		"{'Items':[{'pk':{'S':'a'},'sk':{'N':'2'},'l':{'S':'l2'}}]}");
	ANSWERS(&door, "SELECT v FROM Tab.lsi WHERE pk = 'a' AND l = 'l2'",
		"{'Items':[{'v':{'N':'20'}}]}");
	ANSWERS(&door, "SELECT sk FROM Tab.gsi WHERE v = 10", "{'Items':[]}");
}

static void an_index_refuses_what_it_does_not_show(void)
{
	CLEANUP(door_release) struct door door = new_door();

	REFUSES(&door, "SELECT v, w FROM Tab.gsi", ERROR_VALIDATION,
		"One or more parameter values were invalid: Global secondary index gsi does not "
		"project [v, w]");
	REFUSES(&door, "SELECT pk FROM Tab.gsi WHERE g = 'x' AND v = 1", ERROR_VALIDATION,
		"One or more parameter values were invalid: Secondary index gsi does not project one "
		"or more filter attributes: [v]");
	REFUSES(&door, "SELECT pk FROM Tab.lsi WHERE pk = 'x' AND v IS MISSING", ERROR_VALIDATION,
		"One or more parameter values were invalid: Secondary index lsi does not project one "
		"or more filter attributes: [v]");
	REFUSES(&door, "SELECT * FROM Tab.nope WHERE g = 'x'", ERROR_VALIDATION,
		"The table does not have the specified index");
	REFUSES(&door, "SELECT * FROM Tab.multi WHERE g = 5", ERROR_VALIDATION,
		"PartiQL statements cannot be executed on tables with multi-attribute HASH keys or "
		"multi-attribute RANGE keys.");
}

static void a_global_index_is_not_read_consistently(void)
{
	CLEANUP(door_release) struct door door = new_door();
	const struct execute_statement_input in = {
		.statement = SLICE("SELECT * FROM Tab.gsi WHERE g = 'x'"),
		.consistent_read = { true, true },
	};

	CHECK_INT(execute_input(&door, &in), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Strongly consistent read is not supported on Global Secondary Indexes");
}

static void capacity_is_told_when_asked_for(void)
{
	CLEANUP(door_release) struct door door = new_door();
	struct execute_statement_input in = {
		.statement = SLICE("SELECT v FROM Tab.lsi WHERE pk = 'a'"),
		.consistent_read = { true, true },
		.return_consumed_capacity = SLICE("INDEXES"),
	};

	fill(&door);
	CHECK_OK(execute_input(&door, &in), &door.err);
	ANSWER_IS(&door,
		"{'Items':[{'v':{'N':'10'}},{'v':{'N':'20'}}],'ConsumedCapacity':{'TableName':'Tab',"
		"'CapacityUnits':3.0,'Table':{'CapacityUnits':2.0},"
		"'LocalSecondaryIndexes':{'lsi':{'CapacityUnits':1.0}}}}");
	in = (struct execute_statement_input){
		.statement = SLICE("INSERT INTO One VALUE {'pk': 'k'}"),
		.return_consumed_capacity = SLICE("TOTAL"),
	};
	CHECK_OK(execute_input(&door, &in), &door.err);
	ANSWER_IS(&door, "{'Items':[],'ConsumedCapacity':{'TableName':'One','CapacityUnits':1.0}}");
}

static void exists_stands_in_transactions_only(void)
{
	CLEANUP(door_release) struct door door = new_door();

	REFUSES(&door, "EXISTS(SELECT * FROM One WHERE pk = 'k' AND n = 1)", ERROR_VALIDATION,
		"EXISTS can only be used in ExecuteTransaction write requests.");
}

static void a_batch_answers_each_statement(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 5}");
	CHECK_OK(BATCH(&door, "SELECT n FROM One WHERE pk = 'k'",
			 "SELECT * FROM One WHERE pk = 'x'", "SELECT * FROM Nope WHERE pk = 'x'",
			 "SELECT * FROM One WHERE n = 5", "SELECT * FROM Tab.gsi WHERE g = 'x'"),
		&door.err);
	ANSWER_IS(&door,
		"{'Responses':[{'TableName':'One','Item':{'n':{'N':'5'}}},{'TableName':'One'},"
		"{'Error':{'Code':'ResourceNotFound','Message':'Requested resource not found'}},"
		"{'Error':{'Code':'ValidationError','Message':'Select statements within "
		"BatchExecuteStatement must specify the primary key in the where clause.'}},"
		"{'Error':{'Code':'ValidationError','Message':'Select statements within "
		"BatchExecuteStatement must specify the primary key in the where clause.'}}]}");
}

static void a_batch_answers_a_statement_that_cannot_be_read(void)
{
	CLEANUP(door_release) struct door door = new_door();

	CHECK_OK(BATCH(&door, "SLECT * FROM One WHERE pk = 'k'"), &door.err);
	CHECK_TEXT(buf_slice(&door.answer),
		"{\"Responses\":[{\"Error\":{\"Code\":\"ValidationError\",\"Message\":"
		"\"Statement wasn't well formed, can't be processed: Expected data "
		"manipulation\"}}]}");
}

static void a_batch_of_writes_goes_on_after_a_failure(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'k', 'n': 5}");
	CHECK_OK(BATCH(&door, "INSERT INTO One VALUE {'pk': 'k'}",
			 "UPDATE One SET n = 1 WHERE pk = 'x'",
			 "INSERT INTO One VALUE {'pk': 'new'}",
			 "DELETE FROM Tab WHERE pk = 'a' AND sk = 1 RETURNING ALL OLD *",
			 "DELETE FROM One WHERE pk = 'y' RETURNING MODIFIED OLD *"),
		&door.err);
	ANSWER_IS(&door,
		"{'Responses':[{'Error':{'Code':'DuplicateItem','Message':'Duplicate primary key "
		"exists in table'},'TableName':'One'},{'Error':{'Code':'ConditionalCheckFailed',"
		"'Message':'The conditional request failed'},'TableName':'One'},{'TableName':'One'},"
		"{'TableName':'Tab'},{'Error':{'Code':'ValidationError','Message':'Invalid "
		"returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed "
		"in DELETE statements.'}}]}");
	ANSWERS(&door, "SELECT * FROM One WHERE pk = 'new'", "{'Items':[{'pk':{'S':'new'}}]}");
}

static void a_batch_reads_or_writes_and_names_no_item_twice(void)
{
	CLEANUP(door_release) struct door door = new_door();

	CHECK_INT(
		BATCH(&door, "SELECT * FROM One WHERE pk = 'k'", "DELETE FROM One WHERE pk = 'k'"),
		-1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Read and write requests together in the same batch is not supported.");
	CHECK_INT(
		BATCH(&door, "DELETE FROM One WHERE pk = 'k'", "INSERT INTO One VALUE {'pk': 'k'}"),
		-1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Provided list of item keys contains duplicates");
}

static void a_transaction_writes_all_or_nothing(void)
{
	CLEANUP(door_release) struct door door = new_door();

	CHECK_OK(TRANSACT(&door, "INSERT INTO One VALUE {'pk': 'a', 'n': 1}",
			 "INSERT INTO One VALUE {'pk': 'b', 'n': 1}"),
		&door.err);
	ANSWER_IS(&door, "{'Responses':[]}");
	CHECK_INT(TRANSACT(&door, "UPDATE One SET n = 2 WHERE pk = 'a'",
			  "INSERT INTO One VALUE {'pk': 'b'}", "DELETE FROM One WHERE pk = 'c'"),
		-1);
	CHECK_TEXT(slice_from_string(door.err.details),
		"\"CancellationReasons\":[{\"Code\":\"None\"},{\"Code\":\"DuplicateItem\","
		"\"Message\":\"Duplicate primary key exists in table\"},{\"Code\":\"None\"}]");
	CHECK_ERROR(&door.err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[None, DuplicateItem, None]");
	ANSWERS(&door, "SELECT n FROM One WHERE pk = 'a'", "{'Items':[{'n':{'N':'1'}}]}");
}

static void a_transaction_checks_with_exists(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'a', 'n': 1}");
	CHECK_OK(TRANSACT(&door, "EXISTS(SELECT * FROM One WHERE pk = 'a' AND n = 1)",
			 "INSERT INTO One VALUE {'pk': 'b'}"),
		&door.err);
	CHECK_INT(TRANSACT(&door, "EXISTS(SELECT * FROM One WHERE pk = 'a' AND pk = 'b' AND n = 1)",
			  "INSERT INTO One VALUE {'pk': 'c'}"),
		-1);
	CHECK_ERROR(&door.err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[ConditionalCheckFailed, None]");
	CHECK_INT(TRANSACT(&door, "EXISTS(SELECT * FROM One WHERE pk = 'a')"), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Validation failed in TransactStatements[0]: EXISTS() must contain a single item "
		"read with additional condition");
}

static void what_does_not_fit_a_table_cancels_a_transaction(void)
{
	CLEANUP(door_release) struct door door = new_door();

	CHECK_INT(TRANSACT(&door, "UPDATE Nope SET a = 1 WHERE pk = 'x' RETURNING ALL NEW *",
			  "UPDATE One SET a = 1 WHERE a = 2", "UPDATE One SET a = 1 WHERE pk = 5",
			  "INSERT INTO One VALUE {'a': 1}", "DELETE FROM One WHERE pk = 'x'"),
		-1);
	CHECK_ERROR(&door.err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[ResourceNotFound, ValidationError, ValidationError, ValidationError, None]");
}

static void what_is_wrong_with_a_statement_fails_the_transaction(void)
{
	CLEANUP(door_release) struct door door = new_door();

	CHECK_INT(TRANSACT(&door, "DELETE FROM Nope WHERE pk = 'x'",
			  "UPDATE One SET a = 1 WHERE pk = 'x' RETURNING ALL NEW *"),
		-1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Validation failed in TransactStatements[1]: RETURNING clause is not supported in "
		"ExecuteTransaction.");
	CHECK_INT(TRANSACT(&door, "SELECT * FROM One WHERE"), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Validation failed in TransactStatements[0]: Statement wasn't well formed, can't be "
		"processed: Unexpected term");
	CHECK_INT(TRANSACT(&door, "SELECT * FROM Tab.gsi WHERE g = 'x'"), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Validation failed in TransactStatements[0]: Reads on indices are not supported "
		"within transactions.");
	CHECK_INT(TRANSACT(&door, "SELECT * FROM One WHERE pk = 'x' AND n = 1"), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Validation failed in TransactStatements[0]: Select statements within "
		"ExecuteTransaction must specify the primary key in the where clause.");
	CHECK_INT(TRANSACT(&door, "SELECT * FROM One WHERE pk = 'x'",
			  "DELETE FROM One WHERE pk = 'y'"),
		-1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"ExecuteTransaction API does not support both read and write operations in the same "
		"request.");
}

static void a_transaction_reads_each_item_once(void)
{
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'a', 'n': 1}");
	CHECK_OK(TRANSACT(&door, "SELECT n FROM One WHERE pk = 'a'",
			 "SELECT * FROM One WHERE pk IN ['x']"),
		&door.err);
	ANSWER_IS(&door, "{'Responses':[{'Item':{'n':{'N':'1'}}},{}]}");
	CHECK_INT(TRANSACT(&door, "SELECT n FROM One WHERE pk = 'a'",
			  "SELECT * FROM One WHERE pk = 'a'"),
		-1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION,
		"Transaction request cannot include multiple operations on one item");
	CHECK_INT(TRANSACT(&door, "SELECT n FROM One WHERE pk = 'a'",
			  "SELECT n FROM One WHERE pk = 'a'", "SELECT * FROM One WHERE pk = 1"),
		-1);
	CHECK_ERROR(&door.err, ERROR_TRANSACTION_CANCELED,
		"Transaction cancelled, please refer cancellation reasons for specific reasons "
		"[None, None, ValidationError]");
}

static void a_token_writes_once(void)
{
	static const char *const add[] = { "UPDATE One SET n = n + 1 WHERE pk = 'a'" };
	static const char *const other[] = { "UPDATE One SET n = n + 2 WHERE pk = 'a'" };
	CLEANUP(door_release) struct door door = new_door();

	EXECUTE(&door, "INSERT INTO One VALUE {'pk': 'a', 'n': 1}");
	CHECK_OK(transact_token(&door, "token", add, 1), &door.err);
	CHECK_OK(transact_token(&door, "token", add, 1), &door.err);
	ANSWERS(&door, "SELECT n FROM One", "{'Items':[{'n':{'N':'2'}}]}");
	CHECK_INT(transact_token(&door, "token", other, 1), -1);
	CHECK_INT(door.err.class, ERROR_IDEMPOTENT_MISMATCH);
	error_release(&door.err);
}

static const struct test_case cases[] = {
	{ "what is inserted is selected", what_is_inserted_is_selected },
	{ "an INSERT does not replace", an_insert_does_not_replace },
	{ "an inserted item has its key", an_inserted_item_has_its_key },
	{ "an UPDATE makes no item", an_update_makes_no_item },
	{ "what else a write asks is a condition", what_else_a_write_asks_is_a_condition },
	{ "deleting nothing succeeds", deleting_nothing_succeeds },
	{ "an UPDATE returns what is asked for", an_update_returns_what_is_asked_for },
	{ "a failed condition may tell the item", a_failed_condition_may_tell_the_item },
	{ "what is wrong with a statement comes before its table",
		what_is_wrong_with_a_statement_comes_before_its_table },
	{ "parameters come before the statement", parameters_come_before_the_statement },
	{ "alternatives are read in the order of their keys",
		alternatives_are_read_in_the_order_of_their_keys },
	{ "ORDER BY turns what is read", order_by_turns_what_is_read },
	{ "pages go on where they ended", pages_go_on_where_they_ended },
	{ "a limit is of items read, not of those that match",
		a_limit_is_of_items_read_not_of_those_that_match },
	{ "one item needs no second page", one_item_needs_no_second_page },
	{ "an answer goes on after any item of it", an_answer_goes_on_after_any_item_of_it },
	{ "a token is of one statement", a_token_is_of_one_statement },
	{ "an index answers what it shows", an_index_answers_what_it_shows },
	{ "an index refuses what it does not show", an_index_refuses_what_it_does_not_show },
	{ "a global index is not read consistently", a_global_index_is_not_read_consistently },
	{ "capacity is told when asked for", capacity_is_told_when_asked_for },
	{ "EXISTS stands in transactions only", exists_stands_in_transactions_only },
	{ "a batch answers each statement", a_batch_answers_each_statement },
	{ "a batch answers a statement that cannot be read",
		a_batch_answers_a_statement_that_cannot_be_read },
	{ "a batch of writes goes on after a failure", a_batch_of_writes_goes_on_after_a_failure },
	{ "a batch reads or writes, and names no item twice",
		a_batch_reads_or_writes_and_names_no_item_twice },
	{ "a transaction writes all or nothing", a_transaction_writes_all_or_nothing },
	{ "a transaction checks with EXISTS", a_transaction_checks_with_exists },
	{ "what does not fit a table cancels a transaction",
		what_does_not_fit_a_table_cancels_a_transaction },
	{ "what is wrong with a statement fails the transaction",
		what_is_wrong_with_a_statement_fails_the_transaction },
	{ "a transaction reads each item once", a_transaction_reads_each_item_once },
	{ "a token writes once", a_token_writes_once },
};
TEST_MAIN(cases)
