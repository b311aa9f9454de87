/*
 * Capacity units, and the answer to ReturnConsumedCapacity: what the request's
 * usage has of a table (usage.h). Source: Developer Guide, "Read and write
 * operations" and "Capacity unit consumption".
 *
 * Writes: ceil(max(size before, size after) / 1024), at least 1, for the table;
 * for each index a change of its own projected view: a put or a delete each
 * ceil(size / 1024), a move of the key both. Reads: ceil(bytes / 4096), half
 * unless consistent, at least one unit's worth for a single item. Transactions
 * count double on the table's arm. A write whose condition failed costs the
 * table what it would have cost, its indexes nothing; one of a transaction that
 * was cancelled the same, since it was prepared and not committed.
 */
#pragma once

#include "api/request.h"
#include "api/usage.h"

/* Whether ReturnConsumedCapacity asks for it. */
bool capacity_wanted(struct slice return_consumed_capacity);
double capacity_read_units(uint64_t bytes, bool consistent);
double capacity_write_units(uint64_t bytes);

/* Of an index that a write changed. */
double capacity_index_write_units(const struct index_write *write);

/* ConsumedCapacity as asked for: NULL for NONE; TOTAL; INDEXES with its arms.
 * Transactions tell read and write units apart (both), other operations do not. */
const struct consumed_capacity *capacity_answer(const struct call_table *used,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena);

/* ItemCollectionMetrics, if asked for with SIZE and the table has local indexes;
 * else NULL. key: the item's primary key. The range is a true one for every
 * collection of the table: what the whole table takes, in whole gigabytes. */
const struct item_collection_metrics *collection_answer(struct table *table, const struct map *key,
	struct slice return_item_collection_metrics, struct arena *arena);
