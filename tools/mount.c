/*
 * dynamount mount: reads the options, goes into the background, serves.
 *
 * The process that serves is the child of the one that was called: threads and
 * the store's environment begin in it. The caller waits on a pipe for the word
 * that the mount serves, or for what went wrong, and says it on the terminal.
 */
#include "mount.h"
#include "commands.h"

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
	bool foreground;
	struct buf fuse_options;
	int ready_pipe; /* where the caller waits, or -1 */
};

/* Sizes: digits with an optional K, M or G. */
static bool parse_size(const char *text, uint64_t *ret)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (errno || end == text || *text == '-')
		return false;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return false;
		value <<= 10 * (unit - units + 1);
	}
	*ret = value;
	return value > 0;
}

static bool set_cache(struct mount_call *call, const char *value)
{
	return value && parse_size(value, &call->options.cache_bytes);
}

static bool set_scratch(struct mount_call *call, const char *value)
{
	uint64_t bytes;

	if (!value || !parse_size(value, &bytes) || bytes > INT64_MAX)
		return false;
	call->options.scratch_bytes = (int64_t)bytes;
	return true;
}

static bool set_durability(struct mount_call *call, const char *value)
{
	if (!value || (strcmp(value, "strict") != 0 && strcmp(value, "relaxed") != 0))
		return false;
	call->options.strict_durability = strcmp(value, "strict") == 0;
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
	{ "cache", set_cache },
	{ "scratch", set_scratch },
	{ "durability", set_durability },
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

static int set_option(struct mount_call *call, const char *option)
{
	const char *equals = strchr(option, '=');
	size_t len = equals ? (size_t)(equals - option) : strlen(option);

	for (size_t i = 0; i < ARRAY_SIZE(mount_options); i++) {
		const struct mount_option *known = &mount_options[i];

		if (strlen(known->name) != len || strncmp(known->name, option, len) != 0)
			continue;
		if (known->set(call, equals ? equals + 1 : NULL))
			return 0;
		fprintf(stderr, "dynamount: option '%s' has no such value\n", option);
		return -1;
	}
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

static int parse_call(struct mount_call *call, int argc, char **argv)
{
	enum { CACHE = 256, SCRATCH, DURABILITY };
	static const struct option long_options[] = {
		{ "cache", required_argument, NULL, CACHE },
		{ "scratch", required_argument, NULL, SCRATCH },
		{ "durability", required_argument, NULL, DURABILITY },
		{ "foreground", no_argument, NULL, 'f' },
		{ 0 },
	};
	static const char *const names[] = { "cache", "scratch", "durability" };
	int option;

	optind = 1;
	while ((option = getopt_long(argc, argv, "fo:nsv", long_options, NULL)) >= 0) {
		struct buf assignment CLEANUP(buf_release) = BUF_INIT;

		switch (option) {
		case 'f':
			call->foreground = true;
			break;
		case 'o':
			TRY(set_options(call, optarg));
			break;
		case 'n': /* of mount(8) */
		case 's':
		case 'v':
			break;
		case CACHE:
		case SCRATCH:
		case DURABILITY:
			buf_appendf(&assignment, "%s=%s", names[option - CACHE], optarg);
			TRY(set_option(call, buf_string(&assignment)));
			break;
		default:
			return -1;
		}
	}
	return argc - optind;
}

/* A path that stays right after a change of directory. */
static char *absolute_path(const char *path)
{
	struct buf joined CLEANUP(buf_release) = BUF_INIT;
	char *resolved = realpath(path, NULL);
	char *directory CLEANUP(cleanup_free) = NULL;

	if (resolved || path[0] == '/')
		return resolved ? resolved : memory_copy_string(path, strlen(path));
	directory = get_current_dir_name();
	buf_appendf(&joined, "%s/%s", directory ? directory : "", path);
	return memory_copy_string(joined.data, joined.len);
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

static void serving(void *context)
{
	struct mount_call *call = context;

	if (call->ready_pipe >= 0)
		detach(call);
}

static int serve(struct mount_call *call)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (mount_run(&call->options, serving, call, &err) == 0)
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

int run_mount(const struct command *command, int argc, char **argv)
{
	struct mount_call call = { .ready_pipe = -1 };
	char *data CLEANUP(cleanup_free) = NULL, *mount_point CLEANUP(cleanup_free) = NULL;
	int positional = parse_call(&call, argc, argv);
	int status;

	if (positional != 2) {
		buf_release(&call.fuse_options);
		return command_usage(command);
	}
	data = absolute_path(argv[optind]);
	mount_point = absolute_path(argv[optind + 1]);
	call.options.data_directory = data;
	call.options.mount_point = mount_point;
	call.options.fuse_options = buf_string(&call.fuse_options);
	status = call.foreground ? serve(&call) : serve_in_background(&call);
	buf_release(&call.fuse_options);
	return status;
}
