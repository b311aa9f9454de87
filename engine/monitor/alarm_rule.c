#include "monitor/alarm_rule.h"

#include "base/cleanup.h"

#define SAMPLES_NEEDED 10 /* beyond the percentile */
#define ROUNDING       1e-6

const char *const alarm_state_names[] = {
	[ALARM_STATE_OK] = "OK",
	[ALARM_STATE_ALARM] = "ALARM",
	[ALARM_STATE_INSUFFICIENT_DATA] = "INSUFFICIENT_DATA",
	NULL,
};

bool alarm_breaches(const struct alarm_rule *rule, double value)
{
	switch (rule->comparison) {
	case COMPARE_GREATER_OR_EQUAL:
		return value >= rule->threshold;
	case COMPARE_GREATER:
		return value > rule->threshold;
	case COMPARE_LESS:
		return value < rule->threshold;
	case COMPARE_LESS_OR_EQUAL:
		return value <= rule->threshold;
	case COMPARE_COUNT:
		break;
	}
	return false;
}

size_t alarm_range(const struct alarm_rule *rule)
{
	return rule->evaluation_periods + ALARM_RANGE_EXTRA;
}

/* What the judged points come to. */
struct tally {
	struct alarm_verdict *verdict;
	double samples;
	size_t oldest_age; /* in periods, of the oldest point; the newest period's is 1 */
};

static void take_point(const struct alarm_rule *rule, const struct alarm_point *point, size_t index,
	struct tally *tally)
{
	tally->verdict->judged++;
	tally->verdict->breaching += alarm_breaches(rule, point->value);
	tally->verdict->first = index;
	tally->samples += point->samples;
	tally->oldest_age = alarm_range(rule) - index;
}

static bool has_few_samples(const struct alarm_rule *rule, double samples)
{
	double fraction = rule->percentile / 100;
	double rarer = fraction < 0.5 ? fraction : 1 - fraction;

	return rule->ignore_low_samples && samples * rarer < SAMPLES_NEEDED - ROUNDING;
}

/* Fewer points than N exist, and missing ones count for nothing. */
static void judge_without_missing(const struct alarm_rule *rule, const struct tally *tally)
{
	struct alarm_verdict *verdict = tally->verdict;

	if (verdict->breaching >= rule->datapoints_to_alarm)
		verdict->state = ALARM_STATE_ALARM;
	else if (verdict->breaching < verdict->judged)
		verdict->state = ALARM_STATE_OK;
	else if (rule->missing == MISSING_IGNORE)
		verdict->kept = true;
	else if (verdict->judged && tally->oldest_age >= rule->datapoints_to_alarm)
		verdict->state = ALARM_STATE_ALARM;
	else
		verdict->state = ALARM_STATE_INSUFFICIENT_DATA;
}

static void judge_with_missing(const struct alarm_rule *rule, const struct tally *tally)
{
	struct alarm_verdict *verdict = tally->verdict;
	unsigned breaching = verdict->breaching;

	verdict->filled = rule->evaluation_periods - verdict->judged;
	if (rule->missing == MISSING_BREACHING)
		breaching += verdict->filled;
	verdict->state =
		breaching >= rule->datapoints_to_alarm ? ALARM_STATE_ALARM : ALARM_STATE_OK;
}

struct alarm_verdict alarm_judge(
	const struct alarm_rule *rule, const struct alarm_point *points, enum alarm_state before)
{
	struct alarm_verdict verdict = { .state = before };
	struct tally tally = { .verdict = &verdict };
	size_t i = alarm_range(rule);

	while (i-- && verdict.judged < rule->evaluation_periods) {
		if (points[i].present)
			take_point(rule, &points[i], i, &tally);
	}
	if (verdict.judged && has_few_samples(rule, tally.samples))
		verdict.kept = true;
	else if (verdict.judged < rule->evaluation_periods &&
		 (rule->missing == MISSING_IGNORE || rule->missing == MISSING_MISSING))
		judge_without_missing(rule, &tally);
	else
		judge_with_missing(rule, &tally);
	return verdict;
}
