/* Tags and resource policies, and the ARNs that they go by; what is told of the
 * account. */
#undef NDEBUG
#include "api/arn.h"
#include "engine_fixture.h"

#define CREATE OPERATION_CREATE_TABLE
#define TAG    OPERATION_TAG_RESOURCE
#define UNTAG  OPERATION_UNTAG_RESOURCE
#define LIST   OPERATION_LIST_TAGS_OF_RESOURCE

#define PUT_POLICY    OPERATION_PUT_RESOURCE_POLICY
#define GET_POLICY    OPERATION_GET_RESOURCE_POLICY
#define DELETE_POLICY OPERATION_DELETE_RESOURCE_POLICY

#define INVALID "One or more parameter values were invalid: "

#define OURS     "arn:aws:dynamodb:us-east-1:123456789012:table/"
#define OF(arn)  "'ResourceArn': '" arn "'"
#define OF_TABLE OF(OURS "Tab")

#define TABLE(more) \
	"{'TableName': 'Tab', 'BillingMode': 'PAY_PER_REQUEST', 'KeySchema': [" \
	"{'AttributeName': 'pk', 'KeyType': 'HASH'}], 'AttributeDefinitions': [" \
	"{'AttributeName': 'pk', 'AttributeType': 'S'}]" more "}"

#define PAIR(key, value)   "{'Key': '" key "', 'Value': '" value "'}"
#define TAGS_OF(arn, list) "{" OF(arn) ", 'Tags': [" list "]}"
#define ADD(list)          TAGS_OF(OURS "Tab", list)
#define REMOVE(list)       "{" OF_TABLE ", 'TagKeys': [" list "]}"

#define CHECK_TAGS(door, list) CHECK_ANSWER(door, LIST, "{" OF_TABLE "}", "{'Tags':[" list "]}")

static struct door tab_new(void)
{
	struct door door = door_new();

	CHECK_CALL(&door, CREATE, TABLE(""));
	return door;
}

/* Tags. */

static void tags_are_added_and_listed(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_TAGS(&door, "");
	CHECK_CALL(&door, TAG, ADD(PAIR("b", "1") ", " PAIR("a", "")));
	CHECK_TAGS(&door, "{'Key':'b','Value':'1'},{'Key':'a','Value':''}");
}

static void a_tag_added_again_has_the_new_value(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_CALL(&door, TAG, ADD(PAIR("a", "1") ", " PAIR("b", "2")));
	CHECK_CALL(&door, TAG, ADD(PAIR("c", "3") ", " PAIR("a", "4")));
	CHECK_TAGS(&door, "{'Key':'a','Value':'4'},{'Key':'b','Value':'2'},"
			  "{'Key':'c','Value':'3'}");
}

static void keys_of_tags_differ_by_case(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_CALL(&door, TAG, ADD(PAIR("a", "1") ", " PAIR("A", "2")));
	CHECK_TAGS(&door, "{'Key':'a','Value':'1'},{'Key':'A','Value':'2'}");
}

static void tags_are_removed_by_key(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_CALL(&door, TAG, ADD(PAIR("a", "1") ", " PAIR("b", "2") ", " PAIR("c", "3")));
	CHECK_CALL(&door, UNTAG, REMOVE("'c', 'a', 'none'"));
	CHECK_TAGS(&door, "{'Key':'b','Value':'2'}");
	CHECK_CALL(&door, UNTAG, REMOVE("'a'"));
	CHECK_TAGS(&door, "{'Key':'b','Value':'2'}");
}

static void a_table_can_be_made_with_tags(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, CREATE, TABLE(", 'Tags': [" PAIR("aws:a", "1") "]"),
		INVALID "Tag keys that begin with aws: are reserved: aws:a");
	CHECK_CALL(&door, CREATE, TABLE(", 'Tags': [" PAIR("a", "1") ", " PAIR("a", "2") "]"));
	CHECK_TAGS(&door, "{'Key':'a','Value':'2'}");
}

static void there_must_be_something_to_add_or_remove(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_INVALID(&door, TAG, ADD(""), "Atleast one Tag needs to be provided as Input.");
	CHECK_INVALID(
		&door, UNTAG, REMOVE(""), "Atleast one Tag Key needs to be provided as Input.");
}

static void keys_of_the_service_are_reserved(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_INVALID(&door, TAG, ADD(PAIR("a", "1") ", " PAIR("aws:b", "2")),
		INVALID "Tag keys that begin with aws: are reserved: aws:b");
	CHECK_TAGS(&door, "");
	CHECK_CALL(&door, TAG, ADD(PAIR("aws", "1")));
}

static void tags_have_a_greatest_length(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	char *longest = arena_alloc_zero(&door.arena, 258);

	memset(longest, 'k', 257);
	CHECK_INT(door_call(&door, TAG,
			  arena_printf(&door.arena, ADD(PAIR("a", "%.257s")), longest).data),
		-1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	error_release(&door.err);
	CHECK_INT(door_call(&door, TAG,
			  arena_printf(&door.arena, ADD(PAIR("%.129s", "a")), longest).data),
		-1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	error_release(&door.err);
	CHECK_CALL(&door, TAG,
		arena_printf(&door.arena, ADD(PAIR("%.128s", "%.256s")), longest, longest).data);
}

/* Adds so many tags, from that number on. */
static int add_many(struct door *door, int first, int count)
{
	struct buf list CLEANUP(buf_release) = BUF_INIT;

	for (int i = first; i < first + count; i++)
		buf_appendf(&list, "%s" PAIR("key-%d", "v"), i > first ? ", " : "", i);
	return door_call(door, TAG, arena_printf(&door->arena, ADD("%s"), buf_string(&list)).data);
}

static void a_table_has_fifty_tags_at_most(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_INT(add_many(&door, 0, 51), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, INVALID "Too many tags: tag limit is 50");
	CHECK_TAGS(&door, "");
	CHECK_OK(add_many(&door, 0, 50), &door.err);
	CHECK_OK(add_many(&door, 10, 40), &door.err);
	CHECK_INT(add_many(&door, 49, 2), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, INVALID "Too many tags: tag limit is 50");
	CHECK_CALL(&door, UNTAG, REMOVE("'key-0'"));
	CHECK_OK(add_many(&door, 50, 1), &door.err);
}

static void tags_go_with_their_table(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	struct engine_options options = { .relaxed_durability = true };

	CHECK_CALL(&door, TAG, ADD(PAIR("a", "1")));
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK_TAGS(&door, "{'Key':'a','Value':'1'}");
	CHECK_CALL(&door, OPERATION_DELETE_TABLE, "{'TableName': 'Tab'}");
	CHECK_CALL(&door, CREATE, TABLE(""));
	CHECK_TAGS(&door, "");
}

/* ARNs. */

static void check_no_arn(struct door *door, const char *arn)
{
	struct slice message = arena_printf(
		&door->arena, "Invalid TableArn: Invalid ResourceArn provided as input %s", arn);

	CHECK_INVALID(
		door, LIST, arena_printf(&door->arena, "{" OF("%s") "}", arn).data, message.data);
}

static void an_arn_must_be_of_a_table(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	check_no_arn(&door, "Tab");
	check_no_arn(&door, "arn:aws:s3:::bucket");
	check_no_arn(&door, "arn:aws:dynamodb:us-east-1:123456789012:Tab");
	check_no_arn(&door, "arn:aws:dynamodb:us-east-1:123456789012:index/Tab");
	check_no_arn(&door, "arn:aws:dynamodb:us-east-1:123456789012");
	check_no_arn(&door, OURS);
	check_no_arn(&door, OURS "Ta");
	check_no_arn(&door, OURS "T b");
}

static void an_arn_of_another_account_is_denied(void)
{
	struct door door CLEANUP(door_release) = tab_new();

#define THEIRS "arn:aws:dynamodb:us-east-1:000000000000:table/Tab"
	CHECK_REFUSED(&door, LIST, "{" OF(THEIRS) "}", ERROR_ACCESS_DENIED,
		"User: arn:aws:iam::123456789012:root is not authorized to perform: "
		"dynamodb:ListTagsOfResource on resource: " THEIRS);
	CHECK_REFUSED(&door, TAG, TAGS_OF(THEIRS, ""), ERROR_ACCESS_DENIED,
		"User: arn:aws:iam::123456789012:root is not authorized to perform: "
		"dynamodb:TagResource on resource: " THEIRS);
}

static void an_arn_of_a_missing_table_is_told_whole(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_REFUSED(&door, LIST, "{" OF(OURS "Absent") "}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: ResourcArn: " OURS "Absent not found");
	CHECK_REFUSED(&door, TAG, TAGS_OF(OURS "Absent", PAIR("a", "1")), ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: ResourcArn: " OURS "Absent not found");
	CHECK_REFUSED(&door, LIST, "{" OF("arn:aws:dynamodb:eu-west-1:123456789012:table/Tab") "}",
		ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: ResourcArn: "
		"arn:aws:dynamodb:eu-west-1:123456789012:table/Tab not found");
}

static void a_bad_arn_is_told_before_missing_tags(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_INVALID(&door, TAG, TAGS_OF("x", ""),
		"Invalid TableArn: Invalid ResourceArn provided as input x");
}

static void an_arn_is_made_of_region_account_and_name(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_TEXT(arn_of_table(door.engine, SLICE("Tab"), &door.arena), OURS "Tab");
	CHECK_TEXT(arn_of_part(door.engine, SLICE("Tab"), "index", SLICE("byg"), &door.arena),
		OURS "Tab/index/byg");
}

/* Policies. */

/* JSON in a string of JSON. */
#define STATEMENTS "{\\'Statement\\': []}"
#define OTHER      "{\\'Id\\': \\'x\\', \\'Statement\\': []}"

#define POLICY(text, more) "{" OF_TABLE ", 'Policy': '" text "'" more "}"

static struct slice revision_of(struct door *door)
{
	struct get_resource_policy_input input = { .resource_arn = SLICE(OURS "Tab") };
	struct get_resource_policy_output output = { 0 };

	CHECK_OK(door_run(door, GET_POLICY, &input, &output), &door->err);
	CHECK(output.revision_id.len > 0);
	return output.revision_id;
}

static void check_no_policy(struct door *door)
{
	CHECK_REFUSED(door, GET_POLICY, "{" OF_TABLE "}", ERROR_POLICY_NOT_FOUND,
		"Resource-based policy not found for the provided ResourceArn: " OURS "Tab");
}

static void a_policy_is_kept_as_it_was_put(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	struct slice revision;

	check_no_policy(&door);
	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ""));
	revision = revision_of(&door);
	CHECK_TEXT(buf_slice(&door.answer),
		door_json(&door.arena,
			arena_printf(&door.arena, "{'RevisionId':'%.*s'}", SLICE_ARG(revision))
				.data)
			.data);
	CHECK_ANSWER(&door, GET_POLICY, "{" OF_TABLE "}",
		arena_printf(&door.arena, "{'Policy':'" STATEMENTS "','RevisionId':'%.*s'}",
			SLICE_ARG(revision))
			.data);
}

static void another_policy_has_another_revision(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	struct slice first, second;

	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ""));
	first = revision_of(&door);
	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ""));
	CHECK_TEXT(revision_of(&door), first.data);
	CHECK_CALL(&door, PUT_POLICY, POLICY(OTHER, ""));
	second = revision_of(&door);
	CHECK(!slice_equal(first, second));
	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ""));
	CHECK(!slice_equal(revision_of(&door), first));
	CHECK(!slice_equal(revision_of(&door), second));
}

static void a_policy_is_put_over_the_revision_that_was_seen(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	const char *seen;

	CHECK_REFUSED(&door, PUT_POLICY, POLICY(STATEMENTS, ", 'ExpectedRevisionId': '1'"),
		ERROR_POLICY_NOT_FOUND,
		"The policy's revision id does not match the expected one: 1");
	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ", 'ExpectedRevisionId': 'NO_POLICY'"));
	CHECK_REFUSED(&door, PUT_POLICY, POLICY(OTHER, ", 'ExpectedRevisionId': 'NO_POLICY'"),
		ERROR_POLICY_NOT_FOUND,
		"The policy's revision id does not match the expected one: NO_POLICY");
	seen = arena_printf(&door.arena, POLICY(OTHER, ", 'ExpectedRevisionId': '%.*s'"),
		SLICE_ARG(revision_of(&door)))
		       .data;
	CHECK_CALL(&door, PUT_POLICY, seen);
	CHECK_INT(door_call(&door, PUT_POLICY, seen), -1);
	CHECK_INT(door.err.class, ERROR_POLICY_NOT_FOUND);
	error_release(&door.err);
}

static void a_deleted_policy_is_gone(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	struct slice revision;

	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ""));
	revision = revision_of(&door);
	CHECK_REFUSED(&door, DELETE_POLICY, "{" OF_TABLE ", 'ExpectedRevisionId': '1'}",
		ERROR_POLICY_NOT_FOUND,
		"The policy's revision id does not match the expected one: 1");
	CHECK_ANSWER(&door, DELETE_POLICY, "{" OF_TABLE "}",
		arena_printf(&door.arena, "{'RevisionId':'%.*s'}", SLICE_ARG(revision)).data);
	check_no_policy(&door);
	CHECK_ANSWER(&door, DELETE_POLICY, "{" OF_TABLE "}", "{}");
}

static void a_policy_is_json_with_a_statement(void)
{
	struct door door CLEANUP(door_release) = tab_new();

	CHECK_INVALID(&door, PUT_POLICY, POLICY("[]", ""),
		"Resource policy is not valid: a policy is a JSON object");
	CHECK_INVALID(&door, PUT_POLICY, POLICY("{}", ""),
		"Resource policy is not valid: Statement is missing");
	CHECK_INVALID(&door, PUT_POLICY,
		POLICY("{\\'Statement\\': {\\'Effect\\': \\'Deny\\'}}", ""),
		"Resource policy is not valid: Statement[0]: Principal is missing");
	CHECK_INT(door_call(&door, PUT_POLICY, POLICY("{", "")), -1);
	CHECK_INT(door.err.class, ERROR_VALIDATION);
	error_release(&door.err);
	check_no_policy(&door);
}

static void a_table_can_be_made_with_a_policy(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, CREATE, TABLE(", 'ResourcePolicy': '{}'"),
		"Resource policy is not valid: Statement is missing");
	CHECK_CALL(&door, CREATE, TABLE(", 'ResourcePolicy': '" STATEMENTS "'"));
	CHECK_ANSWER(&door, GET_POLICY, "{" OF_TABLE "}",
		arena_printf(&door.arena, "{'Policy':'" STATEMENTS "','RevisionId':'%.*s'}",
			SLICE_ARG(revision_of(&door)))
			.data);
	CHECK_REFUSED(&door, PUT_POLICY, POLICY(OTHER, ", 'ExpectedRevisionId': 'NO_POLICY'"),
		ERROR_POLICY_NOT_FOUND,
		"The policy's revision id does not match the expected one: NO_POLICY");
}

static void a_policy_outlives_a_restart(void)
{
	struct door door CLEANUP(door_release) = tab_new();
	struct engine_options options = { .relaxed_durability = true };
	struct slice revision;

	CHECK_CALL(&door, PUT_POLICY, POLICY(STATEMENTS, ""));
	revision = revision_of(&door);
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK_TEXT(revision_of(&door), revision.data);
}

static void a_policy_is_of_a_table_that_is_there(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_REFUSED(&door, PUT_POLICY, POLICY(STATEMENTS, ""), ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: ResourcArn: " OURS "Tab not found");
	CHECK_REFUSED(&door, GET_POLICY, "{" OF_TABLE "}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: ResourcArn: " OURS "Tab not found");
	CHECK_INVALID(&door, DELETE_POLICY, "{" OF("x") "}",
		"Invalid TableArn: Invalid ResourceArn provided as input x");
}

/* The account. */

static void the_account_has_the_limits_of_a_new_one(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_ANSWER(&door, OPERATION_DESCRIBE_LIMITS, "{}",
		"{'AccountMaxReadCapacityUnits':80000,'AccountMaxWriteCapacityUnits':80000,"
		"'TableMaxReadCapacityUnits':40000,'TableMaxWriteCapacityUnits':40000}");
}

static void the_endpoint_is_that_of_the_region(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct engine_options options = { .region = "eu-west-1" };

	CHECK_ANSWER(&door, OPERATION_DESCRIBE_ENDPOINTS, "{}",
		"{'Endpoints':[{'Address':'dynamodb.us-east-1.amazonaws.com',"
		"'CachePeriodInMinutes':1440}]}");
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK_ANSWER(&door, OPERATION_DESCRIBE_ENDPOINTS, "{}",
		"{'Endpoints':[{'Address':'dynamodb.eu-west-1.amazonaws.com',"
		"'CachePeriodInMinutes':1440}]}");
}

static const struct test_case cases[] = {
	{ "tags are added and listed", tags_are_added_and_listed },
	{ "a tag added again has the new value", a_tag_added_again_has_the_new_value },
	{ "keys of tags differ by case", keys_of_tags_differ_by_case },
	{ "tags are removed by key", tags_are_removed_by_key },
	{ "a table can be made with tags", a_table_can_be_made_with_tags },
	{ "there must be something to add or remove", there_must_be_something_to_add_or_remove },
	{ "keys of the service are reserved", keys_of_the_service_are_reserved },
	{ "tags have a greatest length", tags_have_a_greatest_length },
	{ "a table has fifty tags at most", a_table_has_fifty_tags_at_most },
	{ "tags go with their table", tags_go_with_their_table },
	{ "an ARN must be of a table", an_arn_must_be_of_a_table },
	{ "an ARN of another account is denied", an_arn_of_another_account_is_denied },
	{ "an ARN of a missing table is told whole", an_arn_of_a_missing_table_is_told_whole },
	{ "a bad ARN is told before missing tags", a_bad_arn_is_told_before_missing_tags },
	{ "an ARN is made of region, account and name", an_arn_is_made_of_region_account_and_name },
	{ "a policy is kept as it was put", a_policy_is_kept_as_it_was_put },
	{ "another policy has another revision", another_policy_has_another_revision },
	{ "a policy is put over the revision that was seen",
		a_policy_is_put_over_the_revision_that_was_seen },
	{ "a deleted policy is gone", a_deleted_policy_is_gone },
	{ "a policy is JSON with a Statement", a_policy_is_json_with_a_statement },
	{ "a table can be made with a policy", a_table_can_be_made_with_a_policy },
	{ "a policy outlives a restart", a_policy_outlives_a_restart },
	{ "a policy is of a table that is there", a_policy_is_of_a_table_that_is_there },
	{ "the account has the limits of a new one", the_account_has_the_limits_of_a_new_one },
	{ "the endpoint is that of the region", the_endpoint_is_that_of_the_region },
};
TEST_MAIN(cases)
