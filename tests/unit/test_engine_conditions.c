/* Conditions of PutItem and DeleteItem, by expression and by the older
 * parameters. */
#undef NDEBUG
#include "api_fixture.h"

#define ITEM1 "'Item': {" A1 ", 'v': {'S': 'x'}}"

static void a_condition_that_holds_lets_a_write_pass(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, PUT, "{" T ITEM1 ", 'ConditionExpression': 'attribute_not_exists(pk)'}",
		"{}");
	API_ANSWER(&door, DELETE,
		"{" T KEY1 ", 'ConditionExpression': '#v = :v', "
		"'ExpressionAttributeNames': {'#v': 'v'}, "
		"'ExpressionAttributeValues': {':v': {'S': 'x'}}}",
		"{}");
	API_ANSWER(&door, GET, "{" T KEY1 "}", "{}");
}

static void a_condition_that_fails_changes_nothing(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, PUT, "{" T ITEM1 "}", "{}");
	API_REFUSED(&door, PUT,
		"{" T "'Item': {" A1 "}, 'ConditionExpression': 'attribute_not_exists(pk)'}",
		ERROR_CONDITION_FAILED, "The conditional request failed");
	API_REFUSED(&door, DELETE,
		"{" T KEY1 ", 'ConditionExpression': 'attribute_not_exists(pk)'}",
		ERROR_CONDITION_FAILED, "The conditional request failed");
	API_ANSWER(&door, GET, "{" T KEY1 "}",
		"{'Item':{'pk':{'S':'a'},'sk':{'N':'1'},'v':{'S':'x'}}}");
}

static void a_failure_shows_the_item_when_asked(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define FAILING(returns) \
	"{" T ITEM1 ", 'ConditionExpression': 'attribute_not_exists(pk)'" returns "}"
#define OLD_ON_FAILURE ", 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'"

	API_ANSWER(&door, PUT, "{" T ITEM1 "}", "{}");
	CHECK_INT(api_call(&door, PUT, FAILING(OLD_ON_FAILURE)), -1);
	CHECK_TEXT(slice_from_string(door.err.details),
		door_json(&door.arena, "'Item':{'pk':{'S':'a'},'sk':{'N':'1'},'v':{'S':'x'}}")
			.data);
	error_release(&door.err);
	CHECK_INT(api_call(&door, PUT, FAILING("")), -1);
	CHECK(!door.err.details);
	error_release(&door.err);
}

static void a_failure_without_an_item_shows_none(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_INT(api_call(&door, DELETE,
			  "{" T KEY1 ", 'ConditionExpression': "
			  "'attribute_exists(pk)'" OLD_ON_FAILURE "}"),
		-1);
	CHECK_INT(door.err.class, ERROR_CONDITION_FAILED);
	CHECK(!door.err.details);
	error_release(&door.err);
}

static void expected_is_a_condition_too(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, PUT, "{" T ITEM1 ", 'Expected': {'pk': {'Exists': false}}}", "{}");
	API_REFUSED(&door, PUT, "{" T ITEM1 ", 'Expected': {'pk': {'Exists': false}}}",
		ERROR_CONDITION_FAILED, "The conditional request failed");
	API_ANSWER(&door, PUT,
		"{" T ITEM1 ", 'ConditionalOperator': 'OR', 'Expected': {"
		"'v': {'Value': {'S': 'x'}}, 'w': {'Value': {'S': 'x'}}}}",
		"{}");
	API_REFUSED(&door, PUT,
		"{" T ITEM1 ", 'Expected': {"
		"'v': {'Value': {'S': 'x'}}, 'w': {'Value': {'S': 'x'}}}}",
		ERROR_CONDITION_FAILED, "The conditional request failed");
}

static void an_operator_needs_conditions_to_join(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_INVALID(&door, PUT, "{" T ITEM1 ", 'ConditionalOperator': 'OR'}",
		"ConditionalOperator cannot be used without Filter or Expected");
	API_INVALID(&door, PUT,
		"{" T ITEM1 ", 'ConditionalOperator': 'OR', 'Expected': {'v': {'Exists': false}}}",
		"ConditionalOperator can only be used when Filter or Expected has two or more "
		"elements");
}

static void expressions_and_older_parameters_do_not_mix(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define MIXED \
	"Can not use both expression and non-expression parameters in the same request: " \
	"Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
#define BOTH ", 'Expected': {'v': {'Exists': false}}, 'ConditionExpression': 'a b'}"

	API_INVALID(&door, PUT, "{" T ITEM1 BOTH, ENVELOPE MIXED);
	API_INVALID(&door, DELETE, "{" T KEY1 BOTH, MIXED);
	CHECK_INVALID(&door, PUT, "{" T ITEM1 BOTH, MIXED);
}

static void faults_of_a_put_are_found_in_the_order_of_the_service(void)
{
	struct door door CLEANUP(door_release) = api_new();
#define EMPTY_SET "{'TableName': 'absent', 'Item': {'a': {'SS': []}}, "
#define NO_KEY    "{'TableName': 'absent', 'Item': {}, "

	API_INVALID(&door, PUT, EMPTY_SET "'ConditionExpression': 'a b', 'Expected': {}}",
		ENVELOPE WERE_INVALID "An string set  may not be empty");
	API_INVALID(&door, PUT,
		NO_KEY "'ReturnValues': 'ALL_NEW', 'ConditionExpression': 'a = :v'}",
		ENVELOPE "Invalid ConditionExpression: An expression attribute value used in "
			 "expression is not defined; attribute value: :v");
	API_INVALID(&door, PUT, NO_KEY "'ReturnValues': 'ALL_NEW'}",
		ENVELOPE "ReturnValues can only be ALL_OLD or NONE");
	API_INVALID(&door, PUT, NO_KEY "'ExpressionAttributeNames': {'#a': 'a'}}",
		"ExpressionAttributeNames can only be specified when using expressions");
	API_REFUSED(&door, PUT, NO_KEY "'ReturnValues': 'NONE'}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found");
	API_INVALID(&door, PUT,
		"{" T "'Item': {" A1 ", 'g': {'N': '1'}}, "
		"'ConditionExpression': 'attribute_exists(pk)'}",
		WERE_INVALID "Type mismatch for Index Key g Expected: S Actual: N IndexName: all");
}

static const struct test_case cases[] = {
	{ "a condition that holds lets a write pass", a_condition_that_holds_lets_a_write_pass },
	{ "a condition that fails changes nothing", a_condition_that_fails_changes_nothing },
	{ "a failure shows the item when asked", a_failure_shows_the_item_when_asked },
	{ "a failure without an item shows none", a_failure_without_an_item_shows_none },
	{ "Expected is a condition too", expected_is_a_condition_too },
	{ "an operator needs conditions to join", an_operator_needs_conditions_to_join },
	{ "expressions and older parameters do not mix",
		expressions_and_older_parameters_do_not_mix },
	{ "faults of a put are found in the order of the service",
		faults_of_a_put_are_found_in_the_order_of_the_service },
};

TEST_MAIN(cases)
