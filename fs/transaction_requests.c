/*
 * What is noted as read (transaction.h, invariant 2):
 *
 *	an item whose content was asked for	it must stay as it is
 *	an item that was asked for, and is not	it must stay absent
 *	where an item is moved to		it must stay as it is
 *
 * An item that is put or removed without a look at it is expected to be
 * nothing; neither is what a listing or stat(2) shows. Whatever is seen of an
 * item that was noted must be what was noted: if it is not, nobody is told what
 * it is now, as this transaction cannot be committed any more.
 *
 * Partitions and names that are only a hash are no items: that one was not
 * there is not noted.
 */
#include "transaction_requests.h"

#include "base/clock.h"
#include "model/item.h"
#include "model/plain.h"
#include "transaction.h"
#include "transaction_overlay.h"

#include <endian.h>

#define AS_STORED 2 /* the overlay has nothing of the item */
#define NOTHING   ((struct slice){ NULL, 0 })

static struct slice partition_prefix(const struct value *partition, struct arena *arena)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	if (!partition)
		return SLICE("");
	key_encode_partition(partition, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

/* One item. */

/* What the overlay has of it: 0, REQUEST_ABSENT, AS_STORED or -1. */
static int own_item(const struct mount_table *table, struct slice row_key, struct arena *arena,
	const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct overlay *overlay = transaction_enter(table->transaction, TRANSACTION_READS, err);
	const struct overlay_entry *entry;
	struct slice encoded = NOTHING;
	struct map *item;
	int r = AS_STORED;

	if (!overlay)
		return -1;
	entry = overlay_find(overlay_table(overlay, table->stored), row_key);
	if (entry && entry->change == OVERLAY_REMOVED)
		r = REQUEST_ABSENT;
	if (entry && entry->change == OVERLAY_PUT) {
		*ret = entry->facts;
		ret->own_text = ret_item ? arena_copy(arena, entry->facts.own_text) : NOTHING;
		encoded = ret_item ? arena_copy(arena, entry->item) : NOTHING;
		r = 0;
	}
	transaction_leave(table->transaction);
	if (r || !ret_item)
		return r;
	item = arena_alloc(arena, sizeof(*item));
	*ret_item = item;
	return item_decode(arena, encoded, item, err);
}

static int has_changed(struct error *err)
{
	return error_set(err, ERROR_ITEM_CHANGED,
		"this item has changed outside after this transaction read it: it can't be "
		"committed any more");
}

/* Notes what was found stored (facts NULL: nothing), if that is wanted or it
 * differs from what was noted before. The mtime may be the transaction's own. */
static int note_stored(const struct mount_table *table, struct slice row_key, bool wanted,
	struct item_facts *facts, struct error *err)
{
	struct overlay *overlay = transaction_enter(table->transaction, TRANSACTION_READS, err);
	struct overlay_table *entries;
	const struct overlay_entry *entry;
	int r = 0;

	if (!overlay)
		return -1;
	entries = overlay_table(overlay, table->stored);
	entry = overlay_find(entries, row_key);
	if (entry && entry->change == OVERLAY_TOUCHED && facts)
		facts->mtime_ns = entry->facts.mtime_ns;
	if (wanted || (entry && entry->expectation != ITEM_ANY))
		r = overlay_expect(overlay, entries, row_key, facts ? ITEM_UNCHANGED : ITEM_ABSENT,
			facts ? facts->stamp : 0, err);
	transaction_leave(table->transaction);
	return r == OVERLAY_CHANGED ? has_changed(err) : r;
}

/* Looks at an item; with note, or when it is not there, that is noted. */
static int look_at(struct filesystem *fs, const struct mount_table *table, struct slice row_key,
	bool note, struct arena *arena, const struct map **ret_item, struct item_facts *ret,
	struct error *err)
{
	struct key key;
	int r = own_item(table, row_key, arena, ret_item, ret, err);

	if (r != AS_STORED)
		return r;
	TRY(key_decode(&table->schema, row_key, arena, &key, err));
	r = request_item(fs, table->stored, &key, arena, ret_item, ret, err);
	TRY(r);
	TRY(note_stored(table, row_key, note || r == REQUEST_ABSENT,
		r == REQUEST_ABSENT ? NULL : ret, err));
	return r;
}

int transaction_item(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct arena *arena, const struct map **ret_item, struct item_facts *ret, struct error *err)
{
	struct slice row_key = key_encode_new(&table->schema, key, arena);

	return look_at(fs, table, row_key, ret_item != NULL, arena, ret_item, ret, err);
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

/* Writing. */

/* An item to be put, whole. */
struct own_put {
	struct slice row_key, item;
	struct item_facts facts;
};

static size_t put_cost(const struct own_put *put)
{
	return overlay_cost(put->row_key, put->item.len + put->facts.own_text.len);
}

static int prepare_put(const struct mount_table *table, const struct map *item,
	struct slice own_text, int64_t mtime_ns, struct arena *arena, struct own_put *ret,
	struct error *err)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;
	struct key key;

	TRY(key_from_item(&table->schema, item, &key, err));
	item_encode(item, &encoded);
	*ret = (struct own_put){
		.row_key = key_encode_new(&table->schema, &key, arena),
		.item = arena_copy(arena, buf_slice(&encoded)),
		.facts = {
			.mtime_ns = mtime_ns ? mtime_ns : clock_realtime_ns(),
			.item_size = (uint32_t)item_size(item),
			.text_length = (uint32_t)(slice_present(own_text) ? own_text.len
									  : plain_item_length(item)),
			.own_text = own_text,
		},
	};
	return 0;
}

int transaction_check(struct filesystem *fs, const struct mount_table *table,
	const struct map *item, struct arena *arena, struct error *err)
{
	struct own_put put;
	struct overlay *overlay;
	int r;

	TRY(request_check(fs, table->stored, item, arena, err));
	TRY(prepare_put(table, item, NOTHING, 0, arena, &put, err));
	overlay = transaction_enter(table->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	r = overlay_check_room(overlay, put_cost(&put), err);
	transaction_leave(table->transaction);
	return r;
}

static int not_as_expected(enum error_class class, struct error *err)
{
	return error_set(err, class, "The conditional request failed");
}

/* Against what the transaction has written itself. What is stored may have
 * another stamp by now: if it was read, the commit looks at it. */
static int check_expectation(const struct overlay_entry *entry, enum item_expectation expectation,
	uint64_t stamp, struct error *err)
{
	enum overlay_change change = entry ? entry->change : OVERLAY_AS_STORED;

	if (expectation == ITEM_ABSENT && change == OVERLAY_PUT)
		return not_as_expected(ERROR_ITEM_EXISTS, err);
	if (expectation == ITEM_UNCHANGED && change == OVERLAY_REMOVED)
		return not_as_expected(ERROR_ITEM_CHANGED, err);
	if (expectation == ITEM_UNCHANGED && change == OVERLAY_PUT && entry->facts.stamp != stamp)
		return not_as_expected(ERROR_ITEM_CHANGED, err);
	return 0;
}

static int put_own(struct transaction *transaction, struct overlay *overlay,
	struct overlay_table *entries, struct own_put *put, struct error *err)
{
	put->facts.stamp = transaction_stamp(transaction);
	return overlay_put(overlay, entries, put->row_key, put->item, &put->facts, err);
}

int transaction_put(struct filesystem *fs, const struct mount_table *table,
	const struct put_item_input *input, struct arena *arena, struct item_facts *ret,
	struct error *err)
{
	struct overlay_table *entries;
	struct overlay *overlay;
	struct own_put put;
	int r;

	TRY(request_check(fs, table->stored, input->item, arena, err));
	TRY(prepare_put(table, input->item, input->own_text, input->mtime_ns, arena, &put, err));
	if (input->expectation == ITEM_ABSENT) {
		r = look_at(fs, table, put.row_key, false, arena, NULL, ret, err);
		TRY(r);
		if (r == 0)
			return not_as_expected(ERROR_ITEM_EXISTS, err);
	}
	overlay = transaction_enter(table->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	entries = overlay_table(overlay, table->stored);
	r = check_expectation(
		overlay_find(entries, put.row_key), input->expectation, input->expected_stamp, err);
	if (r == 0)
		r = put_own(table->transaction, overlay, entries, &put, err);
	transaction_leave(table->transaction);
	*ret = put.facts;
	return r;
}

int transaction_delete(struct filesystem *fs, const struct mount_table *table,
	const struct key *key, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice row_key = key_encode_new(&table->schema, key, &arena);
	struct overlay *overlay;
	int r;

	(void)fs;
	overlay = transaction_enter(table->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	r = overlay_remove(overlay, overlay_table(overlay, table->stored), row_key, err);
	transaction_leave(table->transaction);
	return r;
}

/* Several at once. */

static int prepare_write(struct filesystem *fs, const struct mount_table *table,
	const struct item_write *write, struct arena *arena, struct own_put *ret, struct error *err)
{
	struct item_facts facts;
	struct key key;
	int r;

	if (write->kind == ITEM_PUT) {
		TRY(request_check(fs, table->stored, write->item, arena, err));
		TRY(prepare_put(
			table, write->item, write->own_text, write->mtime_ns, arena, ret, err));
	} else {
		TRY(key_from_map(&table->schema, write->item, &key, err));
		*ret = (struct own_put){
			.row_key = key_encode_new(&table->schema, &key, arena),
			.facts = { .mtime_ns = write->mtime_ns },
		};
	}
	r = look_at(fs, table, ret->row_key, write->kind == ITEM_PUT, arena, NULL, &facts, err);
	TRY(r);
	if (r == 0 && write->expectation == ITEM_ABSENT)
		return not_as_expected(ERROR_ITEM_EXISTS, err);
	if (r == REQUEST_ABSENT && write->must_exist)
		return error_set(err, ERROR_ITEM_CHANGED, "The item is no longer there");
	return 0;
}

static int apply_write(struct overlay *overlay, const struct mount_table *table,
	enum item_write_kind kind, struct own_put *put, struct error *err)
{
	struct overlay_table *entries = overlay_table(overlay, table->stored);

	switch (kind) {
	case ITEM_PUT:
		return put_own(table->transaction, overlay, entries, put, err);
	case ITEM_DELETE:
		return overlay_remove(overlay, entries, put->row_key, err);
	case ITEM_TOUCH:
		return overlay_touch(overlay, entries, put->row_key, put->facts.mtime_ns, err);
	case ITEM_CHECK:
		break;
	}
	return 0;
}

static int apply_writes(struct overlay *overlay, const struct mount_table *const *tables,
	const struct item_write *writes, struct own_put *puts, size_t count, struct error *err)
{
	size_t cost = 0;

	for (size_t i = 0; i < count; i++) {
		struct overlay_table *entries = overlay_table(overlay, tables[i]->stored);

		cost += put_cost(&puts[i]);
		TRY(check_expectation(overlay_find(entries, puts[i].row_key), writes[i].expectation,
			writes[i].expected_stamp, err));
	}
	TRY(overlay_check_room(overlay, cost, err)); /* so that none fails after another */
	for (size_t i = 0; i < count; i++)
		TRY(apply_write(overlay, tables[i], writes[i].kind, &puts[i], err));
	return 0;
}

int transaction_writes(struct filesystem *fs, const struct mount_table *const *tables,
	const struct item_write *writes, size_t count, struct arena *arena, struct error *err)
{
	struct own_put *puts = arena_alloc_array(arena, count, sizeof(*puts));
	struct overlay *overlay;
	int r;

	for (size_t i = 0; i < count; i++)
		TRY(prepare_write(fs, tables[i], &writes[i], arena, &puts[i], err));
	overlay = transaction_enter(tables[0]->transaction, TRANSACTION_WRITES, err);
	if (!overlay)
		return -1;
	r = apply_writes(overlay, tables, writes, puts, count, err);
	transaction_leave(tables[0]->transaction);
	return r;
}
