#undef NDEBUG
/* Trees built by hand, and what tests/expr cannot say of parsed ones. */
#include "base/buf.h"
#include "expr/condition.h"
#include "expr/parser.h"
#include "test.h"

static const struct condition *parse(struct arena *arena, const char *text)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct condition *condition = NULL;
	struct placeholders placeholders;

	placeholders_init(&placeholders, NULL, 0, NULL, arena);
	CHECK_OK(condition_parse(EXPRESSION_FILTER, slice_from_string(text), &placeholders, arena,
			 &condition, &err),
		&err);
	return condition;
}

static const struct condition *exists(struct arena *arena, const char *name)
{
	const struct operand **operands = arena_alloc(arena, sizeof(*operands));

	operands[0] = operand_of_path(arena, document_path_of_name(slice_from_string(name), arena));
	return condition_new(arena, CONDITION_ATTRIBUTE_EXISTS, operands, 1);
}

static void trees_are_built_by_hand(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct member members[] = { { SLICE("a"), { .type = VALUE_NULL } } };
	const struct map item = { members, 1 };
	const struct condition *a = exists(&arena, "a"), *b = exists(&arena, "b");

	CHECK(condition_holds(condition_join(&arena, CONDITION_OR, a, b), &item));
	CHECK(!condition_holds(condition_join(&arena, CONDITION_AND, a, b), &item));
	CHECK(condition_holds(condition_join(&arena, CONDITION_NOT, b, NULL), &item));
	CHECK(!condition_holds(a, NULL));
}

static void a_value_is_an_operand(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	const struct value one = { .type = VALUE_N, .number = number_from_int64(1) };
	const struct value two = { .type = VALUE_N, .number = number_from_int64(2) };
	const struct operand *operands[] = { operand_of_value(&arena, &one),
		operand_of_value(&arena, &two), operand_of_value(&arena, &one) };

	CHECK(condition_holds(condition_new(&arena, CONDITION_IN, operands, 3), NULL));
	CHECK(!condition_holds(condition_new(&arena, CONDITION_IN, operands, 2), NULL));
}

static int collect_path(void *context, const struct document_path *path, struct error *err)
{
	struct buf *text = context;

	document_path_append(text, path);
	if (slice_equal_string(document_path_root(path), "stop"))
		return error_set(err, ERROR_VALIDATION, "stopped");
	return 0;
}

static void every_path_is_visited(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct condition *condition =
		parse(&arena, "NOT a.b = c OR size(d) < e[1] AND begins_with(f, g) OR h IN (i, j)");

	CHECK_OK(condition_visit_paths(condition, collect_path, &text, &err), &err);
	CHECK_TEXT(buf_slice(&text), "[a, b][c][d][e, [1]][f][g][h][i][j]");
}

static void a_visitor_stops_the_visit(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	const struct condition *condition = parse(&arena, "a = b AND stop = c AND d = e");

	CHECK_INT(condition_visit_paths(condition, collect_path, &text, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, "stopped");
	CHECK_TEXT(buf_slice(&text), "[a][b][stop]");
}

static void reserved_words_are_known_in_any_case(void)
{
	CHECK(word_is_reserved(SLICE("ABORT")));
	CHECK(word_is_reserved(SLICE("zone")));
	CHECK(word_is_reserved(SLICE("AuThOrIzAtIoN")));
	CHECK(!word_is_reserved(SLICE("remove")));
	CHECK(!word_is_reserved(SLICE("abor")));
	CHECK(!word_is_reserved(SLICE("zones")));
	CHECK(!word_is_reserved(SLICE("localtimestamps")));
	CHECK(!word_is_reserved(SLICE("")));
}

static const struct test_case cases[] = {
	{ "trees are built by hand", trees_are_built_by_hand },
	{ "a value is an operand", a_value_is_an_operand },
	{ "every path is visited", every_path_is_visited },
	{ "a visitor stops the visit", a_visitor_stops_the_visit },
	{ "reserved words are known in any case", reserved_words_are_known_in_any_case },
};
TEST_MAIN(cases)
