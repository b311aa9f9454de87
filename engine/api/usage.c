#include "api/usage.h"

#include "api/capacity.h"
#include "api/operations.h"
#include "base/clock.h"
#include "model/item.h"
#include "store/stream.h"

void usage_release(struct usage *usage)
{
	arena_release(&usage->arena);
}

void usage_clear(struct usage *usage)
{
	const struct engine *engine = usage->engine;

	arena_release(&usage->arena);
	*usage = USAGE_INIT;
	usage->engine = engine;
}

static struct throttle *throttle_of(const struct usage *usage)
{
	return usage->engine ? monitor_throttle(usage->engine->monitor) : NULL;
}

static bool enforces(const struct usage *usage)
{
	return usage->engine && throttle_enforces(throttle_of(usage));
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

static void undo_table(struct call_table *table)
{
	size_t kept = 0;

	for (size_t i = 0; i < table->key_count; i++) {
		table->keys[i].units = (struct call_units){ 0 };
		if (table->keys[i].throttles.read || table->keys[i].throttles.write)
			table->keys[kept++] = table->keys[i];
	}
	table->key_count = kept;
	table->units = (struct call_units){ 0 };
	for (size_t i = 0; i < table->index_count; i++)
		table->indexes[i].units = (struct call_units){ 0 };
}

/* What was only observed is found again when it is told anew. */
void usage_undo(struct usage *usage)
{
	if (!enforces(usage)) {
		usage_clear(usage);
		return;
	}
	for (size_t i = 0; i < usage->count; i++)
		undo_table(&usage->tables[i]);
}

/* Throughput. */

static double of_side(struct call_units units, enum throttle_side side)
{
	return side == THROTTLE_READ ? units.read : units.write;
}

static double taken(struct call_units units, struct call_units spared, enum throttle_side side)
{
	return of_side(units, side) - of_side(spared, side);
}

/* Of the bucket that is asked for: a table's has its local indexes in it. */
static double pending(const struct call_table *table, const struct index_description *index,
	enum throttle_side side)
{
	double sum = index ? 0 : taken(table->units, table->spared, side);

	for (size_t i = 0; i < table->index_count; i++) {
		const struct call_index *used = &table->indexes[i];

		if (index ? slice_equal(used->name, index->name) : used->local)
			sum += taken(used->units, used->spared, side);
	}
	return sum;
}

int64_t usage_wait_ns(const struct usage *usage, const struct table *table,
	const struct index_description *index, enum throttle_side side, enum usage_kind kind)
{
	const struct table_description *description = table_description(table);
	double used = 0;

	if (!usage->engine || throttle_rate(description, index, side) == 0)
		return 0;
	for (size_t i = 0; kind == USAGE_SINGLE && i < usage->count; i++) {
		if (slice_equal(usage->tables[i].id, description->id))
			used = pending(&usage->tables[i], index, side);
	}
	return throttle_wait_ns(
		throttle_of(usage), description, index, side, used, clock_monotonic_ns());
}

static void count_throttle(struct call_throttles *throttles, enum throttle_side side)
{
	throttles->read += side == THROTTLE_READ;
	throttles->write += side == THROTTLE_WRITE;
}

static struct call_key *add_key(struct usage *usage, struct call_table *part,
	const struct table *table, const struct map *map)
{
	const struct key_schema *schema = &table_description(table)->key;
	struct call_key *key = usage_add_key(usage, part);

	key->partition = map_find(map, schema->partition.name);
	key->sort = key_schema_has_sort(schema) ? map_find(map, schema->sort.name) : NULL;
	return key;
}

void usage_note_throttle(struct usage *usage, const struct table *table,
	const struct index_description *index, enum throttle_side side, const struct map *key)
{
	struct call_table *part = usage_table(usage, table);

	if (index)
		count_throttle(&usage_index(usage, part, index->name, false)->throttles, side);
	else
		count_throttle(&part->throttles, side);
	if (key)
		count_throttle(&add_key(usage, part, table, key)->throttles, side);
}

/* Whether the service would have refused, where that is only observed. */
static bool is_behind(const struct usage *usage, const struct table *table,
	const struct index_description *index, enum throttle_side side, enum usage_kind kind)
{
	return !enforces(usage) && usage_wait_ns(usage, table, index, side, kind) > 0;
}

/* Uses. */

static void add_units(struct call_units *sum, struct call_units units)
{
	sum->read += units.read;
	sum->write += units.write;
}

/* Of a transaction each item is read or written twice: to prepare, to commit. */
static unsigned factor(enum usage_kind kind)
{
	return kind == USAGE_TRANSACTED ? 2 : 1;
}

/* The table's own part of an access to an item. behind: with its indexes. */
static void add_item(struct usage *usage, const struct table *table, const struct map *map,
	enum throttle_side side, struct call_units units, bool table_behind, bool behind)
{
	struct call_table *part = usage_table(usage, table);
	struct call_key *key = add_key(usage, part, table, map);

	key->units = units;
	add_units(&part->units, units);
	if (behind) {
		add_units(&part->spared, units);
		count_throttle(&key->throttles, side);
	}
	if (table_behind)
		count_throttle(&part->throttles, side);
}

void usage_add_read(struct usage *usage, const struct table *table, const struct map *key,
	uint64_t bytes, bool consistent, enum usage_kind kind)
{
	double units = capacity_read_units(bytes, consistent || kind == USAGE_TRANSACTED);
	bool behind = is_behind(usage, table, NULL, THROTTLE_READ, kind);

	add_item(usage, table, key, THROTTLE_READ,
		(struct call_units){ .read = factor(kind) * units }, behind, behind);
}

/* Notes each global index that is behind: whether any is. */
static bool note_indexes_behind(struct usage *usage, const struct table *table,
	const struct write_result *result, enum usage_kind kind)
{
	bool any = false;

	for (size_t i = 0; i < result->index_count; i++) {
		const struct index_write *write = &result->indexes[i];
		const struct index_description *index = table_find_index(table, write->name);

		if (!write->changed || write->local || !index ||
			!is_behind(usage, table, index, THROTTLE_WRITE, kind))
			continue;
		usage_note_throttle(usage, table, index, THROTTLE_WRITE, NULL);
		any = true;
	}
	return any;
}

static void add_partition(struct usage *usage, struct call_index *index, struct slice bytes,
	struct call_units units, struct call_throttles throttles)
{
	if (!slice_present(bytes))
		return;
	index->partitions = grown(&usage->arena, index->partitions, index->partition_count,
		sizeof(*index->partitions));
	index->partitions[index->partition_count++] =
		(struct call_partition){ arena_copy(&usage->arena, bytes), units, throttles };
}

static void add_index_writes(struct usage *usage, struct call_table *part,
	const struct write_result *result, bool behind)
{
	for (size_t i = 0; i < result->index_count; i++) {
		const struct index_write *write = &result->indexes[i];
		const struct call_units units = { .write = capacity_index_write_units(write) };
		struct call_index *index;

		if (!write->changed)
			continue;
		index = usage_index(usage, part, write->name, write->local);
		add_units(&index->units, units);
		if (behind)
			add_units(&index->spared, units);
		add_partition(usage, index, write->partition, units,
			(struct call_throttles){ .write = behind });
	}
}

void usage_add_write(struct usage *usage, const struct table *table, const struct map *key,
	const struct write_result *result, enum usage_kind kind)
{
	uint32_t old = result->old_size, new = result->meta.item_size;
	const struct call_units units = {
		.write = factor(kind) * capacity_write_units(old > new ? old : new),
	};
	bool table_behind = is_behind(usage, table, NULL, THROTTLE_WRITE, kind);
	bool behind = note_indexes_behind(usage, table, result, kind) || table_behind;

	add_item(usage, table, key, THROTTLE_WRITE, units, table_behind, behind);
	if (result->index_count)
		add_index_writes(usage, usage_table(usage, table), result, behind);
}

void usage_add_unwritten(struct usage *usage, const struct table *table, const struct map *key,
	const struct write_result *result, const struct map *item)
{
	size_t old = result->old_size, new = item ? item_size(item) : 0;
	bool behind = is_behind(usage, table, NULL, THROTTLE_WRITE, USAGE_SINGLE);

	add_item(usage, table, key, THROTTLE_WRITE,
		(struct call_units){ .write = capacity_write_units(old > new ? old : new) }, behind,
		behind);
}

/* The index's own part of a page. */
static void add_index_read(
	struct usage *usage, struct call_table *part, const struct usage_page *page, bool behind)
{
	bool local = page->index->kind == INDEX_LOCAL;
	struct call_index *index = usage_index(usage, part, page->index->name, local);
	double units = page->units;

	index->units.read += units;
	add_partition(usage, index, page->index_partition, (struct call_units){ .read = units },
		(struct call_throttles){ .read = behind });
	if (!behind)
		return;
	index->spared.read += units;
	index->throttles.read += !local;
}

void usage_add_page(struct usage *usage, const struct usage_page *page)
{
	const struct index_description *global =
		page->index && page->index->kind == INDEX_GLOBAL ? page->index : NULL;
	bool behind = is_behind(usage, page->table, global, THROTTLE_READ, USAGE_SINGLE);
	struct call_table *part = usage_table(usage, page->table);
	const struct call_units own = { .read = page->index ? page->fetched_units : page->units };

	part->returned_items += (unsigned)page->returned_items;
	part->returned_bytes += page->returned_bytes;
	add_units(&part->units, own);
	if (behind) {
		add_units(&part->spared, own);
		part->throttles.read += !global;
	}
	if (page->index)
		add_index_read(usage, part, page, behind);
	if (page->partition)
		*usage_add_key(usage, part) = (struct call_key){
			.partition = page->partition,
			.units.read = page->index ? page->units + own.read : own.read,
			.throttles.read = behind,
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

void usage_add_records(
	struct usage *usage, const struct stream_description *stream, size_t count, uint64_t bytes)
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
