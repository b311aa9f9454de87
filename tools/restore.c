/* dynamount restore: a data directory of a backup. */
#include "commands.h"
#include "hot_progress.h"
#include "key_option.h"
#include "output.h"
#include "port_interrupt.h"
#include "where.h"

#include "api/engine.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>

struct restore_call {
	const char *backup, *data, *backup_key_file;
	struct hot_progress progress;
	bool interrupted;
};

static bool take_step(void *context, const char *phase, uint64_t done, uint64_t total)
{
	struct restore_call *call = context;

	call->interrupted = call->interrupted || interrupt_pending();
	if (!call->interrupted)
		hot_progress_show(&call->progress, slice_from_string(phase), done, total);
	return !call->interrupted;
}

static int run(struct restore_call *call, struct engine_restore_totals *totals, struct error *err)
{
	char *place CLEANUP(cleanup_free) = NULL;
	struct engine_restoration restoration = {
		.backup = call->backup,
		.key_file = key_option(),
		.backup_key_file = call->backup_key_file,
	};
	int r;

	TRY(where_new_place(call->data, &place, err));
	restoration.path = place;
	interrupt_catch();
	r = engine_restore(&restoration, take_step, call, totals, err);
	hot_progress_end(&call->progress);
	return r;
}

static int finish(const struct restore_call *call, int outcome,
	const struct engine_restore_totals *totals, const struct error *err)
{
	const struct hot_progress_totals told = { totals->files, totals->bytes, totals->tables,
		totals->items };
	struct buf done CLEANUP(buf_release) = BUF_INIT;

	if (outcome < 0 && call->interrupted) {
		fprintf(stderr,
			"dynamount: the restoration was stopped, and nothing is left of it\n");
		return 128 + SIGINT;
	}
	if (outcome < 0)
		return output_error(err, (struct slice){ 0 });
	buf_appendf(&done, "%s restored in %s", call->backup, call->data);
	hot_progress_tell(&call->progress, buf_string(&done), &told);
	return EXIT_SUCCESS;
}

static int parse_call(struct restore_call *call, int argc, char **argv)
{
	enum { OPTION_BACKUP_KEY_FILE = 256 };
	static const struct option rows[] = {
		{ "backup-key-file", required_argument, NULL, OPTION_BACKUP_KEY_FILE },
		{ "quiet", no_argument, NULL, 'q' },
		{ 0 },
	};
	int code;

	optind = 1;
	while ((code = getopt_long(argc, argv, "q", rows, NULL)) >= 0) {
		if (code == 'q')
			call->progress.quiet = true;
		else if (code == OPTION_BACKUP_KEY_FILE)
			call->backup_key_file = optarg;
		else
			return -1;
	}
	if (argc - optind != 2)
		return -1;
	call->backup = argv[optind];
	call->data = argv[optind + 1];
	return 0;
}

int command_restore(const struct command *command, int argc, char **argv)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct engine_restore_totals totals = { 0 };
	struct restore_call call = { 0 };
	int r;

	if (parse_call(&call, argc, argv) < 0)
		return command_usage(command);
	r = run(&call, &totals, &err);
	return finish(&call, r, &totals, &err);
}
