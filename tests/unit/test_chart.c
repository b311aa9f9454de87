/* Charts, drawn. */
#undef NDEBUG
#include "chart.h"
#include "metrics_time.h"
#include "test.h"

#include <time.h>

#define MINUTES(n) ((n)*60 * SECOND_NS)
#define START      (1800000000LL * SECOND_NS) /* 2027-01-15T08:00:00Z */

static const struct chart_point points[] = {
	{ START, 10 },
	{ START + MINUTES(1), 20 },
	{ START + MINUTES(3), 5 },
};

static struct chart chart_of(const struct chart_point *values, size_t count)
{
	return (struct chart){
		.title = SLICE("Consumed"),
		.subtitle = SLICE("TableName=Movies"),
		.statistic = SLICE("Sum"),
		.unit = SLICE("Count"),
		.start_ns = START,
		.end_ns = START + MINUTES(4),
		.period_ns = MINUTES(1),
		.points = values,
		.count = count,
	};
}

static void a_plot_has_a_bar_for_each_period(void)
{
	struct chart chart = chart_of(points, 3);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	chart_append_plot(&chart, 48, true, &text);
	CHECK_TEXT(buf_slice(&text), "Consumed: Sum, Count, TableName=Movies\n"
				     "    20 ┤          ██████████\n"
				     "       │          ██████████\n"
				     "       │          ██████████\n"
				     "       │          ██████████\n"
				     "       │          ██████████\n"
				     "    10 ┤████████████████████\n"
				     "       │████████████████████\n"
				     "       │████████████████████          ▄▄▄▄▄▄▄▄▄▄\n"
				     "       │████████████████████          ██████████\n"
				     "       │████████████████████          ██████████\n"
				     "     0 ┼┬─────────┬─────────┬─────────┬─────────\n"
				     "        08:00     08:01     08:02     08:03\n");
}

static void a_plot_without_unicode_is_ascii(void)
{
	struct chart chart = chart_of(points, 3);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	chart_append_plot(&chart, 28, false, &text);
	CHECK_TEXT(buf_slice(&text), "Consumed: Sum, Count\n"
				     "  TableName=Movies\n"
				     "    20 +     #####\n"
				     "       |     #####\n"
				     "       |     #####\n"
				     "       |     #####\n"
				     "       |     #####\n"
				     "    10 +##########\n"
				     "       |##########\n"
				     "       |##########     :::::\n"
				     "       |##########     #####\n"
				     "       |##########     #####\n"
				     "     0 ++---------+---------\n"
				     "        08:00     08:02\n");
}

static void a_plot_keeps_to_its_width(void)
{
	static struct chart_point many[1000];
	struct chart chart = chart_of(many, ARRAY_SIZE(many));

	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct chart_point){ START + MINUTES((int64_t)i), (double)(i % 97) };
	chart.end_ns = START + MINUTES(1000);
	for (size_t columns = 20; columns < 200; columns += 7) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		size_t width = 0;

		chart_append_plot(&chart, columns, false, &text);
		for (size_t i = 0; i < text.len; i++) {
			width = text.data[i] == '\n' ? 0 : width + 1;
			CHECK(width <= columns || columns < 24); /* the title is longer */
		}
	}
}

static void the_largest_of_periods_in_a_column_is_drawn_and_the_smallest_seen(void)
{
	static const struct chart_point two[] = { { START, 0.001 }, { START + MINUTES(600), 100 } };
	struct chart chart = chart_of(two, 2);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	chart.end_ns = START + MINUTES(1200);
	chart_append_plot(&chart, 28, true, &text);
	CHECK(memmem(text.data, text.len, "│▁         █\n", strlen("│▁         █\n")));
}

static void an_axis_ends_with_a_round_number(void)
{
	CHECK(chart_round_up(0) == 1);
	CHECK(chart_round_up(1) == 1);
	CHECK(chart_round_up(2.1) == 2.5);
	CHECK(chart_round_up(41) == 50);
	CHECK(chart_round_up(99.5) == 100);
	CHECK(chart_round_up(1e9 + 1) == 2e9);
	CHECK(chart_round_up(0.03) > 0.03 - 1e-12 && chart_round_up(0.03) < 0.0400001);
}

static void a_value_is_told_shortly(void)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = { { 0, "0" }, { 1.5, "1.5" }, { 9999, "9999" }, { 20000, "20k" }, { 3e6, "3M" },
		{ 2.5e9, "2.5G" }, { 1e12, "1T" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		chart_append_value(cases[i].value, &text);
		CHECK_TEXT(buf_slice(&text), cases[i].text);
	}
}

static size_t count_of(const struct buf *text, const char *part)
{
	struct slice rest = buf_slice(text);
	size_t count = 0;
	const char *found;

	while ((found = memmem(rest.data, rest.len, part, strlen(part)))) {
		count++;
		rest = slice_skip(rest, (size_t)(found - rest.data) + strlen(part));
	}
	return count;
}

static void an_svg_has_its_points_where_they_belong(void)
{
	struct chart chart = chart_of(points, 3);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	chart_append_svg(&chart, 1, &text);
	CHECK_INT(count_of(&text, "<circle "), 3);
	/* 70 to 840 are four minutes, 240 to 50 go from 0 to 20; the third has no
	 * line to it, as there is none for the minute before. */
	CHECK_INT(count_of(&text, "d=\"M70.0 145.0 L262.5 50.0 M647.5 192.5\""), 1);
	CHECK_INT(count_of(&text, "cx=\"647.5\" cy=\"192.5\" r=\"2\"><title>"
				  "2027-01-15T08:03:00.000Z 5.0 Count</title>"),
		1);
}

static void what_xml_does_not_have_is_not_in_an_svg(void)
{
	struct chart chart = chart_of(points, 3);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	chart.subtitle = SLICE("a<b & \"c\">\x01");
	chart.title = SLICE("\xff");
	chart_append_svg(&chart, 1, &text);
	CHECK_INT(count_of(&text, ", a&lt;b &amp; &quot;c&quot;&gt;</text>"), 1);
	CHECK_INT(count_of(&text, ">?</text>"), 1);
}

static void a_chart_without_points_has_its_axes(void)
{
	struct chart chart = chart_of(NULL, 0);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	chart_append_svg(&chart, 1, &text);
	CHECK_INT(count_of(&text, "<circle"), 0);
	CHECK_INT(count_of(&text, "class=\"axis\""), 7);
	buf_clear(&text);
	chart_append_plot(&chart, 40, true, &text);
	CHECK_INT(count_of(&text, "\n"), 13);
}

static const struct test_case cases[] = {
	{ "a plot has a bar for each period", a_plot_has_a_bar_for_each_period },
	{ "a plot without unicode is ASCII", a_plot_without_unicode_is_ascii },
	{ "a plot keeps to its width", a_plot_keeps_to_its_width },
	{ "the largest of periods in a column is drawn, and the smallest seen",
		the_largest_of_periods_in_a_column_is_drawn_and_the_smallest_seen },
	{ "an axis ends with a round number", an_axis_ends_with_a_round_number },
	{ "a value is told shortly", a_value_is_told_shortly },
	{ "an SVG has its points where they belong", an_svg_has_its_points_where_they_belong },
	{ "what XML does not have is not in an SVG", what_xml_does_not_have_is_not_in_an_svg },
	{ "a chart without points has its axes", a_chart_without_points_has_its_axes },
};

int main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	return test_run(cases, ARRAY_SIZE(cases));
}
