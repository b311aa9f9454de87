/* The mounts of this machine, as /proc/self/mounts has them. */
#pragma once

#include <stdbool.h>

/* Finds the mount that an absolute path, free of symbolic links, is in. When it
 * is one of dynamount, returns true with new strings: where it is mounted, and
 * the data directory. */
bool mounts_find(const char *path, char **ret_point, char **ret_source);
