#include "store/worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"

#include <signal.h>

#define SECOND_NS      1000000000LL
#define LOG_KILOBYTES  (64u << 10) /* a checkpoint after so much log, at once */
#define RECOUNT_NAP_NS 1000000LL /* what the recount leaves to others between chunks */

void worker_init(struct worker *worker, struct store *store, unsigned interval_seconds)
{
	pthread_condattr_t attributes;

	*worker = (struct worker){ .store = store, .interval_seconds = interval_seconds };
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

/* Sleeps until there are commits; false when the store closes. */
static bool worker_wait_busy(struct worker *worker)
{
	bool stopping;

	pthread_mutex_lock(&worker->lock);
	while (!worker->stopping && !worker->busy)
		pthread_cond_wait(&worker->wake, &worker->lock);
	stopping = worker->stopping;
	pthread_mutex_unlock(&worker->lock);
	return !stopping;
}

/* Sleeps that long; false when the store closes. */
static bool worker_nap(struct worker *worker, int64_t ns)
{
	struct timespec until = clock_to_timespec(clock_monotonic_ns() + ns);
	bool stopping;
	int r = 0;

	pthread_mutex_lock(&worker->lock);
	while (!worker->stopping && r == 0)
		r = pthread_cond_timedwait(&worker->wake, &worker->lock, &until);
	stopping = worker->stopping;
	pthread_mutex_unlock(&worker->lock);
	return !stopping;
}

/* Nobody waits for an answer of the worker. */
static void worker_log(int result, struct error *err)
{
	if (result < 0)
		log_warning("store: %s", err->message);
	error_release(err);
}

static void worker_checkpoint(struct worker *worker, unsigned log_kilobytes)
{
	struct error err = ERROR_INIT;

	worker_log(bdb_env_checkpoint(worker->store->env, log_kilobytes, &err), &err);
}

/* Lets one interval pass; false when the store closes. */
static bool worker_watch_log(struct worker *worker)
{
	for (unsigned i = 0; i < worker->interval_seconds; i++) {
		if (!worker_nap(worker, SECOND_NS))
			return false;
		worker_checkpoint(worker, LOG_KILOBYTES);
	}
	return true;
}

/* Whether the store closes, or a recount failed. */
static bool worker_recount_table(struct worker *worker, struct table *table)
{
	struct error err = ERROR_INIT;
	int r;

	do {
		r = count_step(table, &err);
		if (r < 0)
			worker_log(r, &err);
	} while (r == 0 && worker_nap(worker, RECOUNT_NAP_NS));
	return r == COUNT_DONE;
}

static void worker_recount(struct worker *worker)
{
	struct table_array array CLEANUP(table_array_release) = { NULL, 0 };

	table_cache_all(worker->store, &array);
	for (size_t i = 0; i < array.count; i++) {
		if (!worker_recount_table(worker, array.tables[i]))
			return;
	}
}

static void worker_rest(struct worker *worker)
{
	struct error err = ERROR_INIT;

	worker_log(count_save(worker->store, &err), &err);
	worker_checkpoint(worker, 0);
}

static void *worker_main(void *context)
{
	struct worker *worker = context;

	worker_recount(worker);
	while (worker_wait_busy(worker)) {
		do {
			worker->busy = false;
			if (!worker_watch_log(worker))
				return NULL;
			worker_checkpoint(worker, 0);
		} while (worker->busy);
		worker_rest(worker);
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
