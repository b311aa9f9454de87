/*
 * dynamount serve: the HTTP door alone, in the foreground.
 *
 * Signals are blocked before the first thread begins and taken by the main
 * thread, which does nothing else: so the end is an ordinary call.
 */
#include "commands.h"
#include "doors.h"

#include "base/cleanup.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#define DEFAULT_ADDRESS "127.0.0.1:8000"

static void block_signals(sigset_t *ret)
{
	sigemptyset(ret);
	sigaddset(ret, SIGTERM);
	sigaddset(ret, SIGINT);
	sigaddset(ret, SIGHUP);
	sigprocmask(SIG_BLOCK, ret, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int listen_until_signal(const struct server_options *options, const char *data,
	struct engine *engine, const sigset_t *signals, struct error *err)
{
	struct doors doors;
	int received;

	TRY(doors_open(options, data, engine, &doors, err));
	doors_announce(&doors);
	sigwait(signals, &received);
	doors_close(&doors);
	return 0;
}

static int serve(const struct server_options *options, const char *data, struct error *err)
{
	struct engine_options engine_options = server_options_engine(options);
	struct engine *engine;
	sigset_t signals;
	int r;

	block_signals(&signals);
	TRY(engine_open(data, &engine_options, &engine, err));
	r = listen_until_signal(options, data, engine, &signals, err);
	engine_close(engine);
	return r;
}

int command_serve(const struct command *command, int argc, char **argv)
{
	struct server_options options CLEANUP(server_options_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct option rows[SERVER_OPTION_COUNT + 1];
	int code;

	server_options_long(rows);
	optind = 1;
	while ((code = getopt_long(argc, argv, "", rows, NULL)) >= 0) {
		if (code < SERVER_OPTION_FIRST)
			return command_usage(command);
		if (server_option_set_long(&options, code, optarg) < 0)
			return 2;
	}
	if (argc - optind != 1)
		return command_usage(command);
	if (!options.http)
		options.http = memory_copy_string(DEFAULT_ADDRESS, strlen(DEFAULT_ADDRESS));
	if (serve(&options, argv[optind], &err) == 0)
		return EXIT_SUCCESS;
	log_warning("%s", err.message);
	return EXIT_FAILURE;
}
