#undef NDEBUG
#include "base/arena.h"
#include "model/item.h"
#include "test.h"

static struct value string_value(struct slice bytes)
{
	return (struct value){ .type = VALUE_S, .bytes = bytes };
}

static struct value binary_value(struct slice bytes)
{
	return (struct value){ .type = VALUE_B, .bytes = bytes };
}

static struct value number_value(const char *text)
{
	struct value value = { .type = VALUE_N };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(number_parse(slice_from_string(text), &value.number, &err), &err);
	return value;
}

/* The type is a list's or a set's. */
static struct value elements_value(enum value_type type, const struct value *items, size_t count)
{
	return (struct value){ .type = type, .elements = { items, count } };
}

static struct value map_value(const struct member *members, size_t count)
{
	return (struct value){ .type = VALUE_M, .map = { members, count } };
}

/* An item with one attribute, "a", borrowing the member. */
static struct map item_of(struct member *member, struct value value)
{
	*member = (struct member){ SLICE("a"), value };
	return (struct map){ member, 1 };
}

static size_t size_of(struct value value)
{
	struct member member;
	struct map item = item_of(&member, value);

	return item_size(&item);
}

/* The error for an item with that one attribute, or "" when there is none. */
static const char *fault_of(struct value value)
{
	static struct error err;
	struct member member;
	struct map item = item_of(&member, value);

	error_release(&err);
	return item_validate(&item, &err) < 0 ? err.message : "";
}

#define CHECK_FAULT(value, message) CHECK_TEXT(slice_from_string(fault_of(value)), message)

static void sizes_are_those_of_the_service(void)
{
	const struct value ab = string_value(SLICE("ab"));
	const struct value flags[] = {
		{ .type = VALUE_BOOL, .boolean = true },
		{ .type = VALUE_NULL },
	};
	const struct value empty_list = elements_value(VALUE_L, NULL, 0);
	const struct value strings[] = { string_value(SLICE("a")), string_value(SLICE("bb")) };
	const struct value numbers[] = { number_value("1"), number_value("22") };
	const struct value bytes = binary_value(SLICE("a"));
	const struct member member = { SLICE("kk"), ab };

	CHECK_INT(size_of(flags[0]), 2);
	CHECK_INT(size_of(bytes), 2);
	CHECK_INT(size_of(number_value("-12.5")), 5);
	CHECK_INT(size_of(empty_list), 4);
	CHECK_INT(size_of(elements_value(VALUE_L, &ab, 1)), 7);
	CHECK_INT(size_of(elements_value(VALUE_L, flags, 2)), 8);
	CHECK_INT(size_of(elements_value(VALUE_L, &empty_list, 1)), 8);
	CHECK_INT(size_of(map_value(&member, 1)), 9);
	CHECK_INT(size_of(elements_value(VALUE_SS, strings, 2)), 4);
	CHECK_INT(size_of(elements_value(VALUE_NS, numbers, 2)), 5);
	CHECK_INT(size_of(elements_value(VALUE_BS, &bytes, 1)), 2);
}

static void an_item_may_have_the_maximum_size_and_no_more(void)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct member member;
	struct map item;

	memset(buf_reserve(&text, ITEM_SIZE_MAX), 'x', ITEM_SIZE_MAX);
	item = item_of(&member, string_value(slice_of(text.data, ITEM_SIZE_MAX - 1)));
	CHECK_OK(item_validate(&item, &err), &err);
	item = item_of(&member, string_value(slice_of(text.data, ITEM_SIZE_MAX)));
	CHECK_INT(item_validate(&item, &err), -1);
	CHECK_ERROR(&err, ERROR_TOO_LARGE, "Item size has exceeded the maximum allowed size");
}

static void empty_sets_are_refused(void)
{
	CHECK_FAULT(elements_value(VALUE_SS, NULL, 0),
		"One or more parameter values were invalid: An string set  may not be empty");
	CHECK_FAULT(elements_value(VALUE_NS, NULL, 0),
		"One or more parameter values were invalid: An number set  may not be empty");
	CHECK_FAULT(elements_value(VALUE_BS, NULL, 0),
		"One or more parameter values were invalid: Binary sets should not be empty");
}

static void duplicates_in_sets_are_refused(void)
{
	const struct value strings[] = { string_value(SLICE("b")), string_value(SLICE("a")),
		string_value(SLICE("b")) };
	const struct value numbers[] = { number_value("1"), number_value("1.0") };
	const struct value bytes[] = { binary_value(SLICE("a")), binary_value(SLICE("a")) };

	CHECK_FAULT(elements_value(VALUE_SS, strings, 2), "");
	CHECK_FAULT(elements_value(VALUE_SS, strings, 3),
		"One or more parameter values were invalid: Input collection [b, a, b] contains "
		"duplicates.");
	CHECK_FAULT(elements_value(VALUE_NS, numbers, 2), "Input collection contains duplicates");
	CHECK_FAULT(elements_value(VALUE_BS, bytes, 2),
		"One or more parameter values were invalid: Input collection [YQ==, YQ==]of type "
		"BS contains duplicates.");
}

static void a_set_in_a_map_in_a_list_is_checked_too(void)
{
	const struct member member = { SLICE("s"), elements_value(VALUE_NS, NULL, 0) };
	const struct value map = map_value(&member, 1);

	CHECK_FAULT(elements_value(VALUE_L, &map, 1),
		"One or more parameter values were invalid: An number set  may not be empty");
}

static void equal_strings_may_stand_in_a_list(void)
{
	const struct value strings[] = { string_value(SLICE("a")), string_value(SLICE("a")) };

	CHECK_FAULT(elements_value(VALUE_L, strings, 2), "");
}

/* The leaf within that many lists, alternating with maps. */
static struct value nest(struct arena *arena, struct value leaf, unsigned levels)
{
	for (unsigned i = 0; i < levels; i++) {
		struct value *copy = arena_alloc(arena, sizeof(*copy));
		struct member *member = arena_alloc(arena, sizeof(*member));

		*copy = leaf;
		*member = (struct member){ SLICE("m"), leaf };
		leaf = i % 2 ? elements_value(VALUE_L, copy, 1) : map_value(member, 1);
	}
	return leaf;
}

static void a_value_may_stand_at_level_32_and_no_deeper(void)
{
	static const char *const message =
		"Nesting Levels have exceeded supported limits: Attributes in the item have nested "
		"levels beyond supported limit";
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct value scalar = string_value(SLICE("x"));
	const struct value set = elements_value(VALUE_SS, &scalar, 1);

	CHECK_FAULT(nest(&arena, scalar, 31), "");
	CHECK_FAULT(nest(&arena, scalar, 32), message);
	CHECK_FAULT(nest(&arena, set, 31), "");
	CHECK_FAULT(nest(&arena, set, 32), message);
	CHECK_FAULT(nest(&arena, map_value(NULL, 0), 31), "");
	CHECK_FAULT(nest(&arena, map_value(NULL, 0), 32), message);
}

static void names_are_neither_empty_nor_overlong(void)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct member member = { SLICE(""), string_value(SLICE("x")) };
	const struct map item = { &member, 1 };

	CHECK_INT(item_validate(&item, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: An attribute name may not be empty");
	memset(buf_reserve(&name, ITEM_NAME_MAX + 1), 'n', ITEM_NAME_MAX + 1);
	member.name = slice_of(name.data, ITEM_NAME_MAX);
	CHECK_OK(item_validate(&item, &err), &err);
	member.name = slice_of(name.data, ITEM_NAME_MAX + 1);
	CHECK_INT(item_validate(&item, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Attribute name is too large, must be "
		"less than 65536 bytes");
}

static void strings_are_utf8_and_binary_is_anything(void)
{
	const struct value bad = string_value(SLICE("\xFF"));
	static const char *const message =
		"One or more parameter values were invalid: A string value is not valid UTF-8";

	CHECK_FAULT(bad, message);
	CHECK_FAULT(elements_value(VALUE_SS, &bad, 1), message);
	CHECK_FAULT(binary_value(SLICE("\xFF\0")), "");
}

/* An item with every type, nested, and with payloads whose lengths take one,
 * two and three bytes; lives in the arena. */
static struct map make_everything(struct arena *arena)
{
	const char *long_text = arena_alloc_zero(arena, 20000);
	const struct value strings[] = { string_value(SLICE("")),
		string_value(slice_of(long_text, 130)), string_value(slice_of(long_text, 20000)) };
	const struct value numbers[] = { number_value("0"), number_value("-1.5e-100"),
		number_value("99999999999999999999999999999999999999") };
	const struct value bytes[] = { binary_value(SLICE("")), binary_value(SLICE("\0\xFF")) };
	const struct value list[] = {
		elements_value(VALUE_SS, strings, 3),
		elements_value(VALUE_NS, numbers, 3),
		elements_value(VALUE_BS, bytes, 2),
		{ .type = VALUE_BOOL, .boolean = true },
		{ .type = VALUE_BOOL },
		{ .type = VALUE_NULL },
		elements_value(VALUE_L, NULL, 0),
		map_value(NULL, 0),
	};
	const struct member members[] = {
		{ SLICE("list"), elements_value(VALUE_L, list, ARRAY_SIZE(list)) },
		{ SLICE("number"), numbers[1] },
	};
	const struct member item[] = {
		{ SLICE("first"), strings[1] },
		{ SLICE("map"), map_value(members, ARRAY_SIZE(members)) },
		{ SLICE("last"), bytes[1] },
	};
	const struct map borrowed = { item, ARRAY_SIZE(item) };
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map copy;

	item_encode(&borrowed, &buf);
	CHECK_OK(item_decode(arena, arena_copy(arena, buf_slice(&buf)), &copy, &err), &err);
	CHECK(map_equal(&borrowed, &copy));
	return copy;
}

static void decoding_gives_back_what_was_encoded(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT, again CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item = make_everything(&arena), back;

	item_encode(&item, &buf);
	CHECK_OK(item_decode(&arena, buf_slice(&buf), &back, &err), &err);
	CHECK(map_equal(&item, &back));
	item_encode(&back, &again);
	CHECK(slice_equal(buf_slice(&buf), buf_slice(&again)));
}

static void the_order_of_attributes_is_kept(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map item = make_everything(&arena);

	CHECK_INT(item.count, 3);
	CHECK_TEXT(item.members[0].name, "first");
	CHECK_TEXT(item.members[1].name, "map");
	CHECK_TEXT(item.members[2].name, "last");
}

static void one_attribute_is_found_without_the_others(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct map item = make_everything(&arena);
	struct value value;

	item_encode(&item, &buf);
	CHECK_INT(item_decode_attribute(&arena, buf_slice(&buf), SLICE("last"), &value, &err), 0);
	CHECK(value_equal(&value, map_find(&item, SLICE("last"))));
	CHECK_INT(item_decode_attribute(&arena, buf_slice(&buf), SLICE("map"), &value, &err), 0);
	CHECK(value_equal(&value, map_find(&item, SLICE("map"))));
	CHECK_INT(item_decode_attribute(&arena, buf_slice(&buf), SLICE("list"), &value, &err),
		ITEM_ATTRIBUTE_ABSENT);
}

static void every_truncation_is_corrupt(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct map item = make_everything(&arena), back;

	item_encode(&item, &buf);
	for (size_t len = 0; len < buf.len; len += 1 + len / 50) {
		/* exactly as long, so that a sanitizer sees a read beyond it */
		char *bytes CLEANUP(cleanup_free) = malloc(len + 1);
		struct error err CLEANUP(error_release) = ERROR_INIT;

		memcpy(bytes, buf.data, len);
		CHECK_INT(item_decode(&arena, slice_of(bytes, len), &back, &err), -1);
		CHECK_INT(err.class, ERROR_CORRUPT);
	}
}

static void malformed_bytes_are_corrupt(void)
{
	static const struct slice malformed[] = {
		SLICE(""), /* no count */
		SLICE("\0\0"), /* more than the item */
		SLICE("\x80\0"), /* a count of two bytes that one could hold */
		SLICE("\xFF\xFF\xFF\xFF\x7F"), /* a count beyond the bytes */
		SLICE("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"), /* a count without end */
		SLICE("\1\1a\x0A\0"), /* no such type */
		SLICE("\1\1a\6\1\2"), /* a BOOL of 2 */
		SLICE("\1\1a\7\1\0"), /* a NULL with a payload */
		SLICE("\1\1a\6\0"), /* a BOOL without one */
		SLICE("\1\1a\1\0"), /* a number of no bytes */
		SLICE("\1\1a\3\3\1\2\0"), /* binary in a string set */
		SLICE("\1\1a\x08\x02\x05\0"), /* a list that counts more than it holds */
		SLICE("\1\1a\x08\x02\0\0"), /* a list that holds more than it counts */
	};
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct map item;

		CHECK_INT(item_decode(&arena, malformed[i], &item, &err), -1);
		CHECK_ERROR(&err, ERROR_CORRUPT, "The stored bytes of an item do not decode");
	}
}

static void decoding_is_bounded_in_depth(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct value leaf = { .type = VALUE_NULL };
	struct member member;
	struct map item = item_of(&member, nest(&arena, leaf, 31)), back;

	item_encode(&item, &buf);
	CHECK_OK(item_decode(&arena, buf_slice(&buf), &back, &err), &err);
	item = item_of(&member, nest(&arena, leaf, 32));
	buf_clear(&buf);
	item_encode(&item, &buf);
	CHECK_INT(item_decode(&arena, buf_slice(&buf), &back, &err), -1);
}

static const struct test_case cases[] = {
	{ "sizes are those of the service", sizes_are_those_of_the_service },
	{ "an item may have the maximum size and no more",
		an_item_may_have_the_maximum_size_and_no_more },
	{ "empty sets are refused", empty_sets_are_refused },
	{ "duplicates in sets are refused", duplicates_in_sets_are_refused },
	{ "a set in a map in a list is checked too", a_set_in_a_map_in_a_list_is_checked_too },
	{ "equal strings may stand in a list", equal_strings_may_stand_in_a_list },
	{ "a value may stand at level 32 and no deeper",
		a_value_may_stand_at_level_32_and_no_deeper },
	{ "names are neither empty nor overlong", names_are_neither_empty_nor_overlong },
	{ "strings are UTF-8 and binary is anything", strings_are_utf8_and_binary_is_anything },
	{ "decoding gives back what was encoded", decoding_gives_back_what_was_encoded },
	{ "the order of attributes is kept", the_order_of_attributes_is_kept },
	{ "one attribute is found without the others", one_attribute_is_found_without_the_others },
	{ "every truncation is corrupt", every_truncation_is_corrupt },
	{ "malformed bytes are corrupt", malformed_bytes_are_corrupt },
	{ "decoding is bounded in depth", decoding_is_bounded_in_depth },
};
TEST_MAIN(cases)
