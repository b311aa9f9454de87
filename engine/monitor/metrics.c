#include "monitor/metrics_private.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/series.h"

#include <stdatomic.h>

/* Groups of a transaction: some milliseconds of the writer's time. */
#define WRITE_BATCH 256

#define TRIM_MINUTES 60
#define KEPT_MINUTES (METRICS_KEPT_DAYS * 24 * 60)

/* Minutes */

struct metric_set *minute_set_of(struct minute_set **list, int64_t minute)
{
	struct minute_set *made, **place = list, *latest = NULL;
	size_t count = 0;

	for (; *place && (*place)->minute <= minute; place = &(*place)->next, count++) {
		latest = *place;
		if (latest->minute == minute)
			return &latest->set;
	}
	for (struct minute_set *other = *place; other; other = other->next, count++)
		latest = other;
	if (count >= MINUTES_MAX)
		return &latest->set;
	made = memory_new_zero(sizeof(*made));
	made->minute = minute;
	made->next = *place;
	*place = made;
	return &made->set;
}

static void minute_set_free(struct minute_set *minute)
{
	metric_set_release(&minute->set);
	free(minute);
}

void minute_sets_release(struct minute_set **list)
{
	while (*list) {
		struct minute_set *first = *list;

		*list = first->next;
		minute_set_free(first);
	}
}

/* What comes */

/* Threads are dealt out to the shards in turn. */
static struct metrics_shard *own_shard(struct metrics *metrics)
{
	static atomic_uint threads;
	static _Thread_local unsigned number;

	if (!number)
		number = 1 + atomic_fetch_add(&threads, 1) % METRICS_SHARDS;
	return &metrics->shards[number - 1];
}

void metrics_note(struct metrics *metrics, const struct call *call)
{
	int64_t minute = (call->begun_ns + call->duration_ns) / MINUTE_NS;
	struct metrics_shard *shard = own_shard(metrics);

	pthread_mutex_lock(&shard->lock);
	metrics_count_call(minute_set_of(&shard->minutes, minute), &shard->name, call);
	pthread_mutex_unlock(&shard->lock);
}

void metrics_add(
	struct metrics *metrics, const struct metric_series *series, double value, int64_t now_ns)
{
	struct metrics_shard *shard = own_shard(metrics);
	struct metric_group *group;

	pthread_mutex_lock(&shard->lock);
	buf_clear(&shard->name);
	metric_group_append_name(&shard->name, series->dimensions);
	group = metric_set_add(
		minute_set_of(&shard->minutes, now_ns / MINUTE_NS), buf_slice(&shard->name));
	if (group)
		histogram_add(metric_group_add(group, series->metric), value);
	pthread_mutex_unlock(&shard->lock);
}

/* Minutes that are over */

/* Takes the minutes before that one out of a list. */
static struct minute_set *detach(struct minute_set **list, int64_t before_minute)
{
	struct minute_set *first = *list, **end = list;

	if (!first || first->minute >= before_minute)
		return NULL;
	while (*end && (*end)->minute < before_minute)
		end = &(*end)->next;
	*list = *end;
	*end = NULL;
	return first;
}

static void collect_shard(
	struct metrics *metrics, struct metrics_shard *shard, int64_t before_minute)
{
	struct minute_set *over;

	pthread_mutex_lock(&shard->lock);
	over = detach(&shard->minutes, before_minute);
	pthread_mutex_unlock(&shard->lock);
	for (struct minute_set *minute = over; minute; minute = minute->next) {
		metric_set_merge(&metrics->totals, &minute->set);
		metric_set_merge(minute_set_of(&metrics->pending, minute->minute), &minute->set);
	}
	minute_sets_release(&over);
}

void metrics_collect_locked(struct metrics *metrics, int64_t before_minute)
{
	pthread_mutex_lock(&metrics->lock);
	for (size_t i = 0; i < METRICS_SHARDS; i++)
		collect_shard(metrics, &metrics->shards[i], before_minute);
	pthread_mutex_unlock(&metrics->lock);
}

void metrics_visit_locked(struct metrics *metrics, metrics_set_visitor *visit, void *context)
{
	for (const struct minute_set *minute = metrics->pending; minute; minute = minute->next)
		visit(context, minute->minute, &minute->set);
	for (size_t i = 0; i < METRICS_SHARDS; i++) {
		struct metrics_shard *shard = &metrics->shards[i];

		pthread_mutex_lock(&shard->lock);
		for (const struct minute_set *minute = shard->minutes; minute;
			minute = minute->next)
			visit(context, minute->minute, &minute->set);
		pthread_mutex_unlock(&shard->lock);
	}
}

/* Writing */

struct batch {
	struct metric_group *groups[WRITE_BATCH];
	struct series_point points[WRITE_BATCH];
	size_t count;
	struct arena arena;
};

static void batch_add(struct batch *batch, struct metric_group *group, int64_t minute)
{
	struct buf record CLEANUP(buf_release) = BUF_INIT;

	metric_group_encode(group, &record);
	batch->groups[batch->count] = group;
	batch->points[batch->count++] = (struct series_point){
		.name = group->name,
		.minute = (uint32_t)minute,
		.record = arena_copy(&batch->arena, buf_slice(&record)),
		.marks = metric_group_marks(group),
	};
}

static int batch_write(struct metrics *metrics, struct batch *batch, struct error *err)
{
	if (!batch->count)
		return 0;
	TRY(series_merge(metrics->store, batch->points, batch->count, metric_record_merge, err));
	for (size_t i = 0; i < batch->count; i++)
		batch->groups[i]->written = true;
	batch->count = 0;
	return 0;
}

static int write_groups(struct metrics *metrics, const struct minute_set *minute,
	struct batch *batch, struct error *err)
{
	for (size_t i = 0; i < minute->set.capacity; i++) {
		struct metric_group *group = minute->set.slots[i];

		if (!group || group->written)
			continue;
		batch_add(batch, group, minute->minute);
		if (batch->count == WRITE_BATCH)
			TRY(batch_write(metrics, batch, err));
	}
	return batch_write(metrics, batch, err);
}

static int write_minute(struct metrics *metrics, const struct minute_set *minute, struct error *err)
{
	struct batch *batch = memory_new_zero(sizeof(*batch));
	int r = write_groups(metrics, minute, batch, err);

	arena_release(&batch->arena);
	free(batch);
	return r;
}

/* The oldest one goes when there are more than can be kept. */
static void bound_pending(struct metrics *metrics)
{
	size_t count = 0;

	for (const struct minute_set *minute = metrics->pending; minute; minute = minute->next)
		count++;
	if (count >= MINUTES_MAX) {
		log_warning("metrics: a minute that could not be written is dropped");
		minute_set_free(detach(&metrics->pending, metrics->pending->minute + 1));
	}
}

static int write_pending(struct metrics *metrics, struct error *err)
{
	while (metrics->pending) {
		if (write_minute(metrics, metrics->pending, err) < 0) {
			bound_pending(metrics);
			return -1;
		}
		minute_set_free(detach(&metrics->pending, metrics->pending->minute + 1));
	}
	return 0;
}

static int trim(struct metrics *metrics, int64_t minute, struct error *err)
{
	if (minute - metrics->trimmed_minute < TRIM_MINUTES || minute < KEPT_MINUTES)
		return 0;
	metrics->trimmed_minute = minute;
	return series_trim(metrics->store, (uint32_t)(minute - KEPT_MINUTES), err);
}

static int step_locked(struct metrics *metrics, int64_t now_ns, struct error *err)
{
	int64_t minute = now_ns / MINUTE_NS;

	metrics_collect_locked(metrics, minute);
	TRY(write_pending(metrics, err));
	return trim(metrics, minute, err);
}

int metrics_step(struct metrics *metrics, int64_t now_ns, struct error *err)
{
	int r;

	metrics_poll(metrics, now_ns - now_ns % MINUTE_NS - 1);
	metrics_note_gauges(metrics, now_ns);
	pthread_mutex_lock(&metrics->writing);
	r = step_locked(metrics, now_ns, err);
	pthread_mutex_unlock(&metrics->writing);
	return r;
}

struct metrics *metrics_open(struct store *store)
{
	struct metrics *metrics = memory_new_zero(sizeof(*metrics));

	metrics->store = store;
	pthread_mutex_init(&metrics->writing, NULL);
	pthread_mutex_init(&metrics->lock, NULL);
	for (size_t i = 0; i < METRICS_SHARDS; i++)
		pthread_mutex_init(&metrics->shards[i].lock, NULL);
	return metrics;
}

static void metrics_free(struct metrics *metrics)
{
	for (size_t i = 0; i < METRICS_SHARDS; i++) {
		minute_sets_release(&metrics->shards[i].minutes);
		buf_release(&metrics->shards[i].name);
		pthread_mutex_destroy(&metrics->shards[i].lock);
	}
	minute_sets_release(&metrics->pending);
	metric_set_release(&metrics->totals);
	pthread_mutex_destroy(&metrics->lock);
	pthread_mutex_destroy(&metrics->writing);
	free(metrics);
}

void metrics_close(struct metrics *metrics, int64_t now_ns)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (!metrics)
		return;
	metrics_poll(metrics, now_ns);
	pthread_mutex_lock(&metrics->writing);
	metrics_collect_locked(metrics, INT64_MAX);
	if (write_pending(metrics, &err) < 0)
		log_warning("metrics: %s", err.message);
	pthread_mutex_unlock(&metrics->writing);
	metrics_free(metrics);
}
