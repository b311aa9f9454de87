/* A transaction from within store/. */
#pragma once

#include "base/buf.h"
#include "store/bdb.h"
#include "store/count.h"
#include "store/pack.h"
#include "store/txn.h"
#include "store/watch.h"

struct row_cursor;

/* Told, under the writer mutex, how a run of the body ended. Embedded in what
 * the body keeps, so that it lives until then. */
struct txn_end {
	void (*ended)(struct txn_end *end, bool committed);
	struct txn_end *next;
};

/* One run of a body. */
struct txn {
	struct store *store;
	struct arena *arena;
	DB_TXN *bdb; /* NULL when it only reads */
	bool watched; /* changes are gathered */
	bool stamped; /* a change has its stamp */
	uint64_t writes; /* how many so far: what was read ahead before one is stale */
	struct change_list changes;
	struct count_deltas deltas;
	struct row_cursor *cursors; /* open ones */
	struct txn_end *ends;
	DBT scratch; /* memory for one row being read; reallocated by Berkeley DB */
	struct buf record; /* memory for one being written */
	struct unpacker unpacker;
};

/* A stamp for a change: greater than the store's last one, and than `after`. The
 * first one of a transaction is the time in ns unless that has been; the others follow
 * at once, and (up to 100,000 of them) within the same second, so that recovery to a
 * whole second finds all of a transaction or nothing. */
uint64_t txn_next_stamp(struct txn *txn, uint64_t after);
/* Makes all stamps from now on greater than this one. */
void txn_raise_stamp(struct txn *txn, uint64_t stamp);
void txn_at_end(struct txn *txn, struct txn_end *end);
/* Gathers a change for the watcher. The table's name and id must stay until it is
 * told, after the transaction's end. */
void txn_add_change(struct txn *txn, const struct change *change);
