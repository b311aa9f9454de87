#include "base/text.h"
#include "model/item.h"
#include "store/check_private.h"
#include "store/cursor.h"
#include "store/index_private.h"
#include "store/table_private.h"
#include "store/ttl.h"

#include <inttypes.h>

static bool has_entry(const struct index *index, struct slice entry)
{
	DBT key = bdb_input(entry);

	return index->file->exists(index->file, NULL, &key, 0) == 0;
}

static void report_missing(
	struct look *look, const struct row *row, const struct index_description *index)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	hex_append(&name, row->key);
	check_problem(look, "row %s: index %.*s lacks its entry", buf_string(&name),
		SLICE_ARG(index->name));
}

void check_row_entries(struct look *look, const struct row *row, const struct map *item)
{
	const struct table_description *table = table_description(look->table);
	struct buf entry CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		buf_clear(&entry);
		if (!index_covers(look->table->indexes[i], index, row->key) ||
			!index_entry_of(index, item, row->key, &entry))
			continue;
		look->entries[i].items++;
		look->entries[i].bytes +=
			index_projected_size(table, index, item, row->meta.item_size);
		if (!has_entry(look->table->indexes[i], buf_slice(&entry)))
			report_missing(look, row, index);
	}
}

static struct slice row_key_of(const struct index_description *index, struct slice entry)
{
	if (index->kind != INDEX_EXPIRY)
		return index_entry_row_key(&index->key, entry);
	if (entry.len <= TTL_EXPIRY_LENGTH)
		return slice_of(NULL, 0);
	return slice_skip(entry, TTL_EXPIRY_LENGTH);
}

/* -1 with what is wrong as the error. */
static int check_entry(struct txn *txn, struct table *table, const struct index_description *index,
	struct slice entry, struct error *err)
{
	struct buf expected CLEANUP(buf_release) = BUF_INIT;
	struct slice row_key = row_key_of(index, entry);
	struct map item;
	struct row row;
	int r;

	if (!slice_present(row_key))
		return error_set(err, ERROR_CORRUPT, "it is malformed");
	TRY(r = row_get(txn, table, row_key, ROW_FULL, &row, err));
	if (r == ROW_ABSENT)
		return error_set(err, ERROR_CORRUPT, "it has no row");
	TRY(item_decode(txn_arena(txn), row.item, &item, err));
	if (!index_entry_of(index, &item, row_key, &expected) ||
		!slice_equal(buf_slice(&expected), entry))
		return error_set(err, ERROR_CORRUPT, "its row is another one");
	return 0;
}

static void look_at_entry(struct txn *txn, struct look *look, const struct index_description *index,
	struct slice entry)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (check_entry(txn, look->table, index, entry, &err) == 0)
		return;
	hex_append(&name, entry);
	check_problem(look, "index %.*s, entry %s: %s", SLICE_ARG(index->name), buf_string(&name),
		err.message);
}

static int look_at_index(struct txn *txn, struct look *look, const struct index_description *index,
	struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct arena_mark mark = arena_mark(txn_arena(txn));
	struct slice entry, data;
	int r;

	TRY(index_cursor_open_on(
		txn, look->table, index, &(struct row_range){ 0 }, ROW_FULL, &cursor, err));
	while ((r = row_cursor_next_record(cursor, &entry, &data, err)) == 0) {
		look_at_entry(txn, look, index, entry);
		arena_reset(txn_arena(txn), mark);
		TRY(check_go_on(look, err));
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

int check_entries(struct txn *txn, void *context, struct error *err)
{
	struct look *look = context;
	const struct table_description *table = table_description(look->table);

	for (size_t i = 0; i < table->index_count; i++)
		TRY(look_at_index(txn, look, &table->indexes[i], err));
	return 0;
}

void check_entry_counts(struct look *look)
{
	const struct table_description *table = table_description(look->table);

	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_counts *now = &look->table->indexes[i]->now;
		const struct index_counts *entries = &look->entries[i];

		if (now->items != entries->items || now->bytes != entries->bytes)
			check_problem(look,
				"index %.*s counts %" PRId64 " items of %" PRId64
				" bytes, there are %" PRId64 " of %" PRId64,
				SLICE_ARG(table->indexes[i].name), now->items, now->bytes,
				entries->items, entries->bytes);
	}
}
