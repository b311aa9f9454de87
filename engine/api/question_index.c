#include "api/question_private.h"
#include "api/table_layout.h"

#include <stdlib.h>

static bool projects_all(const struct projection_input *projection)
{
	return projection && slice_equal_string(projection->projection_type, "ALL");
}

static int compare_names(const void *a, const void *b)
{
	const struct question_target *left = a, *right = b;

	return slice_compare(left->index_name, right->index_name);
}

struct question_targets question_targets(const struct table_facts *table, struct arena *arena)
{
	const struct local_index_facts *locals = table->local_secondary_indexes.items;
	const struct global_index_facts *globals = table->global_secondary_indexes.items;
	size_t local_count = table->local_secondary_indexes.count;
	size_t global_count = table->global_secondary_indexes.count;
	struct question_target *items =
		arena_alloc_array(arena, 1 + local_count + global_count, sizeof(*items));
	size_t count = 0;

	items[count++] = (struct question_target){
		.whole = true,
		.layout = table_layout(table, &table->key_schema),
	};
	for (size_t i = 0; i < local_count; i++)
		items[count++] = (struct question_target){
			.index_name = locals[i].index_name,
			.local = true,
			.whole = projects_all(locals[i].projection),
			.layout = table_layout(table, &locals[i].key_schema),
		};
	for (size_t i = 0; i < global_count; i++)
		items[count++] = (struct question_target){
			.index_name = globals[i].index_name,
			.whole = projects_all(globals[i].projection) &&
				 slice_equal_string(globals[i].index_status, "ACTIVE"),
			.layout = table_layout(table, &globals[i].key_schema),
		};
	qsort(items + 1, count - 1, sizeof(*items), compare_names);
	return (struct question_targets){ items, count };
}

const struct question_target *question_find_target(
	const struct question_targets *targets, struct slice index_name)
{
	if (!slice_present(index_name))
		return &targets->items[0];
	for (size_t i = 1; i < targets->count; i++)
		if (slice_equal(targets->items[i].index_name, index_name))
			return &targets->items[i];
	return NULL;
}

/* Both ends fit the key, as the engine will see when it reads the range. */
static int check_range(const struct partiql_range *range, const struct key_layout *layout,
	bool *ret_narrowed, struct error *err)
{
	struct key_query query;

	TRY(key_query_resolve(&range->lower, layout, &query, err));
	TRY(key_query_resolve(&range->upper, layout, &query, err));
	*ret_narrowed &= range->lower.count > 1 || range->upper.count > 1;
	return 0;
}

int question_plan_select(const struct partiql_statement *statement,
	const struct question_target *target, struct arena *arena, bool *ret_keyed,
	bool *ret_narrowed, struct error *err)
{
	struct partiql_plan plan;
	bool narrowed = true;

	TRY(partiql_plan(statement, &target->layout, NULL, NULL, arena, &plan, err));
	for (size_t i = 0; i < plan.range_count; i++)
		TRY(check_range(&plan.ranges[i], &target->layout, &narrowed, err));
	*ret_keyed = plan.ranges;
	*ret_narrowed = plan.ranges && narrowed;
	return 0;
}
