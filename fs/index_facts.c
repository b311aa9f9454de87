#include "index_facts.h"

#include "api/table_layout.h"
#include "item_link.h"

static int compare_names(const void *left, const void *right)
{
	const struct index_facts *a = left, *b = right;

	return slice_compare(a->name, b->name);
}

int index_list(struct filesystem *fs, const struct mount_table *table, struct arena *arena,
	struct index_facts **ret, size_t *ret_count, struct error *err)
{
	const struct local_index_facts *local;
	const struct global_index_facts *global;
	const struct table_facts *facts;
	struct index_facts *list;
	size_t locals, count = 0;

	TRY(item_link_describe(fs, table, arena, &facts, err));
	local = facts->local_secondary_indexes.items;
	global = facts->global_secondary_indexes.items;
	locals = facts->local_secondary_indexes.count;
	list = arena_alloc_array(
		arena, locals + facts->global_secondary_indexes.count, sizeof(*list));
	for (size_t i = 0; i < locals; i++)
		list[count++] = (struct index_facts){ local[i].index_name,
			table_layout(facts, &local[i].key_schema) };
	for (size_t i = 0; i < facts->global_secondary_indexes.count; i++)
		list[count++] = (struct index_facts){ global[i].index_name,
			table_layout(facts, &global[i].key_schema) };
	qsort(list, count, sizeof(*list), compare_names);
	*ret = list;
	*ret_count = count;
	return 0;
}

static int no_such_index(const struct mount_table *table, const struct index_facts *list,
	size_t count, struct slice name, struct error *err)
{
	struct buf names CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < count; i++) {
		buf_append_string(&names, i ? ", " : ": it has ");
		buf_append_slice(&names, list[i].name);
	}
	return error_set(err, ERROR_INDEX_NOT_FOUND, "the table %.*s has no index %.*s%s",
		SLICE_ARG(table->name), SLICE_ARG(name), buf_string(&names));
}

int index_find(struct filesystem *fs, const struct mount_table *table, struct slice name,
	struct arena *arena, struct index_facts *ret, struct error *err)
{
	struct buf own CLEANUP(buf_release) = BUF_INIT;
	struct index_facts *list;
	size_t count;

	TRY(index_list(fs, table, arena, &list, &count, err));
	for (size_t i = 0; i < count; i++) {
		buf_clear(&own);
		index_append_name(&own, list[i].name);
		if (!slice_equal(buf_slice(&own), name))
			continue;
		*ret = list[i];
		return 0;
	}
	return no_such_index(table, list, count, name, err);
}

void index_append_name(struct buf *buf, struct slice index_name)
{
	struct value value = { .type = VALUE_S, .bytes = index_name };

	name_encode(&value, NAME_PARTITION, buf);
}
