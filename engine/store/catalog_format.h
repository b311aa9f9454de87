/*
 * A description as JSON, by tables of fields: what its struct holds, under
 * which name, where. The same tables copy it.
 *
 * Invariants:
 * 1. A member that is missing leaves its field zero, and one that no field
 *    names is passed over: an older catalogue is read, and one of a newer
 *    program is not refused.
 * 2. Lists keep their order.
 */
#pragma once

#include "store/table.h"
#include <jansson.h>

/* New; to be freed. */
char *description_to_text(const struct table_description *description);
/* False when it is not a description. The arrays are in the arena; texts
 * borrow from the object. */
bool description_from_json(
	const json_t *object, struct arena *arena, struct table_description *ret);
