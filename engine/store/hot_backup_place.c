#include "store/hot_backup_place.h"
#include "base/log.h"
#include "store/hot_backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#define DESCRIPTORS_MAX 16

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void hot_place_remove(const char *path)
{
	if (nftw(path, remove_entry, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS) < 0 && errno != ENOENT)
		log_warning("removing %s: %s", path, strerrordesc_np(errno));
}

static int sync_directory(const char *path)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

static int sync_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	return type == FTW_DP ? sync_directory(path) : 0;
}

int hot_place_sync(const char *path, struct error *err)
{
	if (nftw(path, sync_entry, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS) < 0)
		return error_set_errno(err, errno, "Bringing %s to disk", path);
	return 0;
}

static bool is_empty_directory(const char *path)
{
	DIR *dir CLEANUP(cleanup_closedir) = opendir(path);
	bool empty = dir;
	struct dirent *entry;

	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	return empty;
}

static void append_parent(struct buf *buf, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		buf_append_char(buf, '.');
	else
		buf_append(buf, path, slash == path ? 1 : (size_t)(slash - path));
	buf_string(buf);
}

static int check_empty(const char *path, const struct stat *st, struct error *err)
{
	struct buf parent CLEANUP(buf_release) = BUF_INIT;
	struct stat of_parent;

	if (!S_ISDIR(st->st_mode) || !is_empty_directory(path))
		return error_set(err, ERROR_VALIDATION,
			"%s is there already, and it is no empty directory", path);
	append_parent(&parent, path);
	if (stat(parent.data, &of_parent) == 0 && of_parent.st_dev != st->st_dev)
		return error_set(err, ERROR_VALIDATION,
			"%s is a file system's root, which cannot be put in place as a whole: name "
			"a directory in it",
			path);
	return 0;
}

static int check_parent(const char *path, struct error *err)
{
	struct buf parent CLEANUP(buf_release) = BUF_INIT;
	struct stat st;

	append_parent(&parent, path);
	if (stat(parent.data, &st) < 0)
		return error_set_errno(err, errno, "Looking at %s", parent.data);
	if (!S_ISDIR(st.st_mode))
		return error_set_errno(err, ENOTDIR, "Looking at %s", parent.data);
	return 0;
}

int hot_place_check(
	const char *path, bool may_be_empty_directory, struct buf *ret_partial, struct error *err)
{
	struct stat st;

	TRY(check_parent(path, err));
	if (lstat(path, &st) == 0) {
		if (!may_be_empty_directory)
			return error_set(err, ERROR_VALIDATION, "%s is there already", path);
		TRY(check_empty(path, &st, err));
	}
	buf_appendf(ret_partial, "%s" HOT_BACKUP_UNFINISHED, path);
	if (lstat(buf_string(ret_partial), &st) < 0)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"%s is there: what was begun once and did not end. If nobody works on it now, "
		"remove it: rm -r '%s'",
		ret_partial->data, ret_partial->data);
}

int hot_place_take(const char *partial, const char *path, struct error *err)
{
	struct buf parent CLEANUP(buf_release) = BUF_INIT;

	TRY(hot_place_sync(partial, err));
	append_parent(&parent, path);
	if (rename(partial, path) < 0 || sync_directory(parent.data) < 0)
		return error_set_errno(err, errno, "Renaming %s to %s", partial, path);
	return 0;
}
