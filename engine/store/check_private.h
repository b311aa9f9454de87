/* The look at one table, shared by check*.c. */
#pragma once

#include "store/check.h"
#include "store/row.h"
#include "store/table.h"

struct look {
	check_report *report;
	void *context;
	check_step *step; /* or NULL; of the same context */
	uint64_t before; /* items of the tables before this one */
	struct table *table;
	struct check_totals totals; /* of this table */
	struct index_counts *entries; /* of each index, that the rows should have */
};

void check_problem(struct look *look, const char *format, ...) PRINTF(2, 3);
/* Whether to go on: 0, or -1. */
int check_go_on(const struct look *look, struct error *err) NODISCARD;
/* Reports the entries that a sound row lacks, and counts those it should have. */
void check_row_entries(struct look *look, const struct row *row, const struct map *item);
/* Reports entries without their row; a transaction's body whose context is the
 * look. */
int check_entries(struct txn *txn, void *context, struct error *err);
/* Reports counts of indexes that are not those of the entries. */
void check_entry_counts(struct look *look);
