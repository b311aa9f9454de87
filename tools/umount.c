/*
 * dynamount umount: unmounts, also a mount whose server is gone, and waits
 * until the server has closed its data directory.
 */
#include "commands.h"
#include "mount.h"

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define CLOSE_TIMEOUT_NS (60 * 1000000000LL)

extern char **environ;

static void endmntentp(FILE **file)
{
	if (*file)
		endmntent(*file);
}

/* The data directory mounted there, new; NULL when it is no mount of ours. */
static char *find_source(const char *mount_point)
{
	FILE *mounts CLEANUP(endmntentp) = setmntent("/proc/self/mounts", "r");
	struct mntent *entry;
	char *source = NULL;

	while (mounts && (entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_dir, mount_point) != 0 ||
			strcmp(entry->mnt_type, "fuse.dynamount") != 0)
			continue;
		free(source); /* the last one mounted is on top */
		source = memory_copy_string(entry->mnt_fsname, strlen(entry->mnt_fsname));
	}
	return source;
}

static int run_fusermount(const char *mount_point)
{
	char *argv[] = { (char *)"fusermount3", (char *)"-u", (char *)"--", (char *)mount_point,
		NULL };
	pid_t child;
	int status, r = posix_spawnp(&child, "fusermount3", NULL, NULL, argv, environ);

	if (r) {
		fprintf(stderr, "dynamount: running fusermount3: %s\n", strerrordesc_np(r));
		return EXIT_FAILURE;
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return EXIT_FAILURE;
	return WEXITSTATUS(status) ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* The server holds a lock on DATA/lock until all is written. */
static int wait_for_server(const char *data)
{
	int64_t deadline = clock_monotonic_ns() + CLOSE_TIMEOUT_NS;
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;

	buf_appendf(&path, "%s/lock", data);
	fd = open(buf_string(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return EXIT_SUCCESS;
	while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		struct timespec pause = { .tv_nsec = 5000000 };

		if (clock_monotonic_ns() > deadline) {
			fprintf(stderr, "dynamount: unmounted, but %s is still being written\n",
				data);
			return EXIT_FAILURE;
		}
		nanosleep(&pause, NULL);
	}
	return EXIT_SUCCESS;
}

/* realpath() asks the server, which may be gone: then the path as it is. */
static char *resolve(const char *path)
{
	struct buf joined CLEANUP(buf_release) = BUF_INIT;
	char *resolved = realpath(path, NULL);
	char *directory CLEANUP(cleanup_free) = NULL;
	size_t len = strlen(path);

	if (resolved)
		return resolved;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (path[0] == '/')
		return memory_copy_string(path, len);
	directory = get_current_dir_name();
	buf_appendf(&joined, "%s/%.*s", directory ? directory : "", (int)len, path);
	return memory_copy_string(joined.data, joined.len);
}

int command_umount(const struct command *command, int argc, char **argv)
{
	char *mount_point CLEANUP(cleanup_free) = NULL, *data CLEANUP(cleanup_free) = NULL;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct statvfs disk;

	if (argc != 2 || argv[1][0] == '-')
		return command_usage(command);
	mount_point = resolve(argv[1]);
	data = find_source(mount_point);
	if (!data) {
		fprintf(stderr, "dynamount: %s is not a dynamount mount\n", mount_point);
		return EXIT_FAILURE;
	}
	if (statvfs(mount_point, &disk) < 0 && errno == ENOTCONN) {
		if (mount_clear(mount_point, &err) < 0) {
			fprintf(stderr, "dynamount: %s\n", err.message);
			return EXIT_FAILURE;
		}
	} else if (run_fusermount(mount_point) != EXIT_SUCCESS) {
		return EXIT_FAILURE;
	}
	return wait_for_server(data);
}
