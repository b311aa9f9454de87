/* Tables that change their class, for the tests of the store. */
#pragma once

#include "index_fixture.h"

#include "base/hash.h"
#include "store/convert.h"
#include "store/cursor.h"
#include "store/record.h"
#include "store/storage.h"
#include "store/table_private.h"

#define STANDARD   TABLE_CLASS_STANDARD
#define INFREQUENT TABLE_CLASS_STANDARD_INFREQUENT_ACCESS

static inline int class_change_body(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	(void)txn, (void)err;
	description->table_class = *(const enum table_class *)context;
	return 0;
}

/* Asks for it; what holds the table by then goes on with the old description. */
static inline void class_change(struct fixture *f, enum table_class class)
{
	struct slice name = arena_copy(&f->arena, table_description(f->table)->name);

	CHECK_INT(table_update(f->store, name, &f->arena, DURABLE_PROCESS, class_change_body,
			  &class, &f->err),
		0);
	index_refresh(f);
}

static inline bool class_is_settled(struct fixture *f)
{
	return conversion_due(f->table) == INT64_MAX;
}

/* Waits until the worker has converted everything. */
static inline void class_wait(struct fixture *f)
{
	for (int i = 0; i < 12000 && table_is_converting(f->table); i++)
		usleep(5000);
	CHECK(!table_is_converting(f->table));
}

/* Does it here, in a store without a worker; so many steps at most. */
static inline void class_convert(struct fixture *f, int steps)
{
	for (; steps-- && !class_is_settled(f);)
		conversion_step(f->table);
}

static inline int64_t class_stored(struct fixture *f)
{
	struct table_storage storage;

	CHECK_OK(table_storage(f->table, &storage, &f->err), &f->err);
	return storage.row_bytes;
}

/* How many rows are compressed, and with which dictionary the last of them. */
struct class_rows {
	size_t compressed, whole;
	unsigned dictionary;
};

struct class_look {
	struct table *table;
	struct class_rows rows;
};

static inline int class_look_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct class_look *look = context;
	struct slice key, bytes;
	struct record record;
	int r;

	TRY(row_cursor_open(txn, look->table, &(struct row_range){ 0 }, ROW_FULL, &cursor, err));
	while ((r = row_cursor_next_record(cursor, &key, &bytes, err)) == 0) {
		TRY(record_parse(bytes, ROW_FULL, &record, err));
		look->rows.compressed += record.compressed;
		look->rows.whole += !record.compressed;
		if (record.compressed)
			look->rows.dictionary = record.dictionary;
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

static inline struct class_rows class_rows(struct fixture *f)
{
	struct class_look look = { .table = f->table };

	CHECK_OK(txn_run(f->store, TXN_READ, DURABLE_PROCESS, &f->arena, class_look_body, &look,
			 &f->err),
		&f->err);
	return look.rows;
}

/* Some 300 bytes that are much alike from one row to the next. */
static inline const char *text_of(struct arena *arena, int64_t n)
{
	static const char *const words[] = { "heron", "otter", "badger", "magpie", "lynx", "weasel",
		"marten", "jackdaw" };
	uint64_t h = (uint64_t)n * 0x9E3779B97F4A7C15u;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "{\"kind\":\"observation of wildlife\",\"number\":\"%" PRIx64 "\"", h);
	for (int i = 0; i < 8; i++)
		buf_appendf(&text, ",\"seen at station %d\":\"%s and %s\"", i,
			words[h >> (3 * i) & 7], words[h >> (3 * i + 24) & 7]);
	buf_append_string(&text, "}");
	return arena_copy(arena, buf_slice(&text)).data;
}

static inline void put_text(struct fixture *f, int64_t n)
{
	struct arena_mark mark = arena_mark(&f->arena);

	index_put(f, n, n % 3 ? "x" : NULL, n % 10, text_of(&f->arena, n));
	arena_reset(&f->arena, mark);
}

/* The table "I" with rows. */
static inline struct fixture fixture_with_texts(int count)
{
	struct fixture f = fixture_new();

	index_table(&f, NULL, 0);
	for (int i = 0; i < count; i++)
		put_text(&f, i);
	return f;
}

static inline void open_idle(struct fixture *f)
{
	fixture_close(f);
	CHECK_OK(store_open(f->path, &(struct store_options){ .read_only_check = true }, &f->store,
			 &f->err),
		&f->err);
	f->table = fixture_find(f, "I");
}

static inline void expect_sound(struct fixture *f)
{
	CHECK(fixture_exact_counts(f).exact);
	CHECK_INT(fixture_check(f, NULL).problems, 0);
}

/* Everything that can be read of a table, in one hash. */
struct reading {
	struct table *table;
	size_t rows;
	uint64_t hash;
};

static inline void mix(struct reading *reading, const void *data, size_t len)
{
	reading->hash = hash64(slice_of(data, len)) + reading->hash * 0x100000001b3u;
}

static inline int read_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct reading *reading = context;
	struct row row;
	int r;

	reading->rows = 0;
	reading->hash = 0;
	TRY(row_cursor_open(txn, reading->table, &(struct row_range){ 0 }, ROW_FULL, &cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		mix(reading, row.key.data, row.key.len);
		mix(reading, row.item.data, row.item.len);
		mix(reading, row.own_text.data ? row.own_text.data : "", row.own_text.len);
		mix(reading, &row.meta, sizeof(row.meta));
		reading->rows++;
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

static inline struct reading read_all(struct fixture *f)
{
	struct reading reading = { .table = f->table };

	CHECK_OK(txn_run(f->store, TXN_READ, DURABLE_PROCESS, &f->arena, read_body, &reading,
			 &f->err),
		&f->err);
	return reading;
}

static inline void expect_equal(struct reading a, struct reading b)
{
	CHECK_INT(a.rows, b.rows);
	CHECK(a.hash == b.hash);
}
