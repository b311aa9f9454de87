/*
 * The worker: one thread with a few duties.
 *
 * Invariants:
 * 1. Each duty is done in steps of some milliseconds and says when it wants to
 *    be called again. While none is due the worker sleeps, without a time-out
 *    when nothing was written, no index is made, there is no stream and no table
 *    has a time to live.
 * 2. A checkpoint is written at the latest an interval after a commit, and
 *    sooner when much log has come, so that recovery stays short.
 * 3. An interval in which nothing was written ends with the counts saved
 *    (count.h, 1).
 */
#pragma once

#include "base/error.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct store;

enum worker_duty {
	DUTY_CATCH_UP, /* recounts after a crash, back-fills of indexes */
	DUTY_CHECKPOINT,
	DUTY_TRIM, /* of streams */
	DUTY_EXPIRE, /* of items whose time to live is over */
	DUTY_CONVERT, /* of tables to another class */
	DUTY_FORGET, /* what point-in-time recovery needs no more */
	DUTY_COUNT
};

struct worker {
	struct store *store;
	unsigned interval_seconds;
	unsigned ttl_interval_seconds;
	bool running; /* there is a thread */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	atomic_bool stopping; /* set under lock */
	bool tables_changed; /* under lock */
	atomic_bool busy; /* something was committed since the worker last looked */
	/* The thread's own: */
	int64_t due[DUTY_COUNT]; /* monotonic ns */
	unsigned seconds_left; /* of the interval; 0: none is under way */
};

void worker_init(struct worker *worker, struct store *store, unsigned interval_seconds,
	unsigned ttl_interval_seconds);
int worker_start(struct worker *worker, struct error *err) NODISCARD;
/* Ends the thread, if there is one, and waits for it. */
void worker_stop(struct worker *worker);
void worker_release(struct worker *worker);
/* Tells that something was committed. */
void worker_note_commit(struct worker *worker);
/* Tells that a table came, went, or has another description. */
void worker_note_tables(struct worker *worker);
/* Whether a long duty should come to an end. */
bool worker_stopping(const struct worker *worker);
