#undef NDEBUG
#include "base/arena.h"
#include "base/buf.h"
#include "base/text.h"
#include "test.h"

#include <errno.h>

static void reset_gives_back_what_came_after_the_mark(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice kept = arena_copy(&arena, SLICE("kept"));
	struct arena_mark mark = arena_mark(&arena);
	char *first = arena_alloc(&arena, 16);

	arena_alloc(&arena, 100000);
	arena_reset(&arena, mark);
	CHECK_TEXT(kept, "kept");
	CHECK(arena_alloc(&arena, 16) == first);
}

static void base64_takes_only_the_canonical_spelling(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	CHECK(base64_decode(&buf, SLICE("aGk=")));
	CHECK_TEXT(buf_slice(&buf), "hi");
	CHECK(!base64_decode(&buf, SLICE("aGl=")));
	CHECK(!base64_decode(&buf, SLICE("aGk")));
	CHECK(!base64_decode(&buf, SLICE("a Gk")));
	CHECK(!base64_decode(&buf, SLICE("=Gk=")));
	buf_clear(&buf);
	base64_append(&buf, SLICE("hey!"));
	CHECK_TEXT(buf_slice(&buf), "aGV5IQ==");
}

static void utf8_refuses_surrogates_and_overlong_forms(void)
{
	CHECK(utf8_valid(SLICE("h\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\xAC")));
	CHECK(!utf8_valid(SLICE("\xED\xA0\x80")));
	CHECK(!utf8_valid(SLICE("\xC0\xAF")));
	CHECK(!utf8_valid(SLICE("\xF4\x90\x80\x80")));
	CHECK(!utf8_valid(SLICE("\xE2\x82")));
}

static void hex_is_lower_case_only(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	CHECK(hex_decode(&buf, SLICE("00ff")));
	CHECK_INT(buf.len, 2);
	CHECK(!hex_decode(&buf, SLICE("0F")));
	CHECK(!hex_decode(&buf, SLICE("0")));
}

static void a_nul_is_no_blank(void)
{
	CHECK(text_is_blank(SLICE("")));
	CHECK(text_is_blank(SLICE(" \t\r\n")));
	CHECK(!text_is_blank(SLICE(" \0")));
}

static void an_errno_keeps_its_class_and_name(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(error_set_errno(&err, ENOSPC, "writing %s", "x"), -1);
	CHECK_INT(error_to_errno(&err), -ENOSPC);
	CHECK_ERROR(&err, ERROR_NO_SPACE, "writing x: No space left on device");
	CHECK_TEXT(slice_from_string(error_errno_name(ESTALE)), "ESTALE");
}

static void a_place_counts_lines_and_columns_from_one(void)
{
	struct error_place place = error_place_at(SLICE("ab\ncd"), 4);

	CHECK_INT(place.line, 2);
	CHECK_INT(place.column, 2);
}

static void a_double_reads_back_as_it_was(void)
{
	static const struct {
		double number;
		const char *text;
	} rows[] = { { 0, "0.0" }, { 5, "5.0" }, { -5000, "-5000.0" }, { 0.1, "0.1" },
		{ 0.1 + 0.2, "0.30000000000000004" }, { 123456789012, "123456789012.0" },
		{ 1e30, "1e+30" }, { 1.0 / 3, "0.3333333333333333" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf buf CLEANUP(buf_release) = BUF_INIT;

		double_append(&buf, rows[i].number);
		CHECK_TEXT(buf_slice(&buf), rows[i].text);
		CHECK(strtod(buf_string(&buf), NULL) == rows[i].number);
	}
}

static void decimal_parse_takes_digits_alone(void)
{
	static const char *const refused[] = { "", "-1", "+1", " 1", "1 ", "1.0", "0x1", "ten",
		"18446744073709551616" };
	uint64_t number;

	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		CHECK(!decimal_parse(refused[i], &number));
	CHECK(decimal_parse("007", &number));
	CHECK_INT(number, 7);
	CHECK(decimal_parse("18446744073709551615", &number));
	CHECK(number == UINT64_MAX);
}

static const struct test_case cases[] = {
	{ "decimal_parse takes digits alone", decimal_parse_takes_digits_alone },
	{ "reset gives back what came after the mark", reset_gives_back_what_came_after_the_mark },
	{ "base64 takes only the canonical spelling", base64_takes_only_the_canonical_spelling },
	{ "UTF-8 refuses surrogates and over-long forms",
		utf8_refuses_surrogates_and_overlong_forms },
	{ "hex is lower case only", hex_is_lower_case_only },
	{ "a NUL is no blank", a_nul_is_no_blank },
	{ "a double reads back as it was", a_double_reads_back_as_it_was },
	{ "an errno keeps its class and name", an_errno_keeps_its_class_and_name },
	{ "a place counts lines and columns from one", a_place_counts_lines_and_columns_from_one },
};

TEST_MAIN(cases)
