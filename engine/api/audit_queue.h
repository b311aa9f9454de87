/*
 * The queue between the calls and the journal, and the thread that empties it.
 *
 * Invariants:
 * 1. Records are written in the order in which they were queued, a batch in each
 *    transaction, each at most AUDIT_DELAY_NS after it came.
 * 2. The thread sleeps while the queue is empty, and is woken once for a batch.
 * 3. When the journal cannot be written, records are dropped and counted, until
 *    it can be again.
 */
#pragma once

#include "api/audit_line.h"
#include "store/journal.h"

#include <pthread.h>

struct audit_queue {
	struct journal *journal;
	uint64_t max_bytes; /* of the journal */
	pthread_mutex_t lock; /* of what follows; a leaf */
	pthread_cond_t wake; /* the thread: something came, or can't wait */
	pthread_cond_t written; /* the callers */
	struct buf records;
	uint64_t queued, done; /* records, ever */
	bool urgent, stopping;
	bool running; /* there is a thread */
	pthread_t thread;
	/* The thread's own: */
	struct audit_writer writer;
	struct buf batch, lines;
	uint64_t lost;
};

int audit_queue_start(struct audit_queue *queue, struct error *err) NODISCARD;
/* Writes what is queued and ends the thread. */
void audit_queue_stop(struct audit_queue *queue);
/* Adds a record; with `now` returns when it was written, or could not be. */
void audit_queue_add(struct audit_queue *queue, struct slice record, bool now);
