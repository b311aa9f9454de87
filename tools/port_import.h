/*
 * One import, from the input to the table.
 *
 * Invariants:
 * 1. What the state file tells is true after any end of the process: everything
 *    before its position is stored in the table, or written with its reason to
 *    the files of rejects, which are longer by what came later.
 * 2. Going on from it stores some items a second time, and loses none.
 * 3. The state file is there from before the first item is sent until the input
 *    is done with, or has proved unreadable.
 */
#pragma once

#include "client.h"
#include "port_items.h"

struct import_options {
	const char *input; /* a path, or "-" */
	enum port_format format;
	char delimiter;
	bool infer;
	const char *rejects; /* NULL: beside the input */
	bool resume, restart;
	bool quiet;
};

struct import_totals {
	bool begun; /* else nothing was done */
	uint64_t imported, rejected;
	bool interrupted; /* by the user */
	bool can_resume;
	struct buf rejects_path; /* empty: standard error */
};

void import_totals_release(struct import_totals *totals);

/* Runs it. On -1 the totals are of what went in before. */
int import_run(struct client *client, const struct table_facts *table,
	const struct import_options *options, struct import_totals *ret,
	struct error *err) NODISCARD;
