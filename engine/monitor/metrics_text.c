/*
 * What the process has counted, as Prometheus reads it.
 *
 * A metric becomes a family of the same name in small letters, with the unit and,
 * of a counter, "_total" at its end: dynamodb_consumed_read_capacity_units_total.
 * Dimensions become labels. Latencies become histograms in seconds, whose bounds
 * are kept to within HISTOGRAM_ERROR.
 *
 * Source: Prometheus documentation, "Exposition formats", "Metric and label
 * naming".
 */
#include "monitor/metrics_private.h"

#include "base/text.h"

#include <ctype.h>

#define PREFIX "dynamodb_"

static const char *const labels[DIMENSION_COUNT] = {
	[DIMENSION_TABLE] = "table",
	[DIMENSION_INDEX] = "index",
	[DIMENSION_OPERATION] = "operation",
	[DIMENSION_STREAM] = "stream",
};

/* Of latencies, in seconds. */
static const double bounds[] = { 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
	0.1, 0.25, 0.5, 1, 2.5, 5, 10 };

static const struct {
	const char *type, *suffix;
} kinds[] = {
	[METRIC_COUNTER] = { "counter", "_total" },
	[METRIC_GAUGE] = { "gauge", "" },
	[METRIC_DURATION] = { "histogram", "_seconds" },
};

static void append_family_name(enum metric_id metric, struct buf *buf)
{
	const struct metric_info *info = &metrics_info[metric];

	buf_append_string(buf, PREFIX);
	for (const char *c = info->name; *c; c++) {
		if (c != info->name && isupper((unsigned char)*c))
			buf_append_char(buf, '_');
		buf_append_char(buf, (char)tolower((unsigned char)*c));
	}
	if (strcmp(info->unit, "Percent") == 0)
		buf_append_string(buf, "_percent");
	buf_append_string(buf, kinds[info->kind].suffix);
}

static void append_head(enum metric_id metric, struct buf *buf)
{
	const struct metric_info *info = &metrics_info[metric];

	buf_append_string(buf, "# HELP ");
	append_family_name(metric, buf);
	buf_appendf(buf, " %s\n# TYPE ", info->help);
	append_family_name(metric, buf);
	buf_appendf(buf, " %s\n", kinds[info->kind].type);
}

static void append_escaped(struct slice value, struct buf *buf)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.data[i] == '\n') {
			buf_append_string(buf, "\\n");
			continue;
		}
		if (value.data[i] == '\\' || value.data[i] == '"')
			buf_append_char(buf, '\\');
		buf_append_char(buf, value.data[i]);
	}
}

static void append_label(const char *name, struct slice value, bool *first, struct buf *buf)
{
	buf_appendf(buf, "%s%s=\"", *first ? "{" : ",", name);
	append_escaped(value, buf);
	buf_append_char(buf, '"');
	*first = false;
}

/* The labels of a series; bound: of a bucket, or absent. */
static void append_labels(const struct metric_series *series, struct slice bound, struct buf *buf)
{
	bool first = true;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (slice_present(series->dimensions[i]))
			append_label(labels[i], series->dimensions[i], &first, buf);
	}
	if (slice_present(bound))
		append_label("le", bound, &first, buf);
	if (!first)
		buf_append_char(buf, '}');
}

static void append_sample(const struct metric_series *series, const char *suffix,
	struct slice bound, double value, struct buf *buf)
{
	append_family_name(series->metric, buf);
	buf_append_string(buf, suffix);
	append_labels(series, bound, buf);
	buf_append_char(buf, ' ');
	double_append(buf, value);
	buf_append_char(buf, '\n');
}

static void append_histogram(const struct metric_total *total, struct buf *buf)
{
	const struct histogram *histogram = total->histogram;

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		struct buf bound CLEANUP(buf_release) = BUF_INIT;

		double_append(&bound, bounds[i]);
		append_sample(&total->series, "_bucket", buf_slice(&bound),
			(double)histogram_count_to(histogram, bounds[i] * 1000), buf);
	}
	append_sample(&total->series, "_bucket", SLICE("+Inf"), (double)histogram->count, buf);
	append_sample(&total->series, "_sum", (struct slice){ 0 }, histogram->sum / 1000, buf);
	append_sample(&total->series, "_count", (struct slice){ 0 }, (double)histogram->count, buf);
}

static void append_total(const struct metric_total *total, struct buf *buf)
{
	switch (metrics_info[total->series.metric].kind) {
	case METRIC_COUNTER:
		append_sample(&total->series, "", (struct slice){ 0 }, total->histogram->sum, buf);
		break;
	case METRIC_DURATION:
		append_histogram(total, buf);
		break;
	case METRIC_GAUGE: /* is told as it is now */
		break;
	}
}

static void append_totals(struct metrics *metrics, struct slice table, struct buf *buf)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	enum metric_id family = METRIC_COUNT;
	struct metric_total *totals;
	size_t count;

	metrics_totals(metrics, table, &arena, &totals, &count);
	for (size_t i = 0; i < count; i++) {
		enum metric_id metric = totals[i].series.metric;

		if (metric != family && metrics_info[metric].kind != METRIC_GAUGE)
			append_head(metric, buf);
		family = metric;
		append_total(&totals[i], buf);
	}
}

/* A family at a time, for a family's samples stand together. */
static void append_gauges(struct metrics *metrics, struct slice table, struct buf *buf)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct metric_sample *samples;
	size_t count;

	metrics_gauges(metrics, true, &arena, &samples, &count);
	for (unsigned metric = 0; metric < METRIC_COUNT; metric++) {
		bool begun = false;

		for (size_t i = 0; i < count; i++) {
			const struct metric_series *series = &samples[i].series;

			if (series->metric != metric ||
				(slice_present(table) &&
					!slice_equal(series->dimensions[DIMENSION_TABLE], table)))
				continue;
			if (!begun)
				append_head(series->metric, buf);
			begun = true;
			append_sample(series, "", (struct slice){ 0 }, samples[i].value, buf);
		}
	}
}

void metrics_append_text(struct metrics *metrics, struct slice table, struct buf *buf)
{
	append_totals(metrics, table, buf);
	append_gauges(metrics, table, buf);
}
