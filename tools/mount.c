/*
 * dynamount mount: reads the options, goes into the background, serves.
 *
 * The process that serves is the child of the one that was called: threads and
 * the store's environment begin in it. The caller waits on a pipe for the word
 * that the mount serves, or for what went wrong, and says it on the terminal.
 */
#include "mount.h"
#include "commands.h"
#include "doors.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

struct mount_call {
	struct mount_options options;
	struct server_options server;
	struct doors doors;
	bool foreground;
	struct buf fuse_options;
	int ready_pipe; /* where the caller waits, or -1 */
};

static bool set_scratch(struct mount_call *call, const char *value)
{
	uint64_t bytes;

	if (!value || !parse_size(value, &bytes) || bytes > INT64_MAX)
		return false;
	call->options.scratch_bytes = (int64_t)bytes;
	return true;
}

static bool set_transaction_timeout(struct mount_call *call, const char *value)
{
	uint64_t seconds;

	if (!value || !parse_size(value, &seconds) || seconds > UINT_MAX)
		return false;
	call->options.transaction_timeout = (unsigned)seconds;
	return true;
}

static bool set_read_only(struct mount_call *call, const char *value)
{
	call->options.read_only = true;
	return !value;
}

static bool set_read_write(struct mount_call *call, const char *value)
{
	call->options.read_only = false;
	return !value;
}

static bool ignore(struct mount_call *call, const char *value)
{
	(void)call;
	(void)value;
	return true;
}

/* Options of -o that are not for the kernel. Those of fstab and mount(8) say
 * when and by whom something is mounted, and are not ours to act on. */
static const struct mount_option {
	const char *name;
	bool (*set)(struct mount_call *call, const char *value);
} mount_options[] = {
	{ "scratch", set_scratch },
	{ "transaction-timeout", set_transaction_timeout },
	{ "ro", set_read_only },
	{ "rw", set_read_write },
	{ "default_permissions", ignore },
	{ "defaults", ignore },
	{ "auto", ignore },
	{ "noauto", ignore },
	{ "user", ignore },
	{ "nouser", ignore },
	{ "users", ignore },
	{ "owner", ignore },
	{ "group", ignore },
	{ "nofail", ignore },
	{ "_netdev", ignore },
	{ "comment", ignore },
};

static const struct mount_option *find_option(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_SIZE(mount_options); i++) {
		if (strlen(mount_options[i].name) == len &&
			memcmp(mount_options[i].name, name, len) == 0)
			return &mount_options[i];
	}
	return NULL;
}

static int set_own(struct mount_call *call, const struct mount_option *option, const char *text,
	const char *value)
{
	if (option->set(call, value))
		return 0;
	fprintf(stderr, "dynamount: option '%s' has no such value\n", text);
	return -1;
}

static int set_option(struct mount_call *call, const char *option)
{
	const char *equals = strchr(option, '=');
	const char *value = equals ? equals + 1 : NULL;
	size_t len = equals ? (size_t)(equals - option) : strlen(option);
	const struct mount_option *known = find_option(option, len);
	int r = known ? set_own(call, known, option, value)
		      : server_option_set(&call->server, option, len, value);

	if (r != SERVER_OPTION_UNKNOWN)
		return r;
	if (strncmp(option, "x-", 2) == 0 || strncmp(option, "X-", 2) == 0)
		return 0;
	if (call->fuse_options.len)
		buf_append_char(&call->fuse_options, ',');
	buf_append_string(&call->fuse_options, option);
	return 0;
}

static int set_options(struct mount_call *call, const char *list)
{
	char *copy CLEANUP(cleanup_free) = memory_copy_string(list, strlen(list));
	char *rest = copy, *option;

	while ((option = strsep(&rest, ","))) {
		if (*option)
			TRY(set_option(call, option));
	}
	return 0;
}

enum { OPTION_SCRATCH = 256, OPTION_TRANSACTION_TIMEOUT };

static int set_letter(struct mount_call *call, int code)
{
	switch (code) {
	case 'f':
		call->foreground = true;
		return 0;
	case 'o':
		return set_options(call, optarg);
	case 'n': /* of mount(8) */
	case 's':
	case 'v':
		return 0;
	case OPTION_SCRATCH:
		return set_scratch(call, optarg) ? 0 : -1;
	case OPTION_TRANSACTION_TIMEOUT:
		return set_transaction_timeout(call, optarg) ? 0 : -1;
	default:
		return -1;
	}
}

/* Returns the number of positional arguments, or -1. */
static int parse_call(struct mount_call *call, int argc, char **argv)
{
	struct option rows[SERVER_OPTION_COUNT + 4];
	int code, r;

	rows[0] = (struct option){ "scratch", required_argument, NULL, OPTION_SCRATCH };
	rows[1] = (struct option){ "foreground", no_argument, NULL, 'f' };
	rows[2] = (struct option){ "transaction-timeout", required_argument, NULL,
		OPTION_TRANSACTION_TIMEOUT };
	server_options_long(&rows[3]);
	optind = 1;
	while ((code = getopt_long(argc, argv, "fo:nsv", rows, NULL)) >= 0) {
		if (code >= SERVER_OPTION_FIRST)
			r = server_option_set_long(&call->server, code, optarg);
		else
			r = set_letter(call, code);
		if (r < 0)
			return -1;
	}
	return argc - optind;
}

static void detach(struct mount_call *call)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	log_to_syslog();
	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		if (null > STDERR_FILENO)
			close(null);
	}
	if (write(call->ready_pipe, "+", 1) != 1)
		log_warning("nobody waits for the mount");
	close(call->ready_pipe);
	call->ready_pipe = -1;
}

static int open_doors(void *context, struct engine *engine, struct error *err)
{
	struct mount_call *call = context;

	return doors_open(&call->server, call->options.data_directory, engine, &call->doors, err);
}

static void serving(void *context)
{
	struct mount_call *call = context;

	doors_announce(&call->doors);
	if (call->ready_pipe >= 0)
		detach(call);
}

static void close_doors(void *context)
{
	struct mount_call *call = context;

	doors_close(&call->doors);
}

static int serve(struct mount_call *call)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct mount_events events = { open_doors, serving, close_doors, call };

	call->options.engine = server_options_engine(&call->server);
	if (mount_run(&call->options, &events, &err) == 0)
		return EXIT_SUCCESS;
	log_warning("%s", err.message);
	return EXIT_FAILURE;
}

/* The child's word, or its exit without one: it has said why. */
static int wait_for(pid_t child, int pipe_end)
{
	char word;
	int status;

	if (read(pipe_end, &word, 1) == 1)
		return EXIT_SUCCESS;
	if (waitpid(child, &status, 0) == child && WIFEXITED(status))
		return WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILURE;
	fprintf(stderr, "dynamount: the server ended before it could serve\n");
	return EXIT_FAILURE;
}

static int serve_in_background(struct mount_call *call)
{
	int ends[2];
	pid_t child;

	if (pipe2(ends, O_CLOEXEC) < 0 || (child = fork()) < 0) {
		fprintf(stderr, "dynamount: going into the background: %s\n",
			strerrordesc_np(errno));
		return EXIT_FAILURE;
	}
	if (child > 0) {
		close(ends[1]);
		return wait_for(child, ends[0]);
	}
	close(ends[0]);
	call->ready_pipe = ends[1];
	setsid();
	if (chdir("/") < 0)
		log_warning("changing to /: %s", strerrordesc_np(errno));
	return serve(call);
}

static void mount_call_release(struct mount_call *call)
{
	buf_release(&call->fuse_options);
	server_options_release(&call->server);
}

int command_mount(const struct command *command, int argc, char **argv)
{
	struct mount_call call = { .ready_pipe = -1 };
	char *data CLEANUP(cleanup_free) = NULL, *mount_point CLEANUP(cleanup_free) = NULL;
	int positional = parse_call(&call, argc, argv);
	int status;

	if (positional != 2) {
		mount_call_release(&call);
		return command_usage(command);
	}
	data = absolute_path(argv[optind]);
	mount_point = absolute_path(argv[optind + 1]);
	call.options.data_directory = data;
	call.options.mount_point = mount_point;
	call.options.fuse_options = buf_string(&call.fuse_options);
	status = call.foreground ? serve(&call) : serve_in_background(&call);
	mount_call_release(&call);
	return status;
}
