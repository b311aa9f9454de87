/*
 * Backups of the whole data directory: one at a time, each in a thread of its own,
 * which ends with the engine.
 */
#include "api/op_hot_backup.h"
#include "api/operations.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/hot_backup.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define SECOND_NS 1000000000LL

struct hot_backup_job {
	struct store *store;
	atomic_bool stop;
	_Atomic int64_t asked_ns; /* monotonic: when somebody last did */
	pthread_mutex_t lock; /* a leaf, of the rest */
	pthread_cond_t ended;
	pthread_t thread;
	bool begun; /* there is a thread, to be joined */
	char *destination;
	enum hot_backup_status status;
	enum hot_backup_phase phase; /* HOT_BACKUP_PHASE_COUNT: none yet */
	uint64_t done, total;
	struct hot_backup_totals totals;
	char *failure; /* when it failed */
};

struct hot_backup_job *hot_backup_job_new(struct store *store)
{
	struct hot_backup_job *job = memory_new_zero(sizeof(*job));

	job->store = store;
	pthread_mutex_init(&job->lock, NULL);
	pthread_cond_init(&job->ended, NULL);
	return job;
}

static bool take_step(void *context, enum hot_backup_phase phase, uint64_t done, uint64_t total)
{
	struct hot_backup_job *job = context;
	int64_t alone_ns = clock_monotonic_ns() - job->asked_ns;

	pthread_mutex_lock(&job->lock);
	job->phase = phase;
	job->done = done;
	job->total = total;
	pthread_mutex_unlock(&job->lock);
	return !job->stop && alone_ns < HOT_BACKUP_PATIENCE_SECONDS * SECOND_NS;
}

static void finish(struct hot_backup_job *job, int result, const struct hot_backup_totals *totals,
	const struct error *err)
{
	pthread_mutex_lock(&job->lock);
	job->status = result < 0 ? HOT_BACKUP_FAILED : HOT_BACKUP_DONE;
	if (result < 0)
		job->failure = memory_copy_string(err->message, strlen(err->message));
	else
		job->totals = *totals;
	pthread_cond_broadcast(&job->ended);
	pthread_mutex_unlock(&job->lock);
}

static void *job_main(void *context)
{
	struct hot_backup_job *job = context;
	const struct hot_backup_watcher watcher = { take_step, job };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct hot_backup_totals totals = { 0 };
	int r = hot_backup_take(job->store, job->destination, &watcher, &totals, &err);

	finish(job, r, &totals, &err);
	return NULL;
}

/* Forgets the one before. Its thread has nothing more to do. */
static void clear_locked(struct hot_backup_job *job)
{
	if (job->begun)
		pthread_join(job->thread, NULL);
	free(job->destination);
	free(job->failure);
	job->begun = false;
	job->destination = job->failure = NULL;
	job->status = HOT_BACKUP_NONE;
	job->phase = HOT_BACKUP_PHASE_COUNT;
	job->done = job->total = 0;
}

static int start_thread_locked(struct hot_backup_job *job, struct error *err)
{
	sigset_t all, old;
	int r;

	job->stop = false;
	job->asked_ns = clock_monotonic_ns();
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&job->thread, NULL, job_main, job);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return error_set_errno(err, r, "Starting a backup");
	job->begun = true;
	job->status = HOT_BACKUP_RUNNING;
	return 0;
}

/* "/backups/monday/" is "/backups/monday". */
static struct slice without_slashes(struct slice path)
{
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	return path;
}

static int start_locked(struct hot_backup_job *job, struct slice path, struct error *err)
{
	if (job->status == HOT_BACKUP_RUNNING)
		return error_set(
			err, ERROR_IN_USE, "A backup to %s is being taken", job->destination);
	clear_locked(job);
	job->destination = memory_copy_string(path.data, path.len);
	return start_thread_locked(job, err);
}

int run_start_hot_backup(struct engine *engine, struct request *request, struct error *err)
{
	const struct start_hot_backup_input *in = request->input;
	struct hot_backup_job *job = engine->hot_backup;
	int r;

	if (in->destination_path.data[0] != '/' ||
		memchr(in->destination_path.data, '\0', in->destination_path.len))
		return error_set(err, ERROR_VALIDATION, "DestinationPath is no absolute path");
	pthread_mutex_lock(&job->lock);
	r = start_locked(job, without_slashes(in->destination_path), err);
	pthread_mutex_unlock(&job->lock);
	return r;
}

static struct optional_integer count_of(uint64_t count)
{
	return (struct optional_integer){ true, (int64_t)count };
}

static void describe_locked(const struct hot_backup_job *job, struct arena *arena,
	struct describe_hot_backup_output *out)
{
	out->status = slice_from_string(hot_backup_status_names[job->status]);
	if (job->status == HOT_BACKUP_RUNNING && job->phase < HOT_BACKUP_PHASE_COUNT) {
		out->phase = slice_from_string(hot_backup_phase_names[job->phase]);
		out->done = count_of(job->done);
		out->total = count_of(job->total);
	}
	if (job->status == HOT_BACKUP_DONE) {
		out->files = count_of(job->totals.files);
		out->bytes = count_of(job->totals.bytes);
		out->tables = count_of(job->totals.tables);
		out->items = count_of(job->totals.items);
	}
	if (job->status == HOT_BACKUP_FAILED)
		out->failure_message = arena_copy(arena, slice_from_string(job->failure));
}

int run_describe_hot_backup(struct engine *engine, struct request *request, struct error *err)
{
	struct hot_backup_job *job = engine->hot_backup;

	(void)err;
	job->asked_ns = clock_monotonic_ns();
	pthread_mutex_lock(&job->lock);
	describe_locked(job, request->arena, request->output);
	pthread_mutex_unlock(&job->lock);
	return 0;
}

/* Waits for the end of what runs, and tells whether it was stopped by that. */
static bool stop(struct hot_backup_job *job)
{
	bool stopped;

	job->stop = true;
	pthread_mutex_lock(&job->lock);
	stopped = job->status == HOT_BACKUP_RUNNING;
	while (job->status == HOT_BACKUP_RUNNING)
		pthread_cond_wait(&job->ended, &job->lock);
	stopped = stopped && job->status == HOT_BACKUP_FAILED;
	pthread_mutex_unlock(&job->lock);
	return stopped;
}

int run_stop_hot_backup(struct engine *engine, struct request *request, struct error *err)
{
	struct stop_hot_backup_output *out = request->output;

	(void)err;
	out->stopped = (struct optional_boolean){ true, stop(engine->hot_backup) };
	return 0;
}

void hot_backup_job_free(struct hot_backup_job *job)
{
	if (!job)
		return;
	stop(job);
	clear_locked(job);
	pthread_cond_destroy(&job->ended);
	pthread_mutex_destroy(&job->lock);
	free(job);
}
