/*
 * The tables of an open store, by name: all of the catalogue is in memory,
 * files are opened when a table is first asked for.
 */
#pragma once

#include "store/table.h"

/* References to all tables, to be released with table_array_release(). */
struct table_array {
	struct table **tables;
	size_t count;
};

/* Fills the cache from the catalogue, and removes files of tables and indexes
 * that are not in it: what is left of deletions when the process ended. */
int table_cache_load(struct store *store, struct error *err) NODISCARD;
void table_cache_release(struct store *store);
bool table_cache_has(struct store *store, struct slice name);
/* Steals the reference. The name must not be there. */
void table_cache_add(struct store *store, struct table *table);
/* Puts a version in the place of an older one, whose reference it drops, and
 * steals the reference of the new one. */
void table_cache_replace(struct store *store, struct table *old, struct table *next);
/* Drops the cache's reference. */
void table_cache_remove(struct store *store, struct table *table);
void table_cache_all(struct store *store, struct table_array *ret);
void table_array_release(struct table_array *array);
