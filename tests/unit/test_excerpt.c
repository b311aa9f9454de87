#undef NDEBUG
#include "excerpt.h"
#include "test.h"

#define E_ACUTE "\xC3\xA9"
#define KANJI   "\xE6\xBC\xA2"
#define ACCENT  "\xCC\x81" /* combining */
#define BIDI    "\xE2\x80\xAE"
#define DOTS    "\xE2\x80\xA6"

/* The excerpt around the first '@' of the text, or its end. */
static void check_excerpt(struct slice text, const char *expected)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	const char *at = memchr(text.data, '@', text.len);
	struct error_place place = error_place_at(text, at ? (size_t)(at - text.data) : text.len);

	excerpt_append(&buf, text, &place);
	CHECK(slice_starts_with(buf_slice(&buf), SLICE("line ")));
	CHECK_TEXT(slice_skip(buf_slice(&buf), strcspn(buf_string(&buf), "\n") + 1), expected);
}

static void check_visible(struct slice text, const char *expected)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	excerpt_append_visible(&buf, text);
	CHECK_TEXT(buf_slice(&buf), expected);
}

static void the_caret_stands_under_the_place(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct slice text = SLICE("{\n  \"year\": 2013,\n  \"rating\": 8..3,\n}\n");
	struct error_place place = error_place_at(text, 31);

	excerpt_append(&buf, text, &place);
	CHECK_TEXT(buf_slice(&buf), "line 3, column 14:\n"
				    "  \"rating\": 8..3,\n"
				    "             ^\n");
}

static void the_first_and_the_last_line_are_found(void)
{
	check_excerpt(SLICE("@b\nc"), "@b\n^\n");
	check_excerpt(SLICE("a\nb@"), "b@\n ^\n");
}

static void the_end_of_a_line_is_behind_its_last_character(void)
{
	struct error_place place = error_place_at(SLICE("ab\ncd"), 2);
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	excerpt_append(&buf, SLICE("ab\ncd"), &place);
	CHECK_TEXT(buf_slice(&buf), "line 1, column 3:\nab\n  ^\n");
	check_excerpt(SLICE("ab\ncd"), "cd\n  ^\n");
}

static void a_carriage_return_belongs_to_the_line_end(void)
{
	struct error_place place = error_place_at(SLICE("ab\r\n"), 3);
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	check_excerpt(SLICE("a@\r\nb"), "a@\n ^\n");
	excerpt_append(&buf, SLICE("ab\r\n"), &place);
	CHECK_TEXT(buf_slice(&buf), "line 1, column 4:\nab\n  ^\n");
}

static void an_empty_line_is_not_shown(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error_place place = error_place_at(SLICE("{\n"), 2);

	excerpt_append(&buf, SLICE("{\n"), &place);
	CHECK_TEXT(buf_slice(&buf), "line 2, column 1\n");
}

static void without_its_text_a_place_is_only_told(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error_place place = { .known = true, .offset = 9, .line = 2, .column = 3 };

	excerpt_append(&buf, slice_from_string(NULL), &place);
	excerpt_append(&buf, SLICE("short"), &place);
	CHECK_TEXT(buf_slice(&buf), "line 2, column 3\nline 2, column 3\n");
}

static void tabs_go_to_multiples_of_eight(void)
{
	check_excerpt(SLICE("\t@"), "        @\n        ^\n");
	check_excerpt(SLICE("ab\tc\t@"), "ab      c       @\n                ^\n");
	check_excerpt(SLICE("12345678\t@"), "12345678        @\n                ^\n");
}

static void characters_are_counted_and_not_their_bytes(void)
{
	check_excerpt(SLICE(E_ACUTE E_ACUTE "@"), E_ACUTE E_ACUTE "@\n  ^\n");
}

static void wide_characters_take_two_columns_and_combining_ones_none(void)
{
	check_excerpt(SLICE(KANJI "@"), KANJI "@\n  ^\n");
	check_excerpt(SLICE("e" ACCENT "@"), "e" ACCENT "@\n ^\n");
}

static void a_place_within_a_character_is_that_character(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error_place place = error_place_at(SLICE("a" KANJI "b"), 2);

	excerpt_append(&buf, SLICE("a" KANJI "b"), &place);
	CHECK_TEXT(buf_slice(&buf), "line 1, column 3:\na" KANJI "b\n ^\n");
}

static void control_bytes_and_malformed_ones_are_spelled_out(void)
{
	check_excerpt(SLICE("\x1b[2J\x7f@"), "\\x1b[2J\\x7f@\n           ^\n");
	check_excerpt(SLICE("\xC3@"), "\\xc3@\n    ^\n");
	check_excerpt(SLICE("\xFF\xED\xA0\x80@"), "\\xff\\xed\\xa0\\x80@\n                ^\n");
	check_excerpt(slice_of("\0@", 2), "\\x00@\n    ^\n");
}

static void characters_that_reorder_others_are_spelled_out(void)
{
	check_excerpt(SLICE(BIDI "@"), "\\u202e@\n      ^\n");
	check_visible(SLICE("\xC2\x9B"
			    "2J \xEF\xBB\xBF"),
		"\\u009b2J \\ufeff");
}

static void visible_text_is_one_line(void)
{
	check_visible(SLICE("a\nb\tc" KANJI), "a\\x0ab\\x09c" KANJI);
	check_visible(SLICE(""), "");
}

/* n times the text, '@' and m times the text. */
static void repeat(struct buf *buf, size_t n, const char *text, size_t m)
{
	while (n--)
		buf_append_string(buf, text);
	buf_append_string(buf, "@");
	while (m--)
		buf_append_string(buf, text);
}

static void check_shortened(const char *text, size_t before, size_t after, size_t shown_before,
	size_t shown_after, size_t column)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct buf expected CLEANUP(buf_release) = BUF_INIT;

	repeat(&line, before, text, after);
	buf_append_string(&expected, shown_before < before ? DOTS : "");
	repeat(&expected, shown_before, text, shown_after);
	buf_appendf(&expected, "%s\n%*s^\n", shown_after < after ? DOTS : "", (int)column, "");
	check_excerpt(buf_slice(&line), buf_string(&expected));
}

static void a_line_of_a_hundred_characters_is_shown_whole(void)
{
	check_shortened("x", 99, 0, 99, 0, 99);
	check_shortened("x", 0, 99, 0, 99, 0);
	check_shortened(E_ACUTE, 90, 9, 90, 9, 90);
}

static void a_longer_line_is_shortened_around_the_place(void)
{
	check_shortened("x", 500, 500, 60, 39, 61);
	check_shortened("x", 0, 100, 0, 99, 0);
	check_shortened("x", 100, 0, 99, 0, 100);
	check_shortened(E_ACUTE, 500, 500, 60, 39, 61);
	check_shortened(KANJI, 500, 10, 89, 10, 179);
}

static void a_long_line_of_malformed_bytes_is_shortened_alike(void)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct buf expected CLEANUP(buf_release) = BUF_INIT;

	repeat(&line, 300, "\x80", 0);
	buf_append_string(&expected, DOTS);
	repeat(&expected, 99, "\\x80", 0);
	buf_appendf(&expected, "\n%*s^\n", 1 + 99 * 4, "");
	check_excerpt(buf_slice(&line), buf_string(&expected));
}

static const struct test_case cases[] = {
	{ "the caret stands under the place", the_caret_stands_under_the_place },
	{ "the first and the last line are found", the_first_and_the_last_line_are_found },
	{ "the end of a line is behind its last character",
		the_end_of_a_line_is_behind_its_last_character },
	{ "a carriage return belongs to the line's end",
		a_carriage_return_belongs_to_the_line_end },
	{ "an empty line is not shown", an_empty_line_is_not_shown },
	{ "without its text a place is only told", without_its_text_a_place_is_only_told },
	{ "tabs go to multiples of eight", tabs_go_to_multiples_of_eight },
	{ "characters are counted and not their bytes",
		characters_are_counted_and_not_their_bytes },
	{ "wide characters take two columns and combining ones none",
		wide_characters_take_two_columns_and_combining_ones_none },
	{ "a place within a character is that character",
		a_place_within_a_character_is_that_character },
	{ "control bytes and malformed ones are spelled out",
		control_bytes_and_malformed_ones_are_spelled_out },
	{ "characters that reorder others are spelled out",
		characters_that_reorder_others_are_spelled_out },
	{ "visible text is one line", visible_text_is_one_line },
	{ "a line of a hundred characters is shown whole",
		a_line_of_a_hundred_characters_is_shown_whole },
	{ "a longer line is shortened around the place",
		a_longer_line_is_shortened_around_the_place },
	{ "a long line of malformed bytes is shortened alike",
		a_long_line_of_malformed_bytes_is_shortened_alike },
};

TEST_MAIN(cases)
