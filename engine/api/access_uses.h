/*
 * What a request is about, for who judges it: one use for each action on each
 * table or index. Found from its input alone, before any of it is done.
 *
 * What is wrong with the input is for the operation to tell: of what can't be
 * understood a use says that it might be anything.
 */
#pragma once

#include "api/operations.h"
#include "expr/partiql.h"

/* Names that are read or written, some of them perhaps several times; others: and
 * ones that are not known. */
struct access_names {
	struct slice *items;
	size_t count, capacity;
	bool present, others;
};

enum access_scope {
	ACCESS_OF_NOTHING, /* what anybody may know */
	ACCESS_OF_ROOT, /* of the directory of all tables */
	ACCESS_OF_ROOT_OWNER, /* what tells of every table */
	ACCESS_OF_TABLE,
	ACCESS_OF_OWNER, /* what changes the table itself */
};

struct access_use {
	struct slice action; /* "dynamodb:GetItem" */
	struct slice resource; /* an ARN, or * */
	struct slice table_name; /* absent: none */
	bool outlives; /* the table, as backups and streams do */
	struct slice table_id; /* absent: of whatever table has the name */
	/* To users of this machine: */
	enum access_scope scope;
	int rights; /* of R_OK, W_OK, X_OK, to what the scope says */
	/* To policies; absent: not there. */
	struct access_names keys; /* partition keys as text */
	struct access_names attributes; /* top-level */
	struct slice select, return_values, return_capacity, enclosing;
	struct optional_boolean full_scan;
};

struct access_uses {
	struct engine *engine;
	struct request *request;
	struct arena *arena;
	bool detailed; /* keys and attributes are looked for */
	struct access_use *items;
	size_t count, capacity;
};

/* Lists the uses of a request; those of BatchExecuteStatement are its statements',
 * each judged when it is read. Errors: the store's. */
int access_list_uses(struct access_uses *uses, struct error *err) NODISCARD;
/* Adds that of a statement. */
int access_add_statement(struct access_uses *uses, const struct partiql_statement *statement,
	const char *enclosing, struct error *err) NODISCARD;
