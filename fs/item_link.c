#include "item_link.h"

#include "requests.h"
#include "tables.h"

#define CANDIDATES 64 /* keys looked at in one request for a shortened one */

int item_link_describe(struct filesystem *fs, const struct mount_table *table, struct arena *arena,
	const struct table_facts **ret, struct error *err)
{
	TRY(table_describe(fs, table->name, arena, ret, err));
	if (!slice_equal((*ret)->table_id, table->id))
		return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	return 0;
}

struct item_link item_link_of(const struct key_schema *schema, const struct value *sort_values,
	size_t sort_count, const struct key *key)
{
	struct item_link link = { .key_count = key_schema_has_sort(schema) ? 2 : 1 };

	for (size_t i = 0; i < sort_count; i++)
		link.values[link.count++] = sort_values[i];
	link.values[link.count++] = key->partition;
	if (key_schema_has_sort(schema))
		link.values[link.count++] = key->sort;
	return link;
}

static void append_name(const struct item_link *link, struct buf *name)
{
	joined_name_append_link(link->values, link->count, link->key_count, name);
}

void item_link_add(struct batch *batch, enum node_kind kind, const struct item_link *link,
	struct slice position)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	append_name(link, &name);
	listing_add(batch, kind, arena_copy(&batch->arena, buf_slice(&name)), position);
}

bool item_link_has_name(const struct item_link *link, struct slice name)
{
	struct buf own CLEANUP(buf_release) = BUF_INIT;

	append_name(link, &own);
	return slice_equal(buf_slice(&own), name);
}

/* Finding the key. */

static bool is_of(const struct value *value, const struct joined_part *part)
{
	return slice_starts_with(value->bytes, part->value.bytes) && name_hash(value) == part->hash;
}

static int find_partition(const struct finder *finder, const struct joined_part *part,
	struct value *ret, struct error *err)
{
	struct list_partitions_input input = {
		.table_name = finder->directory->table->name,
		.by_hash = true,
		.hash = part->hash,
		.limit = CANDIDATES,
	};
	struct list_partitions_output output = { .more = true };

	while (output.more) {
		TRY(request_run(finder->fs, OPERATION_LOCAL_LIST_PARTITIONS, &input, &output,
			finder->arena, err));
		for (size_t i = 0; i < output.count; i++) {
			if (!is_of(&output.partitions[i], part))
				continue;
			*ret = output.partitions[i];
			return 0;
		}
		if (output.count)
			input.after = &output.partitions[output.count - 1];
	}
	return REQUEST_ABSENT;
}

static struct key_condition condition(
	struct slice name, enum comparison comparison, const struct value *value)
{
	return (struct key_condition){
		.attribute_name = name,
		.comparison_operator = slice_from_string(comparison_names[comparison]),
		.attribute_value_list = { true, 1, value },
	};
}

static int find_sort_key(const struct finder *finder, const struct value *partition,
	const struct joined_part *part, struct value *ret, struct error *err)
{
	const struct mount_table *table = finder->directory->table;
	const struct key_condition conditions[] = {
		condition(table->schema.partition.name, COMPARISON_EQ, partition),
		condition(table->schema.sort.name, COMPARISON_BEGINS_WITH, &part->value),
	};
	struct query_input input = {
		.table_name = table->name,
		.key_conditions = { true, ARRAY_SIZE(conditions), conditions },
		.limit = { true, CANDIDATES },
		.facts_only = true,
	};

	do {
		struct query_output output = { 0 };

		TRY(request_run(finder->fs, OPERATION_QUERY, &input, &output, finder->arena, err));
		for (size_t i = 0; i < output.items.count; i++) {
			if (!is_of(&output.rows[i].key.sort, part))
				continue;
			*ret = output.rows[i].key.sort;
			return 0;
		}
		input.exclusive_start_key = output.last_evaluated_key;
	} while (input.exclusive_start_key);
	return REQUEST_ABSENT;
}

static int find_key(
	const struct finder *finder, size_t sort_count, struct key *ret, struct error *err)
{
	const struct key_schema *schema = &finder->directory->table->schema;
	bool sorted = key_schema_has_sort(schema);
	struct joined_part parts[2];
	int r = 0;

	if (!joined_name_read_key(
		    finder->name, sort_count + (sorted ? 2 : 1), schema, finder->arena, parts))
		return REQUEST_ABSENT;
	*ret = (struct key){ parts[0].value, sorted ? parts[1].value : parts[0].value };
	if (parts[0].outcome == NAME_HASHED)
		r = find_partition(finder, &parts[0], &ret->partition, err);
	if (r == 0 && sorted && parts[1].outcome == NAME_HASHED)
		r = find_sort_key(finder, &ret->partition, &parts[1], &ret->sort, err);
	return r;
}

int item_link_find_item(const struct finder *finder, size_t sort_count, struct key *ret_key,
	const struct map **ret_item, struct error *err)
{
	int r;

	TRY(r = find_key(finder, sort_count, ret_key, err));
	if (r == REQUEST_ABSENT)
		return r;
	return request_look(
		finder->fs, finder->directory->table, ret_key, finder->arena, ret_item, err);
}

void item_link_identify(const struct finder *finder, enum node_kind kind, const struct key *key,
	struct directory_entry *ret)
{
	const struct key_schema *schema = &finder->directory->table->schema;

	directory_identify(finder, kind, key_encode_new(schema, key, finder->arena), ret);
}

int item_link_append_target(
	struct filesystem *fs, const struct node_view *link, const char *up, struct buf *ret)
{
	const struct key_schema *schema = &link->table->schema;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct key key;

	(void)fs;
	if (key_decode(schema, link->row_key, &arena, &key, &err) < 0)
		return error_to_errno(&err);
	buf_append_string(ret, up);
	if (!key_schema_has_sort(schema)) {
		name_encode(&key.partition, NAME_ITEM, ret);
		return 0;
	}
	name_encode(&key.partition, NAME_PARTITION, ret);
	buf_append_char(ret, '/');
	name_encode(&key.sort, NAME_ITEM, ret);
	return 0;
}
