#undef NDEBUG
#include "layout.h"
#include "test.h"

static void check(const char *compact, const char *expected)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	layout_append(slice_from_string(compact), &buf);
	CHECK_TEXT(buf_slice(&buf), expected);
}

static void each_member_has_a_line(void)
{
	check("{\"a\":1,\"b\":[true,null],\"c\":{\"d\":\"x\"}}",
		"{\n  \"a\": 1,\n  \"b\": [\n    true,\n    null\n  ],\n  \"c\": {\n    \"d\": "
		"\"x\"\n  }\n}\n");
}

static void what_is_empty_stays_on_its_line(void)
{
	check("{}", "{}\n");
	check("{\"a\":[],\"b\":{}}", "{\n  \"a\": [],\n  \"b\": {}\n}\n");
}

static void strings_and_numbers_are_left_alone(void)
{
	check("[\"{a:1,[]}\",\"\\\\\",\"\\\"},\",0.10,1e+30,\"\xc3\xa9\"]",
		"[\n  \"{a:1,[]}\",\n  \"\\\\\",\n  \"\\\"},\",\n  0.10,\n  1e+30,\n  \"\xc3\xa9\"\n]\n");
}

static const struct test_case cases[] = {
	{ "each member has a line", each_member_has_a_line },
	{ "what is empty stays on its line", what_is_empty_stays_on_its_line },
	{ "strings and numbers are left alone", strings_and_numbers_are_left_alone },
};
TEST_MAIN(cases)
