/*
 * Filling a table with rows that another one had.
 *
 * A table that is being filled is `creating`: it is listed and described, and
 * nobody else reads or writes it. What is creating when a store is opened was
 * interrupted, and is removed.
 */
#pragma once

#include "store/row.h"
#include "store/table.h"

/* Writes rows as they were, mtime and own text included, in a write transaction.
 * What does not fit an index of the table is left out of that index. */
int restore_rows(struct txn *txn, struct table *table, const struct row *rows, size_t count,
	struct error *err) NODISCARD;
/* All rows are there: the table is for everybody. */
int restore_finish(struct table *table, enum durability durability, struct error *err) NODISCARD;
/* Removes a table that could not be filled. */
int restore_abandon(struct table *table, struct error *err) NODISCARD;
/* Removes the tables that were being filled when the process ended. */
int restore_tidy(struct store *store, struct error *err) NODISCARD;
