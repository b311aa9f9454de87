/*
 * Capacity that a request consumed, for ReturnConsumedCapacity. Source: Developer
 * Guide, "Read and write operations" and "Capacity unit consumption".
 *
 * Writes: ceil(max(size before, size after) / 1024), at least 1, for the table;
 * for each index a change of its own projected view: a put or a delete each
 * ceil(size / 1024), a move of the key both. Reads: ceil(bytes / 4096), half
 * unless consistent, at least one unit's worth for a single item. Transactions
 * count double on the table's arm.
 */
#pragma once

#include "api/request.h"
#include "store/table.h"
#include "store/write.h"

/* Sums of one table in one request. */
struct capacity_sum {
	struct slice table_name;
	double read, write; /* of the table itself */
	struct capacity_index *indexes; /* those touched, in the arena */
	size_t index_count;
};

struct capacity_index {
	struct slice name;
	bool local;
	double read, write;
};

/* Whether ReturnConsumedCapacity asks for it. */
bool capacity_wanted(struct slice return_consumed_capacity);
double capacity_read_units(uint64_t bytes, bool consistent);
double capacity_write_units(uint64_t bytes);

void capacity_add_read(struct capacity_sum *sum, double units);
void capacity_add_index_read(struct capacity_sum *sum, struct slice index, bool local, double units,
	struct arena *arena);
/* factor: 1, or 2 in a transaction. */
void capacity_add_write(struct capacity_sum *sum, const struct write_result *result,
	uint32_t new_size, unsigned factor, struct arena *arena);

/* ConsumedCapacity as asked for: NULL for NONE; TOTAL; INDEXES with its arms.
 * Transactions tell read and write units apart (both), other operations do not. */
const struct consumed_capacity *capacity_answer(const struct capacity_sum *sum,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena);

/* ItemCollectionMetrics, if asked for with SIZE and the table has local indexes;
 * else NULL. key: the item's primary key. The range is a true one for every
 * collection of the table: what the whole table takes, in whole gigabytes. */
const struct item_collection_metrics *collection_answer(struct table *table, const struct map *key,
	struct slice return_item_collection_metrics, struct arena *arena);
