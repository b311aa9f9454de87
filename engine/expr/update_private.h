/* The parts of parsing and of applying an update. For expr/update*.c alone. */
#pragma once

#include "expr/parser.h"
#include "expr/update.h"

/* Checks the actions of an expression as a whole. */
int update_check(
	const struct parser *parser, const struct update *update, struct error *err) NODISCARD;

/* Evaluates the actions of one update on one item. */
struct evaluator {
	const struct map *item; /* as it was */
	struct arena *arena;
	size_t appended; /* elements in new lists so far */
};

/* The value to put at the action's path, borrowed from the item, from the
 * action or new in the arena; NULL: what stands there goes. */
int update_evaluate(struct evaluator *evaluator, const struct update_action *action,
	const struct value **ret, struct error *err) NODISCARD;
