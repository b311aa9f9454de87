/*
 * What of a table or an index a SELECT reads. Source: Developer Guide, "PartiQL
 * select statements for DynamoDB", and the live service.
 *
 * A SELECT whose every alternative names a partition reads those partitions,
 * each narrowed by what is asked of the sort attribute; any other one reads
 * everything. To see that, partiql_branch.c takes the WHERE clause apart into
 * branches.
 *
 * Invariant: a range holds every item of its branch, and perhaps others. All of
 * WHERE is asked of each item in the end.
 */
#include "expr/partiql_branch.h"

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
static void collect_filters(const struct partiql_filter *filter, struct collector *collector)
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
static void find_unprojected(const struct partiql_planner *planner,
	const struct partiql_branches *branches, partiql_projects *projects, const void *context,
	struct partiql_plan *ret)
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
static struct key_terms terms_of(const struct partiql_planner *planner,
	const struct partiql_branch *branch, const struct partiql_bound *bound,
	enum key_comparison comparison)
{
	struct key_term *terms = arena_alloc_array(planner->arena, 2, sizeof(*terms));

	terms[0] = (struct key_term){ planner->partition_name, KEY_EQ, { branch->partition } };
	terms[1] = (struct key_term){ planner->sort_name, comparison, { bound->value } };
	return (struct key_terms){ terms, bound->value ? 2 : 1 };
}

static struct partiql_range range_of(
	const struct partiql_planner *planner, const struct partiql_branch *branch)
{
	const struct partiql_bound *low = &branch->low, *high = &branch->high;
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

static bool is_key_name(const struct partiql_planner *planner, struct slice name)
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

static int check_order(const struct partiql_planner *planner,
	const struct partiql_statement *statement, bool keyed, struct error *err)
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

static int check_partitions(const struct partiql_planner *planner,
	const struct partiql_statement *statement, const struct partiql_branches *branches,
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
static void order_ranges(const struct partiql_planner *planner,
	const struct partiql_statement *statement, const struct partiql_branches *branches,
	struct partiql_plan *ret)
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
	const struct partiql_planner *planner = context;

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
	struct partiql_planner planner = {
		.partition_name = layout->partition[0].name,
		.partition_type = layout->partition[0].type,
		.arena = arena,
	};
	struct partiql_branches *branches;
	bool keyed;

	*ret = (struct partiql_plan){ 0 };
	if (layout->sort_count) {
		planner.sort_name = layout->sort[0].name;
		planner.sort_type = layout->sort[0].type;
	}
	keyed = statement->where && partiql_pins_partition(&planner, statement->where);
	TRY(check_order(&planner, statement, keyed, err));
	if (!statement->where)
		return 0;
	TRY(condition_visit_paths(statement->where, check_nested, &planner, err));
	if (!keyed)
		return 0;
	TRY(partiql_take_apart(&planner, statement->where, &branches, err));
	if (branches->torn)
		return 0;
	TRY(check_partitions(&planner, statement, branches, err));
	find_unprojected(&planner, branches, projects, context, ret);
	TRY(partiql_join_branches(branches, err));
	order_ranges(&planner, statement, branches, ret);
	return 0;
}
