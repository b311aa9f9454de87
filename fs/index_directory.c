/*
 * `.indexes/NAME/PARTITION/`: the items of every index, as links in its order.
 *
 *	.indexes/	 the indexes of the table, in the order of their names
 *	NAME/		 the partitions that hold items, in the order of their hashes
 *	PARTITION/	 a link for each item: its sort attributes, then its key
 *
 * Invariants:
 * 1. A partition's node carries the partition attributes as item_encode() has
 *    them, so that an over-long name is resolved once; they count only while the
 *    index has those attributes.
 * 2. A listing goes on after an entry by its key: the name of an index; the
 *    attributes of a partition; the index's entry of an item.
 * 3. An item stands there exactly when the index has an entry of it.
 *
 * DESIGN 4.5.
 */
#include "index_facts.h"
#include "item_link.h"

#include "model/item.h"
#include "requests.h"

#include <errno.h>

#define UP "../../../"

/* .indexes */

static int find_in_indexes(const struct finder *finder, struct directory_entry *ret)
{
	struct error err = ERROR_INIT;
	struct index_facts index;

	if (finder->name.data[0] == '.')
		return -ENOENT; /* what tools look for everywhere */
	if (index_find(finder->fs, finder->directory->table, finder->name, finder->arena, &index,
		    &err) < 0)
		return finder_fail(finder, &err);
	directory_identify(finder, NODE_INDEX, slice_of(NULL, 0), ret);
	ret->timeout = DIRECTORY_TIMEOUT;
	return 0;
}

static int add_indexes(struct listing *listing, struct batch *batch, const struct node_view *view,
	struct slice after, struct error *err)
{
	struct index_facts *list;
	size_t count;

	TRY(index_list(listing->fs, view->table, &batch->arena, &list, &count, err));
	for (size_t i = 0; i < count && batch->count < BATCH_ENTRIES; i++) {
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		if (slice_present(after) && slice_compare(list[i].name, after) <= 0)
			continue;
		index_append_name(&name, list[i].name);
		listing_add(batch, NODE_INDEX, arena_copy(&batch->arena, buf_slice(&name)),
			list[i].name);
	}
	return 0;
}

const struct directory_operations indexes_directory = {
	.find = find_in_indexes,
	.list = add_indexes,
	.read_only = true,
};

/* An index */

/* The attributes of a partition as bytes. */
static struct slice encode_partition(
	const struct key_layout *layout, const struct value *values, struct arena *arena)
{
	struct member members[KEY_ATTRIBUTES_MAX];
	struct map map = { members, layout->partition_count };
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < map.count; i++)
		members[i] = (struct member){ layout->partition[i].name, values[i] };
	item_encode(&map, &bytes);
	return arena_copy(arena, buf_slice(&bytes));
}

/* The same back; ERROR_INDEX_NOT_FOUND when the index is another one by now. */
static int decode_partition(const struct key_layout *layout, struct slice bytes,
	struct arena *arena, struct value *ret, struct error *err)
{
	struct map map;

	TRY(item_decode(arena, bytes, &map, err));
	for (size_t i = 0; i < layout->partition_count; i++) {
		const struct value *value = map_find(&map, layout->partition[i].name);

		if (!value || value->type != layout->partition[i].type)
			return error_set(err, ERROR_INDEX_NOT_FOUND,
				"the index of this name has another key by now");
		ret[i] = *value;
	}
	return 0;
}

/* A page of one partition's entries, after an entry's start key (NULL: from the
 * first). */
static int query_partition(struct filesystem *fs, struct slice table_name,
	const struct index_facts *index, const struct value *values, const struct map *after,
	size_t limit, struct arena *arena, struct query_output *ret, struct error *err)
{
	struct key_condition conditions[KEY_ATTRIBUTES_MAX];
	struct query_input input = {
		.table_name = table_name,
		.index_name = index->name,
		.key_conditions = { true, index->key.partition_count, conditions },
		.limit = { true, (int64_t)limit },
		.exclusive_start_key = after,
		.facts_only = true,
	};

	for (size_t i = 0; i < index->key.partition_count; i++)
		conditions[i] = (struct key_condition){
			.attribute_name = index->key.partition[i].name,
			.comparison_operator = slice_from_string(comparison_names[COMPARISON_EQ]),
			.attribute_value_list = { true, 1, &values[i] },
		};
	*ret = (struct query_output){ 0 };
	return request_run(fs, OPERATION_QUERY, &input, ret, arena, err);
}

static bool has_name(const struct key_layout *layout, const struct value *values, struct slice name)
{
	struct buf own CLEANUP(buf_release) = BUF_INIT;

	joined_name_append_partition(layout, values, &own);
	return slice_equal(buf_slice(&own), name);
}

/* The partition of a shortened name: 0 or REQUEST_ABSENT. */
static int find_by_hash(const struct finder *finder, const struct index_facts *index, uint64_t hash,
	struct value *ret, struct error *err)
{
	struct list_partitions_input input = {
		.table_name = finder->directory->table->name,
		.index_name = index->name,
		.by_hash = true,
		.hash = hash,
		.limit = 1,
	};
	struct list_partitions_output output = { .more = true };

	while (output.more) {
		TRY(request_run(finder->fs, OPERATION_LOCAL_LIST_PARTITIONS, &input, &output,
			finder->arena, err));
		if (output.count && has_name(&index->key, output.partitions, finder->name)) {
			memcpy(ret, output.partitions, output.values_each * sizeof(*ret));
			return 0;
		}
		input.after = output.partitions;
	}
	return REQUEST_ABSENT;
}

static int not_spelled_so(
	const struct finder *finder, const struct key_layout *layout, const struct value *values)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err = ERROR_INIT;

	joined_name_append_partition(layout, values, &name);
	error_set(&err, ERROR_VALIDATION, "%.*s is spelled %s here", SLICE_ARG(finder->name),
		buf_string(&name));
	return finder_fail(finder, &err);
}

/* Whether anything stands there: 0 or REQUEST_ABSENT. */
static int find_exact(const struct finder *finder, const struct index_facts *index,
	const struct value *values, struct error *err)
{
	struct query_output output;

	TRY(query_partition(finder->fs, finder->directory->table->name, index, values, NULL, 1,
		finder->arena, &output, err));
	return output.items.count ? 0 : REQUEST_ABSENT;
}

static int find_in_index(const struct finder *finder, struct directory_entry *ret)
{
	const struct mount_table *table = finder->directory->table;
	struct value values[KEY_ATTRIBUTES_MAX];
	struct error err = ERROR_INIT;
	enum name_outcome outcome;
	struct index_facts index;
	uint64_t hash;
	int r = 0;

	if (finder->name.data[0] == '.')
		return -ENOENT;
	if (index_find(finder->fs, table, finder->directory->name, finder->arena, &index, &err) < 0)
		return finder_fail(finder, &err);
	outcome =
		joined_name_read_partition(&index.key, finder->name, finder->arena, values, &hash);
	if (outcome == NAME_IMPOSSIBLE)
		return -ENOENT;
	if (outcome == NAME_EXACT && !has_name(&index.key, values, finder->name))
		return not_spelled_so(finder, &index.key, values);
	r = outcome == NAME_EXACT ? find_exact(finder, &index, values, &err)
				  : find_by_hash(finder, &index, hash, values, &err);
	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT)
		return -ENOENT;
	directory_identify(finder, NODE_INDEX_PARTITION,
		encode_partition(&index.key, values, finder->arena), ret);
	ret->timeout = DIRECTORY_TIMEOUT;
	return 0;
}

static int add_partitions(struct listing *listing, struct batch *batch,
	const struct node_view *view, struct slice after, struct error *err)
{
	struct list_partitions_input input = { .table_name = view->table->name,
		.limit = BATCH_ENTRIES };
	struct list_partitions_output output = { 0 };
	struct value after_values[KEY_ATTRIBUTES_MAX];
	struct arena *arena = &batch->arena;
	struct index_facts index;

	TRY(index_find(listing->fs, view->table, view->name, arena, &index, err));
	input.index_name = index.name;
	if (slice_present(after)) {
		TRY(decode_partition(&index.key, after, arena, after_values, err));
		input.after = after_values;
	}
	TRY(request_run(listing->fs, OPERATION_LOCAL_LIST_PARTITIONS, &input, &output, arena, err));
	for (size_t i = 0; i < output.count; i++) {
		const struct value *values = &output.partitions[i * output.values_each];
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		joined_name_append_partition(&index.key, values, &name);
		listing_add(batch, NODE_INDEX_PARTITION, arena_copy(arena, buf_slice(&name)),
			encode_partition(&index.key, values, arena));
	}
	return 0;
}

const struct directory_operations index_directory = {
	.find = find_in_index,
	.list = add_partitions,
	.lists_slowly = true,
	.read_only = true,
};

/* A partition of an index */

/* The index of a partition's directory, by the name of its parent, and the
 * values of the partition. */
static int load_partition(struct filesystem *fs, const struct node_view *view, struct arena *arena,
	struct index_facts *ret, struct value *ret_values, struct error *err)
{
	struct node_view parent CLEANUP(node_view_release) = { 0 };
	struct node *node = node_parent(fs->nodes, view->node);

	node_load(fs->nodes, node, arena, &parent);
	node_unref(fs->nodes, node);
	TRY(index_find(fs, view->table, parent.name, arena, ret, err));
	return decode_partition(&ret->key, view->row_key, arena, ret_values, err);
}

/* Whether the index has an entry of the item in that partition, under that name. */
static bool is_entry(const struct finder *finder, const struct key_layout *layout,
	const struct value *values, const struct key *key, const struct map *item)
{
	const struct key_schema *schema = &finder->directory->table->schema;
	struct buf entry CLEANUP(buf_release) = BUF_INIT, prefix CLEANUP(buf_release) = BUF_INIT;
	struct slice row_key = key_encode_new(schema, key, finder->arena);
	struct value sort_values[KEY_ATTRIBUTES_MAX];
	struct item_link link;

	if (index_entry_encode(layout, item, row_key, &entry) == INDEX_ENTRY_NONE)
		return false;
	key_layout_encode_partition(layout, values, &prefix);
	if (!slice_starts_with(buf_slice(&entry), buf_slice(&prefix)))
		return false;
	for (size_t i = 0; i < layout->sort_count; i++)
		sort_values[i] = *map_find(item, layout->sort[i].name);
	link = item_link_of(schema, sort_values, layout->sort_count, key);
	return item_link_has_name(&link, finder->name);
}

static int find_in_partition(const struct finder *finder, struct directory_entry *ret)
{
	struct value values[KEY_ATTRIBUTES_MAX];
	struct error err = ERROR_INIT;
	const struct map *item = NULL;
	struct index_facts index;
	struct key key;
	int r = load_partition(finder->fs, finder->directory, finder->arena, &index, values, &err);

	if (r == 0)
		r = item_link_find_item(finder, index.key.sort_count, &key, &item, &err);
	if (r < 0)
		return finder_fail(finder, &err);
	if (r == REQUEST_ABSENT || !is_entry(finder, &index.key, values, &key, item))
		return -ENOENT;
	item_link_identify(finder, NODE_INDEX_LINK, &key, ret);
	return 0;
}

/* The start key that goes on after an entry: the attributes of the index and of
 * the key, each once. */
static int start_key_of(const struct key_layout *layout, const struct key_schema *schema,
	struct slice entry, struct arena *arena, struct map *ret, struct error *err)
{
	struct member *members =
		arena_alloc_array(arena, 2 * KEY_ATTRIBUTES_MAX + 2, sizeof(*members));
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	struct slice row_key;
	struct map key_map;
	struct key key;

	TRY(index_entry_decode(layout, entry, arena, values, &row_key, err));
	TRY(key_decode(schema, row_key, arena, &key, err));
	*ret = (struct map){ members, 0 };
	for (size_t i = 0; i < layout->partition_count; i++)
		members[ret->count++] = (struct member){ layout->partition[i].name, values[i] };
	for (size_t i = 0; i < layout->sort_count; i++)
		members[ret->count++] = (struct member){ layout->sort[i].name,
			values[layout->partition_count + i] };
	key_map = key_to_map(schema, &key, arena);
	for (size_t i = 0; i < key_map.count; i++) {
		if (!key_layout_has(layout, key_map.members[i].name))
			members[ret->count++] = key_map.members[i];
	}
	return 0;
}

static int add_entry(struct batch *batch, const struct index_facts *index,
	const struct key_schema *schema, const struct item_row *row, struct error *err)
{
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	struct slice row_key;
	struct item_link link;

	TRY(index_entry_decode(
		&index->key, row->index_entry, &batch->arena, values, &row_key, err));
	link = item_link_of(
		schema, values + index->key.partition_count, index->key.sort_count, &row->key);
	item_link_add(batch, NODE_INDEX_LINK, &link, row->index_entry);
	return 0;
}

static int add_links(struct listing *listing, struct batch *batch, const struct node_view *view,
	struct slice after, struct error *err)
{
	const struct key_schema *schema = &view->table->schema;
	struct value values[KEY_ATTRIBUTES_MAX];
	struct arena *arena = &batch->arena;
	struct query_output page;
	struct index_facts index;
	struct map start_key;
	bool resumes = slice_present(after);

	TRY(load_partition(listing->fs, view, arena, &index, values, err));
	if (resumes)
		TRY(start_key_of(&index.key, schema, after, arena, &start_key, err));
	TRY(query_partition(listing->fs, view->table->name, &index, values,
		resumes ? &start_key : NULL, BATCH_ENTRIES, arena, &page, err));
	for (size_t i = 0; i < page.items.count; i++)
		TRY(add_entry(batch, &index, schema, &page.rows[i], err));
	return 0;
}

static int append_target(struct filesystem *fs, const struct node_view *link, struct buf *ret)
{
	return item_link_append_target(fs, link, UP, ret);
}

const struct directory_operations index_partition_directory = {
	.find = find_in_partition,
	.list = add_links,
	.lists_slowly = true,
	.read_only = true,
	.append_target = append_target,
};
