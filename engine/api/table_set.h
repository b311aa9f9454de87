/*
 * The tables that one request on several is about: each held once, with what it
 * tells of item collections.
 */
#pragma once

#include "api/capacity.h"
#include "api/operations.h"

struct table_use {
	struct table *table;
	struct item_collection_metrics *collections; /* in the arena */
	size_t collection_count;
};

struct table_set {
	struct table_use *uses; /* owned */
	size_t count;
};

void table_set_release(struct table_set *set);
/* Where the table stands in the set, which it joins if it is new:
 * ERROR_TABLE_NOT_FOUND. */
int table_set_hold(struct engine *engine, struct table_set *set, struct slice name, size_t *ret,
	struct error *err) NODISCARD;

/* Adds ItemCollectionMetrics of a key, once for each collection, if the table
 * has local indexes. */
void table_use_add_collection(struct table_use *use, const struct map *key, struct arena *arena);
/* ConsumedCapacity and ItemCollectionMetrics of all; absent where not asked for. */
struct request_list table_set_capacity(const struct table_set *set, struct usage *usage,
	struct slice return_consumed_capacity, bool transacted, struct arena *arena);
struct request_list table_set_collections(
	const struct table_set *set, struct slice return_metrics, struct arena *arena);
