#include "scratch_user.h"
#include "base/memory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* Directories, ".files", and nothing deeper: the bound is for damage. */
#define WALK_DEPTH_MAX 16

int scratch_result(int r)
{
	return r < 0 ? -errno : 0;
}

static int directory_obtain(int parent, const char *name)
{
	if (mkdirat(parent, name, 0700) < 0 && errno != EEXIST)
		return -1;
	return openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int scratch_user_new(int parent, uid_t uid, int64_t limit, struct scratch_user **ret)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct scratch_user *user;
	int root;

	buf_appendf(&name, "%u", uid);
	root = directory_obtain(parent, buf_string(&name));
	if (root < 0)
		return -errno;
	user = memory_new_zero(sizeof(*user));
	user->uid = uid;
	user->root = root;
	user->limit = limit;
	pthread_mutex_init(&user->names, NULL);
	*ret = user;
	return 0;
}

void scratch_user_free(struct scratch_user *user)
{
	assert(!user->open);
	pthread_mutex_destroy(&user->names);
	close(user->root);
	buf_release(&user->found);
	free(user);
}

bool scratch_user_charge(struct scratch_user *user, int64_t bytes)
{
	int64_t used = atomic_load(&user->used);

	do {
		if (bytes > user->limit - used)
			return false;
	} while (!atomic_compare_exchange_weak(&user->used, &used, used + bytes));
	return true;
}

void scratch_user_refund(struct scratch_user *user, int64_t bytes)
{
	atomic_fetch_sub(&user->used, bytes);
}

void scratch_user_show(const struct scratch_user *user, struct stat *stat)
{
	stat->st_uid = user->uid;
	stat->st_mode = S_ISLNK(stat->st_mode) ? S_IFLNK | 0777 : S_IFREG | 0600;
}

int scratch_entry_begin_locked(struct scratch_user *user, struct buf *path, int64_t content)
{
	int r;

	if (!scratch_user_charge(user, SCRATCH_ENTRY_COST + content))
		return -EDQUOT;
	atomic_fetch_add(&user->entries, 1);
	r = scratch_folders_make_locked(user, path);
	return r < 0 ? scratch_entry_abandon_locked(user, path, content, r) : 0;
}

int scratch_entry_abandon_locked(
	struct scratch_user *user, struct buf *path, int64_t content, int r)
{
	scratch_folders_prune_locked(user, path);
	atomic_fetch_sub(&user->entries, 1);
	scratch_user_refund(user, SCRATCH_ENTRY_COST + content);
	return r;
}

void scratch_entry_gone_locked(struct scratch_user *user, const struct stat *stat)
{
	if (scratch_file_unlinked_locked(user, stat->st_ino))
		return;
	atomic_fetch_sub(&user->entries, 1);
	scratch_user_refund(user, SCRATCH_ENTRY_COST + stat->st_size);
}

int scratch_folders_make_locked(struct scratch_user *user, struct buf *path)
{
	char *name = path->data;
	char *slash;

	buf_string(path);
	for (slash = strchr(name, '/'); slash; slash = strchr(slash + 1, '/')) {
		int r;

		*slash = '\0';
		r = mkdirat(user->root, name, 0700);
		*slash = '/';
		if (r < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

void scratch_folders_prune_locked(struct scratch_user *user, struct buf *path)
{
	for (;;) {
		const char *slash = memrchr(path->data, '/', path->len);

		if (!slash)
			return;
		buf_resize(path, (size_t)(slash - path->data));
		if (unlinkat(user->root, buf_string(path), AT_REMOVEDIR) < 0 && errno != ENOENT)
			return;
	}
}

int scratch_directory_open(int parent, const char *path, DIR **ret)
{
	int fd = openat(parent, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int r = dir ? 0 : -errno;

	if (dir)
		*ret = dir;
	else
		cleanup_close(&fd);
	return r;
}

bool scratch_is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int walk(struct scratch_user *user, struct buf *path, unsigned depth,
	int (*visit)(struct scratch_user *, const char *, const struct stat *));

static int walk_entry(struct scratch_user *user, struct buf *path, unsigned depth,
	int (*visit)(struct scratch_user *, const char *, const struct stat *))
{
	struct stat stat;

	if (fstatat(user->root, buf_string(path), &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	if (S_ISDIR(stat.st_mode))
		return walk(user, path, depth + 1, visit);
	return visit(user, buf_string(path), &stat);
}

static int walk(struct scratch_user *user, struct buf *path, unsigned depth,
	int (*visit)(struct scratch_user *, const char *, const struct stat *))
{
	size_t len = path->len;
	struct dirent *entry;
	DIR *dir;
	int r;

	if (depth > WALK_DEPTH_MAX)
		return -ENAMETOOLONG;
	r = scratch_directory_open(user->root, len ? buf_string(path) : ".", &dir);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	while (r == 0 && (entry = readdir(dir))) {
		if (scratch_is_dots(entry->d_name))
			continue;
		buf_appendf(path, "%s%s", len ? "/" : "", entry->d_name);
		r = walk_entry(user, path, depth, visit);
		buf_resize(path, len);
	}
	closedir(dir);
	if (len)
		unlinkat(user->root, buf_string(path), AT_REMOVEDIR);
	return r;
}

int scratch_walk_locked(struct scratch_user *user, struct buf *path,
	int (*visit)(struct scratch_user *, const char *, const struct stat *))
{
	return walk(user, path, 0, visit);
}
