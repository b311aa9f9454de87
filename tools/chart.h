/*
 * A chart: values over time, and how it is drawn: as a plot in the terminal
 * (chart_plot.c) or as SVG (chart_svg.c).
 */
#pragma once

#include "base/buf.h"
#include <stdint.h>

struct chart_point {
	int64_t time_ns; /* when its period begins */
	double value;
};

struct chart {
	struct slice title; /* "ConsumedReadCapacityUnits" */
	struct slice subtitle; /* of what: "TableName=Movies" */
	struct slice statistic; /* "Sum", "p99" */
	struct slice unit; /* "Count" */
	int64_t start_ns, end_ns; /* of the axis */
	int64_t period_ns;
	const struct chart_point *points; /* in order of time; at most one a period */
	size_t count;
};

/* Appends a plot that is at most so many columns wide; without unicode in ASCII. */
void chart_append_plot(const struct chart *chart, size_t columns, bool unicode, struct buf *buf);

/* Appends an SVG document of the charts, one above the other. */
void chart_append_svg(const struct chart *charts, size_t count, struct buf *buf);

/* The axes */

/* A round number of at least that value, 1 at least when it is 0. */
double chart_round_up(double value);
/* Appends a value as short as can be: "1.5", "20k", "3M". */
void chart_append_value(double value, struct buf *buf);
/* A step of time for at most so many marks on the axis. */
int64_t chart_time_step(const struct chart *chart, size_t marks);
/* The first local time on the axis that is a multiple of the step. */
int64_t chart_first_mark(const struct chart *chart, int64_t step_ns);
/* A format of strftime() for marks of that step. */
const char *chart_time_format(int64_t step_ns);
