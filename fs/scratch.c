#include "scratch.h"
#include "base/memory.h"
#include "scratch_user.h"

#include <errno.h>

struct scratch {
	struct scratch_root root;
	int64_t limit;
	pthread_mutex_t creating;
	struct scratch_user *_Atomic users;
};

struct scratch_user *scratch_users(struct scratch *scratch)
{
	return atomic_load(&scratch->users);
}

struct scratch_user *scratch_user_find(struct scratch *scratch, uid_t uid)
{
	struct scratch_user *user = scratch_users(scratch);

	while (user && user->uid != uid)
		user = user->next;
	return user;
}

static int user_add_locked(struct scratch *scratch, uid_t uid, struct scratch_user **ret)
{
	struct scratch_user *user = scratch_user_find(scratch, uid);
	int r;

	if (!user) {
		r = scratch_user_new(scratch->root.fd, uid, scratch->limit, &user);
		if (r < 0)
			return r;
		user->next = scratch_users(scratch);
		atomic_store(&scratch->users, user);
	}
	*ret = user;
	return 0;
}

int scratch_user_obtain(struct scratch *scratch, uid_t uid, struct scratch_user **ret)
{
	int r;

	*ret = scratch_user_find(scratch, uid);
	if (*ret)
		return 0;
	pthread_mutex_lock(&scratch->creating);
	r = user_add_locked(scratch, uid, ret);
	pthread_mutex_unlock(&scratch->creating);
	return r;
}

/* The path is DIRECTORY/.files/NAME; files of one directory come together. */
static void note_directory(struct buf *found, struct slice path)
{
	const char *files = memmem(path.data, path.len, "/.files/", strlen("/.files/"));
	struct slice directory, last = { NULL, 0 };

	if (!files)
		return; /* in the root, which always exists */
	directory = slice_of(path.data, (size_t)(files - path.data));
	if (found->len > directory.len)
		last = slice_of(found->data + found->len - directory.len - 1, directory.len);
	if (slice_present(last) && slice_equal(last, directory))
		return;
	buf_append_slice(found, directory);
	buf_append_char(found, '\0');
}

static int account_locked(struct scratch_user *user, const char *path, const struct stat *stat)
{
	note_directory(&user->found, slice_from_string(path));
	user->used += SCRATCH_ENTRY_COST + stat->st_size;
	user->entries++;
	return 0;
}

static int user_load(struct scratch *scratch, uid_t uid)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct scratch_user *user;
	int r;

	r = scratch_user_obtain(scratch, uid, &user);
	if (r < 0)
		return r;
	pthread_mutex_lock(&user->names);
	r = scratch_walk_locked(user, &path, account_locked);
	pthread_mutex_unlock(&user->names);
	return r;
}

/* Whether it is a uid as scratch_user_new() spells it. */
static bool uid_parse(const char *name, uid_t *ret)
{
	struct buf canonical CLEANUP(buf_release) = BUF_INIT;

	*ret = (uid_t)strtoul(name, NULL, 10);
	buf_appendf(&canonical, "%u", *ret);
	return slice_equal_string(buf_slice(&canonical), name);
}

static int users_load(struct scratch *scratch)
{
	struct dirent *entry;
	uid_t uid;
	DIR *dir;
	int r;

	r = scratch_directory_open(scratch->root.fd, ".", &dir);
	if (r < 0)
		return r;
	while (r == 0 && (entry = readdir(dir))) {
		if (uid_parse(entry->d_name, &uid))
			r = user_load(scratch, uid);
	}
	closedir(dir);
	return r;
}

/* Takes the root over, also when it fails. */
static int scratch_start(
	const struct scratch_root *root, int64_t limit, struct scratch **ret, struct error *err)
{
	struct scratch *scratch = memory_new_zero(sizeof(*scratch));
	int r;

	scratch->root = *root;
	scratch->limit = limit;
	pthread_mutex_init(&scratch->creating, NULL);
	r = users_load(scratch);
	if (r < 0) {
		scratch_free(scratch);
		return error_set_errno(err, -r, "reading scratch files");
	}
	*ret = scratch;
	return 0;
}

int scratch_new(const char *data_directory, int64_t limit, struct scratch **ret, struct error *err)
{
	struct scratch_root root;

	TRY(scratch_root_open(data_directory, &root, err));
	return scratch_start(&root, limit, ret, err);
}

int scratch_new_in_memory(
	const char *data_directory, int64_t limit, struct scratch **ret, struct error *err)
{
	struct scratch_root root;

	TRY(scratch_root_open_in_memory(data_directory, &root, err));
	return scratch_start(&root, limit, ret, err);
}

void scratch_visit_found(struct scratch *scratch, scratch_visitor *visit, void *context)
{
	for (struct scratch_user *user = scratch_users(scratch); user; user = user->next) {
		struct slice rest = buf_slice(&user->found);

		while (rest.len) {
			struct slice directory = slice_from_string(rest.data);

			visit(context, directory);
			rest = slice_skip(rest, directory.len + 1);
		}
		buf_release(&user->found);
	}
}

void scratch_free(struct scratch *scratch)
{
	struct scratch_user *user = scratch_users(scratch);

	while (user) {
		struct scratch_user *next = user->next;

		scratch_root_forget(&scratch->root, user);
		scratch_user_free(user);
		user = next;
	}
	pthread_mutex_destroy(&scratch->creating);
	scratch_root_close(&scratch->root);
	free(scratch);
}

static void usage_add(struct scratch_usage *usage, struct scratch_user *user)
{
	usage->bytes += atomic_load(&user->used);
	usage->entries += atomic_load(&user->entries);
}

void scratch_usage(struct scratch *scratch, uid_t uid, struct scratch_usage *ret)
{
	struct scratch_user *user = scratch_user_find(scratch, uid);

	*ret = (struct scratch_usage){ .limit = scratch->limit };
	if (user)
		usage_add(ret, user);
}

void scratch_usage_total(struct scratch *scratch, struct scratch_usage *ret)
{
	*ret = (struct scratch_usage){ 0 };
	for (struct scratch_user *user = scratch_users(scratch); user; user = user->next) {
		usage_add(ret, user);
		ret->limit += scratch->limit;
	}
}
