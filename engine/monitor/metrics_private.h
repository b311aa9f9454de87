/*
 * The inside of the metrics, for monitor/metrics*.c alone.
 *
 * Invariants:
 * 1. What comes is added to a shard, which is that of the thread, so that threads
 *    seldom wait for each other; a shard has a set for each minute that came.
 * 2. A minute that is over goes from the shards to the totals of the process and
 *    to the minutes that are to be written, under both locks, and so counts for
 *    every reader exactly once.
 * 3. A group is written at most once: with the transaction that wrote it, it is
 *    marked so, and is no longer read from memory.
 * 4. Memory is bounded: by METRIC_GROUPS_MAX a set, and MINUTES_MAX sets. When
 *    the store can't take any, the oldest minute is dropped.
 *
 * Lock order: writing, lock, a shard's lock. The store's own come between the
 * first two.
 */
#pragma once

#include "monitor/metrics_set.h"
#include <pthread.h>

#define METRICS_SHARDS 4
#define MINUTES_MAX    64

struct minute_set {
	struct minute_set *next; /* a later one */
	int64_t minute;
	struct metric_set set;
};

struct metrics_shard {
	pthread_mutex_t lock;
	struct minute_set *minutes;
	struct buf name; /* memory for one being made */
};

struct metrics {
	struct metrics_shard shards[METRICS_SHARDS];
	struct store *store;
	pthread_mutex_t writing;
	struct minute_set *pending; /* under writing: to be written */
	int64_t trimmed_minute; /* under writing: when it was last done */
	pthread_mutex_t lock;
	struct metric_set totals; /* under lock */
};

/* The set of a minute in a list, made if need be and there is room; else the
 * latest one. */
struct metric_set *minute_set_of(struct minute_set **list, int64_t minute);
void minute_sets_release(struct minute_set **list);

/* Adds a call to a set; the buffer is memory to make names in. */
void metrics_count_call(struct metric_set *set, struct buf *name, const struct call *call);

/* Takes what is over before that minute from the shards; under writing. */
void metrics_collect_locked(struct metrics *metrics, int64_t before_minute);

/* Adds what metrics_gauges() tells, the settings only now and then. */
void metrics_note_gauges(struct metrics *metrics, int64_t now_ns);

/* Calls for each set that is not yet written whole, in no order; under writing. */
typedef void metrics_set_visitor(void *context, int64_t minute, const struct metric_set *set);
void metrics_visit_locked(struct metrics *metrics, metrics_set_visitor *visit, void *context);
