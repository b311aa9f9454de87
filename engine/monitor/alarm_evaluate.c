#include "monitor/alarm_evaluate.h"

#define SECOND_NS   1000000000LL
#define DAY_SECONDS (24 * 60 * 60)
#define HOUR_NS     (60 * MINUTE_NS)

bool alarm_is_due(const struct alarm *alarm, int64_t now_ns)
{
	return alarm->period * alarm->evaluation_periods <= DAY_SECONDS ||
	       now_ns % HOUR_NS < MINUTE_NS;
}

/* Puts the datapoints where they belong; periods without one stay empty. */
static void place_points(const struct alarm *alarm, const struct metric_datapoint *found,
	size_t count, struct alarm_point *points)
{
	int64_t period_ns = alarm->period * SECOND_NS;

	for (size_t i = 0; i < count; i++) {
		struct alarm_point *point =
			&points[(found[i].time_ns - points[0].time_ns) / period_ns];

		point->present = true;
		point->value = alarm_value(alarm, &found[i]);
		point->samples = found[i].sample_count;
	}
}

int alarm_evaluate(const struct alarm *alarm, struct metrics *metrics, int64_t now_ns,
	struct arena *arena, struct alarm_finding *ret, struct error *err)
{
	struct alarm_rule rule = alarm_rule_of(alarm);
	size_t range = alarm_range(&rule);
	struct alarm_point *points = arena_alloc_array(arena, range, sizeof(*points));
	int64_t period_ns = alarm->period * SECOND_NS, end_ns = now_ns - now_ns % MINUTE_NS;
	struct metric_query query = {
		.series = alarm_series(alarm),
		.start_ns = end_ns - (int64_t)range * period_ns,
		.end_ns = end_ns,
		.period_minutes = (unsigned)(period_ns / MINUTE_NS),
	};
	struct metric_datapoint *found;
	double percentile;
	size_t count;

	if (alarm_percentile(alarm, &percentile)) {
		query.percentiles = &percentile;
		query.percentile_count = 1;
	}
	for (size_t i = 0; i < range; i++)
		points[i].time_ns = query.start_ns + (int64_t)i * period_ns;
	TRY(metrics_statistics(metrics, &query, arena, &found, &count, err));
	place_points(alarm, found, count, points);
	*ret = (struct alarm_finding){ alarm, rule, points,
		alarm_judge(&rule, points, alarm->state), now_ns };
	return 0;
}
