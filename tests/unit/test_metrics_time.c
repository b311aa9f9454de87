/* Times and lengths of time as people write them. */
#undef NDEBUG
#include "metrics_time.h"
#include "test.h"

#include <time.h>

#define NOW (1800000000LL * SECOND_NS) /* 2027-01-15T08:00:00Z */

static int64_t duration(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int64_t ns;

	CHECK_OK(duration_parse("--period", text, &ns, &err), &err);
	return ns / SECOND_NS;
}

static int64_t when(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int64_t ns;

	CHECK_OK(time_parse("--since", text, NOW, &ns, &err), &err);
	return ns / SECOND_NS;
}

static void a_length_is_a_number_with_its_unit(void)
{
	CHECK_INT(duration("90s"), 90);
	CHECK_INT(duration("30m"), 1800);
	CHECK_INT(duration("1h"), 3600);
	CHECK_INT(duration("2d"), 2 * 86400);
	CHECK_INT(duration("1w"), 7 * 86400);
	CHECK_INT(duration("1h30m"), 5400);
}

static void other_lengths_are_refused(void)
{
	static const char *const texts[] = { "", "1", "h", "3x", "1h ", "-1h", "1.5h", "0m",
		"99999999999999999999w", "99999w", "1hm" };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct buf message CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&message,
			"--period cannot be '%s': a length of time is expected, as 90s, 30m, 1h, "
			"2d or 1w",
			texts[i]);
		CHECK_INT(duration_parse("--period", texts[i], &ns, &err), -1);
		CHECK_ERROR(&err, ERROR_VALIDATION, buf_string(&message));
	}
}

static void a_time_is_so_long_ago_or_a_local_time(void)
{
	CHECK_INT(when("now"), NOW / SECOND_NS);
	CHECK_INT(when("1h"), NOW / SECOND_NS - 3600);
	CHECK_INT(when("2026-11-22T12:30:15Z"), 1795350615);
	CHECK_INT(when("2026-11-22T12:30Z"), 1795350600);
	CHECK_INT(when("2026-11-22"), 1795305600 - 7200);
	CHECK_INT(when("2026-11-22 02:00"), 1795305600);
}

static void other_times_are_refused(void)
{
	static const char *const texts[] = { "", "yesterday", "2026-13-01", "12:30", "2026-11-22T",
		"2026-11-22T12:30+01:00" };
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int64_t ns;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		CHECK_INT(time_parse("--since", texts[i], NOW, &ns, &err), -1);
		CHECK_INT(err.class, ERROR_VALIDATION);
		error_release(&err);
	}
}

static void a_length_is_told_in_its_largest_whole_unit(void)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} cases[] = { { 60, "1m" }, { 90, "90s" }, { 3600, "1h" }, { 86400, "1d" },
		{ 604800, "1w" }, { 5400, "90m" } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;

		duration_append(&text, cases[i].seconds * SECOND_NS);
		CHECK_TEXT(buf_slice(&text), cases[i].text);
	}
}

static const struct test_case cases[] = {
	{ "a length is a number with its unit", a_length_is_a_number_with_its_unit },
	{ "other lengths are refused", other_lengths_are_refused },
	{ "a time is so long ago or a local time", a_time_is_so_long_ago_or_a_local_time },
	{ "other times are refused", other_times_are_refused },
	{ "a length is told in its largest whole unit",
		a_length_is_told_in_its_largest_whole_unit },
};

int main(void)
{
	setenv("TZ", "XXX-2", 1); /* two hours before UTC is it as late */
	tzset();
	return test_run(cases, ARRAY_SIZE(cases));
}
