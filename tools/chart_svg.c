/*
 * Charts as one SVG document that needs nothing else: a line for each, broken
 * where periods have no value, with a dot at each value that tells it when it is
 * pointed at.
 *
 * Source: W3C, "Scalable Vector Graphics (SVG) 1.1".
 */
#include "chart.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text.h"
#include "metrics_time.h"

#define WIDTH  860
#define HEIGHT 280 /* of each */
#define LEFT   70
#define RIGHT  20
#define TOP    50
#define BOTTOM 40
#define LINES  4 /* across, above the axis */
#define MARKS  9 /* of time, at most */

struct panel {
	const struct chart *chart;
	double y; /* of its upper end */
	double top; /* of the axis */
	struct buf *buf;
};

/* Characters that XML does not have are left out. */
static void append_escaped(struct slice text, struct buf *buf)
{
	static const struct {
		char c;
		const char *entity;
	} entities[] = { { '<', "&lt;" }, { '>', "&gt;" }, { '&', "&amp;" }, { '"', "&quot;" } };

	if (!utf8_valid(text))
		text = SLICE("?");
	for (size_t i = 0; i < text.len; i++) {
		const char *entity = NULL;

		for (size_t j = 0; j < ARRAY_SIZE(entities); j++) {
			if (text.data[i] == entities[j].c)
				entity = entities[j].entity;
		}
		if (entity)
			buf_append_string(buf, entity);
		else if ((unsigned char)text.data[i] >= ' ')
			buf_append_char(buf, text.data[i]);
	}
}

static double x_of(const struct panel *panel, int64_t time_ns)
{
	const struct chart *chart = panel->chart;

	return LEFT + (double)(time_ns - chart->start_ns) /
			      (double)(chart->end_ns - chart->start_ns) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct panel *panel, double value)
{
	return panel->y + HEIGHT - BOTTOM - value / panel->top * (HEIGHT - TOP - BOTTOM);
}

static void append_line(
	struct panel *panel, const char *class, double x1, double y1, double x2, double y2)
{
	buf_appendf(panel->buf,
		"<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", class, x1,
		y1, x2, y2);
}

static void begin_text(struct panel *panel, const char *class, double x, double y)
{
	buf_appendf(panel->buf, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
}

static void end_text(struct panel *panel)
{
	buf_append_string(panel->buf, "</text>\n");
}

static void append_headings(struct panel *panel)
{
	const struct chart *chart = panel->chart;

	begin_text(panel, "title", LEFT, panel->y + 20);
	append_escaped(chart->title, panel->buf);
	end_text(panel);
	begin_text(panel, "note", LEFT, panel->y + 36);
	append_escaped(chart->statistic, panel->buf);
	buf_append_string(panel->buf, " of ");
	duration_append(panel->buf, chart->period_ns);
	buf_append_string(panel->buf, chart->subtitle.len ? ", " : "");
	append_escaped(chart->subtitle, panel->buf);
	end_text(panel);
	begin_text(panel, "unit", LEFT - 8, panel->y + 36);
	append_escaped(chart->unit, panel->buf);
	end_text(panel);
}

static void append_value_axis(struct panel *panel)
{
	for (int i = 0; i <= LINES; i++) {
		double value = panel->top * i / LINES, y = y_of(panel, value);

		append_line(panel, i ? "grid" : "axis", LEFT, y, WIDTH - RIGHT, y);
		begin_text(panel, "value", LEFT - 8, y + 4);
		chart_append_value(value, panel->buf);
		end_text(panel);
	}
	append_line(panel, "axis", LEFT, y_of(panel, panel->top), LEFT, y_of(panel, 0));
}

static void append_time_axis(struct panel *panel)
{
	const struct chart *chart = panel->chart;
	int64_t step = chart_time_step(chart, MARKS);

	for (int64_t time = chart_first_mark(chart, step); time <= chart->end_ns; time += step) {
		double x = x_of(panel, time), y = y_of(panel, 0);

		append_line(panel, "axis", x, y, x, y + 5);
		begin_text(panel, "time", x, y + 20);
		time_append(panel->buf, chart_time_format(step), time);
		end_text(panel);
	}
}

/* From each point to the next, unless a period between them has none. */
static void append_path(struct panel *panel)
{
	const struct chart *chart = panel->chart;

	buf_append_string(panel->buf, "<path class=\"line\" d=\"");
	for (size_t i = 0; i < chart->count; i++) {
		const struct chart_point *point = &chart->points[i];
		bool goes_on = i && point->time_ns - point[-1].time_ns <= chart->period_ns;

		buf_appendf(panel->buf, "%s%c%.1f %.1f", i ? " " : "", goes_on ? 'L' : 'M',
			x_of(panel, point->time_ns), y_of(panel, point->value));
	}
	buf_append_string(panel->buf, "\"/>\n");
}

static void append_dot(struct panel *panel, const struct chart_point *point)
{
	buf_appendf(panel->buf, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2\"><title>",
		x_of(panel, point->time_ns), y_of(panel, point->value));
	clock_append_iso(panel->buf, point->time_ns);
	buf_append_char(panel->buf, ' ');
	double_append(panel->buf, point->value);
	buf_append_char(panel->buf, ' ');
	append_escaped(panel->chart->unit, panel->buf);
	buf_append_string(panel->buf, "</title></circle>\n");
}

static void append_panel(const struct chart *chart, size_t at, struct buf *buf)
{
	struct panel panel = { chart, (double)(at * HEIGHT), 0, buf };
	double greatest = 0;

	for (size_t i = 0; i < chart->count; i++) {
		if (chart->points[i].value > greatest)
			greatest = chart->points[i].value;
	}
	panel.top = chart_round_up(greatest);
	buf_append_string(buf, "<g>\n");
	append_headings(&panel);
	append_value_axis(&panel);
	append_time_axis(&panel);
	if (chart->count)
		append_path(&panel);
	for (size_t i = 0; i < chart->count; i++)
		append_dot(&panel, &chart->points[i]);
	buf_append_string(buf, "</g>\n");
}

void chart_append_svg(const struct chart *charts, size_t count, struct buf *buf)
{
	size_t height = count * HEIGHT;

	buf_appendf(buf,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%zu\" "
		"viewBox=\"0 0 %d %zu\" font-family=\"sans-serif\" font-size=\"11\">\n",
		WIDTH, height, WIDTH, height);
	buf_append_string(buf,
		"<style>\n"
		"text{fill:#333} .title{font-size:14px;font-weight:bold} .note{fill:#666}\n"
		".value,.unit{text-anchor:end} .unit{fill:#666} .time{text-anchor:middle}\n"
		".axis{stroke:#333} .grid{stroke:#ddd}\n"
		".line{fill:none;stroke:#1f6fb4;stroke-width:1.5} .dot{fill:#1f6fb4}\n"
		"</style>\n");
	buf_appendf(buf, "<rect width=\"%d\" height=\"%zu\" fill=\"#fff\"/>\n", WIDTH, height);
	for (size_t i = 0; i < count; i++)
		append_panel(&charts[i], i, buf);
	buf_append_string(buf, "</svg>\n");
}
