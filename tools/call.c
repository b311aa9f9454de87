/* dynamount call: any operation of DynamoDB's API, JSON in and JSON out. */
#include "call_help.h"
#include "client.h"
#include "commands.h"
#include "model/json.h"
#include "output.h"

#include <getopt.h>
#include <stdio.h>

/* Who gives none means the empty request: nobody is waited for at a terminal. */
static int read_request(const char *argument, struct buf *ret, struct error *err)
{
	if (argument || !isatty(STDIN_FILENO))
		TRY(input_read_argument(argument, ret, err));
	if (!argument && !ret->len)
		buf_append_string(ret, "{}");
	return 0;
}

static int unknown_operation(const char *name)
{
	struct buf message CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&message, "dynamount: '%s' is no operation", name);
	call_append_nearest(name, &message);
	fprintf(stderr, "%s\nTry 'dynamount call --list'.\n", buf_string(&message));
	return 2;
}

/* The service's words for it go where the answer would, for scripts. */
static int tell_exception(struct buf *answer, const struct error *err)
{
	struct error failed CLEANUP(error_release) = ERROR_INIT;

	if (!answer->len)
		return output_error(err, (struct slice){ 0 });
	buf_append_char(answer, '\n');
	if (output_write(buf_slice(answer), &failed) < 0)
		output_error(&failed, (struct slice){ 0 });
	fprintf(stderr, "dynamount: %s%s%s\n",
		err->class == ERROR_SYSTEM ? "" : error_class_info(err->class)->exception,
		err->class == ERROR_SYSTEM ? "" : ": ", err->message);
	return EXIT_FAILURE;
}

/* Where a request is no JSON, if it is none: the service does not tell. */
static void tell_where(struct slice request)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (json_parse(request, &document, &err) < 0)
		output_error(&err, request);
}

static int call(const char *where, enum operation_id operation, const char *argument,
	struct buf *answer, struct error *err)
{
	struct client *client CLEANUP(client_closep) = NULL;
	struct buf request CLEANUP(buf_release) = BUF_INIT;

	TRY(read_request(argument, &request, err));
	TRY(client_open(where, false, &client, err));
	if (client_call(client, operation, buf_slice(&request), answer, err) == 0)
		return 0;
	tell_where(buf_slice(&request));
	return -1;
}

static int run_operation(const char *where, const struct operation *operation, const char *argument)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf answer CLEANUP(buf_release) = BUF_INIT;
	enum operation_id id = (enum operation_id)(operation - operations);

	if (call(where, id, argument, &answer, &err) < 0)
		return tell_exception(&answer, &err);
	if (answer.len)
		buf_append_char(&answer, '\n');
	if (output_write(buf_slice(&answer), &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}

static int print_list(void)
{
	struct buf list CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	call_append_list(&list);
	if (output_write(buf_slice(&list), &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}

int command_call_help(const char *word)
{
	const struct operation *operation = operation_find(slice_from_string(word));
	struct buf help CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (!operation)
		return unknown_operation(word);
	call_append_help(operation, &help);
	if (output_write(buf_slice(&help), &err) < 0)
		return output_error(&err, (struct slice){ 0 });
	return EXIT_SUCCESS;
}

int command_call(const struct command *command, int argc, char **argv)
{
	static const struct option rows[] = { { "list", no_argument, NULL, 'l' }, { 0 } };
	const struct operation *operation;
	bool list = false;
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "l", rows, NULL)) >= 0) {
		if (code != 'l')
			return command_usage(command);
		list = true;
	}
	if (list && argc == optind)
		return print_list();
	if (list || argc - optind < 2 || argc - optind > 3)
		return command_usage(command);
	operation = operation_find(slice_from_string(argv[optind + 1]));
	if (!operation)
		return unknown_operation(argv[optind + 1]);
	return run_operation(argv[optind], operation, argv[optind + 2]);
}
