#include "schema_plan.h"

struct planner {
	const struct create_table_input *current, *whole;
	struct arena *arena;
	struct update_table_input *steps;
	size_t count;
};

static struct update_table_input *add_step(struct planner *planner)
{
	struct update_table_input *step = &planner->steps[planner->count++];

	step->table_name = planner->current->table_name;
	return step;
}

/* A step that adds or drops one index. */
static void add_index_step(struct planner *planner, const struct global_index_update *update)
{
	struct update_table_input *step = add_step(planner);
	struct global_index_update *only = arena_alloc_zero(planner->arena, sizeof(*only));

	*only = *update;
	step->global_secondary_index_updates = (struct request_list){ true, 1, only };
	if (update->create)
		step->attribute_definitions = planner->whole->attribute_definitions;
}

static void plan_removals(struct planner *planner)
{
	const struct global_index_input *indexes = planner->current->global_secondary_indexes.items;

	for (size_t i = 0; i < planner->current->global_secondary_indexes.count; i++) {
		struct global_index_removal *removal;

		if (schema_find_index(planner->whole, indexes[i].index_name))
			continue;
		removal = arena_alloc_zero(planner->arena, sizeof(*removal));
		removal->index_name = indexes[i].index_name;
		add_index_step(planner, &(struct global_index_update){ .delete = removal });
	}
}

static void plan_additions(struct planner *planner)
{
	const struct global_index_input *indexes = planner->whole->global_secondary_indexes.items;

	for (size_t i = 0; i < planner->whole->global_secondary_indexes.count; i++) {
		if (!schema_find_index(planner->current, indexes[i].index_name))
			add_index_step(
				planner, &(struct global_index_update){ .create = &indexes[i] });
	}
}

/* Settings: each plan_ function fills its part of the step that changes them, and
 * tells whether there was anything to change. */

static bool same_throughput(
	const struct provisioned_throughput *a, const struct provisioned_throughput *b)
{
	if (!a || !b)
		return a == b;
	return a->read_capacity_units.value == b->read_capacity_units.value &&
	       a->write_capacity_units.value == b->write_capacity_units.value;
}

/* -1 is how the service spells that there is none. */
static int64_t maximum_of(const struct optional_integer *units)
{
	return units->value ? units->value : -1;
}

static bool same_maximum(const struct optional_integer *now, const struct optional_integer *wanted)
{
	return !wanted->present || maximum_of(now) == wanted->value;
}

static bool same_on_demand(
	const struct on_demand_throughput *now, const struct on_demand_throughput *wanted)
{
	static const struct on_demand_throughput none;

	if (!now)
		now = &none;
	return !wanted ||
	       (same_maximum(&now->max_read_request_units, &wanted->max_read_request_units) &&
		       same_maximum(
			       &now->max_write_request_units, &wanted->max_write_request_units));
}

static bool same_warm(const struct warm_throughput *now, const struct warm_throughput *wanted)
{
	static const struct warm_throughput none;

	if (!now)
		now = &none;
	return !wanted ||
	       (now->read_units_per_second.value == wanted->read_units_per_second.value &&
		       now->write_units_per_second.value == wanted->write_units_per_second.value);
}

static bool plan_throughput(const struct planner *planner, struct update_table_input *step)
{
	const struct create_table_input *now = planner->current, *whole = planner->whole;

	if (!slice_equal(now->billing_mode, whole->billing_mode))
		step->billing_mode = whole->billing_mode;
	if (whole->provisioned_throughput &&
		!same_throughput(now->provisioned_throughput, whole->provisioned_throughput))
		step->provisioned_throughput = whole->provisioned_throughput;
	if (!same_on_demand(now->on_demand_throughput, whole->on_demand_throughput))
		step->on_demand_throughput = whole->on_demand_throughput;
	if (!same_warm(now->warm_throughput, whole->warm_throughput))
		step->warm_throughput = whole->warm_throughput;
	return slice_present(step->billing_mode) || step->provisioned_throughput ||
	       step->on_demand_throughput || step->warm_throughput;
}

static bool plan_index(const struct global_index_input *now, const struct global_index_input *whole,
	struct global_index_change *ret)
{
	*ret = (struct global_index_change){ .index_name = now->index_name };
	if (whole->provisioned_throughput &&
		!same_throughput(now->provisioned_throughput, whole->provisioned_throughput))
		ret->provisioned_throughput = whole->provisioned_throughput;
	if (!same_on_demand(now->on_demand_throughput, whole->on_demand_throughput))
		ret->on_demand_throughput = whole->on_demand_throughput;
	if (!same_warm(now->warm_throughput, whole->warm_throughput))
		ret->warm_throughput = whole->warm_throughput;
	return ret->provisioned_throughput || ret->on_demand_throughput || ret->warm_throughput;
}

static bool plan_indexes(const struct planner *planner, struct update_table_input *step)
{
	const struct request_list *indexes = &planner->whole->global_secondary_indexes;
	const struct global_index_input *whole = indexes->items;
	struct global_index_update *updates =
		arena_alloc_array(planner->arena, indexes->count, sizeof(*updates));
	struct global_index_change *changes =
		arena_alloc_array(planner->arena, indexes->count, sizeof(*changes));
	size_t count = 0;

	for (size_t i = 0; i < indexes->count; i++) {
		const struct global_index_input *now =
			schema_find_index(planner->current, whole[i].index_name);

		if (now && plan_index(now, &whole[i], &changes[count])) {
			updates[count].update = &changes[count];
			count++;
		}
	}
	step->global_secondary_index_updates = (struct request_list){ count > 0, count, updates };
	return count > 0;
}

static bool is_enabled(const struct stream_specification *stream)
{
	return stream && stream->stream_enabled.value;
}

/* A stream of another view is another stream. */
static bool replaces_stream(const struct planner *planner)
{
	const struct stream_specification *now = planner->current->stream_specification;
	const struct stream_specification *whole = planner->whole->stream_specification;

	return is_enabled(now) && is_enabled(whole) &&
	       !slice_equal(now->stream_view_type, whole->stream_view_type);
}

static bool plan_stream(const struct planner *planner, struct update_table_input *step)
{
	static const struct stream_specification disabled = { .stream_enabled = { true, false } };
	const struct stream_specification *now = planner->current->stream_specification;
	const struct stream_specification *whole = planner->whole->stream_specification;

	if (replaces_stream(planner))
		step->stream_specification = &disabled;
	else if (whole && is_enabled(now) != is_enabled(whole))
		step->stream_specification = is_enabled(whole) ? whole : &disabled;
	return step->stream_specification;
}

/* A key is named by its ARN, or by what stands last in that. */
static bool is_key_named(struct slice arn, struct slice name)
{
	char before;

	if (!slice_present(name) || slice_equal(arn, name))
		return true;
	if (!slice_ends_with(arn, name) || arn.len == name.len)
		return false;
	before = arn.data[arn.len - name.len - 1];
	return before == ':' || before == '/';
}

static bool plan_encryption(const struct planner *planner, struct update_table_input *step)
{
	const struct sse_specification *now = planner->current->sse_specification;
	const struct sse_specification *whole = planner->whole->sse_specification;

	if (!whole || (!now && !whole->enabled.value))
		return false;
	if (now && whole->enabled.value &&
		is_key_named(now->kms_master_key_id, whole->kms_master_key_id))
		return false;
	step->sse_specification = whole;
	return true;
}

static struct slice class_of(const struct create_table_input *schema)
{
	return slice_present(schema->table_class) ? schema->table_class : SLICE("STANDARD");
}

static bool plan_class(const struct planner *planner, struct update_table_input *step)
{
	const struct create_table_input *now = planner->current, *whole = planner->whole;

	if (!slice_present(whole->table_class) || slice_equal(class_of(now), class_of(whole)))
		return false;
	step->table_class = whole->table_class;
	return true;
}

static bool plan_protection(const struct planner *planner, struct update_table_input *step)
{
	const struct optional_boolean *whole = &planner->whole->deletion_protection_enabled;

	if (!whole->present || whole->value == planner->current->deletion_protection_enabled.value)
		return false;
	step->deletion_protection_enabled = *whole;
	return true;
}

static void plan_settings(struct planner *planner)
{
	typedef bool part_planner(const struct planner *planner, struct update_table_input *step);
	static part_planner *const parts[] = { plan_throughput, plan_indexes, plan_stream,
		plan_encryption, plan_class, plan_protection };
	struct update_table_input settings = { 0 };
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		any |= parts[i](planner, &settings);
	settings.table_name = planner->current->table_name;
	if (any)
		*add_step(planner) = settings;
	if (replaces_stream(planner))
		add_step(planner)->stream_specification = planner->whole->stream_specification;
}

void schema_plan(const struct create_table_input *current, const struct create_table_input *whole,
	struct arena *arena, struct schema_plan *ret)
{
	size_t most = current->global_secondary_indexes.count +
		      whole->global_secondary_indexes.count + 2; /* settings, a new stream */
	struct planner planner = {
		.current = current,
		.whole = whole,
		.arena = arena,
		.steps = arena_alloc_array(arena, most, sizeof(*planner.steps)),
	};

	plan_removals(&planner);
	plan_settings(&planner);
	plan_additions(&planner);
	for (size_t i = 1; i < planner.count; i++)
		planner.steps[i - 1].next = &planner.steps[i];
	*ret = (struct schema_plan){ *whole, planner.steps, planner.count };
}

/* Telling. */

static void append_update(struct buf *buf, const struct global_index_update *update)
{
	if (update->create)
		buf_appendf(buf, "adds index %.*s", SLICE_ARG(update->create->index_name));
	else if (update->delete)
		buf_appendf(buf, "drops index %.*s", SLICE_ARG(update->delete->index_name));
	else
		buf_appendf(buf, "changes index %.*s", SLICE_ARG(update->update->index_name));
}

void schema_step_append(const struct update_table_input *step, struct buf *buf)
{
	const struct {
		const char *name;
		bool changed;
	} members[] = {
		{ "BillingMode", slice_present(step->billing_mode) },
		{ "ProvisionedThroughput", step->provisioned_throughput },
		{ "OnDemandThroughput", step->on_demand_throughput },
		{ "WarmThroughput", step->warm_throughput },
		{ "StreamSpecification", step->stream_specification },
		{ "SSESpecification", step->sse_specification },
		{ "TableClass", slice_present(step->table_class) },
		{ "DeletionProtectionEnabled", step->deletion_protection_enabled.present },
	};
	const struct global_index_update *updates = step->global_secondary_index_updates.items;
	const char *between = "";

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		if (!members[i].changed)
			continue;
		buf_appendf(buf, "%s%s", *between ? between : "sets ", members[i].name);
		between = ", ";
	}
	for (size_t i = 0; i < step->global_secondary_index_updates.count; i++) {
		buf_append_string(buf, between);
		append_update(buf, &updates[i]);
		between = ", ";
	}
}
