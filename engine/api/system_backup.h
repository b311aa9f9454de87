/*
 * The backup that is made of a table with point-in-time recovery when it is deleted,
 * and kept 35 days. Source: Developer Guide, "Point-in-time recovery".
 *
 * The table is DELETING, and nobody's any more, until a job has copied its rows;
 * then it goes. What was interrupted goes on when the engine is opened again.
 */
#pragma once

#include "api/operations.h"

/* Begins the deletion of such a table: 0, or TABLE_ABSENT, TABLE_PINNED. */
int system_backup_begin(struct engine *engine, const struct request *request, struct table *table,
	struct error *err) NODISCARD;
/* Goes on with what was interrupted. */
int system_backup_resume(struct engine *engine, struct error *err) NODISCARD;
