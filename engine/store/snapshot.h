/*
 * A snapshot: the rows of a table as they were at one moment, read in chunks
 * while writes go on. Backups, restores and exports are made of it.
 *
 * Invariants:
 * 1. A chunk is read under the writer mutex: a row and its history are seen
 *    together. Between chunks whatever happens is in the history, since the
 *    moment is pinned (store/history.h).
 * 2. Chunks are bounded in rows looked at and in bytes, so that writers wait some
 *    milliseconds at most; memory is that of a chunk.
 * 3. Rows come in the order of their keys, each once.
 */
#pragma once

#include "store/history.h"
#include "store/table.h"

struct snapshot {
	struct table *table; /* a reference */
	struct history_pin pin;
	bool pinned;
	struct buf position; /* row key looked at last; empty: none */
};

#define SNAPSHOT_NOW 0
/* Pins a moment in ns, or SNAPSHOT_NOW; for the latter the history is begun if
 * need be. The caller has checked that it can be restored as far as it knows:
 * SNAPSHOT_GONE when it was trimmed or the history ended meanwhile. TABLE_ABSENT
 * when the table was deleted. */
#define SNAPSHOT_GONE 5
int snapshot_open(
	struct table *table, uint64_t moment, struct snapshot *ret, struct error *err) NODISCARD;
/* Unpins; one that is zeroed is none. */
void snapshot_close(struct snapshot *snapshot);

/* Whether a snapshot of the table is open; within a write transaction. */
bool snapshot_pins(const struct table *table);

/* Takes the rows of one chunk, in a write transaction in which it may write to
 * other tables. Rows live in the transaction's arena. May run more than once. */
typedef int snapshot_take(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err);
/* Reads the next chunk, of which there may be none: 0, or SNAPSHOT_END after the
 * last. What take() returns is not passed on unless it failed. */
#define SNAPSHOT_END 1
int snapshot_next(struct snapshot *snapshot, struct arena *arena, snapshot_take *take,
	void *context, struct error *err) NODISCARD;
