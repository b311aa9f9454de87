/*
 * Requests that list: pages of items and of partitions, stored ones and the
 * overlay's in one order; and names that are only a hash, which are looked for
 * among them. Nothing of this is noted as read.
 */
#include "transaction_requests.h"

#include "transaction.h"
#include "transaction_overlay.h"

#include <endian.h>

#define NOTHING ((struct slice){ NULL, 0 })

static struct slice partition_prefix(const struct value *partition, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	if (!partition)
		return SLICE("");
	key_encode_partition(partition, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

/* Pages of items. */

struct items_page {
	struct filesystem *fs;
	const struct mount_table *table;
	const struct value *partition; /* NULL: all */
	struct slice prefix; /* of the partition's rows */
	size_t limit;
	struct arena *arena;
	struct query_output *ret;
	struct map *items;
	struct item_facts *facts;
	struct item_row *rows;
};

static int read_stored(const struct items_page *page, struct slice after, struct query_output *ret,
	struct error *err)
{
	const struct mount_table *stored = page->table->stored;
	const struct key *after_key = NULL;
	struct key key;

	if (slice_present(after)) {
		TRY(key_decode(&stored->schema, after, page->arena, &key, err));
		after_key = &key;
	}
	if (!page->partition)
		return request_scan(
			page->fs, stored, after_key, page->limit, true, page->arena, ret, err);
	return request_partition_items(
		page->fs, stored, page->partition, after_key, page->limit, page->arena, ret, err);
}

/* The keys of what was picked are decoded outside of the lock. */
static void take_pick(
	struct items_page *page, const struct overlay_pick *pick, const struct query_output *stored)
{
	size_t i = page->ret->items.count++;

	if (pick->stored == OVERLAY_NOT_STORED) {
		page->rows[i].row_key = arena_copy(page->arena, pick->entry->row_key);
		page->facts[i] = pick->entry->facts;
		page->facts[i].own_text = NOTHING;
		return;
	}
	page->rows[i].row_key = stored->rows[pick->stored].row_key;
	page->facts[i] = stored->facts[pick->stored];
	if (pick->entry && pick->entry->change == OVERLAY_TOUCHED)
		page->facts[i].mtime_ns = pick->entry->facts.mtime_ns;
}

/* Merges what was read with the overlay; *after goes on to the page's end.
 * Whether there are more. */
static int merge_page(struct items_page *page, const struct query_output *stored,
	struct slice *after, struct error *err)
{
	struct overlay *overlay =
		transaction_enter(page->table->transaction, TRANSACTION_READS, err);
	struct overlay_stored rows = {
		stored->rows,
		stored->items.count,
		stored->last_evaluated_key != NULL,
	};
	struct overlay_page merged = {
		.picks = arena_alloc_array(page->arena, page->limit, sizeof(*merged.picks)),
	};

	if (!overlay)
		return -1;
	overlay_merge(overlay_table(overlay, page->table->stored), *after, page->prefix, &rows,
		page->limit, &merged);
	for (size_t i = 0; i < merged.count; i++)
		take_pick(page, &merged.picks[i], stored);
	*after = arena_copy(page->arena, merged.last);
	transaction_leave(page->table->transaction);
	return merged.more;
}

static int decode_keys(struct items_page *page, struct error *err)
{
	const struct key_schema *schema = &page->table->schema;

	for (size_t i = 0; i < page->ret->items.count; i++) {
		struct item_row *row = &page->rows[i];

		TRY(key_decode(schema, row->row_key, page->arena, &row->key, err));
		page->items[i] = key_to_map(schema, &row->key, page->arena);
	}
	return 0;
}

static int read_page(struct items_page *page, const struct key *after, struct error *err)
{
	struct query_output *ret = page->ret;
	struct slice position = NOTHING;
	int more = 1;

	if (after)
		position = key_encode_new(&page->table->schema, after, page->arena);
	while (more && !ret->items.count) {
		struct query_output stored;

		TRY(read_stored(page, position, &stored, err));
		TRY(more = merge_page(page, &stored, &position, err));
	}
	TRY(decode_keys(page, err));
	if (more)
		ret->last_evaluated_key = &page->items[ret->items.count - 1];
	return 0;
}

int transaction_items(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, const struct key *after, size_t limit, struct arena *arena,
	struct query_output *ret, struct error *err)
{
	struct items_page page = {
		.fs = fs,
		.table = table,
		.partition = partition,
		.prefix = partition_prefix(partition, arena),
		.limit = limit,
		.arena = arena,
		.ret = ret,
		.items = arena_alloc_array(arena, limit, sizeof(*page.items)),
		.facts = arena_alloc_array(arena, limit, sizeof(*page.facts)),
		.rows = arena_alloc_array(arena, limit, sizeof(*page.rows)),
	};

	*ret = (struct query_output){
		.items = { true, 0, page.items },
		.facts = page.facts,
		.rows = page.rows,
	};
	return read_page(&page, after, err);
}

/* Partitions. */

int transaction_partition(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct query_output output;

	TRY(transaction_items(fs, table, partition, NULL, 1, &arena, &output, err));
	return output.items.count ? 0 : REQUEST_ABSENT;
}

/* The overlay's first partition behind one (absent: of all), or absent. */
static int next_own_partition(const struct mount_table *table, struct slice after,
	struct arena *arena, struct slice *ret, struct error *err)
{
	struct overlay *overlay = transaction_enter(table->transaction, TRANSACTION_READS, err);

	if (!overlay)
		return -1;
	*ret = arena_copy(
		arena, overlay_next_partition(overlay_table(overlay, table->stored), after));
	transaction_leave(table->transaction);
	return 0;
}

struct partitions_page {
	struct filesystem *fs;
	const struct mount_table *table;
	size_t limit;
	struct arena *arena;
	struct value *partitions;
	size_t count;
};

static int take_partition(struct partitions_page *page, struct slice prefix, struct error *err)
{
	struct key_schema hash_only = { .partition = page->table->schema.partition };
	struct key key;
	int r;

	TRY(key_decode(&hash_only, prefix, page->arena, &key, err));
	r = transaction_partition(page->fs, page->table, &key.partition, err);
	TRY(r);
	if (r == 0)
		page->partitions[page->count++] = key.partition;
	return 0;
}

/* Merges stored partitions, which others may follow, with the overlay's;
 * *position goes on to the last one looked at. Whether there are more. */
static int merge_partitions(struct partitions_page *page, const struct slice *stored, size_t count,
	bool more, struct slice *position, struct error *err)
{
	size_t i = 0;

	while (page->count < page->limit) {
		struct slice next = i < count ? stored[i] : NOTHING, own;
		bool is_own;

		TRY(next_own_partition(page->table, *position, page->arena, &own, err));
		if (slice_present(next))
			is_own = slice_present(own) && slice_compare(own, next) <= 0;
		else
			is_own = slice_present(own) && !more; /* else it is behind what was read */
		if (!is_own && !slice_present(next))
			return more;
		*position = is_own ? own : next;
		i += slice_present(next) && slice_equal(*position, next);
		TRY(take_partition(page, *position, err));
	}
	return 1;
}

static int read_partitions(struct partitions_page *page, struct slice *position, struct error *err)
{
	struct key_schema hash_only = { .partition = page->table->schema.partition };
	struct list_partitions_output output;
	const struct value *after = NULL;
	struct slice *stored;
	struct key key;

	if (slice_present(*position)) {
		TRY(key_decode(&hash_only, *position, page->arena, &key, err));
		after = &key.partition;
	}
	TRY(request_partitions(
		page->fs, page->table->stored, after, page->limit, page->arena, &output, err));
	stored = arena_alloc_array(page->arena, output.count, sizeof(*stored));
	for (size_t i = 0; i < output.count; i++)
		stored[i] = partition_prefix(&output.partitions[i], page->arena);
	return merge_partitions(page, stored, output.count, output.more, position, err);
}

int transaction_partitions(struct filesystem *fs, const struct mount_table *table,
	const struct value *after, size_t limit, struct arena *arena,
	struct list_partitions_output *ret, struct error *err)
{
	struct partitions_page page = { fs, table, limit, arena,
		arena_alloc_array(arena, limit, sizeof(*page.partitions)), 0 };
	struct slice position = after ? partition_prefix(after, arena) : NOTHING;
	int more = 1;

	while (more && !page.count)
		TRY(more = read_partitions(&page, &position, err));
	*ret = (struct list_partitions_output){
		.partitions = page.partitions,
		.values_each = 1,
		.count = page.count,
		.more = more,
	};
	return 0;
}

/* Names that are only a hash: what is put under them. */

struct name_search {
	const struct mount_table *table;
	struct slice prefix; /* of row keys */
	struct slice name;
	enum name_suffix suffix;
	bool sort; /* the name is the sort key's */
	struct arena *arena;
	struct value *ret;
};

static int is_named(
	const struct name_search *search, const struct overlay_entry *entry, struct error *err)
{
	struct key key;

	if (entry->change != OVERLAY_PUT)
		return REQUEST_ABSENT;
	TRY(key_decode(&search->table->schema, arena_copy(search->arena, entry->row_key),
		search->arena, &key, err));
	*search->ret = search->sort ? key.sort : key.partition;
	return request_has_name(search->ret, search->suffix, search->name) ? 0 : REQUEST_ABSENT;
}

/* 0, REQUEST_ABSENT or -1. */
static int search_own(const struct name_search *search, struct error *err)
{
	struct transaction *transaction = search->table->transaction;
	struct overlay *overlay = transaction_enter(transaction, TRANSACTION_READS, err);
	const struct overlay_table *entries;
	const struct overlay_entry *entry;
	int r = REQUEST_ABSENT;

	if (!overlay)
		return -1;
	entries = overlay_table(overlay, search->table->stored);
	entry = overlay_after(entries, NOTHING, search->prefix);
	while (entry && r == REQUEST_ABSENT) {
		r = is_named(search, entry, err);
		entry = overlay_after(entries, entry->row_key, search->prefix);
	}
	transaction_leave(transaction);
	return r;
}

int transaction_partition_by_name(struct filesystem *fs, const struct mount_table *table,
	struct slice name, enum name_suffix suffix, uint64_t hash, struct arena *arena,
	struct value *ret, struct error *err)
{
	uint64_t big_endian = htobe64(hash);
	struct name_search search = {
		.table = table,
		.prefix = slice_of((const char *)&big_endian, sizeof(big_endian)),
		.name = name,
		.suffix = suffix,
		.arena = arena,
		.ret = ret,
	};
	int r = request_partition_by_name(fs, table->stored, name, suffix, hash, arena, ret, err);

	if (r == 0 && key_schema_has_sort(&table->schema))
		r = transaction_partition(fs, table, ret, err);
	return r == REQUEST_ABSENT ? search_own(&search, err) : r;
}

int transaction_sort_key_by_name(struct filesystem *fs, const struct mount_table *table,
	const struct value *partition, struct slice name, const struct value *prefix,
	struct arena *arena, struct value *ret, struct error *err)
{
	struct name_search search = {
		.table = table,
		.prefix = partition_prefix(partition, arena),
		.name = name,
		.suffix = NAME_ITEM,
		.sort = true,
		.arena = arena,
		.ret = ret,
	};
	int r = request_sort_key_by_name(
		fs, table->stored, partition, name, prefix, arena, ret, err);

	return r == REQUEST_ABSENT ? search_own(&search, err) : r;
}
