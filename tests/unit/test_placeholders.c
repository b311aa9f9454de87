#undef NDEBUG
#include "base/buf.h"
#include "expr/placeholders.h"
#include "model/item.h"
#include "test.h"

static const struct name_placeholder two_names[] = {
	{ SLICE("#b"), SLICE("beta") },
	{ SLICE("#a"), SLICE("alpha") },
};

static struct value string_value(const char *text)
{
	return (struct value){ .type = VALUE_S, .bytes = slice_from_string(text) };
}

static void check_fault(const struct name_placeholder *names, size_t name_count,
	const struct map *values, const char *message)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct placeholders placeholders;

	placeholders_init(&placeholders, names, name_count, values, &arena);
	CHECK_INT(placeholders_check(&placeholders, true, NULL, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, message);
}

static void names_are_found_and_then_used(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct placeholders placeholders;
	struct slice name;

	placeholders_init(&placeholders, two_names, 2, NULL, &arena);
	CHECK_OK(placeholders_name(&placeholders, EXPRESSION_FILTER, SLICE("#b"), &name, &err),
		&err);
	CHECK_TEXT(name, "beta");
	CHECK_INT(placeholders_check_used(&placeholders, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}");
	CHECK_OK(placeholders_name(&placeholders, EXPRESSION_UPDATE, SLICE("#a"), &name, &err),
		&err);
	CHECK_OK(placeholders_check_used(&placeholders, &err), &err);
}

static void what_is_not_defined_is_named_with_its_expression(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct placeholders placeholders;
	const struct value *value;
	struct slice name;

	placeholders_init(&placeholders, NULL, 0, NULL, &arena);
	CHECK_INT(placeholders_name(&placeholders, EXPRESSION_PROJECTION, SLICE("#n"), &name, &err),
		-1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"Invalid ProjectionExpression: An expression attribute name used in the document "
		"path is not defined; attribute name: #n");
	CHECK_INT(placeholders_value(&placeholders, EXPRESSION_UPDATE, SLICE(":v"), &value, &err),
		-1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"Invalid UpdateExpression: An expression attribute value used in expression is not "
		"defined; attribute value: :v");
}

static void unused_ones_are_listed_in_order(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct member members[] = {
		{ SLICE(":z"), string_value("x") },
		{ SLICE(":a"), string_value("y") },
	};
	struct placeholders placeholders;

	placeholders_init(&placeholders, NULL, 0, &(struct map){ members, 2 }, &arena);
	CHECK_INT(placeholders_check_used(&placeholders, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"Value provided in ExpressionAttributeValues unused in expressions: keys: {:a, "
		":z}");
}

static void thousands_of_names_are_found(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct name_placeholder *names = arena_alloc_array(&arena, 5000, sizeof(*names));
	struct placeholders placeholders;
	struct slice name;

	for (int i = 0; i < 5000; i++)
		names[i] = (struct name_placeholder){ arena_printf(&arena, "#n%d", i),
			arena_printf(&arena, "name%d", i) };
	placeholders_init(&placeholders, names, 5000, NULL, &arena);
	for (size_t i = 0; i < 5000; i++) {
		CHECK_OK(placeholders_name(&placeholders, EXPRESSION_FILTER, names[i].placeholder,
				 &name, &err),
			&err);
		CHECK(slice_equal(name, names[i].name));
	}
	CHECK_OK(placeholders_check_used(&placeholders, &err), &err);
}

static void without_an_expression_neither_parameter_may_stand(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	const struct map no_values = { NULL, 0 };
	struct placeholders placeholders;

	placeholders_init(&placeholders, two_names, 2, &no_values, &arena);
	CHECK_INT(placeholders_check(&placeholders, false, NULL, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"ExpressionAttributeNames can only be specified when using expressions");
	placeholders_init(&placeholders, NULL, 0, &no_values, &arena);
	CHECK_INT(placeholders_check(&placeholders, false, "FilterExpression is null", &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"ExpressionAttributeValues can only be specified when using expressions: "
		"FilterExpression is null");
	placeholders_init(&placeholders, NULL, 0, NULL, &arena);
	CHECK_OK(placeholders_check(&placeholders, false, NULL, &err), &err);
}

static void empty_parameters_are_refused_names_first(void)
{
	const struct map no_values = { NULL, 0 };

	check_fault(two_names, 0, &no_values, "ExpressionAttributeNames must not be empty");
	check_fault(NULL, 0, &no_values, "ExpressionAttributeValues must not be empty");
}

static void a_name_is_a_hash_and_a_word(void)
{
	static const char *const faults[][2] = {
		{ "n", "Syntax error; key: \"n\"" },
		{ "#", "Syntax error; key: \"#\"" },
		{ "#a-b", "Syntax error; key: \"#a-b\"" },
		{ ":n", "Syntax error; key: \":n\"" },
		{ "", "The expression attribute map contains an empty key;" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		CLEANUP(buf_release) struct buf message = BUF_INIT;
		const struct name_placeholder name = { slice_from_string(faults[i][0]),
			SLICE("x") };

		buf_appendf(&message, "ExpressionAttributeNames contains invalid key: %s",
			faults[i][1]);
		check_fault(&name, 1, NULL, buf_string(&message));
	}
}

static void over_long_tokens_are_refused(void)
{
	CLEANUP(buf_release) struct buf token = BUF_INIT;
	struct name_placeholder name = { .name = SLICE("x") };
	struct member member = { .value = string_value("x") };

	buf_append_char(&token, '#');
	buf_resize(&token, 256);
	memset(token.data + 1, 'a', 255);
	name.placeholder = buf_slice(&token);
	check_fault(&name, 1, NULL,
		"ExpressionAttributeNames contains invalid key: The expression attribute map "
		"contains a key that is too long; size of key: 256");
	token.data[0] = ':';
	member.name = buf_slice(&token);
	check_fault(NULL, 0, &(struct map){ &member, 1 },
		"ExpressionAttributeValues contains invalid key: The expression attribute map "
		"contains a key that is too long;");
}

static void a_name_stands_for_a_name(void)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct name_placeholder name = { SLICE("#n"), SLICE("") };

	check_fault(&name, 1, NULL,
		"ExpressionAttributeNames contains invalid value: Empty attribute name for key "
		"#n");
	buf_resize(&text, ITEM_NAME_MAX + 1);
	name.name = buf_slice(&text);
	check_fault(&name, 1, NULL,
		"ExpressionAttributeNames contains invalid value: Attribute name is too large, "
		"must be less than 65536 bytes for key #n");
}

static void keys_are_looked_at_before_values(void)
{
	const struct value twice[] = { string_value("a"), string_value("a") };
	const struct member members[] = {
		{ SLICE(":a"), { .type = VALUE_SS, .elements = { twice, 2 } } },
		{ SLICE("b"), string_value("x") },
	};

	check_fault(NULL, 0, &(struct map){ members, 2 },
		"ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\"");
	check_fault(NULL, 0, &(struct map){ members, 1 },
		"ExpressionAttributeValues contains invalid value: One or more parameter values "
		"were invalid: Input collection [a, a] contains duplicates. for key :a");
}

static void a_value_may_be_larger_than_an_item_but_not_all_of_them(void)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct member member = { .name = SLICE(":v"), .value = { .type = VALUE_S } };
	struct placeholders placeholders;

	buf_resize(&text, 2200000);
	memset(text.data, 'x', text.len);
	member.value.bytes = slice_of(text.data, 500000);
	placeholders_init(&placeholders, NULL, 0, &(struct map){ &member, 1 }, &arena);
	CHECK_OK(placeholders_check(&placeholders, true, NULL, &err), &err);
	member.value.bytes = buf_slice(&text);
	check_fault(
		NULL, 0, &(struct map){ &member, 1 }, "ExpressionAttributeValues exceeds max size");
}

static const struct test_case cases[] = {
	{ "names are found and then used", names_are_found_and_then_used },
	{ "what is not defined is named with its expression",
		what_is_not_defined_is_named_with_its_expression },
	{ "unused ones are listed in order", unused_ones_are_listed_in_order },
	{ "thousands of names are found", thousands_of_names_are_found },
	{ "without an expression neither parameter may stand",
		without_an_expression_neither_parameter_may_stand },
	{ "empty parameters are refused, names first", empty_parameters_are_refused_names_first },
	{ "a name is a hash and a word", a_name_is_a_hash_and_a_word },
	{ "over-long tokens are refused", over_long_tokens_are_refused },
	{ "a name stands for a name", a_name_stands_for_a_name },
	{ "keys are looked at before values", keys_are_looked_at_before_values },
	{ "a value may be larger than an item, but not all of them",
		a_value_may_be_larger_than_an_item_but_not_all_of_them },
};
TEST_MAIN(cases)
