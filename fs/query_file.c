/*
 * `.query` in a table and `.partiql` at the root: a question in, the answer's
 * items as JSON Lines out.
 *
 * A question is what question.h reads, of `.partiql` a statement. "EXPLAIN" in
 * front of it asks for the plan alone. The write() that completes a question
 * fails when there is a mistake in it, and runs a statement that writes; items
 * are fetched as they are read.
 */
#include "session.h"

#include "api/question.h"
#include "base/clock.h"
#include "invalidate.h"
#include "requests.h"

#define QUESTION_MAX (1u << 20)
/* What is parsed in less time than it takes to hand it over. */
#define QUICK_TEXT_MAX 1024
/* Items looked at for a page. The first page is small: who reads no further takes
 * little memory. The next ones become larger while they take no longer than
 * PAGE_NS: so long do others wait for a thread. */
#define PAGE_FIRST 128
#define PAGE_MIN   512
#define PAGE_MAX   4096
#define PAGE_NS    10000000LL

struct query_session {
	struct session session;
	struct arena arena; /* of the question */
	struct question question;
	struct answer answer;
	size_t page_limit;
};

static struct query_session *query_of(struct session *session)
{
	return (struct query_session *)session;
}

static int run_request(void *context, enum operation_id operation, const void *input, void *output,
	struct arena *arena, struct error *err)
{
	struct session *session = context;
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_load(session->fs->nodes, session->handle.node, arena, &view);
	if (view.table)
		TRY(mount_table_check(view.table, err));
	return request_run_for(
		session->fs, &session->principal, operation, input, output, arena, err);
}

static int describe_named(struct session *session, const struct principal *principal,
	struct slice name, struct arena *arena, const struct table_facts **ret, struct error *err)
{
	struct describe_table_input input = { .table_name = name };
	struct describe_table_output output = { 0 };

	TRY(request_run_for(
		session->fs, principal, OPERATION_DESCRIBE_TABLE, &input, &output, arena, err));
	*ret = output.table;
	return 0;
}

/* What DescribeTable tells, NULL at the root. Who may write to the table without
 * reading it may ask, too: its key is no secret to him. */
static int describe(struct session *session, struct arena *arena, const struct table_facts **ret,
	struct error *err)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };

	node_load(session->fs->nodes, session->handle.node, arena, &view);
	*ret = NULL;
	if (!view.table)
		return 0;
	TRY(mount_table_check(view.table, err));
	return describe_named(session, NULL, view.table->name, arena, ret, err);
}

/* A statement at the root names its table, against which it is read again: one that
 * reads would tell only its reader of a table or an index that is not there. */
static int read_against(struct session *session, struct slice text, const struct table_facts *table,
	struct arena *arena, struct question *ret, struct error *err)
{
	TRY(question_read(text, table, arena, ret, err));
	if (table || ret->plan == PLAN_WRITE || !slice_present(ret->table_name))
		return 0;
	TRY(describe_named(session, &session->principal, ret->table_name, arena, &table, err));
	return question_read(text, table, arena, ret, err);
}

/* The text with blanks in the place of a word EXPLAIN that it begins with, so that
 * places in it stay; absent when it doesn't. */
static struct slice without_explain(struct slice text, struct arena *arena)
{
	static const char word[] = "explain";
	size_t blanks = 0;
	struct slice rest;

	while (blanks < text.len && strchr(" \t\r\n", text.data[blanks]))
		blanks++;
	rest = slice_skip(text, blanks);
	if (rest.len < sizeof(word) || strncasecmp(rest.data, word, sizeof(word) - 1) != 0 ||
		!strchr(" \t\r\n", rest.data[sizeof(word) - 1]))
		return (struct slice){ NULL, 0 };
	rest = arena_copy(arena, text);
	memset((char *)rest.data + blanks, ' ', sizeof(word) - 1);
	return rest;
}

/* "explain" can be an attribute's name as well, as in `explain = 3`: what is a
 * question as it stands is that. */
static int read_question(struct session *session, struct slice text, struct arena *arena,
	struct question *ret, bool *ret_explain, struct error *err)
{
	struct slice rest = without_explain(text, arena);
	const struct table_facts *table;

	TRY(describe(session, arena, &table, err));
	*ret_explain = false;
	if (!slice_present(rest))
		return read_against(session, text, table, arena, ret, err);
	if (read_against(session, text, table, arena, ret, err) == 0)
		return 0;
	error_release(err);
	*ret_explain = true;
	return read_against(session, rest, table, arena, ret, err);
}

static int take_question(struct session *session, struct slice piece, struct error *err)
{
	(void)piece;
	(void)err;
	return question_is_complete(buf_slice(&session->text)) ? SESSION_WHOLE : 0;
}

/* At a close: it is too late to tell a shell how a write went, and too early to
 * know that no more comes. */
static int judge_question(struct session *session, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct question question;
	bool explain;

	TRY(read_question(session, buf_slice(&session->text), &arena, &question, &explain, err));
	if (question.plan != PLAN_WRITE || explain)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"this statement was not run: one that writes ends with a newline, outside of "
		"quotes and brackets");
}

/* Each line of the plan as a comment. */
static void answer_plan(struct query_session *query)
{
	struct buf *text = &query->session.window.text;
	struct buf plan CLEANUP(buf_release) = BUF_INIT;
	struct slice rest;

	question_explain(&query->question, &plan);
	for (rest = buf_slice(&plan); rest.len;) {
		const char *end = memchr(rest.data, '\n', rest.len);
		size_t len = end ? (size_t)(end - rest.data) + 1 : rest.len;

		buf_append_string(text, "# ");
		buf_append(text, rest.data, len);
		rest = slice_skip(rest, len);
	}
	session_answer_whole(&query->session);
}

/* The limit of the page after one that took so long. */
static size_t next_limit(size_t limit, int64_t took)
{
	if (took > PAGE_NS)
		return limit / 2 < PAGE_MIN ? PAGE_MIN : limit / 2;
	return limit * 2 > PAGE_MAX ? PAGE_MAX : limit * 2;
}

static int append_page(struct query_session *query, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct answer *answer = &query->answer;
	struct request_list items = { 0 };
	int64_t start = clock_monotonic_ns();

	TRY(answer_next(answer, run_request, query, query->page_limit, &arena, &items, err));
	answer_append_lines(answer, &items, &query->session.window.text);
	query->session.ended = answer->ended;
	query->page_limit = next_limit(query->page_limit, clock_monotonic_ns() - start);
	return 0;
}

static void begin_answer(struct query_session *query)
{
	query->answer = (struct answer){ .question = &query->question };
	query->page_limit = PAGE_FIRST;
}

static int write_items(struct query_session *query, struct error *err)
{
	int r = 0;

	while (r == 0 && !query->session.ended)
		r = append_page(query, err);
	invalidate_settle(query->session.fs);
	session_answer_whole(&query->session);
	return r;
}

static int ask_question(struct session *session, struct slice text, struct error *err)
{
	struct query_session *query = query_of(session);
	bool explain;

	TRY(read_question(session, text, &query->arena, &query->question, &explain, err));
	begin_answer(query);
	if (explain)
		answer_plan(query);
	else if (query->question.plan == PLAN_WRITE)
		return write_items(query, err);
	return 0;
}

static int append_answer(struct session *session, struct error *err)
{
	return append_page(query_of(session), err);
}

/* The first page of a query by key is about as much work as an item. */
static bool reads_quickly(struct session *session)
{
	const struct query_session *query = query_of(session);

	return !query->answer.started &&
	       (query->question.plan == PLAN_KEY || query->question.plan == PLAN_INDEX);
}

/* Not one that may write. */
static bool takes_quickly(struct session *session, struct slice piece)
{
	static const char *const words[] = { "insert", "update", "delete" };
	struct slice text = session->text.len ? buf_slice(&session->text) : piece;

	while (text.len && strchr(" \t\r\n", text.data[0]))
		text = slice_skip(text, 1);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t len = strlen(words[i]);

		if (text.len < len || strncasecmp(text.data, words[i], len) == 0)
			return false;
	}
	return session->text.len + piece.len <= QUICK_TEXT_MAX;
}

static void rewind_answer(struct session *session)
{
	struct query_session *query = query_of(session);

	answer_release(&query->answer);
	begin_answer(query);
}

static void forget_question(struct session *session)
{
	struct query_session *query = query_of(session);

	answer_release(&query->answer);
	query->answer = (struct answer){ 0 };
	arena_release(&query->arena);
}

static int open_query(struct filesystem *fs, const struct caller *caller, struct node_view *view,
	int flags, struct handle **ret, struct fuse_file_info *info)
{
	static const struct session_kind kind = {
		.size = sizeof(struct query_session),
		.text_max = QUESTION_MAX,
		.unasked = "nothing was asked: write a condition or a statement to this file, and "
			   "read the answer from the same descriptor, or by the next command",
		.take = take_question,
		.judge = judge_question,
		.ask = ask_question,
		.more = append_answer,
		.rewind = rewind_answer,
		.forget = forget_question,
		.reads_quickly = reads_quickly,
		.takes_quickly = takes_quickly,
	};

	return session_open(fs, caller, view, &kind, flags, ret, info);
}

const struct file_operations query_file = {
	.open = open_query,
	.read = session_read,
	.write = session_write,
	.flush = session_flush,
	.fsync = file_flush_nothing,
	.truncate = session_truncate,
	.release = session_release,
};
