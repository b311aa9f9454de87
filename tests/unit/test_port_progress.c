#undef NDEBUG
#include "port_progress.h"
#include "test.h"

static void check_line(const struct progress_facts *facts, size_t columns, const char *expected)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	progress_append(&line, facts, columns);
	CHECK(line.len <= columns);
	CHECK_TEXT(buf_slice(&line), expected);
}

static void a_bar_shows_how_far_it_is(void)
{
	const struct progress_facts facts = {
		.items = 1234567,
		.done = 50,
		.total = 200,
		.elapsed_ns = 20000000000,
		.items_per_second = 1000,
	};

	check_line(&facts, 65, " 25% [=====>               ]  1,234,567 items  1,000/s  1:00 left");
}

static void time_left_is_that_of_this_run(void)
{
	const struct progress_facts facts = {
		.done = 150,
		.begun = 100,
		.total = 200,
		.elapsed_ns = 7200000000000,
	};

	check_line(&facts, 40, " 75% 0 items  0/s  2:00:00 left");
}

static void without_a_total_there_is_no_bar(void)
{
	const struct progress_facts facts = { .items = 1, .done = 9, .items_per_second = 10 };

	check_line(&facts, 80, "1 item  10/s");
}

static void a_narrow_terminal_gets_what_fits(void)
{
	const struct progress_facts facts = { .items = 123456, .done = 1, .total = 2 };

	check_line(&facts, 12, " 50% 123,456");
}

static void all_is_all(void)
{
	const struct progress_facts facts = { .done = 5, .total = 5, .elapsed_ns = 1 };

	check_line(&facts, 50, "100% [==================]  0 items  0/s  0:00 left");
}

static void bytes_are_told_in_their_unit(void)
{
	const struct progress_facts facts = {
		.label = "copying",
		.in_bytes = true,
		.items = 1234567890,
		.done = 1,
		.total = 4,
		.elapsed_ns = 1000000000,
		.items_per_second = 300000000,
	};

	check_line(&facts, 60, "copying  25% [===>           ]  1.23 GB  300 MB/s  0:03 left");
}

static void a_number_of_bytes_has_three_digits(void)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} rows[] = { { 0, "0 bytes" }, { 999, "999 bytes" }, { 1000, "1.00 kB" },
		{ 9994, "9.99 kB" }, { 9996, "10.0 kB" }, { 99960, "100 kB" }, { 999499, "999 kB" },
		{ 999500, "1.00 MB" }, { UINT64_MAX, "18.4 EB" } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		progress_append_bytes(&text, rows[i].bytes);
		CHECK_TEXT(buf_slice(&text), rows[i].text);
	}
}

static const struct test_case cases[] = {
	{ "bytes are told in their unit", bytes_are_told_in_their_unit },
	{ "a number of bytes has three digits", a_number_of_bytes_has_three_digits },
	{ "a bar shows how far it is", a_bar_shows_how_far_it_is },
	{ "the time that is left is reckoned from this run", time_left_is_that_of_this_run },
	{ "without a total there is no bar", without_a_total_there_is_no_bar },
	{ "a narrow terminal gets what fits", a_narrow_terminal_gets_what_fits },
	{ "all is 100 percent", all_is_all },
};

TEST_MAIN(cases)
