/*
 * What makes no sense as an alarm.
 */
#include "monitor/alarm.h"
#include "monitor/statistic.h"

#include <inttypes.h>
#include <math.h>

#define DAY_SECONDS  86400
#define HOUR_SECONDS 3600
#define WEEK_SECONDS (7 * DAY_SECONDS)

static bool is_among(const char *const *names, struct slice name)
{
	while (*names && !slice_equal_string(name, *names))
		names++;
	return *names;
}

/* "A, B and C" */
static void append_names(struct buf *buf, const char *const *names, const char *last)
{
	for (size_t i = 0; names[i]; i++)
		buf_appendf(buf, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : last, names[i]);
}

static int check_among(
	struct slice value, const char *const *names, const char *member, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (!slice_present(value) || is_among(names, value))
		return 0;
	append_names(&text, names, " or ");
	return error_set(err, ERROR_PARAMETER_VALUE, "%s is %.*s: it is to be %s", member,
		SLICE_ARG(value), buf_string(&text));
}

static void append_scope(struct buf *buf, unsigned scope)
{
	const char *names[DIMENSION_COUNT + 1] = { NULL };
	size_t count = 0;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (scope & 1u << i)
			names[count++] = dimension_names[i];
	}
	if (count)
		append_names(buf, names, " and ");
	else
		buf_append_string(buf, "no dimensions");
}

static int wrong_scope(enum metric_id metric, struct error *err)
{
	const struct metric_info *info = &metrics_info[metric];
	struct buf scopes CLEANUP(buf_release) = BUF_INIT;

	for (unsigned scope = 0; scope < 1u << DIMENSION_COUNT; scope++) {
		if (!metric_has_scope(metric, scope))
			continue;
		buf_append_string(&scopes, scopes.len ? ", or by " : "");
		append_scope(&scopes, scope);
	}
	return error_set(err, ERROR_PARAMETER_COMBINATION,
		"%s comes by %s: there is none with these Dimensions", info->name,
		buf_string(&scopes));
}

static int check_metric(const struct alarm *alarm, struct error *err)
{
	struct metric_series series;

	if (!slice_present(alarm->metric))
		return error_set(err, ERROR_PARAMETER_MISSING, "MetricName is missing");
	series = alarm_series(alarm);
	if (series.metric == METRIC_COUNT)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"MetricName is %.*s: " METRICS_NAMESPACE " has no such metric",
			SLICE_ARG(alarm->metric));
	if (!metric_has_scope(series.metric, metric_scope(&series)))
		return wrong_scope(series.metric, err);
	if (slice_present(alarm->unit) &&
		!slice_equal_string(alarm->unit, metrics_info[series.metric].unit))
		return error_set(err, ERROR_PARAMETER_VALUE, "Unit of %s is %s, not %.*s",
			metrics_info[series.metric].name, metrics_info[series.metric].unit,
			SLICE_ARG(alarm->unit));
	return 0;
}

static int check_statistic(const struct alarm *alarm, struct error *err)
{
	bool plain = slice_present(alarm->statistic);
	bool extended = slice_present(alarm->extended_statistic);
	double percentile;

	if (plain && extended)
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"Statistic and ExtendedStatistic exclude each other");
	if (!plain && !extended)
		return error_set(err, ERROR_PARAMETER_MISSING,
			"Statistic is missing; or, for a percentile, ExtendedStatistic");
	if (extended && !alarm_percentile(alarm, &percentile))
		return error_set(err, ERROR_PARAMETER_VALUE,
			"ExtendedStatistic is %.*s: it is to be a percentile from p0 to p100",
			SLICE_ARG(alarm->extended_statistic));
	if (!extended && slice_present(alarm->evaluate_low_sample_count_percentile))
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"EvaluateLowSampleCountPercentile goes with a percentile as "
			"ExtendedStatistic only");
	TRY(check_among(alarm->statistic, metric_statistic_names, "Statistic", err));
	return check_among(alarm->evaluate_low_sample_count_percentile, alarm_low_sample_names,
		"EvaluateLowSampleCountPercentile", err);
}

static int check_period(const struct alarm *alarm, struct error *err)
{
	int64_t period = alarm->period;
	int64_t longest = period >= HOUR_SECONDS ? WEEK_SECONDS : DAY_SECONDS;

	if (!period)
		return error_set(err, ERROR_PARAMETER_MISSING, "Period is missing");
	if (period == 10 || period == 20 || period == 30)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"a Period of %" PRId64
			" is for metrics of high resolution: those of " METRICS_NAMESPACE
			" come once a minute",
			period);
	if (period % 60)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"Period is %" PRId64 ": it is to be a multiple of 60 seconds", period);
	if (period > DAY_SECONDS)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"Period is %" PRId64 ": it is a day at most, 86400 seconds", period);
	if (alarm->evaluation_periods > longest / period)
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"Metrics cannot be checked across more than %s (EvaluationPeriods * Period "
			"must be <= %" PRId64 ")",
			longest == DAY_SECONDS ? "a day" : "seven days", longest);
	return 0;
}

static int check_threshold(const struct alarm *alarm, struct error *err)
{
	TRY(check_among(
		alarm->comparison_operator, alarm_comparison_names, "ComparisonOperator", err));
	if (!isfinite(alarm->threshold))
		return error_set(
			err, ERROR_PARAMETER_VALUE, "Threshold is beyond what a double holds");
	if (alarm->evaluation_periods < 1)
		return error_set(err, ERROR_PARAMETER_MISSING, "EvaluationPeriods is missing");
	if (alarm->datapoints_to_alarm > alarm->evaluation_periods)
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"DatapointsToAlarm, %" PRId64 ", is more than EvaluationPeriods, %" PRId64,
			alarm->datapoints_to_alarm, alarm->evaluation_periods);
	return check_among(alarm->treat_missing_data, alarm_missing_names, "TreatMissingData", err);
}

int alarm_check(const struct alarm *alarm, struct error *err)
{
	for (size_t i = 0; i < alarm->name.len; i++) {
		unsigned char c = (unsigned char)alarm->name.data[i];

		if (c < ' ' || c == 0x7F)
			return error_set(
				err, ERROR_PARAMETER_VALUE, "AlarmName holds a control character");
	}
	TRY(check_metric(alarm, err));
	TRY(check_statistic(alarm, err));
	TRY(check_period(alarm, err));
	return check_threshold(alarm, err);
}
