/*
 * How an alarm judges: a pure function from datapoints to a state.
 *
 * Of N periods, the newest that are over, M must breach the threshold. Where some
 * have no datapoint, older ones may stand in for them:
 *
 * 1. The points looked at are those of the evaluation range: the newest
 *    N + ALARM_RANGE_EXTRA periods.
 * 2. When N of them or more exist, the newest N that do are judged, and how missing
 *    ones are treated is of no importance.
 * 3. Else all that exist are judged, and as many missing ones as make it N: as
 *    breaching, as not breaching, or (the two treatments below) not at all.
 * 4. With MISSING_MISSING and MISSING_IGNORE, fewer than M that breach are OK as
 *    soon as one does not breach. Without such a one the former is in ALARM when
 *    its oldest point is at least M periods old, for nothing came since that says
 *    otherwise, and else has INSUFFICIENT_DATA; the latter keeps its state.
 * 5. A percentile of too few samples, where these are to be ignored, keeps the
 *    state: fewer than 10 / (1 - p) above the median, than 10 / p below it.
 *
 * Source: CloudWatch User Guide, "Alarm evaluation", "Configuring how CloudWatch
 * alarms treat missing data", "Percentile-based alarms and low data samples".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALARM_RANGE_EXTRA 2

enum alarm_state { ALARM_STATE_OK, ALARM_STATE_ALARM, ALARM_STATE_INSUFFICIENT_DATA };
extern const char *const alarm_state_names[]; /* "OK"; NULL-terminated */

enum alarm_comparison {
	COMPARE_GREATER_OR_EQUAL,
	COMPARE_GREATER,
	COMPARE_LESS,
	COMPARE_LESS_OR_EQUAL,
	COMPARE_COUNT
};

enum missing_treatment {
	MISSING_BREACHING,
	MISSING_NOT_BREACHING,
	MISSING_IGNORE,
	MISSING_MISSING,
};

struct alarm_rule {
	unsigned evaluation_periods; /* N */
	unsigned datapoints_to_alarm; /* M, at most N */
	enum alarm_comparison comparison;
	double threshold;
	enum missing_treatment missing;
	bool ignore_low_samples; /* of the percentile */
	double percentile; /* 0 to 100 */
};

/* A period. */
struct alarm_point {
	bool present;
	int64_t time_ns; /* when it begins */
	double value, samples;
};

struct alarm_verdict {
	enum alarm_state state;
	bool kept; /* it is the state that was before: there was nothing to judge by */
	unsigned judged, breaching; /* points that exist */
	unsigned filled; /* missing ones, as they are treated */
	size_t first; /* index of the oldest point that was judged */
};

bool alarm_breaches(const struct alarm_rule *rule, double value);
/* How many points alarm_judge() takes. */
size_t alarm_range(const struct alarm_rule *rule);
/* Judges alarm_range() points, the oldest first. */
struct alarm_verdict alarm_judge(
	const struct alarm_rule *rule, const struct alarm_point *points, enum alarm_state before);
