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

static const struct test_case cases[] = {
	{ "a bar shows how far it is", a_bar_shows_how_far_it_is },
	{ "the time that is left is reckoned from this run", time_left_is_that_of_this_run },
	{ "without a total there is no bar", without_a_total_there_is_no_bar },
	{ "a narrow terminal gets what fits", a_narrow_terminal_gets_what_fits },
	{ "all is 100 percent", all_is_all },
};

TEST_MAIN(cases)
