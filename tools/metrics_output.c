#include "metrics_output.h"

#include "base/clock.h"
#include "base/text.h"
#include "excerpt.h"
#include "metrics_time.h"
#include "model/json.h"

#define TIME_FORMAT "%Y-%m-%d %H:%M"
#define TIME_WIDTH  16
#define GAP         2

#define DECIMALS_MOST 3

/* How many digits behind the point the numbers of a column need. */
static int decimals_of(const struct chart *chart)
{
	int decimals = 0;

	for (size_t i = 0; i < chart->count; i++) {
		double value = chart->points[i].value;

		for (int power = 1; power <= DECIMALS_MOST && value < 1e12; power++) {
			if (power > decimals && value != (double)(int64_t)value)
				decimals = power;
			value *= 10;
		}
	}
	return decimals;
}

/* What stands above a column. */
enum heading { HEADING_METRIC, HEADING_LABEL, HEADING_UNIT, HEADINGS };

static void append_heading_text(
	const struct metrics_series *series, enum heading heading, struct buf *buf)
{
	switch (heading) {
	case HEADING_METRIC:
		buf_append_slice(buf, series->chart.title);
		break;
	case HEADING_LABEL:
		excerpt_append_visible(buf, series->label);
		break;
	case HEADING_UNIT:
		buf_appendf(buf, "%.*s, %.*s", SLICE_ARG(series->chart.statistic),
			SLICE_ARG(series->chart.unit));
		break;
	case HEADINGS:
		break;
	}
}

/* Characters, without a look at their width. */
static size_t width_of(struct slice text)
{
	size_t width = 0;

	for (size_t i = 0; i < text.len; i++)
		width += ((unsigned char)text.data[i] & 0xC0) != 0x80;
	return width;
}

static void append_cell(struct slice text, size_t width, struct buf *buf)
{
	size_t used = width_of(text);

	buf_appendf(buf, "%*s%.*s", (int)(GAP + (used < width ? width - used : 0)), "",
		SLICE_ARG(text));
}

struct column {
	size_t width;
	int decimals;
};

static struct column column_of(const struct metrics_series *series)
{
	int decimals = decimals_of(&series->chart);
	size_t width = 0;

	for (enum heading heading = 0; heading < HEADINGS; heading++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		append_heading_text(series, heading, &text);
		if (width_of(buf_slice(&text)) > width)
			width = width_of(buf_slice(&text));
	}
	for (size_t i = 0; i < series->chart.count; i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&text, "%.*f", decimals, series->chart.points[i].value);
		if (text.len > width)
			width = text.len;
	}
	return (struct column){ width, decimals };
}

static void append_headings(const struct metrics_series *series, size_t count,
	const struct column *columns, struct buf *buf)
{
	bool labelled = false;

	for (size_t i = 0; i < count; i++)
		labelled = labelled || series[i].label.len;
	for (enum heading heading = 0; heading < HEADINGS; heading++) {
		if (heading == HEADING_LABEL && !labelled)
			continue;
		buf_appendf(buf, "%-*s", TIME_WIDTH, heading == HEADING_METRIC ? "TIME" : "");
		for (size_t i = 0; i < count; i++) {
			struct buf text CLEANUP(buf_release) = BUF_INIT;

			append_heading_text(&series[i], heading, &text);
			append_cell(buf_slice(&text), columns[i].width, buf);
		}
		buf_append_char(buf, '\n');
	}
}

/* The next place of each series, as the table goes through time. */
struct walk {
	const struct metrics_series *series;
	size_t count;
	size_t *next;
};

/* The earliest time that is not yet passed: false when there is none. */
static bool next_time(const struct walk *walk, int64_t *ret)
{
	bool found = false;

	for (size_t i = 0; i < walk->count; i++) {
		const struct chart *chart = &walk->series[i].chart;
		int64_t time;

		if (walk->next[i] == chart->count)
			continue;
		time = chart->points[walk->next[i]].time_ns;
		if (!found || time < *ret)
			*ret = time;
		found = true;
	}
	return found;
}

static void append_line(
	struct walk *walk, int64_t time_ns, const struct column *columns, struct buf *buf)
{
	time_append(buf, TIME_FORMAT, time_ns);
	for (size_t i = 0; i < walk->count; i++) {
		const struct chart *chart = &walk->series[i].chart;
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		size_t at = walk->next[i];

		if (at < chart->count && chart->points[at].time_ns == time_ns) {
			buf_appendf(&text, "%.*f", columns[i].decimals, chart->points[at].value);
			walk->next[i]++;
		} else {
			buf_append_char(&text, '-');
		}
		append_cell(buf_slice(&text), columns[i].width, buf);
	}
	buf_append_char(buf, '\n');
}

void metrics_append_table(const struct metrics_series *series, size_t count, struct buf *buf)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct column *columns = arena_alloc_array(&arena, count, sizeof(*columns));
	struct walk walk = { series, count, arena_alloc_array(&arena, count, sizeof(size_t)) };
	int64_t time_ns = 0, later = 0;

	for (size_t i = 0; i < count; i++)
		columns[i] = column_of(&series[i]);
	append_headings(series, count, columns, buf);
	if (!next_time(&walk, &time_ns))
		return;
	while (next_time(&walk, &later)) {
		for (; time_ns < later; time_ns += series[0].chart.period_ns)
			append_line(&walk, time_ns, columns, buf);
		append_line(&walk, later, columns, buf);
		time_ns = later + series[0].chart.period_ns;
	}
}

static void append_member(const char *name, struct slice value, struct buf *buf)
{
	buf_appendf(buf, "\"%s\":", name);
	json_append_string(buf, value);
	buf_append_char(buf, ',');
}

static void append_dimensions(const struct request_list *dimensions, struct buf *buf)
{
	const struct dimension_facts *items = dimensions->items;

	buf_append_string(buf, "\"Dimensions\":{");
	for (size_t i = 0; i < dimensions->count; i++) {
		buf_append_string(buf, i ? "," : "");
		json_append_string(buf, items[i].name);
		buf_append_char(buf, ':');
		json_append_string(buf, items[i].value);
	}
	buf_append_string(buf, "},");
}

static void append_object(const struct metrics_series *series, struct buf *buf)
{
	const struct chart *chart = &series->chart;

	buf_append_char(buf, '{');
	append_member("MetricName", chart->title, buf);
	append_dimensions(&series->dimensions, buf);
	append_member("Statistic", chart->statistic, buf);
	append_member("Unit", chart->unit, buf);
	buf_appendf(
		buf, "\"Period\":%lld,\"Datapoints\":[", (long long)(chart->period_ns / SECOND_NS));
	for (size_t i = 0; i < chart->count; i++) {
		buf_append_string(buf, i ? ",{\"Timestamp\":\"" : "{\"Timestamp\":\"");
		clock_append_iso(buf, chart->points[i].time_ns);
		buf_append_string(buf, "\",\"Value\":");
		double_append(buf, chart->points[i].value);
		buf_append_char(buf, '}');
	}
	buf_append_string(buf, "]}\n");
}

void metrics_append_json(const struct metrics_series *series, size_t count, struct buf *buf)
{
	for (size_t i = 0; i < count; i++)
		append_object(&series[i], buf);
}
