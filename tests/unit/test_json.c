#undef NDEBUG
#include "model/json.h"
#include "test.h"

/* The place of the error as "line:column". */
static const char *place_of(const struct error *err)
{
	static char text[32];

	snprintf(text, sizeof(text), "%u:%u", err->place.line, err->place.column);
	return err->place.known ? text : "unknown";
}

/* Checks that the text is refused with that message at that place. */
#define CHECK_REFUSED(text, message, place) \
	do { \
		struct json_document refused; \
		struct error refusal CLEANUP(error_release) = ERROR_INIT; \
\
		CHECK(json_parse(text, &refused, &refusal) < 0); \
		CHECK_TEXT(slice_from_string(place_of(&refusal)), place); \
		CHECK_ERROR(&refusal, ERROR_VALIDATION, message); \
	} while (0)

#define CHECK_ACCEPTED(text) \
	do { \
		struct json_document document CLEANUP(json_document_release) = { NULL }; \
		struct error err CLEANUP(error_release) = ERROR_INIT; \
\
		CHECK_OK(json_parse(text, &document, &err), &err); \
	} while (0)

static void numbers_keep_their_spelling(void)
{
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const json_t *list;

	CHECK_OK(json_parse(SLICE("{\"a\": [0, -1.50, 1E+2,3.14159265358979323846]}"), &document,
			 &err),
		&err);
	list = json_object_get(document.root, "a");
	CHECK_TEXT(json_number_text(&document, json_array_get(list, 0)), "0");
	CHECK_TEXT(json_number_text(&document, json_array_get(list, 1)), "-1.50");
	CHECK_TEXT(json_number_text(&document, json_array_get(list, 2)), "1E+2");
	CHECK_TEXT(json_number_text(&document, json_array_get(list, 3)), "3.14159265358979323846");
	CHECK(!slice_present(json_number_text(&document, list)));
}

static void a_number_may_be_the_whole_document(void)
{
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(json_parse(SLICE("12"), &document, &err), &err);
	CHECK_TEXT(json_number_text(&document, document.root), "12");
}

static void numbers_follow_the_grammar(void)
{
	CHECK_REFUSED(SLICE("[01]"), "a number must not begin with a needless 0", "1:2");
	CHECK_REFUSED(SLICE("[-00]"), "a number must not begin with a needless 0", "1:3");
	CHECK_REFUSED(SLICE("[1.]"), "expected a digit after '.', found ']'", "1:4");
	CHECK_REFUSED(SLICE("[-x]"), "expected a digit after '-', found 'x'", "1:3");
	CHECK_REFUSED(SLICE("[1ee]"), "expected a digit or a sign after 'e', found 'e'", "1:4");
	CHECK_REFUSED(SLICE("[1e+]"), "expected a digit in the exponent, found ']'", "1:5");
	CHECK_REFUSED(SLICE("[+1]"), "expected a value or ']', found '+'", "1:2");
	CHECK_REFUSED(SLICE("[.5]"), "expected a value or ']', found '.'", "1:2");
	CHECK_REFUSED(SLICE("[12a]"), "expected ',' or ']' after an element, found 'a'", "1:4");
	CHECK_REFUSED(SLICE("-"), "the text ends inside a number", "1:2");
}

static void structure_errors_name_what_was_expected(void)
{
	CHECK_REFUSED(SLICE("{\"a\": 1 x"), "expected ',' or '}' after a member, found 'x'", "1:9");
	CHECK_REFUSED(SLICE("{\n  \"a\" 1"), "expected ':' after a name, found '1'", "2:7");
	CHECK_REFUSED(SLICE("{\"a\":1,}"), "expected a name in double quotes after ',', found '}'",
		"1:8");
	CHECK_REFUSED(SLICE("{a:1}"), "expected a name in double quotes or '}', found 'a'", "1:2");
	CHECK_REFUSED(SLICE("[1,]"), "expected a value, found ']'", "1:4");
	CHECK_REFUSED(SLICE("[1}"), "expected ',' or ']' after an element, found '}'", "1:3");
	CHECK_REFUSED(SLICE("{} {"), "expected nothing after the document, found '{'", "1:4");
	CHECK_REFUSED(SLICE("tru\n"), "expected true, false or null, found a line break", "1:4");
	CHECK_REFUSED(SLICE("\xEF\xBB\xBF{}"), "expected a value, found the byte EF", "1:1");
}

static void an_incomplete_text_says_what_is_missing(void)
{
	CHECK_REFUSED(SLICE(" \n "), "the text is empty", "2:2");
	CHECK_REFUSED(SLICE("{\n \"a\": [1,\n"),
		"the text ends before the ']' of the array opened in line 2", "3:1");
	CHECK_REFUSED(SLICE("{\"a\": [1],"),
		"the text ends before the '}' of the object opened in line 1", "1:11");
	CHECK_REFUSED(SLICE("{\n\"a\": \"b"),
		"the text ends inside a string that began in column 6", "2:8");
	CHECK_REFUSED(SLICE("[nul"), "the text ends inside true, false or null", "1:5");
	CHECK_REFUSED(
		SLICE("[12"), "the text ends before the ']' of the array opened in line 1", "1:4");
}

static void strings_hold_no_raw_control_characters(void)
{
	CHECK_REFUSED(
		SLICE("[\"a\nb\"]"), "a string must not hold a raw line break; write \\n", "1:4");
	CHECK_REFUSED(SLICE("[\"\t\"]"), "a string must not hold a raw tab; write \\t", "1:3");
	CHECK_REFUSED(SLICE("[\"\0\"]"),
		"a string must not hold a raw control character; write \\u00..", "1:3");
	CHECK_REFUSED(SLICE("[\"\\x\"]"),
		"expected one of \" \\ / b f n r t u after a backslash, found 'x'", "1:4");
	CHECK_REFUSED(SLICE("[\"\\u00g0\"]"),
		"expected four hexadecimal digits after \\u, found 'g'", "1:7");
}

static void surrogates_come_in_pairs(void)
{
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(json_parse(SLICE("\"\\uD83C\\uDFAC\\u00e9\""), &document, &err), &err);
	CHECK_TEXT(slice_from_string(json_string_value(document.root)), "\xF0\x9F\x8E\xAC\xC3\xA9");
	CHECK_REFUSED(SLICE("[\"\\uDFAC\"]"),
		"the second half of a surrogate pair without the first", "1:3");
	CHECK_REFUSED(SLICE("[\"\\uD83Cx\"]"),
		"expected the second half of a surrogate pair, found 'x'", "1:9");
	CHECK_REFUSED(SLICE("[\"\\uD83C\\n\"]"),
		"expected the second half of a surrogate pair, found 'n'", "1:10");
	CHECK_REFUSED(SLICE("[\"\\uD83C\\u0041\"]"), "expected the second half of a surrogate pair",
		"1:9");
}

static void strings_are_utf8(void)
{
	CHECK_ACCEPTED(SLICE("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x8E\xAC\xED\x9F\xBF\""));
	CHECK_REFUSED(SLICE("[\"a\xC3\"]"), "a string must be UTF-8", "1:5");
	CHECK_REFUSED(SLICE("[\"\xED\xA0\x80\"]"), "a string must be UTF-8", "1:4");
	CHECK_REFUSED(SLICE("[\"\xC0\xAF\"]"), "a string must be UTF-8", "1:3");
	CHECK_REFUSED(SLICE("[\"\xF4\x90\x80\x80\"]"), "a string must be UTF-8", "1:4");
	CHECK_REFUSED(SLICE("[\"\xE0\x9F\x80\"]"), "a string must be UTF-8", "1:4");
}

static void a_string_may_hold_nul_but_a_name_may_not(void)
{
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(json_parse(SLICE("\"a\\u0000b\""), &document, &err), &err);
	CHECK_INT(json_string_length(document.root), 3);
	CHECK_REFUSED(SLICE("{\"a\\u0000\": 1}"), "a name must not hold \\u0000", "1:4");
}

static void a_duplicate_member_is_named_where_it_stands(void)
{
	CHECK_REFUSED(
		SLICE("{\"title\": 1,\n \"title\": 2}"), "duplicate attribute \"title\"", "2:2");
	CHECK_REFUSED(SLICE("{\"n\": [12345, 6.5e10, 1], \"m\": {\"a\": 100000,\n"
			    "  \"b\\\"\\\\\": 1, \"b\\\"\\\\\": 2}}"),
		"duplicate attribute \"b\\\"\\\\\"", "2:15");
	CHECK_REFUSED(SLICE("{\"a\": [1,2,3,4,5,6,7,8,9,10,11,12], \"a\": 1}"),
		"duplicate attribute \"a\"", "1:37");
	CHECK_REFUSED(SLICE("{\"\": 1, \"\": 2}"), "duplicate attribute \"\"", "1:9");
}

static void nesting_has_a_limit(void)
{
	char text[2 * JSON_NESTING_MAX + 2];

	memset(text, '[', JSON_NESTING_MAX);
	memset(text + JSON_NESTING_MAX, ']', JSON_NESTING_MAX);
	CHECK_ACCEPTED(slice_of(text, 2 * JSON_NESTING_MAX));
	text[JSON_NESTING_MAX] = '[';
	CHECK_REFUSED(slice_of(text, JSON_NESTING_MAX + 1),
		"Nesting Levels have exceeded supported limits", "1:81");
}

/* Feeds the text in pieces of the given size, the last one shorter. */
static int feed_in_pieces(
	struct json_scanner *scanner, struct slice text, size_t size, struct error *err)
{
	int r = JSON_INCOMPLETE;

	while (text.len && r >= 0) {
		size_t len = text.len < size ? text.len : size;

		r = json_scanner_feed(scanner, slice_of(text.data, len), err);
		text = slice_skip(text, len);
	}
	return r;
}

static void pieces_of_any_size_give_the_same(void)
{
	static const char text[] = "{\"a\":[1.5e3,-20 ,true],\n\"\xC3\xA9\":\"\\uD83C\\uDFAC "
				   "\xE2\x82\xAC\\n\",\"n\":null}\n";

	for (size_t size = 1; size < sizeof(text); size++) {
		struct json_scanner scanner CLEANUP(json_scanner_release);
		struct error err CLEANUP(error_release) = ERROR_INIT;

		json_scanner_init(&scanner);
		CHECK_INT(feed_in_pieces(&scanner, slice_from_string(text), size, &err),
			JSON_COMPLETE);
		CHECK_TEXT(buf_slice(&scanner.lifted),
			"{\"a\":[0,1 ,true],\n\"\xC3\xA9\":\"\\uD83C\\uDFAC \xE2\x82\xAC\\n\","
			"\"n\":null}\n");
		CHECK_INT(scanner.numbers.len, 2 * sizeof(struct json_number));
		CHECK_INT(scanner.string_bytes, 4 + 1 + 3 + 1);
		CHECK_INT(scanner.line, 3);
		CHECK_INT(scanner.column, 1);
		CHECK_INT(scanner.offset, sizeof(text) - 1);
	}
}

static void a_prefix_of_a_document_is_incomplete(void)
{
	struct slice text = SLICE("{\"a\": [1, \"x\\n\", {}], \"b\": false}");

	for (size_t len = 0; len <= text.len; len++) {
		struct json_scanner scanner CLEANUP(json_scanner_release);
		struct error err CLEANUP(error_release) = ERROR_INIT;
		int r;

		json_scanner_init(&scanner);
		r = json_scanner_feed(&scanner, slice_of(text.data, len), &err);
		CHECK_INT(r, len == text.len ? JSON_COMPLETE : JSON_INCOMPLETE);
	}
}

static void an_error_in_a_later_piece_has_its_place_in_the_whole(void)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	json_scanner_init(&scanner);
	CHECK_INT(json_scanner_feed(&scanner, SLICE("{\n \"a\""), &err), JSON_INCOMPLETE);
	CHECK_INT(json_scanner_feed(&scanner, SLICE(": ?"), &err), -1);
	CHECK_TEXT(slice_from_string(place_of(&err)), "2:7");
	CHECK_INT(err.place.offset, 8);
}

static void names_do_not_count_as_string_bytes(void)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	json_scanner_init(&scanner);
	CHECK_INT(json_scanner_feed(
			  &scanner, SLICE("{\"name\": \"abc\", \"n\": [\"\\u20ac\"]}"), &err),
		JSON_COMPLETE);
	CHECK_INT(scanner.string_bytes, 6);
}

static void a_text_over_the_limit_is_too_large(void)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf blanks CLEANUP(buf_release) = BUF_INIT;

	memset(buf_reserve(&blanks, JSON_TEXT_MAX), ' ', JSON_TEXT_MAX);
	json_scanner_init(&scanner);
	CHECK_INT(json_scanner_feed(&scanner, slice_of(blanks.data, JSON_TEXT_MAX), &err),
		JSON_INCOMPLETE);
	CHECK_INT(json_scanner_feed(&scanner, SLICE(" "), &err), -1);
	CHECK_ERROR(&err, ERROR_TOO_LARGE, "the text is over 16 MB");
}

static void a_node_is_found_in_the_text(void)
{
	struct json_document document CLEANUP(json_document_release) = { NULL };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const json_t *list, *object;
	struct error_place place;

	CHECK_OK(json_parse(SLICE("{\"a\" : [\"x\\\":\", 1.5,\n [ ], {\"b\":\"y\"}]}"), &document,
			 &err),
		&err);
	list = json_object_get(document.root, "a");
	object = json_array_get(list, 3);
	CHECK_INT(json_place(&document, document.root).offset, 0);
	CHECK_INT(json_place(&document, list).offset, 7);
	CHECK_INT(json_place(&document, json_array_get(list, 0)).offset, 8);
	CHECK_INT(json_place(&document, json_array_get(list, 1)).offset, 16);
	CHECK_INT(json_place(&document, json_array_get(list, 2)).column, 2);
	place = json_place(&document, json_object_get(object, "b"));
	CHECK_INT(place.line, 2);
	CHECK_INT(place.column, 12);
}

static void strings_are_escaped_as_jq_does(void)
{
	struct slice string = SLICE("a\"\\/\b\f\n\r\t\x01\x1F\x7F\xC2\x80\xE2\x82\xAC\0z");
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	json_append_string(&buf, string);
	CHECK_TEXT(buf_slice(&buf), "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u007f\xC2\x80"
				    "\xE2\x82\xAC\\u0000z\"");
	CHECK_INT(json_escaped_length(string), buf.len);
}

static void a_scanner_that_only_judges_keeps_nothing(void)
{
	struct json_scanner scanner CLEANUP(json_scanner_release);
	struct error err = ERROR_INIT;

	json_scanner_init(&scanner);
	scanner.only_judges = true;
	CHECK_INT(json_scanner_feed(&scanner, SLICE("{\"a\": [1"), &err), JSON_INCOMPLETE);
	CHECK_INT(json_scanner_feed(&scanner, SLICE("2, 3]}"), &err), JSON_COMPLETE);
	CHECK_INT(scanner.lifted.len, 0);
	CHECK_INT(scanner.numbers.len, 0);
}

static const struct test_case cases[] = {
	{ "a scanner that only judges keeps nothing", a_scanner_that_only_judges_keeps_nothing },
	{ "numbers keep their spelling", numbers_keep_their_spelling },
	{ "a number may be the whole document", a_number_may_be_the_whole_document },
	{ "numbers follow the grammar", numbers_follow_the_grammar },
	{ "structure errors name what was expected", structure_errors_name_what_was_expected },
	{ "an incomplete text says what is missing", an_incomplete_text_says_what_is_missing },
	{ "strings hold no raw control characters", strings_hold_no_raw_control_characters },
	{ "surrogates come in pairs", surrogates_come_in_pairs },
	{ "strings are UTF-8", strings_are_utf8 },
	{ "a string may hold NUL but a name may not", a_string_may_hold_nul_but_a_name_may_not },
	{ "a duplicate member is named where it stands",
		a_duplicate_member_is_named_where_it_stands },
	{ "nesting has a limit", nesting_has_a_limit },
	{ "pieces of any size give the same", pieces_of_any_size_give_the_same },
	{ "a prefix of a document is incomplete", a_prefix_of_a_document_is_incomplete },
	{ "an error in a later piece has its place in the whole",
		an_error_in_a_later_piece_has_its_place_in_the_whole },
	{ "names do not count as string bytes", names_do_not_count_as_string_bytes },
	{ "a text over the limit is too large", a_text_over_the_limit_is_too_large },
	{ "a node is found in the text", a_node_is_found_in_the_text },
	{ "strings are escaped as jq does", strings_are_escaped_as_jq_does },
};
TEST_MAIN(cases)
