/* dynamount export: a table's items into a file, standard output or the form of
 * an export to S3. */
#include "base/text.h"
#include "client.h"
#include "commands.h"
#include "output.h"
#include "port_export.h"
#include "port_interrupt.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

enum {
	OPTION_FORMAT = 256,
	OPTION_DELIMITER,
	OPTION_COLUMNS,
	OPTION_GZIP,
	OPTION_SEGMENTS,
	OPTION_RESUME,
	OPTION_RESTART,
	OPTION_FORCE,
};

static const struct option rows[] = {
	{ "format", required_argument, NULL, OPTION_FORMAT },
	{ "delimiter", required_argument, NULL, OPTION_DELIMITER },
	{ "columns", required_argument, NULL, OPTION_COLUMNS },
	{ "gzip", no_argument, NULL, OPTION_GZIP },
	{ "segments", required_argument, NULL, OPTION_SEGMENTS },
	{ "resume", no_argument, NULL, OPTION_RESUME },
	{ "restart", no_argument, NULL, OPTION_RESTART },
	{ "force", no_argument, NULL, OPTION_FORCE },
	{ "quiet", no_argument, NULL, 'q' },
	{ 0 },
};

static bool parse_segments(const char *text, unsigned *ret)
{
	uint64_t count;

	if (!decimal_parse(text, &count) || !count || count > SEGMENTS_MAX)
		return false;
	*ret = (unsigned)count;
	return true;
}

static int set_option(struct export_options *options, int code)
{
	switch (code) {
	case OPTION_FORMAT:
		return port_format_parse(optarg, &options->format) ? 0 : -1;
	case OPTION_DELIMITER:
		return port_delimiter_parse(optarg, &options->delimiter) ? 0 : -1;
	case OPTION_COLUMNS:
		options->columns = optarg;
		return 0;
	case OPTION_GZIP:
		options->gzip = true;
		return 0;
	case OPTION_SEGMENTS:
		return parse_segments(optarg, &options->segments) ? 0 : -1;
	case OPTION_RESUME:
		options->resume = true;
		return 0;
	case OPTION_RESTART:
		options->restart = true;
		return 0;
	case OPTION_FORCE:
		options->force = true;
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	default:
		return -1;
	}
}

static int fail(const char *message)
{
	fprintf(stderr, "dynamount: %s\n", message);
	return -1;
}

/* What goes with what. */
static int check_options(const struct export_options *options)
{
	if (options->format == PORT_S3 && strcmp(options->output, "-") == 0)
		return fail("--format=s3 writes a directory, which is to be named");
	if (options->columns && options->format != PORT_CSV)
		return fail("--columns is for --format=csv");
	return 0;
}

static int parse_call(struct export_options *options, int argc, char **argv)
{
	int code, row = 0;

	optind = 1;
	while ((code = getopt_long(argc, argv, "q", rows, &row)) >= 0) {
		if (set_option(options, code) == 0)
			continue;
		if (code != '?')
			fprintf(stderr, "dynamount: --%s cannot be '%s'\n", rows[row].name, optarg);
		return -1;
	}
	if (argc - optind != 1 && argc - optind != 2)
		return -1;
	options->output = argc - optind > 1 ? argv[optind + 1] : "-";
	options->gzip |= slice_ends_with(slice_from_string(options->output), SLICE(".gz"));
	return check_options(options);
}

static int run(const struct export_options *options, const char *where,
	struct export_totals *totals, struct error *err)
{
	struct client *client CLEANUP(client_closep) = NULL;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct table_facts *table;

	interrupt_block();
	TRY(client_open(where, true, &client, err));
	interrupt_catch();
	TRY(client_describe(client, &arena, &table, err));
	return export_run(client, table, options, totals, err);
}

static void tell(const struct export_options *options, const struct export_totals *totals)
{
	if (!options->quiet)
		fprintf(stderr, "%llu items exported\n", (unsigned long long)totals->exported);
	if (totals->lost)
		fprintf(stderr,
			"dynamount: %llu values have no column: they came while the table was "
			"exported\n",
			(unsigned long long)totals->lost);
	if (totals->can_resume)
		fprintf(stderr,
			"dynamount: the export to %s is not done: --resume goes on with it\n",
			options->output);
}

int command_export(const struct command *command, int argc, char **argv)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct export_options options = { .format = PORT_JSON, .delimiter = ',', .segments = 1 };
	struct export_totals totals = { 0 };
	int r;

	if (parse_call(&options, argc, argv) < 0)
		return command_usage(command);
	r = run(&options, argv[optind], &totals, &err);
	if (r < 0)
		output_error(&err, (struct slice){ 0 });
	if (totals.begun && (r == 0 || totals.can_resume))
		tell(&options, &totals);
	if (totals.interrupted)
		return 128 + SIGINT;
	return r < 0 || totals.lost ? EXIT_FAILURE : EXIT_SUCCESS;
}
