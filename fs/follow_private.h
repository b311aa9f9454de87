/* What follow.c, the place and its thread, and follow_wait.c, those who wait in it,
 * share. */
#pragma once

#include "follow.h"
#include "stream_text.h"

/* A read that is parked, or a poll. */
struct waiter {
	struct waiter *next;
	fuse_req_t req; /* NULL: a poll */
	struct fuse_pollhandle *poll;
	struct follow_reader *reader; /* of a poll only to be compared: it may be gone */
	uint64_t offset; /* in the text */
	size_t size;
	bool interrupted;
};

/* A stream that is followed. */
struct follow_log {
	struct follow_log *next;
	unsigned references;
	struct slice table_id; /* owned */
	struct stream_text text;
	uint64_t changes; /* told of so far */
	bool woken; /* its waiters are to be looked at */
	struct waiter *waiters;
};

/* The mutex guards all of it; neither the engine nor the kernel is asked under
 * it. */
struct follow {
	struct filesystem *fs;
	pthread_mutex_t mutex;
	struct follow_log *logs;
	pthread_t thread;
	bool started, ending;
	int wake; /* eventfd */
	int mounts; /* tells when mounts change; -1: nobody does */
	follow_detached *detached;
	void *detached_context;
	bool gone; /* the mount is detached */
};

/* Has the thread look at those who wait. */
void follow_wake_locked(struct follow *follow, struct follow_log *log);
/* Begins the thread, if need be; false when that is not possible. */
bool follow_start_locked(struct follow *follow);
/* Looks at those who wait for a log, and answers those it can; the mutex is given
 * away meanwhile. */
void follow_serve_locked(struct follow *follow, struct follow_log *log);
void follow_log_unref_locked(struct follow *follow, struct follow_log *log);
/* Forgets the polls of a reader, NULL: of all. */
void follow_drop_polls_locked(struct follow_log *log, const struct follow_reader *reader);
