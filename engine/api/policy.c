#include "api/policy.h"

#include "api/policy_document.h"
#include "base/clock.h"

int policy_check(struct slice policy, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct policy read;

	if (policy.len > POLICY_BYTES)
		return error_set(err, ERROR_VALIDATION,
			"Resource policy is not valid: it is longer than %d bytes", POLICY_BYTES);
	if (policy_parse(policy, POLICY_OF_RESOURCE, &arena, &read, &fault) == 0)
		return 0;
	return error_set(err, ERROR_VALIDATION, "Resource policy is not valid: %s", fault.message);
}

/* Whether a resource's pattern can match the ARN, or what follows a slash after it. */
static bool may_be_of(const struct pattern *resource, struct slice arn)
{
	for (size_t i = 0; i < resource->count; i++) {
		if (resource->units[i] > UINT8_MAX)
			return true;
		if (i == arn.len)
			return resource->units[i] == '/';
		if (resource->units[i] != (unsigned char)arn.data[i])
			return false;
	}
	return resource->count == arn.len;
}

static int check_statement(const struct policy_statement *statement, size_t number,
	struct slice arn, struct error *err)
{
	const struct policy_patterns *resources = &statement->resources;

	for (size_t i = 0; i < resources->count && !resources->inverted; i++) {
		if (!may_be_of(&resources->items[i], arn))
			return error_set(err, ERROR_VALIDATION,
				"Resource policy is not valid: Statement[%zu]: Resource[%zu] is "
				"neither %.*s nor a part of it",
				number, i, SLICE_ARG(arn));
	}
	return 0;
}

int policy_check_resources(struct slice policy, struct slice arn, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct policy read;

	TRY(policy_parse(policy, POLICY_OF_RESOURCE, &arena, &read, err));
	for (size_t i = 0; i < read.count; i++)
		TRY(check_statement(&read.statements[i], i, arn, err));
	return 0;
}

void policy_set(struct table_description *description, struct slice policy, struct arena *arena)
{
	bool present = slice_present(policy);

	if (present && slice_present(description->resource_policy) &&
		slice_equal(policy, description->resource_policy))
		return;
	description->resource_policy = policy;
	description->resource_policy_revision =
		present ? arena_printf(arena, "%lld", (long long)clock_realtime_ns())
			: slice_of(NULL, 0);
}
