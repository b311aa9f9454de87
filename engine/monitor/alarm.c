#include "monitor/alarm.h"

#include "monitor/statistic.h"

const char *const alarm_comparison_names[] = {
	[COMPARE_GREATER_OR_EQUAL] = "GreaterThanOrEqualToThreshold",
	[COMPARE_GREATER] = "GreaterThanThreshold",
	[COMPARE_LESS] = "LessThanThreshold",
	[COMPARE_LESS_OR_EQUAL] = "LessThanOrEqualToThreshold",
	NULL,
};

const char *const alarm_missing_names[] = {
	[MISSING_BREACHING] = "breaching",
	[MISSING_NOT_BREACHING] = "notBreaching",
	[MISSING_IGNORE] = "ignore",
	[MISSING_MISSING] = "missing",
	NULL,
};

const char *const alarm_low_sample_names[] = { "evaluate", "ignore", NULL };

/* The position of a name, or of the list's end. */
static size_t find_name(const char *const *names, struct slice name)
{
	size_t i = 0;

	while (names[i] && !slice_equal_string(name, names[i]))
		i++;
	return i;
}

bool alarm_percentile(const struct alarm *alarm, double *ret)
{
	return slice_present(alarm->extended_statistic) &&
	       metric_percentile_parse(alarm->extended_statistic, ret);
}

double alarm_value(const struct alarm *alarm, const struct metric_datapoint *datapoint)
{
	if (slice_present(alarm->extended_statistic))
		return datapoint->percentiles[0];
	return metric_statistic_value(datapoint, metric_statistic_find(alarm->statistic));
}

struct metric_series alarm_series(const struct alarm *alarm)
{
	struct metric_series series = { .metric = metric_find(alarm->metric) };

	memcpy(series.dimensions, alarm->dimensions, sizeof(series.dimensions));
	return series;
}

/* Metrics of AWS/DynamoDB come when something happens: where nothing is said, their
 * alarms keep their state without. */
static enum missing_treatment treatment_of(const struct alarm *alarm)
{
	return slice_present(alarm->treat_missing_data)
		       ? (enum missing_treatment)find_name(
				 alarm_missing_names, alarm->treat_missing_data)
		       : MISSING_IGNORE;
}

struct alarm_rule alarm_rule_of(const struct alarm *alarm)
{
	struct alarm_rule rule = {
		.evaluation_periods = (unsigned)alarm->evaluation_periods,
		.datapoints_to_alarm =
			(unsigned)(alarm->datapoints_to_alarm ? alarm->datapoints_to_alarm
							      : alarm->evaluation_periods),
		.comparison = (enum alarm_comparison)find_name(
			alarm_comparison_names, alarm->comparison_operator),
		.threshold = alarm->threshold,
		.missing = treatment_of(alarm),
	};

	rule.ignore_low_samples =
		slice_equal_string(alarm->evaluate_low_sample_count_percentile, "ignore") &&
		alarm_percentile(alarm, &rule.percentile);
	return rule;
}
