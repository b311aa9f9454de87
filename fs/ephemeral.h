/*
 * Directories that hold nothing in the store: tables that mkdir announced, and
 * partitions that mkdir made or that were emptied through the mount. They last
 * until rmdir, their first content, or the end of the mount.
 *
 * An entry says that a directory may be empty and exist all the same; it is
 * harmless when the directory holds items. So entries need not be taken away
 * when a partition fills, and beyond EPHEMERAL_LIMIT the oldest is dropped.
 */
#pragma once

#include "api/request_access.h"
#include "base/arena.h"
#include "base/slice.h"
#include <stdbool.h>
#include <stddef.h>

#define EPHEMERAL_LIMIT 65536

struct ephemerals;

struct ephemerals *ephemerals_new(void);
void ephemerals_free(struct ephemerals *ephemerals);

/* The directory of that name in the table of that id; in the root for an empty
 * id. Adding what is there changes nothing. */
void ephemeral_add(struct ephemerals *ephemerals, struct slice table_id, struct slice name);
bool ephemeral_exists(struct ephemerals *ephemerals, struct slice table_id, struct slice name);
/* Announces a table with the owner and mode that its directory has, or changes
 * them. */
void ephemeral_announce(
	struct ephemerals *ephemerals, struct slice name, const struct table_access *access);
/* Tells them of one that is announced, else nothing. */
void ephemeral_access(struct ephemerals *ephemerals, struct slice name, struct table_access *ret);
/* Whether it was there. */
bool ephemeral_remove(struct ephemerals *ephemerals, struct slice table_id, struct slice name);
/* Forgets all of a table that is dropped. */
void ephemeral_remove_all(struct ephemerals *ephemerals, struct slice table_id);
/* All names in a table, in the arena, in the order of adding. */
struct slice *ephemeral_list(struct ephemerals *ephemerals, struct slice table_id,
	struct arena *arena, size_t *ret_count);
