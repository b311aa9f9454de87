#undef NDEBUG
#include "base/buf.h"
#include "expr/document_path.h"
#include "test.h"

/* Steps of a path in a row: NULL ends it; "[3]" is an index. */
static struct document_path path_of(struct arena *arena, const char *const *steps)
{
	struct document_path_step *made = arena_alloc_array(arena, 8, sizeof(*made));
	size_t count = 0;

	for (; steps[count]; count++) {
		made[count].is_index = steps[count][0] == '[';
		if (made[count].is_index)
			made[count].index = (uint32_t)strtoul(steps[count] + 1, NULL, 10);
		else
			made[count].name = slice_from_string(steps[count]);
	}
	return (struct document_path){ made, count };
}

#define PATH(...) path_of(&arena, (const char *const[]){ __VA_ARGS__, NULL })

static struct value string_value(const char *text)
{
	return (struct value){ .type = VALUE_S, .bytes = slice_from_string(text) };
}

static void find_goes_through_maps_and_lists(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct value elements[] = { string_value("x"), string_value("y") };
	const struct member inner[] = {
		{ SLICE("l"), { .type = VALUE_L, .elements = { elements, 2 } } },
	};
	const struct member outer[] = {
		{ SLICE("m"), { .type = VALUE_M, .map = { inner, 1 } } },
		{ SLICE("m.l"), string_value("z") },
	};
	const struct map item = { outer, 2 };
	struct document_path path = PATH("m", "l", "[1]");

	CHECK(document_path_find(&path, &item) == &elements[1]);
	path = PATH("m.l");
	CHECK_TEXT(document_path_find(&path, &item)->bytes, "z");
	CHECK_TEXT(document_path_root(&path), "m.l");
}

static void what_is_not_there_is_not_found(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct value elements[] = { string_value("x") };
	const struct member members[] = {
		{ SLICE("l"), { .type = VALUE_L, .elements = { elements, 1 } } },
		{ SLICE("s"), string_value("s") },
	};
	const struct map item = { members, 2 };
	const struct document_path absent[] = {
		PATH("l", "[1]"),
		PATH("l", "a"),
		PATH("l", "[0]", "a"),
		PATH("s", "[0]"),
		PATH("gone"),
	};

	for (size_t i = 0; i < ARRAY_SIZE(absent); i++)
		CHECK(!document_path_find(&absent[i], &item));
	CHECK(!document_path_find(&absent[4], NULL));
}

static void a_path_overlaps_what_it_begins(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct document_path a = PATH("a"), ab = PATH("a", "b"), ac = PATH("a", "c");

	CHECK(document_path_overlaps(&a, &ab) && document_path_overlaps(&ab, &a));
	CHECK(document_path_overlaps(&a, &a) && document_path_equal(&a, &a));
	CHECK(!document_path_overlaps(&ab, &ac) && !document_path_equal(&ab, &ac));
}

static void a_map_conflicts_with_a_list(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	struct document_path name = PATH("a", "b"), index = PATH("a", "[1]");
	struct document_path other = PATH("a", "[2]");

	CHECK(document_path_conflicts(&name, &index) && document_path_conflicts(&index, &name));
	CHECK(!document_path_conflicts(&index, &other));
}

static void it_is_spelt_as_messages_have_it(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct document_path path = PATH("a", "[0]", "b");

	document_path_append(&text, &path);
	CHECK_TEXT(buf_slice(&text), "[a, [0], b]");
}

static void check_clash(
	const struct document_path *paths, size_t count, const char *verb, const char *which)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf message = BUF_INIT;
	const struct document_path *list[8];

	for (size_t i = 0; i < count; i++)
		list[i] = &paths[i];
	buf_appendf(&message,
		"Invalid UpdateExpression: Two document paths %s with each other; must remove or "
		"rewrite one of these paths; %s",
		verb, which);
	CHECK_INT(document_path_check_overlap(EXPRESSION_UPDATE, list, count, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, buf_string(&message));
}

static void the_first_pair_that_clashes_is_named(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct document_path overlapping[] = { PATH("x"), PATH("a", "b"), PATH("y"),
		PATH("a"), PATH("x") };
	const struct document_path conflicting[] = { PATH("b"), PATH("a", "c", "d"),
		PATH("a", "[0]") };

	check_clash(overlapping, 5, "overlap", "path one: [x], path two: [x]");
	check_clash(overlapping, 4, "overlap", "path one: [a, b], path two: [a]");
	check_clash(conflicting, 3, "conflict", "path one: [a, c, d], path two: [a, [0]]");
}

static void paths_apart_are_fine(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct document_path paths[] = { PATH("a", "[0]"), PATH("a", "[1]", "b"),
		PATH("b", "a"), PATH("ab") };
	const struct document_path *list[] = { &paths[0], &paths[1], &paths[2], &paths[3] };

	CHECK_OK(document_path_check_overlap(EXPRESSION_PROJECTION, list, 4, &err), &err);
	CHECK_OK(document_path_check_overlap(EXPRESSION_PROJECTION, list, 0, &err), &err);
}

static const struct test_case cases[] = {
	{ "find goes through maps and lists", find_goes_through_maps_and_lists },
	{ "what is not there is not found", what_is_not_there_is_not_found },
	{ "a path overlaps what it begins", a_path_overlaps_what_it_begins },
	{ "a map conflicts with a list", a_map_conflicts_with_a_list },
	{ "it is spelt as messages have it", it_is_spelt_as_messages_have_it },
	{ "the first pair that clashes is named", the_first_pair_that_clashes_is_named },
	{ "paths apart are fine", paths_apart_are_fine },
};
TEST_MAIN(cases)
