#undef NDEBUG
#include "expr/projection.h"
#include "model/plain.h"
#include "test.h"

static struct map read_item(struct arena *arena, const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item = { NULL, 0 };

	CHECK_OK(plain_read_item(slice_from_string(text), arena, &item, &err), &err);
	return item;
}

static void check_item(const struct map *item, const char *line)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	plain_append_line(&buf, item);
	CHECK(buf.len);
	buf.len--; /* the newline */
	CHECK_TEXT(buf_slice(&buf), line);
}

static int parse(const char *expression, struct arena *arena, const struct projection **ret,
	struct error *err)
{
	static const struct name_placeholder names[] = { { SLICE("#n"), SLICE("a.b") },
		{ SLICE("#a"), SLICE("a") } };
	struct placeholders placeholders;

	placeholders_init(&placeholders, names, ARRAY_SIZE(names), NULL, arena);
	return projection_parse(slice_from_string(expression), &placeholders, arena, ret, err);
}

static void check_projection(const char *expression, const char *item, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map old = read_item(&arena, item), chosen;
	const struct projection *projection = NULL;

	CHECK_OK(parse(expression, &arena, &projection, &err), &err);
	projection_apply(projection, &old, &arena, &chosen);
	check_item(&chosen, expected);
}

static void check_refused(const char *expression, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct projection *projection;

	CHECK_INT(parse(expression, &arena, &projection, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void attributes_keep_the_order_of_the_item(void)
{
	check_projection("c, q, a, #n", "{\"a\":1,\"b\":2,\"a.b\":3,\"c\":4}",
		"{\"a\":1,\"a.b\":3,\"c\":4}");
}

static void elements_are_packed_in_the_order_of_the_list(void)
{
	check_projection("l[3], l[9], l[1], m[1][0], m[0][1]",
		"{\"l\":[0,1,2,3],\"m\":[[1,2],[3,4]]}", "{\"l\":[1,3],\"m\":[[2],[3]]}");
}

static void parents_stand_only_where_something_is_chosen(void)
{
	check_projection("a.z, l[9], b.c.d, l[0].x, n[0], o.a, e.f",
		"{\"a\":{\"b\":1},\"l\":[0],\"b\":{\"c\":{\"e\":1}},\"n\":1,\"o\":1,\"e\":{}}",
		"{}");
	check_projection("a.b.c, a.d, e", "{\"a\":{\"x\":0,\"b\":{\"c\":[],\"y\":0}},\"e\":{}}",
		"{\"a\":{\"b\":{\"c\":[]}},\"e\":{}}");
}

static void maps_within_lists_are_thinned(void)
{
	check_projection("m[1].x, m[0].y, m[2].x", "{\"m\":[{\"x\":1,\"y\":2},{\"x\":3},5]}",
		"{\"m\":[{\"y\":2},{\"x\":3}]}");
}

static void what_is_chosen_is_borrowed(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct slice names[] = { SLICE("m"), SLICE("z") };
	struct map item = read_item(&arena, "{\"k\":1,\"m\":{\"a\":[1]}}"), chosen;

	projection_apply(projection_of_names(names, 2, &arena), &item, &arena, &chosen);
	CHECK_INT(chosen.count, 1);
	CHECK(chosen.members[0].value.map.members == item.members[1].value.map.members);
}

static void names_are_whole_attributes(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct slice names[] = { SLICE("a.b"), SLICE("c[0]"), SLICE("date") };
	struct map item =
		read_item(&arena, "{\"a\":{\"b\":1},\"a.b\":2,\"c\":[3],\"c[0]\":4,\"date\":5}");
	struct map chosen;

	projection_apply(projection_of_names(names, 3, &arena), &item, &arena, &chosen);
	check_item(&chosen, "{\"a.b\":2,\"c[0]\":4,\"date\":5}");
}

static void the_shorter_of_two_paths_wins(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct document_path_step steps[] = { { .name = SLICE("a") },
		{ .name = SLICE("b") } };
	const struct document_path paths[] = { { steps, 2 }, { steps, 1 }, { steps, 1 } };
	struct map item = read_item(&arena, "{\"a\":{\"b\":1,\"c\":2}}"), chosen;

	projection_apply(projection_new(paths, 3, &arena), &item, &arena, &chosen);
	check_item(&chosen, "{\"a\":{\"b\":1,\"c\":2}}");
}

static void paths_that_overlap_are_refused_in_either_order(void)
{
	check_refused("a.b, #a",
		"Invalid ProjectionExpression: Two document paths overlap with each other; must "
		"remove or rewrite one of these paths; path one: [a, b], path two: [a]");
	check_refused("l, x, l[0]",
		"Invalid ProjectionExpression: Two document paths overlap with each other; must "
		"remove or rewrite one of these paths; path one: [l], path two: [l, [0]]");
	check_refused("a.b, a[1]",
		"Invalid ProjectionExpression: Two document paths conflict with each other; must "
		"remove or rewrite one of these paths; path one: [a, b], path two: [a, [1]]");
}

static void anything_but_paths_is_a_syntax_error(void)
{
	static const struct {
		const char *expression, *token, *near;
	} faults[] = {
		{ "a b", "b", "a b" },
		{ "a,", "<EOF>", "," },
		{ ",a", ",", ",a" },
		{ "a.", "<EOF>", "." },
		{ "a[", "<EOF>", "[" },
		{ "a[-1]", "-", "[-1" },
		{ "size(a)", "(", "size(a" },
		{ "(a)", "(", "(a" },
		{ ":v", ":v", ":v" },
		{ "  ", "<EOF>", "  " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		check_refused(faults[i].expression,
			arena_printf(&arena,
				"Invalid ProjectionExpression: Syntax error; token: \"%s\", near: "
				"\"%s\"",
				faults[i].token, faults[i].near)
				.data);
	}
	check_refused("", "Invalid ProjectionExpression: The expression can not be empty;");
}

static const struct test_case cases[] = {
	{ "attributes keep the order of the item", attributes_keep_the_order_of_the_item },
	{ "elements are packed in the order of the list",
		elements_are_packed_in_the_order_of_the_list },
	{ "parents stand only where something is chosen",
		parents_stand_only_where_something_is_chosen },
	{ "maps within lists are thinned", maps_within_lists_are_thinned },
	{ "what is chosen is borrowed", what_is_chosen_is_borrowed },
	{ "names are whole attributes", names_are_whole_attributes },
	{ "the shorter of two paths wins", the_shorter_of_two_paths_wins },
	{ "paths that overlap are refused in either order",
		paths_that_overlap_are_refused_in_either_order },
	{ "anything but paths is a syntax error", anything_but_paths_is_a_syntax_error },
};

TEST_MAIN(cases)
