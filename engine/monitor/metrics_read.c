/* Readings: what is written joined with what is in memory, under the lock that
 * keeps one from becoming the other meanwhile. */
#include "monitor/metrics_private.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/series.h"

/* Statistics */

/* What came in one period. */
struct period {
	int64_t index;
	struct histogram histogram;
};

struct statistics {
	const struct metric_query *query;
	struct buf name; /* of the group */
	int64_t from, until; /* minutes */
	struct period *periods; /* in order */
	size_t count, capacity;
};

static void statistics_release(struct statistics *statistics)
{
	for (size_t i = 0; i < statistics->count; i++)
		histogram_release(&statistics->periods[i].histogram);
	free(statistics->periods);
	buf_release(&statistics->name);
}

/* The histogram of a minute's period. Minutes come mostly in order, so that the
 * place is near the end. */
static struct histogram *histogram_of(struct statistics *statistics, int64_t minute)
{
	int64_t index = (minute - statistics->from) / statistics->query->period_minutes;
	struct period *periods = statistics->periods;
	size_t at = statistics->count;

	while (at && periods[at - 1].index > index)
		at--;
	if (at && periods[at - 1].index == index)
		return &periods[at - 1].histogram;
	if (statistics->count == statistics->capacity) {
		statistics->capacity = statistics->capacity ? 2 * statistics->capacity : 64;
		statistics->periods = periods =
			memory_resize(periods, statistics->capacity * sizeof(*periods));
	}
	memmove(&periods[at + 1], &periods[at], (statistics->count - at) * sizeof(*periods));
	statistics->count++;
	periods[at] = (struct period){ index, HISTOGRAM_INIT };
	return &periods[at].histogram;
}

static void add_record(struct statistics *statistics, const struct series_record *record)
{
	struct histogram histogram CLEANUP(histogram_release) = HISTOGRAM_INIT;

	if (!metric_record_read(record->record, statistics->query->series.metric, &histogram))
		log_warning("metrics: a record is malformed, and its figures are left out");
	else if (histogram.count)
		histogram_merge(histogram_of(statistics, record->minute), &histogram);
}

static int add_written(struct metrics *metrics, struct statistics *statistics, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	uint32_t from = (uint32_t)statistics->from;
	struct series_record *records;
	size_t count;

	do {
		struct arena_mark mark = arena_mark(&arena);

		TRY(series_read(metrics->store, buf_slice(&statistics->name), from,
			(uint32_t)statistics->until, &arena, &records, &count, err));
		for (size_t i = 0; i < count; i++)
			add_record(statistics, &records[i]);
		if (count)
			from = records[count - 1].minute + 1;
		arena_reset(&arena, mark);
	} while (count);
	return 0;
}

static void add_unwritten(void *context, int64_t minute, const struct metric_set *set)
{
	struct statistics *statistics = context;
	const struct metric_group *group = metric_set_find(set, buf_slice(&statistics->name));
	const struct histogram *histogram;

	if (!group || group->written || minute < statistics->from || minute >= statistics->until)
		return;
	histogram = group->metrics[statistics->query->series.metric];
	if (histogram && histogram->count)
		histogram_merge(histogram_of(statistics, minute), histogram);
}

static struct metric_datapoint datapoint_of(
	const struct statistics *statistics, const struct period *period, struct arena *arena)
{
	const struct metric_query *query = statistics->query;
	const struct histogram *histogram = &period->histogram;
	double *percentiles =
		arena_alloc_array(arena, query->percentile_count, sizeof(*percentiles));

	for (size_t i = 0; i < query->percentile_count; i++)
		percentiles[i] = histogram_percentile(histogram, query->percentiles[i]);
	return (struct metric_datapoint){
		.time_ns = (statistics->from + period->index * query->period_minutes) * MINUTE_NS,
		.sample_count = (double)histogram->count,
		.sum = histogram->sum,
		.average = histogram->sum / (double)histogram->count,
		.minimum = histogram->minimum,
		.maximum = histogram->maximum,
		.percentiles = percentiles,
	};
}

/* Minutes as the store counts them. */
static int64_t bounded_minute(int64_t minute)
{
	if (minute < 0)
		return 0;
	return minute < UINT32_MAX ? minute : UINT32_MAX;
}

int metrics_statistics(struct metrics *metrics, const struct metric_query *query,
	struct arena *arena, struct metric_datapoint **ret, size_t *ret_count, struct error *err)
{
	struct statistics statistics CLEANUP(statistics_release) = {
		.query = query,
		.from = bounded_minute(query->start_ns / MINUTE_NS),
		.until =
			bounded_minute(query->end_ns / MINUTE_NS + (query->end_ns % MINUTE_NS > 0)),
	};
	struct metric_datapoint *points;
	int r;

	metric_group_append_name(&statistics.name, query->series.dimensions);
	pthread_mutex_lock(&metrics->writing);
	r = add_written(metrics, &statistics, err);
	if (r == 0)
		metrics_visit_locked(metrics, add_unwritten, &statistics);
	pthread_mutex_unlock(&metrics->writing);
	if (r < 0)
		return -1;
	points = arena_alloc_array(arena, statistics.count, sizeof(*points));
	for (size_t i = 0; i < statistics.count; i++)
		points[i] = datapoint_of(&statistics, &statistics.periods[i], arena);
	*ret = points;
	*ret_count = statistics.count;
	return 0;
}

/* Lists */

struct listing {
	struct arena *arena;
	int64_t since; /* minute */
	struct series_name *names;
	size_t count, capacity;
};

static void add_name(struct listing *listing, struct slice name, uint64_t marks)
{
	struct series_name *larger;

	if (listing->count == listing->capacity) {
		listing->capacity = listing->capacity ? 2 * listing->capacity : 64;
		larger = arena_alloc_array(listing->arena, listing->capacity, sizeof(*larger));
		if (listing->count)
			memcpy(larger, listing->names, listing->count * sizeof(*larger));
		listing->names = larger;
	}
	listing->names[listing->count++] =
		(struct series_name){ arena_copy(listing->arena, name), marks };
}

static void list_unwritten(void *context, int64_t minute, const struct metric_set *set)
{
	struct listing *listing = context;

	for (size_t i = 0; minute >= listing->since && i < set->capacity; i++) {
		const struct metric_group *group = set->slots[i];

		if (group && !group->written)
			add_name(listing, group->name, metric_group_marks(group));
	}
}

static int compare_names(const void *a, const void *b)
{
	const struct series_name *left = a, *right = b;

	return slice_compare(left->name, right->name);
}

/* Sorts them, each once, with the marks of all of its name. */
static void unite_names(struct listing *listing)
{
	size_t united = 0;

	if (listing->count)
		qsort(listing->names, listing->count, sizeof(*listing->names), compare_names);
	for (size_t i = 0; i < listing->count; i++) {
		if (united && slice_equal(listing->names[united - 1].name, listing->names[i].name))
			listing->names[united - 1].marks |= listing->names[i].marks;
		else
			listing->names[united++] = listing->names[i];
	}
	listing->count = united;
}

static size_t add_series(const struct series_name *name, struct metric_series *series, size_t count)
{
	struct metric_series found;

	if (!metric_group_read_name(name->name, found.dimensions))
		return count;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (!(name->marks & (uint64_t)1 << metrics_info[i].code))
			continue;
		found.metric = (enum metric_id)i;
		series[count++] = found;
	}
	return count;
}

int metrics_list(struct metrics *metrics, int64_t active_since_ns, struct arena *arena,
	struct metric_series **ret, size_t *ret_count, struct error *err)
{
	struct listing listing = { .arena = arena,
		.since = bounded_minute(active_since_ns / MINUTE_NS) };
	struct series_name *written;
	struct metric_series *series;
	size_t count;
	int r;

	pthread_mutex_lock(&metrics->writing);
	r = series_list(metrics->store, (uint32_t)listing.since, arena, &written, &count, err);
	for (size_t i = 0; r == 0 && i < count; i++)
		add_name(&listing, written[i].name, written[i].marks);
	if (r == 0)
		metrics_visit_locked(metrics, list_unwritten, &listing);
	pthread_mutex_unlock(&metrics->writing);
	if (r < 0)
		return -1;
	unite_names(&listing);
	series = arena_alloc_array(arena, listing.count * METRIC_COUNT, sizeof(*series));
	count = 0;
	for (size_t i = 0; i < listing.count; i++)
		count = add_series(&listing.names[i], series, count);
	*ret = series;
	*ret_count = count;
	return 0;
}

/* Totals */

static int compare_series(const void *a, const void *b)
{
	const struct metric_total *left = a, *right = b;
	int r = (left->series.metric > right->series.metric) -
		(left->series.metric < right->series.metric);

	for (unsigned i = 0; r == 0 && i < DIMENSION_COUNT; i++)
		r = slice_compare(left->series.dimensions[i], right->series.dimensions[i]);
	return r;
}

static const struct histogram *copy_histogram(
	const struct histogram *histogram, struct arena *arena)
{
	struct histogram *copy = arena_alloc(arena, sizeof(*copy));
	size_t size = histogram->length * sizeof(*histogram->counts);

	*copy = *histogram;
	copy->counts = arena_alloc(arena, size);
	if (size)
		memcpy(copy->counts, histogram->counts, size);
	return copy;
}

static size_t add_totals(const struct metric_group *group, struct slice table, struct arena *arena,
	struct metric_total *totals, size_t count)
{
	struct slice dimensions[DIMENSION_COUNT];

	if (!metric_group_read_name(arena_copy(arena, group->name), dimensions) ||
		(slice_present(table) && !slice_equal(dimensions[DIMENSION_TABLE], table)))
		return count;
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		if (!group->metrics[i])
			continue;
		totals[count].series.metric = (enum metric_id)i;
		memcpy(totals[count].series.dimensions, dimensions, sizeof(dimensions));
		totals[count++].histogram = copy_histogram(group->metrics[i], arena);
	}
	return count;
}

void metrics_totals(struct metrics *metrics, struct slice table, struct arena *arena,
	struct metric_total **ret, size_t *ret_count)
{
	struct metric_set all CLEANUP(metric_set_release) = { 0 };
	struct metric_total *totals;
	size_t count = 0;

	pthread_mutex_lock(&metrics->lock);
	metric_set_merge(&all, &metrics->totals);
	for (size_t i = 0; i < METRICS_SHARDS; i++) {
		struct metrics_shard *shard = &metrics->shards[i];

		pthread_mutex_lock(&shard->lock);
		for (const struct minute_set *minute = shard->minutes; minute;
			minute = minute->next)
			metric_set_merge(&all, &minute->set);
		pthread_mutex_unlock(&shard->lock);
	}
	pthread_mutex_unlock(&metrics->lock);
	totals = arena_alloc_array(arena, all.count * METRIC_COUNT, sizeof(*totals));
	for (size_t i = 0; i < all.capacity; i++) {
		if (all.slots[i])
			count = add_totals(all.slots[i], table, arena, totals, count);
	}
	if (count)
		qsort(totals, count, sizeof(*totals), compare_series);
	*ret = totals;
	*ret_count = count;
}
