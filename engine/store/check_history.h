/* The look at what is kept of the past: histories, and backups. */
#pragma once

#include "store/check_private.h"

/* Reports entries of a table's history that are none, or whose other half is
 * missing. */
int check_history(struct look *look, struct error *err) NODISCARD;
/* Reports backups that are not what was written; adds to *problems. */
int check_backups(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err) NODISCARD;
