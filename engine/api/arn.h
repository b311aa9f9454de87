/*
 * Amazon resource names of tables and what belongs to them:
 *
 *	arn:aws:dynamodb:REGION:ACCOUNT:table/NAME[/index/NAME|/stream/LABEL]
 */
#pragma once

#include "api/operations.h"

/* A table's; in the arena. */
struct slice arn_of_table(const struct engine *engine, struct slice table, struct arena *arena);
/* Of an index ("index") or a stream ("stream") of it. */
struct slice arn_of_part(const struct engine *engine, struct slice table, const char *kind,
	struct slice name, struct arena *arena);

/* The table's name of one that arn_check() has found well. */
struct slice arn_table_name(struct slice arn);
/* Takes apart what arn_of_part() makes; false when it is another's, or none. */
bool arn_split(const struct engine *engine, struct slice arn, const char *kind,
	struct slice *ret_table, struct slice *ret_name);

/* What is wrong with a ResourceArn, whatever its table. */
int arn_check(const struct engine *engine, const struct request *request, struct slice arn,
	struct error *err) NODISCARD;
/* The table that a ResourceArn names: a new reference. Errors: "Invalid TableArn:
 * Invalid ResourceArn provided as input x", ERROR_ACCESS_DENIED for another
 * account's ("User: … is not authorized to perform: dynamodb:TagResource on
 * resource: …"), and ERROR_TABLE_NOT_FOUND. */
int arn_find_table(struct engine *engine, const struct request *request, struct slice arn,
	struct table **ret, struct error *err) NODISCARD;
