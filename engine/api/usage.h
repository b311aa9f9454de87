/*
 * What a request used: gathered by its operation as it goes, told to the
 * monitors when it ends (monitor/call.h), and answered as ConsumedCapacity
 * (capacity.h).
 *
 * engine_run() gives each request an empty one. Every operation on items fills
 * it, whether or not ReturnConsumedCapacity asks: for each item by
 * usage_add_read() or usage_add_write(), for each page by usage_add_page().
 *
 * Invariants:
 * 1. What is gathered outlives a transaction's body, whose arena is reset when
 *    it runs again; a body that gathers begins with usage_clear().
 * 2. What was rolled back is not counted as written: a transaction that failed
 *    is told anew by usage_add_unwritten().
 * 3. A look at facts alone, as a listing or stat() of the mount takes it, or at an
 *    item to tell whether a name is there, is of metadata and uses nothing.
 * 4. Where throughput is observed, each use is asked for as it is added: what the
 *    service would have refused is counted as throttled, and spared. Where it is
 *    enforced, it was asked for before (admission.h).
 */
#pragma once

#include "base/arena.h"
#include "monitor/throttle.h"
#include "store/table.h"
#include "store/write.h"

struct engine;

struct stream_description;

struct usage {
	const struct engine *engine; /* NULL: nothing is limited */
	struct arena arena; /* its own */
	struct call_table *tables;
	size_t count;
	int64_t wait_ns; /* something was refused: it may be tried again after this time */
};

#define USAGE_INIT ((struct usage){ .arena = ARENA_INIT })

void usage_release(struct usage *usage);
/* Forgets what was gathered, when a transaction's body begins. */
void usage_clear(struct usage *usage);
/* The same after one that failed: what was refused in it stays. */
void usage_undo(struct usage *usage);

/* The part of a table, made if it is new. Valid until the next table joins. */
struct call_table *usage_table(struct usage *usage, const struct table *table);
/* The part of an index of it. Valid until the next index joins. */
struct call_index *usage_index(
	struct usage *usage, struct call_table *table, struct slice name, bool local);
/* A key of it, for the caller to fill. Valid until the next key joins. */
struct call_key *usage_add_key(struct usage *usage, struct call_table *table);

/* How an item is read or written: alone, or as one of a transaction. */
enum usage_kind { USAGE_SINGLE, USAGE_TRANSACTED };

/* A read of one item. key: its map, borrowed until the request ends; bytes: its
 * size, 0 when there was none. A transaction reads consistently. */
void usage_add_read(struct usage *usage, const struct table *table, const struct map *key,
	uint64_t bytes, bool consistent, enum usage_kind kind);
/* A write that was done, with result.indexes; of a check of a transaction too. */
void usage_add_write(struct usage *usage, const struct table *table, const struct map *key,
	const struct write_result *result, enum usage_kind kind);
/* A write that was looked at and not done: its condition failed, or that of
 * another action of its transaction. item: what it would have put; NULL. */
void usage_add_unwritten(struct usage *usage, const struct table *table, const struct map *key,
	const struct write_result *result, const struct map *item);

/* A page of a Query, a Scan or a SELECT. */
struct usage_page {
	const struct table *table;
	const struct index_description *index; /* NULL: the table itself */
	const struct value *partition; /* of the table, when it was one; NULL */
	struct slice index_partition; /* of a global index, when it was one (key_layout.h) */
	double units; /* of what was looked at */
	double fetched_units; /* of the table, for what a local index does not show */
	size_t returned_items;
	uint64_t returned_bytes;
};
void usage_add_page(struct usage *usage, const struct usage_page *page);
/* A read of a stream: of its table, which may be gone. */
void usage_add_records(
	struct usage *usage, const struct stream_description *stream, size_t count, uint64_t bytes);

/* How long until more may be used of the table or the global index (NULL: of the
 * table): 0 when it may now. What the request has used counts as taken, unless it
 * is a transaction, which is admitted as a whole. */
int64_t usage_wait_ns(const struct usage *usage, const struct table *table,
	const struct index_description *index, enum throttle_side side, enum usage_kind kind);
/* Notes that an access was refused. key NULL: not of an item. */
void usage_note_throttle(struct usage *usage, const struct table *table,
	const struct index_description *index, enum throttle_side side, const struct map *key);

/* Counts what an item's failure was of, if it is one that is counted. */
void usage_note_failure(struct usage *usage, const struct table *table, enum error_class class);
/* Whether a write that failed so was looked at. */
bool usage_is_condition(enum error_class class);
