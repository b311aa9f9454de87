/*
 * Transactions: the only place that begins, retries and commits.
 *
 * A body runs; when it meets a deadlock it is aborted, the arena goes back to
 * its mark, and the body runs again, at most TXN_TRIES times, then the error
 * is ERROR_CONFLICT. A body therefore does no I/O of its own, sends nothing,
 * and keeps nothing outside of the arena that a second run would not set again.
 *
 * A write transaction holds the writer mutex from begin to commit. The log is
 * flushed after it is released, so that writers that come together share one
 * flush.
 *
 * A read transaction takes page locks only while it looks at a page, and sees
 * only what is committed.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/store.h"

#define TXN_TRIES 20

struct txn; /* private to store/ */

enum txn_kind { TXN_READ, TXN_WRITE };

typedef int txn_body(struct txn *txn, void *context, struct error *err);

/* Runs the body. Returns what the last run of it returned: 0 or a positive
 * outcome is committed, -1 is aborted. Durability matters to writes only. */
int txn_run(struct store *store, enum txn_kind kind, enum durability durability,
	struct arena *arena, txn_body *body, void *context, struct error *err) NODISCARD;

struct arena *txn_arena(const struct txn *txn);
