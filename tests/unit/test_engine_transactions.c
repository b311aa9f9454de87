/* TransactWriteItems and TransactGetItems. */
#undef NDEBUG
#include "api_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

#define WRITE OPERATION_TRANSACT_WRITE_ITEMS
#define READ  OPERATION_TRANSACT_GET_ITEMS

#define ITEMS(actions)           "{'TransactItems': [" actions "]}"
#define ITEMS_AND(actions, more) "{'TransactItems': [" actions "], " more "}"

#define KEY(sk)                  "{'pk': {'S': 'a'}, 'sk': {'N': '" sk "'}}"
#define ITEM(sk, more)           "{'pk': {'S': 'a'}, 'sk': {'N': '" sk "'}" more "}"
#define ACTION(kind, members)    "{'" kind "': {'TableName': 'Tab', " members "}}"
#define IF(condition)            ", 'ConditionExpression': '" condition "'"
#define PUT_OF(item, more)       ACTION("Put", "'Item': " item more)
#define DELETE_OF(key, more)     ACTION("Delete", "'Key': " key more)
#define CHECK_OF(key, condition) ACTION("ConditionCheck", "'Key': " key IF(condition))
#define UPDATE_OF(key, update, more) \
	ACTION("Update", "'Key': " key ", 'UpdateExpression': '" update "'" more)
#define ADD_ONE(key) \
	UPDATE_OF(key, "ADD v :one", ", 'ExpressionAttributeValues': {':one': {'N': '1'}}")
#define GET_OF(key, more) ACTION("Get", "'Key': " key more)

#define EXISTS "attribute_exists(pk)"
#define ABSENT "attribute_not_exists(pk)"

#define UNFIT_KEY "The provided key element does not match the schema"
#define EMPTY_KEY \
	"One or more parameter values are not valid. The AttributeValue for a key attribute " \
	"cannot contain an empty string value. Key: pk"
#define TWICE "Transaction request cannot include multiple operations on one item"

#define NONE                 "{'Code':'None'}"
#define FAILED               "{'Code':'ConditionalCheckFailed','Message':'The conditional request failed'}"
#define INVALID_FOR(message) "{'Code':'ValidationError','Message':'" message "'}"

/* "Tab" with the items 1 { v: 10 } and 2 { v: 20 } of partition "a"; and "Plain",
 * of a partition key alone. */
static struct door transactions_new(void)
{
	struct door door = api_new();

	door_create_table(&door, "Plain", "S", NULL);
	API_ANSWER(&door, WRITE,
		ITEMS(PUT_OF(ITEM("1", ", 'v': {'N': '10'}"), "") ", " PUT_OF(
			ITEM("2", ", 'v': {'N': '20'}"), "")),
		"{}");
	return door;
}

static void check_item(struct door *door, const char *sk, const char *answer)
{
	struct slice json = arena_printf(&door->arena,
		"{" T "'Key': {'pk': {'S': 'a'}, 'sk': {'N': '%s'}}, 'ProjectionExpression': 'v'}",
		sk);

	API_ANSWER(door, GET, json.data, answer);
}

/* Checks that the items are those of transactions_new(). */
static void check_untouched(struct door *door)
{
	API_ANSWER(door, SCAN, "{" T "'Select': 'COUNT'}", "{'Count':2,'ScannedCount':2}");
	check_item(door, "1", "{'Item':{'v':{'N':'10'}}}");
	check_item(door, "2", "{'Item':{'v':{'N':'20'}}}");
}

#define CANCELLED "Transaction cancelled, please refer cancellation reasons for specific reasons "

/* Checks that a transaction is cancelled with these codes and reasons, and that
 * nothing was written. */
static void check_cancelled(
	struct door *door, const char *json, const char *codes, const char *reasons)
{
	CHECK_INT(api_call(door, WRITE, json), -1);
	CHECK_TEXT(slice_from_string(door->err.details),
		door_json(&door->arena,
			arena_printf(&door->arena, "'CancellationReasons':[%s]", reasons).data)
			.data);
	CHECK_ERROR(&door->err, ERROR_TRANSACTION_CANCELED,
		arena_printf(&door->arena, CANCELLED "[%s]", codes).data);
	check_untouched(door);
}

/* Checks that a transaction is refused as a whole. */
static void check_refused(
	struct door *door, const char *json, enum error_class class, const char *message)
{
	API_REFUSED(door, WRITE, json, class, message);
	check_untouched(door);
}

/* What a transaction does. */

static void actions_of_all_kinds_are_done_together(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE,
		ITEMS(CHECK_OF("{'pk': {'S': 'b'}, 'sk': {'N': '1'}}", ABSENT) ", " DELETE_OF(
			KEY("1"), "") ", " ADD_ONE(KEY("2")) ", " PUT_OF(ITEM("3", ""), "")),
		"{}");
	check_item(&door, "1", "{}");
	check_item(&door, "2", "{'Item':{'v':{'N':'21'}}}");
	check_item(&door, "3", "{'Item':{}}");
}

static void a_transaction_may_write_to_several_tables(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE,
		ITEMS(ADD_ONE(KEY("1")) ", {'Put': {'TableName': 'Plain', 'Item': "
					"{'pk': {'S': 'a'}}}}"),
		"{}");
	check_item(&door, "1", "{'Item':{'v':{'N':'11'}}}");
	API_ANSWER(&door, GET, "{'TableName': 'Plain', 'Key': {'pk': {'S': 'a'}}}",
		"{'Item':{'pk':{'S':'a'}}}");
}

static void an_update_makes_the_item_that_is_not_there(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE, ITEMS(ADD_ONE(KEY("9"))), "{}");
	check_item(&door, "9", "{'Item':{'v':{'N':'1'}}}");
}

static void a_check_writes_nothing(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE, ITEMS(CHECK_OF(KEY("1"), EXISTS) ", " CHECK_OF(KEY("9"), ABSENT)),
		"{}");
	check_untouched(&door);
}

/* Reasons. */

static void a_failed_condition_cancels_all(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door,
		ITEMS(ADD_ONE(KEY("1")) ", " PUT_OF(ITEM("3", ""), "") ", " DELETE_OF(
			KEY("2"), IF(ABSENT))),
		"None, None, ConditionalCheckFailed", NONE "," NONE "," FAILED);
}

static void every_kind_of_action_may_fail_its_condition(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door,
		ITEMS(PUT_OF(ITEM("1", ""), IF(ABSENT)) ", " DELETE_OF(
			KEY("2"), IF(ABSENT)) ", " CHECK_OF(KEY("3"),
			EXISTS) ", " UPDATE_OF(KEY("4"), "REMOVE v", IF(EXISTS))),
		"ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed, "
		"ConditionalCheckFailed",
		FAILED "," FAILED "," FAILED "," FAILED);
}

/* All are judged, and each is told at its place. */
static void reasons_stand_in_the_order_of_the_actions(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door,
		ITEMS(ADD_ONE(KEY("1")) ", " PUT_OF("{'pk': {'S': 'a'}}", "") ", " CHECK_OF(
			KEY("9"), EXISTS) ", " DELETE_OF("{'pk': {'S': 'a'}}",
			"") ", " PUT_OF(ITEM("8", ""), "") ", " UPDATE_OF(KEY("2"),
			"SET w = list_append(v, v)", "")),
		"None, ValidationError, ConditionalCheckFailed, ValidationError, None, "
		"ValidationError",
		NONE
		"," INVALID_FOR(WERE_INVALID "Missing the key sk in the item") "," FAILED "," INVALID_FOR(
			UNFIT_KEY) "," NONE
				   "," INVALID_FOR(
					   "An operand in the update expression has an incorrect "
					   "data type"));
}

static void a_key_of_the_wrong_type_is_a_reason(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door,
		ITEMS(PUT_OF("{'pk': {'S': 'a'}, 'sk': {'S': 'x'}}", "") ", " CHECK_OF(
			"{'pk': {'S': 'a'}, 'sk': {'S': 'x'}}",
			EXISTS) ", " UPDATE_OF("{'pk': {'S': 'a'}}", "REMOVE v", "")),
		"ValidationError, ValidationError, ValidationError",
		INVALID_FOR(WERE_INVALID "Type mismatch for key sk expected: N actual: S") "," INVALID_FOR(
			UNFIT_KEY) "," INVALID_FOR(UNFIT_KEY));
}

static void an_index_key_of_the_wrong_type_is_a_reason(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door,
		ITEMS(PUT_OF(ITEM("3", ", 'g': {'N': '1'}"), "") ", " ADD_ONE(KEY("1"))),
		"ValidationError, None",
		INVALID_FOR(WERE_INVALID "Type mismatch for Index Key g Expected: S Actual: N "
					 "IndexName: all") "," NONE);
}

static void a_missing_operand_is_a_reason(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door, ITEMS(UPDATE_OF(KEY("1"), "SET w = q", "")), "ValidationError",
		INVALID_FOR("The provided expression refers to an attribute that does not exist in "
			    "the item"));
}

static void a_reason_shows_the_item_when_asked(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door,
		ITEMS(DELETE_OF(KEY("1"),
			IF(ABSENT) ", 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'") ", " DELETE_OF(KEY("2"),
			IF(ABSENT) ", 'ReturnValuesOnConditionCheckFailure': 'NONE'") ", " DELETE_OF(KEY("3"),
			IF(EXISTS) ", 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'")),
		"ConditionalCheckFailed, ConditionalCheckFailed, ConditionalCheckFailed",
		"{'Code':'ConditionalCheckFailed','Item':{'pk':{'S':'a'},'sk':{'N':'1'},"
		"'v':{'N':'10'}},'Message':'The conditional request failed'}," FAILED "," FAILED);
}

/* Refused as a whole. */

static void an_empty_key_fails_the_request(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door,
		ITEMS(CHECK_OF(KEY("9"), EXISTS) ", " PUT_OF(
			"{'pk': {'S': ''}, 'sk': {'N': '1'}}", "")),
		ERROR_KEY_EMPTY, EMPTY_KEY);
	check_refused(&door,
		ITEMS(CHECK_OF(KEY("9"), EXISTS) ", " DELETE_OF(
			"{'pk': {'S': ''}, 'sk': {'N': '1'}}", "")),
		ERROR_KEY_EMPTY, EMPTY_KEY);
	check_refused(&door,
		ITEMS(ADD_ONE(KEY("1")) ", " PUT_OF(ITEM("3", ", 'g': {'S': ''}"), "")),
		ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. A value specified for a secondary "
		"index key is not supported. The AttributeValue for a key attribute cannot contain "
		"an empty string value. IndexName: all, IndexKey: g");
}

static void the_key_cannot_be_updated(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door,
		ITEMS(UPDATE_OF(KEY("1"), "SET sk = :v",
			", 'ExpressionAttributeValues': {':v': {'N': '1'}}")),
		ERROR_VALIDATION,
		WERE_INVALID "Cannot update attribute sk. This attribute is part of the key");
}

static void an_item_is_named_only_once(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door, ITEMS(ADD_ONE(KEY("1")) ", " CHECK_OF(KEY("1.0"), EXISTS)),
		ERROR_VALIDATION, TWICE);
	check_refused(&door,
		ITEMS(PUT_OF(ITEM("3", ""), "") ", " DELETE_OF(
			"{'pk': {'S': 'a'}}", "") ", " DELETE_OF(KEY("3"), "")),
		ERROR_VALIDATION, TWICE);
}

static void one_key_may_be_of_two_tables(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	door_create_table(&door, "Other", "S", NULL);
	API_ANSWER(&door, WRITE,
		ITEMS("{'Put': {'TableName': 'Plain', 'Item': {'pk': {'S': 'a'}}}}, "
		      "{'Put': {'TableName': 'Other', 'Item': {'pk': {'S': 'a'}}}}"),
		"{}");
}

static void each_element_is_one_action(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	static const char message[] =
		"TransactItems can only contain one of Check, Put, Update or Delete";

	check_refused(&door, ITEMS(ADD_ONE(KEY("1")) ", {}"), ERROR_VALIDATION, message);
	check_refused(&door,
		ITEMS("{'Put': {'TableName': 'Tab', 'Item': " KEY(
			"3") "}, 'Delete': {'TableName': 'Tab', 'Key': " KEY("1") "}}"),
		ERROR_VALIDATION, message);
}

static void a_check_must_have_a_condition(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door, ITEMS(ACTION("ConditionCheck", "'Key': " KEY("1"))), ERROR_VALIDATION,
		ENVELOPE "Value null at 'transactItems.1.member.conditionCheck."
			 "conditionExpression' failed to satisfy constraint: Member must not be "
			 "null");
}

static void a_missing_table_fails_the_request(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door,
		ITEMS(CHECK_OF(KEY("9"), EXISTS) ", {'Put': {'TableName': 'Absent', 'Item': "
						 "{'pk': {'S': 'a'}}}}"),
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static void expressions_are_judged_before_tables(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door,
		ITEMS("{'Delete': {'TableName': 'Absent', 'Key': {'pk': {'S': 'a'}}}}, " CHECK_OF(
			KEY("1"), "v = :v")),
		ERROR_VALIDATION,
		"Invalid ConditionExpression: An expression attribute value used in expression is "
		"not defined; attribute value: :v");
	check_refused(&door,
		ITEMS(UPDATE_OF(KEY("1"), "REMOVE v", ", 'ExpressionAttributeNames': {'#v': 'v'}")),
		ERROR_VALIDATION,
		"Value provided in ExpressionAttributeNames unused in expressions: keys: {#v}");
	check_refused(&door,
		ITEMS(DELETE_OF(KEY("1"), ", 'ExpressionAttributeValues': {':v': {'N': '1'}}")),
		ERROR_VALIDATION,
		"ExpressionAttributeValues can only be specified when using expressions: "
		"ConditionExpression is null");
}

/* So many puts of items with a value of so many bytes. */
static const char *many_puts(struct door *door, int count, int bytes)
{
	struct buf json CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&json, "{'TransactItems': [");
	for (int i = 0; i < count; i++) {
		buf_appendf(&json,
			"%s{'Put': {'TableName': 'Tab', 'Item': {'pk': {'S': 'many'}, 'sk': "
			"{'N': '%d'}, 'v': {'S': '",
			i ? ", " : "", i);
		for (int j = 0; j < bytes; j++)
			buf_append_char(&json, 'x');
		buf_append_string(&json, "'}}}}");
	}
	buf_append_string(&json, "]}");
	return arena_copy(&door->arena, buf_slice(&json)).data;
}

static void a_hundred_actions_are_the_most(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	static const char end[] = "' failed to satisfy constraint: Member must have length less "
				  "than or equal to 100";
	size_t length;

	CHECK_INT(api_call(&door, WRITE, many_puts(&door, 101, 1)), -1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	length = strlen(door.err.message);
	CHECK(length > strlen(end));
	CHECK_TEXT(slice_from_string(door.err.message + length - strlen(end)), end);
	error_release(&door.err);
	check_untouched(&door);
	API_ANSWER(&door, WRITE, many_puts(&door, 100, 1), "{}");
	API_ANSWER(&door, SCAN, "{" T "'Select': 'COUNT'}", "{'Count':102,'ScannedCount':102}");
}

#define FOUR_MB \
	"Collection size of items exceeded, which can also be caused by the aggregate size of the " \
	"items in the transaction exceeding the 4MB limit"

static void all_items_together_have_4_mb_at_most(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_refused(&door, many_puts(&door, 11, 399000), ERROR_VALIDATION, FOUR_MB);
	API_ANSWER(&door, WRITE, many_puts(&door, 10, 399000), "{}");
}

static void a_large_put_fails_the_request_and_a_large_update_is_a_reason(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	char *large = arena_alloc_zero(&door.arena, 409601);

	memset(large, 'x', 409600);
	check_refused(&door, many_puts(&door, 1, 410000), ERROR_TOO_LARGE,
		"Item size has exceeded the maximum allowed size");
	check_cancelled(&door,
		arena_printf(&door.arena,
			ITEMS(CHECK_OF(KEY("9"), EXISTS) ", " UPDATE_OF(KEY("1"), "SET w = :w",
				", 'ExpressionAttributeValues': {':w': {'S': '%s'}}")),
			large)
			.data,
		"ConditionalCheckFailed, ValidationError",
		FAILED
		"," INVALID_FOR("Item size to update has exceeded the maximum allowed size"));
}

/* Tokens. */

#define TOKEN(token)     "'ClientRequestToken': '" token "'"
#define ADD_ONCE(token)  ITEMS_AND(ADD_ONE(KEY("1")), TOKEN(token))
#define ADD_OTHER(token) ITEMS_AND(ADD_ONE(KEY("2")), TOKEN(token))

#define MISMATCH \
	"The request was retried with a ClientRequestToken that was already used with other " \
	"parameters"

static void a_transaction_of_a_token_is_done_once(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	for (int i = 0; i < 3; i++)
		API_ANSWER(&door, WRITE, ADD_ONCE("token"), "{}");
	check_item(&door, "1", "{'Item':{'v':{'N':'11'}}}");
	API_ANSWER(&door, WRITE, ADD_ONCE("another"), "{}");
	check_item(&door, "1", "{'Item':{'v':{'N':'12'}}}");
}

static void a_token_is_of_one_request(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE, ADD_ONCE("token"), "{}");
	API_REFUSED(&door, WRITE, ADD_OTHER("token"), ERROR_IDEMPOTENT_MISMATCH, MISMATCH);
	check_item(&door, "1", "{'Item':{'v':{'N':'11'}}}");
	check_item(&door, "2", "{'Item':{'v':{'N':'20'}}}");
}

static void a_request_without_a_token_is_done_each_time(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE, ITEMS(ADD_ONE(KEY("1"))), "{}");
	API_ANSWER(&door, WRITE, ITEMS(ADD_ONE(KEY("1"))), "{}");
	API_ANSWER(&door, WRITE, ADD_ONCE(""), "{}");
	API_ANSWER(&door, WRITE, ADD_ONCE(""), "{}");
	check_item(&door, "1", "{'Item':{'v':{'N':'14'}}}");
}

static void a_cancelled_transaction_uses_no_token(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_cancelled(&door, ITEMS_AND(CHECK_OF(KEY("9"), EXISTS), TOKEN("token")),
		"ConditionalCheckFailed", FAILED);
	API_ANSWER(&door, WRITE, ADD_ONCE("token"), "{}");
	check_item(&door, "1", "{'Item':{'v':{'N':'11'}}}");
}

/* What a replay would find now does not matter. */
static void a_replay_judges_no_condition(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	static const char json[] =
		ITEMS_AND(PUT_OF(ITEM("3", ", 'v': {'N': '1'}"), IF(ABSENT)), TOKEN("token"));

	API_ANSWER(&door, WRITE, json, "{}");
	API_ANSWER(&door, WRITE, json, "{}");
	API_ANSWER(&door, WRITE, ITEMS(DELETE_OF(KEY("3"), "")), "{}");
	API_ANSWER(&door, WRITE, json, "{}");
	check_item(&door, "3", "{}");
}

static void tokens_outlive_a_restart(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	struct engine_options options = { .relaxed_durability = true };

	API_ANSWER(&door, WRITE, ADD_ONCE("token"), "{}");
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	API_ANSWER(&door, WRITE, ADD_ONCE("token"), "{}");
	check_item(&door, "1", "{'Item':{'v':{'N':'11'}}}");
}

static void tokens_of_statements_are_others(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE, ADD_ONCE("token"), "{}");
	CHECK_OK(
		api_call(&door, OPERATION_EXECUTE_TRANSACTION,
			"{'TransactStatements': [{'Statement': 'UPDATE Tab SET v = ? WHERE pk = ? AND sk = "
			"?', 'Parameters': [{'N': '99'}, {'S': 'a'}, {'N': '2'}]}], " TOKEN(
				"token") "}"),
		&door.err);
	check_item(&door, "2", "{'Item':{'v':{'N':'99'}}}");
}

static void a_token_has_36_characters_at_most(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

#define THIRTY_SIX "123456789012345678901234567890123456"
	API_ANSWER(&door, WRITE, ITEMS_AND(CHECK_OF(KEY("1"), EXISTS), TOKEN(THIRTY_SIX)), "{}");
	check_refused(&door, ADD_ONCE(THIRTY_SIX "7"), ERROR_VALIDATION,
		ENVELOPE "Value '" THIRTY_SIX
			 "7' at 'clientRequestToken' failed to satisfy constraint: Member must "
			 "have length less than or equal to 36");
}

/* Capacity. */

#define TOTAL   "'ReturnConsumedCapacity': 'TOTAL'"
#define INDEXES "'ReturnConsumedCapacity': 'INDEXES'"

static void a_write_in_a_transaction_costs_double(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE,
		ITEMS_AND(
			ADD_ONE(KEY("1")) ", " CHECK_OF(KEY("9"),
				ABSENT) ", "
					"{'Put': {'TableName': 'Plain', 'Item': {'pk': {'S': 'a'}}}}",
			TOTAL),
		"{'ConsumedCapacity':[{'TableName':'Tab','CapacityUnits':4.0,"
		"'WriteCapacityUnits':4.0},{'TableName':'Plain','CapacityUnits':2.0,"
		"'WriteCapacityUnits':2.0}]}");
}

static void an_index_does_not_cost_double(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE, ITEMS_AND(PUT_OF(ITEM("3", ", 'g': {'S': 'g'}"), ""), INDEXES),
		"{'ConsumedCapacity':[{'TableName':'Tab','CapacityUnits':3.0,"
		"'WriteCapacityUnits':3.0,'Table':{'WriteCapacityUnits':2.0,'CapacityUnits':2.0},"
		"'GlobalSecondaryIndexes':{'keys':{'WriteCapacityUnits':1.0,"
		"'CapacityUnits':1.0}}}]}");
}

/* A put of 9,000 bytes is three reads, of double cost. */
static void a_replay_costs_reads(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	char *value = arena_alloc_zero(&door.arena, 9001);
	const char *json;

	memset(value, 'x', 9000);
	json = arena_printf(&door.arena,
		ITEMS_AND(PUT_OF(ITEM("3", ", 'v': {'S': '%s'}"), "") ", " ADD_ONE(KEY("1")),
			TOKEN("token") ", " TOTAL),
		value)
		       .data;
	API_ANSWER(&door, WRITE, json,
		"{'ConsumedCapacity':[{'TableName':'Tab','CapacityUnits':20.0,"
		"'WriteCapacityUnits':20.0}]}");
	API_ANSWER(&door, WRITE, json,
		"{'ConsumedCapacity':[{'TableName':'Tab','CapacityUnits':8.0,"
		"'ReadCapacityUnits':8.0}]}");
}

static void collections_of_writes_are_told(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, WRITE,
		ITEMS_AND(ADD_ONE(KEY("1")) ", " ADD_ONE(KEY("2")) ", " CHECK_OF(
				  "{'pk': {'S': 'b'}, 'sk': {'N': '1'}}", ABSENT),
			"'ReturnItemCollectionMetrics': 'SIZE'"),
		"{'ItemCollectionMetrics':{'Tab':[{'ItemCollectionKey':{'pk':{'S':'a'}},"
		"'SizeEstimateRangeGB':[0.0,1.0]}]}}");
}

/* Reading. */

static void items_are_answered_at_their_places(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, READ,
		ITEMS(GET_OF(KEY("2"), "") ", " GET_OF(KEY("9"), "") ", " GET_OF(KEY("1"), "")),
		"{'Responses':[{'Item':{'pk':{'S':'a'},'sk':{'N':'2'},'v':{'N':'20'}}},{},"
		"{'Item':{'pk':{'S':'a'},'sk':{'N':'1'},'v':{'N':'10'}}}]}");
}

static void an_item_of_which_nothing_is_chosen_is_left_out(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, READ,
		ITEMS(GET_OF(KEY("1"),
			", 'ProjectionExpression': '#v', "
			"'ExpressionAttributeNames': {'#v': 'v'}") ", " GET_OF(KEY("2"),
			", 'ProjectionExpression': 'q'")),
		"{'Responses':[{'Item':{'v':{'N':'10'}}},{}]}");
}

static void reads_of_several_tables_go_together(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_ANSWER(&door, PUT, "{'TableName': 'Plain', 'Item': {'pk': {'S': 'p'}}}", "{}");
	API_ANSWER(&door, READ,
		ITEMS_AND("{'Get': {'TableName': 'Plain', 'Key': {'pk': {'S': 'p'}}}}, " GET_OF(
				  KEY("9"), "") ", " GET_OF(KEY("8"), ""),
			TOTAL),
		"{'ConsumedCapacity':[{'TableName':'Plain','CapacityUnits':2.0,"
		"'ReadCapacityUnits':2.0},{'TableName':'Tab','CapacityUnits':4.0,"
		"'ReadCapacityUnits':4.0}],'Responses':[{'Item':{'pk':{'S':'p'}}},{},{}]}");
}

static void check_read_cancelled(
	struct door *door, const char *json, const char *codes, const char *reasons)
{
	CHECK_INT(api_call(door, READ, json), -1);
	CHECK_TEXT(slice_from_string(door->err.details),
		door_json(&door->arena,
			arena_printf(&door->arena, "'CancellationReasons':[%s]", reasons).data)
			.data);
	CHECK_ERROR(&door->err, ERROR_TRANSACTION_CANCELED,
		arena_printf(&door->arena, CANCELLED "[%s]", codes).data);
}

static void unfit_keys_of_reads_are_reasons(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	check_read_cancelled(&door,
		ITEMS(GET_OF(KEY("1"), "") ", " GET_OF("{'pk': {'S': 'a'}}", "") ", " GET_OF(
			"{'pk': {'S': ''}, 'sk': {'N': '1'}}", "")),
		"None, ValidationError, ValidationError",
		NONE "," INVALID_FOR(UNFIT_KEY) "," INVALID_FOR(EMPTY_KEY));
}

static void an_item_is_read_only_once(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_INVALID(&door, READ, ITEMS(GET_OF(KEY("1"), "") ", " GET_OF(KEY("1"), "")), TWICE);
}

static void a_read_of_a_missing_table_fails_the_request(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_REFUSED(&door, READ,
		ITEMS(GET_OF(KEY("1"), "") ", {'Get': {'TableName': 'Absent', 'Key': " KEY(
			"1") "}}"),
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

static void names_of_a_read_are_its_own(void)
{
	struct door door CLEANUP(door_release) = transactions_new();

	API_INVALID(&door, READ,
		ITEMS(GET_OF(KEY("1"),
			", 'ProjectionExpression': '#v', "
			"'ExpressionAttributeNames': {'#v': 'v'}") ", " GET_OF(KEY("2"),
			", 'ProjectionExpression': '#v'")),
		"Invalid ProjectionExpression: An expression attribute name used in the document "
		"path is not defined; attribute name: #v");
	API_INVALID(&door, READ,
		ITEMS(GET_OF(KEY("1"), ", 'ExpressionAttributeNames': {'#v': 'v'}")),
		"ExpressionAttributeNames can only be specified when using expressions");
}

static void a_transaction_has_something_to_do(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	static const char message[] =
		ENVELOPE "Value '[]' at 'transactItems' failed to satisfy constraint: Member must "
			 "have length greater than or equal to 1";

	API_INVALID(&door, READ, ITEMS(""), message);
	API_INVALID(&door, WRITE, ITEMS(""), message);
	API_INVALID(&door, READ, ITEMS("{}"),
		ENVELOPE "Value null at 'transactItems.1.member.get' failed to satisfy constraint: "
			 "Member must not be null");
}

static void items_read_together_have_4_mb_at_most(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	struct buf reads CLEANUP(buf_release) = BUF_INIT;

	API_ANSWER(&door, WRITE, many_puts(&door, 10, 399000), "{}");
	API_ANSWER(&door, PUT,
		arena_printf(&door.arena,
			"{" T
			"'Item': {'pk': {'S': 'many'}, 'sk': {'N': '10'}, 'v': {'S': '%.*s'}}}",
			399000, strchr(many_puts(&door, 1, 399000), 'x'))
			.data,
		"{}");
	for (int i = 0; i < 11; i++)
		buf_appendf(&reads,
			"%s{'Get': {'TableName': 'Tab', 'Key': {'pk': {'S': 'many'}, 'sk': {'N': "
			"'%d'}}, 'ProjectionExpression': 'q'}}",
			i ? ", " : "", i);
	API_INVALID(&door, READ, arena_printf(&door.arena, ITEMS("%s"), buf_string(&reads)).data,
		FOUR_MB);
}

/* Isolation: money moves between accounts, two threads at a time, while others
 * look at all the accounts. */

#define ACCOUNTS  6
#define TRANSFERS 150
#define THREADS   2

struct bank {
	struct engine *engine;
	atomic_int writers; /* still at work */
	atomic_int refused; /* transfers of more than there was */
	atomic_int looks;
	atomic_int faults; /* anything that must not be */
};

/* A door of the thread's own to the same engine. */
static struct door bank_door(struct bank *bank)
{
	return (struct door){ .engine = bank->engine, .arena = ARENA_INIT, .err = ERROR_INIT };
}

static void bank_door_release(struct door *door)
{
	arena_release(&door->arena);
	error_release(&door->err);
	buf_release(&door->answer);
}

static void transfer(struct bank *bank, int from, int to, int amount)
{
	struct door door CLEANUP(bank_door_release) = bank_door(bank);
	const char *json = arena_printf(&door.arena,
		"{'TransactItems': ["
		"{'Update': {'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}, 'sk': {'N': '%d'}}, "
		"'UpdateExpression': 'SET v = v - :x', 'ConditionExpression': 'v >= :x', "
		"'ExpressionAttributeValues': {':x': {'N': '%d'}}}}, "
		"{'Update': {'TableName': 'Tab', 'Key': {'pk': {'S': 'a'}, 'sk': {'N': '%d'}}, "
		"'UpdateExpression': 'SET v = v + :x', "
		"'ExpressionAttributeValues': {':x': {'N': '%d'}}}}]}",
		from, amount, to, amount)
				   .data;

	if (api_call(&door, WRITE, json) == 0)
		return;
	if (door.err.class == ERROR_TRANSACTION_CANCELED)
		bank->refused++;
	else
		bank->faults++;
}

static void *move_money(void *context)
{
	struct bank *bank = context;
	unsigned seed = (unsigned)bank->writers;

	for (int i = 0; i < TRANSFERS; i++) {
		int from = rand_r(&seed) % ACCOUNTS;
		int to = (from + 1 + rand_r(&seed) % (ACCOUNTS - 1)) % ACCOUNTS;

		transfer(bank, from, to, rand_r(&seed) % 80 + 1);
	}
	bank->writers--;
	return NULL;
}

/* Whether the accounts hold together what they held at first, and none is
 * overdrawn or missing. */
static bool is_balanced(struct bank *bank)
{
	struct door door CLEANUP(bank_door_release) = bank_door(bank);
	struct transact_get_request requests[ACCOUNTS];
	struct transact_get reads[ACCOUNTS];
	struct transact_get_items_input input = { .transact_items = { true, ACCOUNTS, reads } };
	struct transact_get_items_output output = { 0 };
	const struct item_response *responses;
	struct number sum = number_from_int64(0);
	struct number total = number_from_int64(100 * ACCOUNTS);

	for (int i = 0; i < ACCOUNTS; i++) {
		requests[i] = (struct transact_get_request){
			.table_name = SLICE("Tab"),
			.key = door_key(&door, value_of_string("a"), value_of_number(i)),
		};
		reads[i].get = &requests[i];
	}
	if (door_run(&door, READ, &input, &output) < 0)
		return false;
	responses = output.responses.items;
	for (int i = 0; i < ACCOUNTS; i++) {
		const struct value *v =
			responses[i].item ? map_find(responses[i].item, SLICE("v")) : NULL;

		if (!v || v->number.negative || number_add(&sum, &v->number, &sum, &door.err) < 0)
			return false;
	}
	return number_compare(&sum, &total) == 0;
}

static void *look_at_accounts(void *context)
{
	struct bank *bank = context;

	do {
		if (!is_balanced(bank))
			bank->faults++;
		bank->looks++;
	} while (bank->writers);
	return NULL;
}

static void money_is_neither_made_nor_lost(void)
{
	struct door door CLEANUP(door_release) = api_new();
	struct bank bank = { .engine = door.engine, .writers = THREADS };
	pthread_t writers[THREADS], readers[THREADS];

	for (int i = 0; i < ACCOUNTS; i++)
		API_ANSWER(&door, PUT,
			arena_printf(&door.arena,
				"{" T "'Item': {'pk': {'S': 'a'}, 'sk': {'N': '%d'}, 'v': {'N': "
				"'100'}}}",
				i)
				.data,
			"{}");
	for (int i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_create(&writers[i], NULL, move_money, &bank), 0);
		CHECK_INT(pthread_create(&readers[i], NULL, look_at_accounts, &bank), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(writers[i], NULL);
		pthread_join(readers[i], NULL);
	}
	CHECK_INT(bank.faults, 0);
	CHECK(bank.looks > THREADS);
	CHECK(bank.refused > 0);
	CHECK(bank.refused < THREADS * TRANSFERS);
	CHECK(is_balanced(&bank));
}

static void *add_once(void *context)
{
	struct bank *bank = context;
	struct door door CLEANUP(bank_door_release) = bank_door(bank);

	for (int i = 0; i < 20; i++) {
		const char *json = arena_printf(
			&door.arena, ITEMS_AND(ADD_ONE(KEY("1")), TOKEN("token-%d")), i)
					   .data;

		if (api_call(&door, WRITE, json) < 0)
			bank->faults++;
	}
	return NULL;
}

static void a_token_used_by_two_at_once_writes_once(void)
{
	struct door door CLEANUP(door_release) = transactions_new();
	struct bank bank = { .engine = door.engine };
	pthread_t threads[THREADS];

	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, add_once, &bank), 0);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	CHECK_INT(bank.faults, 0);
	check_item(&door, "1", "{'Item':{'v':{'N':'30'}}}");
}

static const struct test_case cases[] = {
	{ "actions of all kinds are done together", actions_of_all_kinds_are_done_together },
	{ "a transaction may write to several tables", a_transaction_may_write_to_several_tables },
	{ "an update makes the item that is not there",
		an_update_makes_the_item_that_is_not_there },
	{ "a check writes nothing", a_check_writes_nothing },
	{ "a failed condition cancels all", a_failed_condition_cancels_all },
	{ "every kind of action may fail its condition",
		every_kind_of_action_may_fail_its_condition },
	{ "reasons stand in the order of the actions", reasons_stand_in_the_order_of_the_actions },
	{ "a key of the wrong type is a reason", a_key_of_the_wrong_type_is_a_reason },
	{ "an index key of the wrong type is a reason",
		an_index_key_of_the_wrong_type_is_a_reason },
	{ "a missing operand is a reason", a_missing_operand_is_a_reason },
	{ "a reason shows the item when asked", a_reason_shows_the_item_when_asked },
	{ "an empty key fails the request", an_empty_key_fails_the_request },
	{ "the key cannot be updated", the_key_cannot_be_updated },
	{ "an item is named only once", an_item_is_named_only_once },
	{ "one key may be of two tables", one_key_may_be_of_two_tables },
	{ "each element is one action", each_element_is_one_action },
	{ "a check must have a condition", a_check_must_have_a_condition },
	{ "a missing table fails the request", a_missing_table_fails_the_request },
	{ "expressions are judged before tables", expressions_are_judged_before_tables },
	{ "a hundred actions are the most", a_hundred_actions_are_the_most },
	{ "all items together have 4 MB at most", all_items_together_have_4_mb_at_most },
	{ "a large put fails the request and a large update is a reason",
		a_large_put_fails_the_request_and_a_large_update_is_a_reason },
	{ "a transaction of a token is done once", a_transaction_of_a_token_is_done_once },
	{ "a token is of one request", a_token_is_of_one_request },
	{ "a request without a token is done each time",
		a_request_without_a_token_is_done_each_time },
	{ "a cancelled transaction uses no token", a_cancelled_transaction_uses_no_token },
	{ "a replay judges no condition", a_replay_judges_no_condition },
	{ "tokens outlive a restart", tokens_outlive_a_restart },
	{ "tokens of statements are others", tokens_of_statements_are_others },
	{ "a token has 36 characters at most", a_token_has_36_characters_at_most },
	{ "a write in a transaction costs double", a_write_in_a_transaction_costs_double },
	{ "an index does not cost double", an_index_does_not_cost_double },
	{ "a replay costs reads", a_replay_costs_reads },
	{ "collections of writes are told", collections_of_writes_are_told },
	{ "items are answered at their places", items_are_answered_at_their_places },
	{ "an item of which nothing is chosen is left out",
		an_item_of_which_nothing_is_chosen_is_left_out },
	{ "reads of several tables go together", reads_of_several_tables_go_together },
	{ "unfit keys of reads are reasons", unfit_keys_of_reads_are_reasons },
	{ "an item is read only once", an_item_is_read_only_once },
	{ "a read of a missing table fails the request",
		a_read_of_a_missing_table_fails_the_request },
	{ "names of a read are its own", names_of_a_read_are_its_own },
	{ "a transaction has something to do", a_transaction_has_something_to_do },
	{ "items read together have 4 MB at most", items_read_together_have_4_mb_at_most },
	{ "money is neither made nor lost", money_is_neither_made_nor_lost },
	{ "a token used by two at once writes once", a_token_used_by_two_at_once_writes_once },
};
TEST_MAIN(cases)
