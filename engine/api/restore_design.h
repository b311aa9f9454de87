/*
 * What a restored table is: as its source, with what the request has otherwise.
 * Source: Developer Guide, "Restoring a DynamoDB table from a backup": tags,
 * streams, time to live, policies, deletion protection and point-in-time recovery
 * do not come back.
 */
#pragma once

#include "api/operations.h"

/* In the arena; the name and where it is restored from are set by the caller. */
int design_restored(const struct engine *engine, const struct table_description *source,
	const struct restore_overrides *overrides, struct arena *arena,
	struct table_description *ret, struct error *err) NODISCARD;
