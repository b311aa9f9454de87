/*
 * Hot keys: of each table and global index the keys that were read, written and
 * throttled most, lately.
 *
 * For each measure there are two sketches, of partition keys and of whole keys,
 * weighted by the units consumed (by requests, of what was throttled). A window
 * of HOT_WINDOW_NS is made of two halves: when one is full, the older is
 * forgotten. So a report tells of the last half window at least, of a window at
 * most, and old heat fades.
 *
 * Invariants, N being what a measure counted in the window:
 * 1. No figure is less than what there was, and none is more than its error above
 *    that, which is N / HOT_COUNTERS at most (sketch.h): but
 * 2. of a call with more than HOT_SAMPLED keys, as of an import, one in n is counted
 *    n-fold, so that its figures are estimates.
 * 3. Memory is bounded: HOT_TABLES_MAX tables and indexes are followed, and the one
 *    longest unused gives way; each takes twelve sketches at most. All of it is
 *    less than HOT_MEMORY_MAX.
 */
#pragma once

#include "base/arena.h"
#include "monitor/call.h"

#define HOT_WINDOW_NS  300000000000LL
#define HOT_COUNTERS   64
#define HOT_SAMPLED    256
#define HOT_TABLES_MAX 64
#define HOT_MEMORY_MAX (20u << 20)

enum hot_measure { HOT_READS, HOT_WRITES, HOT_THROTTLES, HOT_MEASURE_COUNT };
enum hot_scope { HOT_PARTITIONS, HOT_ITEMS, HOT_SCOPE_COUNT };

struct hot_keys;

struct hot_keys *hot_keys_new(void) __attribute__((returns_nonnull));
void hot_keys_free(struct hot_keys *hot); /* NULL is allowed */

/* Thread-safe; now_ns is monotonic. */
void hot_keys_note(struct hot_keys *hot, const struct call *call, int64_t now_ns);

struct hot_key {
	enum hot_measure measure;
	enum hot_scope scope;
	struct slice bytes; /* of a table, its row key or the part of its partition (key.h); of
			     * an index the latter (key_layout.h); its beginning */
	bool cut; /* it goes on */
	double amount; /* in the window */
	double error; /* so much less it may be */
	double share; /* of all that the measure counted */
};

/* The hottest keys of a table (its id), or of an index of it when there is a name:
 * of each measure and scope at most so many, the hottest first, in the arena. How
 * many seconds they are from is in *ret_seconds. */
size_t hot_keys_report(struct hot_keys *hot, struct slice table_id, struct slice index_name,
	size_t limit, int64_t now_ns, struct arena *arena, const struct hot_key **ret,
	double *ret_seconds);
