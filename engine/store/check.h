/*
 * The integrity check, part of the engine: is what is stored what the
 * invariants of store/ say?
 *
 * For each table: Berkeley DB's own verification of the file; every row's
 * record decodes, its item passes item_validate(), the key made from the item
 * is the row key, item size and text length are those stored, an own text
 * reads back to an equal item; each row has its entries in the indexes, and
 * each entry its row; the counts are those of the catalogue; of its history each
 * entry is one and found by its moment. For each stream: check_stream.h. For each
 * backup: its file is what was written, and its rows are sound. Of alarms:
 * monitor/alarms_check.h.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include "store/store.h"

struct check_totals {
	uint64_t tables, items, bytes, problems;
};

/* Called once for each problem found, with one line of text. */
typedef void check_report(void *context, struct slice table_name, const char *problem);

/* Looks at everything. 0 also when problems were found; -1 when the look
 * itself failed. The store must be open and otherwise unused. */
int store_check(struct store *store, check_report *report, void *context, struct check_totals *ret,
	struct error *err) NODISCARD;

/* Called after each item with how many were looked at; false ends the look. */
typedef bool check_step(void *context, uint64_t items);
struct check_watcher {
	check_report *report;
	check_step *step;
	void *context;
};
/* The same, for a look that takes long. */
int store_check_watched(struct store *store, const struct check_watcher *watcher,
	struct check_totals *ret, struct error *err) NODISCARD;
