/*
 * A plot of bars in the terminal:
 *
 *	ConsumedReadCapacityUnits: Sum, Count, TableName=Movies
 *	   20 ┤      ▂
 *	      │    ▄ █
 *	   10 ┤    █ █   ▁
 *	      │  ▂ █ █ ▅ █
 *	    0 ┼──┬─────┬────
 *	       12:00 12:30
 *
 * A bar is the greatest value of the periods that share its column; a period that
 * has several columns fills all of them.
 */
#include "chart.h"

#include "base/cleanup.h"
#include "base/memory.h"
#include "metrics_time.h"

#define ROWS        10
#define LABEL_WIDTH 8 /* of the values, with the axis */
#define TIME_WIDTH  9 /* of a time, with the gap behind it */
#define COLUMNS_MIN 20

struct style {
	const char *levels[9]; /* an eighth of a cell each */
	const char *mark, *axis, *origin, *line, *tick;
};

static const struct style styles[] = {
	{
		.levels = { " ", " ", ".", ".", ":", ":", "|", "|", "#" },
		.mark = "+",
		.axis = "|",
		.origin = "+",
		.line = "-",
		.tick = "+",
	},
	{
		.levels = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
		.mark = "┤",
		.axis = "│",
		.origin = "┼",
		.line = "─",
		.tick = "┬",
	},
};

struct plot {
	const struct chart *chart;
	const struct style *style;
	size_t width; /* columns of bars */
	double top; /* of the axis */
	double *bars;
	struct buf *buf;
};

static size_t column_of(const struct plot *plot, int64_t time_ns)
{
	const struct chart *chart = plot->chart;
	double place = (double)(time_ns - chart->start_ns) /
		       (double)(chart->end_ns - chart->start_ns) * (double)plot->width;

	if (place < 0)
		return 0;
	return place < (double)plot->width ? (size_t)place : plot->width - 1;
}

/* Whole columns, but for what shares one with the period after it. */
static void raise_bars(struct plot *plot, const struct chart_point *point)
{
	size_t first = column_of(plot, point->time_ns);
	size_t last = column_of(plot, point->time_ns + plot->chart->period_ns - 1);

	for (size_t i = first; i <= last; i++) {
		if (point->value > plot->bars[i])
			plot->bars[i] = point->value;
	}
}

/* What is too small to see has a mark all the same. */
static unsigned eighths_of(const struct plot *plot, double value)
{
	double eighths = value / plot->top * ROWS * 8 + 0.5;

	if (!(value > 0))
		return 0;
	return eighths < 1 ? 1 : (unsigned)eighths;
}

static void append_label(struct plot *plot, size_t row)
{
	struct buf label CLEANUP(buf_release) = BUF_INIT;

	if (row % (ROWS / 2) == 0)
		chart_append_value(plot->top * (double)row / ROWS, &label);
	buf_appendf(plot->buf, "%*s ", LABEL_WIDTH - 2, buf_string(&label));
	buf_append_string(plot->buf, row == 0    ? plot->style->origin
				     : label.len ? plot->style->mark
						 : plot->style->axis);
}

/* The row of bars whose upper end is that row's label. */
static void append_row(struct plot *plot, size_t row)
{
	size_t blanks = 0;

	append_label(plot, row);
	for (size_t i = 0; i < plot->width; i++) {
		unsigned eighths = eighths_of(plot, plot->bars[i]);
		unsigned below = (unsigned)(row - 1) * 8;
		unsigned level = eighths > below ? eighths - below : 0;
		const char *cell = plot->style->levels[level > 8 ? 8 : level];

		if (*cell == ' ') {
			blanks++;
			continue;
		}
		buf_appendf(plot->buf, "%*s%s", (int)blanks, "", cell);
		blanks = 0;
	}
	buf_append_char(plot->buf, '\n');
}

static void append_times(struct plot *plot)
{
	int64_t step = chart_time_step(plot->chart, plot->width / TIME_WIDTH + 1);
	struct buf times CLEANUP(buf_release) = BUF_INIT;
	size_t at = 0;

	buf_appendf(&times, "%*s", LABEL_WIDTH, "");
	append_label(plot, 0);
	for (int64_t time = chart_first_mark(plot->chart, step); time < plot->chart->end_ns;
		time += step) {
		struct buf label CLEANUP(buf_release) = BUF_INIT;
		size_t column = column_of(plot, time);
		size_t end = LABEL_WIDTH + column;

		time_append(&label, chart_time_format(step), time);
		if (times.len > end || column + label.len > plot->width)
			continue;
		for (; at < column; at++)
			buf_append_string(plot->buf, plot->style->line);
		buf_append_string(plot->buf, plot->style->tick);
		at++;
		buf_appendf(&times, "%*s%s ", (int)(end - times.len), "", buf_string(&label));
	}
	for (; at < plot->width; at++)
		buf_append_string(plot->buf, plot->style->line);
	while (times.len && times.data[times.len - 1] == ' ')
		times.len--;
	buf_appendf(plot->buf, "\n%s\n", buf_string(&times));
}

/* On two lines when it is longer than one. */
static void append_heading(const struct chart *chart, size_t columns, struct buf *buf)
{
	size_t length = chart->title.len + chart->statistic.len + chart->unit.len + strlen(": , ");
	bool breaks = length + strlen(", ") + chart->subtitle.len > columns;

	buf_appendf(buf, "%.*s: %.*s, %.*s", SLICE_ARG(chart->title), SLICE_ARG(chart->statistic),
		SLICE_ARG(chart->unit));
	if (chart->subtitle.len)
		buf_appendf(buf, "%s%.*s", breaks ? "\n  " : ", ", SLICE_ARG(chart->subtitle));
	buf_append_char(buf, '\n');
}

static double greatest(const struct chart *chart)
{
	double value = 0;

	for (size_t i = 0; i < chart->count; i++) {
		if (chart->points[i].value > value)
			value = chart->points[i].value;
	}
	return value;
}

void chart_append_plot(const struct chart *chart, size_t columns, bool unicode, struct buf *buf)
{
	struct plot plot = {
		.chart = chart,
		.style = &styles[unicode],
		.width = (columns > COLUMNS_MIN ? columns : COLUMNS_MIN) - LABEL_WIDTH,
		.top = chart_round_up(greatest(chart)),
		.buf = buf,
	};

	plot.bars = memory_new_zero(plot.width * sizeof(*plot.bars));
	for (size_t i = 0; i < chart->count; i++)
		raise_bars(&plot, &chart->points[i]);
	append_heading(chart, columns, buf);
	for (size_t row = ROWS; row; row--)
		append_row(&plot, row);
	append_times(&plot);
	free(plot.bars);
}
