/*
 * dynamount backup: a copy of a whole data directory, taken by the process that has
 * it open: a server, which is asked by the owner's socket, or this one.
 */
#include "client.h"
#include "commands.h"
#include "hot_progress.h"
#include "output.h"
#include "port_interrupt.h"
#include "where.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#define LOOK_NS 100000000 /* between two looks at how far it is */

#define BACKUP_INTERRUPTED 1

struct backup {
	struct client *client;
	struct hot_progress progress;
	struct hot_progress_totals totals;
};

static int ask(struct backup *backup, struct arena *arena, struct describe_hot_backup_output *ret,
	struct error *err)
{
	const struct describe_hot_backup_input input = { 0 };

	*ret = (struct describe_hot_backup_output){ 0 };
	return client_run(
		backup->client, OPERATION_LOCAL_DESCRIBE_HOT_BACKUP, &input, ret, arena, err);
}

static void take_totals(struct backup *backup, const struct describe_hot_backup_output *facts)
{
	backup->totals = (struct hot_progress_totals){
		.files = (uint64_t)facts->files.value,
		.bytes = (uint64_t)facts->bytes.value,
		.tables = (uint64_t)facts->tables.value,
		.items = (uint64_t)facts->items.value,
	};
}

/* Nothing is left of it then, unless it was done at that very moment. */
static int interrupt(struct backup *backup, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct stop_hot_backup_input input = { 0 };
	struct stop_hot_backup_output output = { 0 };

	TRY(client_run(
		backup->client, OPERATION_LOCAL_STOP_HOT_BACKUP, &input, &output, &arena, err));
	return output.stopped.value ? BACKUP_INTERRUPTED : 0;
}

#define BACKUP_RUNS 2
/* 0 when it is done, BACKUP_INTERRUPTED, or BACKUP_RUNS. */
static int look(struct backup *backup, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct describe_hot_backup_output facts;
	int status, r = 0;

	if (interrupt_pending())
		TRY(r = interrupt(backup, err));
	if (r == BACKUP_INTERRUPTED)
		return r;
	TRY(ask(backup, &arena, &facts, err));
	status = enum_index(hot_backup_status_names, facts.status);
	if (status == HOT_BACKUP_DONE) {
		take_totals(backup, &facts);
		return 0;
	}
	if (status != HOT_BACKUP_RUNNING)
		return error_set(err, ERROR_SYSTEM, "%.*s",
			SLICE_ARG(slice_present(facts.failure_message)
					  ? facts.failure_message
					  : SLICE("The backup was forgotten")));
	hot_progress_show(&backup->progress, facts.phase, (uint64_t)facts.done.value,
		(uint64_t)facts.total.value);
	return BACKUP_RUNS;
}

static int watch(struct backup *backup, struct error *err)
{
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	int r;

	while ((r = look(backup, err)) == BACKUP_RUNS)
		nanosleep(&pause, NULL);
	hot_progress_end(&backup->progress);
	return r;
}

static int start(struct backup *backup, const char *destination, struct error *err)
{
	const struct start_hot_backup_input input = { slice_from_string(destination) };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct empty_output output = { 0 };

	return client_run(
		backup->client, OPERATION_LOCAL_START_HOT_BACKUP, &input, &output, &arena, err);
}

static int run(struct backup *backup, const char *data, const char *destination, struct error *err)
{
	char *place CLEANUP(cleanup_free) = NULL;

	TRY(where_new_place(destination, &place, err));
	interrupt_block();
	TRY(client_open(data, false, &backup->client, err));
	interrupt_catch();
	if (!client_data_directory(backup->client))
		return error_set(err, ERROR_VALIDATION,
			"%s is an endpoint: what it has can be exported, table by table", data);
	TRY(start(backup, place, err));
	return watch(backup, err);
}

static int finish(struct backup *backup, int outcome, const char *data, const char *destination,
	const struct error *err)
{
	struct buf done CLEANUP(buf_release) = BUF_INIT;

	if (outcome < 0)
		return output_error(err, (struct slice){ 0 });
	if (outcome == BACKUP_INTERRUPTED) {
		fprintf(stderr, "dynamount: the backup was stopped, and nothing is left of it\n");
		return 128 + SIGINT;
	}
	buf_appendf(&done, "backup of %s in %s", data, destination);
	hot_progress_tell(&backup->progress, buf_string(&done), &backup->totals);
	return EXIT_SUCCESS;
}

int command_backup(const struct command *command, int argc, char **argv)
{
	static const struct option rows[] = { { "quiet", no_argument, NULL, 'q' }, { 0 } };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct backup backup = { 0 };
	int code, r;

	optind = 1;
	while ((code = getopt_long(argc, argv, "q", rows, NULL)) >= 0) {
		if (code != 'q')
			return command_usage(command);
		backup.progress.quiet = true;
	}
	if (argc - optind != 2)
		return command_usage(command);
	r = run(&backup, argv[optind], argv[optind + 1], &err);
	client_closep(&backup.client);
	return finish(&backup, r, argv[optind], argv[optind + 1], &err);
}
