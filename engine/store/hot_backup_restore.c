#include "base/memory.h"
#include "store/hot_backup_check.h"
#include "store/hot_backup_convert.h"
#include "store/hot_backup_manifest.h"
#include "store/hot_backup_place.h"

#include <errno.h>
#include <sys/stat.h>

/* A backup that is being restored. */
struct restoring {
	const struct hot_backup_restoration *what;
	const char *partial;
	const struct hot_backup_watcher *watcher;
	struct pace pace;
	struct hot_manifest manifest;
	struct key_file key, backup_key;
	struct password password; /* of the backup; then of the data directory */
};

static void restoring_release(struct restoring *restoring)
{
	hot_manifest_release(&restoring->manifest);
	key_file_release(&restoring->key);
	key_file_release(&restoring->backup_key);
	password_wipe(&restoring->password);
}

static void begin_phase(struct restoring *restoring, enum hot_backup_phase phase)
{
	restoring->pace = (struct pace){ restoring->watcher, phase, 0,
		hot_files_bytes(&restoring->manifest.files) };
}

/* Keys */

static int read_keys(struct restoring *restoring, struct error *err)
{
	const struct hot_backup_restoration *what = restoring->what;
	const struct key_file *key = NULL;

	if (what->key_file)
		TRY(key_file_read(what->key_file, &restoring->key, err));
	if (what->backup_key_file)
		TRY(key_file_read(what->backup_key_file, &restoring->backup_key, err));
	if (what->backup_key_file && !restoring->manifest.encrypted)
		return error_set(err, ERROR_VALIDATION, "%s is not encrypted, so %s is not its key",
			what->backup, what->backup_key_file);
	if (what->backup_key_file)
		key = &restoring->backup_key;
	else if (what->key_file)
		key = &restoring->key;
	return encryption_unlock(what->backup, key, &restoring->password, err);
}

/* Whether the directory is to have another key than the backup has, or none. */
static bool changes_key(const struct restoring *restoring)
{
	const struct hot_backup_restoration *what = restoring->what;

	return what->backup_key_file || restoring->manifest.encrypted != (what->key_file != NULL);
}

/* Files */

static int damaged(
	const struct restoring *restoring, const char *name, const char *how, struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "The backup is damaged: %s/%s %s",
		restoring->what->backup, name, how);
}

/* The quick look, before the long one. */
static int check_length(
	const struct restoring *restoring, const struct hot_file *file, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct buf how CLEANUP(buf_release) = BUF_INIT;
	struct stat st;

	buf_appendf(&path, "%s/%s", restoring->what->backup, file->name);
	if (lstat(buf_string(&path), &st) < 0 && errno == ENOENT)
		return damaged(restoring, file->name, "is missing", err);
	if (lstat(path.data, &st) < 0)
		return error_set_errno(err, errno, "Looking at %s", path.data);
	if ((uint64_t)st.st_size == file->bytes)
		return 0;
	buf_appendf(&how, "has %lld bytes in place of %llu", (long long)st.st_size,
		(unsigned long long)file->bytes);
	return damaged(restoring, file->name, buf_string(&how), err);
}

static int compare_sum(const struct restoring *restoring, const struct hot_file *expected,
	const struct hot_file *found, struct error *err)
{
	if (found->bytes == expected->bytes && strcmp(found->sum, expected->sum) == 0)
		return 0;
	return damaged(restoring, expected->name, "was changed: its SHA-256 is another one", err);
}

static int verify_files(struct restoring *restoring, struct error *err)
{
	const struct hot_files *files = &restoring->manifest.files;

	for (size_t i = 0; i < files->count; i++)
		TRY(check_length(restoring, &files->items[i], err));
	begin_phase(restoring, HOT_BACKUP_VERIFYING);
	for (size_t i = 0; i < files->count; i++) {
		struct hot_file found = files->items[i];

		TRY(hot_file_sum(restoring->what->backup, &found, false, &restoring->pace, err));
		TRY(compare_sum(restoring, &files->items[i], &found, err));
	}
	return 0;
}

static int copy_files(struct restoring *restoring, struct error *err)
{
	const struct hot_files *files = &restoring->manifest.files;
	int r;

	for (size_t i = 0; i < files->count; i++) {
		struct hot_file found = files->items[i];

		TRY(r = hot_file_copy(restoring->what->backup, restoring->partial, &found,
			    UINT64_MAX, &restoring->pace, err));
		if (r == HOT_FILE_GONE)
			return damaged(restoring, found.name, "is missing", err);
		TRY(compare_sum(restoring, &files->items[i], &found, err));
	}
	return 0;
}

static int convert_files(struct restoring *restoring, struct error *err)
{
	struct password next = { { 0 } };
	const struct conversion conversion = {
		.from = restoring->what->backup,
		.to = restoring->partial,
		.from_password = &restoring->password,
		.to_key = restoring->what->key_file ? &restoring->key : NULL,
		.files = &restoring->manifest.files,
		.pace = &restoring->pace,
	};

	TRY(hot_backup_convert(&conversion, &next, err));
	restoring->password = next;
	password_wipe(&next);
	return 0;
}

static int check_result(
	struct restoring *restoring, struct hot_backup_totals *totals, struct error *err)
{
	const struct hot_manifest *manifest = &restoring->manifest;
	const struct copy_check check = {
		.path = restoring->partial,
		.password = password_present(&restoring->password) ? &restoring->password : NULL,
		.is_converted = changes_key(restoring),
		.items = manifest->items,
		.watcher = restoring->watcher,
	};

	TRY(hot_backup_check(&check, totals, err));
	totals->files = manifest->files.count;
	totals->bytes = hot_files_bytes(&manifest->files);
	if (totals->tables == manifest->tables && totals->items == manifest->items &&
		totals->item_bytes == manifest->item_bytes)
		return 0;
	return error_set(err, ERROR_CORRUPT,
		"%s has %llu tables and %llu items, and its manifest tells of %llu and %llu",
		restoring->what->backup, (unsigned long long)totals->tables,
		(unsigned long long)totals->items, (unsigned long long)manifest->tables,
		(unsigned long long)manifest->items);
}

static int fill(struct restoring *restoring, struct hot_backup_totals *totals, struct error *err)
{
	begin_phase(restoring, HOT_BACKUP_COPYING);
	TRY((changes_key(restoring) ? convert_files : copy_files)(restoring, err));
	TRY(check_result(restoring, totals, err));
	return hot_place_take(restoring->partial, restoring->what->path, err);
}

static int make_and_fill(
	struct restoring *restoring, struct hot_backup_totals *totals, struct error *err)
{
	int r;

	if (mkdir(restoring->partial, 0700) < 0)
		return error_set_errno(err, errno, "Making the directory %s", restoring->partial);
	r = fill(restoring, totals, err);
	if (r < 0)
		hot_place_remove(restoring->partial);
	return r;
}

int hot_backup_restore(const struct hot_backup_restoration *restoration,
	const struct hot_backup_watcher *watcher, struct hot_backup_totals *ret, struct error *err)
{
	struct buf partial CLEANUP(buf_release) = BUF_INIT;
	struct restoring restoring CLEANUP(
		restoring_release) = { .what = restoration, .watcher = watcher };
	struct hot_backup_totals totals = { 0 };

	TRY(hot_manifest_read(restoration->backup, &restoring.manifest, err));
	TRY(hot_place_check(restoration->path, true, &partial, err));
	restoring.partial = buf_string(&partial);
	TRY(read_keys(&restoring, err));
	TRY(verify_files(&restoring, err));
	TRY(make_and_fill(&restoring, &totals, err));
	*ret = totals;
	return 0;
}
