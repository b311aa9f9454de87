/*
 * Applying an update.
 *
 * Every action first becomes an edit, in the order in which they are written:
 * a value for its path, or the removal of what stands there. That finds every
 * fault. The edits are then made in one walk over the old item, guided by the
 * tree of their paths.
 *
 * Invariants:
 * 1. Nothing reads what an edit has made: values come from the old item, and
 *    the indexes of lists are those of the old lists.
 * 2. Only the maps and lists on the way to an edit are made anew; everything
 *    beside it is borrowed.
 * 3. Paths neither overlap nor conflict, so an edit ends a branch of the tree,
 *    and where one leads there is a map or a list to take its next step.
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

/* Makes the edits of a value; false when it goes. */
static bool edit_value(const struct edits *edits, const struct value *old,
	const struct path_tree *tree, struct value *ret);

static int compare_actions(const void *a, const void *b)
{
	const struct path_leaf *x = a, *y = b;

	return (x->index > y->index) - (x->index < y->index);
}

/* Appends the members that edits bring, in the order of the actions; returns
 * how many there are then. found tells, by leaf, which the map had already. */
static size_t append_members(const struct edits *edits, const struct path_tree *tree,
	const bool *found, struct member *members, size_t count)
{
	struct path_leaf *fresh = arena_alloc_array(edits->arena, tree->count, sizeof(*fresh));
	struct path_tree rest = *tree;
	size_t fresh_count = 0;

	while (rest.count) {
		struct path_tree below = path_tree_take(&rest);

		if (!found[below.leaves - tree->leaves] && edits->values[below.leaves->index])
			fresh[fresh_count++] = *below.leaves;
	}
	if (fresh_count)
		qsort(fresh, fresh_count, sizeof(*fresh), compare_actions);
	for (size_t i = 0; i < fresh_count; i++)
		members[count++] = (struct member){ fresh[i].path->steps[tree->depth].name,
			*edits->values[fresh[i].index] };
	return count;
}

static void edit_members(const struct edits *edits, const struct map *old,
	const struct path_tree *tree, struct map *ret)
{
	struct member *members =
		arena_alloc_array(edits->arena, old->count + tree->count, sizeof(*members));
	bool *found = arena_alloc_array(edits->arena, tree->count, sizeof(*found));
	size_t count = 0;

	for (size_t i = 0; i < old->count; i++) {
		const struct member *member = &old->members[i];
		struct path_tree below = path_tree_at_name(tree, member->name);

		members[count] = *member;
		if (below.count) {
			found[below.leaves - tree->leaves] = true;
			count += edit_value(edits, &member->value, &below, &members[count].value);
		} else {
			count++;
		}
	}
	count = append_members(edits, tree, found, members, count);
	*ret = (struct map){ members, count };
}

static void edit_elements(const struct edits *edits, const struct elements *old,
	const struct path_tree *tree, struct elements *ret)
{
	struct value *items =
		arena_alloc_array(edits->arena, old->count + tree->count, sizeof(*items));
	struct path_tree rest = *tree;
	size_t count = 0;

	for (size_t i = 0; i < old->count; i++) {
		if (rest.count && path_tree_step(&rest)->index == i) {
			struct path_tree below = path_tree_take(&rest);

			count += edit_value(edits, &old->items[i], &below, &items[count]);
		} else {
			items[count++] = old->items[i];
		}
	}
	/* What is set beyond the end, in the order of the indexes. */
	while (rest.count) {
		struct path_tree below = path_tree_take(&rest);

		if (edits->values[below.leaves->index])
			items[count++] = *edits->values[below.leaves->index];
	}
	*ret = (struct elements){ items, count };
}

static bool edit_value(const struct edits *edits, const struct value *old,
	const struct path_tree *tree, struct value *ret)
{
	const struct value *value = edits->values[tree->leaves->index];

	if (path_tree_ends(tree)) {
		if (value)
			*ret = *value;
		return value;
	}
	ret->type = old->type;
	if (old->type == VALUE_M)
		edit_members(edits, &old->map, tree, &ret->map);
	else
		edit_elements(edits, &old->elements, tree, &ret->elements);
	return true;
}

/* There must be a map or a list for the last step. */
static int check_path(const struct document_path *path, const struct map *item, struct error *err)
{
	const struct document_path parent = { path->steps, path->count - 1 };
	const struct value *value;

	if (!parent.count)
		return 0;
	value = document_path_find(&parent, item);
	if (value && value->type == (path->steps[parent.count].is_index ? VALUE_L : VALUE_M))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"The document path provided in the update expression is invalid for update");
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
		const struct update_action *action = &update->actions[i];

		TRY(update_evaluate(&evaluator, action, &edits.values[i], err));
		/* Nothing is missed where there was no item, whatever the path. */
		if (!item && !edits.values[i])
			continue;
		TRY(check_path(&action->path, old, err));
		leaves[count++] = (struct path_leaf){ &action->path, i };
	}
	tree = path_tree_sort(leaves, count);
	edit_members(&edits, old, &tree, ret);
	return 0;
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

static bool action_reads(const struct update_action *action)
{
	if (action->path.count > 1)
		return true;
	switch (action->verb) {
	case UPDATE_SET:
		return !action->operand || action->operand->kind != OPERAND_VALUE;
	case UPDATE_REMOVE:
		return false;
	case UPDATE_ADD:
	case UPDATE_DELETE:
		return true;
	}
	return true;
}

bool update_reads(const struct update *update)
{
	for (size_t i = 0; i < update->count; i++) {
		if (action_reads(&update->actions[i]))
			return true;
	}
	return false;
}

void update_touched(
	const struct update *update, const struct map *item, struct arena *arena, struct map *ret)
{
	struct document_path *paths = arena_alloc_array(arena, update->count, sizeof(*paths));

	for (size_t i = 0; i < update->count; i++)
		paths[i] = update->actions[i].path;
	projection_apply(projection_new(paths, update->count, arena), item, arena, ret);
}
