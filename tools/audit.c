/*
 * dynamount audit: the last lines of the log of calls, as `.audit` in a mount shows
 * them, and with -f those to come.
 *
 * The log is the data directory's: it is asked of the process that has that open,
 * by the owner's socket, or read here.
 */
#include "base/text.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "where.h"

#include <getopt.h>
#include <stdio.h>
#include <time.h>

#define COUNT_DEFAULT 10
#define PAUSE_NS      200000000 /* between looks while following */
#define PIECE_BYTES   (64 << 10) /* read at a time */

struct audit_reader {
	struct client *client;
	uint64_t count; /* of lines */
	bool follow;
};

static void reader_release(struct audit_reader *reader)
{
	client_closep(&reader->client);
}

static int ask(const struct audit_reader *reader, const struct read_audit_input *input,
	struct arena *arena, struct read_audit_output *ret, struct error *err)
{
	*ret = (struct read_audit_output){ 0 };
	return client_run(reader->client, OPERATION_LOCAL_READ_AUDIT, input, ret, arena, err);
}

/* Reads a piece at *offset, which then is behind it: 0, or OUTPUT_CLOSED. */
static int print_piece(const struct audit_reader *reader, int64_t *offset, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct read_audit_input input = { { true, *offset }, { true, PIECE_BYTES } };
	struct read_audit_output output;

	TRY(ask(reader, &input, &arena, &output, err));
	if (!slice_present(output.text))
		return 0;
	*offset += (int64_t)output.text.len;
	return output_write(output.text, err);
}

/* The end of the line before the last `count` of them; 0 when they are all. */
static size_t last_lines(struct slice text, uint64_t count)
{
	size_t at = text.len;

	while (at && (text.data[at - 1] != '\n' || at == text.len || --count))
		at--;
	return at;
}

static size_t count_lines(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '\n';
	return count;
}

/* Takes the text from an offset to the end. */
static int read_end(const struct audit_reader *reader, int64_t offset, int64_t end, struct buf *ret,
	struct error *err)
{
	while (offset + (int64_t)ret->len < end) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		const struct read_audit_input input = {
			{ true, offset + (int64_t)ret->len },
			{ true, end - offset - (int64_t)ret->len },
		};
		struct read_audit_output output;

		TRY(ask(reader, &input, &arena, &output, err));
		if (!output.text.len)
			break;
		buf_append_slice(ret, output.text);
	}
	return 0;
}

/* Prints the last lines, looking back further until there are enough: 0, or
 * OUTPUT_CLOSED. *ret_end is where they end. */
static int print_last(const struct audit_reader *reader, int64_t *ret_end, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct read_audit_input input = { 0 };
	struct read_audit_output extent;
	int64_t back = PIECE_BYTES, start, begin;

	TRY(ask(reader, &input, &arena, &extent, err));
	start = extent.start.value;
	*ret_end = extent.end.value;
	for (begin = *ret_end; reader->count && begin > start; back *= 2) {
		begin = *ret_end - start > back ? *ret_end - back : start;
		buf_clear(&text);
		TRY(read_end(reader, begin, *ret_end, &text, err));
		if (count_lines(buf_slice(&text)) > reader->count)
			break;
	}
	*ret_end = begin + (int64_t)text.len;
	return output_write(
		slice_skip(buf_slice(&text), last_lines(buf_slice(&text), reader->count)), err);
}

static int follow(const struct audit_reader *reader, int64_t offset, struct error *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };

	if (client_is_local(reader->client))
		return error_set(err, ERROR_VALIDATION,
			"Nobody serves %s just now: there are no calls to follow",
			client_name(reader->client));
	for (;;) {
		int64_t before = offset;
		int r;

		TRY(r = print_piece(reader, &offset, err));
		if (r == OUTPUT_CLOSED)
			return r;
		if (offset == before)
			nanosleep(&pause, NULL);
	}
}

/* By HTTP nobody is the owner for certain. */
static int check_where(const char *where, struct error *err)
{
	struct where found CLEANUP(where_release) = { 0 };

	TRY(where_resolve(where, false, WHERE_EXISTS, &found, err));
	if (!found.url)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"The log of calls is for the owner of a data directory: name that, or its mount");
}

static int print_audit(struct audit_reader *reader, const char *where, struct error *err)
{
	int64_t end;
	int r;

	TRY(check_where(where, err));
	TRY(client_open(where, false, &reader->client, err));
	TRY(r = print_last(reader, &end, err));
	return reader->follow && r == 0 ? follow(reader, end, err) : r;
}

static int set_option(struct audit_reader *reader, int code)
{
	switch (code) {
	case 'f':
		reader->follow = true;
		return 0;
	case 'n':
		if (decimal_parse(optarg, &reader->count))
			return 0;
		fprintf(stderr, "dynamount: --lines cannot be '%s': a number is expected\n",
			optarg);
		return -1;
	default:
		return -1;
	}
}

int command_audit(const struct command *command, int argc, char **argv)
{
	static const struct option rows[] = { { "follow", no_argument, NULL, 'f' },
		{ "lines", required_argument, NULL, 'n' }, { 0 } };
	struct audit_reader reader CLEANUP(reader_release) = { .count = COUNT_DEFAULT };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "fn:", rows, NULL)) >= 0) {
		if (set_option(&reader, code) < 0)
			return command_usage(command);
	}
	if (argc - optind != 1)
		return command_usage(command);
	if (print_audit(&reader, argv[optind], &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}
