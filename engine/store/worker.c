#include "store/worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/backfill.h"
#include "store/convert.h"
#include "store/history.h"
#include "store/store_private.h"
#include "store/stream.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/ttl.h"

#include <signal.h>

#define SECOND_NS     1000000000LL
#define NEVER         INT64_MAX
#define LOG_KILOBYTES (64u << 10) /* a checkpoint after so much log, at once */
#define NAP_NS        1000000LL /* what catching up leaves to others between chunks */
#define TRIM_NS       (60 * SECOND_NS)
#define GROWTH_NS     (10 * SECOND_NS) /* between looks for tables that have grown */

void worker_init(struct worker *worker, struct store *store, unsigned interval_seconds,
	unsigned ttl_interval_seconds)
{
	pthread_condattr_t attributes;

	*worker = (struct worker){
		.store = store,
		.interval_seconds = interval_seconds,
		.ttl_interval_seconds = ttl_interval_seconds,
		.due = { [DUTY_CHECKPOINT] = NEVER }, /* the others look at once */
	};
	pthread_mutex_init(&worker->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&worker->wake, &attributes);
	pthread_condattr_destroy(&attributes);
}

void worker_release(struct worker *worker)
{
	pthread_cond_destroy(&worker->wake);
	pthread_mutex_destroy(&worker->lock);
}

void worker_note_commit(struct worker *worker)
{
	if (atomic_load_explicit(&worker->busy, memory_order_relaxed))
		return;
	pthread_mutex_lock(&worker->lock);
	worker->busy = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
}

void worker_note_tables(struct worker *worker)
{
	pthread_mutex_lock(&worker->lock);
	worker->tables_changed = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
}

bool worker_stopping(const struct worker *worker)
{
	return worker->stopping;
}

/* Nobody waits for an answer of the worker. */
static void worker_log(int result, struct error *err)
{
	if (result < 0)
		log_warning("store: %s", err->message);
	error_release(err);
}

/* One chunk for a table; false when there was nothing to do. A table that fails
 * waits until the store is opened again, the others go on. */
static bool catch_up_table(struct worker *worker, struct table *table)
{
	struct error err = ERROR_INIT;
	struct table_counts counts;
	int r = 0;

	if (table->body->stuck)
		return false;
	table_counts(table, &counts);
	if (!counts.exact) {
		r = count_step(table, &err);
	} else if (backfill_wanted(table)) {
		r = backfill_step(table, &err);
		worker->busy = true; /* there is log to be written out */
	} else {
		return false;
	}
	table->body->stuck = r < 0;
	worker_log(r, &err);
	return true;
}

static int64_t run_catch_up(struct worker *worker)
{
	struct table_array array CLEANUP(table_array_release) = { NULL, 0 };
	bool worked = false;

	table_cache_all(worker->store, &array);
	for (size_t i = 0; i < array.count && !worked; i++)
		worked = catch_up_table(worker, array.tables[i]);
	return worked ? clock_monotonic_ns() + NAP_NS : NEVER;
}

static void write_checkpoint(struct worker *worker, unsigned log_kilobytes)
{
	struct error err = ERROR_INIT;

	worker_log(bdb_env_checkpoint(worker->store->env, log_kilobytes, &err), &err);
}

static void come_to_rest(struct worker *worker)
{
	struct error err = ERROR_INIT;

	worker_log(count_save(worker->store, &err), &err);
	write_checkpoint(worker, 0);
}

/* Looks at the log each second of an interval, which begins with a commit. */
static int64_t run_checkpoint(struct worker *worker)
{
	if (worker->seconds_left) {
		worker->seconds_left--;
		write_checkpoint(worker, worker->seconds_left ? LOG_KILOBYTES : 0);
	}
	if (!worker->seconds_left) {
		if (!worker->busy) {
			come_to_rest(worker);
			return NEVER;
		}
		worker->busy = false;
		worker->seconds_left = worker->interval_seconds;
	}
	return clock_monotonic_ns() + SECOND_NS;
}

static bool has_streams(struct worker *worker)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err = ERROR_INIT;
	struct stream_description *streams;
	size_t count = 0;

	worker_log(stream_list(worker->store, slice_of(NULL, 0), &arena, &streams, &count, &err),
		&err);
	return count;
}

static int64_t run_trim(struct worker *worker)
{
	struct error err = ERROR_INIT;

	if (!has_streams(worker))
		return NEVER;
	worker_log(stream_trim(worker->store, clock_realtime_ns(), &err), &err);
	return clock_monotonic_ns() + TRIM_NS;
}

static bool has_expiry(struct worker *worker)
{
	struct table_array array CLEANUP(table_array_release) = { NULL, 0 };

	table_cache_all(worker->store, &array);
	for (size_t i = 0; i < array.count; i++) {
		if (slice_present(table_description(array.tables[i])->ttl_attribute))
			return true;
	}
	return false;
}

static int64_t run_expire(struct worker *worker)
{
	struct error err = ERROR_INIT;
	uint64_t deleted;

	if (!has_expiry(worker))
		return NEVER;
	worker_log(ttl_expire(worker->store, clock_realtime_ns(), &deleted, &err), &err);
	return clock_monotonic_ns() + worker->ttl_interval_seconds * SECOND_NS;
}

static bool has_history(struct worker *worker)
{
	struct table_array array CLEANUP(table_array_release) = { NULL, 0 };
	bool found = false;

	table_cache_all(worker->store, &array);
	for (size_t i = 0; i < array.count && !found; i++)
		found = slice_present(table_description(array.tables[i])->history_id);
	return found;
}

static int64_t run_forget(struct worker *worker)
{
	struct error err = ERROR_INIT;

	if (!has_history(worker))
		return NEVER;
	worker_log(history_trim(worker->store, clock_realtime_ns(), &err), &err);
	return clock_monotonic_ns() + TRIM_NS;
}

/* Those who write get as much time as was taken. */
static int64_t convert(struct table *table)
{
	int64_t begun = clock_monotonic_ns(), now;

	conversion_step(table);
	now = clock_monotonic_ns();
	return now + NAP_NS + (now - begun);
}

static int64_t run_convert(struct worker *worker)
{
	struct table_array array CLEANUP(table_array_release) = { NULL, 0 };
	int64_t now = clock_monotonic_ns();
	int64_t next = worker->busy ? now + GROWTH_NS : NEVER;

	table_cache_all(worker->store, &array);
	for (size_t i = 0; i < array.count; i++) {
		int64_t due = conversion_due(array.tables[i]);

		if (due <= now) {
			next = convert(array.tables[i]);
			worker->busy = true; /* there is log to be written out */
			break;
		}
		if (due < next)
			next = due;
	}
	return next;
}

/* Each does a step, and returns when it wants to be called again. */
static int64_t (*const duties[DUTY_COUNT])(struct worker *worker) = {
	[DUTY_CATCH_UP] = run_catch_up,
	[DUTY_CHECKPOINT] = run_checkpoint,
	[DUTY_TRIM] = run_trim,
	[DUTY_EXPIRE] = run_expire,
	[DUTY_CONVERT] = run_convert,
	[DUTY_FORGET] = run_forget,
};

static int64_t earliest(const struct worker *worker)
{
	int64_t first = NEVER;

	for (size_t i = 0; i < DUTY_COUNT; i++) {
		if (worker->due[i] < first)
			first = worker->due[i];
	}
	return first;
}

/* Makes due what others have asked for. */
static void take_notes_locked(struct worker *worker)
{
	if (worker->busy && worker->due[DUTY_CHECKPOINT] == NEVER)
		worker->due[DUTY_CHECKPOINT] = 0;
	if (worker->busy && worker->due[DUTY_CONVERT] == NEVER)
		worker->due[DUTY_CONVERT] = clock_monotonic_ns() + GROWTH_NS;
	if (!worker->tables_changed)
		return;
	worker->tables_changed = false;
	worker->due[DUTY_CATCH_UP] = worker->due[DUTY_TRIM] = worker->due[DUTY_EXPIRE] = 0;
	worker->due[DUTY_CONVERT] = worker->due[DUTY_FORGET] = 0;
}

static void sleep_locked(struct worker *worker, int64_t until_ns)
{
	struct timespec until;

	if (until_ns == NEVER) {
		pthread_cond_wait(&worker->wake, &worker->lock);
		return;
	}
	until = clock_to_timespec(until_ns);
	pthread_cond_timedwait(&worker->wake, &worker->lock, &until);
}

/* Sleeps until a duty is due; false when the store closes. */
static bool worker_sleep(struct worker *worker)
{
	bool stopping;

	pthread_mutex_lock(&worker->lock);
	for (;;) {
		int64_t until;

		take_notes_locked(worker);
		until = earliest(worker);
		stopping = worker->stopping;
		if (stopping || until <= clock_monotonic_ns())
			break;
		sleep_locked(worker, until);
	}
	pthread_mutex_unlock(&worker->lock);
	return !stopping;
}

static void *worker_main(void *context)
{
	struct worker *worker = context;

	while (worker_sleep(worker)) {
		for (size_t i = 0; i < DUTY_COUNT && !worker_stopping(worker); i++) {
			if (worker->due[i] <= clock_monotonic_ns())
				worker->due[i] = duties[i](worker);
		}
	}
	return NULL;
}

int worker_start(struct worker *worker, struct error *err)
{
	sigset_t all, old;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&worker->thread, NULL, worker_main, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return error_set_errno(err, r, "starting the store's worker");
	worker->running = true;
	return 0;
}

void worker_stop(struct worker *worker)
{
	if (!worker->running)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->stopping = true;
	pthread_cond_signal(&worker->wake);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	worker->running = false;
}
