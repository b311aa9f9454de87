/*
 * `.api/OPERATION`: a request in, its response out, in the JSON of Amazon's API.
 *
 * The write() that completes the request runs it, and fails when it does. What
 * the service would have said of that over HTTP is then the answer to read.
 */
#include "session.h"

#include "acting.h"
#include "api/body.h"
#include "api/engine.h"
#include "api/wire.h"
#include "invalidate.h"
#include "model/json.h"

struct operation_session {
	struct session session;
	struct json_scanner scanner; /* of the request that is being written */
};

static struct operation_session *operation_session_of(struct session *session)
{
	return (struct operation_session *)session;
}

static const struct operation *operation_of(struct session *session)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_load(session->fs->nodes, session->handle.node, &arena, &view);
	return operation_find(view.name);
}

/* What is no JSON is said in our words, with the place, but is of the class that
 * the service has for it. */
static int not_json(struct error *err)
{
	if (err->class == ERROR_VALIDATION)
		err->class = ERROR_NOT_JSON;
	return -1;
}

static int take_request(struct session *session, struct slice piece, struct error *err)
{
	struct json_scanner *scanner = &operation_session_of(session)->scanner;
	int r;

	if (session->text.len == piece.len) {
		json_scanner_release(scanner);
		json_scanner_init(scanner);
		scanner->only_judges = true;
	}
	r = json_scanner_feed(scanner, piece, err);
	if (r < 0)
		return not_json(err);
	return r == JSON_COMPLETE ? SESSION_WHOLE : 0;
}

static int judge_request(struct session *session, struct error *err)
{
	if (json_scanner_finish(&operation_session_of(session)->scanner, err) < 0)
		return not_json(err);
	return 0;
}

static int run_operation(struct session *session, const struct operation *operation,
	struct slice text, struct buf *answer, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	void *input = arena_alloc(&arena, operation->input->size);
	struct request request = {
		.operation = (enum operation_id)(operation - operations),
		.door = DOOR_MOUNT,
		.caller = acting_caller(),
		.principal = &session->principal,
		.as_json = true,
		.arena = &arena,
		.input = input,
	};

	TRY(body_read(operation, text, &arena, input, err));
	if (operation->output)
		request.output = arena_alloc_zero(&arena, operation->output->size);
	if (engine_run(session->fs->engine, &request, err) < 0) {
		err->place.known = false; /* is within an expression, not in this text */
		return -1;
	}
	if (operation->empty_answer)
		return 0;
	wire_write(operation->output, request.output, answer);
	buf_append_char(answer, '\n');
	return 0;
}

static bool may_change(const struct operation *operation)
{
	return operation->kind == OPERATION_WRITE || operation->kind == OPERATION_ADMIN;
}

static int ask_operation(struct session *session, struct slice text, struct error *err)
{
	const struct operation *operation = operation_of(session);
	int r = run_operation(session, operation, text, &session->window.text, err);

	if (may_change(operation))
		invalidate_settle(session->fs);
	session_answer_whole(session);
	return r;
}

static void answer_exception(struct session *session, const struct error *err)
{
	body_append_error(&session->window.text, err);
	buf_append_char(&session->window.text, '\n');
}

/* A request without members is a presumption only where it can't do harm. */
static struct slice presumed_request(struct session *session)
{
	const struct operation *operation = operation_of(session);
	const struct request_shape *input = operation->input;

	if (operation->kind == OPERATION_WRITE)
		return (struct slice){ NULL, 0 };
	for (size_t i = 0; i < input->count; i++) {
		if (input->fields[i].required)
			return (struct slice){ NULL, 0 };
	}
	return SLICE("{}");
}

static void release_scanner(struct session *session)
{
	json_scanner_release(&operation_session_of(session)->scanner);
}

static int open_operation(struct filesystem *fs, const struct caller *caller,
	struct node_view *view, int flags, struct handle **ret, struct fuse_file_info *info)
{
	static const struct session_kind kind = {
		.size = sizeof(struct operation_session),
		.text_max = BODY_MAX,
		.unasked = "no request was written: write one to this file as JSON, and read the "
			   "answer from the same descriptor, or by the next command",
		.take = take_request,
		.judge = judge_request,
		.ask = ask_operation,
		.answer_refusal = answer_exception,
		.presumed = presumed_request,
		.release = release_scanner,
	};

	return session_open(fs, caller, view, &kind, flags, ret, info);
}

const struct file_operations operation_file = {
	.open = open_operation,
	.read = session_read,
	.write = session_write,
	.flush = session_flush,
	.fsync = file_flush_nothing,
	.truncate = session_truncate,
	.release = session_release,
};
