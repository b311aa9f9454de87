#include "port_file.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#define PIECE_BYTES 65536

static int read_all(int fd, const char *path, size_t max, struct buf *ret, struct error *err)
{
	ssize_t got;

	do {
		got = read(fd, buf_reserve(ret, PIECE_BYTES), PIECE_BYTES);
		if (got < 0)
			return error_set_errno(err, errno, "Reading %s", path);
		ret->len += (size_t)got;
		if (ret->len > max)
			return error_set(err, ERROR_TOO_LARGE, "%s is too large", path);
	} while (got > 0);
	return 0;
}

int file_read_if_present(const char *path, size_t max, struct buf *ret, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return FILE_ABSENT;
	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	return read_all(fd, path, max, ret, err);
}

int file_read(const char *path, size_t max, struct buf *ret, struct error *err)
{
	int r = file_read_if_present(path, max, ret, err);

	if (r == FILE_ABSENT)
		return error_set_errno(err, ENOENT, "Opening %s", path);
	return r;
}

int file_write_fully(int fd, struct slice bytes)
{
	while (bytes.len) {
		ssize_t written = write(fd, bytes.data, bytes.len);

		if (written < 0 && errno != EINTR)
			return errno;
		if (written > 0)
			bytes = slice_skip(bytes, (size_t)written);
	}
	return 0;
}

int file_write_all(int fd, struct slice bytes, const char *name, struct error *err)
{
	int r = file_write_fully(fd, bytes);

	return r ? error_set_errno(err, r, "Writing %s", name) : 0;
}

static int write_new(const char *path, struct slice text, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	TRY(file_write_all(fd, text, path, err));
	if (fdatasync(fd) < 0)
		return error_set_errno(err, errno, "Writing %s", path);
	return 0;
}

int file_replace(const char *path, struct slice text, struct error *err)
{
	char *new CLEANUP(cleanup_free) = path_with(path, ".new");

	TRY(write_new(new, text, err));
	return file_rename(new, path, err);
}

int file_remove(const char *path, struct error *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "Removing %s", path);
	return 0;
}

int files_remove(const char *directory, struct slice ending, struct error *err)
{
	DIR *files CLEANUP(cleanup_closedir) = opendir(directory);
	const struct dirent *file;

	if (!files)
		return error_set_errno(err, errno, "Reading %s", directory);
	while ((file = readdir(files))) {
		if (slice_ends_with(slice_from_string(file->d_name), ending) &&
			unlinkat(dirfd(files), file->d_name, 0) < 0)
			return error_set_errno(
				err, errno, "Removing %s/%s", directory, file->d_name);
	}
	return 0;
}

int file_rename(const char *from, const char *to, struct error *err)
{
	if (rename(from, to) < 0)
		return error_set_errno(err, errno, "Renaming %s to %s", from, to);
	return 0;
}

char *path_with(const char *path, const char *suffix)
{
	struct buf joined = BUF_INIT;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	buf_append(&joined, path, len);
	buf_append_string(&joined, suffix);
	buf_string(&joined);
	return joined.data;
}
