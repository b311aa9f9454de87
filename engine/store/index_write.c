/* Keeping indexes up with a change of a row. */
#include "store/count.h"
#include "store/index_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"
#include "store/write.h"

/* One side of a change, as an index sees it. */
struct view {
	bool has_entry;
	struct buf entry;
	uint32_t size; /* projected, in bytes; 0: no entry */
};

struct views {
	struct view old, new;
};

static void views_release(struct views *views)
{
	buf_release(&views->old.entry);
	buf_release(&views->new.entry);
}

static void look(const struct index_change *change, const struct index_description *index,
	const struct map *item, uint32_t item_size, struct view *view)
{
	buf_clear(&view->entry);
	view->has_entry = item && index_entry_of(index, item, change->row_key, &view->entry);
	view->size = view->has_entry ? index_projected_size(
					       &change->table->description, index, item, item_size)
				     : 0;
}

int index_put_entry(struct txn *txn, struct index *index, struct slice entry, struct error *err)
{
	DBT key = bdb_input(entry), data = { .size = 0 };
	int r = index->file->put(index->file, txn->bdb, &key, &data, 0);

	return r ? bdb_error(err, r, "writing an index entry") : 0;
}

static int delete_entry(struct txn *txn, struct index *index, struct slice entry, struct error *err)
{
	DBT key = bdb_input(entry);
	int r = index->file->del(index->file, txn->bdb, &key, 0);

	/* One that is missing is for store_check() to tell. */
	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "deleting an index entry");
	return 0;
}

static bool same_entry(const struct views *views)
{
	return views->old.has_entry ==
	       views->new.has_entry &&slice_equal(
		       buf_slice(&views->old.entry), buf_slice(&views->new.entry));
}

static int write_entries(
	struct txn *txn, struct index *index, const struct views *views, struct error *err)
{
	if (same_entry(views))
		return 0;
	if (views->old.has_entry)
		TRY(delete_entry(txn, index, buf_slice(&views->old.entry), err));
	if (views->new.has_entry)
		TRY(index_put_entry(txn, index, buf_slice(&views->new.entry), err));
	return 0;
}

static int count_entries(struct txn *txn, const struct index_change *change, struct index *index,
	const struct views *views, struct error *err)
{
	struct index_counts difference = {
		.items = (int64_t)views->new.has_entry - views->old.has_entry,
		.bytes = (int64_t)views->new.size - views->old.size,
	};

	if (!difference.items && !difference.bytes)
		return 0;
	return count_index_change(txn, change->table, index, change->row_key, difference, err);
}

static bool same_attribute(const struct map *a, const struct map *b, struct slice name)
{
	const struct value *x = map_find(a, name), *y = map_find(b, name);

	return x && y ? value_equal(x, y) : x == y;
}

/* Whether two items with the same entry look the same through the index. */
static bool same_projection(
	const struct index_change *change, const struct index_description *index)
{
	if (change->same)
		return true;
	if (index->projection == PROJECTION_ALL)
		return false;
	for (size_t i = 0; i < index->non_key_attribute_count; i++) {
		if (!same_attribute(change->old, change->new, index->non_key_attributes[i]))
			return false;
	}
	return true;
}

/* Of the entry that is there now, or was. */
static struct slice partition_of(const struct index_description *index, const struct views *views)
{
	const struct view *view = views->new.has_entry ? &views->new : &views->old;

	if (index->kind != INDEX_GLOBAL || !view->has_entry)
		return slice_of(NULL, 0);
	return index_entry_partition(&index->key, buf_slice(&view->entry));
}

/* The version may go before this is looked at: the name is in the arena. */
static struct index_write describe(const struct index_change *change,
	const struct index_description *index, const struct views *views, struct arena *arena)
{
	bool both = views->old.has_entry && views->new.has_entry;
	bool same = same_entry(views);

	return (struct index_write){
		.name = arena_copy(arena, index->name),
		.local = index->kind == INDEX_LOCAL,
		.old_size = views->old.size,
		.new_size = views->new.size,
		.moved = both && !same,
		.changed = !same || (both && !same_projection(change, index)),
		.partition = arena_copy(arena, partition_of(index, views)),
	};
}

static void look_at_both(const struct index_change *change, const struct index *index,
	const struct index_description *description, struct views *views)
{
	bool covered = index_covers(index, description, change->row_key);

	look(change, description, covered ? change->old : NULL, change->old_size, &views->old);
	look(change, description, covered ? change->new : NULL, change->new_size, &views->new);
}

void index_preview(struct txn *txn, const struct index_change *change,
	struct index_write *ret_writes, size_t *ret_count)
{
	const struct table *table = change->table;
	struct views views CLEANUP(views_release) = { .old = { .entry = BUF_INIT } };

	*ret_count = 0;
	for (size_t i = 0; i < table->description.index_count; i++) {
		const struct index_description *index = &table->description.indexes[i];

		if (index->kind == INDEX_EXPIRY)
			continue;
		look_at_both(change, table->indexes[i], index, &views);
		ret_writes[(*ret_count)++] = describe(change, index, &views, txn->arena);
	}
}

/* One index. */
static int apply(struct txn *txn, const struct index_change *change, struct index *index,
	const struct index_description *description, struct views *views, struct error *err)
{
	look_at_both(change, index, description, views);
	if (change->same)
		return 0;
	TRY(write_entries(txn, index, views, err));
	return count_entries(txn, change, index, views, err);
}

int index_apply(struct txn *txn, const struct index_change *change, struct index_write *ret_writes,
	size_t *ret_count, struct error *err)
{
	const struct table *table = change->table;
	struct views views CLEANUP(views_release) = { .old = { .entry = BUF_INIT } };
	size_t count = 0;

	for (size_t i = 0; i < table->description.index_count; i++) {
		const struct index_description *index = &table->description.indexes[i];

		TRY(apply(txn, change, table->indexes[i], index, &views, err));
		if (ret_writes && index->kind != INDEX_EXPIRY)
			ret_writes[count++] = describe(change, index, &views, txn->arena);
	}
	*ret_count = count;
	return 0;
}
