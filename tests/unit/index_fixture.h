/* Tables with indexes for the tests of the store. An item is { pk, sk } and
 * some of g (S), n (N) and v (S). */
#pragma once

#include "store_fixture.h"

#include "store/index.h"

static inline struct index_description index_global(const char *name)
{
	return (struct index_description){
		.name = slice_from_string(name),
		.kind = INDEX_GLOBAL,
		.key = { .partition = { { SLICE("g"), VALUE_S } },
			.partition_count = 1,
			.sort = { { SLICE("n"), VALUE_N } },
			.sort_count = 1 },
		.projection = PROJECTION_ALL,
	};
}

static inline struct index_description index_local(const char *name)
{
	return (struct index_description){
		.name = slice_from_string(name),
		.kind = INDEX_LOCAL,
		.key = { .partition = { { SLICE("pk"), VALUE_S } },
			.partition_count = 1,
			.sort = { { SLICE("n"), VALUE_N } },
			.sort_count = 1 },
		.projection = PROJECTION_KEYS_ONLY,
	};
}

/* Makes the table "I" with these indexes, and turns to it. */
static inline void index_table(
	struct fixture *f, const struct index_description *indexes, size_t count)
{
	struct table_description description = {
		.name = SLICE("I"),
		.key = { .partition = { SLICE("pk"), VALUE_S }, .sort = { SLICE("sk"), VALUE_N } },
		.indexes = indexes,
		.index_count = count,
	};

	CHECK_INT(table_create(f->store, &description, false, &f->arena, DURABLE_PROCESS, &f->err),
		0);
	table_unref(f->table);
	f->table = fixture_find(f, "I");
}

/* Looks the table up again, for its newest version. */
static inline void index_refresh(struct fixture *f)
{
	struct slice name = arena_copy(&f->arena, table_description(f->table)->name);

	table_unref(f->table);
	f->table = fixture_find(f, name.data);
}

static inline void add_member(struct map *item, const char *name, struct value value)
{
	struct member *members = (struct member *)item->members;

	members[item->count++] = (struct member){ slice_from_string(name), value };
}

static inline struct value text_value(const char *text)
{
	return (struct value){ .type = VALUE_S, .bytes = slice_from_string(text) };
}

static inline struct value number_value(int64_t number)
{
	return (struct value){ .type = VALUE_N, .number = number_from_int64(number) };
}

#define NO_N INT64_MIN

/* { pk: "a", sk } with g, n and v as far as they are not NULL or NO_N. */
static inline struct map index_item(
	struct arena *arena, int64_t sk, const char *g, int64_t n, const char *v)
{
	struct map item = { arena_alloc_array(arena, 8, sizeof(struct member)), 0 };

	add_member(&item, "pk", text_value("a"));
	add_member(&item, "sk", number_value(sk));
	if (g)
		add_member(&item, "g", text_value(g));
	if (n != NO_N)
		add_member(&item, "n", number_value(n));
	if (v)
		add_member(&item, "v", text_value(v));
	return item;
}

/* 0 or -1 with f->err. The result is valid until the arena goes. */
static inline int index_try_put(struct fixture *f, const struct map *item, struct write_result *ret)
{
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, &f->arena, item),
			.item = item,
			.want_units = true,
		},
	};
	int r = fixture_apply(f, &write);

	*ret = write.result;
	return r;
}

static inline struct write_result index_put(
	struct fixture *f, int64_t sk, const char *g, int64_t n, const char *v)
{
	struct map item = index_item(&f->arena, sk, g, n, v);
	struct write_result result;

	CHECK_OK(index_try_put(f, &item, &result), &f->err);
	return result;
}

/* What index_walk_body() reads. */
struct index_walk {
	struct table *table;
	const char *index;
	struct row_range range;
	enum row_want want;
	struct slice seek; /* absent: none */
	struct buf text; /* sort keys of the rows: "1 2 3" */
	struct buf last; /* entry */
};

static inline int index_walk_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	const struct key_schema *schema;
	struct index_walk *walk = context;
	struct key key;
	struct row row;
	int r;

	schema = &table_description(walk->table)->key;
	buf_clear(&walk->text);
	TRY(index_cursor_open(txn, walk->table, slice_from_string(walk->index), &walk->range,
		walk->want, &cursor, err));
	if (slice_present(walk->seek))
		row_cursor_seek(cursor, walk->seek);
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		CHECK(slice_ends_with(row.index_entry, row.key));
		CHECK(slice_present(row.item) == (walk->want == ROW_FULL));
		TRY(key_decode(schema, row.key, txn_arena(txn), &key, err));
		if (walk->text.len)
			buf_append_char(&walk->text, ' ');
		number_format(&key.sort.number, &walk->text);
		buf_clear(&walk->last);
		buf_append_slice(&walk->last, row.index_entry);
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

static inline int index_try_walk(struct fixture *f, struct index_walk *walk)
{
	walk->table = f->table;
	return txn_run(
		f->store, TXN_READ, DURABLE_PROCESS, &f->arena, index_walk_body, walk, &f->err);
}

/* The rows of an index in its order. */
static inline struct slice index_rows(struct fixture *f, const char *index)
{
	struct index_walk walk = { .index = index, .want = ROW_FULL };
	struct slice text;

	CHECK_OK(index_try_walk(f, &walk), &f->err);
	text = arena_copy(&f->arena, buf_slice(&walk.text));
	buf_release(&walk.text);
	buf_release(&walk.last);
	return text;
}

static inline struct index_counts index_counts(struct fixture *f, const char *index)
{
	struct index_counts counts;

	table_index_counts(f->table, slice_from_string(index), &counts);
	return counts;
}

/* Adds an index to the table, or removes it when its key is empty. */
static inline int index_change_body(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	const struct index_description *change = context;
	struct index_description *indexes =
		arena_alloc_array(txn_arena(txn), description->index_count + 1, sizeof(*indexes));
	size_t count = 0;

	(void)err;
	for (size_t i = 0; i < description->index_count; i++) {
		if (!slice_equal(description->indexes[i].name, change->name))
			indexes[count++] = description->indexes[i];
	}
	if (change->key.partition_count)
		indexes[count++] = *change;
	description->indexes = indexes;
	description->index_count = count;
	return 0;
}

static inline void index_change(struct fixture *f, const struct index_description *change)
{
	struct slice name = arena_copy(&f->arena, table_description(f->table)->name);

	CHECK_INT(table_update(f->store, name, &f->arena, DURABLE_PROCESS, index_change_body,
			  (void *)change, &f->err),
		0);
	index_refresh(f);
}

static inline void index_drop(struct fixture *f, const char *name)
{
	index_change(f, &(struct index_description){ .name = slice_from_string(name) });
}

static inline enum index_status index_status(struct fixture *f, const char *name)
{
	const struct index_description *index;

	index_refresh(f);
	index = table_find_index(f->table, slice_from_string(name));
	CHECK(index);
	return index->status;
}

/* Waits until the index is made. */
static inline void index_wait(struct fixture *f, const char *name)
{
	for (int i = 0; i < 6000 && index_status(f, name) != INDEX_ACTIVE; i++)
		usleep(10000);
	CHECK_INT(index_status(f, name), INDEX_ACTIVE);
}
