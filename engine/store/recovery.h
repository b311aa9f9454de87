/*
 * Continuous backups: whether a table's history is kept, and how far it reaches.
 *
 * Source: Developer Guide, "Point-in-time recovery".
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "store/table.h"

#define RECOVERY_DAYS_MAX 35 /* and what it is unless it is said */

/* The first moment that can be restored, in ns: of a table whose recovery is
 * enabled. */
int64_t recovery_earliest(const struct table_description *table, int64_t now_ns);

/* Enables or disables it; days is looked at when it is enabled. What is enabled
 * already goes on, with another period from now on. *ret is the description
 * after it, in the arena. 0 or TABLE_ABSENT. */
int recovery_set(struct table *table, bool enabled, int64_t days, struct arena *arena,
	enum durability durability, struct table_description *ret, struct error *err) NODISCARD;
/* Ends histories that nobody needs: what is left of pins when the process ended. */
int recovery_tidy(struct store *store, struct error *err) NODISCARD;
