/*
 * Transactions of item writes: TransactWriteItems and PartiQL's
 * ExecuteTransaction.
 *
 * Invariants:
 * 1. All actions are judged, also after one has failed, so that every reason is
 *    told; then all are done, or none.
 * 2. A client request token is noted in the transaction itself: whatever
 *    happens, the same token does not write twice within ten minutes.
 *
 * Source: Developer Guide, "Amazon DynamoDB Transactions: How it works".
 */
#pragma once

#include "api/item_write.h"
#include "api/table_set.h"

#define TRANSACTION_ACTIONS_MAX 100
#define TRANSACTION_BYTES_MAX   (4u << 20)

struct transaction {
	struct table_set set;
	struct planned_write *plans; /* in the arena, as the next three */
	size_t *uses; /* of each plan: its table in the set */
	struct error *failures; /* of each plan; released with the transaction */
	size_t count;
	/* Of the token: */
	struct slice token; /* absent: none; begins with what operation it is of */
	struct slice content; /* what must be the same under the same token */
	bool replayed; /* result: done before, nothing written now */
	struct usage *usage; /* the request's; set by transaction_run() */
};

/* Room for count actions. */
void transaction_init(struct transaction *transaction, size_t count, struct arena *arena);
void transaction_release(struct transaction *transaction);

/* Fails with "Transaction request cannot include multiple operations on one
 * item" if two of the plans are about one row. */
int transaction_check_distinct(const struct transaction *transaction, struct error *err) NODISCARD;

/* Runs it. ERROR_TRANSACTION_CANCELED with the reasons in its details;
 * ERROR_IDEMPOTENT_MISMATCH. Failures set before (keys that do not fit) count
 * as reasons. The request's usage is told what it took: writes, reads when it was
 * replayed, or what a failed one costs. */
int transaction_run(struct engine *engine, struct request *request, struct transaction *transaction,
	struct error *err) NODISCARD;

/* ERROR_TRANSACTION_CANCELED of these reasons; failures of class ERROR_NONE are
 * None. Always -1. */
int transaction_canceled(const struct error *failures, size_t count, struct error *err);
/* The same if any of them is a failure, else 0. */
int transaction_check_failures(
	const struct error *failures, size_t count, struct error *err) NODISCARD;
/* Whether a failure is one of an action, not of the whole. One of throughput is. */
bool transaction_is_reason(const struct error *failure);

/* Adds ItemCollectionMetrics of what it changed. */
void transaction_add_collections(struct transaction *transaction, struct arena *arena);
