#include "api/policy.h"

#include "api/policy_document.h"
#include "base/clock.h"

int policy_check(struct slice policy, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct policy read;

	if (policy_parse(policy, POLICY_OF_RESOURCE, &arena, &read, &fault) == 0)
		return 0;
	return error_set(err, ERROR_VALIDATION, "Resource policy is not valid: %s", fault.message);
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
