/* Tables as DescribeTable and its kin tell them. */
#pragma once

#include "api/operations.h"

/* The TableDescription of a table that is held, with its counts; in the arena. */
struct table_facts *describe_table(
	const struct engine *engine, struct table *table, const char *status, struct arena *arena);
/* The same of a description alone: a new table has no counts yet. */
struct table_facts *describe_new_table(const struct engine *engine,
	const struct table_description *description, struct arena *arena);
