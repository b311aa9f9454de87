/*
 * What of a table or an index a SELECT reads. Source: Developer Guide, "PartiQL
 * select statements for DynamoDB", and the live service.
 *
 * A SELECT whose every alternative names a partition reads those partitions,
 * each narrowed by what is asked of the sort attribute; any other one reads
 * everything. To see that, the WHERE clause is taken apart into branches: an OR
 * makes two of one where it is about key attributes, and IN on a key attribute
 * one for each value. What is not about the key stays with its branch as a
 * filter.
 *
 * Invariants:
 * 1. There are never more than PARTIQL_RANGES_MAX branches.
 * 2. Two branches of one partition must not overlap, or an item would be
 *    answered twice; that is an error, as with the service. But a branch that
 *    negates something of the sort attribute may overlap others; such are
 *    joined to one range.
 * 3. A range holds every item of its branch, and perhaps others. All of WHERE is
 *    asked of each item in the end.
 */
#include "expr/partiql_private.h"

#include <stdlib.h>

/* One end of a range of the sort attribute; value NULL: it is open. */
struct bound {
	const struct value *value;
	bool excluded; /* the value itself lies outside */
};

struct filter {
	const struct condition *condition;
	const struct filter *next; /* the one before it */
};

struct branch {
	const struct value *partition; /* NULL: not yet */
	struct bound low, high;
	bool negated; /* something of the sort attribute */
	const struct filter *filters; /* newest first */
};

struct branches {
	struct branch items[PARTIQL_RANGES_MAX];
	size_t count;
	bool torn; /* one of them lies in two partitions: read everything instead */
};

struct planner {
	struct slice partition_name;
	struct slice sort_name; /* absent: there is none */
	enum value_type partition_type, sort_type;
	struct arena *arena;
};

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

/* Whether every item that meets the condition lies in a partition it names. */
static bool pins_partition(const struct planner *planner, const struct condition *condition)
{
	if (condition->kind == CONDITION_AND)
		return pins_partition(planner, condition->children[0]) ||
		       pins_partition(planner, condition->children[1]);
	if (condition->kind == CONDITION_OR)
		return pins_partition(planner, condition->children[0]) &&
		       pins_partition(planner, condition->children[1]);
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

static void add_filter(
	const struct planner *planner, struct branch *branch, const struct condition *condition)
{
	struct filter *filter = arena_alloc(planner->arena, sizeof(*filter));

	*filter = (struct filter){ condition, branch->filters };
	branch->filters = filter;
}

/* <0, 0, >0: where a range from the one bound begins, against the other. */
static int compare_lows(const struct bound *a, const struct bound *b)
{
	int order;

	if (!a->value || !b->value)
		return (a->value != NULL) - (b->value != NULL);
	order = value_compare(a->value, b->value);
	return order ? order : a->excluded - b->excluded;
}

static int compare_highs(const struct bound *a, const struct bound *b)
{
	int order;

	if (!a->value || !b->value)
		return (b->value != NULL) - (a->value != NULL);
	order = value_compare(a->value, b->value);
	return order ? order : b->excluded - a->excluded;
}

static void narrow(struct branch *branch, struct bound low, struct bound high)
{
	if (compare_lows(&low, &branch->low) > 0)
		branch->low = low;
	if (compare_highs(&high, &branch->high) < 0)
		branch->high = high;
}

static bool branch_empty(const struct branch *branch)
{
	int order;

	if (!branch->low.value || !branch->high.value)
		return false;
	order = value_compare(branch->low.value, branch->high.value);
	return order > 0 || (order == 0 && (branch->low.excluded || branch->high.excluded));
}

/* The least value greater than all that begin with the prefix; NULL: none. */
static const struct value *after_prefix(const struct value *prefix, struct arena *arena)
{
	struct slice copy = arena_copy(arena, prefix->bytes);
	struct value *value = arena_alloc_zero(arena, sizeof(*value));
	size_t len = copy.len;

	while (len && (unsigned char)copy.data[len - 1] == 0xFF)
		len--;
	if (!len)
		return NULL;
	((char *)copy.data)[len - 1]++;
	*value = (struct value){ .type = prefix->type, .bytes = slice_of(copy.data, len) };
	return value;
}

/* A comparison of the sort attribute with a value, as bounds. */
static bool comparison_bounds(
	const struct condition *condition, struct slice name, struct bound *low, struct bound *high)
{
	bool flipped = !partiql_names_attribute(condition->operands[0], name);
	const struct operand *other = condition->operands[!flipped];
	struct bound bound = { other->value, false };
	bool below, above;

	if (!partiql_names_attribute(condition->operands[flipped], name) ||
		other->kind != OPERAND_VALUE)
		return false;
	switch (condition->comparator) {
	case COMPARATOR_NE:
		return false;
	case COMPARATOR_EQ:
		*low = *high = bound;
		return true;
	case COMPARATOR_LT:
	case COMPARATOR_GT:
		bound.excluded = true;
		break;
	case COMPARATOR_LE:
	case COMPARATOR_GE:
		break;
	}
	below = condition->comparator == COMPARATOR_LT || condition->comparator == COMPARATOR_LE;
	above = below == flipped;
	*(above ? low : high) = bound;
	return true;
}

/* What a condition says of the sort attribute; false: nothing that narrows. */
static bool sort_bounds(const struct planner *planner, const struct condition *condition,
	struct bound *low, struct bound *high)
{
	const struct operand *const *operands = condition->operands;
	struct slice name = planner->sort_name;

	*low = *high = (struct bound){ NULL, false };
	if (condition->kind == CONDITION_COMPARE)
		return comparison_bounds(condition, name, low, high);
	if (condition->kind == CONDITION_BETWEEN) {
		if (!partiql_names_attribute(operands[0], name) ||
			operands[1]->kind != OPERAND_VALUE || operands[2]->kind != OPERAND_VALUE)
			return false;
		*low = (struct bound){ operands[1]->value, false };
		*high = (struct bound){ operands[2]->value, false };
		return true;
	}
	if (condition->kind == CONDITION_BEGINS_WITH) {
		if (!partiql_names_attribute(operands[0], name) ||
			operands[1]->kind != OPERAND_VALUE)
			return false;
		*low = (struct bound){ operands[1]->value, false };
		*high = (struct bound){ after_prefix(operands[1]->value, planner->arena), true };
		return true;
	}
	return false;
}

static int apply_sort(const struct planner *planner, const struct condition *condition,
	struct branches *branches, struct error *err)
{
	struct bound low, high;
	bool bounded = sort_bounds(planner, condition, &low, &high);

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
static int add_branch(const struct branch *from, bool partition, const struct value *value,
	struct branches *ret, struct error *err)
{
	struct bound bound = { value, false };
	struct branch *branch = &ret->items[ret->count];

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
static int apply_values(const struct planner *planner, const struct condition *condition,
	bool partition, struct branches *branches, struct error *err)
{
	struct slice name = partition ? planner->partition_name : planner->sort_name;
	enum value_type type = partition ? planner->partition_type : planner->sort_type;
	const struct value *equal = partiql_equality(condition, name);
	struct branches *all = arena_alloc(planner->arena, sizeof(*all));

	all->count = 0;
	all->torn = branches->torn;
	for (size_t i = 0; i < branches->count; i++) {
		const struct branch *from = &branches->items[i];
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

static int expand(const struct planner *planner, const struct condition *condition,
	struct branches *branches, struct error *err);

static int expand_or(const struct planner *planner, const struct condition *condition,
	struct branches *branches, struct error *err)
{
	struct branches *right = arena_alloc(planner->arena, sizeof(*right));

	*right = *branches;
	TRY(expand(planner, condition->children[0], branches, err));
	TRY(expand(planner, condition->children[1], right, err));
	if (branches->count + right->count > PARTIQL_RANGES_MAX)
		return too_many(err);
	memcpy(branches->items + branches->count, right->items,
		right->count * sizeof(struct branch));
	branches->count += right->count;
	branches->torn |= right->torn;
	return 0;
}

/* Adds the condition to each of the branches. */
static int expand(const struct planner *planner, const struct condition *condition,
	struct branches *branches, struct error *err)
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
	const struct branch *a = left, *b = right;
	int order = value_compare(a->partition, b->partition);

	return order ? order : compare_lows(&a->low, &b->low);
}

/* Whether b, which begins no earlier, begins before a ends. */
static bool overlap(const struct branch *a, const struct branch *b)
{
	int order;

	if (value_compare(a->partition, b->partition) != 0)
		return false;
	if (!a->high.value || !b->low.value)
		return true;
	order = value_compare(b->low.value, a->high.value);
	return order < 0 || (order == 0 && !a->high.excluded && !b->low.excluded);
}

static int check_overlap(const struct branches *branches, struct error *err)
{
	for (size_t i = 0; i < branches->count; i++)
		for (size_t j = 0; j < i; j++)
			if (!branches->items[i].negated && !branches->items[j].negated &&
				overlap(&branches->items[j], &branches->items[i]))
				return error_set(err, ERROR_VALIDATION,
					"Overlapping conditions with range keys are not supported in where clause");
	return 0;
}

static void drop_empty(struct branches *branches)
{
	size_t count = 0;

	for (size_t i = 0; i < branches->count; i++)
		if (!branch_empty(&branches->items[i]))
			branches->items[count++] = branches->items[i];
	branches->count = count;
}

/* Joins those that overlap. */
static void join_branches(struct branches *branches)
{
	size_t count = 0;

	for (size_t i = 0; i < branches->count; i++) {
		struct branch *last = count ? &branches->items[count - 1] : NULL;

		if (!last || !overlap(last, &branches->items[i]))
			branches->items[count++] = branches->items[i];
		else if (compare_highs(&branches->items[i].high, &last->high) > 0)
			last->high = branches->items[i].high;
	}
	branches->count = count;
}

/* A set of names in the order in which the service lists one: that of Java's
 * HashSet, by hash code, those of one bucket as they came. */
struct name_set {
	struct slice *names;
	size_t count;
};

static uint32_t java_bucket(struct slice name, size_t buckets)
{
	uint32_t hash = 0;

	for (size_t i = 0; i < name.len; i++)
		hash = hash * 31 + (unsigned char)name.data[i];
	return (hash ^ hash >> 16) & (uint32_t)(buckets - 1);
}

static void sort_names(struct name_set *set)
{
	size_t buckets = 16;

	while (set->count * 4 > buckets * 3)
		buckets *= 2;
	for (size_t i = 1; i < set->count; i++) {
		struct slice name = set->names[i];
		size_t j = i;

		while (j > 0 &&
			java_bucket(set->names[j - 1], buckets) > java_bucket(name, buckets)) {
			set->names[j] = set->names[j - 1];
			j--;
		}
		set->names[j] = name;
	}
}

struct collector {
	struct name_set *set;
	size_t capacity;
	partiql_projects *projects;
	const void *context;
};

static int collect(void *context, const struct document_path *path, struct error *err)
{
	struct collector *collector = context;
	struct slice name = document_path_root(path);

	(void)err;
	if (collector->projects(collector->context, name) ||
		collector->set->count == collector->capacity)
		return 0;
	for (size_t i = 0; i < collector->set->count; i++)
		if (slice_equal(collector->set->names[i], name))
			return 0;
	collector->set->names[collector->set->count++] = name;
	return 0;
}

/* Filters stand newest first; names are collected as they were written. */
static void collect_filters(const struct filter *filter, struct collector *collector)
{
	struct error unused CLEANUP(error_release) = ERROR_INIT;

	if (!filter)
		return;
	collect_filters(filter->next, collector);
	if (condition_visit_paths(filter->condition, collect, collector, &unused) < 0)
		return;
}

/* What the last branch is asked for that the index lacks; nothing when any of
 * the branches can do without. */
static void find_unprojected(const struct planner *planner, const struct branches *branches,
	partiql_projects *projects, const void *context, struct partiql_plan *ret)
{
	struct name_set set = { 0 };
	struct collector collector = { &set, 4 * PARTIQL_CONJUNCTS_MAX, projects, context };

	if (!projects)
		return;
	set.names = arena_alloc_array(planner->arena, collector.capacity, sizeof(struct slice));
	for (size_t i = 0; i < branches->count; i++) {
		set.count = 0;
		collect_filters(branches->items[i].filters, &collector);
		if (!set.count)
			return;
	}
	sort_names(&set);
	ret->unprojected = set.names;
	ret->unprojected_count = set.count;
}

/* The partition, and one bound of the sort attribute if there is one. */
static struct key_terms terms_of(const struct planner *planner, const struct branch *branch,
	const struct bound *bound, enum key_comparison comparison)
{
	struct key_term *terms = arena_alloc_array(planner->arena, 2, sizeof(*terms));

	terms[0] = (struct key_term){ planner->partition_name, KEY_EQ, { branch->partition } };
	terms[1] = (struct key_term){ planner->sort_name, comparison, { bound->value } };
	return (struct key_terms){ terms, bound->value ? 2 : 1 };
}

static struct partiql_range range_of(const struct planner *planner, const struct branch *branch)
{
	const struct bound *low = &branch->low, *high = &branch->high;
	bool one_value = low->value && high->value && value_equal(low->value, high->value);
	struct partiql_range range = {
		terms_of(planner, branch, low,
			one_value       ? KEY_EQ
			: low->excluded ? KEY_GT
					: KEY_GE),
		terms_of(planner, branch, high, high->excluded ? KEY_LT : KEY_LE),
	};

	if (!low->value)
		range.lower = range.upper;
	if (!high->value || one_value)
		range.upper = range.lower;
	return range;
}

static bool is_key_name(const struct planner *planner, struct slice name)
{
	return slice_equal(name, planner->partition_name) ||
	       (slice_present(planner->sort_name) && slice_equal(name, planner->sort_name));
}

/* The term of ORDER BY that names the attribute, or NULL. */
static const struct partiql_order *find_order(
	const struct partiql_statement *statement, struct slice name)
{
	for (size_t i = 0; slice_present(name) && i < statement->order_count; i++)
		if (slice_equal(statement->order[i].attribute_name, name))
			return &statement->order[i];
	return NULL;
}

static int check_order(const struct planner *planner, const struct partiql_statement *statement,
	bool keyed, struct error *err)
{
	if (!statement->order_count)
		return 0;
	if (!statement->where)
		return error_set(err, ERROR_VALIDATION,
			"Must have WHERE clause in the statement when using ORDER BY clause.");
	for (size_t i = 0; i < statement->order_count; i++)
		if (!is_key_name(planner, statement->order[i].attribute_name))
			return error_set(err, ERROR_VALIDATION,
				"Attribute %.*s in ORDER BY clause must be part of the primary key",
				SLICE_ARG(statement->order[i].attribute_name));
	if (!keyed)
		return error_set(err, ERROR_VALIDATION,
			"Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.");
	return 0;
}

static int check_partitions(const struct planner *planner,
	const struct partiql_statement *statement, const struct branches *branches,
	struct error *err)
{
	if (!statement->order_count || find_order(statement, planner->partition_name))
		return 0;
	for (size_t i = 1; i < branches->count; i++)
		if (!value_equal(branches->items[i].partition, branches->items[0].partition))
			return error_set(err, ERROR_VALIDATION,
				"Must have hash key in ORDER BY clause when more than one hash key condition specified in WHERE clause.");
	return 0;
}

/* Partitions go up, unless DESC. Within one, items go up without ORDER BY; with
 * it they go down, unless it says otherwise of the sort attribute. */
static void order_ranges(const struct planner *planner, const struct partiql_statement *statement,
	const struct branches *branches, struct partiql_plan *ret)
{
	struct partiql_range *ranges =
		arena_alloc_array(planner->arena, branches->count, sizeof(*ranges));
	const struct partiql_order *partition = find_order(statement, planner->partition_name);
	const struct partiql_order *sort = find_order(statement, planner->sort_name);
	bool down = partition && partition->descending;
	size_t start = 0, end = 0, at = 0;

	ret->backward = statement->order_count && (!sort || sort->descending);
	for (size_t done = 0; done < branches->count; done = at) {
		start = end = down ? branches->count - 1 - done : done;
		while (down && start &&
			value_equal(branches->items[start - 1].partition,
				branches->items[end].partition))
			start--;
		while (!down && end + 1 < branches->count &&
			value_equal(branches->items[end + 1].partition,
				branches->items[start].partition))
			end++;
		for (size_t i = start; i <= end; i++)
			ranges[at++] = range_of(
				planner, &branches->items[ret->backward ? end - (i - start) : i]);
	}
	ret->ranges = ranges;
	ret->range_count = branches->count;
}

/* "a.b = 1" where a is a key attribute. */
static int check_nested(void *context, const struct document_path *path, struct error *err)
{
	const struct planner *planner = context;

	if (path->count == 1 || !is_key_name(planner, document_path_root(path)))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key %.*s",
		SLICE_ARG(document_path_root(path)));
}

int partiql_plan(const struct partiql_statement *statement, const struct key_layout *layout,
	partiql_projects *projects, const void *context, struct arena *arena,
	struct partiql_plan *ret, struct error *err)
{
	struct planner planner = {
		.partition_name = layout->partition[0].name,
		.partition_type = layout->partition[0].type,
		.arena = arena,
	};
	struct branches *branches;
	bool keyed;

	*ret = (struct partiql_plan){ 0 };
	if (layout->sort_count) {
		planner.sort_name = layout->sort[0].name;
		planner.sort_type = layout->sort[0].type;
	}
	keyed = statement->where && pins_partition(&planner, statement->where);
	TRY(check_order(&planner, statement, keyed, err));
	if (!statement->where)
		return 0;
	TRY(condition_visit_paths(statement->where, check_nested, &planner, err));
	if (!keyed)
		return 0;
	branches = arena_alloc_zero(arena, sizeof(*branches));
	branches->count = 1;
	TRY(expand(&planner, statement->where, branches, err));
	if (branches->torn)
		return 0;
	TRY(check_partitions(&planner, statement, branches, err));
	qsort(branches->items, branches->count, sizeof(struct branch), compare_branches);
	find_unprojected(&planner, branches, projects, context, ret);
	drop_empty(branches);
	TRY(check_overlap(branches, err));
	join_branches(branches);
	order_ranges(&planner, statement, branches, ret);
	return 0;
}
