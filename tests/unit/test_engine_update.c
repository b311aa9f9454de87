/* UpdateItem. */
#undef NDEBUG
#include "api_fixture.h"

#define SET(expression, values) \
	"{" T KEY1 ", 'UpdateExpression': '" expression "', " \
	"'ExpressionAttributeValues': {" values "}"

static void an_update_makes_an_item_where_there_is_none(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, UPDATE, SET("SET a = :a", "':a': {'S': 'x'}") "}", "{}");
	API_ANSWER(&door, GET, "{" T KEY1 "}",
		"{'Item':{'pk':{'S':'a'},'sk':{'N':'1'},'a':{'S':'x'}}}");
}

static void an_update_without_actions_makes_the_key(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, UPDATE, "{" T KEY1 ", 'ReturnValues': 'ALL_NEW'}",
		"{'Attributes':{'pk':{'S':'a'},'sk':{'N':'1'}}}");
	API_ANSWER(&door, GET, "{" T KEY1 "}", "{'Item':{'pk':{'S':'a'},'sk':{'N':'1'}}}");
}

static void an_update_that_only_removes_makes_nothing(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'REMOVE a', 'ReturnValues': 'ALL_NEW', "
		"'ReturnConsumedCapacity': 'TOTAL'}",
		"{'ConsumedCapacity':{'TableName':'Tab','CapacityUnits':1.0}}");
	API_ANSWER(&door, UPDATE, "{" T KEY1 ", 'AttributeUpdates': {'a': {'Action': 'DELETE'}}}",
		"{}");
	API_ANSWER(&door, GET, "{" T KEY1 "}", "{}");
}

static void each_kind_of_return_values_shows_its_part(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define TO(n, returns) \
	SET("SET m.x = :x", "':x': {'N': '" n "'}") ", 'ReturnValues': '" returns "'}"

	API_ANSWER(&door, PUT,
		"{" T "'Item': {" A1 ", 'm': {'M': {'x': {'N': '0'}, 'y': {'N': '9'}}}}}", "{}");
	API_ANSWER(&door, UPDATE, TO("1", "NONE"), "{}");
	API_ANSWER(&door, UPDATE, TO("2", "UPDATED_OLD"),
		"{'Attributes':{'m':{'M':{'x':{'N':'1'}}}}}");
	API_ANSWER(&door, UPDATE, TO("3", "UPDATED_NEW"),
		"{'Attributes':{'m':{'M':{'x':{'N':'3'}}}}}");
	API_ANSWER(&door, UPDATE, TO("4", "ALL_OLD"),
		"{'Attributes':{'pk':{'S':'a'},'sk':{'N':'1'},"
		"'m':{'M':{'x':{'N':'3'},'y':{'N':'9'}}}}}");
	API_ANSWER(&door, UPDATE, TO("5", "ALL_NEW"),
		"{'Attributes':{'pk':{'S':'a'},'sk':{'N':'1'},"
		"'m':{'M':{'x':{'N':'5'},'y':{'N':'9'}}}}}");
#undef TO
}

static void nothing_touched_is_no_member_of_the_answer(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, PUT, "{" T "'Item': {" A1 "}}", "{}");
	API_ANSWER(&door, UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'REMOVE a', 'ReturnValues': 'UPDATED_OLD'}",
		"{}");
	API_ANSWER(&door, UPDATE,
		SET("SET a = :a", "':a': {'S': 'x'}") ", 'ReturnValues': 'UPDATED_OLD'}", "{}");
	API_ANSWER(&door, UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'REMOVE a', 'ReturnValues': 'UPDATED_NEW'}",
		"{}");
}

static void the_older_parameters_update_too(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, UPDATE,
		"{" T KEY1 ", 'ReturnValues': 'ALL_NEW', 'AttributeUpdates': {"
		"'a': {'Value': {'S': 'x'}}, 'n': {'Action': 'ADD', 'Value': {'N': '2'}}}}",
		"{'Attributes':{'pk':{'S':'a'},'sk':{'N':'1'},'a':{'S':'x'},'n':{'N':'2'}}}");
	API_ANSWER(&door, UPDATE,
		"{" T KEY1 ", 'ReturnValues': 'UPDATED_NEW', 'AttributeUpdates': {"
		"'a': {'Action': 'DELETE'}, 'n': {'Action': 'ADD', 'Value': {'N': '3'}}}}",
		"{'Attributes':{'n':{'N':'5'}}}");
}

static void a_key_is_not_updated(void)
{
	struct door door CLEANUP(door_release) = api_new();
	static const char message[] =
		WERE_INVALID "Cannot update attribute sk. This attribute is part of the key";

	API_INVALID(&door, UPDATE, SET("SET sk = :a", "':a': {'N': '1'}") "}", message);
	API_INVALID(&door, UPDATE,
		"{" T KEY1 ", 'AttributeUpdates': {'sk': {'Value': {'N': '1'}}}}", message);
}

static void paths_into_keys_are_refused(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define SCALARS \
	"Key attributes must be scalars; list random access '[]' and map lookup '.' are not " \
	"allowed: "

	API_INVALID(&door, UPDATE, "{" T KEY1 ", 'UpdateExpression': 'SET x = pk.a'}",
		SCALARS "Key: pk");
	API_INVALID(&door, UPDATE, "{" T KEY1 ", 'UpdateExpression': 'REMOVE g[0]'}",
		SCALARS "IndexKey: g");
	API_INVALID(&door, DELETE, "{" T KEY1 ", 'ConditionExpression': 'attribute_exists(l.a)'}",
		SCALARS "IndexKey: l");
	API_INVALID(&door, GET, "{" T KEY1 ", 'ProjectionExpression': 'pk.a'}", SCALARS "Key: pk");
}

static void an_index_key_that_an_update_spoils_is_refused(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_INVALID(&door, UPDATE, SET("SET g = :a", "':a': {'N': '1'}") "}",
		WERE_INVALID "Type mismatch for Index Key g Expected: S Actual: N IndexName: all");
	API_REFUSED(&door, UPDATE, SET("SET g = :a", "':a': {'S': ''}") "}", ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. The update expression attempted to "
		"update a secondary index key to a value that is not supported. The AttributeValue "
		"for a key attribute cannot contain an empty string value.");
}

static void an_update_is_judged_by_what_it_takes_itself(void)
{
	struct door door CLEANUP(door_release) = api_new();
	/* pk, sk and their names: 7 bytes of the item's 409600; the update: 22. */
	static const size_t fits = 409600 - 3 - 19 - 1;

	for (size_t extra = 0; extra < 2; extra++) {
		char *value = arena_alloc_zero(&door.arena, fits + extra + 1);
		const char *json;

		memset(value, 'x', fits + extra);
		json = arena_printf(&door.arena, SET("SET a = :a", "':a': {'S': '%s'}") "}", value)
			       .data;
		if (!extra)
			API_ANSWER(&door, UPDATE, json, "{}");
		else
			API_REFUSED(&door, UPDATE, json, ERROR_TOO_LARGE,
				"Item size to update has exceeded the maximum allowed size");
	}
}

static void faults_are_found_in_the_order_of_the_service(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define ABSENT "'TableName': 'absent', " KEY1 ", "

	API_INVALID(&door, UPDATE, "{" ABSENT "'UpdateExpression': 'a b', 'AttributeUpdates': {}}",
		ENVELOPE "Can not use both expression and non-expression parameters in the same "
			 "request: Non-expression parameters: {AttributeUpdates} Expression "
			 "parameters: {UpdateExpression}");
	API_INVALID(&door, UPDATE,
		"{'TableName': 'absent', 'Key': {'pk': {'SS': []}}, 'UpdateExpression': 'a b'}",
		WERE_INVALID "An string set  may not be empty");
	API_INVALID(&door, UPDATE,
		"{" ABSENT "'UpdateExpression': 'SET a = :a', 'ConditionExpression': ''}",
		"Invalid ConditionExpression: The expression can not be empty;");
	API_INVALID(&door, UPDATE,
		"{" ABSENT "'UpdateExpression': 'SET a = :a', 'ConditionExpression': 'b = :b'}",
		ENVELOPE "Invalid UpdateExpression: An expression attribute value used in "
			 "expression is not defined; attribute value: :a");
	API_INVALID(&door, UPDATE,
		"{" ABSENT "'UpdateExpression': 'SET a = b', "
		"'ExpressionAttributeNames': {'#a': 'a'}}",
		"Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}");
	API_INVALID(&door, UPDATE, "{" ABSENT "'ExpressionAttributeValues': {':a': {'S': ''}}}",
		ENVELOPE "ExpressionAttributeValues can only be specified when using expressions: "
			 "UpdateExpression is null and ConditionExpression is null");
	API_REFUSED(&door, UPDATE, "{" ABSENT "'UpdateExpression': 'REMOVE pk'}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	API_INVALID(&door, UPDATE, "{" T "'Key': {}, 'UpdateExpression': 'REMOVE pk'}",
		"The provided key element does not match the schema");
}

static void the_condition_comes_before_the_update(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_REFUSED(&door, UPDATE,
		"{" T KEY1 ", 'UpdateExpression': 'SET a = b', "
		"'ConditionExpression': 'attribute_exists(pk)'}",
		ERROR_CONDITION_FAILED, "The conditional request failed");
	API_INVALID(&door, UPDATE, "{" T KEY1 ", 'UpdateExpression': 'SET a = b'}",
		"The provided expression refers to an attribute that does not exist in the item");
}

static const struct test_case cases[] = {
	{ "an update makes an item where there is none",
		an_update_makes_an_item_where_there_is_none },
	{ "an update without actions makes the key", an_update_without_actions_makes_the_key },
	{ "an update that only removes makes nothing", an_update_that_only_removes_makes_nothing },
	{ "each kind of return values shows its part", each_kind_of_return_values_shows_its_part },
	{ "nothing touched is no member of the answer",
		nothing_touched_is_no_member_of_the_answer },
	{ "the older parameters update too", the_older_parameters_update_too },
	{ "a key is not updated", a_key_is_not_updated },
	{ "paths into keys are refused", paths_into_keys_are_refused },
	{ "an index key that an update spoils is refused",
		an_index_key_that_an_update_spoils_is_refused },
	{ "an update is judged by what it takes itself",
		an_update_is_judged_by_what_it_takes_itself },
	{ "faults are found in the order of the service",
		faults_are_found_in_the_order_of_the_service },
	{ "the condition comes before the update", the_condition_comes_before_the_update },
};

TEST_MAIN(cases)
