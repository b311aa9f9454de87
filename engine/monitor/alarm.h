/*
 * An alarm: a metric, a rule of when it is out of bounds, and the state that came
 * of it last. Its members are PutMetricAlarm's and are named as there; what was
 * left out stays so. Enumerations are their names until somebody needs the number.
 *
 * Source: CloudWatch API Reference, PutMetricAlarm and MetricAlarm.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "monitor/alarm_rule.h"
#include "monitor/metrics.h"

#define ALARM_DESCRIPTION_MAX 1024
#define ALARM_REASON_MAX      1023
#define ALARM_REASON_DATA_MAX 4000

struct alarm_actions {
	size_t count;
	const struct slice *names;
};

struct alarm {
	struct slice name;
	struct slice description;
	int64_t configured_ns;
	bool actions_disabled;
	struct alarm_actions ok_actions, alarm_actions, insufficient_data_actions;
	struct slice metric;
	struct slice dimensions[DIMENSION_COUNT];
	struct slice statistic, extended_statistic; /* one of them */
	int64_t period; /* seconds */
	struct slice unit;
	int64_t evaluation_periods;
	int64_t datapoints_to_alarm; /* 0: as many as that */
	struct slice comparison_operator;
	double threshold;
	struct slice treat_missing_data;
	struct slice evaluate_low_sample_count_percentile;
	/* Its state, which whoever puts an alarm leaves alone. */
	enum alarm_state state;
	struct slice reason, reason_data;
	int64_t state_ns; /* since when it has that state */
};

/* NULL-terminated. */
extern const char *const alarm_comparison_names[]; /* of the four with a threshold */
extern const char *const alarm_missing_names[];
extern const char *const alarm_low_sample_names[];

/* Whether such an alarm makes sense, whatever is stored: ERROR_VALIDATION. */
int alarm_check(const struct alarm *alarm, struct error *err) NODISCARD;

/* Of an alarm that was checked. */
struct metric_series alarm_series(const struct alarm *alarm);
struct alarm_rule alarm_rule_of(const struct alarm *alarm);
/* The value of its statistic, of a datapoint that was asked for with its percentile,
 * if it has one. */
double alarm_value(const struct alarm *alarm, const struct metric_datapoint *datapoint);
/* False when its statistic is no percentile. */
bool alarm_percentile(const struct alarm *alarm, double *ret);

/* Its bytes, for keeping; without the name. */
void alarm_encode(const struct alarm *alarm, struct buf *buf);
/* All memory is the arena's. */
int alarm_decode(struct slice name, struct slice bytes, struct arena *arena, struct alarm *ret,
	struct error *err) NODISCARD;
