#undef NDEBUG
#include "model/value.h"
#include "test.h"

#define STRING(text) ((struct value){ .type = VALUE_S, .bytes = SLICE(text) })
#define LIST_OF(set_type, array) \
	((struct value){ .type = (set_type), .elements = { (array), ARRAY_SIZE(array) } })

static struct value number_value(int64_t number)
{
	return (struct value){ .type = VALUE_N, .number = number_from_int64(number) };
}

static void every_descriptor_names_its_type(void)
{
	static const char *const names[] = { "S", "N", "B", "SS", "NS", "BS", "BOOL", "NULL", "L",
		"M" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		enum value_type type;

		CHECK(value_type_parse(slice_from_string(names[i]), &type));
		CHECK_TEXT(slice_from_string(value_type_name(type)), names[i]);
	}
}

static void a_descriptor_is_matched_whole_and_in_its_case(void)
{
	enum value_type type;

	CHECK(!value_type_parse(SLICE("s"), &type));
	CHECK(!value_type_parse(SLICE(""), &type));
	CHECK(!value_type_parse(SLICE("BOO"), &type));
	CHECK(!value_type_parse(SLICE("SSS"), &type));
}

static void a_set_knows_the_type_of_its_elements(void)
{
	CHECK_INT(value_set_element_type(VALUE_SS), VALUE_S);
	CHECK_INT(value_set_element_type(VALUE_NS), VALUE_N);
	CHECK_INT(value_set_element_type(VALUE_BS), VALUE_B);
	CHECK(value_type_is_set(VALUE_BS));
	CHECK(!value_type_is_set(VALUE_L));
}

static void sets_are_equal_in_any_order(void)
{
	struct value forward[] = { number_value(1), number_value(2), number_value(3) };
	struct value shuffled[] = { number_value(3), number_value(1), number_value(2) };
	struct value other[] = { number_value(3), number_value(1), number_value(4) };
	struct value a = LIST_OF(VALUE_NS, forward), b = LIST_OF(VALUE_NS, shuffled);
	struct value c = LIST_OF(VALUE_NS, other);

	CHECK(value_equal(&a, &b));
	CHECK(!value_equal(&a, &c));
	b.elements.count--;
	CHECK(!value_equal(&a, &b));
}

static void lists_are_equal_in_order_only(void)
{
	struct value forward[] = { STRING("a"), STRING("b") };
	struct value backward[] = { STRING("b"), STRING("a") };
	struct value a = LIST_OF(VALUE_L, forward), b = LIST_OF(VALUE_L, backward);

	CHECK(value_equal(&a, &a));
	CHECK(!value_equal(&a, &b));
}

static void maps_are_equal_in_any_order_and_at_any_depth(void)
{
	struct value inner[] = { STRING("x"), number_value(1) };
	struct member forward[] = { { SLICE("a"), LIST_OF(VALUE_L, inner) },
		{ SLICE("b"), STRING("") } };
	struct member backward[] = { forward[1], forward[0] };
	struct member renamed[] = { forward[1], { SLICE("c"), forward[0].value } };
	struct value changed_inner[] = { STRING("x"), number_value(2) };
	struct member changed[] = { forward[1], { SLICE("a"), LIST_OF(VALUE_L, changed_inner) } };
	struct map a = { forward, 2 };

	CHECK(map_equal(&a, &(struct map){ backward, 2 }));
	CHECK(!map_equal(&a, &(struct map){ renamed, 2 }));
	CHECK(!map_equal(&a, &(struct map){ changed, 2 }));
	CHECK(!map_equal(&a, &(struct map){ forward, 1 }));
}

static void values_of_two_types_are_never_equal(void)
{
	struct value string = STRING("1"), binary = STRING("1"), number = number_value(1);
	struct value yes = { .type = VALUE_BOOL, .boolean = true };
	struct value no = { .type = VALUE_BOOL, .boolean = false };
	struct value null = { .type = VALUE_NULL };

	binary.type = VALUE_B;
	CHECK(!value_equal(&string, &binary));
	CHECK(!value_equal(&string, &number));
	CHECK(!value_equal(&yes, &no));
	CHECK(value_equal(&yes, &yes));
	CHECK(value_equal(&null, &null));
	CHECK(!value_equal(&null, &no));
}

static void strings_order_by_unsigned_bytes(void)
{
	struct value z = STRING("z"), e_acute = STRING("\xC3\xA9"), zz = STRING("zz");

	CHECK(value_compare(&z, &e_acute) < 0);
	CHECK(value_compare(&z, &zz) < 0);
	CHECK_INT(value_compare(&z, &z), 0);
}

static void numbers_order_by_value(void)
{
	struct value nine = number_value(9), ten = number_value(10), minus = number_value(-11);

	CHECK(value_compare(&nine, &ten) < 0);
	CHECK(value_compare(&nine, &minus) > 0);
}

static void an_attribute_is_found_by_its_whole_name(void)
{
	struct member members[] = { { SLICE("ab"), STRING("1") }, { SLICE("a"), STRING("2") } };
	struct map map = { members, 2 };

	CHECK(map_find(&map, SLICE("a")) == &members[1].value);
	CHECK(!map_find(&map, SLICE("abc")));
	CHECK(!map_find(&map, SLICE("")));
}

static const struct test_case cases[] = {
	{ "every descriptor names its type", every_descriptor_names_its_type },
	{ "a descriptor is matched whole and in its case",
		a_descriptor_is_matched_whole_and_in_its_case },
	{ "a set knows the type of its elements", a_set_knows_the_type_of_its_elements },
	{ "sets are equal in any order", sets_are_equal_in_any_order },
	{ "lists are equal in order only", lists_are_equal_in_order_only },
	{ "maps are equal in any order and at any depth",
		maps_are_equal_in_any_order_and_at_any_depth },
	{ "values of two types are never equal", values_of_two_types_are_never_equal },
	{ "strings order by unsigned bytes", strings_order_by_unsigned_bytes },
	{ "numbers order by value", numbers_order_by_value },
	{ "an attribute is found by its whole name", an_attribute_is_found_by_its_whole_name },
};

TEST_MAIN(cases)
