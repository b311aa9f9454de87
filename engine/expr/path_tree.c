#include "expr/path_tree.h"

#include <stdlib.h>

static int compare_steps(const struct document_path_step *a, const struct document_path_step *b)
{
	if (a->is_index != b->is_index)
		return a->is_index ? -1 : 1;
	if (a->is_index)
		return (a->index > b->index) - (a->index < b->index);
	return slice_compare(a->name, b->name);
}

static int compare_leaves(const void *a, const void *b)
{
	const struct document_path *x = ((const struct path_leaf *)a)->path;
	const struct document_path *y = ((const struct path_leaf *)b)->path;
	size_t common = x->count < y->count ? x->count : y->count;

	for (size_t i = 0; i < common; i++) {
		int r = compare_steps(&x->steps[i], &y->steps[i]);

		if (r != 0)
			return r;
	}
	return (x->count > y->count) - (x->count < y->count);
}

struct path_tree path_tree_sort(struct path_leaf *leaves, size_t count)
{
	if (count > 1)
		qsort(leaves, count, sizeof(*leaves), compare_leaves);
	return (struct path_tree){ leaves, count, 0 };
}

/* How many leaves, from the one at `from` on, take the same step as it. */
static size_t count_alike(const struct path_tree *tree, size_t from)
{
	const struct document_path_step *step = &tree->leaves[from].path->steps[tree->depth];
	size_t end = from + 1;

	while (end < tree->count &&
		compare_steps(&tree->leaves[end].path->steps[tree->depth], step) == 0)
		end++;
	return end - from;
}

struct path_tree path_tree_at_name(const struct path_tree *tree, struct slice name)
{
	const struct document_path_step step = { .name = name };
	struct path_tree below = { tree->leaves, 0, tree->depth + 1 };
	size_t low = 0, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct document_path *path = tree->leaves[middle].path;

		if (compare_steps(&path->steps[tree->depth], &step) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < tree->count &&
		compare_steps(&tree->leaves[low].path->steps[tree->depth], &step) == 0) {
		below.leaves = &tree->leaves[low];
		below.count = count_alike(tree, low);
	}
	return below;
}

struct path_tree path_tree_take(struct path_tree *tree)
{
	struct path_tree below = { tree->leaves, count_alike(tree, 0), tree->depth + 1 };

	tree->leaves += below.count;
	tree->count -= below.count;
	return below;
}
