/*
 * Document paths: a.b[2].c. Source: Developer Guide, "Referring to item
 * attributes when using expressions".
 *
 * Paths are immutable once made and live in the arena of what they belong to.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "expr/placeholders.h"
#include "model/value.h"

#define DOCUMENT_PATH_DEPTH_MAX 32 /* steps; an item nests no deeper */

struct document_path_step {
	bool is_index;
	struct slice name; /* !is_index; resolved, without # */
	uint32_t index; /* is_index */
};

/* The first step is a name. */
struct document_path {
	const struct document_path_step *steps;
	size_t count;
};

/* A path of one name. */
struct document_path document_path_of_name(struct slice name, struct arena *arena);
static inline struct slice document_path_root(const struct document_path *path)
{
	return path->steps[0].name;
}
/* What stands there, borrowed; NULL when nothing does. item NULL: no item. */
const struct value *document_path_find(const struct document_path *path, const struct map *item);
bool document_path_equal(const struct document_path *a, const struct document_path *b);
/* Whether one is the other, or a prefix of it. */
bool document_path_overlaps(const struct document_path *a, const struct document_path *b);
/* Whether they need different types of one value: a.b and a[1]. */
bool document_path_conflicts(const struct document_path *a, const struct document_path *b);
/* As messages spell it: "[a, b, [0]]". */
void document_path_append(struct buf *buf, const struct document_path *path);
/* Fails on the first two of the paths that overlap or conflict: "Invalid
 * UpdateExpression: Two document paths overlap with each other; must remove or
 * rewrite one of these paths; path one: [a], path two: [a, b]" ("conflict with
 * each other"). */
int document_path_check_overlap(enum expression_kind kind, const struct document_path *const *paths,
	size_t count, struct error *err) NODISCARD;
