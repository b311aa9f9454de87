/*
 * PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: the policy is kept
 * with the table; every request of a user of the HTTP door is judged by it too
 * (access.h). Source: Developer Guide, "Using resource-based policies for DynamoDB".
 */
#include "api/access.h"
#include "api/arn.h"
#include "api/policy.h"
#include "api/table_design.h"

struct policy_change {
	struct slice policy; /* absent: remove */
	struct slice expected_revision;
	struct slice revision; /* result: the new one, or the removed one */
};

/* NO_POLICY expects that there is none. */
static int check_revision(const struct policy_change *change,
	const struct table_description *description, struct error *err)
{
	struct slice expected = change->expected_revision;
	bool matches = slice_present(description->resource_policy_revision)
			       ? slice_equal(expected, description->resource_policy_revision)
			       : slice_equal_string(expected, "NO_POLICY");

	if (!slice_present(expected) || matches)
		return 0;
	return error_set(err, ERROR_POLICY_NOT_FOUND,
		"The policy's revision id does not match the expected one: %.*s",
		SLICE_ARG(expected));
}

static int change_policy(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	struct policy_change *change = context;

	TRY(check_revision(change, description, err));
	change->revision = description->resource_policy_revision;
	policy_set(description, change->policy, txn_arena(txn));
	if (slice_present(change->policy))
		change->revision = description->resource_policy_revision;
	return 0;
}

static int update_policy(struct engine *engine, struct request *request, struct slice arn,
	struct policy_change *change, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r;

	TRY(arn_find_table(engine, request, arn, &table, err));
	r = table_update(engine->store, table_description(table)->name, request->arena,
		engine->durability[request->door], change_policy, change, err);
	if (r == TABLE_ABSENT)
		return table_not_found(table_description(table)->name, err);
	change->revision = arena_copy(request->arena, change->revision);
	return r;
}

static int check_new(struct engine *engine, struct request *request,
	const struct put_resource_policy_input *in, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct slice name;

	TRY(policy_check(in->policy, err));
	TRY(arn_find_table(engine, request, in->resource_arn, &table, err));
	name = table_description(table)->name;
	TRY(policy_check_resources(in->policy, arn_of_table(engine, name, request->arena), err));
	if (in->confirm_remove_self_resource_access.value)
		return 0;
	return access_check_policy(engine, request, name, in->policy, err);
}

int run_put_resource_policy(struct engine *engine, struct request *request, struct error *err)
{
	const struct put_resource_policy_input *in = request->input;
	struct put_resource_policy_output *out = request->output;
	struct policy_change change = { .policy = in->policy,
		.expected_revision = in->expected_revision_id };

	TRY(check_new(engine, request, in, err));
	TRY(update_policy(engine, request, in->resource_arn, &change, err));
	out->revision_id = change.revision;
	return 0;
}

int run_get_resource_policy(struct engine *engine, struct request *request, struct error *err)
{
	const struct get_resource_policy_input *in = request->input;
	struct get_resource_policy_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct table_description *description;

	TRY(arn_find_table(engine, request, in->resource_arn, &table, err));
	description = table_description(table);
	if (!slice_present(description->resource_policy))
		return error_set(err, ERROR_POLICY_NOT_FOUND,
			"Resource-based policy not found for the provided ResourceArn: %.*s",
			SLICE_ARG(in->resource_arn));
	out->policy = arena_copy(request->arena, description->resource_policy);
	out->revision_id = arena_copy(request->arena, description->resource_policy_revision);
	return 0;
}

/* Removing what is not there succeeds, without a revision. */
int run_delete_resource_policy(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_resource_policy_input *in = request->input;
	struct delete_resource_policy_output *out = request->output;
	struct policy_change change = { .expected_revision = in->expected_revision_id };

	TRY(update_policy(engine, request, in->resource_arn, &change, err));
	out->revision_id = change.revision;
	return 0;
}
