/* A SELECT's WHERE clause taken apart. For expr/partiql_branch.c, partiql_bound.c
 * and partiql_plan.c alone. */
#pragma once

#include "expr/partiql_private.h"

/* One end of a range of the sort attribute; value NULL: it is open. */
struct partiql_bound {
	const struct value *value;
	bool excluded; /* the value itself lies outside */
};

struct partiql_filter {
	const struct condition *condition;
	const struct partiql_filter *next; /* the one before it */
};

struct partiql_branch {
	const struct value *partition; /* NULL: not yet */
	struct partiql_bound low, high;
	bool negated; /* something of the sort attribute */
	const struct partiql_filter *filters; /* newest first */
};

struct partiql_branches {
	struct partiql_branch items[PARTIQL_RANGES_MAX];
	size_t count;
	bool torn; /* one of them lies in two partitions: read everything instead */
};

struct partiql_planner {
	struct slice partition_name;
	struct slice sort_name; /* absent: there is none */
	enum value_type partition_type, sort_type;
	struct arena *arena;
};

/* <0, 0, >0: where a range from the one bound begins, against the other. */
int partiql_compare_lows(const struct partiql_bound *a, const struct partiql_bound *b);
/* Where a range up to the one bound ends, against the other. */
int partiql_compare_highs(const struct partiql_bound *a, const struct partiql_bound *b);
/* What a condition says of the sort attribute; false: nothing that narrows. */
bool partiql_sort_bounds(const struct partiql_planner *planner, const struct condition *condition,
	struct partiql_bound *low, struct partiql_bound *high);

/* Whether every item that meets the condition lies in a partition it names. */
bool partiql_pins_partition(
	const struct partiql_planner *planner, const struct condition *condition);
/* The branches of a condition that pins the partition, by partition and lower
 * bound unless torn. */
int partiql_take_apart(const struct partiql_planner *planner, const struct condition *where,
	struct partiql_branches **ret, struct error *err) NODISCARD;
/* Leaves out the empty ones, and joins what overlaps or refuses it. */
int partiql_join_branches(struct partiql_branches *branches, struct error *err) NODISCARD;
