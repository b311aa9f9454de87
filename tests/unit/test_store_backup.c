/* Backups, and the ledger in which they stand. */
#undef NDEBUG
#include "store_fixture.h"

#include "base/clock.h"
#include "store/backup.h"
#include "store/ledger.h"
#include "store/recovery.h"
#include "store/store_private.h"
#include "store/table_private.h"

#include <fcntl.h>

#define ROWS   700
#define DAY_NS (24LL * 60 * 60 * 1000000000)

static bool never(void *context)
{
	(void)context;
	return false;
}

static bool at_once(void *context)
{
	(void)context;
	return true;
}

static void fill(struct fixture *f)
{
	for (int i = 0; i < ROWS; i++) {
		struct arena_mark mark = arena_mark(&f->arena);

		fixture_put(f, "a", i, "x");
		arena_reset(&f->arena, mark);
	}
}

static struct backup begin(struct fixture *f, const char *name, enum backup_type type)
{
	struct backup backup;

	CHECK_OK(backup_begin(f->store, table_description(f->table), slice_from_string(name), type,
			 &f->arena, DURABLE_PROCESS, &backup, &f->err),
		&f->err);
	return backup;
}

static int copy(struct fixture *f, struct backup *backup, backup_stopped *stopped)
{
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };

	CHECK_INT(snapshot_open(f->table, SNAPSHOT_NOW, &snapshot, &f->err), 0);
	return backup_copy(f->store, backup, &snapshot, stopped, NULL, &f->err);
}

/* As the ledger has it. */
static struct backup get(struct fixture *f, struct slice id)
{
	struct backup backup;

	CHECK_INT(backup_get(f->store, id, &f->arena, &backup, &f->err), 0);
	return backup;
}

static struct backup make(struct fixture *f, const char *name)
{
	struct backup backup = begin(f, name, BACKUP_USER);

	CHECK_OK(copy(f, &backup, never), &f->err);
	return get(f, backup.id);
}

static bool is_there(struct fixture *f, struct slice id)
{
	struct backup backup;
	int r = backup_get(f->store, id, &f->arena, &backup, &f->err);

	CHECK_OK(r, &f->err);
	return r != BACKUP_ABSENT;
}

static const char *path_of(struct fixture *f, struct slice id)
{
	return arena_printf(&f->arena, "%s/backup-%.*s.db", f->path, SLICE_ARG(id)).data;
}

static int count_rows(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err)
{
	(void)txn, (void)rows, (void)err;
	*(size_t *)context += count;
	return 0;
}

static void a_backup_holds_the_rows_of_its_moment(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct backup_reader reader CLEANUP(backup_reader_close) = { 0 };
	struct backup backup;
	size_t rows = 0;
	int r = 0;

	fill(&f);
	backup = make(&f, "mine");
	CHECK_INT(backup.status, BACKUP_AVAILABLE);
	CHECK_INT(backup.items, ROWS);
	CHECK_TEXT(backup.name, "mine");
	CHECK_TEXT(backup.table.name, "T");
	CHECK_OK(backup_verify(f.store, &backup, &f.err), &f.err);
	CHECK_OK(backup_reader_open(f.store, &backup, &reader, &f.err), &f.err);
	while (r != SNAPSHOT_END)
		CHECK_OK(r = backup_reader_next(&reader, &f.arena, count_rows, &rows, &f.err),
			&f.err);
	CHECK_INT(rows, ROWS);
	CHECK(!f.table->body->newest->history);
}

static void a_backup_that_is_stopped_is_discarded(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct backup backup;

	fill(&f);
	backup = begin(&f, "half", BACKUP_USER);
	CHECK_INT(copy(&f, &backup, at_once), -1);
	CHECK_ERROR(&f.err, ERROR_SYSTEM, "the server was stopped");
	CHECK(is_there(&f, backup.id));
	CHECK_OK(backup_discard(f.store, backup.id, &f.err), &f.err);
	CHECK(!is_there(&f, backup.id));
	CHECK_INT(access(path_of(&f, backup.id), F_OK), -1);
}

static void what_was_interrupted_is_tidied_and_the_rest_stays(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct backup half, whole;

	fill(&f);
	whole = make(&f, "whole");
	half = begin(&f, "half", BACKUP_USER);
	CHECK_INT(copy(&f, &half, at_once), -1);
	error_release(&f.err);
	CHECK_INT(access(path_of(&f, half.id), F_OK), 0);
	close(open(path_of(&f, SLICE("01795387608765-00000000")), O_CREAT | O_WRONLY, 0600));
	fixture_close(&f);
	fixture_open(&f);
	CHECK_OK(backup_tidy(f.store, &f.err), &f.err);
	CHECK(!is_there(&f, half.id));
	CHECK_INT(access(path_of(&f, half.id), F_OK), -1);
	CHECK_INT(access(path_of(&f, SLICE("01795387608765-00000000")), F_OK), -1);
	CHECK_OK(backup_verify(f.store, &whole, &f.err), &f.err);
}

static void change_byte(const char *path, off_t at)
{
	int fd = open(path, O_RDWR);
	char byte;

	CHECK_INT(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	CHECK_INT(pwrite(fd, &byte, 1, at), 1);
	close(fd);
}

static void a_file_that_is_not_what_was_written_does_not_verify(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct backup backup;

	fill(&f);
	backup = make(&f, "mine");
	change_byte(path_of(&f, backup.id), backup.file_bytes / 2);
	CHECK_INT(backup_verify(f.store, &backup, &f.err), -1);
	CHECK_ERROR(
		&f.err, ERROR_CORRUPT, "Backup mine is damaged: its file is not what was written");
	CHECK_INT(truncate(path_of(&f, backup.id), backup.file_bytes - 1), 0);
	CHECK_INT(backup_verify(f.store, &backup, &f.err), -1);
	CHECK_INT(f.err.class, ERROR_CORRUPT);
	error_release(&f.err);
	CHECK_OK(backup_remove(f.store, backup.id, DURABLE_PROCESS, &f.err), &f.err);
	CHECK_INT(access(path_of(&f, backup.id), F_OK), -1);
}

static void a_backup_of_the_system_expires_after_35_days(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct backup user, of_system;
	int64_t now = clock_realtime_ns();

	fill(&f);
	user = make(&f, "mine");
	of_system = begin(&f, "T$DeletedTableBackup", BACKUP_SYSTEM);
	CHECK_OK(copy(&f, &of_system, never), &f.err);
	CHECK_OK(backup_expire(f.store, now + 34 * DAY_NS, &f.err), &f.err);
	CHECK(is_there(&f, of_system.id));
	CHECK_OK(backup_expire(f.store, now + 36 * DAY_NS, &f.err), &f.err);
	CHECK(!is_there(&f, of_system.id));
	CHECK(is_there(&f, user.id));
}

static void an_id_tells_its_time(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct slice id;
	int64_t time;

	CHECK_OK(ledger_make_id(&arena, 1693685827463999999, &id, &err), &err);
	CHECK(slice_starts_with(id, SLICE("01693685827463-")));
	CHECK_INT(id.len, 23);
	CHECK(ledger_id_time(id, &time));
	CHECK_INT(time, 1693685827463000000);
	CHECK(!ledger_id_time(SLICE(""), &time));
	CHECK(!ledger_id_time(SLICE("01693685827463-2d8752f"), &time));
	CHECK(!ledger_id_time(SLICE("0169368582746x-2d8752fd"), &time));
	CHECK(!ledger_id_time(SLICE("01693685827463-2d8752fg"), &time));
}

static void the_ledger_keeps_kinds_apart_and_ids_in_order(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	static const char *const ids[] = { "2", "1", "3" };
	struct ledger_entry *entries;
	struct slice text;
	size_t count;

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++)
		CHECK_OK(ledger_save(f.store, LEDGER_EXPORT, slice_from_string(ids[i]),
				 slice_from_string(ids[i]), DURABLE_PROCESS, &f.err),
			&f.err);
	CHECK_OK(ledger_save(
			 f.store, LEDGER_BACKUP, SLICE("2"), SLICE("b"), DURABLE_PROCESS, &f.err),
		&f.err);
	CHECK_OK(
		ledger_forget(f.store, LEDGER_EXPORT, SLICE("2"), DURABLE_PROCESS, &f.err), &f.err);
	CHECK_OK(ledger_list(f.store, LEDGER_EXPORT, &f.arena, &entries, &count, &f.err), &f.err);
	CHECK_INT(count, 2);
	CHECK_TEXT(entries[0].id, "1");
	CHECK_TEXT(entries[1].text, "3");
	CHECK_INT(ledger_get(f.store, LEDGER_EXPORT, SLICE("2"), &f.arena, &text, &f.err),
		LEDGER_ABSENT);
	CHECK_INT(ledger_get(f.store, LEDGER_BACKUP, SLICE("2"), &f.arena, &text, &f.err), 0);
	CHECK_TEXT(text, "b");
	CHECK_OK(ledger_list(f.store, LEDGER_IMPORT, &f.arena, &entries, &count, &f.err), &f.err);
	CHECK_INT(count, 0);
}

/* Deletes one entry of a file. */
static void delete_first(DB *file)
{
	DBT key = { .flags = DB_DBT_MALLOC }, data = { .flags = DB_DBT_MALLOC };
	DBC *cursor;

	CHECK_INT(file->cursor(file, NULL, &cursor, 0), 0);
	CHECK_INT(cursor->get(cursor, &key, &data, DB_FIRST), 0);
	cursor->close(cursor);
	CHECK_INT(file->del(file, NULL, &key, DB_AUTO_COMMIT), 0);
	free(key.data);
	free(data.data);
}

static void put_in_history(struct fixture *f, const char *pk, struct slice record)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	DB *file = f->table->history->file;
	DBT key_dbt, data = bdb_input(record);

	buf_append_slice(&key, fixture_key(f->table, &f->arena, pk, 1));
	history_append_stamp(&key, 5);
	key_dbt = bdb_input(buf_slice(&key));
	CHECK_INT(file->put(file, NULL, &key_dbt, &data, DB_AUTO_COMMIT), 0);
}

static void the_check_finds_what_is_wrong_with_a_history_or_a_backup(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct table_description description;
	struct backup backup;

	CHECK_OK(recovery_set(f.table, true, 35, &f.arena, DURABLE_PROCESS, &description, &f.err),
		&f.err);
	table_unref(f.table);
	f.table = fixture_find(&f, "T");
	fixture_put(&f, "a", 1, "x");
	fixture_put(&f, "a", 1, "y");
	fixture_delete(&f, "a", 1);
	backup = make(&f, "mine");
	CHECK_INT(fixture_check(&f, &text).problems, 0);
	delete_first(f.table->history->moments);
	CHECK_INT(fixture_check(&f, &text).problems, 2);
	CHECK(strstr(buf_string(&text), "its moment is not noted"));
	CHECK(strstr(buf_string(&text), "the history has 3 entries, 2 are noted"));
	put_in_history(&f, "b", SLICE("no record"));
	buf_clear(&text);
	fixture_check(&f, &text);
	CHECK(strstr(buf_string(&text), "a stored row is malformed"));
	CHECK_INT(truncate(path_of(&f, backup.id), 100), 0);
	buf_clear(&text);
	fixture_check(&f, &text);
	CHECK(strstr(buf_string(&text), "T: backup mine: Backup mine is damaged: "));
}

static const struct test_case cases[] = {
	{ "a backup holds the rows of its moment", a_backup_holds_the_rows_of_its_moment },
	{ "a backup that is stopped is discarded", a_backup_that_is_stopped_is_discarded },
	{ "what was interrupted is tidied, and the rest stays",
		what_was_interrupted_is_tidied_and_the_rest_stays },
	{ "a file that is not what was written does not verify",
		a_file_that_is_not_what_was_written_does_not_verify },
	{ "a backup of the system expires after 35 days",
		a_backup_of_the_system_expires_after_35_days },
	{ "an id tells its time", an_id_tells_its_time },
	{ "the ledger keeps kinds apart and ids in order",
		the_ledger_keeps_kinds_apart_and_ids_in_order },
	{ "the check finds what is wrong with a history or a backup",
		the_check_finds_what_is_wrong_with_a_history_or_a_backup },
};

TEST_MAIN(cases)
