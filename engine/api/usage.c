#include "api/usage.h"

/* An array of count elements with room for one more; the one that it outgrows
 * stays in the arena. It doubles, so that many cost little. */
static void *grown(struct arena *arena, void *array, size_t count, size_t size)
{
	void *larger;

	if (count && count & (count - 1))
		return array;
	larger = arena_alloc_array(arena, count ? 2 * count : 1, size);
	if (count)
		memcpy(larger, array, count * size);
	return larger;
}

struct call_table *usage_table(struct usage *usage, const struct table *table)
{
	const struct table_description *description = table_description(table);

	for (size_t i = 0; i < usage->count; i++) {
		if (slice_equal(usage->tables[i].id, description->id))
			return &usage->tables[i];
	}
	usage->tables = grown(usage->arena, usage->tables, usage->count, sizeof(*usage->tables));
	usage->tables[usage->count] = (struct call_table){
		.name = arena_copy(usage->arena, description->name),
		.id = arena_copy(usage->arena, description->id),
	};
	return &usage->tables[usage->count++];
}

struct call_index *usage_index(
	struct usage *usage, struct call_table *table, struct slice name, bool local)
{
	for (size_t i = 0; i < table->index_count; i++) {
		if (slice_equal(table->indexes[i].name, name))
			return &table->indexes[i];
	}
	table->indexes =
		grown(usage->arena, table->indexes, table->index_count, sizeof(*table->indexes));
	table->indexes[table->index_count] = (struct call_index){
		.name = arena_copy(usage->arena, name),
		.local = local,
	};
	return &table->indexes[table->index_count++];
}

struct call_key *usage_add_key(struct usage *usage, struct call_table *table)
{
	table->keys = grown(usage->arena, table->keys, table->key_count, sizeof(*table->keys));
	table->keys[table->key_count] = (struct call_key){ 0 };
	return &table->keys[table->key_count++];
}

void usage_clear(struct usage *usage)
{
	usage->tables = NULL;
	usage->count = 0;
}
