/*
 * PartiQL statements on their way through the engine: what ExecuteStatement,
 * BatchExecuteStatement and ExecuteTransaction have in common.
 *
 * A statement is parsed into expr/partiql.h's struct, then either planned as a
 * write (api/item_write.h) or read. An UPDATE asks that its item be there; a
 * DELETE of none does nothing, whatever else it asks; an INSERT asks that there
 * be none.
 */
#pragma once

#include "api/item_write.h"
#include "api/table_set.h"
#include "expr/partiql.h"

/* What is wrong with Parameters, whatever the statement. */
int statement_check_parameters(
	const struct request_list *parameters, struct arena *arena, struct error *err) NODISCARD;
/* Checks the parameters, parses, and checks what holds whatever the table. */
int statement_parse(struct slice text, const struct request_list *parameters, struct arena *arena,
	struct partiql_statement *ret, struct error *err) NODISCARD;
/* The service reads no index that has several attributes a side. */
int statement_check_index(const struct index_description *index, struct error *err) NODISCARD;
static inline bool statement_reads(const struct partiql_statement *statement)
{
	return statement->kind == PARTIQL_SELECT;
}

/* Plans any statement but a SELECT. In a transaction a key that does not fit is
 * told in other words. */
int statement_plan(const struct partiql_statement *statement, struct table *table, bool transacted,
	struct arena *arena, struct planned_write *ret, struct error *err) NODISCARD;
/* What RETURNING asks for, in the arena; NULL: nothing, or nothing to tell. */
const struct map *statement_returned(const struct partiql_statement *statement,
	const struct write_result *result, struct arena *arena);

/* A page of a SELECT. */
struct statement_page {
	struct request_list items; /* struct map */
	const struct slice *item_tokens; /* as asked for */
	struct slice next_token;
	const struct map *last_key;
	const struct consumed_capacity *consumed_capacity;
};

int statement_read(struct engine *engine, struct request *request,
	const struct partiql_statement *statement, struct statement_page *ret,
	struct error *err) NODISCARD;

/* A SELECT of one item, in a batch or a transaction. */
struct item_read {
	const struct partiql_statement *statement; /* NULL: left out */
	size_t use; /* its table */
	bool consistent;
	struct slice row_key;
	const struct map *key;
	struct error *failure; /* where it is told that its throughput does not allow it */
	/* Results: */
	bool found;
	struct map item;
};

/* Finds the key of a SELECT that may name nothing else. Errors: the refusal, and
 * those of planning, which come before it. */
int statement_read_key(const struct partiql_statement *statement, struct table *table,
	const char *refusal, struct arena *arena, const struct map **ret,
	struct error *err) NODISCARD;
/* Reads them all, in one transaction, and counts what it takes. One that its
 * throughput does not allow is left out. */
int statement_read_items(struct engine *engine, struct request *request, struct table_set *set,
	struct item_read *reads, size_t count, bool transacted, struct error *err) NODISCARD;
