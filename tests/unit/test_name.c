#undef NDEBUG
#include "name.h"
#include "test.h"

#include <inttypes.h>

static struct value string_value(struct slice text)
{
	return (struct value){ .type = VALUE_S, .bytes = text };
}

static struct value binary_value(struct slice bytes)
{
	return (struct value){ .type = VALUE_B, .bytes = bytes };
}

static struct value number_value(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value = { .type = VALUE_N };

	CHECK_OK(number_parse(slice_from_string(text), &value.number, &err), &err);
	return value;
}

struct decoded {
	int outcome;
	struct value value;
	uint64_t hash;
	struct slice canonical;
};

static struct decoded decode(
	struct arena *arena, struct slice name, enum name_suffix suffix, enum value_type type)
{
	struct decoded decoded = { 0 };

	decoded.outcome = name_decode(
		name, suffix, type, arena, &decoded.value, &decoded.hash, &decoded.canonical);
	return decoded;
}

/* Whether the value has this name as an item, and the name this value. */
static bool named(struct value value, const char *name)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct decoded decoded;

	name_encode(&value, NAME_ITEM, &buf);
	if (!slice_equal_string(buf_slice(&buf), name)) {
		printf("# named \"%s\", not \"%s\"\n", buf_string(&buf), name);
		return false;
	}
	decoded = decode(&arena, buf_slice(&buf), NAME_ITEM, value.type);
	return decoded.outcome == NAME_EXACT && value_equal(&decoded.value, &value);
}

static void a_string_is_its_own_name(void)
{
	CHECK(named(string_value(SLICE("Rush")), "Rush.json"));
	CHECK(named(string_value(SLICE("a b,c~-.")), "a b,c~-..json"));
	CHECK(named(string_value(SLICE("caf\xC3\xA9 \xF0\x9F\x8E\xAC")),
		"caf\xC3\xA9 \xF0\x9F\x8E\xAC.json"));
	CHECK(named(string_value(SLICE("a.json")), "a.json.json"));
}

static void what_a_name_cannot_hold_is_escaped(void)
{
	CHECK(named(string_value(SLICE("V/H/S")), "V%2FH%2FS.json"));
	CHECK(named(string_value(SLICE("100%")), "100%25.json"));
	CHECK(named(string_value(SLICE("a\nb\x7F\x1F")), "a%0Ab%7F%1F.json"));
	CHECK(named(string_value(SLICE("\x00")), "%00.json"));
}

static void a_dot_or_dash_is_escaped_only_in_front(void)
{
	CHECK(named(string_value(SLICE("..")), "%2E..json"));
	CHECK(named(string_value(SLICE("-rf-")), "%2Drf-.json"));
	CHECK(named(string_value(SLICE(".x.swp")), "%2Ex.swp.json"));
}

static void a_number_is_named_by_its_canonical_text(void)
{
	CHECK(named(number_value("2013"), "2013.json"));
	CHECK(named(number_value("1e3"), "1000.json"));
	CHECK(named(number_value("-5.50"), "%2D5.5.json"));
	CHECK(named(number_value("0"), "0.json"));
}

static void binary_is_named_in_lower_case_hex(void)
{
	CHECK(named(binary_value(SLICE("\x00\xFFz")), "00ff7a.json"));
}

static void a_partition_has_no_suffix(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct value value = string_value(SLICE("a/b.json"));

	name_encode(&value, NAME_PARTITION, &buf);
	CHECK_TEXT(buf_slice(&buf), "a%2Fb.json");
	CHECK_INT(decode(&arena, buf_slice(&buf), NAME_PARTITION, VALUE_S).outcome, NAME_EXACT);
}

static void another_spelling_is_refused_with_the_one_that_was_meant(void)
{
	static const struct {
		enum value_type type;
		const char *name, *canonical;
	} spellings[] = {
		{ VALUE_N, "1.0.json", "1.json" },
		{ VALUE_N, "1e3.json", "1000.json" },
		{ VALUE_N, "-5.json", "%2D5.json" },
		{ VALUE_N, "%2d5.json", "%2D5.json" },
		{ VALUE_S, "%2f.json", "%2F.json" },
		{ VALUE_S, "%41.json", "A.json" },
		{ VALUE_S, "%C3%A9.json", "\xC3\xA9.json" },
		{ VALUE_S, "100%.json", "100%25.json" },
		{ VALUE_S, "a%2.json", "a%252.json" },
		{ VALUE_S, "a%~.json", "a%25~.json" },
		{ VALUE_S, "a%2E.json", "a..json" },
		{ VALUE_S, ".x.json", "%2Ex.json" },
		{ VALUE_S, "a\nb.json", "a%0Ab.json" },
		{ VALUE_B, "00FF.json", "00ff.json" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct decoded decoded = decode(
			&arena, slice_from_string(spellings[i].name), NAME_ITEM, spellings[i].type);

		CHECK_INT(decoded.outcome, NAME_IMPOSSIBLE);
		CHECK_TEXT(decoded.canonical, spellings[i].canonical);
	}
}

static void what_names_no_key_is_refused_without_a_guess(void)
{
	static const struct {
		enum value_type type;
		struct slice name;
	} names[] = {
		{ VALUE_S, { "", 0 } },
		{ VALUE_S, { "x", 1 } },
		{ VALUE_S, { ".json", 5 } },
		{ VALUE_S, { "json", 4 } },
		{ VALUE_S, { "a.JSON", 6 } },
		{ VALUE_S, { "\xFF.json", 6 } },
		{ VALUE_S, { "%FF.json", 8 } },
		{ VALUE_S, { "\xED\xA0\x80.json", 8 } },
		{ VALUE_N, { "abc.json", 8 } },
		{ VALUE_N, { "1e126.json", 10 } },
		{ VALUE_B, { "0.json", 6 } },
		{ VALUE_B, { "0g.json", 7 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct decoded decoded = decode(&arena, names[i].name, NAME_ITEM, names[i].type);

		CHECK_INT(decoded.outcome, NAME_IMPOSSIBLE);
		CHECK(!slice_present(decoded.canonical));
	}
}

/* A string of count times a character. */
static struct slice repeated(struct arena *arena, const char *character, size_t count)
{
	struct slice unit = slice_from_string(character);
	char *out = arena_alloc(arena, unit.len * count);

	for (size_t i = 0; i < count; i++)
		memcpy(out + i * unit.len, unit.data, unit.len);
	return slice_of(out, unit.len * count);
}

static void a_name_of_255_bytes_is_not_hashed(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct value value = string_value(repeated(&arena, "a", 250));

	name_encode(&value, NAME_ITEM, &buf);
	CHECK_INT(buf.len, 255);
	CHECK_INT(decode(&arena, buf_slice(&buf), NAME_ITEM, VALUE_S).outcome, NAME_EXACT);
	value = string_value(repeated(&arena, "a", 251));
	buf_clear(&buf);
	name_encode(&value, NAME_ITEM, &buf);
	CHECK_INT(buf.len, 255);
	CHECK_INT(decode(&arena, buf_slice(&buf), NAME_ITEM, VALUE_S).outcome, NAME_HASHED);
}

static void an_over_long_name_gives_prefix_and_hash(void)
{
	static const struct {
		const char *character;
		enum value_type type;
		size_t prefix[2]; /* in bytes of the value: partition, item */
	} keys[] = {
		{ "a", VALUE_S, { 237, 232 } },
		{ "\xC3\xA9", VALUE_S, { 236, 232 } },
		{ "\xE2\x82\xAC", VALUE_S, { 237, 231 } },
		{ "\xF0\x9F\x8E\xAC", VALUE_S, { 236, 232 } },
		{ "/", VALUE_S, { 79, 77 } },
		{ "a/", VALUE_S, { 119, 116 } },
		{ "aaaa/", VALUE_S, { 169, 166 } },
		{ "b", VALUE_B, { 118, 116 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys) * 2; i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct buf buf CLEANUP(buf_release) = BUF_INIT;
		enum name_suffix suffix = i % 2 ? NAME_ITEM : NAME_PARTITION;
		struct slice bytes = repeated(&arena, keys[i / 2].character, 512);
		struct value value = { .type = keys[i / 2].type, .bytes = bytes };
		struct decoded decoded;

		name_encode(&value, suffix, &buf);
		CHECK(buf.len <= NAME_LENGTH_MAX);
		decoded = decode(&arena, buf_slice(&buf), suffix, value.type);
		CHECK_INT(decoded.outcome, NAME_HASHED);
		CHECK(decoded.hash == name_hash(&value));
		CHECK_INT(decoded.value.bytes.len, keys[i / 2].prefix[i % 2]);
		CHECK(slice_starts_with(bytes, decoded.value.bytes));
	}
}

static void keys_with_one_prefix_have_two_names(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf first CLEANUP(buf_release) = BUF_INIT, second CLEANUP(buf_release) = BUF_INIT;
	struct slice text = repeated(&arena, "a", 1000);
	struct value a = string_value(text), b = string_value(slice_of(text.data, 999));

	name_encode(&a, NAME_ITEM, &first);
	name_encode(&b, NAME_ITEM, &second);
	CHECK_INT(first.len, second.len);
	CHECK(!slice_equal(buf_slice(&first), buf_slice(&second)));
}

static void a_hashed_name_is_refused_where_no_key_could_have_it(void)
{
	static const struct {
		enum value_type type;
		size_t prefix;
		const char *rest;
		int outcome;
	} names[] = {
		{ VALUE_S, 232, "%~0123456789abcdef.json", NAME_HASHED },
		{ VALUE_S, 229, "%~0123456789abcdef.json", NAME_HASHED },
		{ VALUE_S, 228, "%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_S, 233, "%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_S, 0, "%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_S, 232, "%~0123456789abcdeF.json", NAME_IMPOSSIBLE },
		{ VALUE_S, 232, "%~0123456789abcde.json", NAME_IMPOSSIBLE },
		{ VALUE_S, 229, "%2f%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_S, 229, "%2F%~0123456789abcdef.json", NAME_HASHED },
		{ VALUE_S, 231, "\xC3%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_B, 232, "%~0123456789abcdef.json", NAME_HASHED },
		{ VALUE_B, 231, "%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_B, 230, "%~0123456789abcdef.json", NAME_IMPOSSIBLE },
		{ VALUE_N, 232, "%~0123456789abcdef.json", NAME_IMPOSSIBLE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		buf_append_slice(&name, repeated(&arena, "1", names[i].prefix));
		buf_append_string(&name, names[i].rest);
		CHECK_INT(decode(&arena, buf_slice(&name), NAME_ITEM, names[i].type).outcome,
			names[i].outcome);
	}
}

static void every_number_fits_without_a_hash(void)
{
	CHECK(named(number_value("-99999999999999999999999999999999999999e-167"),
		"%2D0.0000000000000000000000000000000000000000000000000000000000000000000000000000"
		"00000000000000000000000000000000000000000000000000000999999999999999999999999999"
		"99999999999.json"));
}

static const struct test_case cases[] = {
	{ "a string is its own name", a_string_is_its_own_name },
	{ "what a name cannot hold is escaped", what_a_name_cannot_hold_is_escaped },
	{ "a dot or dash is escaped only in front", a_dot_or_dash_is_escaped_only_in_front },
	{ "a number is named by its canonical text", a_number_is_named_by_its_canonical_text },
	{ "binary is named in lower-case hex", binary_is_named_in_lower_case_hex },
	{ "a partition has no suffix", a_partition_has_no_suffix },
	{ "another spelling is refused with the one that was meant",
		another_spelling_is_refused_with_the_one_that_was_meant },
	{ "what names no key is refused without a guess",
		what_names_no_key_is_refused_without_a_guess },
	{ "a name of 255 bytes is not hashed", a_name_of_255_bytes_is_not_hashed },
	{ "an over-long name gives prefix and hash", an_over_long_name_gives_prefix_and_hash },
	{ "keys with one prefix have two names", keys_with_one_prefix_have_two_names },
	{ "a hashed name is refused where no key could have it",
		a_hashed_name_is_refused_where_no_key_could_have_it },
	{ "every number fits without a hash", every_number_fits_without_a_hash },
};

TEST_MAIN(cases)
