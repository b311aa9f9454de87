#include "mount.h"

#include "backpressure.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "ephemeral.h"
#include "executor.h"
#include "follow.h"
#include "invalidate.h"
#include "kept_questions.h"
#include "listing.h"
#include "open_stream.h"
#include "operations.h"
#include "rejection.h"
#include "requests.h"
#include "scratch.h"
#include "transaction.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <signal.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>

#define WORKERS_MAX  10
#define LOCK_WAIT_NS 1000000000LL

/* After umount(8) the last server may still be closing the store. */
static int open_engine(const char *data_directory, const struct engine_options *options,
	struct engine **ret, struct error *err)
{
	const struct timespec pause = { .tv_nsec = 20000000 };
	int64_t deadline = clock_monotonic_ns() + LOCK_WAIT_NS;

	while (engine_open(data_directory, options, ret, err) < 0) {
		if (err->class != ERROR_IN_USE || clock_monotonic_ns() > deadline)
			return -1;
		error_release(err);
		nanosleep(&pause, NULL);
	}
	return 0;
}

/* A partition that holds scratch is a directory, also without items. */
static void keep_partition_of_scratch(void *context, struct slice directory)
{
	struct filesystem *fs = context;
	const char *slash = memchr(directory.data, '/', directory.len);
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct mount_table *table = NULL;
	struct slice name;

	if (!slash)
		return;
	name = slice_of(directory.data, (size_t)(slash - directory.data));
	if (request_table(fs, name, &table, &err) != 0)
		return;
	ephemeral_add(fs->ephemerals, table->id, slice_skip(directory, name.len + 1));
	mount_table_unref(table);
}

static int open_scratch(
	const struct mount_options *options, struct filesystem *fs, struct error *err)
{
	int64_t limit = options->scratch_bytes ? options->scratch_bytes : SCRATCH_LIMIT_DEFAULT;

	return (engine_is_encrypted(fs->engine) ? scratch_new_in_memory : scratch_new)(
		options->data_directory, limit, &fs->scratch, err);
}

static int filesystem_open(
	const struct mount_options *options, struct filesystem *fs, struct error *err)
{
	TRY(open_engine(options->data_directory, &options->engine, &fs->engine, err));
	if (open_scratch(options, fs, err) < 0) {
		engine_close(fs->engine);
		return -1;
	}
	fs->invalidator = invalidator_new(fs);
	fs->nodes = node_table_new(invalidate_entry, fs->invalidator, NODE_LIMIT_DEFAULT);
	fs->ephemerals = ephemerals_new();
	fs->executor = executor_new();
	fs->backpressure = backpressure_new(fs);
	fs->transactions = transactions_new(fs, options->transaction_timeout);
	fs->streams = open_streams_new();
	fs->follow = follow_new(fs);
	engine_keep_streams(fs->engine, open_streams_keep, fs->streams);
	fs->rejections = rejection_log_new();
	fs->kept_questions = kept_questions_new();
	fs->owner = getuid();
	fs->group = getgid();
	pthread_mutex_init(&fs->handles_mutex, NULL);
	fs->started_ns = clock_realtime_ns();
	scratch_visit_found(fs->scratch, keep_partition_of_scratch, fs);
	return 0;
}

/* After the last request: the threads that remain end first. */
static void filesystem_close(struct filesystem *fs)
{
	transactions_free(fs->transactions);
	engine_close(fs->engine);
	if (fs->executor) /* it was never served */
		executor_free(fs->executor);
	backpressure_free(fs->backpressure);
	invalidator_free(fs->invalidator);
	node_table_free(fs->nodes);
	open_streams_free(fs->streams);
	follow_free(fs->follow);
	ephemerals_free(fs->ephemerals);
	rejection_log_free(fs->rejections);
	kept_questions_free(fs->kept_questions);
	scratch_free(fs->scratch);
}

extern char **environ;

int mount_clear(const char *mount_point, struct error *err)
{
	char *argv[] = { (char *)"fusermount3", (char *)"-u", (char *)"-z", (char *)mount_point,
		NULL };
	int status, r;
	pid_t child;

	r = posix_spawnp(&child, argv[0], NULL, NULL, argv, environ);
	if (r)
		return error_set_errno(err, r, "Running fusermount3");
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status))
		return error_set(err, ERROR_SYSTEM,
			"%s is a mount whose server is gone, and fusermount3 could not detach it",
			mount_point);
	return 0;
}

static int check_mount_point(const char *path, struct error *err)
{
	struct statvfs disk;
	struct stat st;

	/* Not stat(): the kernel may still remember the root's attributes. */
	if (statvfs(path, &disk) < 0 && errno == ENOTCONN)
		TRY(mount_clear(path, err));
	if (stat(path, &st) < 0)
		return error_set_errno(err, errno, "Mount point %s", path);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_SYSTEM, "Mount point %s is not a directory", path);
	return 0;
}

static bool is_inside(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return strncmp(path, directory, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

/* Either would lie under the other: the store could not be reached any more, or
 * the mount would stand among its files. */
static int check_apart(const char *data, const char *mount_point, struct error *err)
{
	char *real CLEANUP(cleanup_free) = realpath(data, NULL);
	const char *path = real ? real : data;

	if (is_inside(path, mount_point) || is_inside(mount_point, path))
		return error_set(err, ERROR_SYSTEM,
			"The data directory %s and the mount point %s must not lie in each other",
			path, mount_point);
	return 0;
}

static void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

static void endmntentp(FILE **file)
{
	if (*file)
		endmntent(*file);
}

static int check_not_mounted(const char *mount_point, struct error *err)
{
	FILE *mounts CLEANUP(endmntentp) = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;

	while (mounts && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_dir, mount_point) == 0 &&
			strcmp(entry->mnt_type, "fuse.dynamount") == 0)
			return error_set(err, ERROR_IN_USE, "%s is mounted on %s already",
				entry->mnt_fsname, mount_point);
	}
	return 0;
}

static void add_option(struct buf *options, const char *name, const char *value)
{
	if (options->len)
		buf_append_char(options, ',');
	buf_append_string(options, name);
	for (; value && *value; value++) {
		if (*value == ',' || *value == '\\')
			buf_append_char(options, '\\');
		buf_append_char(options, *value);
	}
}

static struct fuse_session *session_new(
	const struct mount_options *options, struct filesystem *fs, struct error *err)
{
	struct fuse_args args = FUSE_ARGS_INIT(0, NULL);
	struct buf joined CLEANUP(buf_release) = BUF_INIT;
	struct fuse_session *session;

	add_option(&joined, "fsname=", options->data_directory);
	add_option(&joined, "subtype=dynamount", NULL);
	add_option(&joined, "default_permissions", NULL);
	if (options->read_only)
		add_option(&joined, "ro", NULL);
	if (options->fuse_options && *options->fuse_options) {
		buf_append_char(&joined, ',');
		buf_append_string(&joined, options->fuse_options);
	}
	fuse_opt_add_arg(&args, "dynamount");
	fuse_opt_add_arg(&args, "-o");
	fuse_opt_add_arg(&args, buf_string(&joined));
	session =
		fuse_session_new(&args, &filesystem_operations, sizeof(filesystem_operations), fs);
	fuse_opt_free_args(&args);
	if (!session)
		error_set(err, ERROR_VALIDATION, "These mount options are not understood: %s",
			buf_string(&joined));
	return session;
}

/* Takes the octal escapes of blanks and backslashes out, in place. */
static void unescape_path(char *path)
{
	char *to = path;

	for (const char *from = path; *from; to++) {
		unsigned octal = 0;
		int read = 0;

		if (*from == '\\' && sscanf(from, "\\%3o%n", &octal, &read) == 1 && read == 4) {
			*to = (char)octal;
			from += read;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The number of the mount's connection, as /sys/fs/fuse/connections has it: the
 * minor of its device. -1 when it is not to be found. */
static int find_connection(const char *mount_point)
{
	FILE *mounts CLEANUP(fclosep) = fopen("/proc/self/mountinfo", "re");
	char *line CLEANUP(cleanup_free) = NULL, *point CLEANUP(cleanup_free) = NULL;
	size_t size = 0;
	int minor = -1, found;

	while (mounts && getline(&line, &size, mounts) > 0) {
		free(point);
		point = NULL;
		if (sscanf(line, "%*s %*s %*u:%d %*s %ms", &found, &point) != 2)
			continue;
		unescape_path(point);
		if (strcmp(point, mount_point) == 0)
			minor = found;
	}
	return minor;
}

/* A follow_detached: whether the mount of that connection, which is known, is in
 * no place any more, as after a lazy unmount. */
static bool is_detached(void *context)
{
	const int *connection = context;
	FILE *mounts CLEANUP(fclosep) = fopen("/proc/self/mountinfo", "re");
	char *line CLEANUP(cleanup_free) = NULL;
	size_t size = 0;
	bool attached = !mounts || *connection < 0;
	int minor;

	while (!attached && getline(&line, &size, mounts) > 0)
		attached = sscanf(line, "%*s %*s 0:%d", &minor) == 1 && minor == *connection;
	return !attached;
}

/* Ended by a signal while mounted: what waits for an answer gets an error, and
 * our own thread that may wait in the kernel for it comes back. */
static void abort_connection(int connection)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;

	if (connection < 0)
		return;
	buf_appendf(&path, "/sys/fs/fuse/connections/%d/abort", connection);
	fd = open(buf_string(&path), O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) < 0)
		log_warning("ending the connection: %s", strerrordesc_np(errno));
}

static int serve(struct fuse_session *session, struct filesystem *fs, const char *mount_point,
	const struct mount_events *events, struct error *err)
{
	int connection = find_connection(mount_point);
	struct fuse_loop_config *config;
	int r;

	follow_watch_mount(fs->follow, is_detached, &connection);
	invalidator_start(fs->invalidator, session);
	engine_watch(fs->engine, invalidate_changes, fs);
	events->ready(events->context);
	config = fuse_loop_cfg_create();
	fuse_loop_cfg_set_clone_fd(config, 0);
	fuse_loop_cfg_set_max_threads(config, WORKERS_MAX);
	fuse_loop_cfg_set_idle_threads(config, WORKERS_MAX);
	r = fuse_session_loop_mt(session, config);
	fuse_loop_cfg_destroy(config);
	invalidator_end(fs->invalidator);
	atomic_store(&fs->ending, true);
	executor_free(fs->executor);
	fs->executor = NULL;
	follow_end(fs->follow);
	handles_release(fs);
	listings_close(fs);
	engine_watch(fs->engine, NULL, NULL);
	abort_connection(connection);
	invalidator_join(fs->invalidator);
	if (r < 0)
		return error_set_errno(err, -r, "Serving the mount");
	return 0; /* unmounted, or ended by a signal */
}

static int mount_and_serve(const struct mount_options *options, struct filesystem *fs,
	const struct mount_events *events, struct error *err)
{
	struct fuse_session *session = session_new(options, fs, err);
	int r = -1;

	if (!session)
		return -1;
	/* Before the mount can be seen, and so be ended. */
	if (fuse_set_signal_handlers(session) < 0) {
		fuse_session_destroy(session);
		return error_set(err, ERROR_SYSTEM, "Setting signal handlers failed");
	}
	signal(SIGPIPE, SIG_IGN);
	if (fuse_session_mount(session, options->mount_point) < 0) {
		error_set(err, ERROR_SYSTEM, "Mounting on %s failed: see the line above",
			options->mount_point);
	} else {
		r = serve(session, fs, options->mount_point, events, err);
		fuse_session_unmount(session);
	}
	fuse_remove_signal_handlers(session);
	fuse_session_destroy(session);
	return r;
}

int mount_run(
	const struct mount_options *options, const struct mount_events *events, struct error *err)
{
	struct filesystem fs = { 0 };
	int r;

	TRY(check_mount_point(options->mount_point, err));
	TRY(check_not_mounted(options->mount_point, err));
	TRY(check_apart(options->data_directory, options->mount_point, err));
	TRY(filesystem_open(options, &fs, err));
	engine_watch_settle(fs.engine, invalidate_settle, &fs); /* before others may ask */
	r = events->opened(events->context, fs.engine, err);
	if (r == 0) {
		r = mount_and_serve(options, &fs, events, err);
		events->closing(events->context);
	}
	filesystem_close(&fs);
	return r;
}
