/* The shapes of request_insights.h, row by row. */
#include "api/request_insights.h"
#include "api/shapes.h"
#include "store/table.h"

const char *const insights_action_names[] = { "DISABLE", "ENABLE", NULL };

const char *const insights_mode_names[] = {
	[INSIGHTS_ACCESSED_AND_THROTTLED] = "ACCESSED_AND_THROTTLED_KEYS",
	[INSIGHTS_THROTTLED] = "THROTTLED_KEYS",
	NULL,
};

#define INDEX_NAME \
	FIELD("IndexName", FIELD_STRING, index_name, .min = 3, .max = 255, \
		.pattern = &resource_name)

#define OWNER update_insights_input
static const struct field update_insights_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
	INDEX_NAME,
	FIELD("ContributorInsightsAction", FIELD_ENUM, action, .required = true,
		.values = insights_action_names),
	FIELD("ContributorInsightsMode", FIELD_ENUM, mode, .values = insights_mode_names),
};
SHAPE(update_insights_input, "UpdateContributorInsightsInput");
#undef OWNER

#define OWNER update_insights_output
static const struct field update_insights_output_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("ContributorInsightsStatus", FIELD_STRING, status),
	FIELD("ContributorInsightsMode", FIELD_STRING, mode),
};
SHAPE(update_insights_output, "UpdateContributorInsightsOutput");
#undef OWNER

#define OWNER describe_insights_input
static const struct field describe_insights_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, TABLE_NAME),
	INDEX_NAME,
};
SHAPE(describe_insights_input, "DescribeContributorInsightsInput");
#undef OWNER

#define OWNER failure_exception
static const struct field failure_exception_fields[] = {
	FIELD("ExceptionName", FIELD_STRING, exception_name),
	FIELD("ExceptionDescription", FIELD_STRING, exception_description),
};
SHAPE(failure_exception, "FailureException");
#undef OWNER

#define OWNER describe_insights_output
static const struct field describe_insights_output_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("ContributorInsightsRuleList", FIELD_LIST, rule_list),
	FIELD("ContributorInsightsStatus", FIELD_STRING, status),
	FIELD("LastUpdateDateTime", FIELD_TIMESTAMP, last_update_date_time),
	FIELD("FailureException", FIELD_STRUCT, failure_exception,
		.shape = &shape_failure_exception),
	FIELD("ContributorInsightsMode", FIELD_STRING, mode),
};
SHAPE(describe_insights_output, "DescribeContributorInsightsOutput");
#undef OWNER

#define OWNER list_insights_input
static const struct field list_insights_input_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name, .min = 1, .max = 1024, .pattern = &known_name),
	FIELD("NextToken", FIELD_STRING, next_token),
	FIELD("MaxResults", FIELD_INTEGER, max_results, .min = 1, .max = 100),
};
SHAPE(list_insights_input, "ListContributorInsightsInput");
#undef OWNER

#define OWNER insights_summary
static const struct field insights_summary_fields[] = {
	FIELD("TableName", FIELD_STRING, table_name),
	FIELD("IndexName", FIELD_STRING, index_name),
	FIELD("ContributorInsightsStatus", FIELD_STRING, status),
	FIELD("ContributorInsightsMode", FIELD_STRING, mode),
};
SHAPE(insights_summary, "ContributorInsightsSummary");
#undef OWNER

#define OWNER list_insights_output
static const struct field list_insights_output_fields[] = {
	FIELD("ContributorInsightsSummaries", FIELD_LIST, summaries,
		.shape = &shape_insights_summary),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(list_insights_output, "ListContributorInsightsOutput");
#undef OWNER
