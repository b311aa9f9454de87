#include "store/backup.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/backup_file.h"
#include "store/backup_format.h"
#include "store/catalog.h"
#include "store/ledger.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <unistd.h>

#define DAY_NS (24LL * 60 * 60 * 1000000000)

/* Between chunks, so that the writers that wait get their turn. */
#define NAP_US 500

/* What is copied between two looks at the disk: what Berkeley DB has not yet
 * written there takes no space yet. */
#define SYNC_BYTES (4 << 20)

static int save(struct store *store, const struct backup *backup, enum durability durability,
	struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	backup_append_record(&text, backup);
	return ledger_save(store, LEDGER_BACKUP, backup->id, buf_slice(&text), durability, err);
}

int backup_begin(struct store *store, const struct table_description *table, struct slice name,
	enum backup_type type, struct arena *arena, enum durability durability, struct backup *ret,
	struct error *err)
{
	int64_t now = clock_realtime_ns();
	struct backup backup = {
		.name = name,
		.status = BACKUP_CREATING,
		.type = type,
		.created_ns = now,
		.expires_ns = type == BACKUP_SYSTEM ? now + BACKUP_SYSTEM_DAYS * DAY_NS : 0,
		.table = *table,
	};

	TRY(backup_expire(store, now, err));
	TRY(ledger_make_id(arena, now, &backup.id, err));
	TRY(save(store, &backup, durability, err));
	*ret = backup;
	return 0;
}

/* Copying. */

struct copy {
	struct store *store;
	struct backup_file file;
	int64_t items, bytes; /* of the chunk */
	int64_t unsynced;
};

static int take_rows(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err)
{
	struct copy *copy = context;

	copy->items = copy->bytes = 0;
	for (size_t i = 0; i < count; i++) {
		TRY(backup_file_put(txn, &copy->file, &rows[i], err));
		copy->items++;
		copy->bytes += rows[i].meta.item_size;
	}
	return 0;
}

static int look_at_disk(struct copy *copy, struct error *err)
{
	if (copy->unsynced < SYNC_BYTES)
		return 0;
	copy->unsynced = 0;
	TRY(backup_file_sync(&copy->file, err));
	return store_check_room(copy->store, err);
}

static int copy_rows(struct copy *copy, struct backup *backup, struct snapshot *snapshot,
	backup_stopped *stopped, void *context, struct error *err)
{
	int r = 0;

	while (r != SNAPSHOT_END) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		if (stopped(context))
			return error_set(err, ERROR_SYSTEM, "the server was stopped");
		TRY(r = snapshot_next(snapshot, &arena, take_rows, copy, err));
		backup->items += copy->items;
		backup->bytes += copy->bytes;
		copy->unsynced += copy->bytes;
		TRY(look_at_disk(copy, err));
		if (r != SNAPSHOT_END)
			usleep(NAP_US);
	}
	return 0;
}

/* From here on the file's bytes stay as they are: no log to recover concerns
 * them. */
static int settle_file(struct store *store, struct copy *copy, struct error *err)
{
	TRY(backup_file_sync(&copy->file, err));
	return bdb_env_checkpoint(store->env, 0, err);
}

static int make_file(struct store *store, struct backup *backup, struct snapshot *snapshot,
	backup_stopped *stopped, void *context, struct error *err)
{
	struct copy copy = { .store = store };
	int r;

	TRY(backup_file_create(store, backup->id, &copy.file, err));
	r = copy_rows(&copy, backup, snapshot, stopped, context, err);
	if (r == 0)
		r = settle_file(store, &copy, err);
	backup_file_close(&copy.file);
	return r;
}

static int make_available(struct store *store, struct backup *backup, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	TRY(backup_file_sum(
		store, backup->id, &arena, &backup->file_bytes, &backup->checksum, err));
	backup->status = BACKUP_AVAILABLE;
	TRY(save(store, backup, DURABLE_POWER, err));
	backup->checksum = slice_of(NULL, 0); /* it goes with the arena */
	return 0;
}

int backup_copy(struct store *store, struct backup *backup, struct snapshot *snapshot,
	backup_stopped *stopped, void *context, struct error *err)
{
	TRY(store_check_room(store, err));
	TRY(make_file(store, backup, snapshot, stopped, context, err));
	snapshot_close(snapshot); /* whoever sees it available may delete the table */
	return make_available(store, backup, err);
}

/* The file first: it makes room for the rest. */
int backup_discard(struct store *store, struct slice id, struct error *err)
{
	TRY(backup_file_discard(store, id, err));
	return ledger_forget(store, LEDGER_BACKUP, id, DURABLE_PROCESS, err);
}

struct backup backup_dup(const struct backup *backup, struct arena *arena)
{
	struct backup copy = *backup;

	copy.id = arena_copy(arena, backup->id);
	copy.name = arena_copy(arena, backup->name);
	copy.checksum = arena_copy(arena, backup->checksum);
	copy.table = catalog_copy(&backup->table, arena);
	return copy;
}

/* The list. */

bool backup_has_expired(const struct backup *backup, int64_t now_ns)
{
	return backup->expires_ns && backup->expires_ns <= now_ns;
}

int backup_get(struct store *store, struct slice id, struct arena *arena, struct backup *ret,
	struct error *err)
{
	struct slice text;
	int r;

	TRY(r = ledger_get(store, LEDGER_BACKUP, id, arena, &text, err));
	if (r == LEDGER_ABSENT)
		return BACKUP_ABSENT;
	TRY(backup_read_record(id, text, arena, ret, err));
	return backup_has_expired(ret, clock_realtime_ns()) ? BACKUP_ABSENT : 0;
}

int backup_list(struct store *store, struct arena *arena, struct backup **ret, size_t *ret_count,
	struct error *err)
{
	struct ledger_entry *entries;
	size_t count;

	TRY(ledger_list(store, LEDGER_BACKUP, arena, &entries, &count, err));
	*ret = arena_alloc_array(arena, count, sizeof(**ret));
	*ret_count = count;
	for (size_t i = 0; i < count; i++)
		TRY(backup_read_record(entries[i].id, entries[i].text, arena, &(*ret)[i], err));
	return 0;
}

/* The entry goes first: a file without one is removed at the next opening. */
int backup_remove(
	struct store *store, struct slice id, enum durability durability, struct error *err)
{
	TRY(ledger_forget(store, LEDGER_BACKUP, id, durability, err));
	return backup_file_remove(store, id, err);
}

static bool is_known(const struct backup *backups, size_t count, struct slice id)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_equal(backups[i].id, id))
			return true;
	}
	return false;
}

static int remove_if(struct store *store, bool (*is_over)(const struct backup *, int64_t now_ns),
	int64_t now_ns, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct backup *backups;
	size_t count;

	TRY(backup_list(store, &arena, &backups, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (is_over(&backups[i], now_ns))
			TRY(backup_remove(store, backups[i].id, DURABLE_PROCESS, err));
	}
	return 0;
}

static bool was_interrupted(const struct backup *backup, int64_t now_ns)
{
	(void)now_ns;
	return backup->status == BACKUP_CREATING;
}

int backup_expire(struct store *store, int64_t now_ns, struct error *err)
{
	return remove_if(store, backup_has_expired, now_ns, err);
}

static int remove_orphans(struct store *store, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct backup *backups;
	struct slice *files;
	size_t count, file_count;

	TRY(backup_list(store, &arena, &backups, &count, err));
	TRY(backup_file_list(store, &arena, &files, &file_count, err));
	for (size_t i = 0; i < file_count; i++) {
		if (!is_known(backups, count, files[i]))
			TRY(backup_file_remove(store, files[i], err));
	}
	return 0;
}

int backup_tidy(struct store *store, struct error *err)
{
	TRY(remove_if(store, was_interrupted, 0, err));
	TRY(backup_expire(store, clock_realtime_ns(), err));
	return remove_orphans(store, err);
}

int backup_resum(struct store *store, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct backup *backups;
	size_t count;

	TRY(backup_list(store, &arena, &backups, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (backups[i].status == BACKUP_AVAILABLE)
			TRY(make_available(store, &backups[i], err));
	}
	return 0;
}

int backup_verify(struct store *store, const struct backup *backup, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error failure CLEANUP(error_release) = ERROR_INIT;
	struct slice checksum = { NULL, 0 };
	int64_t bytes = 0;

	if (backup_file_sum(store, backup->id, &arena, &bytes, &checksum, &failure) < 0)
		return error_set(err, ERROR_CORRUPT, "Backup %.*s cannot be read: %s",
			SLICE_ARG(backup->name), failure.message);
	if (bytes != backup->file_bytes)
		return error_set(err, ERROR_CORRUPT,
			"Backup %.*s is damaged: its file has %lld bytes, %lld were written",
			SLICE_ARG(backup->name), (long long)bytes, (long long)backup->file_bytes);
	if (!slice_equal(checksum, backup->checksum))
		return error_set(err, ERROR_CORRUPT,
			"Backup %.*s is damaged: its file is not what was written",
			SLICE_ARG(backup->name));
	return 0;
}
