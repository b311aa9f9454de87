/*
 * Applying a projection walks the item and the tree of paths together, so that
 * an item costs what stands beside the chosen paths, not what lies below them.
 * The recursion is as deep as the item nests.
 */
#include "expr/projection.h"

#include "expr/parser.h"

const struct projection *projection_new(
	const struct document_path *paths, size_t count, struct arena *arena)
{
	struct projection *projection = arena_alloc(arena, sizeof(*projection));
	struct path_leaf *leaves = arena_alloc_array(arena, count, sizeof(*leaves));

	for (size_t i = 0; i < count; i++)
		leaves[i] = (struct path_leaf){ &paths[i], i };
	*projection = (struct projection){ paths, count, path_tree_sort(leaves, count) };
	return projection;
}

const struct projection *projection_of_names(
	const struct slice *names, size_t count, struct arena *arena)
{
	struct document_path *paths = arena_alloc_array(arena, count, sizeof(*paths));

	for (size_t i = 0; i < count; i++)
		paths[i] = document_path_of_name(names[i], arena);
	return projection_new(paths, count, arena);
}

static bool choose(const struct value *value, const struct path_tree *tree, struct arena *arena,
	struct value *ret);

static void choose_members(
	const struct map *map, const struct path_tree *tree, struct arena *arena, struct map *ret)
{
	size_t most = map->count < tree->count ? map->count : tree->count;
	struct member *members = arena_alloc_array(arena, most, sizeof(*members));
	size_t count = 0;

	for (size_t i = 0; i < map->count && count < most; i++) {
		const struct member *member = &map->members[i];
		struct path_tree below = path_tree_at_name(tree, member->name);

		if (!below.count || !choose(&member->value, &below, arena, &members[count].value))
			continue;
		members[count++].name = member->name;
	}
	*ret = (struct map){ members, count };
}

static void choose_elements(const struct elements *list, const struct path_tree *tree,
	struct arena *arena, struct elements *ret)
{
	struct value *items = arena_alloc_array(arena, tree->count, sizeof(*items));
	struct path_tree rest = *tree;
	size_t count = 0;

	while (rest.count) {
		const struct document_path_step *step = path_tree_step(&rest);
		struct path_tree below = path_tree_take(&rest);

		if (step->is_index && step->index < list->count)
			count += choose(&list->items[step->index], &below, arena, &items[count]);
	}
	*ret = (struct elements){ items, count };
}

/* Whether anything of the value was chosen. */
static bool choose(const struct value *value, const struct path_tree *tree, struct arena *arena,
	struct value *ret)
{
	if (path_tree_ends(tree)) {
		*ret = *value;
		return true;
	}
	ret->type = value->type;
	if (value->type == VALUE_M) {
		choose_members(&value->map, tree, arena, &ret->map);
		return ret->map.count > 0;
	}
	if (value->type == VALUE_L) {
		choose_elements(&value->elements, tree, arena, &ret->elements);
		return ret->elements.count > 0;
	}
	return false;
}

void projection_apply(const struct projection *projection, const struct map *item,
	struct arena *arena, struct map *ret)
{
	choose_members(item, &projection->tree, arena, ret);
}

/* projection = path { "," path } */
int projection_parse(struct slice text, struct placeholders *placeholders, struct arena *arena,
	const struct projection **ret, struct error *err)
{
	struct parser parser;
	struct document_path *paths;
	const struct document_path **pointers;
	size_t count = 0;

	TRY(parser_init(&parser, EXPRESSION_PROJECTION, text, placeholders, arena, err));
	paths = arena_alloc(arena, parser.count * sizeof(*paths));
	do
		TRY(parser_path(&parser, &paths[count++], err));
	while (parser_accept(&parser, ","));
	TRY(parser_expect_end(&parser, err));
	pointers = arena_alloc(arena, count * sizeof(*pointers));
	for (size_t i = 0; i < count; i++)
		pointers[i] = &paths[i];
	TRY(document_path_check_overlap(parser.kind, pointers, count, err));
	*ret = projection_new(paths, count, arena);
	return 0;
}
