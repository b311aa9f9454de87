/* dynamount import: items from a file, standard input or an export into a table. */
#include "client.h"
#include "commands.h"
#include "output.h"
#include "port_import.h"
#include "port_input.h"
#include "port_interrupt.h"
#include "tables.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define TABLE_PAUSE_NS 500000000

struct import_call {
	struct import_options options;
	const char *create; /* the schema of a table that is absent, or NULL */
};

enum {
	OPTION_FORMAT = 256,
	OPTION_DELIMITER,
	OPTION_INFER,
	OPTION_CREATE,
	OPTION_REJECTS,
	OPTION_RESUME,
	OPTION_RESTART,
};

static const struct option rows[] = {
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "delimiter", required_argument, NULL, OPTION_DELIMITER },
	{ "infer", no_argument, NULL, OPTION_INFER },
	{ "create", required_argument, NULL, OPTION_CREATE },
	{ "rejects", required_argument, NULL, OPTION_REJECTS },
	{ "resume", no_argument, NULL, OPTION_RESUME },
	{ "restart", no_argument, NULL, OPTION_RESTART },
	{ "quiet", no_argument, NULL, 'q' },
	{ 0 },
};

static int set_option(struct import_call *call, int code)
{
	struct import_options *options = &call->options;

	switch (code) {
	case OPTION_FORMAT:
		return port_format_parse(optarg, &options->format) ? 0 : -1;
	case OPTION_DELIMITER:
		return port_delimiter_parse(optarg, &options->delimiter) ? 0 : -1;
	case OPTION_INFER:
		options->infer = true;
		return 0;
	case OPTION_CREATE:
		call->create = optarg;
		return 0;
	case OPTION_REJECTS:
		options->rejects = optarg;
		return 0;
	case OPTION_RESUME:
		options->resume = true;
		return 0;
	case OPTION_RESTART:
		options->restart = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	default:
		return -1;
	}
}

static int parse_call(struct import_call *call, int argc, char **argv)
{
	int code, row = 0;

	optind = 1;
	while ((code = getopt_long(argc, argv, "q", rows, &row)) >= 0) {
		if (set_option(call, code) == 0)
			continue;
		if (code != '?')
			fprintf(stderr, "dynamount: --%s cannot be '%s'\n", rows[row].name, optarg);
		return -1;
	}
	call->options.input = argc - optind > 1 ? argv[optind + 1] : "-";
	return argc - optind == 1 || argc - optind == 2 ? 0 : -1;
}

/* Opens the client. The schema is of a table that may have to be made. */
static int open_client(const struct import_call *call, const char *where, struct arena *arena,
	struct client **ret, struct create_table_input *ret_schema, struct error *err)
{
	if (!call->create)
		return client_open(where, true, ret, err);
	TRY(schema_read(slice_from_string(call->create), arena, ret_schema, err));
	return client_open_new(where, ret, err);
}

/* Waits while a table of the service is being made. */
static int wait_for_table(struct client *client, struct arena *arena,
	const struct table_facts **ret, struct error *err)
{
	const struct timespec pause = { .tv_nsec = TABLE_PAUSE_NS };

	for (;;) {
		TRY(client_describe(client, arena, ret, err));
		if (!slice_equal((*ret)->table_status, SLICE("CREATING")))
			return 0;
		if (interrupt_pending())
			return error_set(err, ERROR_TABLE_IN_USE, "the table is being created");
		nanosleep(&pause, NULL);
	}
}

static int find_table(struct client *client, struct create_table_input *schema, struct arena *arena,
	const struct table_facts **ret, struct error *err)
{
	struct error absent CLEANUP(error_release) = ERROR_INIT;
	struct create_table_output output = { 0 };

	if (client_describe(client, arena, ret, &absent) < 0) {
		if (!schema->key_schema.present || absent.class != ERROR_TABLE_NOT_FOUND)
			return error_move(err, &absent);
		schema_set_defaults(schema);
		schema->table_name = client_table(client);
		TRY(client_run(client, OPERATION_CREATE_TABLE, schema, &output, arena, err));
	}
	return wait_for_table(client, arena, ret, err);
}

/* Nothing is made for an input that is not there. */
static int check_input(const char *path, struct error *err)
{
	struct port_input input;

	TRY(input_find(path, &input, err));
	input_release(&input);
	return 0;
}

static int run(const struct import_call *call, const char *where, struct import_totals *totals,
	struct error *err)
{
	struct client *client CLEANUP(client_closep) = NULL;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct create_table_input schema = { 0 };
	const struct table_facts *table;

	interrupt_block();
	TRY(check_input(call->options.input, err));
	TRY(open_client(call, where, &arena, &client, &schema, err));
	interrupt_catch();
	TRY(find_table(client, &schema, &arena, &table, err));
	return import_run(client, table, &call->options, totals, err);
}

static void tell(const struct import_call *call, const struct import_totals *totals)
{
	fprintf(stderr, "%llu items imported, %llu rejected\n",
		(unsigned long long)totals->imported, (unsigned long long)totals->rejected);
	if (totals->rejected && totals->rejects_path.len)
		fprintf(stderr, "the rejected lines are in %.*s, why in %.*s.reasons\n",
			SLICE_ARG(buf_slice(&totals->rejects_path)),
			SLICE_ARG(buf_slice(&totals->rejects_path)));
	if (totals->can_resume)
		fprintf(stderr,
			"dynamount: the import of %s is not done: --resume goes on with it\n",
			call->options.input);
}

int command_import(const struct command *command, int argc, char **argv)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct import_call call = { .options = { .delimiter = ',' } };
	struct import_totals totals CLEANUP(import_totals_release) = { 0 };
	int r;

	if (parse_call(&call, argc, argv) < 0)
		return command_usage(command);
	r = run(&call, argv[optind], &totals, &err);
	if (r < 0)
		output_error(&err, (struct slice){ 0 });
	if (totals.begun && (!call.options.quiet || totals.can_resume))
		tell(&call, &totals);
	if (totals.interrupted)
		return 128 + SIGINT;
	return r < 0 || totals.rejected ? EXIT_FAILURE : EXIT_SUCCESS;
}
