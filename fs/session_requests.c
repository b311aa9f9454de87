/*
 * The requests of a session: their queue, and the job that serves them.
 */
#include "session_private.h"

#include "api/body.h"
#include "base/memory.h"
#include "executor.h"
#include "ownership.h"

#include <errno.h>

#define TURN_PAUSE_NS 2000000LL

int session_open(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	const struct session_kind *kind, int flags, struct handle **ret,
	struct fuse_file_info *info)
{
	struct session *session = memory_new_zero(kind->size);

	handle_init(&session->handle, fs, view->kind, caller, view->node, flags);
	session->fs = fs;
	session->principal = ownership_principal(fs, caller);
	session->kind = kind;
	pthread_mutex_init(&session->mutex, NULL);
	session->last = &session->first;
	info->direct_io = 1;
	info->noflush = !handle_writes(&session->handle);
	*ret = &session->handle;
	return 0;
}

/* Takes the request off that was served; whether another one waits. */
static bool next_request(struct session *session)
{
	struct session_request *served = session->first;
	bool more;

	pthread_mutex_lock(&session->mutex);
	session->first = served->next;
	more = session->first != NULL;
	if (!more)
		session->last = &session->first;
	session->busy = more;
	pthread_mutex_unlock(&session->mutex);
	free(served);
	return more;
}

static bool needs_turn(const struct session *session)
{
	const struct session_request *request = session->first;

	return request->verb == SESSION_WRITE && session->text.len + request->size > BODY_LONG;
}

/* The session's job. At the end of the mount nothing is submitted any more. */
static void work(void *context)
{
	struct session *session = context;
	struct filesystem *fs = session->fs;
	bool more, turn = needs_turn(session);

	if (turn && atomic_exchange(&fs->long_turn, true) && !atomic_load(&fs->ending)) {
		executor_submit_later(fs->executor, TURN_PAUSE_NS, work, session);
		return;
	}
	do
		more = !session_serve(session, session->first) || next_request(session);
	while (more && atomic_load(&fs->ending));
	if (turn)
		atomic_store(&fs->long_turn, false);
	if (more)
		executor_submit(fs->executor, work, session);
	else
		handle_unref(&session->handle, fs);
}

static bool read_at_once_locked(struct session *session, const struct session_request *request)
{
	const struct session_kind *kind = session->kind;

	if (!session->asked || session->text.len)
		return false;
	if (kind->reads_quickly && kind->reads_quickly(session))
		return session_serve(session, request);
	return session_serve_from_window(session, request);
}

static bool write_at_once_locked(struct session *session, const struct session_request *request)
{
	struct slice piece = slice_of(request->data, request->size);
	const struct session_kind *kind = session->kind;

	return kind->takes_quickly && kind->takes_quickly(session, piece) &&
	       session_serve(session, request);
}

/* Whether it was answered without the executor. */
static bool serve_at_once(struct session *session, const struct session_request *request)
{
	bool served = false;

	pthread_mutex_lock(&session->mutex);
	if (!session->busy && request->verb == SESSION_READ)
		served = read_at_once_locked(session, request);
	else if (!session->busy && request->verb == SESSION_WRITE)
		served = write_at_once_locked(session, request);
	pthread_mutex_unlock(&session->mutex);
	return served;
}

static void enqueue(struct session *session, struct session_request *request)
{
	bool busy;

	pthread_mutex_lock(&session->mutex);
	*session->last = request;
	session->last = &request->next;
	busy = session->busy;
	session->busy = true;
	pthread_mutex_unlock(&session->mutex);
	if (busy)
		return;
	handle_ref(&session->handle);
	executor_submit(session->fs->executor, work, session);
}

static void submit(struct session *session, const struct session_request *fields, struct slice data)
{
	struct session_request *request = memory_new(sizeof(*request) + data.len);

	*request = *fields;
	if (data.len)
		memcpy(request->data, data.data, data.len);
	if (serve_at_once(session, request))
		free(request);
	else
		enqueue(session, request);
}

void session_read(
	struct filesystem *fs, fuse_req_t req, struct handle *handle, size_t size, off_t offset)
{
	struct session_request request = {
		.verb = SESSION_READ,
		.req = req,
		.size = size,
		.offset = offset,
	};

	(void)fs;
	submit(session_of(handle), &request, (struct slice){ NULL, 0 });
}

void session_write(struct filesystem *fs, fuse_req_t req, struct handle *handle, struct slice data,
	off_t offset)
{
	struct session_request request = { .verb = SESSION_WRITE, .req = req, .size = data.len };

	(void)fs;
	(void)offset; /* a conversation: in the order of arrival */
	submit(session_of(handle), &request, data);
}

void session_flush(struct filesystem *fs, fuse_req_t req, struct handle *handle)
{
	struct session_request request = { .verb = SESSION_FLUSH, .req = req };

	(void)fs;
	if (atomic_load(&session_of(handle)->collecting))
		submit(session_of(handle), &request, (struct slice){ NULL, 0 });
	else
		fuse_reply_err(req, 0);
}

int session_truncate(struct filesystem *fs, struct handle *handle, off_t size)
{
	(void)fs;
	(void)handle;
	return size ? -EPERM : 0;
}

void session_release(struct filesystem *fs, struct handle *handle)
{
	struct session *session = session_of(handle);

	session_end(session);
	ownership_principal_release(&session->principal);
	pthread_mutex_destroy(&session->mutex);
	handle_done(handle, fs);
	free(session);
}
