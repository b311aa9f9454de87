/* The lock on a data directory: DATA/lock, flock()ed by the process that owns
 * it, holding its pid and command line for others to name. */
#pragma once

#include "base/error.h"

/* Takes it; *ret_fd holds it until closed. ERROR_IN_USE names the owner:
 * "DATA is in use by process 1234 (dynamount mount DATA /mnt)". */
int lockfile_take(const char *path, int *ret_fd, struct error *err) NODISCARD;
