#include "follow_private.h"

#include "base/memory.h"

#include <errno.h>

/* Reads of one descriptor that may be parked. */
#define PARKED_MAX 16

static void reply_error(struct follow *follow, fuse_req_t req, const struct follow_reader *reader,
	struct error *err)
{
	fuse_reply_err(req, -filesystem_reject(follow->fs, &reader->handle->opener,
				    reader->handle->node, err, (struct slice){ NULL, 0 }));
}

/* The text from the offset to the end, as much of it as was asked for. */
static void reply_text_at(struct follow *follow, fuse_req_t req, struct follow_reader *reader,
	uint64_t offset, size_t size, uint64_t end)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct error err = ERROR_INIT;

	if (offset >= end)
		size = 0;
	else if (size > end - offset)
		size = end - offset;
	if (stream_text_read(follow->fs, &reader->log->text, offset, size, &text, &err) < 0) {
		reply_error(follow, req, reader, &err);
		return;
	}
	pthread_mutex_lock(&follow->mutex);
	reader->reached = offset + text.len;
	pthread_mutex_unlock(&follow->mutex);
	fuse_reply_buf(req, text.data, text.len);
}

/* What is known of a log when its waiters are looked at. */
struct log_look {
	struct follow *follow;
	struct follow_log *log;
	uint64_t end;
	bool ended; /* nothing comes any more */
	int errnum; /* for those who have nothing to read; 0: they wait on */
};

static void look(struct log_look *look)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct find_stream_output found = { .found = false };

	if (stream_text_look(look->follow->fs, &look->log->text, &arena, &found, &err) < 0)
		look->errnum = -error_to_errno(&err);
	look->end = found.end;
	look->ended = !look->errnum && !(found.found && found.enabled);
}

static void answer_read(const struct log_look *look, const struct waiter *waiter)
{
	struct handle *handle = waiter->reader->handle;

	if (waiter->interrupted)
		fuse_reply_err(waiter->req, EINTR);
	else if (waiter->offset >= look->end && look->errnum)
		fuse_reply_err(waiter->req, look->errnum);
	else
		reply_text_at(look->follow, waiter->req, waiter->reader, waiter->offset,
			waiter->size, look->end);
	handle_unref(handle, look->follow->fs);
}

/* Answers the waiter unless it waits on; whether it does. */
static bool waits_on(const struct log_look *look, struct waiter *waiter)
{
	if (!waiter->interrupted && waiter->offset >= look->end && !look->ended && !look->errnum)
		return true;
	if (waiter->req) {
		answer_read(look, waiter);
	} else {
		fuse_lowlevel_notify_poll(waiter->poll);
		fuse_pollhandle_destroy(waiter->poll);
	}
	free(waiter);
	return false;
}

/* Those who wait, who are interrupted from now on without being found. */
static struct waiter *take_waiters_locked(struct follow_log *log)
{
	struct waiter *taken = log->waiters;

	for (struct waiter *waiter = taken; waiter; waiter = waiter->next) {
		if (waiter->req)
			waiter->reader->parked--;
	}
	log->waiters = NULL;
	log->woken = false;
	return taken;
}

static void add_locked(struct follow *follow, struct follow_log *log, struct waiter *waiter)
{
	waiter->next = log->waiters;
	log->waiters = waiter;
	if (!waiter->req)
		return;
	waiter->reader->parked++;
	if (fuse_req_interrupted(waiter->req)) {
		waiter->interrupted = true;
		follow_wake_locked(follow, log);
	}
}

static struct waiter *answer_waiters(const struct log_look *look, struct waiter *waiters)
{
	struct waiter *waiting = NULL, *next;

	for (struct waiter *waiter = waiters; waiter; waiter = next) {
		next = waiter->next;
		if (!waits_on(look, waiter))
			continue;
		waiter->next = waiting;
		waiting = waiter;
	}
	return waiting;
}

/* Looks at a log's waiters; the mutex is given away meanwhile. */
void follow_serve_locked(struct follow *follow, struct follow_log *log)
{
	struct waiter *waiters = take_waiters_locked(log), *next;
	struct log_look at = { .follow = follow, .log = log };
	bool gone = follow->gone || follow->ending;
	uint64_t changes = log->changes;

	log->references++;
	pthread_mutex_unlock(&follow->mutex);
	look(&at);
	if (gone && !at.ended)
		at.errnum = ENOTCONN;
	waiters = answer_waiters(&at, waiters);
	pthread_mutex_lock(&follow->mutex);
	for (struct waiter *waiter = waiters; waiter; waiter = next) {
		next = waiter->next;
		add_locked(follow, log, waiter);
	}
	log->woken |= log->changes != changes;
	follow_log_unref_locked(follow, log);
}

/* Called with a lock of the request's own, from another worker. */
static void note_interrupt(fuse_req_t req, void *context)
{
	struct follow *follow = context;

	pthread_mutex_lock(&follow->mutex);
	for (struct follow_log *log = follow->logs; log; log = log->next) {
		for (struct waiter *waiter = log->waiters; waiter; waiter = waiter->next) {
			if (waiter->req != req)
				continue;
			waiter->interrupted = true;
			follow_wake_locked(follow, log);
		}
	}
	pthread_mutex_unlock(&follow->mutex);
}

/* Keeps a waiter, who began to look at that count of changes: 0 or -errno. */
static int park(struct follow *follow, struct waiter *waiter, uint64_t changes)
{
	struct follow_log *log = waiter->reader->log;
	int r = 0;

	/* Not under the mutex: the request has a lock that comes before it. */
	if (waiter->req)
		fuse_req_interrupt_func(waiter->req, note_interrupt, follow);
	pthread_mutex_lock(&follow->mutex);
	if ((waiter->req && waiter->reader->parked == PARKED_MAX) || !follow_start_locked(follow))
		r = -EAGAIN;
	else
		add_locked(follow, log, waiter);
	if (r == 0 && (log->changes != changes || follow->gone))
		follow_wake_locked(follow, log);
	pthread_mutex_unlock(&follow->mutex);
	return r;
}

static uint64_t count_changes(struct follow *follow, const struct follow_log *log)
{
	uint64_t changes;

	pthread_mutex_lock(&follow->mutex);
	changes = log->changes;
	pthread_mutex_unlock(&follow->mutex);
	return changes;
}

static void park_read(struct follow *follow, const struct waiter *read, uint64_t changes)
{
	struct waiter *waiter = memory_new(sizeof(*waiter));
	struct handle *handle = handle_ref(read->reader->handle);
	fuse_req_t req = read->req;
	int r;

	*waiter = *read;
	r = park(follow, waiter, changes);
	if (r == 0)
		return;
	fuse_reply_err(req, -r);
	free(waiter);
	handle_unref(handle, follow->fs);
}

void follow_read(struct filesystem *fs, fuse_req_t req, struct follow_reader *reader, size_t size,
	off_t offset, bool wait)
{
	struct follow *follow = fs->follow;
	struct waiter waiter = {
		.req = req,
		.reader = reader,
		.offset = reader->base + (uint64_t)offset,
		.size = size,
	};
	struct log_look at = { .follow = follow, .log = reader->log };
	uint64_t changes = count_changes(follow, reader->log);

	look(&at);
	if (waiter.offset < at.end || at.ended)
		reply_text_at(follow, req, reader, waiter.offset, size, at.end);
	else if (at.errnum || !wait)
		fuse_reply_err(req, at.errnum ? at.errnum : EAGAIN);
	else
		park_read(follow, &waiter, changes);
}

void follow_drop_polls_locked(struct follow_log *log, const struct follow_reader *reader)
{
	struct waiter **link = &log->waiters;

	while (*link) {
		struct waiter *waiter = *link;

		if (waiter->req || (reader && waiter->reader != reader)) {
			link = &waiter->next;
			continue;
		}
		*link = waiter->next;
		fuse_pollhandle_destroy(waiter->poll);
		free(waiter);
	}
}

static void park_poll(struct follow *follow, struct follow_reader *reader, uint64_t offset,
	struct fuse_pollhandle *poll, uint64_t changes)
{
	struct waiter *waiter = memory_new(sizeof(*waiter));

	*waiter = (struct waiter){ .poll = poll, .reader = reader, .offset = offset };
	pthread_mutex_lock(&follow->mutex);
	follow_drop_polls_locked(reader->log, reader);
	pthread_mutex_unlock(&follow->mutex);
	if (park(follow, waiter, changes) == 0)
		return;
	fuse_pollhandle_destroy(poll);
	free(waiter);
}

bool follow_poll(struct filesystem *fs, struct follow_reader *reader, struct fuse_pollhandle *poll)
{
	struct follow *follow = fs->follow;
	struct log_look at = { .follow = follow, .log = reader->log };
	uint64_t changes, offset;
	bool ready;

	pthread_mutex_lock(&follow->mutex);
	changes = reader->log->changes;
	offset = reader->reached;
	pthread_mutex_unlock(&follow->mutex);
	look(&at);
	ready = offset < at.end || at.ended || at.errnum;
	if (poll && ready)
		fuse_pollhandle_destroy(poll);
	else if (poll)
		park_poll(follow, reader, offset, poll, changes);
	return ready;
}
