#include "api/policy.h"

#include "base/clock.h"
#include "model/json.h"

int policy_check(struct slice policy, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct error parse CLEANUP(error_release) = ERROR_INIT;

	if (json_parse(policy, &document, &parse) < 0)
		return error_set(err, ERROR_VALIDATION, "Resource policy is not valid JSON: %s",
			parse.message);
	if (!json_is_object(document.root) || !json_object_get(document.root, "Statement"))
		return error_set(err, ERROR_VALIDATION,
			"Resource policy must be a JSON object with a Statement");
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
