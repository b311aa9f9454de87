/* UpdateTimeToLive, DescribeTimeToLive. Changes take effect at once: nobody sees
 * ENABLING or DISABLING. */
#include "api/operations.h"

/* 0 when the table may change so. */
static int check_change(const struct table_description *table,
	const struct ttl_specification *wanted, struct error *err)
{
	bool enable = wanted->enabled.value, enabled = slice_present(table->ttl_attribute);

	if (enabled && !slice_equal(table->ttl_attribute, wanted->attribute_name))
		return error_set(err, ERROR_VALIDATION,
			"TimeToLive is active on a different AttributeName: current AttributeName "
			"is %.*s",
			SLICE_ARG(table->ttl_attribute));
	if (enable == enabled)
		return error_set(err, ERROR_VALIDATION, "TimeToLive is already %s",
			enabled ? "enabled" : "disabled");
	return 0;
}

static int change_ttl(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	const struct ttl_specification *wanted = context;

	(void)txn;
	TRY(check_change(table, wanted, err));
	table->ttl_attribute = wanted->enabled.value ? wanted->attribute_name : slice_of(NULL, 0);
	return 0;
}

int run_update_time_to_live(struct engine *engine, struct request *request, struct error *err)
{
	const struct update_time_to_live_input *in = request->input;
	struct update_time_to_live_output *out = request->output;
	int r;

	TRY(r = table_update(engine->store, in->table_name, request->arena,
		    engine->durability[request->door], change_ttl,
		    (void *)in->time_to_live_specification, err));
	if (r == TABLE_ABSENT)
		return table_not_found(in->table_name, err);
	out->time_to_live_specification = in->time_to_live_specification;
	return 0;
}

int run_describe_time_to_live(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_time_to_live_input *in = request->input;
	struct describe_time_to_live_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct ttl_facts *facts = arena_alloc_zero(request->arena, sizeof(*facts));
	struct slice attribute;

	TRY(engine_find_named_table(engine, in->table_name, &table, err));
	attribute = table_description(table)->ttl_attribute;
	facts->time_to_live_status =
		slice_present(attribute) ? SLICE("ENABLED") : SLICE("DISABLED");
	facts->attribute_name = arena_copy(request->arena, attribute);
	out->time_to_live_description = facts;
	return 0;
}
