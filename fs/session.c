/*
 * The conversation of a session: what a request means, and what it is answered.
 */
#include "session_private.h"

#include "base/clock.h"
#include "base/text.h"
#include "kept_questions.h"
#include "rejection.h"

#include <errno.h>

#define ABSENT_SLICE ((struct slice){ NULL, 0 })

void session_answer_whole(struct session *session)
{
	session->window.whole = true;
	session->ended = true;
}

static bool writes_only(const struct session *session)
{
	return (session->handle.flags & O_ACCMODE) == O_WRONLY;
}

static bool reads_only(const struct session *session)
{
	return (session->handle.flags & O_ACCMODE) == O_RDONLY;
}

/* What a kept question is of: the same file of a table made anew is another. */
static struct slice file_of(struct session *session, struct arena *arena)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_load(session->fs->nodes, session->handle.node, arena, &view);
	return arena_printf(arena, "%.*s/%.*s", SLICE_ARG(view.table ? view.table->id : SLICE("")),
		SLICE_ARG(view.name));
}

static void keep(struct session *session, struct slice text)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct kept_question question = { .text = text };

	if (session->window.whole)
		question.answer = buf_slice(&session->window.text);
	kept_questions_put(session->fs->kept_questions, session->handle.opener.uid,
		file_of(session, &arena), &question, clock_monotonic_ns());
	answer_window_clear(&session->window); /* nobody reads it here */
}

static void forget_answer(struct session *session)
{
	if (session->asked && session->kind->forget)
		session->kind->forget(session);
	answer_window_clear(&session->window);
	session->asked = session->looked_at = session->ended = false;
}

/* Before the first piece of a question. */
static void begin_question(struct session *session)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	forget_answer(session);
	if (writes_only(session))
		kept_questions_forget(session->fs->kept_questions, session->handle.opener.uid,
			file_of(session, &arena));
}

static void drop_text(struct session *session)
{
	buf_release(&session->text);
	atomic_fetch_sub(&session->fs->long_bytes, session->charged);
	session->charged = 0;
	atomic_store(&session->collecting, false);
}

/* Returns -errno; the text is given up. */
static int refuse_text(struct session *session, struct error *err)
{
	int r;

	forget_answer(session);
	if (session->kind->answer_refusal) {
		session->kind->answer_refusal(session, err);
		session_answer_whole(session);
		session->asked = true;
		if (writes_only(session))
			keep(session, SLICE(""));
	}
	r = filesystem_reject(session->fs, &session->handle.opener, session->handle.node, err,
		buf_slice(&session->text));
	drop_text(session);
	return r;
}

static int ask(struct session *session, struct slice text, struct error *err)
{
	session->asked = true; /* what there is then to forget */
	TRY(session->kind->ask(session, text, err));
	if (writes_only(session))
		keep(session, text);
	return 0;
}

static int ask_text(struct session *session, struct error *err)
{
	TRY(ask(session, buf_slice(&session->text), err));
	drop_text(session);
	return 0;
}

/* Counts a piece that makes a text long. */
static int charge(struct session *session, size_t size, struct error *err)
{
	if (session->text.len + size <= SESSION_TEXT_SHORT)
		return 0;
	session->charged += size;
	if (atomic_fetch_add(&session->fs->long_bytes, size) + size <= SESSION_TEXTS_MAX)
		return 0;
	return error_set(err, ERROR_LIMIT_EXCEEDED,
		"long texts that are being written to this mount have %zu MB together: write this "
		"one when they are done",
		SESSION_TEXTS_MAX >> 20);
}

static int collect(struct session *session, struct slice piece, struct error *err)
{
	int r;

	if (!session->text.len)
		begin_question(session);
	if (session->text.len + piece.len > session->kind->text_max)
		return error_set(err, ERROR_TOO_LARGE, "this file takes at most %zu bytes at once",
			session->kind->text_max);
	TRY(charge(session, piece.len, err));
	buf_append_slice(&session->text, piece);
	atomic_store(&session->collecting, !text_is_blank(buf_slice(&session->text)));
	r = session->kind->take(session, piece, err);
	if (r == SESSION_WHOLE)
		r = ask_text(session, err);
	return r;
}

/* The end of the line after what was complete without it. */
static bool belongs_to_asked(const struct session *session, struct slice piece)
{
	return session->asked && !session->looked_at && !session->text.len && text_is_blank(piece);
}

static void serve_write(struct session *session, const struct session_request *request)
{
	struct slice piece = slice_of(request->data, request->size);
	struct error err = ERROR_INIT;

	if (!belongs_to_asked(session, piece) && collect(session, piece, &err) < 0)
		fuse_reply_err(request->req, -refuse_text(session, &err));
	else
		fuse_reply_write(request->req, request->size);
}

/* A text that is not complete stays: the file may be open elsewhere, and more
 * may come. */
static void serve_flush(struct session *session, const struct session_request *request)
{
	struct slice text = buf_slice(&session->text);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (text_is_blank(text)) { /* asked meanwhile */
		fuse_reply_err(request->req, 0);
	} else if (session->kind->judge(session, &err) < 0) {
		fuse_reply_err(request->req, -error_to_errno(&err));
	} else {
		if (writes_only(session))
			keep(session, text);
		fuse_reply_err(request->req, 0);
	}
}

/* ENODATA, with what to do in .error. */
static int refuse_unasked(struct session *session)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct rejection rejection = {
		.path = node_path(session->fs->nodes, session->handle.node, &arena),
		.err = &err,
		.errnum = ENODATA,
	};

	error_set(&err, ERROR_VALIDATION, "%s", session->kind->unasked);
	rejection_record(session->fs->rejections, session->handle.opener.uid, &rejection);
	return -ENODATA;
}

/* The question of who reads without having asked on this descriptor. */
static int ask_presumed(struct session *session)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct kept_question question = { 0 };
	struct error err = ERROR_INIT;
	bool known = reads_only(session) &&
		     kept_questions_find(session->fs->kept_questions, session->handle.opener.uid,
			     file_of(session, &arena), clock_monotonic_ns(), &arena, &question);

	if (!known && session->kind->presumed)
		question.text = session->kind->presumed(session);
	if (!slice_present(question.text))
		return refuse_unasked(session);
	if (slice_present(question.answer)) {
		buf_append_slice(&session->window.text, question.answer);
		session_answer_whole(session);
		session->asked = true;
		return 0;
	}
	if (ask(session, question.text, &err) == 0)
		return 0;
	buf_append_slice(&session->text, question.text);
	return refuse_text(session, &err);
}

/* Sees to it that there is an answer: 0 or -errno. */
static int be_asked(struct session *session)
{
	struct error err = ERROR_INIT;

	if (session->asked)
		return 0;
	if (text_is_blank(buf_slice(&session->text)))
		return ask_presumed(session);
	return ask_text(session, &err) < 0 ? refuse_text(session, &err) : 0;
}

static bool is_interrupted(const struct session *session, const struct session_request *request)
{
	return atomic_load(&session->fs->ending) || fuse_req_interrupted(request->req);
}

static void reply_part(struct session *session, const struct session_request *request)
{
	struct slice part = answer_window_at(&session->window, request->offset);

	session->looked_at = true;
	fuse_reply_buf(
		request->req, part.data, part.len < request->size ? part.len : request->size);
}

static int refuse_passed(struct session *session)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_VALIDATION,
		"an answer is a stream: it is read in order, or again from its beginning");
	return filesystem_reject(
		session->fs, &session->handle.opener, session->handle.node, &err, ABSENT_SLICE);
}

bool session_serve_from_window(struct session *session, const struct session_request *request)
{
	switch (answer_window_seek(&session->window, request->offset)) {
	case WINDOW_READY:
		reply_part(session, request);
		return true;
	case WINDOW_PASSED:
		fuse_reply_err(request->req, -refuse_passed(session));
		return true;
	case WINDOW_REWOUND:
		session->kind->rewind(session);
		session->ended = false;
		return false;
	case WINDOW_SHORT:
		break;
	}
	if (!session->ended)
		return false;
	session->looked_at = true;
	fuse_reply_buf(request->req, NULL, 0);
	return true;
}

/* One page of an answer; false when there must be another one. */
static bool serve_read(struct session *session, const struct session_request *request)
{
	struct error err = ERROR_INIT;
	int r = be_asked(session);

	if (r < 0) {
		fuse_reply_err(request->req, -r);
		return true;
	}
	if (session_serve_from_window(session, request))
		return true;
	if (is_interrupted(session, request)) {
		fuse_reply_err(request->req, EINTR);
		return true;
	}
	if (session->kind->more(session, &err) < 0) {
		fuse_reply_err(
			request->req, -filesystem_reject(session->fs, &session->handle.opener,
					      session->handle.node, &err, ABSENT_SLICE));
		return true;
	}
	return session_serve_from_window(session, request);
}

bool session_serve(struct session *session, const struct session_request *request)
{
	switch (request->verb) {
	case SESSION_READ:
		return serve_read(session, request);
	case SESSION_WRITE:
		serve_write(session, request);
		break;
	case SESSION_FLUSH:
		serve_flush(session, request);
		break;
	}
	return true;
}

/* A writer that never finished: nothing was asked. */
static void explain_abandoned(struct session *session)
{
	struct slice text = buf_slice(&session->text);
	struct error err = ERROR_INIT;

	if (!text_is_blank(text) && session->kind->judge(session, &err) < 0)
		filesystem_reject(
			session->fs, &session->handle.opener, session->handle.node, &err, text);
}

void session_end(struct session *session)
{
	explain_abandoned(session);
	forget_answer(session);
	drop_text(session);
	if (session->kind->release)
		session->kind->release(session);
}
