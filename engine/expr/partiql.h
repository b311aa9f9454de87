/*
 * PartiQL for DynamoDB: a statement becomes the trees that the other operations
 * run on. Source: Developer Guide, "PartiQL - a SQL-compatible query language
 * for Amazon DynamoDB".
 *
 * The text is read in three steps, each with the service's own kind of error:
 *
 * 1. partiql_lex.c, partiql_parse.c and partiql_term.c read any PartiQL that the
 *    service's parser would: "Statement wasn't well formed, can't be processed: …".
 * 2. partiql_lower.c and partiql_where.c make of it what DynamoDB can do, or
 *    say what it cannot: "Unsupported clause: LIMIT at 1:27:1", where the
 *    place is line, column and length of the term, in characters.
 * 3. partiql_plan.c fits the WHERE clause to the keys of a table or an index.
 *
 * Only the last one needs to know the table.
 */
#pragma once

#include "expr/key_condition.h"
#include "expr/update.h"

#define PARTIQL_RANGES_MAX 50 /* partitions and sort ranges that one SELECT may read */

enum partiql_kind {
	PARTIQL_SELECT,
	PARTIQL_INSERT,
	PARTIQL_UPDATE,
	PARTIQL_DELETE,
	PARTIQL_EXISTS, /* EXISTS(SELECT …), a condition of a transaction */
};

enum partiql_returning {
	PARTIQL_RETURNING_NOTHING,
	PARTIQL_RETURNING_ALL_OLD,
	PARTIQL_RETURNING_ALL_NEW,
	PARTIQL_RETURNING_MODIFIED_OLD,
	PARTIQL_RETURNING_MODIFIED_NEW,
};

/* Of a select list: what stands at the path is answered under the name, which
 * is the last name of the path and the indexes after it: "k[0]" of m.k[0]. */
struct partiql_column {
	struct slice name;
	struct document_path path;
};

struct partiql_order {
	struct slice attribute_name;
	bool descending;
};

/* All in the arena, or borrowed from the parameters. */
struct partiql_statement {
	enum partiql_kind kind;
	struct slice table_name;
	struct slice index_name; /* absent: the table itself */
	const struct condition *where; /* NULL: none */
	/* SELECT, EXISTS: */
	const struct partiql_column *columns; /* NULL: * */
	size_t column_count;
	const struct partiql_order *order;
	size_t order_count;
	/* UPDATE, DELETE: */
	enum partiql_returning returning;
	const struct update *update;
	const struct map *item; /* INSERT */
};

/* Reads a statement. ERROR_VALIDATION with the service's message. */
int partiql_parse(struct slice text, const struct value *parameters, size_t parameter_count,
	struct arena *arena, struct partiql_statement *ret, struct error *err) NODISCARD;

/* What columns make of an item; what it lacks is left out. */
void partiql_project(const struct partiql_statement *statement, const struct map *item,
	struct arena *arena, struct map *ret);

/* The key that an UPDATE, a DELETE or an EXISTS names, and what else its WHERE
 * asks. An EXISTS may name a key attribute twice; then the first one counts,
 * and the other is a condition. */
struct partiql_key {
	struct map key;
	const struct condition *condition; /* NULL: nothing else */
};

#define PARTIQL_KEY_INCOMPLETE 1 /* not every key attribute has its equality */
#define PARTIQL_KEY_AMBIGUOUS  2 /* two values for one: *ret_name */
#define PARTIQL_KEY_MISMATCHED 3 /* a value of another type: *ret_name */
/* 0, or one of these: what error that is depends on the operation. */
int partiql_find_key(const struct partiql_statement *statement, const struct key_schema *schema,
	struct arena *arena, struct partiql_key *ret, struct slice *ret_name);
/* partiql_find_key() with the errors of ExecuteStatement: "Where clause does not
 * contain a mandatory equality on all key attributes", "Multiple conditions on
 * same key pk. Only single item Update/Insert/Delete are supported", "Key
 * attribute's data type should match its data type in table's schema: Key pk". */
int partiql_key(const struct partiql_statement *statement, const struct key_schema *schema,
	struct arena *arena, struct partiql_key *ret, struct error *err) NODISCARD;

/* A partition, or a range of its sort attribute: where both terms hold, each for
 * key_query_resolve(). They are the same unless both ends are bounded. */
struct partiql_range {
	struct key_terms lower, upper;
};

/* How a SELECT reads. */
struct partiql_plan {
	/* In the order of reading; no two of them overlap. NULL: the whole table
	 * or index. Either way all of the WHERE remains to be asked of each
	 * item. */
	const struct partiql_range *ranges;
	size_t range_count;
	bool backward; /* within a range */
	/* Attributes that an index must project and does not, since each range
	 * is asked for such; in the order of the service's message. */
	const struct slice *unprojected;
	size_t unprojected_count;
};

/* Whether an index holds the attribute. */
typedef bool partiql_projects(const void *context, struct slice attribute_name);
/* Plans a SELECT on a table or an index with one partition and at most one sort
 * attribute; projects is NULL where everything is there. Errors: "Overlapping
 * conditions with range keys are not supported in where clause", "Too many
 * decomposed read operations for a given query.", key types, and those of ORDER
 * BY. */
int partiql_plan(const struct partiql_statement *statement, const struct key_layout *layout,
	partiql_projects *projects, const void *context, struct arena *arena,
	struct partiql_plan *ret, struct error *err) NODISCARD;

/* Whether the WHERE is nothing but the key of one item, as that of a SELECT in a
 * batch or a transaction must be; then *ret is it, of whatever types. */
bool partiql_reads_item(const struct partiql_statement *statement, const struct key_schema *schema,
	struct arena *arena, struct map *ret);
