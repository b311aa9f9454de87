/*
 * Open scratch files. An inode that is open has one struct scratch_file and one
 * descriptor, however many opened it, so that whatever changes its size can be
 * put in order by one lock and charged exactly.
 *
 * Invariants:
 * 1. In user->open there is exactly one file for each inode that is open.
 * 2. While file->size is held, nobody else changes the size; growth is charged
 *    before it happens, and what did not come about is refunded.
 */
#include "base/memory.h"
#include "scratch_user.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

struct scratch_file {
	struct scratch_user *user; /* borrowed */
	ino_t inode;
	int fd;
	pthread_mutex_t size;
	/* Under user->names: */
	struct scratch_file *next;
	unsigned refs;
	bool unlinked;
};

static struct scratch_file *open_find_locked(struct scratch_user *user, ino_t inode)
{
	struct scratch_file *file = user->open;

	while (file && file->inode != inode)
		file = file->next;
	return file;
}

static struct scratch_file *open_add_locked(struct scratch_user *user, ino_t inode, int fd)
{
	struct scratch_file *file = memory_new_zero(sizeof(*file));

	file->user = user;
	file->inode = inode;
	file->fd = fd;
	pthread_mutex_init(&file->size, NULL);
	file->next = user->open;
	user->open = file;
	user->open_count++;
	return file;
}

static void open_remove_locked(struct scratch_user *user, struct scratch_file *file)
{
	struct scratch_file **link = &user->open;

	while (*link != file)
		link = &(*link)->next;
	*link = file->next;
	user->open_count--;
}

static int descriptor_create_locked(struct scratch_user *user, struct buf *path)
{
	int fd, r;

	r = scratch_entry_begin_locked(user, path, 0);
	if (r < 0)
		return r;
	fd = openat(user->root, buf_string(path),
		O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return fd < 0 ? scratch_entry_abandon_locked(user, path, 0, -errno) : fd;
}

/* A descriptor or a negative errno. */
static int descriptor_open_locked(struct scratch_user *user, struct buf *path, int flags)
{
	int fd = openat(user->root, buf_string(path), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	int errnum = fd < 0 ? errno : 0;

	if (errnum == ENOENT && flags & O_CREAT)
		return descriptor_create_locked(user, path);
	/* ELOOP: a symlink, which O_EXCL finds in the way like any other name. */
	if ((!errnum || errnum == ELOOP) && flags & O_CREAT && flags & O_EXCL) {
		cleanup_close(&fd);
		return -EEXIST;
	}
	return errnum ? -errnum : fd;
}

int scratch_file_open_locked(
	struct scratch_user *user, struct buf *path, int flags, struct scratch_file **ret)
{
	struct scratch_file *file;
	struct stat stat;
	int fd;

	if (user->open_count >= SCRATCH_OPEN_MAX)
		return -ENFILE;
	fd = descriptor_open_locked(user, path, flags);
	if (fd < 0)
		return fd;
	if (fstat(fd, &stat) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	file = open_find_locked(user, stat.st_ino);
	if (file)
		close(fd);
	else
		file = open_add_locked(user, stat.st_ino, fd);
	file->refs++;
	*ret = file;
	return 0;
}

bool scratch_file_unlinked_locked(struct scratch_user *user, ino_t inode)
{
	struct scratch_file *file = open_find_locked(user, inode);

	if (file)
		file->unlinked = true;
	return file != NULL;
}

static void file_free(struct scratch_file *file)
{
	struct scratch_user *user = file->user;
	struct stat stat;
	bool gone = file->unlinked && fstat(file->fd, &stat) == 0;

	close(file->fd);
	pthread_mutex_destroy(&file->size);
	free(file);
	if (gone) {
		atomic_fetch_sub(&user->entries, 1);
		scratch_user_refund(user, SCRATCH_ENTRY_COST + stat.st_size);
	}
}

void scratch_close(struct scratch_file *file)
{
	struct scratch_user *user = file->user;
	bool last;

	pthread_mutex_lock(&user->names);
	last = --file->refs == 0;
	if (last)
		open_remove_locked(user, file);
	pthread_mutex_unlock(&user->names);
	if (last)
		file_free(file);
}

ssize_t scratch_read(struct scratch_file *file, void *data, size_t len, off_t offset)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(file->fd, (char *)data + done, len - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static ssize_t write_fully(int fd, struct slice data, off_t offset)
{
	size_t done = 0;

	while (done < data.len) {
		ssize_t n = pwrite(fd, data.data + done, data.len - done, offset + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return done ? (ssize_t)done : -errno;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

/* The size or a negative errno. */
static off_t size_get(struct scratch_file *file)
{
	struct stat stat;

	return fstat(file->fd, &stat) < 0 ? -errno : stat.st_size;
}

/* Charges what the file grows by when it comes to end there. Returns the size
 * that it has, or a negative errno. */
static off_t size_begin(struct scratch_file *file, off_t end)
{
	off_t before = size_get(file);

	if (before >= 0 && end > before && !scratch_user_charge(file->user, end - before))
		return -EDQUOT;
	return before;
}

/* Refunds the difference between what was charged and what came about. */
static void size_end(struct scratch_file *file, off_t end, off_t before)
{
	off_t charged = end > before ? end : before;
	off_t now = size_get(file);

	if (now >= 0)
		scratch_user_refund(file->user, charged - now);
}

ssize_t scratch_write(struct scratch_file *file, struct slice data, off_t offset)
{
	off_t before, end;
	ssize_t r;

	if (offset < 0)
		return -EINVAL;
	if (__builtin_add_overflow(offset, data.len, &end))
		return -EFBIG;
	if (data.len == 0)
		return 0;
	pthread_mutex_lock(&file->size);
	before = size_begin(file, end);
	r = before;
	if (before >= 0) {
		r = write_fully(file->fd, data, offset);
		size_end(file, end, before);
	}
	pthread_mutex_unlock(&file->size);
	return r;
}

int scratch_file_truncate(struct scratch_file *file, off_t size)
{
	off_t before;
	int r;

	if (size < 0)
		return -EINVAL;
	pthread_mutex_lock(&file->size);
	before = size_begin(file, size);
	r = before < 0 ? (int)before : 0;
	if (r == 0) {
		r = scratch_result(ftruncate(file->fd, size));
		size_end(file, size, before);
	}
	pthread_mutex_unlock(&file->size);
	return r;
}

int scratch_file_stat(struct scratch_file *file, struct stat *ret)
{
	struct stat stat;

	if (fstat(file->fd, &stat) < 0)
		return -errno;
	scratch_user_show(file->user, &stat);
	*ret = stat;
	return 0;
}

int scratch_file_utimens(struct scratch_file *file, const struct timespec times[2])
{
	return scratch_result(futimens(file->fd, times));
}

int scratch_sync(struct scratch_file *file)
{
	return scratch_result(fdatasync(file->fd));
}
