/*
 * The tree is the C library's. It has no search for what comes after a key, but
 * a comparison that never finds anything goes all the way down, and the last
 * entry above the key that it meets is that.
 */
#include "transaction_overlay.h"

#include "base/buf.h"
#include "base/memory.h"

#include <search.h>

/* A node of the tree, what allocations cost, and a share of the request that a
 * commit is. */
#define ENTRY_COST (sizeof(struct overlay_entry) + 256)

void overlay_init(struct overlay *overlay, size_t limit)
{
	*overlay = (struct overlay){ .limit = limit };
}

static void forget_item(struct overlay_entry *entry)
{
	free((char *)entry->item.data);
	free((char *)entry->facts.own_text.data);
	entry->item = entry->facts.own_text = (struct slice){ NULL, 0 };
}

static void entry_free(void *pointer)
{
	struct overlay_entry *entry = pointer;

	forget_item(entry);
	free((char *)entry->row_key.data);
	free(entry);
}

void overlay_release(struct overlay *overlay)
{
	struct overlay_table *table = overlay->tables, *next;

	for (; table; table = next) {
		next = table->next;
		tdestroy(table->entries, entry_free);
		mount_table_unref(table->stored);
		free(table);
	}
	overlay_init(overlay, overlay->limit);
}

struct overlay_table *overlay_table(struct overlay *overlay, struct mount_table *stored)
{
	struct overlay_table *table = overlay->tables;

	while (table && !slice_equal(table->stored->id, stored->id))
		table = table->next;
	if (table)
		return table;
	table = memory_new_zero(sizeof(*table));
	table->stored = mount_table_ref(stored);
	table->next = overlay->tables;
	overlay->tables = table;
	return table;
}

/* The row key is the first member of what is compared. */
static int compare_row_keys(const void *left, const void *right)
{
	const struct slice *a = left, *b = right;

	return slice_compare(*a, *b);
}

static struct overlay_entry *find(const struct overlay_table *table, struct slice row_key)
{
	struct overlay_entry **found = tfind(&row_key, &table->entries, compare_row_keys);

	return found ? *found : NULL;
}

const struct overlay_entry *overlay_find(const struct overlay_table *table, struct slice row_key)
{
	return find(table, row_key);
}

struct entry_after {
	struct slice row_key;
	const struct overlay_entry **found;
};

static int note_above(const void *key, const void *element)
{
	const struct entry_after *after = key;
	const struct overlay_entry *entry = element;

	if (slice_compare(entry->row_key, after->row_key) <= 0)
		return 1;
	*after->found = entry;
	return -1;
}

const struct overlay_entry *overlay_after(
	const struct overlay_table *table, struct slice row_key, struct slice prefix)
{
	const struct overlay_entry *found = NULL;
	struct entry_after after = { row_key, &found };

	/* No row key is only a prefix, so that none is passed over. */
	if (slice_compare(row_key, prefix) < 0)
		after.row_key = prefix;
	tfind(&after, &table->entries, note_above);
	return found && slice_starts_with(found->row_key, prefix) ? found : NULL;
}

size_t overlay_cost(struct slice row_key, size_t item_bytes)
{
	return ENTRY_COST + row_key.len + item_bytes;
}

static size_t cost_of(const struct overlay_entry *entry)
{
	return overlay_cost(entry->row_key, entry->item.len + entry->facts.own_text.len);
}

int overlay_check_room(const struct overlay *overlay, size_t bytes, struct error *err)
{
	if (bytes <= overlay->limit - overlay->bytes)
		return 0;
	return error_set(err, ERROR_TOO_LARGE,
		"a transaction holds at most %zu MB of what it read and wrote: commit it, and go "
		"on in another one",
		overlay->limit >> 20);
}

static struct slice copy(struct slice bytes)
{
	if (!slice_present(bytes))
		return bytes;
	return slice_of(memory_copy_string(bytes.data, bytes.len), bytes.len);
}

static int obtain(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	struct overlay_entry **ret, struct error *err)
{
	struct overlay_entry *entry = find(table, row_key);

	if (!entry) {
		TRY(overlay_check_room(overlay, overlay_cost(row_key, 0), err));
		entry = memory_new_zero(sizeof(*entry));
		entry->row_key = copy(row_key);
		overlay->bytes += cost_of(entry);
		if (!tsearch(entry, &table->entries, compare_row_keys))
			abort(); /* out of memory, as in base/memory.h */
		table->count++;
	}
	*ret = entry;
	return 0;
}

int overlay_expect(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	enum item_expectation expectation, uint64_t stamp, struct error *err)
{
	struct overlay_entry *entry;

	TRY(obtain(overlay, table, row_key, &entry, err));
	if (entry->expectation != ITEM_ANY)
		return entry->expectation == expectation && entry->expected_stamp == stamp
			       ? 0
			       : OVERLAY_CHANGED;
	entry->expectation = expectation;
	entry->expected_stamp = stamp;
	return 0;
}

static void set_change(
	struct overlay *overlay, struct overlay_entry *entry, enum overlay_change change)
{
	overlay->bytes -= cost_of(entry);
	forget_item(entry);
	overlay->bytes += cost_of(entry);
	entry->facts = (struct item_facts){ 0 };
	entry->change = change;
}

int overlay_put(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	struct slice item, const struct item_facts *facts, struct error *err)
{
	size_t bytes = item.len + facts->own_text.len;
	size_t cost = overlay_cost(row_key, bytes);
	struct overlay_entry *entry = find(table, row_key);
	size_t had = entry ? cost_of(entry) : 0;

	TRY(overlay_check_room(overlay, cost > had ? cost - had : 0, err));
	TRY(obtain(overlay, table, row_key, &entry, err));
	set_change(overlay, entry, OVERLAY_PUT);
	entry->item = copy(item);
	entry->facts = *facts;
	entry->facts.own_text = copy(facts->own_text);
	overlay->bytes += bytes;
	return 0;
}

int overlay_remove(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	struct error *err)
{
	struct overlay_entry *entry;

	TRY(obtain(overlay, table, row_key, &entry, err));
	set_change(overlay, entry,
		entry->expectation == ITEM_ABSENT ? OVERLAY_AS_STORED : OVERLAY_REMOVED);
	return 0;
}

int overlay_touch(struct overlay *overlay, struct overlay_table *table, struct slice row_key,
	int64_t mtime_ns, struct error *err)
{
	struct overlay_entry *entry;

	TRY(obtain(overlay, table, row_key, &entry, err));
	if (entry->change == OVERLAY_AS_STORED)
		entry->change = OVERLAY_TOUCHED;
	entry->facts.mtime_ns = mtime_ns;
	return 0;
}

/* Merging. */

struct merge {
	const struct overlay_stored *stored;
	size_t next; /* stored row */
	const struct overlay_entry *entry; /* the next one, or NULL */
	struct overlay_page *page;
};

static struct slice stored_key(const struct merge *merge, size_t i)
{
	return merge->stored->rows[i].row_key;
}

/* Where the next entry stands to the next stored row: before it, at it, behind
 * it. What lies behind a page that has others following is theirs. */
static int compare_next(const struct merge *merge)
{
	if (!merge->entry)
		return 1;
	if (merge->next < merge->stored->count)
		return slice_compare(merge->entry->row_key, stored_key(merge, merge->next));
	return merge->stored->more ? 1 : -1;
}

static bool at_end(const struct merge *merge)
{
	return merge->next == merge->stored->count && (!merge->entry || merge->stored->more);
}

static void pick(struct overlay_page *page, size_t stored, const struct overlay_entry *entry)
{
	page->picks[page->count++] = (struct overlay_pick){ stored, entry };
}

/* Takes the next key: of an entry, of a stored row, or of both. */
static void take_next(struct merge *merge)
{
	int order = compare_next(merge);
	const struct overlay_entry *entry = order <= 0 ? merge->entry : NULL;
	size_t stored = order >= 0 ? merge->next++ : OVERLAY_NOT_STORED;
	enum overlay_change change = entry ? entry->change : OVERLAY_AS_STORED;

	merge->page->last = entry ? entry->row_key : stored_key(merge, stored);
	if (change == OVERLAY_PUT)
		pick(merge->page, OVERLAY_NOT_STORED, entry);
	else if (change != OVERLAY_REMOVED && stored != OVERLAY_NOT_STORED)
		pick(merge->page, stored, entry);
}

void overlay_merge(const struct overlay_table *table, struct slice after, struct slice prefix,
	const struct overlay_stored *stored, size_t limit, struct overlay_page *ret)
{
	struct merge merge = { stored, 0, overlay_after(table, after, prefix), ret };

	ret->count = 0;
	ret->last = after;
	while (ret->count < limit && !at_end(&merge)) {
		bool entry = compare_next(&merge) <= 0;

		take_next(&merge);
		if (entry)
			merge.entry = overlay_after(table, ret->last, prefix);
	}
	ret->more = stored->more || !at_end(&merge);
}

struct slice overlay_next_partition(const struct overlay_table *table, struct slice after)
{
	const struct key_schema *schema = &table->stored->schema;
	const struct overlay_entry *entry;
	struct buf bound CLEANUP(buf_release) = BUF_INIT;

	if (slice_present(after)) {
		buf_append_slice(&bound, after);
		if (!key_bound_after(&bound))
			return (struct slice){ NULL, 0 };
	}
	entry = overlay_after(table, buf_slice(&bound), SLICE(""));
	while (entry && entry->change != OVERLAY_PUT)
		entry = overlay_after(table, entry->row_key, SLICE(""));
	if (!entry)
		return (struct slice){ NULL, 0 };
	return slice_of(entry->row_key.data, key_partition_length(schema, entry->row_key));
}

void overlay_count(const struct overlay *overlay, struct overlay_counts *ret)
{
	const struct overlay_entry *entry;

	*ret = (struct overlay_counts){ 0 };
	for (const struct overlay_table *table = overlay->tables; table; table = table->next) {
		struct slice last = SLICE("");

		while ((entry = overlay_after(table, last, SLICE("")))) {
			ret->read += entry->expectation != ITEM_ANY;
			ret->written +=
				entry->change == OVERLAY_PUT || entry->change == OVERLAY_TOUCHED;
			ret->removed += entry->change == OVERLAY_REMOVED;
			last = entry->row_key;
		}
	}
}
