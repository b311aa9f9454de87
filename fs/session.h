/*
 * Sessions: an open descriptor to which questions are written, and from which
 * each one's answer is read before the next is asked.
 *
 * A question is collected from as many writes as it takes. The write() that
 * completes it is the one that fails when there is a mistake in it; what is not
 * complete is asked by the first read at the latest. A question that refuses to
 * be one leaves nothing behind: the next write begins another.
 *
 * Who opened the file for writing only can't read the answer: what he asked is
 * kept (kept_questions.h) for a descriptor of his that is opened for reading
 * only.
 *
 * Invariants:
 * 1. The requests of a session are served one at a time and in the order of
 *    their arrival, by a job of the executor. While it runs (`busy`) all that
 *    stands below the mutex is the job's, else the mutex's holder's. What is
 *    quickly done is done at once, under the mutex, when no job runs: handing
 *    a request over costs as much as a key query.
 * 2. A job does one step, a page of an answer at most, and then goes to the end
 *    of the executor's queue: no number of long answers keeps others waiting,
 *    and none takes more memory than a page and the window.
 * 3. A question that changes something is asked once. Its answer is kept whole,
 *    and reading it again asks nothing.
 * 4. A request that is interrupted is answered after the step under way.
 * 5. Long texts (BODY_LONG) are read one at a time (api/body.h). Who waits for his
 *    turn keeps no thread. All texts together that are being written have at most
 *    SESSION_TEXTS_MAX bytes, short ones aside.
 */
#pragma once

#include "answer_window.h"
#include "api/principal.h"
#include "files.h"
#include <pthread.h>

struct session;
struct session_request;

#define SESSION_WHOLE      1
#define SESSION_TEXTS_MAX  ((size_t)256 << 20)
#define SESSION_TEXT_SHORT ((size_t)64 << 10)

/* What a kind of file does with questions. The functions run in the executor's
 * threads; those that fail set the error and change nothing. */
struct session_kind {
	size_t size; /* of the struct that begins with a struct session */
	size_t text_max;
	const char *unasked; /* what is told to who reads and has asked nothing */
	/* Looks at the piece that the text now ends with: 0 or SESSION_WHOLE. */
	int (*take)(struct session *session, struct slice piece, struct error *err);
	/* Whether the text could be asked as it is, when a descriptor is closed that
	 * may not be the last one. */
	int (*judge)(struct session *session, struct error *err);
	/* Asks. What is to be done is done; an answer that must not be made twice
	 * goes into the window, with session_answer_whole(). */
	int (*ask)(struct session *session, struct slice text, struct error *err);
	/* Appends what comes next to the window's text, and notes the end. */
	int (*more)(struct session *session, struct error *err);
	/* Begins the answer again. */
	void (*rewind)(struct session *session);
	/* Releases what ask() and more() have made. NULL: nothing. */
	void (*forget)(struct session *session);
	/* The same of take(), at the end. NULL: nothing. */
	void (*release)(struct session *session);
	/* Fills the window with what can be read after a refusal. NULL: nothing. */
	void (*answer_refusal)(struct session *session, const struct error *err);
	/* Whether the next step takes no longer than reading an item does, so that
	 * the thread that serves the kernel does it: that of a read, or of a write
	 * with this piece. NULL: never. */
	bool (*reads_quickly)(struct session *session);
	bool (*takes_quickly)(struct session *session, struct slice piece);
	/* What is asked by reading when nothing was written; absent: nothing. */
	struct slice (*presumed)(struct session *session);
};

struct session {
	struct handle handle;
	struct filesystem *fs;
	struct principal principal; /* of the opener: what is asked is judged by it */
	const struct session_kind *kind;
	pthread_mutex_t mutex;
	struct session_request *first, **last; /* to be served: the mutex's */
	bool busy;
	atomic_bool collecting; /* the text holds something: a close has what to judge */
	struct buf text; /* of a question that was not asked yet */
	size_t charged; /* of it, in filesystem.long_bytes */
	bool asked; /* there is an answer */
	bool looked_at; /* something of it was read */
	bool ended; /* the window has its end */
	struct answer_window window;
};

static inline struct session *session_of(struct handle *handle)
{
	return (struct session *)handle;
}

/* Opens a descriptor of that kind. */
int session_open(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	const struct session_kind *kind, int flags, struct handle **ret,
	struct fuse_file_info *info);
/* The window's text is the answer. */
void session_answer_whole(struct session *session);

/* Operations of these files, but for opening. Each child of a shell flushes what
 * it inherits when it ends: that waits for nothing unless there is what to judge. */
void session_read(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset);
void session_write(struct filesystem *fs, fuse_req_t req, struct handle *handle, struct slice data,
	off_t offset);
void session_flush(struct filesystem *fs, fuse_req_t req, struct handle *handle);
int session_truncate(struct filesystem *fs, struct handle *handle, off_t size);
void session_release(struct filesystem *fs, struct handle *handle);
