#include "listing_private.h"

#include "backpressure.h"
#include "base/hash.h"
#include "directory_operations.h"
#include "ephemeral.h"
#include "name.h"
#include "requests.h"
#include "scratch.h"

#include <fuse_lowlevel.h>

#define TABLES_PAGE 100

struct listing_entry *listing_add(
	struct batch *batch, enum node_kind kind, struct slice name, struct slice key)
{
	struct listing_entry *entry = &batch->entries[batch->count];
	uint64_t ordinal = batch->first + batch->count;

	*entry = (struct listing_entry){ .name = name, .kind = kind, .changes = batch->changes };
	entry->cookie = (ordinal + 1) << HASH_BITS | (hash64(name) & ((1u << HASH_BITS) - 1));
	batch->keys[batch->count++] = key;
	return entry;
}

static struct slice encode_name(
	const struct value *value, enum name_suffix suffix, struct arena *arena)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	name_encode(value, suffix, &name);
	return arena_copy(arena, buf_slice(&name));
}

static void add_dots(struct batch *batch, const struct position *position)
{
	if (!slice_present(position->key))
		listing_add(batch, NODE_ROOT, SLICE("."), SLICE("."));
	if (!slice_present(position->key) || slice_equal(position->key, SLICE(".")))
		listing_add(batch, NODE_ROOT, SLICE(".."), SLICE(".."));
}

static struct slice table_directory(struct slice table_name, struct arena *arena)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	path_append_table(&name, table_name);
	return arena_copy(arena, buf_slice(&name));
}

int listing_add_tables(
	struct listing *listing, struct batch *batch, struct slice after, struct error *err)
{
	struct list_tables_input input = {
		.exclusive_start_table_name = after,
		.limit = { true, TABLES_PAGE },
	};
	struct list_tables_output output = { 0 };
	const struct slice *names;

	TRY(request_run(listing->fs, OPERATION_LIST_TABLES, &input, &output, &batch->arena, err));
	names = output.table_names.items;
	for (size_t i = 0; i < output.table_names.count; i++) {
		listing_add(batch, NODE_TABLE, table_directory(names[i], &batch->arena), names[i]);
	}
	return 0;
}

static void add_items(
	struct batch *batch, const struct mount_table *table, const struct query_output *page)
{
	bool has_sort = key_schema_has_sort(&table->schema);

	for (size_t i = 0; i < page->items.count; i++) {
		const struct item_row *row = &page->rows[i];
		const struct value *named = has_sort ? &row->key.sort : &row->key.partition;
		struct slice name = encode_name(named, NAME_ITEM, &batch->arena);
		struct listing_entry *entry = listing_add(batch, NODE_ITEM, name, row->row_key);

		entry->row_key = row->row_key;
		entry->has_facts = true;
		entry->facts = page->facts[i];
	}
}

static int decode_position(const struct mount_table *table, const struct position *position,
	struct arena *arena, struct key *key, const struct key **ret, struct error *err)
{
	*ret = NULL;
	if (!slice_present(position->key))
		return 0;
	TRY(key_decode(&table->schema, position->key, arena, key, err));
	*ret = key;
	return 0;
}

static struct key_schema hash_only(const struct mount_table *table)
{
	return (struct key_schema){ .partition = table->schema.partition };
}

static int add_partitions(struct listing *listing, struct batch *batch,
	const struct mount_table *table, const struct position *position, struct error *err)
{
	struct key_schema schema = hash_only(table);
	struct list_partitions_output output;
	const struct value *after = NULL;
	struct key key;

	if (slice_present(position->key)) {
		TRY(key_decode(&schema, position->key, &batch->arena, &key, err));
		after = &key.partition;
	}
	TRY(request_partitions(
		listing->fs, table, after, BATCH_ENTRIES, &batch->arena, &output, err));
	for (size_t i = 0; i < output.count; i++) {
		struct buf row_key CLEANUP(buf_release) = BUF_INIT;
		struct slice name =
			encode_name(&output.partitions[i], NAME_PARTITION, &batch->arena);
		struct slice bytes;

		key_encode_partition(&output.partitions[i], &row_key);
		bytes = arena_copy(&batch->arena, buf_slice(&row_key));
		listing_add(batch, NODE_PARTITION, name, bytes)->row_key = bytes;
	}
	return 0;
}

static int add_partition_items(struct listing *listing, struct batch *batch,
	const struct node_view *view, const struct position *position, struct error *err)
{
	struct key_schema schema = hash_only(view->table);
	struct query_output page;
	struct key key, after_key;
	const struct key *after;

	if (!view->row_key.len)
		return 0; /* its key is not known yet, so it holds nothing */
	TRY(key_decode(&schema, view->row_key, &batch->arena, &key, err));
	TRY(decode_position(view->table, position, &batch->arena, &after_key, &after, err));
	TRY(request_partition_items(listing->fs, view->table, &key.partition, after, BATCH_ENTRIES,
		&batch->arena, &page, err));
	add_items(batch, view->table, &page);
	return 0;
}

static int add_table_items(struct listing *listing, struct batch *batch,
	const struct mount_table *table, const struct position *position, struct error *err)
{
	struct query_output page;
	struct key after_key;
	const struct key *after;

	TRY(decode_position(table, position, &batch->arena, &after_key, &after, err));
	TRY(request_scan(
		listing->fs, table, after, BATCH_ENTRIES, true, &batch->arena, &page, err));
	add_items(batch, table, &page);
	return 0;
}

static int add_stored(struct listing *listing, struct batch *batch, const struct node_view *view,
	const struct position *position, struct error *err)
{
	if (view->kind == NODE_ROOT)
		return listing_add_tables(listing, batch, position->key, err);
	if (!mount_table_exists(view->table))
		return 0;
	if (view->kind == NODE_PARTITION)
		return add_partition_items(listing, batch, view, position, err);
	if (key_schema_has_sort(&view->table->schema))
		return add_partitions(listing, batch, view->table, position, err);
	return add_table_items(listing, batch, view->table, position, err);
}

/* Whether an ephemeral partition has items, and so was listed already. */
static int is_stored(struct listing *listing, const struct mount_table *table, struct slice name,
	struct arena *arena, struct error *err)
{
	struct slice canonical;
	struct value value;
	uint64_t hash;
	int r, outcome = name_decode(name, NAME_PARTITION, table->schema.partition.type, arena,
		       &value, &hash, &canonical);

	if (outcome == NAME_HASHED)
		r = request_partition_by_name(
			listing->fs, table, name, NAME_PARTITION, hash, arena, &value, err);
	else
		r = request_partition(listing->fs, table, &value, err);
	TRY(r);
	return r == 0;
}

static size_t after_name(const struct slice *names, size_t count, const struct position *position)
{
	size_t i = 0;

	if (!slice_present(position->key))
		return 0;
	while (i < count && !slice_equal(names[i], position->key))
		i++;
	return i < count ? i + 1 : 0;
}

/* All of them are one batch: they are bounded. */
static int add_ephemerals(struct listing *listing, struct batch *batch,
	const struct node_view *view, const struct position *position, struct error *err)
{
	bool root = view->kind == NODE_ROOT;
	struct slice *names;
	size_t count, i;

	if (view->kind == NODE_PARTITION || (!root && !mount_table_exists(view->table)))
		return 0;
	names = ephemeral_list(
		listing->fs->ephemerals, root ? SLICE("") : view->table->id, &batch->arena, &count);
	i = after_name(names, count, position);
	for (; i < count && batch->count < BATCH_ENTRIES; i++) {
		int stored =
			root ? 0 : is_stored(listing, view->table, names[i], &batch->arena, err);

		TRY(stored);
		if (!stored)
			listing_add(batch, root ? NODE_TABLE : NODE_PARTITION,
				root ? table_directory(names[i], &batch->arena) : names[i],
				names[i]);
	}
	return 0;
}

static void add_scratch(
	struct listing *listing, struct batch *batch, const struct position *position)
{
	struct slice path = node_path(listing->fs->nodes, listing->directory, &batch->arena);
	struct scratch_list list = { 0 };
	size_t i = 0;

	if (scratch_list(listing->fs->scratch, listing->caller.uid, path, &batch->arena, &list) < 0)
		return; /* nothing of the user's here */
	if (slice_present(position->key))
		i = scratch_list_after(&list, position->key);
	for (; i < list.count && batch->count < BATCH_ENTRIES; i++)
		listing_add(batch, NODE_SCRATCH, list.entries[i].name, list.entries[i].name)->type =
			list.entries[i].type;
}

bool listing_pause(struct listing *listing, struct batch *batch, struct slice key)
{
	if (!listing->may_pause)
		return false;
	batch->resume = arena_copy(&batch->arena, key);
	listing->pause_ns = 0;
	return true;
}

bool listing_wait(struct listing *listing, struct batch *batch, struct slice key)
{
	if (!listing_pause(listing, batch, key))
		return false;
	listing->pause_ns = backpressure_pause_ns();
	return true;
}

int64_t listing_pause_ns(const struct listing *listing)
{
	return listing->pause_ns;
}

bool listing_interrupted(const struct listing *listing)
{
	return atomic_load(&listing->fs->ending) ||
	       (listing->request && fuse_req_interrupted(listing->request));
}

int listing_fill(struct listing *listing, struct batch *batch, const struct position *position,
	struct error *err)
{
	struct node_view view CLEANUP(node_view_release) = { 0 };
	const struct directory_operations *own;

	batch->changes = node_changes(listing->fs->nodes);
	node_load(listing->fs->nodes, listing->directory, &batch->arena, &view);
	own = directory_operations_of(view.kind);
	switch (position->source) {
	case SOURCE_DOTS:
		add_dots(batch, position);
		return 0;
	case SOURCE_STORED:
		if (own && own->list)
			return own->list(listing, batch, &view,
				slice_present(batch->resume) ? batch->resume : position->key, err);
		if (own)
			return 0;
		return add_stored(listing, batch, &view, position, err);
	case SOURCE_EPHEMERAL:
		if (own)
			return 0;
		return add_ephemerals(listing, batch, &view, position, err);
	case SOURCE_SCRATCH:
		if (own && !own->holds_scratch)
			return 0;
		add_scratch(listing, batch, position);
		return 0;
	case SOURCE_COUNT:
		break;
	}
	return 0;
}
