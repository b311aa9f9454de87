/* What the files that list a request's uses share: access_uses.c has the table of
 * operations, access_items.c those on items, access_statements.c PartiQL, and
 * access_resources.c what is known of any other by its members' names, and
 * access_remains.c what outlives its table. */
#pragma once

#include "api/access_uses.h"
#include "expr/projection.h"

typedef int access_lister(struct access_uses *uses, const void *input, struct error *err);

access_lister access_list_put, access_list_delete, access_list_update, access_list_get;
access_lister access_list_query, access_list_scan;
access_lister access_list_batch_get, access_list_batch_write;
access_lister access_list_transact_get, access_list_transact_write;
access_lister access_list_statement, access_list_transaction_statements;
access_lister access_list_local_writes, access_list_local_partitions;
access_lister access_list_resources;

/* A new use, valid until the next one. */
struct access_use *access_add(struct access_uses *uses, const char *action);
/* The same of a table, with its ARN, and of an index of it unless that is absent. */
struct access_use *access_add_table(struct access_uses *uses, const char *action,
	struct slice table_name, struct slice index_name, int rights);

/* The id of the table whose backup, export, import or stream an ARN names; absent
 * when it names none of these, or one that is not there. */
int access_find_origin(struct access_uses *uses, struct slice arn, struct slice *ret_id,
	struct error *err) NODISCARD;

void access_add_name(struct access_uses *uses, struct access_names *names, struct slice name);
void access_add_others(struct access_names *names);
/* A partition key's value. */
void access_add_key(
	struct access_uses *uses, struct access_use *use, const struct value *partition);
/* Top-level attributes. */
void access_add_members(
	struct access_uses *uses, struct access_use *use, const struct map *members);
void access_add_condition(
	struct access_uses *uses, struct access_use *use, const struct condition *condition);
void access_add_update(
	struct access_uses *uses, struct access_use *use, const struct update *update);

/* The name of the first partition attribute of a table or an index of it; absent
 * when there is no such. */
int access_partition_name(struct access_uses *uses, struct slice table_name,
	struct slice index_name, struct slice *ret, struct error *err) NODISCARD;
