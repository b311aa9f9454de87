/*
 * Access: whether a request's principal may have what it asks for. There is one
 * checker; engine_run() calls it for every request of every door.
 *
 * Invariants:
 * 1. A request is judged before anything of it is done, by all that it is about
 *    (access_uses.h): each table and index, each key and attribute, also of
 *    batches, transactions and statements.
 * 2. What can't be known is presumed to be everything: a Scan reads every key,
 *    an item that is read whole every attribute.
 * 3. A user of this machine may do what the table's mode says: read (r), write
 *    (w), either only with x, as every path to an item leads through the table's
 *    directory. What changes a table itself is its owner's. Root may do anything.
 * 4. A user of the HTTP door may do what its lists and policies or the table's
 *    policy allow, and none of them denies (policy_evaluate.h).
 */
#pragma once

#include "api/operations.h"
#include "api/principal.h"
#include "expr/partiql.h"

/* 0, ERROR_ACCESS_DENIED, or what makes that the request can't be understood. */
int access_check(struct engine *engine, struct request *request, struct error *err) NODISCARD;
/* What is wrong with a request is not told to who may not make one like it: puts the
 * denial in the place of such an error. Always -1. */
int access_prefer_denial(struct engine *engine, struct request *request, struct error *err);
/* access_check() of one statement of BatchExecuteStatement, which fails by itself. */
int access_check_statement(struct engine *engine, struct request *request,
	const struct partiql_statement *statement, struct error *err) NODISCARD;

/* Whether a table that has this policy lets who asks put another one: 0, or
 * ERROR_VALIDATION. */
int access_check_policy(struct engine *engine, struct request *request, struct slice table_name,
	struct slice policy, struct error *err) NODISCARD;

/* Whether the principal, which may be NULL, may change owner or mode as asked by
 * a struct set_access_input. Source: chown(2), chmod(2). */
int access_check_change(
	const struct request *request, const struct table_access *old, struct error *err) NODISCARD;

/* Owner and mode as a table's description has them. */
struct table_access access_of_description(const struct table_description *description);
void access_describe(struct table_access access, struct table_description *ret);
/* Those of a table that the principal, which may be NULL, makes: a user's of this
 * machine, by his umask, or not known. */
struct table_access access_of_maker(const struct principal *principal);

/* Those of the mount's root. */
int access_open_root(struct engine *engine, struct error *err) NODISCARD;
struct table_access access_of_root(struct engine *engine);
