/*
 * What a request used: gathered by its operation as it goes, told to the
 * monitors when it ends (monitor/call.h), and answered as ConsumedCapacity
 * (capacity.h).
 *
 * engine_run() gives each request an empty one. An operation asks usage_table()
 * for the part of a table that it works on, and adds to it.
 */
#pragma once

#include "base/arena.h"
#include "monitor/call.h"
#include "store/table.h"

struct usage {
	struct arena *arena; /* of the request */
	struct call_table *tables;
	size_t count;
};

/* The part of a table, made if it is new. Valid until the next table joins. */
struct call_table *usage_table(struct usage *usage, const struct table *table);
/* The part of an index of it. Valid until the next index joins. */
struct call_index *usage_index(
	struct usage *usage, struct call_table *table, struct slice name, bool local);
/* A key of it, for the caller to fill. Valid until the next key joins. */
struct call_key *usage_add_key(struct usage *usage, struct call_table *table);
/* Forgets what was gathered, when a transaction's body runs again. */
void usage_clear(struct usage *usage);
