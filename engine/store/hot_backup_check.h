/* The look at a copy, for hot_backup*.c: opened, recovered, every item looked at,
 * closed again with nothing left to recover and nothing to count. */
#pragma once

#include "store/hot_backup_files.h"

struct copy_check {
	const char *path;
	const struct password *password; /* NULL: it is not encrypted */
	bool is_copy; /* the log has been written during the copying: store_options */
	bool is_converted; /* its files were written anew */
	uint64_t items; /* about so many, to tell how far it is */
	const struct hot_backup_watcher *watcher;
};

/* Problems are errors, ERROR_CORRUPT. */
int hot_backup_check(
	const struct copy_check *check, struct hot_backup_totals *ret, struct error *err) NODISCARD;
