#include "api/usage.h"

#include "api/capacity.h"
#include "model/item.h"
#include "store/stream.h"

void usage_release(struct usage *usage)
{
	arena_release(&usage->arena);
}

void usage_clear(struct usage *usage)
{
	arena_release(&usage->arena);
	*usage = USAGE_INIT;
}

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
	usage->tables = grown(&usage->arena, usage->tables, usage->count, sizeof(*usage->tables));
	usage->tables[usage->count] = (struct call_table){
		.name = arena_copy(&usage->arena, description->name),
		.id = arena_copy(&usage->arena, description->id),
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
		grown(&usage->arena, table->indexes, table->index_count, sizeof(*table->indexes));
	table->indexes[table->index_count] = (struct call_index){
		.name = arena_copy(&usage->arena, name),
		.local = local,
	};
	return &table->indexes[table->index_count++];
}

struct call_key *usage_add_key(struct usage *usage, struct call_table *table)
{
	table->keys = grown(&usage->arena, table->keys, table->key_count, sizeof(*table->keys));
	table->keys[table->key_count] = (struct call_key){ 0 };
	return &table->keys[table->key_count++];
}

/* The key of an item, with what it cost its table. */
static struct call_key *add_item(struct usage *usage, struct call_table *part,
	const struct table *table, const struct map *map, struct call_units units)
{
	const struct key_schema *schema = &table_description(table)->key;
	struct call_key *key = usage_add_key(usage, part);

	part->units.read += units.read;
	part->units.write += units.write;
	*key = (struct call_key){
		.partition = map_find(map, schema->partition.name),
		.sort = key_schema_has_sort(schema) ? map_find(map, schema->sort.name) : NULL,
		.units = units,
	};
	return key;
}

/* Of a transaction each item is read or written twice: to prepare, to commit. */
static unsigned factor(enum usage_kind kind)
{
	return kind == USAGE_TRANSACTED ? 2 : 1;
}

void usage_add_read(struct usage *usage, const struct table *table, const struct map *key,
	uint64_t bytes, bool consistent, enum usage_kind kind)
{
	double units = capacity_read_units(bytes, consistent || kind == USAGE_TRANSACTED);

	add_item(usage, usage_table(usage, table), table, key,
		(struct call_units){ .read = factor(kind) * units });
}

void usage_add_write(struct usage *usage, const struct table *table, const struct map *key,
	const struct write_result *result, enum usage_kind kind)
{
	uint32_t old = result->old_size, new = result->meta.item_size;
	struct call_table *part = usage_table(usage, table);

	add_item(usage, part, table, key,
		(struct call_units){
			.write = factor(kind) * capacity_write_units(old > new ? old : new) });
	for (size_t i = 0; i < result->index_count; i++) {
		const struct index_write *write = &result->indexes[i];

		if (write->changed)
			usage_index(usage, part, write->name, write->local)->units.write +=
				capacity_index_write_units(write);
	}
}

void usage_add_unwritten(struct usage *usage, const struct table *table, const struct map *key,
	const struct write_result *result, const struct map *item)
{
	size_t old = result->old_size, new = item ? item_size(item) : 0;

	add_item(usage, usage_table(usage, table), table, key,
		(struct call_units){ .write = capacity_write_units(old > new ? old : new) });
}

void usage_add_page(struct usage *usage, const struct usage_page *page)
{
	struct call_table *part = usage_table(usage, page->table);
	double table_units = page->index ? page->fetched_units : page->units;

	part->units.read += table_units;
	part->returned_items += (unsigned)page->returned_items;
	part->returned_bytes += page->returned_bytes;
	if (page->index)
		usage_index(usage, part, page->index->name, page->index->kind == INDEX_LOCAL)
			->units.read += page->units;
	if (page->partition)
		*usage_add_key(usage, part) = (struct call_key){
			.partition = page->partition,
			.units.read = page->index ? page->units + table_units : table_units,
		};
}

bool usage_is_condition(enum error_class class)
{
	static const bool conditions[ERROR_CLASS_COUNT] = {
		[ERROR_CONDITION_FAILED] = true,
		[ERROR_ITEM_EXISTS] = true,
		[ERROR_ITEM_CHANGED] = true,
		[ERROR_DUPLICATE_ITEM] = true,
	};

	return conditions[class];
}

void usage_note_failure(struct usage *usage, const struct table *table, enum error_class class)
{
	struct call_table *part = usage_table(usage, table);

	part->failed_conditions += usage_is_condition(class);
	part->conflicts += class == ERROR_CONFLICT;
}

void usage_add_records(struct usage *usage, const struct stream_description *stream, size_t count,
	uint64_t bytes)
{
	usage->tables = grown(&usage->arena, usage->tables, usage->count, sizeof(*usage->tables));
	usage->tables[usage->count++] = (struct call_table){
		.name = arena_copy(&usage->arena, stream->table_name),
		.id = arena_copy(&usage->arena, stream->table_id),
		.stream_label = arena_copy(&usage->arena, stream->label),
		.returned_records = (unsigned)count,
		.returned_bytes = bytes,
	};
}
