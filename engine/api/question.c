#include "api/question.h"

int question_read(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	(void)text;
	(void)table;
	(void)arena;
	(void)ret;
	return error_set(err, ERROR_VALIDATION, "Questions are not read yet");
}

bool question_is_complete(struct slice text)
{
	return text.len && text.data[text.len - 1] == '\n';
}

bool question_holds(const struct question *question, const struct map *item)
{
	(void)question;
	(void)item;
	return true;
}

void question_explain(const struct question *question, struct buf *buf)
{
	(void)question;
	(void)buf;
}

void answer_release(struct answer *answer)
{
	arena_release(&answer->position_arena);
}

int answer_next(struct answer *answer, question_runner *run, void *context, size_t page_limit,
	struct arena *arena, struct request_list *ret_items, struct error *err)
{
	(void)answer;
	(void)run;
	(void)context;
	(void)page_limit;
	(void)arena;
	(void)ret_items;
	return error_set(err, ERROR_VALIDATION, "Questions are not read yet");
}

void answer_append_lines(
	const struct answer *answer, const struct request_list *items, struct buf *buf)
{
	(void)answer;
	(void)items;
	(void)buf;
}
