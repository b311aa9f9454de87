#include "api/key_range.h"

#define INVALID  "The provided starting key is invalid"
#define MISMATCH "The provided key element does not match the schema"

/* The attributes of a start key: the index's, and those of the table that it
 * does not have. */
static struct key_layout index_layout(const struct index_description *index)
{
	return index ? index->key : (struct key_layout){ .partition_count = 0 };
}

static size_t count_attributes(
	const struct table_description *table, const struct index_description *index)
{
	struct key_layout layout = index_layout(index);
	size_t count = layout.partition_count + layout.sort_count;

	count += !key_layout_has(&layout, table->key.partition.name);
	if (key_schema_has_sort(&table->key))
		count += !key_layout_has(&layout, table->key.sort.name);
	return count;
}

static int check_index_side(const struct key_attribute *attributes, size_t count,
	const struct map *start_key, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct value *value = map_find(start_key, attributes[i].name);

		if (!value)
			return error_set(err, ERROR_VALIDATION, INVALID);
		if (value->type != attributes[i].type)
			return error_set(err, ERROR_VALIDATION, MISMATCH);
	}
	return 0;
}

/* The table's key within the start key. */
static int take_table_key(const struct key_schema *schema, const struct map *start_key,
	struct key *ret, struct error *err)
{
	const struct value *partition = map_find(start_key, schema->partition.name);
	const struct value *sort =
		key_schema_has_sort(schema) ? map_find(start_key, schema->sort.name) : NULL;

	if (!partition || partition->type != schema->partition.type ||
		(key_schema_has_sort(schema) && (!sort || sort->type != schema->sort.type)))
		return error_set(err, ERROR_VALIDATION, INVALID ": " MISMATCH);
	ret->partition = *partition;
	if (sort)
		ret->sort = *sort;
	return 0;
}

int start_key_position(const struct table_description *table, const struct index_description *index,
	bool scan, const struct map *start_key, struct buf *ret, struct error *err)
{
	struct buf row_key CLEANUP(buf_release) = BUF_INIT;
	struct key_layout layout = index_layout(index);
	struct key key;

	if (start_key->count != count_attributes(table, index))
		return error_set(
			err, ERROR_VALIDATION, INVALID "%s", scan && !index ? ": " MISMATCH : "");
	TRY(check_index_side(layout.partition, layout.partition_count, start_key, err));
	TRY(check_index_side(layout.sort, layout.sort_count, start_key, err));
	TRY(take_table_key(&table->key, start_key, &key, err));
	key_encode(&table->key, &key, &row_key);
	if (!index)
		buf_append_slice(ret, buf_slice(&row_key));
	else if (index_entry_encode(&layout, start_key, buf_slice(&row_key), ret) ==
		 INDEX_ENTRY_NONE)
		return error_set(err, ERROR_VALIDATION, INVALID);
	return 0;
}

/* The name may be the table's, which the key outlives. */
static void add_member(struct member *members, size_t *count, struct slice name,
	const struct value *value, struct arena *arena)
{
	for (size_t i = 0; i < *count; i++) {
		if (slice_equal(members[i].name, name))
			return;
	}
	members[(*count)++] = (struct member){ arena_copy(arena, name), *value };
}

static void add_of_item(const struct map *item, struct slice name, struct arena *arena,
	struct member *members, size_t *count)
{
	add_member(members, count, name, map_find(item, name), arena);
}

void start_key_of_item(const struct table_description *table, const struct index_description *index,
	const struct map *item, struct arena *arena, struct map *ret)
{
	struct member *members =
		arena_alloc_array(arena, 2 + 2 * KEY_ATTRIBUTES_MAX, sizeof(*members));
	struct key_layout layout = index_layout(index);
	size_t count = 0;

	add_of_item(item, table->key.partition.name, arena, members, &count);
	if (key_schema_has_sort(&table->key))
		add_of_item(item, table->key.sort.name, arena, members, &count);
	for (size_t i = 0; i < layout.partition_count; i++)
		add_of_item(item, layout.partition[i].name, arena, members, &count);
	for (size_t i = 0; i < layout.sort_count; i++)
		add_of_item(item, layout.sort[i].name, arena, members, &count);
	*ret = (struct map){ members, count };
}

static int add_index_key(const struct key_layout *layout, struct slice entry, struct arena *arena,
	struct member *members, size_t *count, struct error *err)
{
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	struct slice row_key;

	TRY(index_entry_decode(layout, entry, arena, values, &row_key, err));
	for (size_t i = 0; i < layout->partition_count; i++)
		add_member(members, count, layout->partition[i].name, &values[i], arena);
	for (size_t i = 0; i < layout->sort_count; i++)
		add_member(members, count, layout->sort[i].name,
			&values[layout->partition_count + i], arena);
	return 0;
}

int last_key_of(const struct table_description *table, const struct index_description *index,
	struct slice row_key, struct slice entry, struct arena *arena, const struct map **ret,
	struct error *err)
{
	struct member *members =
		arena_alloc_array(arena, 2 + 2 * KEY_ATTRIBUTES_MAX, sizeof(*members));
	struct map *map = arena_alloc(arena, sizeof(*map));
	struct key key;
	size_t count = 0;

	TRY(key_decode(&table->key, row_key, arena, &key, err));
	add_member(members, &count, table->key.partition.name, &key.partition, arena);
	if (key_schema_has_sort(&table->key))
		add_member(members, &count, table->key.sort.name, &key.sort, arena);
	if (index)
		TRY(add_index_key(&index->key, entry, arena, members, &count, err));
	*map = (struct map){ members, count };
	*ret = map;
	return 0;
}
