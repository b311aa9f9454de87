#include "base/text.h"
#include "model/item.h"
#include "model/plain.h"
#include "store/check_history.h"
#include "store/check_journal.h"
#include "store/check_private.h"
#include "store/check_stream.h"
#include "store/cursor.h"
#include "store/history.h"
#include "store/index_private.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn.h"

#include <inttypes.h>
#include <stdarg.h>

void check_problem(struct look *look, const char *format, ...)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vappendf(&text, format, args);
	va_end(args);
	look->totals.problems++;
	look->report(look->context, table_description(look->table)->name, buf_string(&text));
}

int check_go_on(const struct look *look, struct error *err)
{
	if (!look->step || look->step(look->context, look->before + look->totals.items))
		return 0;
	return error_set(err, ERROR_SYSTEM, "the check was stopped");
}

/* These return -1 with what is wrong as the error. */
static int check_key(const struct key_schema *schema, const struct row *row, const struct map *item,
	struct arena *arena, struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct key key, decoded;

	TRY(key_from_item(schema, item, &key, err));
	TRY(key_validate(schema, &key, err));
	TRY(key_decode(schema, row->key, arena, &decoded, err));
	key_encode(schema, &key, &bytes);
	if (!slice_equal(buf_slice(&bytes), row->key))
		return error_set(err, ERROR_CORRUPT, "the key is not that of the item");
	return 0;
}

/* A person's own text may leave the key's attributes out, and nothing else. */
static bool is_text_of(
	const struct key_schema *schema, const struct map *read, const struct map *item)
{
	size_t left_out = 0;

	for (size_t i = 0; i < item->count; i++) {
		const struct member *member = &item->members[i];
		const struct value *found = map_find(read, member->name);

		if (found && !value_equal(found, &member->value))
			return false;
		if (!found && !slice_equal(member->name, schema->partition.name) &&
			!slice_equal(member->name, schema->sort.name))
			return false;
		left_out += !found;
	}
	return read->count + left_out == item->count;
}

static int check_text(const struct key_schema *schema, const struct row *row,
	const struct map *item, struct arena *arena, struct error *err)
{
	struct map read;
	size_t length = row->own_text.len;

	if (!slice_present(row->own_text))
		length = plain_item_length(item);
	if (length != row->meta.text_length)
		return error_set(err, ERROR_CORRUPT, "the text length is %zu, stored as %u", length,
			row->meta.text_length);
	if (!slice_present(row->own_text))
		return 0;
	TRY(plain_read_item(row->own_text, arena, &read, err));
	if (!is_text_of(schema, &read, item))
		return error_set(err, ERROR_CORRUPT, "the text is not that of the item");
	return 0;
}

static int check_row(const struct key_schema *schema, const struct row *row, struct arena *arena,
	struct map *ret_item, struct error *err)
{
	struct map item;
	size_t size;

	TRY(item_decode(arena, row->item, &item, err));
	TRY(item_validate(&item, err));
	TRY(check_key(schema, row, &item, arena, err));
	*ret_item = item;
	size = item_size(&item);
	if (size != row->meta.item_size)
		return error_set(err, ERROR_CORRUPT, "the item size is %zu, stored as %u", size,
			row->meta.item_size);
	return check_text(schema, row, &item, arena, err);
}

/* Counts the row, and reports what is wrong with it. */
static void look_at_record(
	struct txn *txn, struct look *look, struct slice key, struct slice record)
{
	struct row_reader reader CLEANUP(row_reader_release) = { .txn = txn, .table = look->table };
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct row row = { .meta.item_size = 0 };
	struct map item;

	if (row_reader_read(&reader, key, record, ROW_FULL, &row, &err) == 0 &&
		check_row(&table_description(look->table)->key, &row, txn_arena(txn), &item,
			&err) == 0) {
		check_row_entries(look, &row, &item);
	} else {
		hex_append(&name, key);
		check_problem(look, "row %s: %s", buf_string(&name), err.message);
	}
	look->totals.items++;
	look->totals.bytes += row.meta.item_size;
}

static int look_at_rows(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct arena_mark mark = arena_mark(txn_arena(txn));
	struct look *look = context;
	struct slice key, record;
	int r;

	TRY(row_cursor_open(txn, look->table, &(struct row_range){ 0 }, ROW_FULL, &cursor, err));
	while ((r = row_cursor_next_record(cursor, &key, &record, err)) == 0) {
		look_at_record(txn, look, key, record);
		arena_reset(txn_arena(txn), mark);
		TRY(check_go_on(look, err));
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

/* What sound rows add up to is what the counts should say. */
static void look_at_counts(struct look *look)
{
	const struct check_totals *totals = &look->totals;
	struct table_counts counts;

	table_counts(look->table, &counts);
	if (!counts.exact)
		return;
	check_entry_counts(look);
	if (counts.items != (int64_t)totals->items || counts.bytes != (int64_t)totals->bytes)
		check_problem(look,
			"the catalogue counts %" PRId64 " items of %" PRId64
			" bytes, there are %" PRIu64 " of %" PRIu64,
			counts.items, counts.bytes, totals->items, totals->bytes);
}

static void report_message(void *context, const char *message)
{
	check_problem(context, "%s", message);
}

static int look_at_file(struct look *look, const char *name, struct error *err)
{
	int r;

	TRY(r = bdb_file_verify(look->table->body->store->env, name, report_message, look, err));
	if (r == BDB_FILE_DAMAGED)
		check_problem(look, "the file %s is damaged", name);
	if (r == BDB_FILE_ABSENT)
		check_problem(look, "the file %s is not there", name);
	return 0;
}

static int look_at_files(struct look *look, struct error *err)
{
	const struct table_description *table = table_description(look->table);
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	TRY(look_at_file(look, table_file_name(table->id, &name), err));
	for (size_t i = 0; i < table->index_count; i++)
		TRY(look_at_file(look, index_file_name(table->indexes[i].id, &name), err));
	if (!slice_present(table->history_id))
		return 0;
	TRY(look_at_file(look, history_file_name(table->history_id, &name), err));
	return look_at_file(look, history_moments_name(table->history_id, &name), err);
}

static int look_at_table(struct look *look, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct store *store = look->table->body->store;

	TRY(look_at_files(look, err));
	if (look->totals.problems)
		return 0; /* reading a damaged B-tree may not end well */
	TRY(table_open(look->table, err));
	look->entries = arena_alloc_array(
		&arena, table_description(look->table)->index_count, sizeof(*look->entries));
	TRY(txn_run(store, TXN_READ, DURABLE_PROCESS, &arena, look_at_rows, look, err));
	TRY(txn_run(store, TXN_READ, DURABLE_PROCESS, &arena, check_entries, look, err));
	if (!look->totals.problems)
		look_at_counts(look);
	return check_history(look, err);
}

static void add_totals(struct check_totals *to, const struct check_totals *table)
{
	to->tables++;
	to->items += table->items;
	to->bytes += table->bytes;
	to->problems += table->problems;
}

int store_check(struct store *store, check_report *report, void *context, struct check_totals *ret,
	struct error *err)
{
	const struct check_watcher watcher = { .report = report, .context = context };

	return store_check_watched(store, &watcher, ret, err);
}

int store_check_watched(struct store *store, const struct check_watcher *watcher,
	struct check_totals *ret, struct error *err)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };
	struct check_totals totals = { 0 };

	TRY(bdb_env_checkpoint(store->env, 0, err));
	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		struct look look = {
			.report = watcher->report,
			.step = watcher->step,
			.context = watcher->context,
			.before = totals.items,
			.table = tables.tables[i],
		};

		TRY(look_at_table(&look, err));
		add_totals(&totals, &look.totals);
	}
	TRY(check_streams(store, watcher->report, watcher->context, &totals.problems, err));
	TRY(check_backups(store, watcher->report, watcher->context, &totals.problems, err));
	TRY(check_journals(store, watcher->report, watcher->context, &totals.problems, err));
	*ret = totals;
	return 0;
}
