/*
 * Back-fill: the entries of the rows that were there before an index was.
 *
 * Invariants:
 * 1. A chunk of rows at a time, in row key order, under the writer mutex. The
 *    chunk's entries and the frontier, the last row key that it looked at, are
 *    one transaction.
 * 2. A write at or before the frontier keeps the index up to date by itself;
 *    one beyond it leaves the index alone, as the back-fill will meet its row.
 * 3. With the last chunk the index becomes ACTIVE, and its frontier's record
 *    goes.
 * 4. Rows whose values are not fit for the index are passed over.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include <stdbool.h>

struct index;
struct index_description;
struct table;
struct txn;

/* Reads the frontier of an index that is being made. */
int backfill_load(struct index *index, struct error *err) NODISCARD;
/* Removes its record. */
int backfill_forget(struct txn *txn, struct slice index_id, struct error *err) NODISCARD;
/* Whether an index of that version is being made. */
bool backfill_wanted(const struct table *table);
/* How much of an index that is being made is there: 0 to 1, by its frontier's
 * place in the order of rows. */
double backfill_progress(const struct table *table, const struct index_description *description);
/* Fills one more chunk of the first index that is being made. 0, or
 * BACKFILL_DONE when the table has none, or no more. */
#define BACKFILL_DONE 1
int backfill_step(struct table *table, struct error *err) NODISCARD;
