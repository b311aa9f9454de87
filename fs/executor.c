#include "executor.h"

#include "acting.h"
#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

struct queued_job {
	executor_job *run;
	void *context;
	struct acting acting; /* of who submitted it */
	int64_t due_ns; /* monotonic; of one that is submitted for later */
	struct queued_job *next;
};

struct executor {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct queued_job *first, **last;
	struct queued_job *later; /* in the order of due_ns */
	pthread_t threads[EXECUTOR_THREADS];
	size_t thread_count, idle, queued;
	bool ending;
};

struct executor *executor_new(void)
{
	struct executor *executor = memory_new_zero(sizeof(*executor));
	pthread_condattr_t monotonic;

	pthread_mutex_init(&executor->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&executor->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	executor->last = &executor->first;
	return executor;
}

static void append_locked(struct executor *executor, struct queued_job *job)
{
	job->next = NULL;
	*executor->last = job;
	executor->last = &job->next;
	executor->queued++;
}

static void append_due_locked(struct executor *executor)
{
	int64_t now = executor->later ? clock_monotonic_ns() : 0;

	while (executor->later && (executor->ending || executor->later->due_ns <= now)) {
		struct queued_job *job = executor->later;

		executor->later = job->next;
		append_locked(executor, job);
	}
}

static void wait_locked(struct executor *executor)
{
	struct timespec due;

	if (!executor->later) {
		pthread_cond_wait(&executor->wake, &executor->mutex);
		return;
	}
	due = clock_to_timespec(executor->later->due_ns);
	pthread_cond_timedwait(&executor->wake, &executor->mutex, &due);
}

/* The next job, or NULL at the end. */
static struct queued_job *take(struct executor *executor)
{
	struct queued_job *job;

	pthread_mutex_lock(&executor->mutex);
	executor->idle++;
	while (append_due_locked(executor), !executor->first && !executor->ending)
		wait_locked(executor);
	executor->idle--;
	job = executor->first;
	if (job) {
		executor->first = job->next;
		executor->queued--;
		if (!executor->first)
			executor->last = &executor->first;
	}
	pthread_mutex_unlock(&executor->mutex);
	return job;
}

static void *work(void *context)
{
	struct executor *executor = context;
	struct queued_job *job;

	while ((job = take(executor))) {
		acting_restore(&job->acting);
		job->run(job->context);
		free(job);
	}
	return NULL;
}

/* Signals are for the thread that waits for the session's end. */
static void start_thread_locked(struct executor *executor)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if (pthread_create(&executor->threads[executor->thread_count], NULL, work, executor) == 0)
		executor->thread_count++;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Whether there is a thread to run what is queued. */
static bool have_thread_locked(struct executor *executor)
{
	if (!executor->ending && executor->queued >= executor->idle &&
		executor->thread_count < EXECUTOR_THREADS)
		start_thread_locked(executor);
	return executor->thread_count > 0;
}

void executor_submit(struct executor *executor, executor_job *job, void *context)
{
	struct queued_job *queued = memory_new_zero(sizeof(*queued));
	bool started;

	queued->run = job;
	queued->context = context;
	queued->acting = acting_save();
	pthread_mutex_lock(&executor->mutex);
	started = have_thread_locked(executor);
	if (started)
		append_locked(executor, queued);
	pthread_cond_signal(&executor->wake);
	pthread_mutex_unlock(&executor->mutex);
	if (started)
		return;
	free(queued);
	job(context);
}

/* From a job, so there is a thread. */
void executor_submit_later(
	struct executor *executor, int64_t pause_ns, executor_job *job, void *context)
{
	struct queued_job *queued = memory_new_zero(sizeof(*queued)), **place;

	queued->run = job;
	queued->context = context;
	queued->acting = acting_save();
	queued->due_ns = clock_monotonic_ns() + pause_ns;
	pthread_mutex_lock(&executor->mutex);
	place = &executor->later;
	while (*place && (*place)->due_ns <= queued->due_ns)
		place = &(*place)->next;
	queued->next = *place;
	*place = queued;
	pthread_cond_signal(&executor->wake);
	pthread_mutex_unlock(&executor->mutex);
}

void executor_free(struct executor *executor)
{
	pthread_mutex_lock(&executor->mutex);
	executor->ending = true;
	pthread_cond_broadcast(&executor->wake);
	pthread_mutex_unlock(&executor->mutex);
	for (size_t i = 0; i < executor->thread_count; i++)
		pthread_join(executor->threads[i], NULL);
	pthread_cond_destroy(&executor->wake);
	pthread_mutex_destroy(&executor->mutex);
	free(executor);
}
