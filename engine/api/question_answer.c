/* Answering a question, page by page. */
#include "api/question_private.h"
#include "model/item.h"
#include "model/plain.h"

void answer_release(struct answer *answer)
{
	arena_release(&answer->position_arena);
}

static void forget_position(struct answer *answer)
{
	answer->next_token = (struct slice){ NULL, 0 };
	answer->start_key = NULL;
	arena_release(&answer->position_arena);
	arena_init(&answer->position_arena);
}

static void take_token(struct answer *answer, struct slice token)
{
	forget_position(answer);
	answer->next_token = arena_copy(&answer->position_arena, token);
	answer->ended = !slice_present(token);
}

/* Keeps a copy of the key. */
static int take_key(struct answer *answer, const struct map *key, struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct map *copy;

	forget_position(answer);
	answer->ended = !key;
	if (!key)
		return 0;
	item_encode(key, &bytes);
	copy = arena_alloc(&answer->position_arena, sizeof(*copy));
	TRY(item_decode(&answer->position_arena,
		arena_copy(&answer->position_arena, buf_slice(&bytes)), copy, err));
	answer->start_key = copy;
	return 0;
}

/* Those of a page for which the condition holds. */
static struct request_list filter(
	const struct question *question, const struct request_list *page, struct arena *arena)
{
	const struct map *items = page->items;
	struct map *kept = arena_alloc_array(arena, page->count, sizeof(*kept));
	size_t count = 0;

	for (size_t i = 0; i < page->count; i++)
		if (question_holds(question, &items[i]))
			kept[count++] = items[i];
	return (struct request_list){ true, count, kept };
}

static int next_of_statement(struct answer *answer, question_runner *run, void *context,
	size_t page_limit, struct arena *arena, struct request_list *ret, struct error *err)
{
	const struct question *question = answer->question;
	struct execute_statement_input in = question->request.statement;
	struct execute_statement_output out = { 0 };

	in.next_token = answer->next_token;
	if (page_limit && question->plan != PLAN_WRITE)
		in.limit = (struct optional_integer){ true, (int64_t)page_limit };
	TRY(run(context, OPERATION_EXECUTE_STATEMENT, &in, &out, arena, err));
	*ret = question->filters_here ? filter(question, &out.items, arena) : out.items;
	take_token(answer, out.next_token);
	return 0;
}

/* Of how many items a page may look at; absent: any number. */
static struct optional_integer limit_of(const struct answer *answer, size_t page_limit)
{
	struct optional_integer limit = answer->question->limit;

	limit.value -= answer->looked_at;
	if (page_limit && (!limit.present || limit.value > (int64_t)page_limit))
		limit = (struct optional_integer){ true, (int64_t)page_limit };
	return limit;
}

/* What Query and Scan answer alike. */
static int take_page(struct answer *answer, const struct query_output *out,
	struct request_list *ret, struct error *err)
{
	const struct question *question = answer->question;

	answer->looked_at += out->scanned_count.value;
	answer->counted += out->count.value;
	*ret = question->count_only ? (struct request_list){ true, 0, NULL } : out->items;
	TRY(take_key(answer, out->last_evaluated_key, err));
	if (question->limit.present && answer->looked_at >= question->limit.value)
		answer->ended = true;
	return 0;
}

static int next_of_query(struct answer *answer, question_runner *run, void *context,
	size_t page_limit, struct arena *arena, struct request_list *ret, struct error *err)
{
	struct query_input in = answer->question->request.query;
	struct query_output out = { 0 };

	in.limit = limit_of(answer, page_limit);
	if (answer->start_key)
		in.exclusive_start_key = answer->start_key;
	TRY(run(context, OPERATION_QUERY, &in, &out, arena, err));
	return take_page(answer, &out, ret, err);
}

static int next_of_scan(struct answer *answer, question_runner *run, void *context,
	size_t page_limit, struct arena *arena, struct request_list *ret, struct error *err)
{
	struct scan_input in = answer->question->request.scan;
	struct query_output out = { 0 };

	in.limit = limit_of(answer, page_limit);
	if (answer->start_key)
		in.exclusive_start_key = answer->start_key;
	TRY(run(context, OPERATION_SCAN, &in, &out, arena, err));
	return take_page(answer, &out, ret, err);
}

int answer_next(struct answer *answer, question_runner *run, void *context, size_t page_limit,
	struct arena *arena, struct request_list *ret_items, struct error *err)
{
	static int (*const next[])(struct answer * answer, question_runner * run, void *context,
		size_t page_limit, struct arena *arena, struct request_list *ret,
		struct error *err) = {
		[QUESTION_STATEMENT] = next_of_statement,
		[QUESTION_QUERY] = next_of_query,
		[QUESTION_SCAN] = next_of_scan,
	};
	const struct question *question = answer->question;
	struct request_list items = { true, 0, NULL };

	answer->started = true;
	/* a write that failed, in the end or in between, is not to be done again */
	answer->ended |= question->nothing || question->plan == PLAN_WRITE;
	if (!question->nothing)
		TRY(next[question->kind](answer, run, context, page_limit, arena, &items, err));
	answer->items += items.count;
	*ret_items = items;
	return 0;
}

void answer_append_lines(
	const struct answer *answer, const struct request_list *items, struct buf *buf)
{
	const struct map *maps = items->items;

	for (size_t i = 0; i < items->count; i++)
		plain_append_line(buf, &maps[i]);
	if (answer->ended && answer->question->count_only)
		buf_appendf(buf, "{\"Count\":%lld,\"ScannedCount\":%lld}\n",
			(long long)answer->counted, (long long)answer->looked_at);
}
