#undef NDEBUG
#include "api_fixture.h"

#define UPDATE_INSIGHTS   OPERATION_UPDATE_CONTRIBUTOR_INSIGHTS
#define DESCRIBE_INSIGHTS OPERATION_DESCRIBE_CONTRIBUTOR_INSIGHTS
#define LIST_INSIGHTS     OPERATION_LIST_CONTRIBUTOR_INSIGHTS

static bool answer_has(struct door *door, const char *part)
{
	struct slice json = door_json(&door->arena, part), answer = buf_slice(&door->answer);

	if (!memmem(answer.data, answer.len, json.data, json.len))
		printf("# %.*s\n", SLICE_ARG(answer));
	return memmem(answer.data, answer.len, json.data, json.len);
}

static void a_table_begins_without(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, DESCRIBE_INSIGHTS, "{'TableName': 'Tab'}",
		"{'TableName':'Tab','ContributorInsightsStatus':'DISABLED'}");
}

static void it_is_enabled_at_once_and_stays(void)
{
	struct door door CLEANUP(door_release) = api_new();
	struct engine_options options = { .relaxed_durability = true };

	API_ANSWER(&door, UPDATE_INSIGHTS, "{" T "'ContributorInsightsAction': 'ENABLE'}",
		"{'TableName':'Tab','ContributorInsightsStatus':'ENABLED',"
		"'ContributorInsightsMode':'ACCESSED_AND_THROTTLED_KEYS'}");
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK_OK(api_call(&door, DESCRIBE_INSIGHTS, "{'TableName': 'Tab'}"), &door.err);
	CHECK(answer_has(&door, "'ContributorInsightsStatus':'ENABLED'"));
	CHECK(answer_has(&door, "'LastUpdateDateTime':"));
	CHECK(answer_has(
		&door, "'ContributorInsightsRuleList':['DynamoDBContributorInsights-PKC-Tab-"));
	CHECK(answer_has(&door, "'DynamoDBContributorInsights-SKC-Tab-"));
	CHECK(answer_has(&door, "'DynamoDBContributorInsights-PKT-Tab-"));
	CHECK(answer_has(&door, "'DynamoDBContributorInsights-SKT-Tab-"));
}

static void an_index_has_its_own_setting(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_ANSWER(&door, UPDATE_INSIGHTS,
		"{" T "'IndexName': 'keys', 'ContributorInsightsAction': 'ENABLE', "
		"'ContributorInsightsMode': 'THROTTLED_KEYS'}",
		"{'TableName':'Tab','IndexName':'keys','ContributorInsightsStatus':'ENABLED',"
		"'ContributorInsightsMode':'THROTTLED_KEYS'}");
	CHECK_OK(api_call(&door, DESCRIBE_INSIGHTS, "{'TableName': 'Tab', 'IndexName': 'keys'}"),
		&door.err);
	CHECK(answer_has(
		&door, "'ContributorInsightsRuleList':['DynamoDBContributorInsights-PKT-keys-"));
	API_ANSWER(&door, DESCRIBE_INSIGHTS, "{'TableName': 'Tab'}",
		"{'TableName':'Tab','ContributorInsightsStatus':'DISABLED'}");
	API_ANSWER(&door, LIST_INSIGHTS, "{'TableName': 'Tab'}",
		"{'ContributorInsightsSummaries':["
		"{'TableName':'Tab','ContributorInsightsStatus':'DISABLED'},"
		"{'TableName':'Tab','IndexName':'all','ContributorInsightsStatus':'DISABLED'},"
		"{'TableName':'Tab','IndexName':'keys','ContributorInsightsStatus':'ENABLED',"
		"'ContributorInsightsMode':'THROTTLED_KEYS'},"
		"{'TableName':'Tab','IndexName':'some','ContributorInsightsStatus':'DISABLED'}]}");
}

static void it_is_disabled_again(void)
{
	struct door door CLEANUP(door_release) = api_new();

	CHECK_CALL(&door, UPDATE_INSIGHTS, "{" T "'ContributorInsightsAction': 'ENABLE'}");
	CHECK_CALL(&door, UPDATE_INSIGHTS, "{" T "'ContributorInsightsAction': 'DISABLE'}");
	CHECK_OK(api_call(&door, DESCRIBE_INSIGHTS, "{'TableName': 'Tab'}"), &door.err);
	CHECK(answer_has(&door, "'ContributorInsightsStatus':'DISABLED'"));
	CHECK(!memmem(door.answer.data, door.answer.len, "RuleList", 8));
}

/* Pages of that size, put together: how many summaries. */
static size_t count_listed(struct door *door, int size)
{
	const struct request_shape *shape = operations[LIST_INSIGHTS].output;
	struct list_insights_output page = { 0 };
	size_t count = 0;

	do {
		struct slice json =
			slice_present(page.next_token)
				? arena_printf(&door->arena,
					  "{'MaxResults': %d, 'NextToken': '%.*s'}", size,
					  SLICE_ARG(page.next_token))
				: arena_printf(&door->arena, "{'MaxResults': %d}", size);

		CHECK_OK(api_call(door, LIST_INSIGHTS, json.data), &door->err);
		CHECK_OK(
			wire_read(shape, buf_slice(&door->answer), &door->arena, &page, &door->err),
			&door->err);
		CHECK(page.summaries.count <= (size_t)size);
		count += page.summaries.count;
	} while (slice_present(page.next_token));
	return count;
}

static void all_are_listed_by_pages_of_any_size(void)
{
	struct door door CLEANUP(door_release) = api_new();

	door_create_table(&door, "Aaa", "S", NULL);
	door_create_table(&door, "Zzz", "S", "N");
	for (int size = 1; size <= 8; size++)
		CHECK_INT(count_listed(&door, size), 6);
}

static void what_is_not_there_is_an_error(void)
{
	struct door door CLEANUP(door_release) = api_new();

	API_REFUSED(&door, DESCRIBE_INSIGHTS, "{'TableName': 'None'}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: None not found");
	API_REFUSED(&door, UPDATE_INSIGHTS,
		"{'TableName': 'None', 'ContributorInsightsAction': 'ENABLE'}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found: Table: None not found");
	API_REFUSED(&door, LIST_INSIGHTS, "{'TableName': 'None'}", ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: None not found");
	/* A local index has the table's keys, and no setting. */
	API_REFUSED(&door, DESCRIBE_INSIGHTS, "{'TableName': 'Tab', 'IndexName': 'local'}",
		ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: Tab Index: local not found");
	API_INVALID(&door, UPDATE_INSIGHTS, "{" T "'ContributorInsightsAction': 'MAYBE'}",
		ENVELOPE "Value 'MAYBE' at 'contributorInsightsAction' failed to satisfy "
			 "constraint: Member must satisfy enum value set: [DISABLE, ENABLE]");
}

static const struct test_case cases[] = {
	{ "a table begins without", a_table_begins_without },
	{ "it is enabled at once, and stays", it_is_enabled_at_once_and_stays },
	{ "an index has its own setting", an_index_has_its_own_setting },
	{ "it is disabled again", it_is_disabled_again },
	{ "all are listed by pages of any size", all_are_listed_by_pages_of_any_size },
	{ "what is not there is an error", what_is_not_there_is_an_error },
};

int main(void)
{
	return test_run(cases, ARRAY_SIZE(cases));
}
