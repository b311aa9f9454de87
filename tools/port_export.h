/*
 * One export, from a table to files.
 *
 * Invariants:
 * 1. What has the name of the output is whole: it is written as FILE.part and
 *    gets its name at the end. An export to S3's form is a directory, likewise.
 * 2. What the state file tells is true after any end of the process: the part
 *    files hold at least the bytes that it tells, and these are the items up to
 *    the positions that it tells. Going on cuts the files to these lengths.
 * 3. Threads scan segments of the table; a page is written whole, and with it its
 *    segment goes forward.
 *
 * Items that change during an export are in it as they were when their page was
 * read.
 */
#pragma once

#include "client.h"
#include "port_items.h"

#define SEGMENTS_MAX 64

struct export_options {
	const char *output; /* a path, or "-" */
	enum port_format format;
	char delimiter;
	const char *columns; /* of CSV: the header; NULL: those that the table needs */
	bool gzip;
	unsigned segments;
	bool resume, restart, force;
	bool quiet;
};

struct export_totals {
	bool begun; /* else nothing was done */
	bool interrupted; /* by the user */
	bool can_resume;
	uint64_t exported;
	uint64_t lost; /* values for which CSV has no column: they came meanwhile */
};

/* Runs it. On -1 the totals are of what was written before. */
int export_run(struct client *client, const struct table_facts *table,
	const struct export_options *options, struct export_totals *ret,
	struct error *err) NODISCARD;
