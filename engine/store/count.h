/*
 * Exact counts of items and bytes of each table and of each index, in memory
 * while the store is open.
 *
 * Invariants:
 * 1. DATA/counts.db has one record a table: the counts, and whether they are
 *    exact. An exact record is true: the first write to the table after it
 *    was made marks it inexact, in that write's own transaction. So a crash
 *    costs a recount only to tables written to since their record was made:
 *    when the store closed, or when it had come to rest. The records of a
 *    table's indexes are true when the table's is exact.
 * 2. A transaction gathers its differences; they are added under the writer
 *    mutex after its commit, and never when it is aborted.
 * 3. A recount reads the rows in key order, a chunk under the writer mutex at
 *    a time. A write at or before its frontier (the last key counted) changes
 *    what it has counted; one beyond it will be met by the recount. The
 *    indexes of the table are counted in the same pass.
 */
#pragma once

#include "base/buf.h"
#include "store/table.h"
#include <db.h>
#include <pthread.h>

struct index;
struct table_body;
struct txn;

/* Of one table. */
struct counters {
	pthread_mutex_t lock; /* guards now, and that of the table's indexes */
	struct table_counts now;
	/* The rest is under the writer mutex. */
	bool saved; /* the record in counts.db is exact */
	bool recounting;
	struct buf frontier; /* of the recount; empty at its start */
	int64_t recounted_items;
	int64_t recounted_bytes;
};

void counters_init(struct counters *counters);
void counters_release(struct counters *counters);
/* Fills the counters of a table from its record; without one, or when it is
 * not exact, a recount is due. */
int counters_load(
	struct counters *counters, DB *file, struct slice id, struct error *err) NODISCARD;
/* Fills the counts of an index. */
int index_counts_load(struct index *index, struct error *err) NODISCARD;
/* Those of a new table: zero, exact. */
void counters_start(struct counters *counters);

/* What one transaction does to the counts of tables and indexes. */
struct count_deltas {
	struct buf tables; /* array of struct count_delta */
	struct buf indexes; /* array of struct index_delta */
};

struct count_delta {
	struct table_body *body;
	int64_t items, bytes;
	int64_t recounted_items, recounted_bytes; /* the part before the frontier */
	int64_t inserted, modified, removed;
};

struct index_delta {
	struct table_body *body;
	struct index *index;
	struct index_counts now, recounted;
};

/* Notes a change of a row within a write transaction. */
int count_change(struct txn *txn, struct table *table, struct slice row_key, enum change_kind kind,
	int64_t bytes, struct error *err) NODISCARD;
/* Notes a change of a row's entry in an index. */
int count_index_change(struct txn *txn, struct table *table, struct index *index,
	struct slice row_key, struct index_counts difference, struct error *err) NODISCARD;
/* After a commit, under the writer mutex. */
void count_apply(struct count_deltas *deltas);
void count_deltas_release(struct count_deltas *deltas);

/* Saves the counts of every table whose record is not exact, and is known. */
int count_save(struct store *store, struct error *err) NODISCARD;
/* Counts one more chunk of a table's rows, if its counts are not exact. 0, or
 * COUNT_DONE when they are exact now. */
#define COUNT_DONE 1
int count_step(struct table *table, struct error *err) NODISCARD;
/* Removes the record of a table or an index. */
int count_forget(struct txn *txn, struct slice id, struct error *err) NODISCARD;
