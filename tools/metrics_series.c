#include "metrics_series.h"

#include "nearest.h"

#define DATAPOINTS_MAX 1440 /* of one request */

/* Names */

static const char *metric_name_at(size_t at)
{
	struct metric_summary metric;

	return metric_summary(at, &metric) ? metric.name : NULL;
}

static const char *statistic_name_at(size_t at)
{
	return metric_statistic_names[at];
}

static int refuse_name(const char *what, const char *name, nearest_names *names, struct error *err)
{
	struct buf nearest CLEANUP(buf_release) = BUF_INIT;

	nearest_append(name, names, &nearest);
	return error_set(
		err, ERROR_VALIDATION, "There is no %s '%s'%s", what, name, buf_string(&nearest));
}

static bool find_metric(struct slice name, struct metric_summary *ret)
{
	for (size_t i = 0; metric_summary(i, ret); i++) {
		if (slice_equal_string(name, ret->name))
			return true;
	}
	return false;
}

int metrics_check_name(const char *name, struct error *err)
{
	struct metric_summary metric;

	if (find_metric(slice_from_string(name), &metric))
		return 0;
	return refuse_name("metric", name, metric_name_at, err);
}

static bool is_percentile(const char *name)
{
	return name[0] == 'p' && name[1] >= '0' && name[1] <= '9';
}

int metrics_check_statistic(const char *name, struct error *err)
{
	if (is_percentile(name) || enum_index(metric_statistic_names, slice_from_string(name)) >= 0)
		return 0;
	return refuse_name("statistic", name, statistic_name_at, err);
}

/* Which series there are */

struct candidates {
	struct metric_facts *items;
	size_t count, capacity;
};

static void add_candidates(
	struct candidates *candidates, const struct request_list *metrics, struct arena *arena)
{
	struct metric_facts *larger;

	if (candidates->count + metrics->count > candidates->capacity) {
		candidates->capacity = 2 * (candidates->count + metrics->count);
		larger = arena_alloc_array(arena, candidates->capacity, sizeof(*larger));
		if (candidates->count)
			memcpy(larger, candidates->items, candidates->count * sizeof(*larger));
		candidates->items = larger;
	}
	if (metrics->count)
		memcpy(candidates->items + candidates->count, metrics->items,
			metrics->count * sizeof(*larger));
	candidates->count += metrics->count;
}

static size_t said(const struct metrics_question *question, struct dimension_facts *ret)
{
	const struct dimension_facts dimensions[] = {
		{ SLICE("TableName"), question->table },
		{ SLICE("GlobalSecondaryIndexName"), question->index },
		{ SLICE("Operation"), question->operation },
	};
	size_t count = 0;

	for (size_t i = 0; i < ARRAY_SIZE(dimensions); i++) {
		if (slice_present(dimensions[i].value))
			ret[count++] = dimensions[i];
	}
	return count;
}

static int list(struct client *client, const struct metrics_question *question, struct arena *arena,
	struct candidates *ret, struct error *err)
{
	struct dimension_facts filters[3];
	struct list_metrics_input input = { 0 };
	struct list_metrics_output output;

	input.dimensions = (struct request_list){ true, said(question, filters), filters };
	do {
		output = (struct list_metrics_output){ 0 };
		TRY(client_run(client, OPERATION_LIST_METRICS, &input, &output, arena, err));
		add_candidates(ret, &output.metrics, arena);
		input.next_token = output.next_token;
	} while (slice_present(output.next_token));
	return 0;
}

static bool has_dimension(const struct metric_facts *metric, const struct dimension_facts *wanted)
{
	const struct dimension_facts *items = metric->dimensions.items;

	for (size_t i = 0; i < metric->dimensions.count; i++) {
		if (slice_equal(items[i].name, wanted->name) &&
			slice_equal(items[i].value, wanted->value))
			return true;
	}
	return false;
}

/* Whether one is about all that the other is about, and more. */
static bool contains(const struct metric_facts *one, const struct metric_facts *other)
{
	const struct dimension_facts *items = one->dimensions.items;

	if (!slice_equal(one->metric_name, other->metric_name) ||
		one->dimensions.count >= other->dimensions.count)
		return false;
	for (size_t i = 0; i < one->dimensions.count; i++) {
		if (!has_dimension(other, &items[i]))
			return false;
	}
	return true;
}

static bool is_part(const struct candidates *candidates, const struct metric_facts *metric)
{
	for (size_t i = 0; i < candidates->count; i++) {
		if (contains(&candidates->items[i], metric))
			return true;
	}
	return false;
}

/* Their parts */

static void append_dimensions(const struct request_list *dimensions,
	const struct metrics_question *question, bool unsaid_values, struct buf *buf)
{
	struct dimension_facts filters[3];
	size_t known = said(question, filters);
	const struct dimension_facts *items = dimensions->items;

	for (size_t i = 0; i < dimensions->count; i++) {
		bool was_said = false;

		for (size_t j = 0; j < known; j++)
			was_said = was_said || slice_equal(items[i].name, filters[j].name);
		if (unsaid_values && was_said)
			continue;
		buf_append_string(buf, buf->len ? unsaid_values ? " " : ", " : "");
		if (!unsaid_values)
			buf_appendf(buf, "%.*s=", SLICE_ARG(items[i].name));
		buf_append_slice(buf, items[i].value);
	}
}

static struct metrics_series series_of(const struct metric_facts *metric,
	const struct metrics_question *question, struct arena *arena)
{
	struct buf subtitle CLEANUP(buf_release) = BUF_INIT, label CLEANUP(buf_release) = BUF_INIT;
	struct metric_summary summary = { 0 };
	const char *statistic = question->statistic;

	if (find_metric(metric->metric_name, &summary) && !statistic)
		statistic = metric_statistic_names[summary.statistic];
	append_dimensions(&metric->dimensions, question, false, &subtitle);
	append_dimensions(&metric->dimensions, question, true, &label);
	return (struct metrics_series){
		.chart = {
			.title = metric->metric_name,
			.subtitle = arena_copy(arena, buf_slice(&subtitle)),
			.statistic = slice_from_string(
				statistic ? statistic : metric_statistic_names[STATISTIC_SUM]),
			.unit = slice_from_string(summary.unit ? summary.unit : "None"),
			.start_ns = question->start_ns,
			.end_ns = question->end_ns,
			.period_ns = question->period_ns,
		},
		.namespace = metric->namespace,
		.dimensions = metric->dimensions,
		.label = arena_copy(arena, buf_slice(&label)),
	};
}

static size_t add_named(const struct candidates *candidates, const char *name,
	const struct metrics_question *question, struct arena *arena, struct metrics_series *series,
	size_t count)
{
	for (size_t i = 0; i < candidates->count; i++) {
		const struct metric_facts *metric = &candidates->items[i];

		if (slice_equal_string(metric->metric_name, name) && !is_part(candidates, metric))
			series[count++] = series_of(metric, question, arena);
	}
	return count;
}

static size_t add_exact(const struct candidates *candidates,
	const struct metrics_question *question, struct arena *arena, struct metrics_series *series,
	size_t count)
{
	struct dimension_facts filters[3];
	size_t dimensions = said(question, filters);

	for (size_t i = 0; i < candidates->count; i++) {
		if (candidates->items[i].dimensions.count == dimensions)
			series[count++] = series_of(&candidates->items[i], question, arena);
	}
	return count;
}

int metrics_find(struct client *client, const struct metrics_question *question,
	struct arena *arena, struct metrics_series **ret, size_t *ret_count, struct error *err)
{
	struct candidates candidates = { 0 };
	struct metrics_series *series;
	size_t count = 0;

	TRY(list(client, question, arena, &candidates, err));
	series = arena_alloc_array(
		arena, candidates.count * (question->name_count + 1), sizeof(*series));
	for (size_t i = 0; i < question->name_count; i++)
		count = add_named(&candidates, question->names[i], question, arena, series, count);
	if (!question->name_count)
		count = add_exact(&candidates, question, arena, series, count);
	*ret = series;
	*ret_count = count;
	return 0;
}

/* Values */

static double value_of(const struct datapoint_facts *point, struct slice statistic)
{
	int known = enum_index(metric_statistic_names, statistic);
	const struct named_double *percentiles = point->extended_statistics.items;

	if (known >= 0)
		return point->statistics[known].value;
	return point->extended_statistics.count ? percentiles[0].value : 0;
}

static void add_points(
	struct chart *chart, struct chart_point *points, const struct request_list *datapoints)
{
	const struct datapoint_facts *items = datapoints->items;

	for (size_t i = 0; i < datapoints->count; i++)
		points[chart->count++] = (struct chart_point){ items[i].timestamp,
			value_of(&items[i], chart->statistic) };
}

static int compare_points(const void *a, const void *b)
{
	const struct chart_point *left = a, *right = b;

	return (left->time_ns > right->time_ns) - (left->time_ns < right->time_ns);
}

int metrics_read(struct client *client, const struct metrics_question *question,
	struct arena *arena, struct metrics_series *series, struct error *err)
{
	struct chart *chart = &series->chart;
	int64_t part_ns = DATAPOINTS_MAX * question->period_ns;
	size_t most = (size_t)((question->end_ns - question->start_ns) / question->period_ns) + 1;
	struct chart_point *points = arena_alloc_array(arena, most, sizeof(*points));
	struct request_list statistic = { true, 1, &chart->statistic };
	struct get_metric_statistics_input input = {
		.namespace = series->namespace,
		.metric_name = chart->title,
		.dimensions = series->dimensions,
		.period = { true, question->period_ns / 1000000000 },
	};

	if (enum_index(metric_statistic_names, chart->statistic) >= 0)
		input.statistics = statistic;
	else
		input.extended_statistics = statistic;
	for (int64_t from = question->start_ns; from < question->end_ns; from += part_ns) {
		struct get_metric_statistics_output output = { 0 };

		input.start_time = from;
		input.end_time =
			from + part_ns < question->end_ns ? from + part_ns : question->end_ns;
		TRY(client_run(
			client, OPERATION_GET_METRIC_STATISTICS, &input, &output, arena, err));
		if (chart->count + output.datapoints.count > most)
			return error_set(err, ERROR_SYSTEM,
				"%s answers with more periods than were asked for",
				client_name(client));
		add_points(chart, points, &output.datapoints);
	}
	if (chart->count)
		qsort(points, chart->count, sizeof(*points), compare_points);
	chart->points = points;
	return 0;
}
