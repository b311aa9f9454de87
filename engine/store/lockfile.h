/* The lock on a data directory: DATA/lock, flock()ed by the process that owns
 * it, holding its pid and command line for others to name. */
#pragma once

#include "base/error.h"

struct key_file;

/* Takes it; *ret_fd holds it until closed. ERROR_IN_USE names the owner:
 * "DATA is in use by process 1234 (dynamount mount DATA /mnt)". Where the
 * directory is encrypted, or a key is given that will make it so, only the
 * beginning of the command line is told: it may hold an item. */
int lockfile_take(
	const char *path, const struct key_file *key, int *ret_fd, struct error *err) NODISCARD;
