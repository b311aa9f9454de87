#include "store/check_history.h"

#include "base/text.h"
#include "model/item.h"
#include "store/backup.h"
#include "store/history.h"
#include "store/record.h"
#include "store/table_private.h"

#include <inttypes.h>

/* Whether a record that is whole by itself is of that row: -1 with what is wrong. */
static int check_record(const struct key_schema *schema, struct slice row_key, struct slice record,
	struct row *ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct row row = { .key = row_key };
	struct map item;
	struct key key;

	TRY(record_decode(row_key, record, ROW_FULL, &row, err));
	TRY(item_decode(&arena, row.item, &item, err));
	TRY(item_validate(&item, err));
	TRY(key_from_item(schema, &item, &key, err));
	key_encode(schema, &key, &bytes);
	if (!slice_equal(buf_slice(&bytes), row_key))
		return error_set(err, ERROR_CORRUPT, "the key is not that of the item");
	if (item_size(&item) != row.meta.item_size)
		return error_set(err, ERROR_CORRUPT, "the item size is %zu, stored as %u",
			item_size(&item), row.meta.item_size);
	*ret = row;
	return 0;
}

/* The history of one table. */
struct history_look {
	struct look *look;
	const struct history *history;
	DBT key, data;
	uint64_t entries, moments;
};

static void problem(struct history_look *look, const char *what)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	hex_append(&name, bdb_slice(&look->key));
	check_problem(look->look, "history %s: %s", buf_string(&name), what);
}

/* Each entry is found by its moment. */
static int check_moment(
	struct history_look *look, struct slice stamp, struct slice row_key, struct error *err)
{
	DBT key = bdb_input(stamp), data = { .flags = DB_DBT_MALLOC };
	DB *moments = look->history->moments;
	int r = moments->get(moments, NULL, &key, &data, 0);

	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "reading a history");
	if (r || !slice_equal(bdb_slice(&data), row_key))
		problem(look, "its moment is not noted");
	free(data.data);
	return 0;
}

static int look_at_entry(struct history_look *look, struct error *err)
{
	const struct key_schema *schema = &table_description(look->look->table)->key;
	struct error damage CLEANUP(error_release) = ERROR_INIT;
	struct slice record = bdb_slice(&look->data), row_key;
	struct row row;
	uint64_t stamp;

	look->entries++;
	if (!history_split_key(bdb_slice(&look->key), &row_key, &stamp)) {
		problem(look, "the key is malformed");
		return 0;
	}
	if (record.len && check_record(schema, row_key, record, &row, &damage) < 0)
		problem(look, damage.message);
	return check_moment(look, slice_skip(bdb_slice(&look->key), row_key.len), row_key, err);
}

static int count_moment(struct history_look *look, struct error *err)
{
	(void)err;
	look->moments++;
	return 0;
}

static int visit(struct history_look *look, DB *file,
	int (*visitor)(struct history_look *look, struct error *err), struct error *err)
{
	DBC *cursor;
	int outcome = 0, r = file->cursor(file, NULL, &cursor, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	while (outcome == 0 && (r = cursor->get(cursor, &look->key, &look->data, DB_NEXT)) == 0)
		outcome = visitor(look, err);
	cursor->close(cursor);
	if (outcome < 0)
		return -1;
	return r == DB_NOTFOUND ? 0 : bdb_error(err, r, "reading a history");
}

int check_history(struct look *look, struct error *err)
{
	struct history_look history = {
		.look = look,
		.history = look->table->history,
		.key.flags = DB_DBT_REALLOC,
		.data.flags = DB_DBT_REALLOC,
	};
	int r;

	if (!history.history)
		return 0;
	r = visit(&history, history.history->file, look_at_entry, err);
	if (r == 0)
		r = visit(&history, history.history->moments, count_moment, err);
	if (r == 0 && history.entries != history.moments)
		check_problem(look, "the history has %" PRIu64 " entries, %" PRIu64 " are noted",
			history.entries, history.moments);
	free(history.key.data);
	free(history.data.data);
	return r;
}

/* One backup. */
struct backup_look {
	const struct backup *backup;
	check_report *report;
	void *context;
	uint64_t problems;
	int64_t items, bytes;
};

static void PRINTF(2, 3) backup_problem(struct backup_look *look, const char *format, ...)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	va_list args;

	buf_appendf(&text, "backup %.*s: ", SLICE_ARG(look->backup->name));
	va_start(args, format);
	buf_vappendf(&text, format, args);
	va_end(args);
	look->report(look->context, look->backup->table.name, buf_string(&text));
	look->problems++;
}

static int look_at_rows(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err)
{
	struct backup_look *look = context;

	(void)txn, (void)err;
	for (size_t i = 0; i < count; i++) {
		struct error damage CLEANUP(error_release) = ERROR_INIT;
		struct buf record CLEANUP(buf_release) = BUF_INIT;
		struct row row = { .meta.item_size = 0 };

		history_append_record(&record, &rows[i]);
		if (check_record(&look->backup->table.key, rows[i].key, buf_slice(&record), &row,
			    &damage) < 0)
			backup_problem(look, "%s", damage.message);
		look->items++;
		look->bytes += row.meta.item_size;
	}
	return 0;
}

static int read_all(struct store *store, struct backup_look *look, struct error *err)
{
	struct backup_reader reader CLEANUP(backup_reader_close) = { .store = store };
	int r = 0;

	TRY(backup_reader_open(store, look->backup, &reader, err));
	while (r != SNAPSHOT_END) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		TRY(r = backup_reader_next(&reader, &arena, look_at_rows, look, err));
	}
	return 0;
}

static int look_at_backup(struct store *store, struct backup_look *look, struct error *err)
{
	struct error damage CLEANUP(error_release) = ERROR_INIT;
	const struct backup *backup = look->backup;

	if (backup->status != BACKUP_AVAILABLE)
		return 0; /* it was interrupted, and goes at the next start */
	if (backup_verify(store, backup, &damage) < 0) {
		backup_problem(look, "%s", damage.message);
		return 0;
	}
	TRY(read_all(store, look, err));
	if (look->items != backup->items || look->bytes != backup->bytes)
		backup_problem(look,
			"it counts %" PRId64 " items of %" PRId64 " bytes, there are %" PRId64
			" of %" PRId64,
			backup->items, backup->bytes, look->items, look->bytes);
	return 0;
}

int check_backups(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct backup *backups;
	size_t count;

	TRY(backup_list(store, &arena, &backups, &count, err));
	for (size_t i = 0; i < count; i++) {
		struct backup_look look = {
			.backup = &backups[i],
			.report = report,
			.context = context,
		};

		TRY(look_at_backup(store, &look, err));
		*problems += look.problems;
	}
	return 0;
}
