/*
 * GetMetricStatistics and ListMetrics.
 *
 * As with CloudWatch, what is not there is no error: a namespace, a metric or a
 * combination of dimensions that nobody published has no datapoints.
 */
#include "api/op_metrics.h"

#include "api/request_metrics.h"
#include "base/clock.h"
#include "base/text.h"
#include "monitor/metrics_set.h"

#define PERIOD_MAX     (100 * 366 * 24 * 60) /* minutes */
#define DATAPOINTS_MAX 1440
#define PAGE_MAX       500
#define RECENTLY_NS    (3 * 60 * MINUTE_NS)

bool metric_summary(size_t number, struct metric_summary *ret)
{
	static const enum metric_statistic statistics[] = {
		[METRIC_COUNTER] = STATISTIC_SUM,
		[METRIC_GAUGE] = STATISTIC_AVERAGE,
		[METRIC_DURATION] = STATISTIC_AVERAGE,
	};
	const struct metric_info *info;

	if (number >= METRIC_COUNT)
		return false;
	info = &metrics_info[number];
	*ret = (struct metric_summary){ info->name, info->unit, statistics[info->kind] };
	return true;
}

/* Which series is asked for */

enum metric_dimension metric_dimension_find(struct slice name)
{
	unsigned i = 0;

	while (i < DIMENSION_COUNT && !slice_equal_string(name, dimension_names[i]))
		i++;
	return (enum metric_dimension)i;
}

bool metric_series_find(struct slice namespace, struct slice metric_name,
	const struct request_list *dimensions, struct metric_series *ret)
{
	const struct dimension_facts *items = dimensions->items;

	*ret = (struct metric_series){ .metric = metric_find(metric_name) };
	if (!slice_equal_string(namespace, METRICS_NAMESPACE) || ret->metric == METRIC_COUNT)
		return false;
	for (size_t i = 0; i < dimensions->count; i++) {
		enum metric_dimension dimension = metric_dimension_find(items[i].name);

		if (dimension == DIMENSION_COUNT || slice_present(ret->dimensions[dimension]))
			return false;
		ret->dimensions[dimension] = items[i].value;
	}
	return metric_has_scope(ret->metric, metric_scope(ret));
}

/* Statistics */

struct statistics {
	bool wanted[STATISTIC_COUNT];
	const struct slice *names; /* of the percentiles */
	double *percentiles;
	size_t percentile_count;
};

static int read_statistics(
	const struct request_list *list, struct statistics *ret, struct error *err)
{
	const struct slice *names = list->items;

	for (size_t i = 0; i < list->count; i++) {
		enum metric_statistic statistic = metric_statistic_find(names[i]);

		if (statistic == STATISTIC_COUNT)
			return error_set(err, ERROR_PARAMETER_VALUE,
				"The parameter Statistics.member.%zu must be a value in the set "
				"[ Minimum, Maximum, Average, SampleCount, Sum ].",
				i + 1);
		ret->wanted[statistic] = true;
	}
	return 0;
}

static int read_percentiles(const struct request_list *list, struct arena *arena,
	struct statistics *ret, struct error *err)
{
	ret->names = list->items;
	ret->percentile_count = list->count;
	ret->percentiles = arena_alloc_array(arena, list->count, sizeof(*ret->percentiles));
	for (size_t i = 0; i < list->count; i++) {
		if (!metric_percentile_parse(ret->names[i], &ret->percentiles[i]))
			return error_set(err, ERROR_PARAMETER_VALUE,
				"The value %.*s for parameter ExtendedStatistics is not "
				"supported: a percentile between p0.0 and p100 is.",
				SLICE_ARG(ret->names[i]));
	}
	return 0;
}

static int check_statistics(const struct get_metric_statistics_input *in, struct error *err)
{
	if (!in->statistics.count && !in->extended_statistics.count)
		return error_set(err, ERROR_PARAMETER_MISSING,
			"The parameter Statistics or the parameter ExtendedStatistics must be "
			"specified.");
	if (in->statistics.count && in->extended_statistics.count)
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"The parameters Statistics and ExtendedStatistics must not both be "
			"specified.");
	return 0;
}

/* Of the longest one, everything that is kept is one datapoint. */
static int64_t period_minutes(const struct get_metric_statistics_input *in)
{
	int64_t minutes = in->period.value / 60;

	return minutes < PERIOD_MAX ? minutes : PERIOD_MAX;
}

static int check_times(const struct get_metric_statistics_input *in, struct error *err)
{
	int64_t period_ns = period_minutes(in) * MINUTE_NS;
	int64_t length;

	if (in->period.value % 60)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"The parameter Period must be a multiple of 60.");
	if (in->start_time == in->end_time)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"The parameter StartTime must not equal parameter EndTime.");
	if (in->start_time > in->end_time)
		return error_set(err, ERROR_PARAMETER_VALUE,
			"The parameter StartTime must be less than the parameter EndTime.");
	length = in->end_time - in->start_time;
	if (length / period_ns + (length % period_ns > 0) > DATAPOINTS_MAX)
		return error_set(err, ERROR_PARAMETER_COMBINATION,
			"You have requested up to %lld datapoints, which exceeds the limit of "
			"1,440. You may reduce the datapoints requested by increasing Period, or "
			"decreasing the time range.",
			(long long)(length / period_ns + (length % period_ns > 0)));
	return 0;
}

static struct datapoint_facts describe_point(const struct metric_datapoint *point,
	const struct statistics *statistics, const char *unit, struct arena *arena)
{
	struct named_double *percentiles =
		arena_alloc_array(arena, statistics->percentile_count, sizeof(*percentiles));
	struct datapoint_facts facts = {
		.timestamp = point->time_ns,
		.unit = slice_from_string(unit),
	};

	for (unsigned i = 0; i < STATISTIC_COUNT; i++)
		facts.statistics[i] = (struct optional_double){ statistics->wanted[i],
			metric_statistic_value(point, (enum metric_statistic)i) };
	for (size_t i = 0; i < statistics->percentile_count; i++)
		percentiles[i] =
			(struct named_double){ statistics->names[i], point->percentiles[i] };
	facts.extended_statistics = (struct request_list){ statistics->percentile_count > 0,
		statistics->percentile_count, percentiles };
	return facts;
}

static int read_series(struct engine *engine, const struct get_metric_statistics_input *in,
	const struct metric_series *series, const struct statistics *statistics,
	struct arena *arena, struct request_list *ret, struct error *err)
{
	struct metrics *metrics = monitor_metrics(engine->monitor);
	const char *unit = metrics_info[series->metric].unit;
	struct metric_query query = {
		.series = *series,
		.start_ns = in->start_time,
		.end_ns = in->end_time,
		.period_minutes = (unsigned)period_minutes(in),
		.percentiles = statistics->percentiles,
		.percentile_count = statistics->percentile_count,
	};
	struct metric_datapoint *points;
	struct datapoint_facts *facts;
	size_t count;

	if (slice_present(in->unit) && !slice_equal_string(in->unit, unit))
		return 0;
	metrics_poll(metrics, clock_realtime_ns());
	TRY(metrics_statistics(metrics, &query, arena, &points, &count, err));
	facts = arena_alloc_array(arena, count, sizeof(*facts));
	for (size_t i = 0; i < count; i++)
		facts[i] = describe_point(&points[i], statistics, unit, arena);
	*ret = (struct request_list){ true, count, facts };
	return 0;
}

int run_get_metric_statistics(struct engine *engine, struct request *request, struct error *err)
{
	const struct get_metric_statistics_input *in = request->input;
	struct get_metric_statistics_output *out = request->output;
	struct statistics statistics = { 0 };
	struct metric_series series;

	TRY(check_statistics(in, err));
	TRY(read_statistics(&in->statistics, &statistics, err));
	TRY(read_percentiles(&in->extended_statistics, request->arena, &statistics, err));
	TRY(check_times(in, err));
	out->label = in->metric_name;
	out->datapoints.present = true;
	if (!metric_series_find(in->namespace, in->metric_name, &in->dimensions, &series))
		return 0;
	return read_series(engine, in, &series, &statistics, request->arena, &out->datapoints, err);
}

/* Lists */

static bool has_dimension(const struct metric_series *series, const struct dimension_facts *filter)
{
	enum metric_dimension dimension = metric_dimension_find(filter->name);
	struct slice value;

	if (dimension == DIMENSION_COUNT)
		return false;
	value = series->dimensions[dimension];
	return slice_present(value) &&
	       (!slice_present(filter->value) || slice_equal(value, filter->value));
}

static bool is_wanted(const struct metric_series *series, const struct list_metrics_input *in)
{
	const struct dimension_facts *filters = in->dimensions.items;

	if (slice_present(in->metric_name) &&
		!slice_equal_string(in->metric_name, metrics_info[series->metric].name))
		return false;
	for (size_t i = 0; i < in->dimensions.count; i++) {
		if (!has_dimension(series, &filters[i]))
			return false;
	}
	return true;
}

static struct metric_facts describe_series(const struct metric_series *series, struct arena *arena)
{
	struct dimension_facts *dimensions =
		arena_alloc_array(arena, DIMENSION_COUNT, sizeof(*dimensions));
	size_t count = 0;

	for (unsigned i = 0; i < DIMENSION_COUNT; i++) {
		if (slice_present(series->dimensions[i]))
			dimensions[count++] = (struct dimension_facts){
				slice_from_string(dimension_names[i]),
				series->dimensions[i],
			};
	}
	return (struct metric_facts){
		.namespace = SLICE(METRICS_NAMESPACE),
		.metric_name = slice_from_string(metrics_info[series->metric].name),
		.dimensions = { true, count, dimensions },
	};
}

/* A place in the list, which is in byte order of these: the name of the group,
 * and the number of the metric that comes next. */
static void append_place(const struct metric_series *series, struct buf *buf)
{
	metric_group_append_name(buf, series->dimensions);
	buf_append_char(buf, (char)series->metric);
}

static struct slice make_token(const struct metric_series *series, struct arena *arena)
{
	struct buf place CLEANUP(buf_release) = BUF_INIT, text CLEANUP(buf_release) = BUF_INIT;

	append_place(series, &place);
	base64_append(&text, buf_slice(&place));
	return arena_copy(arena, buf_slice(&text));
}

/* How many of the series lie before the place of the token. */
static int find_start(const struct metric_series *series, size_t count, struct slice token,
	size_t *ret, struct error *err)
{
	struct buf start CLEANUP(buf_release) = BUF_INIT, place CLEANUP(buf_release) = BUF_INIT;

	*ret = 0;
	if (!slice_present(token))
		return 0;
	if (!base64_decode(&start, token) || !start.len)
		return error_set(err, ERROR_PARAMETER_VALUE, "Invalid nextToken");
	for (; *ret < count; ++*ret) {
		buf_clear(&place);
		append_place(&series[*ret], &place);
		if (slice_compare(buf_slice(&place), buf_slice(&start)) >= 0)
			break;
	}
	return 0;
}

static int list_page(struct engine *engine, const struct list_metrics_input *in,
	struct arena *arena, struct list_metrics_output *out, struct error *err)
{
	struct metrics *metrics = monitor_metrics(engine->monitor);
	int64_t now_ns = clock_realtime_ns();
	struct metric_facts *facts = arena_alloc_array(arena, PAGE_MAX, sizeof(*facts));
	struct metric_series *series;
	size_t count, at, listed = 0;

	metrics_poll(metrics, now_ns);
	TRY(metrics_list(metrics, slice_present(in->recently_active) ? now_ns - RECENTLY_NS : 0,
		arena, &series, &count, err));
	TRY(find_start(series, count, in->next_token, &at, err));
	for (; at < count && listed < PAGE_MAX; at++) {
		if (is_wanted(&series[at], in))
			facts[listed++] = describe_series(&series[at], arena);
	}
	out->metrics = (struct request_list){ true, listed, facts };
	if (at < count)
		out->next_token = make_token(&series[at], arena);
	return 0;
}

int run_list_metrics(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_metrics_input *in = request->input;
	struct list_metrics_output *out = request->output;

	out->metrics.present = true;
	if (slice_present(in->namespace) && !slice_equal_string(in->namespace, METRICS_NAMESPACE))
		return 0;
	return list_page(engine, in, request->arena, out, err);
}

/* For programs that watch (engine.h) */

void engine_append_metrics(struct engine *engine, struct slice table, struct buf *buf)
{
	struct metrics *metrics = monitor_metrics(engine->monitor);

	metrics_poll(metrics, clock_realtime_ns());
	metrics_append_text(metrics, table, buf);
}
