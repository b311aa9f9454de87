/* The shapes of request_alarms.h, row by row. */
#include "api/shapes_alarms.h"
#include "api/request_alarms.h"
#include "api/request_metrics.h"
#include "api/shapes_metrics.h"
#include "monitor/alarm_rule.h"

const char *const history_item_type_names[] = {
	[HISTORY_CONFIGURATION] = "ConfigurationUpdate",
	[HISTORY_STATE] = "StateUpdate",
	[HISTORY_ACTION] = "Action",
	NULL,
};

/* All that the service has; those of bands are refused in our own words. */
static const char *const comparison_names[] = { "GreaterThanOrEqualToThreshold",
	"GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
	"LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold",
	"GreaterThanUpperThreshold", NULL };

static const char *const scan_by_names[] = { "TimestampDescending", "TimestampAscending", NULL };

static bool is_namespace(struct slice string)
{
	return string.len == 0 || string.data[0] != ':';
}

static const struct field_pattern namespace_pattern = { "[^:].*", is_namespace };

#define ALARM_NAME            .min = 1, .max = 255
#define ACTIONS(json, member) FIELD(json, FIELD_LIST, settings.member, .max = 5)
#define STATE(json, member, ...) \
	FIELD(json, FIELD_ENUM, member, .values = alarm_state_names, ##__VA_ARGS__)

/* The members that an alarm is put with and told with; some must be put. */
#define ALARM_ACTIONS \
	FIELD("ActionsEnabled", FIELD_BOOLEAN, settings.actions_enabled), \
		ACTIONS("OKActions", ok_actions), ACTIONS("AlarmActions", alarm_actions), \
		ACTIONS("InsufficientDataActions", insufficient_data_actions)
#define ALARM_METRIC \
	FIELD("MetricName", FIELD_STRING, settings.metric_name, .min = 1, .max = 255), \
		FIELD("Namespace", FIELD_STRING, settings.namespace, .min = 1, .max = 255, \
			.pattern = &namespace_pattern), \
		FIELD("Statistic", FIELD_ENUM, settings.statistic, \
			.values = metric_statistic_names), \
		FIELD("ExtendedStatistic", FIELD_STRING, settings.extended_statistic), \
		FIELD("Dimensions", FIELD_LIST, settings.dimensions, .max = 30, \
			.shape = &shape_dimension), \
		FIELD("Period", FIELD_INTEGER, settings.period, .min = 1), \
		FIELD("Unit", FIELD_ENUM, settings.unit, .values = metric_unit_names)
#define ALARM_RULE(must) \
	FIELD("EvaluationPeriods", FIELD_INTEGER, settings.evaluation_periods, .min = 1, \
		.required = must), \
		FIELD("DatapointsToAlarm", FIELD_INTEGER, settings.datapoints_to_alarm, .min = 1), \
		FIELD("Threshold", FIELD_DOUBLE, settings.threshold), \
		FIELD("ComparisonOperator", FIELD_ENUM, settings.comparison_operator, \
			.values = comparison_names, .required = must), \
		FIELD("TreatMissingData", FIELD_STRING, settings.treat_missing_data, .min = 1, \
			.max = 255), \
		FIELD("EvaluateLowSampleCountPercentile", FIELD_STRING, \
			settings.evaluate_low_sample_count_percentile, .min = 1, .max = 255)

#define OWNER put_metric_alarm_input
static const struct field put_metric_alarm_input_fields[] = {
	FIELD("AlarmName", FIELD_STRING, settings.name, .required = true, ALARM_NAME),
	FIELD("AlarmDescription", FIELD_STRING, settings.description, .max = 1024),
	ALARM_ACTIONS,
	ALARM_METRIC,
	ALARM_RULE(true),
	UNSUPPORTED("Metrics"),
	UNSUPPORTED("ThresholdMetricId"),
	UNSUPPORTED("Tags"),
};
SHAPE(put_metric_alarm_input, "PutMetricAlarmInput");
#undef OWNER

#define OWNER alarm_facts
static const struct field alarm_fields[] = {
	FIELD("AlarmName", FIELD_STRING, settings.name),
	FIELD("AlarmArn", FIELD_STRING, arn),
	FIELD("AlarmDescription", FIELD_STRING, settings.description),
	ALARM_METRIC,
	ALARM_RULE(false),
	ALARM_ACTIONS,
	FIELD("AlarmConfigurationUpdatedTimestamp", FIELD_TIMESTAMP, configuration_updated),
	STATE("StateValue", state_value),
	FIELD("StateReason", FIELD_STRING, state_reason),
	FIELD("StateReasonData", FIELD_STRING, state_reason_data),
	FIELD("StateUpdatedTimestamp", FIELD_TIMESTAMP, state_updated),
};
SHAPE(alarm, "MetricAlarm");
#undef OWNER

#define OWNER describe_alarms_input
static const struct field describe_alarms_input_fields[] = {
	FIELD("AlarmNames", FIELD_LIST, names, .max = 100),
	FIELD("AlarmNamePrefix", FIELD_STRING, name_prefix, ALARM_NAME),
	FIELD("AlarmTypes", FIELD_LIST, types),
	UNSUPPORTED("ChildrenOfAlarmName"),
	UNSUPPORTED("ParentsOfAlarmName"),
	STATE("StateValue", state_value),
	FIELD("ActionPrefix", FIELD_STRING, action_prefix, .min = 1, .max = 1024),
	FIELD("MaxRecords", FIELD_INTEGER, max_records, .min = 1, .max = 100),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(describe_alarms_input, "DescribeAlarmsInput");
#undef OWNER

#define OWNER describe_alarms_output
static const struct field describe_alarms_output_fields[] = {
	FIELD("MetricAlarms", FIELD_LIST, metric_alarms, .shape = &shape_alarm),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(describe_alarms_output, "DescribeAlarmsOutput");
#undef OWNER

#define OWNER describe_alarm_history_input
static const struct field describe_alarm_history_input_fields[] = {
	FIELD("AlarmName", FIELD_STRING, name, ALARM_NAME),
	FIELD("AlarmTypes", FIELD_LIST, types),
	FIELD("HistoryItemType", FIELD_ENUM, item_type, .values = history_item_type_names),
	FIELD("StartDate", FIELD_TIMESTAMP, start_date),
	FIELD("EndDate", FIELD_TIMESTAMP, end_date),
	FIELD("MaxRecords", FIELD_INTEGER, max_records, .min = 1, .max = 100),
	FIELD("NextToken", FIELD_STRING, next_token),
	FIELD("ScanBy", FIELD_ENUM, scan_by, .values = scan_by_names),
};
SHAPE(describe_alarm_history_input, "DescribeAlarmHistoryInput");
#undef OWNER

#define OWNER alarm_history_item
static const struct field alarm_history_item_fields[] = {
	FIELD("AlarmName", FIELD_STRING, name),
	FIELD("AlarmType", FIELD_STRING, alarm_type),
	FIELD("Timestamp", FIELD_TIMESTAMP, timestamp),
	FIELD("HistoryItemType", FIELD_ENUM, item_type, .values = history_item_type_names),
	FIELD("HistorySummary", FIELD_STRING, summary),
	FIELD("HistoryData", FIELD_STRING, data),
};
SHAPE(alarm_history_item, "AlarmHistoryItem");
#undef OWNER

#define OWNER describe_alarm_history_output
static const struct field describe_alarm_history_output_fields[] = {
	FIELD("AlarmHistoryItems", FIELD_LIST, items, .shape = &shape_alarm_history_item),
	FIELD("NextToken", FIELD_STRING, next_token),
};
SHAPE(describe_alarm_history_output, "DescribeAlarmHistoryOutput");
#undef OWNER

#define OWNER delete_alarms_input
static const struct field delete_alarms_input_fields[] = {
	FIELD("AlarmNames", FIELD_LIST, names, .required = true, .max = 100),
};
SHAPE(delete_alarms_input, "DeleteAlarmsInput");
#undef OWNER

#define OWNER set_alarm_state_input
static const struct field set_alarm_state_input_fields[] = {
	FIELD("AlarmName", FIELD_STRING, name, .required = true, ALARM_NAME),
	STATE("StateValue", state_value, .required = true),
	FIELD("StateReason", FIELD_STRING, state_reason, .required = true, .max = 1023),
	FIELD("StateReasonData", FIELD_STRING, state_reason_data, .max = 4000),
};
SHAPE(set_alarm_state_input, "SetAlarmStateInput");
#undef OWNER
