/*
 * Reading through an index: its entries in order, and for each the row.
 *
 * Entries are read ahead without a lock that lasts, so that the row of one may
 * have changed before it is read. The entry is made anew from the row and
 * compared: what no longer matches is passed over, as it has moved within the
 * index or left it.
 */
#include "base/memory.h"
#include "model/item.h"
#include "store/cursor.h"
#include "store/index_private.h"
#include "store/record.h"
#include "store/table_private.h"
#include "store/txn_private.h"

struct index_reader {
	struct table *table;
	struct index *index;
	const struct index_description *description;
	DBT row; /* memory for one; reallocated by Berkeley DB */
	struct row_reader reader;
	struct buf entry; /* memory for one */
	struct arena arena; /* of the values that an entry is made of */
};

void index_reader_free(struct index_reader *reader)
{
	if (!reader)
		return;
	arena_release(&reader->arena);
	buf_release(&reader->entry);
	row_reader_release(&reader->reader);
	free(reader->row.data);
	free(reader);
}

DB *index_reader_file(const struct index_reader *reader)
{
	return reader->index->file;
}

static int no_such_index(struct slice name, struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "The table does not have the specified index: %.*s",
		SLICE_ARG(name));
}

int index_reader_check(const struct index_reader *reader, struct error *err)
{
	return reader->index->dropped ? no_such_index(reader->description->name, err) : 0;
}

/* Reads the record of a row key: 0 or ROW_ABSENT. */
static int read_row(
	struct index_reader *reader, struct txn *txn, struct slice row_key, struct error *err)
{
	DB *file = reader->table->body->file;
	DBT key = bdb_input(row_key);
	int r;

	reader->row.flags = DB_DBT_REALLOC;
	/* As row_get() does. */
	for (int try = 1;; try++) {
		r = file->get(file, txn->bdb, &key, &reader->row, 0);
		if (r != DB_LOCK_DEADLOCK || txn->bdb || try == TXN_TRIES)
			break;
	}
	if (r == DB_NOTFOUND)
		return ROW_ABSENT;
	return r ? bdb_error(err, r, "reading a row") : 0;
}

/* Decodes the attributes of one side of the key that the item has. */
static int decode_side(struct index_reader *reader, struct slice item,
	const struct key_attribute *attributes, size_t count, struct member *members,
	size_t *member_count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		struct member *member = &members[*member_count];
		int r;

		TRY(r = item_decode_attribute(
			    &reader->arena, item, attributes[i].name, &member->value, err));
		if (r == ITEM_ATTRIBUTE_ABSENT)
			continue;
		member->name = attributes[i].name;
		(*member_count)++;
	}
	return 0;
}

/* 0 when the row has that entry, or INDEX_STALE. */
static int compare_entry(
	struct index_reader *reader, const struct row *row, struct slice entry, struct error *err)
{
	const struct key_layout *key = &reader->description->key;
	struct member members[2 * KEY_ATTRIBUTES_MAX];
	struct map item = { .members = members };

	arena_reset(&reader->arena, (struct arena_mark){ NULL, 0 });
	buf_clear(&reader->entry);
	TRY(decode_side(reader, row->item, key->partition, key->partition_count, members,
		&item.count, err));
	TRY(decode_side(reader, row->item, key->sort, key->sort_count, members, &item.count, err));
	if (index_entry_encode(key, &item, row->key, &reader->entry) == INDEX_ENTRY_NONE)
		return INDEX_STALE;
	return slice_equal(buf_slice(&reader->entry), entry) ? 0 : INDEX_STALE;
}

int index_reader_get(struct index_reader *reader, struct txn *txn, struct slice entry,
	enum row_want want, struct row *ret, struct error *err)
{
	struct slice row_key = index_entry_row_key(&reader->description->key, entry);
	struct row row;
	int r;

	if (!slice_present(row_key))
		return error_set(err, ERROR_CORRUPT, "Malformed index entry");
	TRY(r = read_row(reader, txn, row_key, err));
	if (r == ROW_ABSENT)
		return INDEX_STALE;
	reader->reader.txn = txn;
	TRY(row_reader_read(
		&reader->reader, row_key, bdb_slice(&reader->row), ROW_FULL, &row, err));
	TRY(r = compare_entry(reader, &row, entry, err));
	if (r == INDEX_STALE)
		return r;
	if (want == ROW_META)
		row.item = row.own_text = slice_of(NULL, 0);
	*ret = row;
	ret->index_entry = entry;
	return 0;
}

int index_cursor_open_on(struct txn *txn, struct table *table,
	const struct index_description *description, const struct row_range *range,
	enum row_want want, struct row_cursor **ret, struct error *err)
{
	struct index_reader *reader = memory_new_zero(sizeof(*reader));

	reader->table = table;
	reader->reader.table = table;
	reader->description = description;
	reader->index = table_index(table, description);
	if (index_reader_check(reader, err) < 0) {
		index_reader_free(reader);
		return -1;
	}
	return row_cursor_open_with(txn, table, reader, range, want, ret, err);
}

int index_cursor_open(struct txn *txn, struct table *table, struct slice index_name,
	const struct row_range *range, enum row_want want, struct row_cursor **ret,
	struct error *err)
{
	const struct index_description *description = table_find_index(table, index_name);

	if (!description)
		return no_such_index(index_name, err);
	return index_cursor_open_on(txn, table, description, range, want, ret, err);
}
