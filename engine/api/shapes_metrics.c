/* The shapes of request_metrics.h, row by row. */
#include "api/shapes_metrics.h"
#include "api/request_metrics.h"

const char *const metric_unit_names[] = {
	"Seconds",
	"Microseconds",
	"Milliseconds",
	"Bytes",
	"Kilobytes",
	"Megabytes",
	"Gigabytes",
	"Terabytes",
	"Bits",
	"Kilobits",
	"Megabits",
	"Gigabits",
	"Terabits",
	"Percent",
	"Count",
	"Bytes/Second",
	"Kilobytes/Second",
	"Megabytes/Second",
	"Gigabytes/Second",
	"Terabytes/Second",
	"Bits/Second",
	"Kilobits/Second",
	"Megabits/Second",
	"Gigabits/Second",
	"Terabits/Second",
	"Count/Second",
	"None",
	NULL,
};

static const char *const recently_active_names[] = { "PT3H", NULL };

static bool is_namespace(struct slice string)
{
	return string.len == 0 || string.data[0] != ':';
}

static const struct field_pattern namespace_pattern = { "[^:].*", is_namespace };

#define NAMESPACE   .min = 1, .max = 255, .pattern = &namespace_pattern
#define METRIC_NAME .min = 1, .max = 255

#define OWNER dimension_facts
static const struct field dimension_fields[] = {
	FIELD("Name", FIELD_STRING, name, .required = true, .min = 1, .max = 255),
	FIELD("Value", FIELD_STRING, value, .required = true, .min = 1, .max = 1024),
};
SHAPE(dimension, "Dimension");

static const struct field dimension_filter_fields[] = {
	FIELD("Name", FIELD_STRING, name, .required = true, .min = 1, .max = 255),
	FIELD("Value", FIELD_STRING, value, .min = 1, .max = 1024),
};
SHAPE(dimension_filter, "DimensionFilter");
#undef OWNER

#define OWNER get_metric_statistics_input
static const struct field get_metric_statistics_input_fields[] = {
	FIELD("Namespace", FIELD_STRING, namespace, NAMESPACE, .required = true),
	FIELD("MetricName", FIELD_STRING, metric_name, METRIC_NAME, .required = true),
	FIELD("Dimensions", FIELD_LIST, dimensions, .max = 30, .shape = &shape_dimension),
	FIELD("StartTime", FIELD_TIMESTAMP, start_time, .required = true),
	FIELD("EndTime", FIELD_TIMESTAMP, end_time, .required = true),
	FIELD("Period", FIELD_INTEGER, period, .required = true, .min = 1),
	FIELD("Statistics", FIELD_LIST, statistics, .min = 1, .max = 5),
	FIELD("ExtendedStatistics", FIELD_LIST, extended_statistics, .min = 1, .max = 10),
	FIELD("Unit", FIELD_ENUM, unit, .values = metric_unit_names),
};
SHAPE(get_metric_statistics_input, "GetMetricStatisticsInput");
#undef OWNER

#define OWNER datapoint_facts
static const struct field datapoint_fields[] = {
	FIELD("Timestamp", FIELD_TIMESTAMP, timestamp),
	FIELD("SampleCount", FIELD_DOUBLE, statistics[STATISTIC_SAMPLE_COUNT]),
	FIELD("Average", FIELD_DOUBLE, statistics[STATISTIC_AVERAGE]),
	FIELD("Sum", FIELD_DOUBLE, statistics[STATISTIC_SUM]),
	FIELD("Minimum", FIELD_DOUBLE, statistics[STATISTIC_MINIMUM]),
	FIELD("Maximum", FIELD_DOUBLE, statistics[STATISTIC_MAXIMUM]),
	FIELD("Unit", FIELD_ENUM, unit, .values = metric_unit_names),
	FIELD("ExtendedStatistics", FIELD_DOUBLE_MAP, extended_statistics),
};
SHAPE(datapoint, "Datapoint");
#undef OWNER

#define OWNER get_metric_statistics_output
static const struct field get_metric_statistics_output_fields[] = {
	FIELD("Label", FIELD_STRING, label),
	FIELD("Datapoints", FIELD_LIST, datapoints, .shape = &shape_datapoint),
};
SHAPE(get_metric_statistics_output, "GetMetricStatisticsOutput");
#undef OWNER

#define OWNER list_metrics_input
static const struct field list_metrics_input_fields[] = {
	FIELD("Namespace", FIELD_STRING, namespace, NAMESPACE),
	FIELD("MetricName", FIELD_STRING, metric_name, METRIC_NAME),
	FIELD("Dimensions", FIELD_LIST, dimensions, .max = 10, .shape = &shape_dimension_filter),
	FIELD("NextToken", FIELD_STRING, next_token),
	FIELD("RecentlyActive", FIELD_ENUM, recently_active, .values = recently_active_names),
	UNSUPPORTED("IncludeLinkedAccounts"),
	UNSUPPORTED("OwningAccount"),
};
SHAPE(list_metrics_input, "ListMetricsInput");
#undef OWNER

#define OWNER metric_facts
static const struct field metric_fields[] = {
	FIELD("Namespace", FIELD_STRING, namespace, NAMESPACE),
	FIELD("MetricName", FIELD_STRING, metric_name, METRIC_NAME),
	FIELD("Dimensions", FIELD_LIST, dimensions, .max = 30, .shape = &shape_dimension),
};
SHAPE(metric, "Metric");
#undef OWNER

#define OWNER list_metrics_output
static const struct field list_metrics_output_fields[] = {
	FIELD("Metrics", FIELD_LIST, metrics, .shape = &shape_metric),
	FIELD("NextToken", FIELD_STRING, next_token),
	UNSUPPORTED("OwningAccounts"),
};
SHAPE(list_metrics_output, "ListMetricsOutput");
#undef OWNER
