#include "monitor/alarm_report.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"

#include <inttypes.h>
#include <time.h>

const char *const alarm_change_names[] = {
	[ALARM_CREATED] = "created",
	[ALARM_UPDATED] = "updated",
	[ALARM_DELETED] = "deleted",
	NULL,
};

static const char *const comparison_words[COMPARE_COUNT] = {
	[COMPARE_GREATER_OR_EQUAL] = "greater than or equal to",
	[COMPARE_GREATER] = "greater than",
	[COMPARE_LESS] = "less than",
	[COMPARE_LESS_OR_EQUAL] = "less than or equal to",
};

static const char *plural(unsigned count)
{
	return count == 1 ? "" : "s";
}

static const char *were(unsigned count)
{
	return count == 1 ? "was" : "were";
}

/* "22/11/26 22:00:00" */
static void append_time(struct buf *buf, int64_t ns)
{
	struct timespec time = clock_to_timespec(ns);
	struct tm parts;

	gmtime_r(&time.tv_sec, &parts);
	buf_appendf(buf, "%02d/%02d/%02d %02d:%02d:%02d", parts.tm_mday, parts.tm_mon + 1,
		parts.tm_year % 100, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* The points that decided: those that breach, or those that don't. */
static bool is_telling(const struct alarm_finding *finding, const struct alarm_point *point)
{
	bool alarming = finding->verdict.state == ALARM_STATE_ALARM;

	return point->present && alarm_breaches(&finding->rule, point->value) == alarming;
}

/* Appends the newest telling points, the oldest of them first; how many there are
 * in all. */
static unsigned append_telling(const struct alarm_finding *finding, struct buf *buf)
{
	size_t end = alarm_range(&finding->rule);
	unsigned all = 0, passed = 0, shown = 0;

	for (size_t i = finding->verdict.first; i < end; i++)
		all += is_telling(finding, &finding->points[i]);
	for (size_t i = finding->verdict.first; i < end; i++) {
		const struct alarm_point *point = &finding->points[i];

		if (!is_telling(finding, point) || all - passed++ > REPORT_REASON_POINTS)
			continue;
		if (shown++)
			buf_append_string(buf, ", ");
		double_append(buf, point->value);
		buf_append_string(buf, " (");
		append_time(buf, point->time_ns);
		buf_append_char(buf, ')');
	}
	return all;
}

static void append_filled(const struct alarm_finding *finding, struct buf *buf)
{
	unsigned filled = finding->verdict.filled;

	buf_appendf(buf, "%u missing datapoint%s %s treated as [%s]", filled, plural(filled),
		were(filled),
		finding->rule.missing == MISSING_BREACHING ? "Breaching" : "NonBreaching");
}

static void append_crossing(const struct alarm_finding *finding, struct buf *buf)
{
	const struct alarm_rule *rule = &finding->rule;
	bool alarming = finding->verdict.state == ALARM_STATE_ALARM;
	unsigned needed = alarming ? rule->datapoints_to_alarm
				   : rule->evaluation_periods - rule->datapoints_to_alarm + 1;
	struct buf telling CLEANUP(buf_release) = BUF_INIT;
	unsigned count = append_telling(finding, &telling);

	buf_appendf(buf,
		"Threshold Crossed: %u out of the last %u datapoint%s [%s] %s %s%s the threshold (",
		count, rule->evaluation_periods, plural(rule->evaluation_periods),
		buf_string(&telling), were(count), alarming ? "" : "not ",
		comparison_words[rule->comparison]);
	double_append(buf, rule->threshold);
	buf_append_char(buf, ')');
	if (finding->verdict.filled) {
		buf_append_string(buf, " and ");
		append_filled(finding, buf);
	}
	buf_appendf(buf, " (minimum %u datapoint%s for %s transition).", needed, plural(needed),
		alarming ? "OK -> ALARM" : "ALARM -> OK");
}

void report_append_reason(const struct alarm_finding *finding, struct buf *buf)
{
	unsigned periods = finding->rule.evaluation_periods;
	unsigned unknown = periods - finding->verdict.judged;

	if (finding->verdict.state == ALARM_STATE_INSUFFICIENT_DATA) {
		buf_appendf(buf, "Insufficient Data: %u datapoint%s %s unknown.", unknown,
			plural(unknown), were(unknown));
	} else if (!finding->verdict.judged) {
		buf_appendf(buf,
			"Threshold Crossed: no datapoints were received for %u period%s and ",
			periods, plural(periods));
		append_filled(finding, buf);
		buf_append_char(buf, '.');
	} else {
		append_crossing(finding, buf);
	}
}

/* From where on the points that exist are few enough to be told of. */
static size_t first_told(const struct alarm_finding *finding)
{
	size_t i = alarm_range(&finding->rule);
	unsigned count = 0;

	while (i > finding->verdict.first && count < REPORT_POINTS)
		count += finding->points[--i].present;
	return i;
}

typedef void point_appender(struct buf *buf, const struct alarm_point *point);

static void append_points(
	const struct alarm_finding *finding, point_appender *append, struct buf *buf)
{
	size_t end = alarm_range(&finding->rule);
	bool any = false;

	buf_append_char(buf, '[');
	for (size_t i = first_told(finding); i < end && finding->verdict.judged; i++) {
		if (!finding->points[i].present)
			continue;
		if (any)
			buf_append_char(buf, ',');
		any = true;
		append(buf, &finding->points[i]);
	}
	buf_append_char(buf, ']');
}

static void append_iso(struct buf *buf, int64_t ns)
{
	buf_append_char(buf, '"');
	clock_append_iso(buf, ns);
	buf_append_char(buf, '"');
}

static void append_value(struct buf *buf, const struct alarm_point *point)
{
	double_append(buf, point->value);
}

static void append_evaluated(struct buf *buf, const struct alarm_point *point)
{
	buf_append_string(buf, "{\"timestamp\":");
	append_iso(buf, point->time_ns);
	buf_append_string(buf, ",\"sampleCount\":");
	double_append(buf, point->samples);
	buf_append_string(buf, ",\"value\":");
	double_append(buf, point->value);
	buf_append_char(buf, '}');
}

void report_append_data(const struct alarm_finding *finding, struct buf *buf)
{
	const struct alarm *alarm = finding->alarm;

	buf_append_string(buf, "{\"version\":\"1.0\",\"queryDate\":");
	append_iso(buf, finding->now_ns);
	if (finding->verdict.judged) {
		buf_append_string(buf, ",\"startDate\":");
		append_iso(buf, finding->points[finding->verdict.first].time_ns);
	}
	buf_append_string(buf, ",\"statistic\":");
	json_append_string(buf,
		slice_present(alarm->statistic) ? alarm->statistic : alarm->extended_statistic);
	buf_appendf(buf, ",\"period\":%" PRId64 ",\"recentDatapoints\":", alarm->period);
	append_points(finding, append_value, buf);
	buf_append_string(buf, ",\"threshold\":");
	double_append(buf, alarm->threshold);
	buf_append_string(buf, ",\"evaluatedDatapoints\":");
	append_points(finding, append_evaluated, buf);
	buf_append_char(buf, '}');
}

static void append_logged(struct buf *buf, const struct alarm_point *point)
{
	buf_append_string(buf, "{\"time\":");
	append_iso(buf, point->time_ns);
	buf_append_string(buf, ",\"value\":");
	double_append(buf, point->value);
	buf_append_string(buf, ",\"samples\":");
	double_append(buf, point->samples);
	buf_append_char(buf, '}');
}

static void begin_line(struct buf *log, int64_t now_ns, struct slice name, const char *type)
{
	buf_append_string(log, "{\"time\":");
	append_iso(log, now_ns);
	buf_append_string(log, ",\"name\":");
	json_append_string(log, name);
	buf_appendf(log, ",\"type\":\"%s\"", type);
}

void report_append_state(enum alarm_state before, const struct alarm *after,
	const struct alarm_finding *finding, struct buf *log)
{
	begin_line(log, after->state_ns, after->name, "StateUpdate");
	buf_appendf(log, ",\"old\":\"%s\",\"new\":\"%s\",\"reason\":", alarm_state_names[before],
		alarm_state_names[after->state]);
	json_append_string(log, after->reason);
	buf_append_string(log, ",\"datapoints\":");
	if (finding)
		append_points(finding, append_logged, log);
	else
		buf_append_string(log, "[]");
	buf_append_string(log, "}\n");
}

void report_append_change(
	struct slice name, enum alarm_change change, int64_t now_ns, struct buf *log)
{
	begin_line(log, now_ns, name, "ConfigurationUpdate");
	buf_appendf(log, ",\"change\":\"%s\"}\n", alarm_change_names[change]);
}
