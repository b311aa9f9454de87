#include "api/capacity.h"

#define READ_UNIT_BYTES  4096
#define WRITE_UNIT_BYTES 1024
#define GIGABYTE         (1024.0 * 1024 * 1024)

bool capacity_wanted(struct slice return_consumed_capacity)
{
	int wanted = enum_index(return_capacity_names, return_consumed_capacity);

	return wanted == RETURN_CAPACITY_INDEXES || wanted == RETURN_CAPACITY_TOTAL;
}

static uint64_t units(uint64_t bytes, uint64_t unit)
{
	return bytes ? (bytes + unit - 1) / unit : 1;
}

double capacity_read_units(uint64_t bytes, bool consistent)
{
	return (double)units(bytes, READ_UNIT_BYTES) * (consistent ? 1 : 0.5);
}

double capacity_write_units(uint64_t bytes)
{
	return (double)units(bytes, WRITE_UNIT_BYTES);
}

void capacity_add_read(struct capacity_sum *sum, double read_units)
{
	sum->read += read_units;
}

/* The index's part of the sum. The array that it outgrows stays in the arena. */
static struct capacity_index *find_index(
	struct capacity_sum *sum, struct slice name, bool local, struct arena *arena)
{
	struct capacity_index *indexes;

	for (size_t i = 0; i < sum->index_count; i++) {
		if (slice_equal(sum->indexes[i].name, name))
			return &sum->indexes[i];
	}
	indexes = arena_alloc_array(arena, sum->index_count + 1, sizeof(*indexes));
	if (sum->index_count)
		memcpy(indexes, sum->indexes, sum->index_count * sizeof(*indexes));
	sum->indexes = indexes;
	indexes[sum->index_count] = (struct capacity_index){ .name = name, .local = local };
	return &indexes[sum->index_count++];
}

void capacity_add_index_read(struct capacity_sum *sum, struct slice index, bool local,
	double read_units, struct arena *arena)
{
	find_index(sum, index, local, arena)->read += read_units;
}

static double index_write_units(const struct index_write *write)
{
	double before = write->old_size ? capacity_write_units(write->old_size) : 0;
	double after = write->new_size ? capacity_write_units(write->new_size) : 0;

	if (write->moved)
		return before + after;
	return before > after ? before : after;
}

void capacity_add_write(struct capacity_sum *sum, const struct write_result *result,
	uint32_t new_size, unsigned factor, struct arena *arena)
{
	uint32_t bytes = new_size > result->old_size ? new_size : result->old_size;

	sum->write += capacity_write_units(bytes) * factor;
	for (size_t i = 0; i < result->index_count; i++) {
		const struct index_write *write = &result->indexes[i];

		if (write->changed)
			find_index(sum, write->name, write->local, arena)->write +=
				index_write_units(write);
	}
}

static struct capacity arm(struct slice index_name, double read, double write, bool transacted)
{
	return (struct capacity){
		.index_name = index_name,
		.read_capacity_units = { transacted && read > 0, read },
		.write_capacity_units = { transacted && write > 0, write },
		.capacity_units = { true, read + write },
	};
}

/* The arms of the global or of the local indexes; absent when there are none. */
static struct request_list index_arms(
	const struct capacity_sum *sum, bool local, bool transacted, struct arena *arena)
{
	struct capacity *arms = arena_alloc_array(arena, sum->index_count, sizeof(*arms));
	size_t count = 0;

	for (size_t i = 0; i < sum->index_count; i++) {
		const struct capacity_index *index = &sum->indexes[i];

		if (index->local == local)
			arms[count++] = arm(arena_copy(arena, index->name), index->read,
				index->write, transacted);
	}
	return (struct request_list){ count > 0, count, arms };
}

const struct consumed_capacity *capacity_answer(const struct capacity_sum *sum,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena)
{
	struct consumed_capacity *answer;
	double read = sum->read, write = sum->write;
	struct capacity *table;

	if (!capacity_wanted(return_consumed_capacity))
		return NULL;
	for (size_t i = 0; i < sum->index_count; i++) {
		read += sum->indexes[i].read;
		write += sum->indexes[i].write;
	}
	answer = arena_alloc_zero(arena, sizeof(*answer));
	answer->table_name = arena_copy(arena, sum->table_name);
	answer->capacity_units = (struct optional_double){ true, read + write };
	answer->read_capacity_units = (struct optional_double){ transacted && read > 0, read };
	answer->write_capacity_units = (struct optional_double){ transacted && write > 0, write };
	if (enum_index(return_capacity_names, return_consumed_capacity) != RETURN_CAPACITY_INDEXES)
		return answer;
	table = arena_alloc(arena, sizeof(*table));
	*table = arm((struct slice){ NULL, 0 }, sum->read, sum->write, transacted);
	answer->table = table;
	answer->local_secondary_indexes = index_arms(sum, true, transacted, arena);
	answer->global_secondary_indexes = index_arms(sum, false, transacted, arena);
	return answer;
}

/* With its local indexes, which hold no more than the items themselves. */
static double table_gigabytes(struct table *table, size_t local_indexes)
{
	struct table_counts counts;
	double gigabytes;

	table_counts(table, &counts);
	gigabytes = (double)counts.bytes * (double)(1 + local_indexes) / GIGABYTE;
	return (double)((int64_t)gigabytes + 1);
}

static size_t count_local_indexes(const struct table_description *table)
{
	size_t count = 0;

	for (size_t i = 0; i < table->index_count; i++)
		count += table->indexes[i].kind == INDEX_LOCAL;
	return count;
}

const struct item_collection_metrics *collection_answer(struct table *table, const struct map *key,
	struct slice return_item_collection_metrics, struct arena *arena)
{
	const struct table_description *description = table_description(table);
	struct slice partition = description->key.partition.name;
	size_t local_indexes = count_local_indexes(description);
	struct item_collection_metrics *metrics;
	struct member *member;
	struct map *collection;
	double *range;

	if (!local_indexes || !slice_equal_string(return_item_collection_metrics, "SIZE"))
		return NULL;
	member = arena_alloc(arena, sizeof(*member));
	*member = (struct member){ arena_copy(arena, partition), *map_find(key, partition) };
	collection = arena_alloc(arena, sizeof(*collection));
	*collection = (struct map){ member, 1 };
	range = arena_alloc_array(arena, 2, sizeof(*range));
	range[1] = table_gigabytes(table, local_indexes);
	metrics = arena_alloc(arena, sizeof(*metrics));
	*metrics = (struct item_collection_metrics){ collection, { true, 2, range } };
	return metrics;
}
