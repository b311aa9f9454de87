/*
 * Document paths as a tree, for walkers that go through an item once.
 *
 * There are no nodes: the paths are sorted by their steps, so that those which
 * begin alike stand side by side, and a range of them at a depth is what lies
 * below one step. A path comes before those that go on from it; indexes come
 * in their order, and before names.
 */
#pragma once

#include "expr/document_path.h"

struct path_leaf {
	const struct document_path *path;
	size_t index; /* whatever the owner numbers them by */
};

/* The leaves of a tree have their first `depth` steps in common. */
struct path_tree {
	const struct path_leaf *leaves;
	size_t count;
	size_t depth;
};

/* Sorts the leaves in place: the whole tree. It borrows them. */
struct path_tree path_tree_sort(struct path_leaf *leaves, size_t count);

/* Whether a path ends here; it is then leaves[0]. */
static inline bool path_tree_ends(const struct path_tree *tree)
{
	return tree->count && tree->leaves[0].path->count == tree->depth;
}

/* The step that the first path takes from here. */
static inline const struct document_path_step *path_tree_step(const struct path_tree *tree)
{
	return &tree->leaves[0].path->steps[tree->depth];
}

/* What goes on by that name; count 0: nothing. No path may end here. */
struct path_tree path_tree_at_name(const struct path_tree *tree, struct slice name);
/* Takes what goes on by the first step off the tree, which is not empty. */
struct path_tree path_tree_take(struct path_tree *tree);
