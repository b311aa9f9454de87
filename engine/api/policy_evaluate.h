/*
 * What a policy says of one thing that a request does.
 *
 * 1. A statement counts when its action, its resource, its principal and all of
 *    its conditions fit. One that denies outweighs any that allow.
 * 2. Where a key has values that are not known, as the keys that a Scan will come
 *    across, a statement that allows does not count, and one that denies does,
 *    unless any value would do.
 * 3. Without the key a condition does not hold, unless it is negated, is
 *    ForAllValues: or ends in IfExists.
 *
 * Source: IAM User Guide, "Policy evaluation logic" and "Multivalued context keys".
 */
#pragma once

#include "api/policy_document.h"

/* What a request has of a key. */
struct policy_values {
	bool present;
	bool others; /* and values that are not known */
	const struct slice *items;
	size_t count;
};

struct policy_question {
	struct slice action; /* "dynamodb:GetItem" */
	struct slice resource; /* an ARN, or * */
	struct slice user; /* the user's ARN */
	struct slice account;
	struct policy_values values[POLICY_KEY_COUNT];
};

enum policy_verdict { POLICY_SILENT, POLICY_ALLOWS, POLICY_DENIES };

enum policy_verdict policy_evaluate(
	const struct policy *policy, const struct policy_question *question, struct arena *arena);
