#undef NDEBUG
#include "expr/legacy.h"
#include "model/plain.h"
#include "test.h"

#define INVALID "One or more parameter values were invalid: "

static struct map read_item(struct arena *arena, const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item = { NULL, 0 };

	CHECK_OK(plain_read_item(slice_from_string(text), arena, &item, &err), &err);
	return item;
}

/* The elements of a JSON list. */
static struct elements read_values(struct arena *arena, const char *list)
{
	struct slice text = arena_printf(arena, "{\"l\":%s}", list);

	return read_item(arena, text.data).members[0].value.elements;
}

/* A member on attribute a; values NULL: no AttributeValueList. */
static struct legacy_condition comparing(
	enum comparison comparison, const char *values, struct arena *arena)
{
	struct legacy_condition condition = {
		.attribute_name = SLICE("a"), .has_comparison = true, .comparison = comparison
	};
	struct elements list;

	if (!values)
		return condition;
	list = read_values(arena, values);
	condition.has_values = true;
	condition.values = list.items;
	condition.value_count = list.count;
	return condition;
}

static bool filter_holds(enum comparison comparison, const char *values, const char *item)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct legacy_condition member = comparing(comparison, values, &arena);
	struct map map = read_item(&arena, item);
	const struct condition *condition = NULL;

	CHECK_OK(legacy_filter(&member, 1, false, &arena, &condition, &err), &err);
	return condition_holds(condition, &map);
}

static void check_filter_refused(
	enum comparison comparison, const char *values, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct legacy_condition member = comparing(comparison, values, &arena);
	const struct condition *condition;

	CHECK_INT(legacy_filter(&member, 1, false, &arena, &condition, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void every_comparison_holds_where_its_expression_would(void)
{
	static const struct {
		enum comparison comparison;
		const char *values, *holds, *fails;
	} comparisons[] = {
		{ COMPARISON_EQ, "[5]", "{\"a\":5}", "{\"a\":6}" },
		{ COMPARISON_NE, "[5]", "{\"a\":6}", "{\"a\":5}" },
		{ COMPARISON_LT, "[5]", "{\"a\":4}", "{\"a\":5}" },
		{ COMPARISON_LE, "[5]", "{\"a\":5}", "{\"a\":6}" },
		{ COMPARISON_GT, "[5]", "{\"a\":6}", "{\"a\":5}" },
		{ COMPARISON_GE, "[5]", "{\"a\":5}", "{\"a\":4}" },
		{ COMPARISON_BETWEEN, "[1,3]", "{\"a\":3}", "{\"a\":4}" },
		{ COMPARISON_IN, "[1,3]", "{\"a\":3}", "{\"a\":2}" },
		{ COMPARISON_CONTAINS, "[\"x\"]", "{\"a\":[1,\"x\"]}", "{\"a\":[\"xx\"]}" },
		{ COMPARISON_NOT_CONTAINS, "[\"x\"]", "{\"a\":\"abc\"}", "{\"a\":\"axc\"}" },
		{ COMPARISON_BEGINS_WITH, "[\"x\"]", "{\"a\":\"xy\"}", "{\"a\":\"yx\"}" },
		{ COMPARISON_NULL, NULL, "{}", "{\"a\":null}" },
		{ COMPARISON_NOT_NULL, "[]", "{\"a\":null}", "{}" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++) {
		CHECK(filter_holds(
			comparisons[i].comparison, comparisons[i].values, comparisons[i].holds));
		CHECK(!filter_holds(
			comparisons[i].comparison, comparisons[i].values, comparisons[i].fails));
	}
}

static void a_missing_attribute_is_unequal_and_contains_nothing(void)
{
	CHECK(filter_holds(COMPARISON_NE, "[5]", "{}"));
	CHECK(filter_holds(COMPARISON_NOT_CONTAINS, "[5]", "{}"));
	CHECK(!filter_holds(COMPARISON_LT, "[5]", "{}"));
}

static void each_comparison_takes_its_number_of_values(void)
{
	check_filter_refused(COMPARISON_EQ, NULL,
		INVALID "Invalid number of argument(s) for the EQ ComparisonOperator");
	check_filter_refused(COMPARISON_EQ, "[1,2]",
		INVALID "Invalid number of argument(s) for the EQ ComparisonOperator");
	check_filter_refused(COMPARISON_IN, "[]",
		INVALID "Invalid number of argument(s) for the IN ComparisonOperator");
	check_filter_refused(COMPARISON_BETWEEN, "[1]",
		INVALID "Invalid number of argument(s) for the BETWEEN ComparisonOperator");
	check_filter_refused(COMPARISON_NULL, "[1]",
		INVALID "Invalid number of argument(s) for the NULL ComparisonOperator");
}

static void each_comparison_takes_its_types_of_values(void)
{
	check_filter_refused(COMPARISON_LT, "[true]",
		INVALID "ComparisonOperator LT is not valid for BOOL AttributeValue type");
	check_filter_refused(COMPARISON_CONTAINS, "[[1]]",
		INVALID "ComparisonOperator CONTAINS is not valid for L AttributeValue type");
	check_filter_refused(COMPARISON_BEGINS_WITH, "[1]",
		INVALID "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type");
	check_filter_refused(COMPARISON_IN, "[{\"SS\":[\"x\"]}]",
		INVALID "ComparisonOperator IN is not valid for SS AttributeValue type");
	check_filter_refused(COMPARISON_IN, "[1,\"x\",true]",
		INVALID "AttributeValues inside AttributeValueList must be of same type");
	CHECK(filter_holds(COMPARISON_CONTAINS, "[null]", "{\"a\":[null]}"));
	CHECK(filter_holds(COMPARISON_EQ, "[{\"b\":[1]}]", "{\"a\":{\"b\":[1]}}"));
}

static void the_bounds_of_between_are_in_order(void)
{
	check_filter_refused(COMPARISON_BETWEEN, "[2,1]",
		"The BETWEEN condition was provided a range where the lower bound is greater than "
		"the upper bound");
	CHECK(filter_holds(COMPARISON_BETWEEN, "[2,2]", "{\"a\":2}"));
}

static void values_are_those_of_items(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct value empty = { .type = VALUE_SS };
	const struct legacy_condition member = { .attribute_name = SLICE("a"), .value = &empty };
	const struct condition *condition;

	CHECK_INT(legacy_expected(&member, 1, false, &arena, &condition, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, INVALID "An string set  may not be empty");
}

static void check_expected_refused(const struct legacy_condition *member, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct condition *condition;

	CHECK_INT(legacy_expected(member, 1, false, &arena, &condition, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void parameters_of_expected_exclude_each_other(void)
{
	const struct value one = { .type = VALUE_BOOL };
	struct legacy_condition member = { .attribute_name = SLICE("a") };

	check_expected_refused(
		&member, INVALID "Value must be provided when Exists is null for Attribute: a");
	member.has_exists = member.exists = true;
	check_expected_refused(
		&member, INVALID "Value must be provided when Exists is true for Attribute: a");
	member.has_values = true;
	check_expected_refused(&member,
		INVALID "AttributeValueList can only be used with a ComparisonOperator for "
			"Attribute: a");
	member.value = &one;
	check_expected_refused(&member,
		INVALID "Value and AttributeValueList cannot be used together for Attribute: a");
	member.has_comparison = true;
	check_expected_refused(&member,
		INVALID "Exists and ComparisonOperator cannot be used together for Attribute: a");
	member = (struct legacy_condition){
		.attribute_name = SLICE("a"), .value = &one, .has_exists = true
	};
	check_expected_refused(
		&member, INVALID "Value cannot be used when Exists is false for Attribute: a");
	member = (struct legacy_condition){
		.attribute_name = SLICE("a"), .has_comparison = true, .comparison = COMPARISON_EQ
	};
	check_expected_refused(&member,
		INVALID "Value or AttributeValueList must be used with ComparisonOperator: EQ for "
			"Attribute: a");
}

static bool expected_holds(
	const struct legacy_condition *members, size_t count, bool join_or, const char *item)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map map = read_item(&arena, item);
	const struct condition *condition = NULL;

	CHECK_OK(legacy_expected(members, count, join_or, &arena, &condition, &err), &err);
	return condition_holds(condition, &map);
}

static void value_is_equality_and_exists_false_is_absence(void)
{
	const struct value yes = { .type = VALUE_BOOL, .boolean = true };
	const struct legacy_condition members[] = {
		{ .attribute_name = SLICE("a"), .value = &yes, .has_exists = true, .exists = true },
		{ .attribute_name = SLICE("b"), .has_exists = true },
		{ .attribute_name = SLICE("c"),
			.value = &yes,
			.has_comparison = true,
			.comparison = COMPARISON_NE },
	};

	CHECK(expected_holds(members, 3, false, "{\"a\":true}"));
	CHECK(!expected_holds(members, 3, false, "{\"a\":true,\"b\":null}"));
	CHECK(!expected_holds(members, 3, false, "{\"a\":false}"));
	CHECK(!expected_holds(members, 3, false, "{\"a\":true,\"c\":true}"));
	CHECK(expected_holds(members, 3, true, "{\"a\":false,\"b\":null}"));
	CHECK(!expected_holds(members, 3, true, "{\"a\":false,\"b\":null,\"c\":true}"));
}

static void no_members_are_no_condition(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct condition *condition = NULL;

	CHECK_OK(legacy_expected(NULL, 0, false, &arena, &condition, &err), &err);
	CHECK(!condition);
}

static void very_many_members_do_not_nest_deep(void)
{
	enum { MANY = 100000 };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct legacy_condition *members = arena_alloc_array(&arena, MANY, sizeof(*members));

	for (size_t i = 0; i < MANY; i++)
		members[i] = (struct legacy_condition){ .attribute_name = SLICE("a"),
			.has_exists = true };
	CHECK(expected_holds(members, MANY, false, "{}"));
	CHECK(!expected_holds(members, MANY, true, "{\"a\":1}"));
}

static void key_conditions_become_terms(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct legacy_condition members[] = { comparing(COMPARISON_EQ, "[\"k\"]", &arena),
		comparing(COMPARISON_BETWEEN, "[1,2]", &arena) };
	const struct key_layout layout = { .partition = { { SLICE("a"), VALUE_S } },
		.partition_count = 1,
		.sort = { { SLICE("s"), VALUE_N } },
		.sort_count = 1 };
	struct key_query query = { 0 };
	struct key_terms terms = { NULL, 0 };

	members[1].attribute_name = SLICE("s");
	CHECK_OK(legacy_key_conditions(members, 2, &arena, &terms, &err), &err);
	CHECK_OK(legacy_key_query(&terms, &layout, &query, &err), &err);
	CHECK_TEXT(query.partition[0].bytes, "k");
	CHECK(query.has_range);
	CHECK_INT(query.range, KEY_BETWEEN);
	CHECK(value_equal(&query.bounds[1], &members[1].values[1]));
}

static void only_indexable_comparisons_are_of_keys(void)
{
	static const struct {
		enum comparison comparison;
		const char *values;
	} others[] = { { COMPARISON_NE, "[1]" }, { COMPARISON_IN, "[1]" },
		{ COMPARISON_NULL, NULL }, { COMPARISON_NOT_NULL, NULL },
		{ COMPARISON_CONTAINS, "[1]" }, { COMPARISON_NOT_CONTAINS, "[1]" } };

	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct legacy_condition member =
			comparing(others[i].comparison, others[i].values, &arena);
		struct key_terms terms;

		CHECK_INT(legacy_key_conditions(&member, 1, &arena, &terms, &err), -1);
		CHECK_ERROR(&err, ERROR_VALIDATION,
			"Attempted conditional constraint is not an indexable operation");
	}
}

static void check_updates(
	const struct legacy_update *updates, size_t count, const char *item, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct map old = read_item(&arena, item), new;
	const struct update *update = NULL;

	CHECK_OK(legacy_updates(updates, count, &arena, &update, &err), &err);
	if (update_apply(update, &old, &old, &arena, &new, &err) < 0) {
		CHECK_ERROR(&err, ERROR_VALIDATION, expected);
		return;
	}
	plain_append_line(&buf, &new);
	buf.len--; /* the newline */
	CHECK_TEXT(buf_slice(&buf), expected);
}

static void each_action_becomes_its_verb(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map values =
		read_item(&arena, "{\"n\":1,\"ss\":{\"SS\":[\"x\"]},\"l\":[9],\"s\":\"new\"}");
	const struct value *n = &values.members[0].value, *ss = &values.members[1].value;
	const struct value *l = &values.members[2].value, *s = &values.members[3].value;
	const struct legacy_update updates[] = {
		{ SLICE("a.b"), LEGACY_PUT, s },
		{ SLICE("n"), LEGACY_ADD, n },
		{ SLICE("ss"), LEGACY_ADD, ss },
		{ SLICE("l"), LEGACY_ADD, l },
		{ SLICE("m"), LEGACY_ADD, l },
		{ SLICE("gone"), LEGACY_DELETE, NULL },
		{ SLICE("rest"), LEGACY_DELETE, ss },
		{ SLICE("none"), LEGACY_DELETE, ss },
	};

	check_updates(updates, ARRAY_SIZE(updates),
		"{\"n\":1,\"ss\":{\"SS\":[\"a\"]},\"l\":[1],\"gone\":1,"
		"\"rest\":{\"SS\":[\"x\",\"y\"]}}",
		"{\"n\":2,\"ss\":{\"SS\":[\"a\",\"x\"]},\"l\":[1,9],\"rest\":{\"SS\":[\"y\"]},"
		"\"a.b\":\"new\",\"m\":[9]}");
}

static void a_value_that_does_not_go_with_the_old_one_is_a_mismatch(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map values = read_item(&arena, "{\"n\":1,\"ss\":{\"SS\":[\"x\"]}}");
	const struct legacy_update add = { SLICE("a"), LEGACY_ADD, &values.members[0].value };
	const struct legacy_update take = { SLICE("a"), LEGACY_DELETE, &values.members[1].value };

	check_updates(&add, 1, "{\"a\":[1]}", "Type mismatch for attribute to update");
	check_updates(&add, 1, "{\"a\":\"x\"}", "Type mismatch for attribute to update");
	check_updates(&take, 1, "{\"a\":{\"NS\":[1]}}", "Type mismatch for attribute to update");
}

static void check_update_refused(
	enum legacy_action action, const struct value *value, const char *message)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct legacy_update update = { SLICE("a"), action, value };
	const struct update *converted;

	CHECK_INT(legacy_updates(&update, 1, &arena, &converted, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void each_action_takes_its_types_of_values(void)
{
	const struct value string = { .type = VALUE_S, .bytes = SLICE("x") };
	const struct value number = { .type = VALUE_N };
	const struct value empty = { .type = VALUE_NS };

	check_update_refused(LEGACY_PUT, NULL,
		INVALID "Only DELETE action is allowed when no attribute value is specified");
	check_update_refused(LEGACY_ADD, NULL,
		INVALID "Only DELETE action is allowed when no attribute value is specified");
	check_update_refused(
		LEGACY_ADD, &string, INVALID "ADD action is not supported for the type S");
	check_update_refused(LEGACY_DELETE, &number,
		INVALID "DELETE action with value is not supported for the type N");
	check_update_refused(LEGACY_PUT, &empty, INVALID "An number set  may not be empty");
}

static const struct test_case cases[] = {
	{ "every comparison holds where its expression would",
		every_comparison_holds_where_its_expression_would },
	{ "a missing attribute is unequal and contains nothing",
		a_missing_attribute_is_unequal_and_contains_nothing },
	{ "each comparison takes its number of values",
		each_comparison_takes_its_number_of_values },
	{ "each comparison takes its types of values", each_comparison_takes_its_types_of_values },
	{ "the bounds of BETWEEN are in order", the_bounds_of_between_are_in_order },
	{ "values are those of items", values_are_those_of_items },
	{ "parameters of Expected exclude each other", parameters_of_expected_exclude_each_other },
	{ "Value is equality and Exists false is absence",
		value_is_equality_and_exists_false_is_absence },
	{ "no members are no condition", no_members_are_no_condition },
	{ "very many members do not nest deep", very_many_members_do_not_nest_deep },
	{ "key conditions become terms", key_conditions_become_terms },
	{ "only indexable comparisons are of keys", only_indexable_comparisons_are_of_keys },
	{ "each action becomes its verb", each_action_becomes_its_verb },
	{ "a value that does not go with the old one is a mismatch",
		a_value_that_does_not_go_with_the_old_one_is_a_mismatch },
	{ "each action takes its types of values", each_action_takes_its_types_of_values },
};

TEST_MAIN(cases)
