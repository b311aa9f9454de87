/* A data directory of one test case, a table in it and short ways to write and
 * read rows. Items have the key attributes "pk" (S) and "sk" (N), and "v". */
#pragma once

#include "base/buf.h"
#include "base/text.h"
#include "model/item.h"
#include "model/plain.h"
#include "store/check.h"
#include "store/row.h"
#include "store/store.h"
#include "store/table.h"
#include "store/txn.h"
#include "store/write.h"
#include "test.h"

#include <dirent.h>
#include <inttypes.h>

struct fixture {
	char *path;
	struct store *store;
	struct table *table;
	struct arena arena;
	struct error err;
};

static const struct store_options fixture_options = { .cache_bytes = 16 << 20,
	.checkpoint_seconds = 1 };

static inline void fixture_remove(const char *path)
{
	struct buf name = BUF_INIT;
	DIR *directory = opendir(path);
	struct dirent *entry;

	while (directory && (entry = readdir(directory))) {
		buf_clear(&name);
		buf_appendf(&name, "%s/%s", path, entry->d_name);
		unlink(buf_string(&name));
	}
	if (directory)
		closedir(directory);
	rmdir(path);
	buf_release(&name);
}

static inline void fixture_close(struct fixture *f)
{
	table_unref(f->table);
	f->table = NULL;
	if (f->store)
		store_close(f->store);
	f->store = NULL;
}

static inline void fixture_release(struct fixture *f)
{
	fixture_close(f);
	fixture_remove(f->path);
	free(f->path);
	arena_release(&f->arena);
	error_release(&f->err);
}

static inline void fixture_create_table(struct fixture *f, const char *name)
{
	struct table_description description = {
		.name = slice_from_string(name),
		.key = {
			.partition = { SLICE("pk"), VALUE_S },
			.sort = { SLICE("sk"), VALUE_N },
		},
		.billing_mode = BILLING_PAY_PER_REQUEST,
	};

	CHECK_INT(table_create(f->store, &description, false, &f->arena, DURABLE_PROCESS, &f->err),
		0);
}

static inline struct table *fixture_find(struct fixture *f, const char *name)
{
	struct table *table;

	CHECK_INT(table_find(f->store, slice_from_string(name), &table, &f->err), 0);
	return table;
}

/* Opens the directory, and finds the table "T" if it is there. */
static inline void fixture_open(struct fixture *f)
{
	CHECK_OK(store_open(f->path, &fixture_options, &f->store, &f->err), &f->err);
	CHECK_OK(table_find(f->store, SLICE("T"), &f->table, &f->err), &f->err);
}

static inline struct fixture fixture_new(void)
{
	struct fixture f = { .arena = ARENA_INIT, .err = ERROR_INIT };
	const char *base = getenv("TMPDIR");
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/dynamount-store-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	f.path = mkdtemp(path.data);
	CHECK(f.path);
	fixture_open(&f);
	fixture_create_table(&f, "T");
	f.table = fixture_find(&f, "T");
	return f;
}

static inline struct slice fixture_key_of(
	struct table *table, struct arena *arena, const struct map *item)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct key key;

	CHECK_OK(key_from_item(&table_description(table)->key, item, &key, &err), &err);
	key_encode(&table_description(table)->key, &key, &buf);
	return arena_copy(arena, buf_slice(&buf));
}

/* The item { pk, sk, v }. */
static inline struct map fixture_item(
	struct arena *arena, const char *pk, int64_t sk, struct slice v)
{
	struct member *members = arena_alloc_array(arena, 3, sizeof(*members));

	members[0].name = SLICE("pk");
	members[0].value.type = VALUE_S;
	members[0].value.bytes = slice_from_string(pk);
	members[1].name = SLICE("sk");
	members[1].value.type = VALUE_N;
	members[1].value.number = number_from_int64(sk);
	members[2].name = SLICE("v");
	members[2].value.type = VALUE_S;
	members[2].value.bytes = v;
	return (struct map){ members, 3 };
}

static inline struct slice fixture_key(
	struct table *table, struct arena *arena, const char *pk, int64_t sk)
{
	struct map item = fixture_item(arena, pk, sk, SLICE(""));

	return fixture_key_of(table, arena, &item);
}

struct fixture_write {
	struct write_action action;
	struct write_result result;
};

static inline int fixture_write_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture_write *write = context;

	return write_apply(txn, &write->action, &write->result, err);
}

/* Applies one action in a transaction of its own: what write_apply() returns. */
static inline int fixture_apply(struct fixture *f, struct fixture_write *write)
{
	return txn_run(f->store, TXN_WRITE, DURABLE_PROCESS, &f->arena, fixture_write_body, write,
		&f->err);
}

static inline struct write_result fixture_put(
	struct fixture *f, const char *pk, int64_t sk, const char *v)
{
	struct map item = fixture_item(&f->arena, pk, sk, slice_from_string(v));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, &f->arena, &item),
			.item = &item,
		},
	};

	CHECK_OK(fixture_apply(f, &write), &f->err);
	return write.result;
}

static inline struct write_result fixture_delete(struct fixture *f, const char *pk, int64_t sk)
{
	struct fixture_write write = {
		.action = {
			.kind = WRITE_DELETE,
			.table = f->table,
			.row_key = fixture_key(f->table, &f->arena, pk, sk),
		},
	};

	CHECK_OK(fixture_apply(f, &write), &f->err);
	return write.result;
}

struct fixture_get {
	struct table *table;
	struct slice key;
	struct row row;
};

static inline int fixture_get_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture_get *get = context;

	return row_get(txn, get->table, get->key, ROW_FULL, &get->row, err);
}

/* 0, ROW_ABSENT or -1. */
static inline int fixture_get(struct fixture *f, const char *pk, int64_t sk, struct row *ret)
{
	struct fixture_get get = { f->table, fixture_key(f->table, &f->arena, pk, sk),
		{ .key = SLICE("") } };
	int r = txn_run(
		f->store, TXN_READ, DURABLE_PROCESS, &f->arena, fixture_get_body, &get, &f->err);

	*ret = get.row;
	return r;
}

/* The attribute "v" of an item, or an absent slice when there is no such item. */
static inline struct slice fixture_value(struct fixture *f, const char *pk, int64_t sk)
{
	struct value value;
	struct row row;
	int r = fixture_get(f, pk, sk, &row);

	CHECK_OK(r, &f->err);
	if (r == ROW_ABSENT)
		return slice_of(NULL, 0);
	CHECK_INT(item_decode_attribute(&f->arena, row.item, SLICE("v"), &value, &f->err), 0);
	return value.bytes;
}

/* Runs the check and returns the number of problems; their text is appended to
 * *ret_text, a line each, when it is given. */
static inline void fixture_report(void *context, struct slice table, const char *problem)
{
	if (context)
		buf_appendf(context, "%.*s: %s\n", SLICE_ARG(table), problem);
	else
		printf("# %.*s: %s\n", SLICE_ARG(table), problem);
}

static inline struct check_totals fixture_check(struct fixture *f, struct buf *ret_text)
{
	struct check_totals totals;

	CHECK_OK(store_check(f->store, fixture_report, ret_text, &totals, &f->err), &f->err);
	return totals;
}

/* Waits until the table's counts are exact again. */
static inline struct table_counts fixture_exact_counts(struct fixture *f)
{
	struct table_counts counts;

	for (int i = 0; i < 3000; i++) {
		table_counts(f->table, &counts);
		if (counts.exact)
			break;
		usleep(10000);
	}
	CHECK(counts.exact);
	return counts;
}
