/*
 * What Query and Scan have in common: their parameters, from which index and
 * how much of each item is read, and the answer.
 *
 * Faults are found in this order: mixing of expressions and older parameters,
 * the start key's values, expressions in their turn, Select; then the table,
 * the index, and what depends on them.
 */
#pragma once

#include "api/key_range.h"
#include "api/parameters.h"
#include "api/rows.h"

/* The parameters, borrowed from the input of either. */
struct read_parameters {
	struct slice table_name;
	struct slice index_name;
	struct slice select;
	struct request_list attributes_to_get;
	struct optional_integer limit;
	bool consistent;
	const char *filter_name; /* "QueryFilter" or "ScanFilter" */
	struct request_list filter;
	struct slice conditional_operator;
	const struct map *start_key;
	struct slice return_consumed_capacity;
	struct slice projection_expression;
	struct slice filter_expression;
	struct request_list names;
	const struct map *values;
	bool facts_only;
	bool as_lines;
	/* Of Query: */
	bool is_query;
	struct request_list key_conditions;
	struct slice key_condition_expression;
};

struct read_parameters read_parameters_of_query(const struct query_input *in);
struct read_parameters read_parameters_of_scan(const struct scan_input *in);

struct read_call {
	struct engine *engine;
	struct request *request;
	const struct read_parameters *in;
	/* Parsed: */
	const struct condition *filter;
	const struct projection *projection;
	struct key_terms key_terms;
	/* Found: */
	struct table *table; /* held */
	const struct index_description *index; /* NULL: the table itself */
	const struct value *partition; /* of the table, that alone is read; NULL */
	struct slice index_partition; /* the same of a global index (key_layout.h) */
	bool fetch;
};

void read_call_release(struct read_call *call);
/* All that is wrong whatever the table, in two steps: a scan looks at its segment
 * between them. */
int read_call_check(const struct read_call *call, struct error *err) NODISCARD;
int read_call_parse(struct read_call *call, struct error *err) NODISCARD;
/* Finds table and index, and checks what is asked of them. */
int read_call_find(struct read_call *call, struct error *err) NODISCARD;
/* The layout that is read: the index's, or the table's. */
struct key_layout read_call_layout(const struct read_call *call);
/* Reads the range into the answer. */
int read_call_answer(struct read_call *call, const struct key_range *range, bool backward,
	struct error *err) NODISCARD;
