#include "executor.h"

#include "base/memory.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

struct queued_job {
	executor_job *run;
	void *context;
	struct queued_job *next;
};

struct executor {
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	struct queued_job *first, **last;
	pthread_t threads[EXECUTOR_THREADS];
	size_t thread_count, idle, queued;
	bool ending;
};

struct executor *executor_new(void)
{
	struct executor *executor = memory_new_zero(sizeof(*executor));

	pthread_mutex_init(&executor->mutex, NULL);
	pthread_cond_init(&executor->wake, NULL);
	executor->last = &executor->first;
	return executor;
}

/* The next job, or NULL at the end. */
static struct queued_job *take(struct executor *executor)
{
	struct queued_job *job;

	pthread_mutex_lock(&executor->mutex);
	executor->idle++;
	while (!executor->first && !executor->ending)
		pthread_cond_wait(&executor->wake, &executor->mutex);
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

void executor_submit(struct executor *executor, executor_job *job, void *context)
{
	struct queued_job *queued = memory_new_zero(sizeof(*queued));
	bool started;

	queued->run = job;
	queued->context = context;
	pthread_mutex_lock(&executor->mutex);
	*executor->last = queued;
	executor->last = &queued->next;
	executor->queued++;
	if (!executor->ending && executor->queued > executor->idle &&
		executor->thread_count < EXECUTOR_THREADS)
		start_thread_locked(executor);
	started = executor->thread_count > 0;
	if (!started) { /* no thread can be had: the job is taken back */
		executor->first = NULL;
		executor->last = &executor->first;
		executor->queued = 0;
	}
	pthread_cond_signal(&executor->wake);
	pthread_mutex_unlock(&executor->mutex);
	if (started)
		return;
	free(queued);
	job(context);
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
