/*
 * Projections: ProjectionExpression, AttributesToGet, PartiQL's select list.
 * Source: Developer Guide, "Using projection expressions".
 *
 * What is chosen of a list is packed in the order of the list; parents stand
 * only where something in them was chosen; attributes keep the item's order.
 */
#pragma once

#include "expr/path_tree.h"

struct projection {
	const struct document_path *paths; /* as written */
	size_t count;
	struct path_tree tree; /* the same */
};

int projection_parse(struct slice text, struct placeholders *placeholders, struct arena *arena,
	const struct projection **ret, struct error *err) NODISCARD;
/* Of paths that do not conflict, borrowed. */
const struct projection *projection_new(
	const struct document_path *paths, size_t count, struct arena *arena);
/* Of top-level attributes by name, as AttributesToGet and an index's projection
 * have them. */
const struct projection *projection_of_names(
	const struct slice *names, size_t count, struct arena *arena);
/* Never fails; what is chosen borrows from the item. */
void projection_apply(const struct projection *projection, const struct map *item,
	struct arena *arena, struct map *ret);
