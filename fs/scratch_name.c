/*
 * Scratch files by name. Each function places the name in the overlay of its
 * user, a spot, and does there what the system call of the same name does; what
 * adds or removes a name does it with the user's names locked, so that costs
 * and folders stay in step with the tree.
 */
#include "base/memory.h"
#include "scratch_user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* The directory that holds the scratch files of the one it lies in. */
#define FILES ".files"

/* Table, partition, and room for views of tables. */
#define DIRECTORY_DEPTH_MAX 8

/* A name of one user: where the functions below work. */
struct spot {
	struct scratch_user *user; /* borrowed */
	struct buf path;
};

#define SPOT_INIT ((struct spot){ NULL, BUF_INIT })

static void spot_release(struct spot *spot)
{
	buf_release(&spot->path);
}

static int component_check(struct slice name)
{
	if (name.len == 0)
		return -ENOENT;
	if (name.len > NAME_MAX)
		return -ENAMETOOLONG;
	if (slice_equal_string(name, ".") || slice_equal_string(name, "..") ||
		memchr(name.data, '/', name.len) || memchr(name.data, '\0', name.len))
		return -EINVAL;
	return 0;
}

/* Appends a directory of the mount and a '/', or nothing for the root. */
static int directory_append(struct buf *path, struct slice directory)
{
	for (unsigned depth = 0; directory.len; depth++) {
		const char *slash = memchr(directory.data, '/', directory.len);
		size_t len = slash ? (size_t)(slash - directory.data) : directory.len;
		struct slice component = slice_of(directory.data, len);
		int r = component_check(component);

		if (r < 0)
			return r;
		if (slice_equal_string(component, FILES) || depth == DIRECTORY_DEPTH_MAX)
			return -EINVAL;
		buf_append_slice(path, component);
		buf_append_char(path, '/');
		directory = slice_skip(directory, slash ? len + 1 : len);
	}
	return 0;
}

static int path_append(struct buf *buf, struct scratch_path path)
{
	int r = component_check(path.name);

	if (r < 0)
		return r;
	r = directory_append(buf, path.directory);
	if (r < 0)
		return r;
	buf_append_string(buf, FILES "/");
	buf_append_slice(buf, path.name);
	return 0;
}

/* Where a name would be that need not exist; makes the user's overlay. */
static int spot_make(
	struct scratch *scratch, uid_t uid, struct scratch_path path, struct spot *spot)
{
	int r = path_append(&spot->path, path);

	return r < 0 ? r : scratch_user_obtain(scratch, uid, &spot->user);
}

/* Where a name is, if it is. */
static int spot_find(
	struct scratch *scratch, uid_t uid, struct scratch_path path, struct spot *spot)
{
	int r = path_append(&spot->path, path);

	if (r < 0)
		return r;
	spot->user = scratch_user_find(scratch, uid);
	return spot->user ? 0 : -ENOENT;
}

static int spot_stat(struct spot *spot, struct stat *ret)
{
	struct stat stat;

	if (fstatat(spot->user->root, buf_string(&spot->path), &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret = stat;
	return 0;
}

int scratch_stat(struct scratch *scratch, uid_t uid, struct scratch_path path, struct stat *ret)
{
	struct spot spot CLEANUP(spot_release) = SPOT_INIT;
	int r;

	r = spot_find(scratch, uid, path, &spot);
	if (r == 0)
		r = spot_stat(&spot, ret);
	if (r == 0)
		scratch_user_show(spot.user, ret);
	return r;
}

int scratch_utimens(struct scratch *scratch, uid_t uid, struct scratch_path path,
	const struct timespec times[2])
{
	struct spot spot CLEANUP(spot_release) = SPOT_INIT;
	int r;

	r = spot_find(scratch, uid, path, &spot);
	if (r < 0)
		return r;
	return scratch_result(
		utimensat(spot.user->root, buf_string(&spot.path), times, AT_SYMLINK_NOFOLLOW));
}

int scratch_open(struct scratch *scratch, uid_t uid, struct scratch_path path, int flags,
	struct scratch_file **ret)
{
	struct spot spot CLEANUP(spot_release) = SPOT_INIT;
	struct scratch_file *file;
	int r;

	r = (flags & O_CREAT ? spot_make : spot_find)(scratch, uid, path, &spot);
	if (r < 0)
		return r;
	pthread_mutex_lock(&spot.user->names);
	r = scratch_file_open_locked(spot.user, &spot.path, flags, &file);
	pthread_mutex_unlock(&spot.user->names);
	if (r < 0)
		return r;
	if (flags & O_TRUNC)
		r = scratch_file_truncate(file, 0);
	if (r < 0)
		scratch_close(file);
	else
		*ret = file;
	return r;
}

int scratch_truncate(struct scratch *scratch, uid_t uid, struct scratch_path path, off_t size)
{
	struct scratch_file *file;
	int r;

	r = scratch_open(scratch, uid, path, 0, &file);
	if (r < 0)
		return r;
	r = scratch_file_truncate(file, size);
	scratch_close(file);
	return r;
}

static int unlink_locked(struct scratch_user *user, const char *path, const struct stat *stat)
{
	if (unlinkat(user->root, path, 0) < 0)
		return -errno;
	scratch_entry_gone_locked(user, stat);
	return 0;
}

static int spot_unlink_locked(struct spot *spot)
{
	struct stat stat;
	int r;

	r = spot_stat(spot, &stat);
	if (r < 0)
		return r;
	r = unlink_locked(spot->user, buf_string(&spot->path), &stat);
	if (r < 0)
		return r;
	scratch_folders_prune_locked(spot->user, &spot->path);
	return 0;
}

int scratch_unlink(struct scratch *scratch, uid_t uid, struct scratch_path path)
{
	struct spot spot CLEANUP(spot_release) = SPOT_INIT;
	int r;

	r = spot_find(scratch, uid, path, &spot);
	if (r < 0)
		return r;
	pthread_mutex_lock(&spot.user->names);
	r = spot_unlink_locked(&spot);
	pthread_mutex_unlock(&spot.user->names);
	return r;
}

static int spot_rename_locked(struct spot *from, struct spot *to, unsigned flags)
{
	struct scratch_user *user = from->user;
	struct stat source = { 0 }, target = { 0 };
	bool replaces;
	int r;

	r = spot_stat(from, &source);
	if (r < 0)
		return r;
	replaces = spot_stat(to, &target) == 0 && flags == 0 && target.st_ino != source.st_ino;
	r = scratch_folders_make_locked(user, &to->path);
	if (r == 0)
		r = scratch_result(renameat2(user->root, buf_string(&from->path), user->root,
			buf_string(&to->path), flags));
	if (r == 0 && replaces)
		scratch_entry_gone_locked(user, &target);
	scratch_folders_prune_locked(user, r == 0 ? &from->path : &to->path);
	return r;
}

int scratch_rename(struct scratch *scratch, uid_t uid, struct scratch_path from,
	struct scratch_path to, unsigned flags)
{
	struct spot source CLEANUP(spot_release) = SPOT_INIT;
	struct spot target CLEANUP(spot_release) = SPOT_INIT;
	int r;

	if (flags != 0 && flags != RENAME_NOREPLACE && flags != RENAME_EXCHANGE)
		return -EINVAL;
	r = spot_find(scratch, uid, from, &source);
	if (r < 0)
		return r;
	r = spot_find(scratch, uid, to, &target);
	if (r < 0)
		return r;
	pthread_mutex_lock(&source.user->names);
	r = spot_rename_locked(&source, &target, flags);
	pthread_mutex_unlock(&source.user->names);
	return r;
}

static int spot_symlink_locked(struct spot *spot, const char *target, int64_t len)
{
	struct stat stat;
	int r;

	r = spot_stat(spot, &stat);
	if (r != -ENOENT)
		return r < 0 ? r : -EEXIST;
	r = scratch_entry_begin_locked(spot->user, &spot->path, len);
	if (r < 0)
		return r;
	if (symlinkat(target, spot->user->root, buf_string(&spot->path)) < 0)
		return scratch_entry_abandon_locked(spot->user, &spot->path, len, -errno);
	return 0;
}

int scratch_symlink(
	struct scratch *scratch, uid_t uid, struct scratch_path path, struct slice target)
{
	struct spot spot CLEANUP(spot_release) = SPOT_INIT;
	char *text CLEANUP(cleanup_free) = memory_copy_string(target.data, target.len);
	int r;

	r = spot_make(scratch, uid, path, &spot);
	if (r < 0)
		return r;
	pthread_mutex_lock(&spot.user->names);
	r = spot_symlink_locked(&spot, text, (int64_t)target.len);
	pthread_mutex_unlock(&spot.user->names);
	return r;
}

int scratch_readlink(struct scratch *scratch, uid_t uid, struct scratch_path path, struct buf *buf)
{
	struct spot spot CLEANUP(spot_release) = SPOT_INIT;
	ssize_t n;
	int r;

	r = spot_find(scratch, uid, path, &spot);
	if (r < 0)
		return r;
	n = readlinkat(
		spot.user->root, buf_string(&spot.path), buf_reserve(buf, PATH_MAX), PATH_MAX);
	if (n < 0)
		return -errno;
	buf->len += (size_t)n;
	return 0;
}

static int drop_locked(struct scratch_user *user, struct slice directory)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int r;

	buf_append_slice(&path, directory);
	r = scratch_walk_locked(user, &path, unlink_locked);
	scratch_folders_prune_locked(user, &path);
	return r;
}

int scratch_drop(struct scratch *scratch, struct slice directory)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct scratch_user *user = scratch_users(scratch);
	int r;

	r = directory_append(&path, directory);
	if (r < 0)
		return r;
	if (directory.len == 0)
		return -EINVAL;
	for (; user && r == 0; user = user->next) {
		pthread_mutex_lock(&user->names);
		r = drop_locked(user, directory);
		pthread_mutex_unlock(&user->names);
	}
	return r;
}

static int entry_compare(const void *left, const void *right)
{
	const struct scratch_entry *a = left, *b = right;

	return slice_compare(a->name, b->name);
}

/* False for what is not a scratch file, and for one that has just gone. */
static bool entry_read(
	DIR *dir, const struct dirent *from, struct arena *arena, struct scratch_entry *ret)
{
	struct stat stat;

	if (fstatat(dirfd(dir), from->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0 ||
		S_ISDIR(stat.st_mode))
		return false;
	*ret = (struct scratch_entry){
		.name = arena_copy(arena, slice_from_string(from->d_name)),
		.type = stat.st_mode & S_IFMT,
	};
	return true;
}

static void list_read(DIR *dir, struct arena *arena, struct scratch_list *ret)
{
	struct buf entries CLEANUP(buf_release) = BUF_INIT;
	struct scratch_entry entry;
	struct scratch_entry *sorted;
	struct dirent *from;
	size_t count;

	while ((from = readdir(dir))) {
		if (entry_read(dir, from, arena, &entry))
			buf_append(&entries, &entry, sizeof(entry));
	}
	count = entries.len / sizeof(entry);
	sorted = arena_alloc_array(arena, count, sizeof(entry));
	if (count)
		memcpy(sorted, entries.data, entries.len);
	qsort(sorted, count, sizeof(entry), entry_compare);
	*ret = (struct scratch_list){ sorted, count };
}

int scratch_list(struct scratch *scratch, uid_t uid, struct slice directory, struct arena *arena,
	struct scratch_list *ret)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct scratch_user *user = scratch_user_find(scratch, uid);
	DIR *dir;
	int r;

	r = directory_append(&path, directory);
	if (r < 0)
		return r;
	buf_append_string(&path, FILES);
	r = user ? scratch_directory_open(user->root, buf_string(&path), &dir) : -ENOENT;
	if (r == -ENOENT) {
		*ret = (struct scratch_list){ NULL, 0 };
		return 0;
	}
	if (r < 0)
		return r;
	list_read(dir, arena, ret);
	closedir(dir);
	return 0;
}

size_t scratch_list_after(const struct scratch_list *list, struct slice name)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (slice_compare(list->entries[middle].name, name) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
