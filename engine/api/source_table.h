/* Tables as the operations of backups and exports look for them: their exceptions
 * have names of their own. */
#pragma once

#include "api/operations.h"

/* A new reference: ERROR_SOURCE_NOT_FOUND "Table not found: T", ERROR_SOURCE_IN_USE
 * while it is being filled, or deleted. */
int source_table_find(
	struct engine *engine, struct slice name, struct table **ret, struct error *err) NODISCARD;
/* The same by a TableArn. */
int source_table_find_arn(struct engine *engine, const struct request *request, struct slice arn,
	struct table **ret, struct error *err) NODISCARD;
/* "Table is being created: T", or deleted. Always -1. */
int source_table_busy(const struct table *table, struct error *err);
/* "Table not found: T". Always -1. */
int source_table_absent(struct slice name, struct error *err);
/* Whether its point-in-time recovery is enabled: ERROR_RECOVERY_OFF. */
int source_table_check_recovery(const struct table *table, struct error *err) NODISCARD;
/* The first moment that is told to be restorable, of a table whose recovery is
 * enabled: to the millisecond, as times are told. */
int64_t source_table_earliest(const struct table_description *table, int64_t now_ns);
