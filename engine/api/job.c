#include "api/job.h"

#include "base/log.h"
#include "base/memory.h"
#include "store/backup.h"
#include "store/recovery.h"
#include "store/restore.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#define NAP_US   500
#define RETRY_US 200000

/* Source: Developer Guide, "Service, account, and table quotas". */
static const struct job_limit {
	unsigned count;
	const char *message;
} limits[JOB_KIND_COUNT] = {
	[JOB_BACKUP] = { 50, "Only 50 on-demand backups can be made at the same time" },
	[JOB_RESTORE] = { 50, "Only 50 tables can be restored at the same time" },
	[JOB_EXPORT] = { 300, "Only 300 tables can be exported at the same time" },
	[JOB_IMPORT] = { 50, "Only 50 tables can be imported at the same time" },
};

struct job_queue {
	pthread_mutex_t mutex; /* of all below */
	pthread_cond_t changed;
	pthread_t thread;
	bool running; /* there is a thread */
	bool ending; /* it ends when there is no job */
	struct job *first, **last; /* the one at work stays the first */
	unsigned counts[JOB_KIND_COUNT];
	atomic_bool stopping; /* jobs are to give up */
};

int job_queue_open(struct store *store, struct job_queue **ret, struct error *err)
{
	struct job_queue *queue;

	TRY(backup_tidy(store, err));
	TRY(restore_tidy(store, err));
	TRY(recovery_tidy(store, err));
	queue = memory_new_zero(sizeof(*queue));
	pthread_mutex_init(&queue->mutex, NULL);
	pthread_cond_init(&queue->changed, NULL);
	queue->last = &queue->first;
	*ret = queue;
	return 0;
}

void job_queue_close(struct job_queue *queue, bool finish)
{
	if (!queue)
		return;
	pthread_mutex_lock(&queue->mutex);
	queue->ending = true;
	queue->stopping = !finish;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->mutex);
	if (queue->running)
		pthread_join(queue->thread, NULL);
	pthread_cond_destroy(&queue->changed);
	pthread_mutex_destroy(&queue->mutex);
	free(queue);
}

static struct job *next_locked(struct job_queue *queue)
{
	while (!queue->first && !queue->ending)
		pthread_cond_wait(&queue->changed, &queue->mutex);
	return queue->first;
}

static void remove_first_locked(struct job_queue *queue)
{
	struct job *job = queue->first;

	queue->counts[job->kind]--;
	queue->first = job->next;
	if (!queue->first)
		queue->last = &queue->first;
}

static void *run_jobs(void *context)
{
	struct job_queue *queue = context;
	struct job *job;

	pthread_mutex_lock(&queue->mutex);
	while ((job = next_locked(queue))) {
		pthread_mutex_unlock(&queue->mutex);
		job->run(job);
		pthread_mutex_lock(&queue->mutex);
		remove_first_locked(queue);
		pthread_mutex_unlock(&queue->mutex);
		job->free(job);
		pthread_mutex_lock(&queue->mutex);
	}
	pthread_mutex_unlock(&queue->mutex);
	return NULL;
}

static int start_locked(struct job_queue *queue, struct error *err)
{
	sigset_t all, old;
	int r;

	if (queue->running)
		return 0;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&queue->thread, NULL, run_jobs, queue);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return error_set_errno(err, r, "starting the thread for jobs");
	queue->running = true;
	return 0;
}

static int admit_locked(struct job_queue *queue, enum job_kind kind, struct error *err)
{
	if (queue->counts[kind] >= limits[kind].count)
		return error_set(err, ERROR_LIMIT_EXCEEDED, "Subscriber limit exceeded: %s",
			limits[kind].message);
	return start_locked(queue, err);
}

int job_admit(struct job_queue *queue, enum job_kind kind, struct error *err)
{
	int r;

	pthread_mutex_lock(&queue->mutex);
	r = admit_locked(queue, kind, err);
	pthread_mutex_unlock(&queue->mutex);
	return r;
}

void job_submit(struct job_queue *queue, struct job *job)
{
	job->queue = queue;
	job->next = NULL;
	pthread_mutex_lock(&queue->mutex);
	*queue->last = job;
	queue->last = &job->next;
	queue->counts[job->kind]++;
	pthread_cond_signal(&queue->changed);
	pthread_mutex_unlock(&queue->mutex);
}

bool job_concerns(struct job_queue *queue, struct slice subject)
{
	bool found = false;

	pthread_mutex_lock(&queue->mutex);
	for (const struct job *job = queue->first; job && !found; job = job->next)
		found = slice_present(job->subject) && slice_equal(job->subject, subject);
	pthread_mutex_unlock(&queue->mutex);
	return found;
}

void job_let_go(struct job *job)
{
	pthread_mutex_lock(&job->queue->mutex);
	job->subject = slice_of(NULL, 0);
	pthread_mutex_unlock(&job->queue->mutex);
}

bool job_stopping(const struct job *job)
{
	return job->queue->stopping;
}

void job_nap(void)
{
	usleep(NAP_US);
}

void job_take_back(const struct job *job, job_undo *undo, void *context)
{
	struct error err = ERROR_INIT;

	for (unsigned try = 0; undo(context, &err) < 0; try++) {
		if (!try)
			log_warning("%s: it is tried again", err.message);
		error_release(&err);
		if (job_stopping(job))
			break;
		usleep(RETRY_US);
	}
}
