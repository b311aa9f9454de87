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

double capacity_index_write_units(const struct index_write *write)
{
	double before = write->old_size ? capacity_write_units(write->old_size) : 0;
	double after = write->new_size ? capacity_write_units(write->new_size) : 0;

	if (write->moved)
		return before + after;
	return before > after ? before : after;
}

static struct capacity arm(struct slice index_name, struct call_units units, bool transacted)
{
	return (struct capacity){
		.index_name = index_name,
		.read_capacity_units = { transacted && units.read > 0, units.read },
		.write_capacity_units = { transacted && units.write > 0, units.write },
		.capacity_units = { true, units.read + units.write },
	};
}

/* The arms of the global or of the local indexes; absent when there are none. */
static struct request_list index_arms(
	const struct call_table *used, bool local, bool transacted, struct arena *arena)
{
	struct capacity *arms = arena_alloc_array(arena, used->index_count, sizeof(*arms));
	size_t count = 0;

	for (size_t i = 0; i < used->index_count; i++) {
		const struct call_index *index = &used->indexes[i];

		if (index->local == local)
			arms[count++] =
				arm(arena_copy(arena, index->name), index->units, transacted);
	}
	return (struct request_list){ count > 0, count, arms };
}

static struct call_units total(const struct call_table *used)
{
	struct call_units sum = used->units;

	for (size_t i = 0; i < used->index_count; i++) {
		sum.read += used->indexes[i].units.read;
		sum.write += used->indexes[i].units.write;
	}
	return sum;
}

const struct consumed_capacity *capacity_answer(const struct call_table *used,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena)
{
	struct call_units sum = total(used);
	struct consumed_capacity *answer;
	struct capacity *table;

	if (!capacity_wanted(return_consumed_capacity))
		return NULL;
	answer = arena_alloc_zero(arena, sizeof(*answer));
	answer->table_name = arena_copy(arena, used->name);
	answer->capacity_units = (struct optional_double){ true, sum.read + sum.write };
	answer->read_capacity_units =
		(struct optional_double){ transacted && sum.read > 0, sum.read };
	answer->write_capacity_units =
		(struct optional_double){ transacted && sum.write > 0, sum.write };
	if (enum_index(return_capacity_names, return_consumed_capacity) != RETURN_CAPACITY_INDEXES)
		return answer;
	table = arena_alloc(arena, sizeof(*table));
	*table = arm((struct slice){ NULL, 0 }, used->units, transacted);
	answer->table = table;
	answer->local_secondary_indexes = index_arms(used, true, transacted, arena);
	answer->global_secondary_indexes = index_arms(used, false, transacted, arena);
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
