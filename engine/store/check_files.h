/* The part of the check that comes first, before any file is opened: whether those
 * that are read at every opening are sound. */
#pragma once

#include "store/bdb.h"

/* The files of a directory that are no table's and no backup's, which store_check()
 * looks at: ERROR_CORRUPT with the names of the damaged ones. Nobody may have them
 * open yet. */
int check_files(DB_ENV *env, const char *path, struct error *err) NODISCARD;
