/*
 * One write of an item, planned from a request and applied within a
 * transaction: what PutItem, UpdateItem, DeleteItem, TransactWriteItems and
 * PartiQL have in common.
 *
 * plan (checks that need no item) -> apply (condition, update, row) -> answer.
 *
 * Invariants:
 * 1. Nothing of a plan but its results changes when it is applied, so that a
 *    body may be run again.
 * 2. A failed condition leaves ERROR_CONDITION_FAILED "The conditional request
 *    failed", the old item in failed_item, and with return_old_on_failure the
 *    error's details: "Item":{…}.
 */
#pragma once

#include "api/operations.h"
#include "expr/condition.h"
#include "expr/update.h"
#include "store/write.h"

struct planned_write {
	struct table *table; /* borrowed: the caller holds it */
	struct write_action action; /* ready for write_apply() */
	const struct map *key; /* the primary key as a map */
	const struct condition *condition; /* or NULL */
	const struct update *update; /* of WRITE_UPDATE */
	bool return_old_on_failure;
	bool unfit; /* of a transaction: it could not be planned, and is not applied */
	bool transacted; /* sizes are judged as in a transaction, and counted so */
	bool inserts; /* the condition failing is ERROR_DUPLICATE_ITEM */
	/* Results: */
	struct write_result result;
	bool skipped; /* an update that only removes met no item */
	const struct map *failed_item; /* in the arena; NULL */
};

/* Parses a condition of a write, by expression or by the older parameters:
 * everything that is wrong with it whatever the table. `expressions` are the
 * request's, so that names and values unused by all of them are found by the
 * caller, after parsing an update too. *ret NULL: no condition. */
int item_condition_parse(const struct item_condition *in, struct placeholders *placeholders,
	struct arena *arena, const struct condition **ret, struct error *err) NODISCARD;

/* Plans. The table is the one that the key is checked against; conditions and
 * updates are parsed already. */
int plan_put(struct planned_write *plan, struct table *table, const struct map *item,
	struct arena *arena, struct error *err) NODISCARD;
int plan_delete(struct planned_write *plan, struct table *table, const struct map *key,
	struct arena *arena, struct error *err) NODISCARD;
int plan_update(struct planned_write *plan, struct table *table, const struct map *key,
	const struct update *update, struct arena *arena, struct error *err) NODISCARD;
int plan_check(struct planned_write *plan, struct table *table, const struct map *key,
	struct arena *arena, struct error *err) NODISCARD;

/* Applies one within a write transaction, whose body began with usage_clear(), if
 * its throughput allows (admission.h), and tells the usage what it took. */
int planned_write_apply(struct txn *txn, struct planned_write *plan, struct usage *usage,
	struct error *err) NODISCARD;
/* Tells the usage, after usage_undo(), of one that was looked at and not done: for
 * its own failure, or with ERROR_NONE for another's. */
void planned_write_count_failed(
	const struct planned_write *plan, struct usage *usage, const struct error *failure);
/* One alone, in its own transaction: 0 or -1. */
int planned_write_run(struct engine *engine, struct request *request, struct planned_write *plan,
	struct error *err) NODISCARD;
