#include "api/table_set.h"

#include "api/shapes.h"
#include "base/memory.h"

void table_set_release(struct table_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		table_unref(set->uses[i].table);
	free(set->uses);
}

int table_set_hold(struct engine *engine, struct table_set *set, struct slice name, size_t *ret,
	struct error *err)
{
	struct table *table;

	if (!known_name.matches(name))
		return error_set(err, ERROR_VALIDATION,
			"1 validation error detected: Value '%.*s' at 'tableName' failed to "
			"satisfy constraint: Member must satisfy regular expression pattern: %s",
			SLICE_ARG(name), known_name.text);
	for (size_t i = set->count; i-- > 0;) {
		if (slice_equal(table_description(set->uses[i].table)->name, name)) {
			*ret = i;
			return 0;
		}
	}
	TRY(engine_find_table(engine, name, &table, err));
	set->uses = memory_resize(set->uses, (set->count + 1) * sizeof(*set->uses));
	set->uses[set->count] = (struct table_use){
		.table = table,
		.capacity.table_name = table_description(table)->name,
	};
	*ret = set->count++;
	return 0;
}

static bool has_local_index(const struct table *table)
{
	const struct table_description *description = table_description(table);

	for (size_t i = 0; i < description->index_count; i++) {
		if (description->indexes[i].kind == INDEX_LOCAL)
			return true;
	}
	return false;
}

/* Collections here are far below the first gigabyte, as those of the service
 * mostly are. */
static const double size_estimate[] = { 0, 1 };

const struct item_collection_metrics *item_collection_of(
	const struct table *table, const struct map *key, struct arena *arena)
{
	const struct table_description *description = table_description(table);
	struct item_collection_metrics *metrics;
	struct member *member;
	struct map *collection;

	if (!has_local_index(table))
		return NULL;
	metrics = arena_alloc_zero(arena, sizeof(*metrics));
	collection = arena_alloc_zero(arena, sizeof(*collection));
	member = arena_alloc_zero(arena, sizeof(*member));
	member->name = arena_copy(arena, description->key.partition.name);
	member->value = *map_find(key, description->key.partition.name);
	*collection = (struct map){ member, 1 };
	metrics->item_collection_key = collection;
	metrics->size_estimate_range_gb =
		(struct request_list){ true, ARRAY_SIZE(size_estimate), size_estimate };
	return metrics;
}

void table_use_add_collection(struct table_use *use, const struct map *key, struct arena *arena)
{
	const struct item_collection_metrics *metrics = item_collection_of(use->table, key, arena);
	struct item_collection_metrics *grown;

	if (!metrics)
		return;
	for (size_t i = 0; i < use->collection_count; i++) {
		if (map_equal(
			    use->collections[i].item_collection_key, metrics->item_collection_key))
			return;
	}
	grown = arena_alloc_array(arena, use->collection_count + 1, sizeof(*grown));
	if (use->collection_count)
		memcpy(grown, use->collections, use->collection_count * sizeof(*grown));
	grown[use->collection_count++] = *metrics;
	use->collections = grown;
}

struct request_list table_set_capacity(const struct table_set *set,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena)
{
	struct consumed_capacity *items = arena_alloc_array(arena, set->count, sizeof(*items));

	if (!capacity_wanted(return_consumed_capacity))
		return (struct request_list){ 0 };
	for (size_t i = 0; i < set->count; i++) {
		items[i] = *capacity_answer(
			&set->uses[i].capacity, return_consumed_capacity, transacted, arena);
		items[i].table_name = arena_copy(arena, items[i].table_name);
	}
	return (struct request_list){ true, set->count, items };
}

struct request_list table_set_collections(
	const struct table_set *set, struct slice return_metrics, struct arena *arena)
{
	struct named_list *items = arena_alloc_array(arena, set->count, sizeof(*items));
	size_t count = 0;

	if (!slice_equal_string(return_metrics, "SIZE"))
		return (struct request_list){ 0 };
	for (size_t i = 0; i < set->count; i++) {
		const struct table_use *use = &set->uses[i];

		if (use->collection_count)
			items[count++] = (struct named_list){
				.name = arena_copy(arena, use->capacity.table_name),
				.list = { true, use->collection_count, use->collections },
			};
	}
	return (struct request_list){ count > 0, count, items };
}
