/*
 * How far a backup or a restoration is, phase by phase: a bar on a terminal, else
 * a line for each phase, on standard error.
 */
#pragma once

#include "base/slice.h"
#include "port_progress.h"

struct hot_progress {
	bool quiet;
	const struct hot_progress_phase *phase; /* the last one told of; NULL: none */
	struct progress bar;
};

/* The phase is one of hot_backup_phase_names. */
void hot_progress_show(
	struct hot_progress *progress, struct slice phase, uint64_t done, uint64_t total);
/* Takes the bar away. */
void hot_progress_end(struct hot_progress *progress);
/* Prints what was done, unless it is to be quiet: "backup of DATA in DEST: 12 files, ..." */
struct hot_progress_totals {
	uint64_t files, bytes, tables, items;
};
void hot_progress_tell(const struct hot_progress *progress, const char *done,
	const struct hot_progress_totals *totals);
