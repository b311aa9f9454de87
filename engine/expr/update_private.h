/* What an action makes of its attribute. For expr/update.c alone. */
#pragma once

#include "expr/update.h"

/* The value to put at the action's path, borrowed from the item, from the
 * action or new in the arena; NULL: what stands there goes. */
int update_evaluate(const struct update_action *action, const struct map *item, struct arena *arena,
	const struct value **ret, struct error *err) NODISCARD;
