/*
 * dynamount query: the answer to a question, as JSON Lines; dynamount explain:
 * how it would be answered.
 *
 * The answer is written page by page as it comes, so that its length costs no
 * memory and a reader that has had enough ends it.
 */
#include "api/question.h"
#include "base/text.h"
#include "client.h"
#include "commands.h"
#include "output.h"

#include <getopt.h>
#include <stdio.h>

/* With --limit a page looks at least at so many items, lest a filter that few
 * pass need a request for each. */
#define PAGE_MIN 256

struct query_call {
	struct buf text;
	struct client *client;
	struct arena arena; /* of the question */
	struct question question;
	uint64_t limit; /* items; 0: all */
};

static void query_call_release(struct query_call *call)
{
	client_closep(&call->client);
	arena_release(&call->arena);
	buf_release(&call->text);
}

static int read_question(
	struct query_call *call, const char *where, const char *text, struct error *err)
{
	const struct table_facts *table;

	TRY(input_read_argument(text, &call->text, err));
	TRY(client_open(where, true, &call->client, err));
	TRY(client_describe(call->client, &call->arena, &table, err));
	return question_read(buf_slice(&call->text), table, &call->arena, &call->question, err);
}

static size_t page_size(const struct query_call *call)
{
	if (!call->limit)
		return 0;
	return call->limit > PAGE_MIN ? call->limit : PAGE_MIN;
}

/* The next page's lines: 0, or OUTPUT_CLOSED. */
static int print_page(struct query_call *call, struct answer *answer, struct arena *arena,
	struct buf *lines, struct error *err)
{
	struct request_list items = { 0 };
	uint64_t before = answer->items;

	TRY(answer_next(answer, client_run, call->client, page_size(call), arena, &items, err));
	if (call->limit && before + items.count >= call->limit) {
		items.count = call->limit - before;
		answer->ended = true;
	}
	buf_clear(lines);
	answer_append_lines(answer, &items, lines);
	return output_write(buf_slice(lines), err);
}

static int print_answer(struct query_call *call, struct error *err)
{
	struct answer answer CLEANUP(answer_release) = { .question = &call->question };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf lines CLEANUP(buf_release) = BUF_INIT;
	int r = 0;

	while (!answer.ended && r != OUTPUT_CLOSED) {
		struct arena_mark mark = arena_mark(&arena);

		TRY(r = print_page(call, &answer, &arena, &lines, err));
		arena_reset(&arena, mark);
	}
	return 0;
}

static int set_option(struct query_call *call, int code)
{
	if (code != 'n')
		return -1;
	if (decimal_parse(optarg, &call->limit) && call->limit)
		return 0;
	fprintf(stderr,
		"dynamount: --limit cannot be '%s': a number of items, 1 or more, is expected\n",
		optarg);
	return -1;
}

int command_query(const struct command *command, int argc, char **argv)
{
	static const struct option rows[] = { { "limit", required_argument, NULL, 'n' }, { 0 } };
	struct query_call call CLEANUP(query_call_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "n:", rows, NULL)) >= 0) {
		if (set_option(&call, code) < 0)
			return command_usage(command);
	}
	if (argc - optind < 1 || argc - optind > 2)
		return command_usage(command);
	if (read_question(&call, argv[optind], argv[optind + 1], &err) < 0 ||
		print_answer(&call, &err) < 0)
		return output_error(&err, buf_slice(&call.text));
	return EXIT_SUCCESS;
}

static int print_plan(struct query_call *call, struct error *err)
{
	struct buf plan CLEANUP(buf_release) = BUF_INIT;

	question_explain(&call->question, &plan);
	return output_write(buf_slice(&plan), err);
}

int command_explain(const struct command *command, int argc, char **argv)
{
	struct query_call call CLEANUP(query_call_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (!command_arguments(argc, argv, 1, 2))
		return command_usage(command);
	if (read_question(&call, argv[optind], argv[optind + 1], &err) < 0 ||
		print_plan(&call, &err) < 0)
		return output_error(&err, buf_slice(&call.text));
	return EXIT_SUCCESS;
}
