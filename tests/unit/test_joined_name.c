#undef NDEBUG
#include "joined_name.h"
#include "test.h"

#include <endian.h>

static struct value string_value(const char *text)
{
	return (struct value){ .type = VALUE_S, .bytes = slice_from_string(text) };
}

static struct value number_value(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value = { .type = VALUE_N };

	CHECK_OK(number_parse(slice_from_string(text), &value.number, &err), &err);
	return value;
}

/* A string, or binary, of that many equal bytes. */
static struct value long_value(struct arena *arena, enum value_type type, char byte, size_t length)
{
	char *bytes = arena_alloc(arena, length);

	memset(bytes, byte, length);
	return (struct value){ .type = type, .bytes = slice_of(bytes, length) };
}

static struct slice link_name(
	struct arena *arena, const struct value *values, size_t count, size_t key_count)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	joined_name_append_link(values, count, key_count, &name);
	CHECK(name.len <= NAME_LENGTH_MAX);
	return arena_copy(arena, buf_slice(&name));
}

static struct key_schema schema_of(enum value_type partition, enum value_type sort)
{
	return (struct key_schema){ { SLICE("pk"), partition }, { SLICE("sk"), sort } };
}

#define PAIR(partition, sort) ((const struct value[]){ partition, sort })

/* Whether the last two values are read from the name of all of them, as far as
 * a name can hold them. */
static bool key_is_read(struct arena *arena, const struct value *values, size_t count)
{
	struct key_schema schema = schema_of(values[count - 2].type, values[count - 1].type);
	struct slice name = link_name(arena, values, count, 2);
	struct joined_part parts[2];

	if (!joined_name_read_key(name, count, &schema, arena, parts))
		return false;
	for (size_t i = 0; i < 2; i++) {
		const struct value *value = &values[count - 2 + i], *read = &parts[i].value;

		if (parts[i].outcome == NAME_EXACT && value_equal(read, value))
			continue;
		if (parts[i].outcome == NAME_EXACT || value->type == VALUE_N ||
			parts[i].hash != name_hash(value) ||
			!slice_starts_with(value->bytes, read->bytes))
			return false;
	}
	return true;
}

static void parts_are_joined_by_commas(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	CHECK_TEXT(link_name(&arena, PAIR(number_value("2013"), string_value("Rush")), 2, 2),
		"2013,Rush.json");
	CHECK_TEXT(link_name(&arena, PAIR(string_value("a/b"), number_value("-1.50")), 2, 2),
		"a%2Fb,%2D1.5.json");
}

static void a_comma_in_a_part_is_escaped(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	CHECK_TEXT(link_name(&arena, PAIR(string_value("a,b"), string_value(",%2C")), 2, 2),
		"a%2Cb,%2C%252C.json");
	CHECK(key_is_read(&arena, PAIR(string_value("a,b"), string_value(",%2C")), 2));
}

static void one_value_is_named_as_an_item(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct key_schema schema = { .partition = { SLICE("pk"), VALUE_S } };
	struct value value = string_value("a,b");
	struct joined_part part;
	struct slice name = link_name(&arena, &value, 1, 1);

	CHECK_TEXT(name, "a,b.json");
	CHECK(joined_name_read_key(name, 1, &schema, &arena, &part));
	CHECK_INT(part.outcome, NAME_EXACT);
	CHECK(value_equal(&part.value, &value));
}

static void the_key_is_read_from_the_last_parts(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct value values[] = { string_value("x,y"), number_value("1e5"), string_value("pk"),
		{ .type = VALUE_B, .bytes = SLICE("\xFF\x00,") } };

	CHECK_TEXT(link_name(&arena, values, 4, 2), "x%2Cy,100000,pk,ff002c.json");
	CHECK(key_is_read(&arena, values, 4));
}

static void an_over_long_link_is_shortened_part_by_part(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct value values[] = { string_value("short"), long_value(&arena, VALUE_S, 'x', 300) };
	struct slice name = link_name(&arena, values, 2, 2);

	CHECK(slice_starts_with(name, SLICE("short,xxxx")));
	CHECK_INT(name.len, 6 + 124 + 5);
	CHECK(key_is_read(&arena, values, 2));
}

/* Lengths around every limit, bytes that are escaped, and each type. */
static void keys_of_every_length_are_read(void)
{
	static const char bytes[] = "x,/%";
	const size_t step = 300 / test_rounds(300);

	for (size_t length = 1; length <= 1024; length += length < 300 ? step : 97) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;

		for (size_t i = 0; i < sizeof(bytes); i++) {
			struct value s = long_value(&arena, VALUE_S, bytes[i], length);
			struct value b = long_value(&arena, VALUE_B, bytes[i], length);
			struct value six[] = { s, s, b, number_value("1e-130"), s, b };

			CHECK(key_is_read(&arena, PAIR(s, b), 2));
			CHECK(key_is_read(&arena, PAIR(b, s), 2));
			CHECK(key_is_read(&arena, PAIR(s, number_value("-1e125")), 2));
			CHECK(key_is_read(&arena, six, 6));
		}
	}
}

static void numbers_of_the_key_are_never_cut(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct value longest = number_value("-1.2345678901234567890123456789012345678e-92");
	struct value values[] = { longest, longest, longest, longest, longest, longest };
	struct slice name = link_name(&arena, values, 6, 2);

	CHECK(slice_ends_with(name, SLICE(",%2D12345678901234567890123456789012345678E-129"
					  ",%2D12345678901234567890123456789012345678E-129.json")));
	CHECK(key_is_read(&arena, values, 6));
}

static void characters_and_escapes_are_cut_whole(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct value values[2] = { string_value("x") };

	for (size_t lead = 0; lead < 6; lead++) {
		buf_clear(&text);
		for (size_t i = 0; i < lead; i++)
			buf_append_char(&text, 'x');
		for (size_t i = 0; i < 200; i++)
			buf_append_string(&text, i % 2 ? "\xF0\x9F\x8E\xAC" : ",");
		values[1] = string_value(buf_string(&text));
		CHECK(key_is_read(&arena, values, 2));
	}
}

static bool reads_key(const char *name, size_t count)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct key_schema schema = schema_of(VALUE_N, VALUE_S);
	struct joined_part parts[2];

	return joined_name_read_key(slice_from_string(name), count, &schema, &arena, parts);
}

static void what_is_no_link_is_not_read(void)
{
	CHECK(reads_key("1,a.json", 2));
	CHECK(!reads_key("1,a", 2));
	CHECK(!reads_key("1.json", 2));
	CHECK(!reads_key("1,a,b.json", 2));
	CHECK(!reads_key("x,a.json", 2));
	CHECK(!reads_key("1,.json", 2));
	CHECK(!reads_key(",a.json", 2));
	CHECK(!reads_key(",.json", 2));
	CHECK(!reads_key(".json", 2));
	CHECK(!reads_key("1,%~0123456789abcdef.json", 2));
	CHECK(reads_key("a,b,1,c.json", 4));
	CHECK(reads_key(",,1,c.json", 4));
}

static const struct key_layout two = {
	.partition = { { { "g", 1 }, VALUE_S }, { { "h", 1 }, VALUE_N } },
	.partition_count = 2,
};

static struct slice partition_name(
	struct arena *arena, const struct key_layout *layout, const struct value *values)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	joined_name_append_partition(layout, values, &name);
	CHECK(name.len <= NAME_LENGTH_MAX);
	return arena_copy(arena, buf_slice(&name));
}

static void a_partition_of_several_attributes_joins_them(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct value values[] = { string_value("a,b.json"), number_value("7") }, read[2];
	struct slice name = partition_name(&arena, &two, values);
	uint64_t hash;

	CHECK_TEXT(name, "a%2Cb.json,7");
	CHECK_INT(joined_name_read_partition(&two, name, &arena, read, &hash), NAME_EXACT);
	CHECK(value_equal(&read[0], &values[0]));
	CHECK(value_equal(&read[1], &values[1]));
	CHECK_INT(
		joined_name_read_partition(&two, SLICE("a"), &arena, read, &hash), NAME_IMPOSSIBLE);
	CHECK_INT(joined_name_read_partition(&two, SLICE("a,b"), &arena, read, &hash),
		NAME_IMPOSSIBLE);
}

static void an_over_long_partition_carries_the_hash_of_its_entries(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	uint64_t expected, hash;

	for (size_t length = 200; length < 300; length++) {
		struct value values[] = { long_value(&arena, VALUE_S, 'x', length),
			number_value("7") };
		struct value read[2];
		struct slice name = partition_name(&arena, &two, values);
		enum name_outcome outcome =
			joined_name_read_partition(&two, name, &arena, read, &hash);

		CHECK_INT(outcome, length + 2 > NAME_LENGTH_MAX ? NAME_HASHED : NAME_EXACT);
		if (outcome == NAME_EXACT)
			continue;
		buf_clear(&bytes);
		key_layout_encode_partition(&two, values, &bytes);
		memcpy(&expected, bytes.data, sizeof(expected));
		CHECK_INT(hash, be64toh(expected));
	}
}

static void a_partition_of_one_attribute_is_named_as_a_tables(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct key_layout one = { .partition = { { SLICE("g"), VALUE_S } }, .partition_count = 1 };
	struct value value = long_value(&arena, VALUE_S, ',', 300), read;
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	uint64_t hash;

	name_encode(&value, NAME_PARTITION, &name);
	CHECK(slice_equal(partition_name(&arena, &one, &value), buf_slice(&name)));
	CHECK_INT(joined_name_read_partition(&one, buf_slice(&name), &arena, &read, &hash),
		NAME_HASHED);
	CHECK_INT(hash, name_hash(&value));
	CHECK_INT(joined_name_read_partition(&one, SLICE("a,b"), &arena, &read, &hash), NAME_EXACT);
	CHECK_TEXT(read.bytes, "a,b");
}

static const struct test_case cases[] = {
	{ "parts are joined by commas", parts_are_joined_by_commas },
	{ "a comma in a part is escaped", a_comma_in_a_part_is_escaped },
	{ "one value is named as an item", one_value_is_named_as_an_item },
	{ "the key is read from the last parts", the_key_is_read_from_the_last_parts },
	{ "an over-long link is shortened part by part",
		an_over_long_link_is_shortened_part_by_part },
	{ "keys of every length are read", keys_of_every_length_are_read },
	{ "numbers of the key are never cut", numbers_of_the_key_are_never_cut },
	{ "characters and escapes are cut whole", characters_and_escapes_are_cut_whole },
	{ "what is no link is not read", what_is_no_link_is_not_read },
	{ "a partition of several attributes joins them",
		a_partition_of_several_attributes_joins_them },
	{ "an over-long partition carries the hash of its entries",
		an_over_long_partition_carries_the_hash_of_its_entries },
	{ "a partition of one attribute is named as a table's",
		a_partition_of_one_attribute_is_named_as_a_tables },
};
TEST_MAIN(cases)
