#undef NDEBUG
/* A client over the socket of a data directory: answers read back, errors, and
 * many threads. */
#include "client.h"

#include "engine_fixture.h"
#include "http_listener.h"

#include <pthread.h>

struct served {
	struct door door;
	struct http_listener *listener;
	struct client *client;
	struct buf where;
};

/* A client of a table of that name, over the socket. */
static struct served served_new(const char *table)
{
	struct served served = { .door = door_new() };
	struct http_options options = { .data_directory = served.door.path };
	struct error *err = &served.door.err;

	CHECK_OK(http_listener_open(&options, served.door.engine, &served.listener, err), err);
	buf_appendf(&served.where, "%s/%s", served.door.path, table);
	CHECK_OK(client_open(buf_string(&served.where), true, &served.client, err), err);
	CHECK(!client_is_local(served.client));
	return served;
}

static void served_release(struct served *served)
{
	client_close(served->client);
	http_listener_close(served->listener);
	buf_release(&served->where);
	door_release(&served->door);
}

/* Runs a request by the client: its answer, as it is written. */
static int run(struct served *served, enum operation_id id, const char *json)
{
	const struct operation *operation = &operations[id];
	struct door *door = &served->door;
	void *input = arena_alloc_zero(&door->arena, operation->input->size);
	void *output = arena_alloc_zero(&door->arena, operation->output->size);

	buf_clear(&door->answer);
	TRY(wire_read(
		operation->input, door_json(&door->arena, json), &door->arena, input, &door->err));
	TRY(client_run(served->client, id, input, output, &door->arena, &door->err));
	wire_write(operation->output, output, &door->answer);
	return 0;
}

/* What the client reads is, written again, what the engine itself answers. */
static void check_same(struct served *served, enum operation_id id, const char *json)
{
	struct buf here CLEANUP(buf_release) = BUF_INIT;
	struct door *door = &served->door;

	CHECK_CALL(door, id, json);
	buf_append_slice(&here, buf_slice(&door->answer));
	CHECK_OK(run(served, id, json), &door->err);
	CHECK_TEXT(buf_slice(&door->answer), buf_string(&here));
}

#define ITEM \
	"{'pk':{'S':'a'},'n':{'N':'1.5E+100'},'m':{'M':{'l':{'L':[{'NULL':true},{'BOOL':false}]}}}," \
	"'b':{'B':'AAE='},'ss':{'SS':['x','y']},'ns':{'NS':['1','2']},'bs':{'BS':['AA==']}}"

static void an_answer_is_read_as_the_engine_gave_it(void)
{
	struct served served CLEANUP(served_release) = served_new("Items");
	static const struct {
		enum operation_id id;
		const char *json;
	} calls[] = {
		{ OPERATION_DESCRIBE_TABLE, "{'TableName':'Items'}" },
		{ OPERATION_LIST_TABLES, "{'Limit':1}" },
		{ OPERATION_PUT_ITEM,
			"{'TableName':'Items','Item':" ITEM ",'ReturnConsumedCapacity':'INDEXES',"
			"'ReturnItemCollectionMetrics':'SIZE','ReturnValues':'ALL_OLD'}" },
		{ OPERATION_GET_ITEM, "{'TableName':'Items','Key':{'pk':{'S':'a'}}}" },
		{ OPERATION_SCAN, "{'TableName':'Items','ReturnConsumedCapacity':'TOTAL'}" },
		{ OPERATION_BATCH_GET_ITEM, "{'RequestItems':{'Items':{'Keys':[{'pk':{'S':'a'}}]}},"
					    "'ReturnConsumedCapacity':'TOTAL'}" },
		{ OPERATION_TRANSACT_GET_ITEMS,
			"{'TransactItems':[{'Get':{'TableName':'Items','Key':{'pk':{'S':'a'}}}}]}" },
		{ OPERATION_EXECUTE_STATEMENT, "{'Statement':'SELECT * FROM Items'}" },
		{ OPERATION_DESCRIBE_LIMITS, "{}" },
		{ OPERATION_LIST_STREAMS, "{}" },
	};

	door_create_table(&served.door, "Items", "S", NULL);
	CHECK_CALL(&served.door, OPERATION_UPDATE_TABLE,
		"{'TableName':'Items','StreamSpecification':"
		"{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'}}");
	CHECK_CALL(&served.door, OPERATION_PUT_ITEM, "{'TableName':'Items','Item':" ITEM "}");
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		check_same(&served, calls[i].id, calls[i].json);
}

static void a_description_has_the_key_too(void)
{
	struct served served CLEANUP(served_release) = served_new("Items");
	const struct table_facts *table;

	door_create_table(&served.door, "Items", "N", "B");
	CHECK_OK(client_describe(served.client, &served.door.arena, &table, &served.door.err),
		&served.door.err);
	CHECK_TEXT(table->key.partition.name, "pk");
	CHECK_INT(table->key.partition.type, VALUE_N);
	CHECK_TEXT(table->key.sort.name, "sk");
	CHECK_INT(table->key.sort.type, VALUE_B);
	CHECK(table->creation_date_time > 0);
}

static void an_error_is_the_one_that_it_would_be_here(void)
{
	struct served served CLEANUP(served_release) = served_new("Items");
	struct error here CLEANUP(error_release) = ERROR_INIT;
	static const char failing[] = "{'TableName':'Items','Item':{'pk':{'S':'a'}},"
				      "'ConditionExpression':'attribute_exists(nowhere)',"
				      "'ReturnValuesOnConditionCheckFailure':'ALL_OLD'}";

	door_create_table(&served.door, "Items", "S", NULL);
	CHECK_CALL(&served.door, OPERATION_PUT_ITEM, "{'TableName':'Items','Item':" ITEM "}");
	CHECK_INT(door_call(&served.door, OPERATION_PUT_ITEM, failing), -1);
	error_move(&here, &served.door.err);
	CHECK_INT(run(&served, OPERATION_PUT_ITEM, failing), -1);
	CHECK_INT(served.door.err.class, ERROR_CONDITION_FAILED);
	CHECK_TEXT(slice_from_string(served.door.err.message), here.message);
	CHECK_TEXT(slice_from_string(served.door.err.details), here.details);
	error_release(&served.door.err);
}

#define THREADS 8
#define CALLS   50

struct caller {
	pthread_t thread;
	struct client *client;
	int number;
	bool failed;
};

static void put_and_get(struct caller *caller, int i)
{
	struct buf request CLEANUP(buf_release) = BUF_INIT;
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf wanted CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&request, "{\"TableName\":\"Items\",\"Item\":{\"pk\":{\"S\":\"%d-%d\"}}}",
		caller->number, i);
	if (client_call(caller->client, OPERATION_PUT_ITEM, buf_slice(&request), &answer, &err) < 0)
		caller->failed = true;
	buf_clear(&request);
	buf_clear(&answer);
	buf_appendf(&request, "{\"TableName\":\"Items\",\"Key\":{\"pk\":{\"S\":\"%d-%d\"}}}",
		caller->number, i);
	if (client_call(caller->client, OPERATION_GET_ITEM, buf_slice(&request), &answer, &err) < 0)
		caller->failed = true;
	buf_appendf(&wanted, "{\"Item\":{\"pk\":{\"S\":\"%d-%d\"}}}", caller->number, i);
	caller->failed = caller->failed || !slice_equal(buf_slice(&answer), buf_slice(&wanted));
}

static void *call_often(void *context)
{
	struct caller *caller = context;

	for (int i = 0; i < CALLS; i++)
		put_and_get(caller, i);
	return NULL;
}

static void any_number_of_threads_call_at_once(void)
{
	struct served served CLEANUP(served_release) = served_new("Items");
	struct caller callers[THREADS];

	door_create_table(&served.door, "Items", "S", NULL);
	for (int i = 0; i < THREADS; i++) {
		callers[i] = (struct caller){ .client = served.client, .number = i };
		CHECK(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(callers[i].thread, NULL);
		CHECK(!callers[i].failed);
	}
}

static void a_client_without_a_server_opens_the_data_itself(void)
{
	struct door door = door_new();
	struct client *client;
	struct slice *names;
	size_t count;

	door_create_table(&door, "Items", "S", NULL);
	engine_close(door.engine);
	CHECK_OK(client_open(door.path, false, &client, &door.err), &door.err);
	CHECK(client_is_local(client));
	CHECK_OK(client_list_tables(client, &door.arena, &names, &count, &door.err), &door.err);
	CHECK_INT(count, 1);
	CHECK_TEXT(names[0], "Items");
	client_close(client);
	CHECK_OK(engine_open(door.path, &(struct engine_options){ 0 }, &door.engine, &door.err),
		&door.err);
	door_release(&door);
}

static const struct test_case cases[] = {
	{ "an answer is read as the engine gave it", an_answer_is_read_as_the_engine_gave_it },
	{ "a description has the key too", a_description_has_the_key_too },
	{ "an error is the one that it would be here", an_error_is_the_one_that_it_would_be_here },
	{ "any number of threads call at once", any_number_of_threads_call_at_once },
	{ "a client without a server opens the data itself",
		a_client_without_a_server_opens_the_data_itself },
};
TEST_MAIN(cases)
