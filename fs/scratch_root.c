/*
 * Where the overlays lie: on disk in the data directory, or, of an encrypted one,
 * in memory, in a directory of the machine's tmpfs that is named for it.
 *
 * The one in memory is found again by the next mount after a crash, as the one on
 * disk is, and goes at the end of a mount: nothing of it outlives both the mount
 * and what the mount's owner is asked for, the key.
 */
#include "base/cleanup.h"
#include "scratch_user.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#define FOLDER "scratch"
#define MEMORY "/dev/shm"

/* A descriptor, or -1. */
static int folder_obtain(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int scratch_root_open(const char *data_directory, struct scratch_root *ret, struct error *err)
{
	int data CLEANUP(cleanup_close) = open(data_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd = data < 0 ? -1 : folder_obtain(data, FOLDER);

	if (fd < 0)
		return error_set_errno(err, errno, "opening %s/" FOLDER, data_directory);
	*ret = (struct scratch_root){ .fd = fd };
	return 0;
}

/* /dev/shm, when it is what it should be. */
static int memory_open(int *ret, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(MEMORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs disk;

	if (fd < 0 || fstatfs(fd, &disk) < 0)
		return error_set_errno(err, errno,
			"the scratch files of an encrypted directory are kept in " MEMORY);
	if (disk.f_type != TMPFS_MAGIC && disk.f_type != RAMFS_MAGIC)
		return error_set(err, ERROR_SYSTEM,
			"the scratch files of an encrypted directory are kept in " MEMORY
			", which is no tmpfs here");
	*ret = fd;
	fd = -1;
	return 0;
}

/* The one name that the data directory has for all its mounts. */
static int append_name(const char *data_directory, struct buf *buf, struct error *err)
{
	struct stat st;

	if (stat(data_directory, &st) < 0)
		return error_set_errno(err, errno, "looking at %s", data_directory);
	buf_appendf(
		buf, "dynamount-%u-%jx-%jx", geteuid(), (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return 0;
}

/* Anybody may make a directory there. */
static int check_ours(int fd, const char *name, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set_errno(err, errno, "looking at " MEMORY "/%s", name);
	if (st.st_uid != geteuid() || st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, ERROR_ACCESS_DENIED,
			MEMORY "/%s, where scratch files should go, belongs to others", name);
	return 0;
}

int scratch_root_open_in_memory(
	const char *data_directory, struct scratch_root *ret, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	int memory CLEANUP(cleanup_close) = -1, fd CLEANUP(cleanup_close) = -1;

	TRY(memory_open(&memory, err));
	TRY(append_name(data_directory, &name, err));
	fd = folder_obtain(memory, buf_string(&name));
	if (fd < 0)
		return error_set_errno(err, errno, "opening " MEMORY "/%s", buf_string(&name));
	TRY(check_ours(fd, buf_string(&name), err));
	*ret = (struct scratch_root){ .fd = fd, .memory = memory, .name = name };
	memory = fd = -1;
	name = BUF_INIT;
	return 0;
}

static int unlink_locked(struct scratch_user *user, const char *path, const struct stat *stat)
{
	(void)stat;
	return scratch_result(unlinkat(user->root, path, 0));
}

void scratch_root_forget(struct scratch_root *root, struct scratch_user *user)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	if (!root->name.len)
		return;
	pthread_mutex_lock(&user->names);
	if (scratch_walk_locked(user, &path, unlink_locked) == 0) {
		buf_appendf(&path, "%u", user->uid);
		unlinkat(root->fd, buf_string(&path), AT_REMOVEDIR);
	}
	pthread_mutex_unlock(&user->names);
}

void scratch_root_close(struct scratch_root *root)
{
	close(root->fd);
	if (!root->name.len)
		return;
	unlinkat(root->memory, buf_string(&root->name), AT_REMOVEDIR);
	close(root->memory);
	buf_release(&root->name);
}
