#include "store/hot_backup_check.h"
#include "base/memory.h"
#include "store/backup.h"
#include "store/check.h"
#include "store/count.h"
#include "store/encryption.h"
#include "store/table_cache.h"

#include <errno.h>

#define CACHE_BYTES (32u << 20) /* beside a store that is open */

struct look {
	struct pace pace;
	struct buf problem; /* the first one */
};

static void take_problem(void *context, struct slice table_name, const char *problem)
{
	struct look *look = context;

	if (look->problem.len)
		return;
	if (table_name.len)
		buf_appendf(&look->problem, "%.*s: ", SLICE_ARG(table_name));
	buf_append_string(&look->problem, problem);
}

static bool take_step(void *context, uint64_t items)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct look *look = context;

	return pace_advance(&look->pace, items - look->pace.done, &err) == 0;
}

static int count_table(struct table *table, struct look *look, struct error *err)
{
	int r;

	do {
		TRY(r = count_step(table, err));
		TRY(pace_advance(&look->pace, 0, err));
	} while (r != COUNT_DONE);
	return 0;
}

/* Tables that were being written to have no exact counts in the copy. */
static int count_tables(struct store *store, struct look *look, struct error *err)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };

	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++)
		TRY(count_table(tables.tables[i], look, err));
	return 0;
}

static int look_at_store(
	struct store *store, struct look *look, struct hot_backup_totals *ret, struct error *err)
{
	const struct check_watcher watcher = { take_problem, take_step, look };
	struct check_totals totals = { 0 };

	TRY(store_check_watched(store, &watcher, &totals, err));
	if (totals.problems)
		return error_set(err, ERROR_CORRUPT,
			"The copy is damaged, and so its source may be: %s",
			buf_string(&look->problem));
	TRY(count_tables(store, look, err));
	ret->tables = totals.tables;
	ret->items = totals.items;
	ret->item_bytes = totals.bytes;
	return 0;
}

/* What an open store leaves behind. */
static int remove_lock(const char *path, struct error *err)
{
	struct buf lock CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&lock, "%s/lock", path);
	if (unlink(buf_string(&lock)) < 0)
		return error_set_errno(err, errno, "Removing %s", lock.data);
	return 0;
}

int hot_backup_check(
	const struct copy_check *check, struct hot_backup_totals *ret, struct error *err)
{
	struct store_options options = {
		.cache_bytes = CACHE_BYTES,
		.read_only_check = true,
		.is_copy = check->is_copy,
		.password = check->password,
	};
	struct look look = {
		.pace = { check->watcher, HOT_BACKUP_CHECKING, 0, check->items },
		.problem = BUF_INIT,
	};
	struct store *store;
	int r;

	TRY(store_open(check->path, &options, &store, err));
	r = check->is_converted ? backup_resum(store, err) : 0;
	if (r == 0)
		r = look_at_store(store, &look, ret, err);
	store_close(store);
	buf_release(&look.problem);
	return r < 0 ? -1 : remove_lock(check->path, err);
}
