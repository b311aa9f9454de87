#undef NDEBUG
/* Terms that did not come from an expression; those that did are in tests/expr. */
#include "expr/key_condition.h"
#include "test.h"

static const struct value one = { .type = VALUE_N, .number = { 1, 0, false } };
static const struct value two = { .type = VALUE_N, .number = { 2, 0, false } };
static const struct value text = { .type = VALUE_S, .bytes = SLICE("x") };

static const struct key_layout layout = {
	.partition = { { SLICE("pk"), VALUE_S } },
	.partition_count = 1,
	.sort = { { SLICE("sk"), VALUE_N } },
	.sort_count = 1,
};

static void terms_fit_a_layout_in_any_order(void)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct key_term terms[] = {
		{ SLICE("sk"), KEY_BETWEEN, { &one, &two } },
		{ SLICE("pk"), KEY_EQ, { &text, NULL } },
	};
	struct key_query query;

	CHECK_OK(key_query_resolve(&(struct key_terms){ terms, 2 }, &layout, &query, &err), &err);
	CHECK_TEXT(query.partition[0].bytes, "x");
	CHECK_INT(query.sort_equal_count, 0);
	CHECK(query.has_range && query.range == KEY_BETWEEN);
	CHECK(value_equal(&query.bounds[0], &one) && value_equal(&query.bounds[1], &two));
}

static void a_failure_leaves_the_result_alone(void)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct key_term terms[] = {
		{ SLICE("pk"), KEY_EQ, { &text, NULL } },
		{ SLICE("sk"), KEY_BETWEEN, { &one, &text } },
	};
	struct key_query query = { .sort_equal_count = 7 };

	CHECK_INT(key_query_resolve(&(struct key_terms){ terms, 2 }, &layout, &query, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Condition parameter type does not "
		"match schema type");
	CHECK_INT(query.sort_equal_count, 7);
}

static void no_terms_miss_the_partition_key(void)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct key_query query;

	CHECK_INT(key_query_resolve(&(struct key_terms){ NULL, 0 }, &layout, &query, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, "Query condition missed key schema element: pk");
}

static void an_expression_becomes_terms_in_its_order(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct member values[] = { { SLICE(":p"), text }, { SLICE(":n"), one } };
	struct placeholders placeholders;
	struct key_terms terms;

	placeholders_init(&placeholders, NULL, 0, &(struct map){ values, 2 }, &arena);
	CHECK_OK(key_condition_parse(
			 SLICE(":n > sk AND pk = :p"), &placeholders, &arena, &terms, &err),
		&err);
	CHECK_INT(terms.count, 2);
	CHECK_TEXT(terms.terms[0].name, "sk");
	CHECK_INT(terms.terms[0].comparison, KEY_LT);
	CHECK(value_equal(terms.terms[0].values[0], &one) && !terms.terms[0].values[1]);
	CHECK_OK(placeholders_check_used(&placeholders, &err), &err);
}

static const struct test_case cases[] = {
	{ "terms fit a layout in any order", terms_fit_a_layout_in_any_order },
	{ "a failure leaves the result alone", a_failure_leaves_the_result_alone },
	{ "no terms miss the partition key", no_terms_miss_the_partition_key },
	{ "an expression becomes terms in its order", an_expression_becomes_terms_in_its_order },
};
TEST_MAIN(cases)
