/*
 * Jobs: what takes longer than a request may. One thread of the engine's does them
 * one after the other.
 *
 * Invariants:
 * 1. A job that was submitted runs exactly once. When the engine is closed before
 *    its turn or in its midst, job_stopping() is true: it then fails, and takes
 *    back what it began, as for any other failure.
 * 2. A job survives nothing: what one leaves behind when the process dies is
 *    tidied by job_queue_open().
 * 3. The thread begins with the first job, as most engines have none.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include "store/store.h"

enum job_kind { JOB_BACKUP, JOB_RESTORE, JOB_EXPORT, JOB_IMPORT, JOB_KIND_COUNT };

struct job_queue;

/* Embedded in what a kind of job keeps, as its first member. */
struct job {
	enum job_kind kind;
	struct slice subject; /* id of the backup that it reads; absent: none */
	void (*run)(struct job *job);
	void (*free)(struct job *job);
	/* private: */
	struct job_queue *queue;
	struct job *next;
};

/* Removes what interrupted jobs have left, and makes an empty queue. */
int job_queue_open(struct store *store, struct job_queue **ret, struct error *err) NODISCARD;
/* With finish, waits for all jobs; else for the one at work to give up. NULL is
 * allowed. */
void job_queue_close(struct job_queue *queue, bool finish);

/* Whether there is room for one more of that kind; starts the thread. Between this
 * and job_submit() nothing can fail for the queue's sake. "Subscriber limit
 * exceeded: …". */
int job_admit(struct job_queue *queue, enum job_kind kind, struct error *err) NODISCARD;
/* Takes the job over. */
void job_submit(struct job_queue *queue, struct job *job);
/* Whether a job that waits or runs has that subject. */
bool job_concerns(struct job_queue *queue, struct slice subject);
/* From here on it has none: before others are told that it is done. */
void job_let_go(struct job *job);
/* For the job itself, between its steps. */
bool job_stopping(const struct job *job);
/* Lets the writers have their turn. */
void job_nap(void);
/* Takes back what a job has begun, again and again if need be: a full disk keeps
 * even that from being written. What is left when the engine closes is tidied when
 * it is opened. */
typedef int job_undo(void *context, struct error *err);
void job_take_back(const struct job *job, job_undo *undo, void *context);
