#include "store/hot_backup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/bdb_copy.h"
#include "store/count.h"
#include "store/hot_backup_check.h"
#include "store/hot_backup_manifest.h"
#include "store/hot_backup_place.h"
#include "store/store_private.h"
#include "store/table_cache.h"

#include <errno.h>
#include <sys/stat.h>

/* A backup that is being taken. */
struct taking {
	struct store *store;
	const char *partial;
	const struct hot_backup_watcher *watcher;
	struct pace pace;
	uint64_t first_stamp; /* the last write before it began */
	struct hot_manifest manifest;
};

/* Where the pieces of a database go. */
struct target {
	struct taking *taking;
	const char *name;
	int fd;
};

static int take_piece(
	void *context, uint64_t offset, const void *data, size_t len, struct error *err)
{
	struct target *target = context;

	TRY(hot_file_write(target->fd, target->name, offset, data, len, err));
	return pace_advance(&target->taking->pace, len, err);
}

static int copy_database(struct taking *taking, const char *name, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;
	struct target target = { taking, name, -1 };
	int r;

	TRY(hot_file_create(taking->partial, name, &fd, err));
	target.fd = fd;
	TRY(r = bdb_file_copy(taking->store->env, name, take_piece, &target, err));
	if (r != BDB_FILE_GONE)
		return 0;
	buf_appendf(&path, "%s/%s", taking->partial, name);
	if (unlink(buf_string(&path)) < 0)
		return error_set_errno(err, errno, "Removing %s", path.data);
	return 0;
}

/* All but the log, whose time is later. */
static int copy_file(struct taking *taking, struct hot_file *file, struct error *err)
{
	int r;

	switch (hot_file_kind(file)) {
	case HOT_FILE_DATABASE:
		return copy_database(taking, file->name, err);
	case HOT_FILE_PLAIN:
		TRY(r = hot_file_copy(taking->store->path, taking->partial, file, UINT64_MAX,
			    &taking->pace, err));
		return 0;
	case HOT_FILE_LOG:
		return 0;
	}
	return 0;
}

static int copy_files(struct taking *taking, struct error *err)
{
	struct hot_files files CLEANUP(hot_files_release) = { NULL, 0, 0 };

	TRY(hot_files_find(taking->store->path, &files, err));
	taking->pace =
		(struct pace){ taking->watcher, HOT_BACKUP_COPYING, 0, hot_files_bytes(&files) };
	for (size_t i = 0; i < files.count; i++)
		TRY(copy_file(taking, &files.items[i], err));
	return 0;
}

/* The log up to its end as it is found now. */
static int copy_log(struct taking *taking, struct error *err)
{
	struct hot_files files CLEANUP(hot_files_release) = { NULL, 0, 0 };
	struct bdb_log_end end;
	int r;

	TRY(bdb_log_find_end(taking->store->env, &end, err));
	TRY(hot_files_find(taking->store->path, &files, err));
	for (size_t i = 0; i < files.count; i++) {
		struct hot_file *file = &files.items[i];
		uint32_t number = bdb_log_number(file->name);

		if (!number || number > end.file)
			continue;
		TRY(r = hot_file_copy(taking->store->path, taking->partial, file,
			    number == end.file ? end.offset : UINT64_MAX, &taking->pace, err));
		if (r == HOT_FILE_GONE)
			return error_set(err, ERROR_SYSTEM,
				"%s of the log went while it was copied", file->name);
	}
	return 0;
}

static int copy_held(struct taking *taking, struct error *err)
{
	TRY(bdb_env_checkpoint(taking->store->env, 0, err));
	TRY(copy_files(taking, err));
	return copy_log(taking, err);
}

static int copy_all(struct taking *taking, struct error *err)
{
	DB_ENV *env = taking->store->env;
	int r;

	bdb_env_hold_files(env);
	r = copy_held(taking, err);
	bdb_env_release_files(env);
	return r;
}

/* Of all tables; false while some are being counted. */
static bool count_store(struct store *store, struct table_counts *ret)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };
	struct table_counts counts;
	bool exact = true;

	*ret = (struct table_counts){ 0 };
	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		table_counts(tables.tables[i], &counts);
		exact = exact && counts.exact;
		ret->items += counts.items;
		ret->bytes += counts.bytes;
	}
	return exact;
}

static uint64_t last_stamp(struct store *store)
{
	uint64_t stamp;

	pthread_mutex_lock(&store->writer);
	stamp = store->last_stamp;
	pthread_mutex_unlock(&store->writer);
	return stamp;
}

/* When nothing was written since it began, the copy has what the store has. */
static int compare(struct taking *taking, const struct hot_backup_totals *totals, struct error *err)
{
	struct store *store = taking->store;
	struct table_counts counts;

	if (!count_store(store, &counts) || last_stamp(store) != taking->first_stamp ||
		((uint64_t)counts.items == totals->items &&
			(uint64_t)counts.bytes == totals->item_bytes))
		return 0;
	return error_set(err, ERROR_CORRUPT,
		"The copy has %llu items of %llu bytes, the store %llu of %llu",
		(unsigned long long)totals->items, (unsigned long long)totals->item_bytes,
		(unsigned long long)counts.items, (unsigned long long)counts.bytes);
}

static int check_copy(struct taking *taking, struct hot_backup_totals *totals, struct error *err)
{
	const struct password *password = &taking->store->password;
	struct table_counts counts;
	struct copy_check check = {
		.path = taking->partial,
		.password = password_present(password) ? password : NULL,
		.is_copy = true,
		.watcher = taking->watcher,
	};

	count_store(taking->store, &counts);
	check.items = (uint64_t)counts.items;
	TRY(hot_backup_check(&check, totals, err));
	return compare(taking, totals, err);
}

static int write_manifest(
	struct taking *taking, struct hot_backup_totals *totals, struct error *err)
{
	struct hot_manifest *manifest = &taking->manifest;
	struct hot_files *files = &manifest->files;

	TRY(hot_files_find(taking->partial, files, err));
	totals->files = files->count;
	totals->bytes = hot_files_bytes(files);
	taking->pace = (struct pace){ taking->watcher, HOT_BACKUP_SUMMING, 0, totals->bytes };
	for (size_t i = 0; i < files->count; i++)
		TRY(hot_file_sum(taking->partial, &files->items[i], true, &taking->pace, err));
	manifest->source = memory_copy_string(taking->store->path, strlen(taking->store->path));
	manifest->completed_ns = clock_realtime_ns();
	manifest->encrypted = store_is_encrypted(taking->store);
	manifest->tables = totals->tables;
	manifest->items = totals->items;
	manifest->item_bytes = totals->item_bytes;
	return hot_manifest_write(taking->partial, manifest, err);
}

static int fill(struct taking *taking, struct hot_backup_totals *totals, struct error *err)
{
	taking->manifest.started_ns = clock_realtime_ns();
	taking->first_stamp = last_stamp(taking->store);
	TRY(copy_all(taking, err));
	TRY(check_copy(taking, totals, err));
	return write_manifest(taking, totals, err);
}

/* A backup of itself would never end. */
static int check_apart(struct store *store, const char *destination, struct error *err)
{
	char *data CLEANUP(cleanup_free) = realpath(store->path, NULL);
	char *folder CLEANUP(cleanup_free) = memory_copy_string(destination, strlen(destination));
	char *slash = strrchr(folder, '/');
	char *parent CLEANUP(cleanup_free) = NULL;
	size_t len = data ? strlen(data) : 0;

	if (slash && slash > folder)
		*slash = '\0';
	parent = realpath(folder, NULL);
	if (data && parent && strncmp(parent, data, len) == 0 &&
		(parent[len] == '/' || !parent[len]))
		return error_set(err, ERROR_VALIDATION, "A backup of %s cannot lie in it: %s",
			store->path, destination);
	return 0;
}

int hot_backup_take(struct store *store, const char *destination,
	const struct hot_backup_watcher *watcher, struct hot_backup_totals *ret, struct error *err)
{
	struct buf partial CLEANUP(buf_release) = BUF_INIT;
	struct taking taking = { .store = store, .watcher = watcher };
	struct hot_backup_totals totals = { 0 };
	int r;

	TRY(hot_place_check(destination, false, &partial, err));
	TRY(check_apart(store, destination, err));
	if (mkdir(buf_string(&partial), 0700) < 0)
		return error_set_errno(err, errno, "Making the directory %s", partial.data);
	taking.partial = partial.data;
	r = fill(&taking, &totals, err);
	if (r == 0)
		r = hot_place_take(partial.data, destination, err);
	hot_manifest_release(&taking.manifest);
	if (r < 0)
		hot_place_remove(partial.data);
	else
		*ret = totals;
	return r;
}
