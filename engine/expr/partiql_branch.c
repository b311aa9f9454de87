/*
 * The branches of a WHERE clause. An OR makes two of one where it is about key
 * attributes, and IN on a key attribute one for each value. What is not about
 * the key stays with its branch as a filter.
 *
 * Invariants:
 * 1. There are never more than PARTIQL_RANGES_MAX branches.
 * 2. Two branches of one partition must not overlap, or an item would be
 *    answered twice; that is an error, as with the service. But a branch that
 *    negates something of the sort attribute may overlap others; such are
 *    joined to one range.
 */
#include "expr/partiql_branch.h"

#include <stdlib.h>

/* Whether the condition has to do with the attribute, somewhere in it. */
struct mention {
	struct slice name;
	bool found;
};

static int note_mention(void *context, const struct document_path *path, struct error *err)
{
	struct mention *mention = context;

	(void)err;
	mention->found |= slice_present(mention->name) &&
			  slice_equal(document_path_root(path), mention->name);
	return 0;
}

static bool mentions(const struct condition *condition, struct slice name)
{
	struct error unused CLEANUP(error_release) = ERROR_INIT;
	struct mention mention = { name, false };

	return condition_visit_paths(condition, note_mention, &mention, &unused) == 0 &&
	       mention.found;
}

/* Whether it is the attribute IN values. */
static bool is_membership(const struct condition *condition, struct slice name)
{
	if (condition->kind != CONDITION_IN ||
		!partiql_names_attribute(condition->operands[0], name))
		return false;
	for (size_t i = 1; i < condition->operand_count; i++)
		if (condition->operands[i]->kind != OPERAND_VALUE)
			return false;
	return true;
}

bool partiql_pins_partition(
	const struct partiql_planner *planner, const struct condition *condition)
{
	if (condition->kind == CONDITION_AND)
		return partiql_pins_partition(planner, condition->children[0]) ||
		       partiql_pins_partition(planner, condition->children[1]);
	if (condition->kind == CONDITION_OR)
		return partiql_pins_partition(planner, condition->children[0]) &&
		       partiql_pins_partition(planner, condition->children[1]);
	return partiql_equality(condition, planner->partition_name) ||
	       is_membership(condition, planner->partition_name);
}

static int check_type(
	const struct value *value, enum value_type type, struct slice name, struct error *err)
{
	return value->type == type ? 0 : partiql_type_mismatch(name, err);
}

static int too_many(struct error *err)
{
	return error_set(
		err, ERROR_VALIDATION, "Too many decomposed read operations for a given query.");
}

static void add_filter(const struct partiql_planner *planner, struct partiql_branch *branch,
	const struct condition *condition)
{
	struct partiql_filter *filter = arena_alloc(planner->arena, sizeof(*filter));

	*filter = (struct partiql_filter){ condition, branch->filters };
	branch->filters = filter;
}

static void narrow(
	struct partiql_branch *branch, struct partiql_bound low, struct partiql_bound high)
{
	if (partiql_compare_lows(&low, &branch->low) > 0)
		branch->low = low;
	if (partiql_compare_highs(&high, &branch->high) < 0)
		branch->high = high;
}

static bool branch_empty(const struct partiql_branch *branch)
{
	int order;

	if (!branch->low.value || !branch->high.value)
		return false;
	order = value_compare(branch->low.value, branch->high.value);
	return order > 0 || (order == 0 && (branch->low.excluded || branch->high.excluded));
}

static int apply_sort(const struct partiql_planner *planner, const struct condition *condition,
	struct partiql_branches *branches, struct error *err)
{
	struct partiql_bound low, high;
	bool bounded = partiql_sort_bounds(planner, condition, &low, &high);

	if (bounded && low.value)
		TRY(check_type(low.value, planner->sort_type, planner->sort_name, err));
	if (bounded && high.value)
		TRY(check_type(high.value, planner->sort_type, planner->sort_name, err));
	for (size_t i = 0; i < branches->count; i++) {
		if (bounded) {
			narrow(&branches->items[i], low, high);
			continue;
		}
		branches->items[i].negated |= condition->kind == CONDITION_NOT ||
					      (condition->kind == CONDITION_COMPARE &&
						      condition->comparator == COMPARATOR_NE);
		add_filter(planner, &branches->items[i], condition);
	}
	return 0;
}

/* Adds a branch that has one more value of a key attribute. */
static int add_branch(const struct partiql_branch *from, bool partition, const struct value *value,
	struct partiql_branches *ret, struct error *err)
{
	struct partiql_bound bound = { value, false };
	struct partiql_branch *branch = &ret->items[ret->count];

	if (ret->count == PARTIQL_RANGES_MAX)
		return too_many(err);
	*branch = *from;
	ret->count++;
	if (partition)
		branch->partition = value;
	else
		narrow(branch, bound, bound);
	return 0;
}

/* A key attribute that equals one value, or one of several: a branch for each. */
static int apply_values(const struct partiql_planner *planner, const struct condition *condition,
	bool partition, struct partiql_branches *branches, struct error *err)
{
	struct slice name = partition ? planner->partition_name : planner->sort_name;
	enum value_type type = partition ? planner->partition_type : planner->sort_type;
	const struct value *equal = partiql_equality(condition, name);
	struct partiql_branches *all = arena_alloc(planner->arena, sizeof(*all));

	all->count = 0;
	all->torn = branches->torn;
	for (size_t i = 0; i < branches->count; i++) {
		const struct partiql_branch *from = &branches->items[i];
		size_t values = equal ? 1 : condition->operand_count - 1;

		for (size_t v = 0; v < values; v++) {
			const struct value *value =
				equal ? equal : condition->operands[v + 1]->value;

			TRY(check_type(value, type, name, err));
			all->torn |= partition && from->partition &&
				     !value_equal(from->partition, value);
			TRY(add_branch(from, partition, value, all, err));
		}
	}
	*branches = *all;
	return 0;
}

static int expand(const struct partiql_planner *planner, const struct condition *condition,
	struct partiql_branches *branches, struct error *err);

static int expand_or(const struct partiql_planner *planner, const struct condition *condition,
	struct partiql_branches *branches, struct error *err)
{
	struct partiql_branches *right = arena_alloc(planner->arena, sizeof(*right));

	*right = *branches;
	TRY(expand(planner, condition->children[0], branches, err));
	TRY(expand(planner, condition->children[1], right, err));
	if (branches->count + right->count > PARTIQL_RANGES_MAX)
		return too_many(err);
	memcpy(branches->items + branches->count, right->items,
		right->count * sizeof(struct partiql_branch));
	branches->count += right->count;
	branches->torn |= right->torn;
	return 0;
}

/* Adds the condition to each of the branches. */
static int expand(const struct partiql_planner *planner, const struct condition *condition,
	struct partiql_branches *branches, struct error *err)
{
	bool of_partition = mentions(condition, planner->partition_name);
	bool of_sort = mentions(condition, planner->sort_name);

	if (condition->kind == CONDITION_AND) {
		TRY(expand(planner, condition->children[0], branches, err));
		return expand(planner, condition->children[1], branches, err);
	}
	if (condition->kind == CONDITION_OR && (of_partition || of_sort))
		return expand_or(planner, condition, branches, err);
	if (partiql_equality(condition, planner->partition_name) ||
		is_membership(condition, planner->partition_name))
		return apply_values(planner, condition, true, branches, err);
	if (of_sort && (partiql_equality(condition, planner->sort_name) ||
			       is_membership(condition, planner->sort_name)))
		return apply_values(planner, condition, false, branches, err);
	if (of_sort)
		return apply_sort(planner, condition, branches, err);
	for (size_t i = 0; i < branches->count; i++)
		add_filter(planner, &branches->items[i], condition);
	return 0;
}

static int compare_branches(const void *left, const void *right)
{
	const struct partiql_branch *a = left, *b = right;
	int order = value_compare(a->partition, b->partition);

	return order ? order : partiql_compare_lows(&a->low, &b->low);
}

/* Whether b, which begins no earlier, begins before a ends. */
static bool overlap(const struct partiql_branch *a, const struct partiql_branch *b)
{
	int order;

	if (value_compare(a->partition, b->partition) != 0)
		return false;
	if (!a->high.value || !b->low.value)
		return true;
	order = value_compare(b->low.value, a->high.value);
	return order < 0 || (order == 0 && !a->high.excluded && !b->low.excluded);
}

static int check_overlap(const struct partiql_branches *branches, struct error *err)
{
	for (size_t i = 0; i < branches->count; i++)
		for (size_t j = 0; j < i; j++)
			if (!branches->items[i].negated && !branches->items[j].negated &&
				overlap(&branches->items[j], &branches->items[i]))
				return error_set(err, ERROR_VALIDATION,
					"Overlapping conditions with range keys are not supported in where clause");
	return 0;
}

static void drop_empty(struct partiql_branches *branches)
{
	size_t count = 0;

	for (size_t i = 0; i < branches->count; i++)
		if (!branch_empty(&branches->items[i]))
			branches->items[count++] = branches->items[i];
	branches->count = count;
}

/* Joins those that overlap. */
static void join_overlapping(struct partiql_branches *branches)
{
	size_t count = 0;

	for (size_t i = 0; i < branches->count; i++) {
		struct partiql_branch *last = count ? &branches->items[count - 1] : NULL;

		if (!last || !overlap(last, &branches->items[i]))
			branches->items[count++] = branches->items[i];
		else if (partiql_compare_highs(&branches->items[i].high, &last->high) > 0)
			last->high = branches->items[i].high;
	}
	branches->count = count;
}

int partiql_take_apart(const struct partiql_planner *planner, const struct condition *where,
	struct partiql_branches **ret, struct error *err)
{
	struct partiql_branches *branches = arena_alloc_zero(planner->arena, sizeof(*branches));

	branches->count = 1;
	TRY(expand(planner, where, branches, err));
	if (!branches->torn)
		qsort(branches->items, branches->count, sizeof(struct partiql_branch),
			compare_branches);
	*ret = branches;
	return 0;
}

int partiql_join_branches(struct partiql_branches *branches, struct error *err)
{
	drop_empty(branches);
	TRY(check_overlap(branches, err));
	join_overlapping(branches);
	return 0;
}
