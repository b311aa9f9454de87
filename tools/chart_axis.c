#include "chart.h"

#include "base/cleanup.h"
#include "metrics_time.h"

#include <time.h>

#define MINUTE_NS (60 * SECOND_NS)
#define HOUR_NS   (60 * MINUTE_NS)
#define DAY_NS    (24 * HOUR_NS)

double chart_round_up(double value)
{
	static const double steps[] = { 1, 2, 2.5, 4, 5, 8, 10 };
	double power = 1;

	if (!(value > 0))
		return 1;
	while (power > value)
		power /= 10;
	while (power * 10 < value)
		power *= 10;
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (steps[i] * power >= value)
			return steps[i] * power;
	}
	return 10 * power;
}

void chart_append_value(double value, struct buf *buf)
{
	static const struct {
		double least;
		const char *suffix;
	} scales[] = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e4, "k" }, { 0, "" } };
	size_t i = 0;

	while (value < scales[i].least)
		i++;
	if (*scales[i].suffix)
		value /= scales[i].least == 1e4 ? 1e3 : scales[i].least;
	buf_appendf(buf, "%.4g%s", value, scales[i].suffix);
}

int64_t chart_time_step(const struct chart *chart, size_t marks)
{
	static const int64_t steps[] = { MINUTE_NS, 2 * MINUTE_NS, 5 * MINUTE_NS, 10 * MINUTE_NS,
		15 * MINUTE_NS, 30 * MINUTE_NS, HOUR_NS, 2 * HOUR_NS, 3 * HOUR_NS, 6 * HOUR_NS,
		12 * HOUR_NS, DAY_NS, 2 * DAY_NS, 7 * DAY_NS };
	int64_t length = chart->end_ns - chart->start_ns, step = 0;

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		step = steps[i];
		if (length / step < (int64_t)marks)
			return step;
	}
	while (length / step >= (int64_t)marks)
		step *= 2;
	return step;
}

int64_t chart_first_mark(const struct chart *chart, int64_t step_ns)
{
	time_t seconds = (time_t)(chart->start_ns / SECOND_NS);
	struct tm tm;
	int64_t offset, local, rest;

	localtime_r(&seconds, &tm);
	offset = tm.tm_gmtoff * SECOND_NS;
	local = chart->start_ns + offset;
	rest = local % step_ns;
	return local + (rest ? step_ns - rest : 0) - offset;
}

const char *chart_time_format(int64_t step_ns)
{
	return step_ns < DAY_NS ? "%H:%M" : "%b %d";
}
