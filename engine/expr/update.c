/*
 * Applying an update.
 *
 * Every action first becomes an edit, in the order in which they are written:
 * a value for its path, or the removal of what stands there. The edits are then
 * made in one walk over the old item, guided by the tree of their paths.
 *
 * Invariants:
 * 1. Nothing reads what an edit has made: values come from the old item, and
 *    the indexes of lists are those of the old lists.
 * 2. Only the maps and lists on the way to an edit are made anew; everything
 *    beside it is borrowed.
 * 3. Paths do not overlap, so an edit ends a branch of the tree.
 *
 * The recursion is as deep as the old item nests.
 */
#include "expr/projection.h"
#include "expr/update_private.h"

#include <stdlib.h>

struct edits {
	const struct value **values; /* by action; NULL: removed */
	struct arena *arena;
};

#define EDIT_REMOVES 1

/* Makes the edits of a value: 0, or EDIT_REMOVES. */
static int edit_value(const struct edits *edits, const struct value *old,
	const struct path_tree *tree, struct value *ret, struct error *err);

static int invalid_path(struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"The document path provided in the update expression is invalid for update");
}

static int compare_actions(const void *a, const void *b)
{
	const struct path_leaf *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* Appends the members that edits bring, in the order of the actions. found
 * tells, by leaf, which the map had already. */
static int append_members(const struct edits *edits, const struct path_tree *tree,
	const bool *found, struct member *members, size_t *count, struct error *err)
{
	struct path_leaf *fresh = arena_alloc_array(edits->arena, tree->count, sizeof(*fresh));
	struct path_tree rest = *tree;
	size_t fresh_count = 0;

	while (rest.count) {
		bool is_index = path_tree_step(&rest)->is_index;
		struct path_tree below = path_tree_take(&rest);

		if (found[below.leaves - tree->leaves])
			continue;
		if (is_index || !path_tree_ends(&below))
			return invalid_path(err);
		if (edits->values[below.leaves->index])
			fresh[fresh_count++] = *below.leaves;
	}
	if (fresh_count)
		qsort(fresh, fresh_count, sizeof(*fresh), compare_actions);
	for (size_t i = 0; i < fresh_count; i++)
		members[(*count)++] = (struct member){ fresh[i].path->steps[tree->depth].name,
			*edits->values[fresh[i].index] };
	return 0;
}

static int edit_members(const struct edits *edits, const struct map *old,
	const struct path_tree *tree, struct map *ret, struct error *err)
{
	struct member *members =
		arena_alloc_array(edits->arena, old->count + tree->count, sizeof(*members));
	bool *found = arena_alloc_array(edits->arena, tree->count, sizeof(*found));
	size_t count = 0;

	for (size_t i = 0; i < old->count; i++) {
		const struct member *member = &old->members[i];
		struct path_tree below = path_tree_at_name(tree, member->name);
		int r = 0;

		members[count] = *member;
		if (below.count) {
			found[below.leaves - tree->leaves] = true;
			r = edit_value(edits, &member->value, &below, &members[count].value, err);
			if (r < 0)
				return -1;
		}
		count += r != EDIT_REMOVES;
	}
	TRY(append_members(edits, tree, found, members, &count, err));
	*ret = (struct map){ members, count };
	return 0;
}

/* Appends what is set beyond the end, in the order of the indexes. */
static int append_elements(const struct edits *edits, struct path_tree rest, struct value *items,
	size_t *count, struct error *err)
{
	while (rest.count) {
		bool is_index = path_tree_step(&rest)->is_index;
		struct path_tree below = path_tree_take(&rest);

		if (!is_index || !path_tree_ends(&below))
			return invalid_path(err);
		if (edits->values[below.leaves->index])
			items[(*count)++] = *edits->values[below.leaves->index];
	}
	return 0;
}

static int edit_elements(const struct edits *edits, const struct elements *old,
	const struct path_tree *tree, struct elements *ret, struct error *err)
{
	struct value *items =
		arena_alloc_array(edits->arena, old->count + tree->count, sizeof(*items));
	struct path_tree rest = *tree;
	size_t count = 0;

	for (size_t i = 0; i < old->count; i++) {
		const struct document_path_step *step = rest.count ? path_tree_step(&rest) : NULL;
		int r = 0;

		items[count] = old->items[i];
		if (step && step->is_index && step->index == i) {
			struct path_tree below = path_tree_take(&rest);

			r = edit_value(edits, &old->items[i], &below, &items[count], err);
			if (r < 0)
				return -1;
		}
		count += r != EDIT_REMOVES;
	}
	TRY(append_elements(edits, rest, items, &count, err));
	*ret = (struct elements){ items, count };
	return 0;
}

static int edit_value(const struct edits *edits, const struct value *old,
	const struct path_tree *tree, struct value *ret, struct error *err)
{
	if (path_tree_ends(tree)) {
		const struct value *value = edits->values[tree->leaves->index];

		if (!value)
			return EDIT_REMOVES;
		*ret = *value;
		return 0;
	}
	ret->type = old->type;
	if (old->type == VALUE_M)
		return edit_members(edits, &old->map, tree, &ret->map, err);
	if (old->type == VALUE_L)
		return edit_elements(edits, &old->elements, tree, &ret->elements, err);
	return invalid_path(err);
}

int update_apply(const struct update *update, const struct map *item, const struct map *key,
	struct arena *arena, struct map *ret, struct error *err)
{
	struct path_leaf *leaves = arena_alloc_array(arena, update->count, sizeof(*leaves));
	struct edits edits = { arena_alloc_array(arena, update->count, sizeof(*edits.values)),
		arena };
	const struct map *old = item ? item : key;
	struct evaluator evaluator = { old, arena, 0 };
	struct path_tree tree;
	size_t count = 0;

	for (size_t i = 0; i < update->count; i++) {
		TRY(update_evaluate(&evaluator, &update->actions[i], &edits.values[i], err));
		/* Nothing is missed where there was no item, whatever the path. */
		if (item || edits.values[i])
			leaves[count++] = (struct path_leaf){ &update->actions[i].path, i };
	}
	tree = path_tree_sort(leaves, count);
	return edit_members(&edits, old, &tree, ret, err);
}

int update_check_keys(
	const struct update *update, const struct slice *names, size_t count, struct error *err)
{
	for (size_t i = 0; i < update->count; i++) {
		struct slice root = document_path_root(&update->actions[i].path);

		for (size_t k = 0; k < count; k++) {
			if (slice_equal(root, names[k]))
				return error_set(err, ERROR_VALIDATION,
					"One or more parameter values were invalid: Cannot update "
					"attribute %.*s. This attribute is part of the key",
					SLICE_ARG(root));
		}
	}
	return 0;
}

bool update_only_removes(const struct update *update)
{
	for (size_t i = 0; i < update->count; i++) {
		enum update_verb verb = update->actions[i].verb;

		if (verb != UPDATE_REMOVE && verb != UPDATE_DELETE)
			return false;
	}
	return update->count > 0;
}

void update_touched(
	const struct update *update, const struct map *item, struct arena *arena, struct map *ret)
{
	struct document_path *paths = arena_alloc_array(arena, update->count, sizeof(*paths));

	for (size_t i = 0; i < update->count; i++)
		paths[i] = update->actions[i].path;
	projection_apply(projection_new(paths, update->count, arena), item, arena, ret);
}
