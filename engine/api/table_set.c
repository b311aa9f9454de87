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

	if (!name.len)
		return error_set(err, ERROR_VALIDATION,
			"1 validation error detected: Value '' at 'tableName' failed to satisfy "
			"constraint: Member must have length greater than or equal to 1");
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
	set->uses[set->count] = (struct table_use){ .table = table };
	*ret = set->count++;
	return 0;
}

void table_use_add_collection(struct table_use *use, const struct map *key, struct arena *arena)
{
	const struct item_collection_metrics *metrics =
		collection_answer(use->table, key, SLICE("SIZE"), arena);
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

struct request_list table_set_capacity(const struct table_set *set, struct usage *usage,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena)
{
	struct consumed_capacity *items = arena_alloc_array(arena, set->count, sizeof(*items));

	if (!capacity_wanted(return_consumed_capacity))
		return (struct request_list){ 0 };
	for (size_t i = 0; i < set->count; i++)
		items[i] = *capacity_answer(usage_table(usage, set->uses[i].table),
			return_consumed_capacity, transacted, arena);
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
				.name = arena_copy(arena, table_description(use->table)->name),
				.list = { true, use->collection_count, use->collections },
			};
	}
	return (struct request_list){ count > 0, count, items };
}
