/* A file system of one test case, without a session: an engine in a directory
 * of its own, nodes, scratch, and short ways to make tables and items. */
#pragma once

#include "base/memory.h"
#include "ephemeral.h"
#include "filesystem.h"
#include "rejection.h"
#include "requests.h"
#include "scratch.h"
#include "tables.h"
#include "test.h"

#include <ftw.h>
#include <unistd.h>

struct fixture {
	struct buf data;
	struct filesystem fs;
	struct caller caller;
	struct arena arena;
	struct error err;
};

static inline void fixture_evictor(void *context, uint64_t parent_id, struct slice name)
{
	(void)context;
	(void)parent_id;
	(void)name;
}

static inline void fixture_begin(struct fixture *f)
{
	const char *parent = getenv("TMPDIR");
	struct engine_options options = { .cache_bytes = 8 << 20 };

	*f = (struct fixture){ .caller = { getuid(), getgid() }, .err = ERROR_INIT };
	buf_appendf(&f->data, "%s/test-fs-XXXXXX", parent ? parent : "/tmp");
	buf_string(&f->data);
	CHECK(mkdtemp(f->data.data));
	CHECK_OK(engine_open(f->data.data, &options, &f->fs.engine, &f->err), &f->err);
	CHECK_OK(
		scratch_new(f->data.data, SCRATCH_LIMIT_DEFAULT, &f->fs.scratch, &f->err), &f->err);
	f->fs.nodes = node_table_new(fixture_evictor, NULL, NODE_LIMIT_DEFAULT);
	f->fs.ephemerals = ephemerals_new();
	f->fs.rejections = rejection_log_new();
	pthread_mutex_init(&f->fs.handles_mutex, NULL);
}

static inline int fixture_remove_entry(
	const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void fixture_end(struct fixture *f)
{
	engine_close(f->fs.engine);
	node_table_free(f->fs.nodes);
	scratch_free(f->fs.scratch);
	ephemerals_free(f->fs.ephemerals);
	rejection_log_free(f->fs.rejections);
	pthread_mutex_destroy(&f->fs.handles_mutex);
	nftw(f->data.data, fixture_remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	buf_release(&f->data);
	arena_release(&f->arena);
	error_release(&f->err);
}

#define FIXTURE(f) \
	struct fixture f CLEANUP(fixture_end); \
	fixture_begin(&f)

/* Makes the table and looks its directory up. */
static inline struct node *fixture_table(struct fixture *f, const char *name, const char *schema)
{
	struct slice table_name = slice_from_string(name);
	struct mount_table *table;
	struct node_identity identity = { .kind = NODE_TABLE, .name = table_name };
	struct node *node;

	CHECK_OK(
		table_make(&f->fs, table_name, slice_from_string(schema), false, &f->err), &f->err);
	CHECK_INT(request_table(&f->fs, table_name, &table, &f->err), 0);
	identity.table = table;
	node = node_lookup(f->fs.nodes, node_root(f->fs.nodes), &identity);
	mount_table_unref(table);
	return node;
}

/* Looks up a partition's directory. */
static inline struct node *fixture_partition(
	struct fixture *f, struct node *directory, const char *name, const struct value *key)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };
	struct buf row_key CLEANUP(buf_release) = BUF_INIT;
	struct node_identity identity = { .kind = NODE_PARTITION };

	node_load(f->fs.nodes, directory, &f->arena, &view);
	key_encode_partition(key, &row_key);
	identity.name = slice_from_string(name);
	identity.table = view.table;
	identity.row_key = buf_slice(&row_key);
	return node_lookup(f->fs.nodes, directory, &identity);
}

static inline struct value fixture_string(struct slice text)
{
	return (struct value){ .type = VALUE_S, .bytes = text };
}

static inline struct value fixture_number(size_t number)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct value value = { .type = VALUE_N };

	buf_appendf(&text, "%zu", number);
	CHECK_OK(number_parse(buf_slice(&text), &value.number, &err), &err);
	return value;
}

static inline void fixture_run_writes(
	struct fixture *f, const struct item_write *writes, size_t count, struct arena *arena)
{
	struct write_items_input input = { .writes = writes, .count = count };
	struct write_items_output output = { 0 };

	CHECK_OK(request_run(&f->fs, OPERATION_LOCAL_WRITE_ITEMS, &input, &output, arena, &f->err),
		&f->err);
}

#define FIXTURE_BATCH 1000

/* Puts or deletes items by their keys, which live until then. */
static inline void fixture_write(struct fixture *f, enum item_write_kind kind, const char *table,
	const struct map *keys, size_t count)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct item_write *writes = arena_alloc_array(&arena, FIXTURE_BATCH, sizeof(*writes));
	size_t filled = 0;

	for (size_t i = 0; i < count; i++) {
		writes[filled++] = (struct item_write){
			.kind = kind,
			.table_name = slice_from_string(table),
			.item = &keys[i],
		};
		if (filled < FIXTURE_BATCH && i + 1 < count)
			continue;
		fixture_run_writes(f, writes, filled, &arena);
		filled = 0;
	}
}
