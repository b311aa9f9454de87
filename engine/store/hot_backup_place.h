/*
 * The place of a backup, or of what is restored, for hot_backup*.c: NAME.partial
 * while the work goes on, then NAME.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>

/* Removes a directory with all that it holds; errors are logged. */
void hot_place_remove(const char *path);
/* Brings a directory and those below it to disk. */
int hot_place_sync(const char *path, struct error *err) NODISCARD;
/* Checks that a backup, or a restored directory, can be made there: in a directory
 * that is there, with nothing in its place and none left unfinished. */
int hot_place_check(const char *path, bool may_be_empty_directory, struct buf *ret_partial,
	struct error *err) NODISCARD;
/* Gives what is whole its name, and brings that to disk. */
int hot_place_take(const char *partial, const char *path, struct error *err) NODISCARD;
