/*
 * The worker: one thread that writes checkpoints and recounts after a crash.
 *
 * Invariants:
 * 1. While nothing is written it sleeps without a time-out.
 * 2. A checkpoint is written at the latest an interval after a commit, and
 *    sooner when much log has come, so that recovery stays short.
 * 3. An interval in which nothing was written ends with the counts saved
 *    (count.h, 1) and the worker asleep.
 */
#pragma once

#include "base/error.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct store;

struct worker {
	struct store *store;
	unsigned interval_seconds;
	bool running; /* there is a thread */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping; /* under lock */
	atomic_bool busy; /* something was committed since the worker last looked */
};

void worker_init(struct worker *worker, struct store *store, unsigned interval_seconds);
int worker_start(struct worker *worker, struct error *err) NODISCARD;
/* Ends the thread, if there is one, and waits for it. */
void worker_stop(struct worker *worker);
void worker_release(struct worker *worker);
/* Tells that something was committed. */
void worker_note_commit(struct worker *worker);
