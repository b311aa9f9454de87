/* Histograms against what a sorted list of the same values says. */
#undef NDEBUG
#include "base/memory.h"
#include "monitor/histogram.h"
#include "test.h"

#include <inttypes.h>

static uint64_t state;

static uint64_t random_bits(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 16;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The nearest rank among sorted values. */
static double rank_value(const double *values, size_t count, double percent)
{
	for (size_t i = 0; i < count; i++) {
		if ((double)(i + 1) >= percent / 100 * (double)count)
			return values[i];
	}
	return values[count - 1];
}

static struct histogram histogram_of(const double *values, size_t count)
{
	struct histogram histogram = HISTOGRAM_INIT;

	for (size_t i = 0; i < count; i++)
		histogram_add(&histogram, values[i]);
	return histogram;
}

#define CHECK_SAME(a, b) \
	do { \
		CHECK((a).count == (b).count && (a).zeros == (b).zeros); \
		CHECK((a).sum == (b).sum && (a).minimum == (b).minimum); \
		CHECK((a).maximum == (b).maximum); \
		for (double p = 0; p <= 100; p += 0.5) \
			CHECK(histogram_percentile(&(a), p) == histogram_percentile(&(b), p)); \
	} while (0)

static void an_empty_one_tells_nothing(void)
{
	struct histogram histogram = HISTOGRAM_INIT;

	CHECK(histogram_percentile(&histogram, 50) == 0);
	CHECK_INT(histogram_count_to(&histogram, 1e9), 0);
	CHECK(histogram.sum == 0 && histogram.count == 0);
}

static void small_numbers_are_told_exactly(void)
{
	struct histogram histogram CLEANUP(histogram_release) = HISTOGRAM_INIT;

	for (int i = 1; i <= 256; i++)
		histogram_add(&histogram, i / 2.0);
	CHECK(histogram.sum == 256 * 257 / 4.0);
	CHECK(histogram.minimum == 0.5 && histogram.maximum == 128);
	for (int i = 1; i <= 256; i++)
		CHECK(histogram_percentile(&histogram, i * 100 / 256.0) == i / 2.0);
}

static void a_percentile_is_the_nearest_rank(void)
{
	static const double values[] = { 15, 20, 35, 40, 50 };
	struct histogram histogram CLEANUP(histogram_release) = histogram_of(values, 5);

	CHECK(histogram_percentile(&histogram, 0) == 15);
	CHECK(histogram_percentile(&histogram, 5) == 15);
	CHECK(histogram_percentile(&histogram, 20) == 15);
	CHECK(histogram_percentile(&histogram, 20.01) == 20);
	CHECK(histogram_percentile(&histogram, 30) == 20);
	CHECK(histogram_percentile(&histogram, 40) == 20);
	CHECK(histogram_percentile(&histogram, 50) == 35);
	CHECK(histogram_percentile(&histogram, 100) == 50);
}

/* Of sizes from a millionth to a billion. */
static void a_percentile_keeps_the_stated_error(void)
{
	enum { COUNT = 5000 };
	double *values CLEANUP(cleanup_free) = memory_new(COUNT * sizeof(*values));
	struct histogram histogram CLEANUP(histogram_release) = HISTOGRAM_INIT;

	state = 7;
	for (size_t i = 0; i < COUNT; i++) {
		values[i] = (double)(random_bits() % 1000000 + 1) / 1000000;
		for (uint64_t n = random_bits() % 15; n; n--)
			values[i] *= 10;
		values[i] /= 100000;
	}
	histogram = histogram_of(values, COUNT);
	qsort(values, COUNT, sizeof(*values), compare);
	for (double p = 0.1; p < 100; p += 0.1) {
		double told = histogram_percentile(&histogram, p);
		double exact = rank_value(values, COUNT, p);

		CHECK(told <= exact);
		CHECK(exact < HISTOGRAM_LEAST || exact < told * (1 + HISTOGRAM_ERROR));
	}
}

static void what_is_too_small_is_zero_and_what_is_too_large_the_most(void)
{
	static const double values[] = { 0, HISTOGRAM_LEAST / 2, 1e300, 1e300 };
	struct histogram histogram CLEANUP(histogram_release) = histogram_of(values, 4);

	CHECK_INT(histogram.zeros, 2);
	CHECK(histogram_percentile(&histogram, 50) == 0);
	CHECK(histogram_percentile(&histogram, 75) == HISTOGRAM_MOST);
	CHECK(histogram_percentile(&histogram, 100) == 1e300);
	CHECK_INT(histogram_count_to(&histogram, 0), 2);
	CHECK(histogram.length <= HISTOGRAM_BUCKETS);
}

static void values_up_to_a_limit_are_counted(void)
{
	static const double values[] = { 0, 1, 2, 2, 3, 64.5 };
	struct histogram histogram CLEANUP(histogram_release) = histogram_of(values, 6);

	CHECK_INT(histogram_count_to(&histogram, 0), 1);
	CHECK_INT(histogram_count_to(&histogram, 0.5), 1);
	CHECK_INT(histogram_count_to(&histogram, 2), 4);
	CHECK_INT(histogram_count_to(&histogram, 64), 5);
	CHECK_INT(histogram_count_to(&histogram, 65), 6);
}

static void two_merged_are_as_one_of_all_values(void)
{
	static const double values[] = { 700, 3, 0.25, 3, 0, 1000000, 0.001, 12 };
	struct histogram all CLEANUP(histogram_release) = histogram_of(values, 8);

	for (size_t cut = 0; cut <= 8; cut++) {
		struct histogram a CLEANUP(histogram_release) = histogram_of(values, cut);
		struct histogram b CLEANUP(histogram_release) = histogram_of(values + cut, 8 - cut);

		histogram_merge(&a, &b);
		a.sum = all.sum; /* the order of adding changes the last digits */
		CHECK_SAME(a, all);
	}
}

static void its_bytes_give_it_back(void)
{
	static const double values[] = { 700, 3, 0.25, 3, 0, 1e13, 1e-9, 12, 1 };

	for (size_t count = 0; count <= 9; count++) {
		struct histogram histogram CLEANUP(histogram_release) = histogram_of(values, count);
		struct histogram back CLEANUP(histogram_release) = HISTOGRAM_INIT;
		struct buf buf CLEANUP(buf_release) = BUF_INIT;
		struct slice bytes;

		histogram_encode(&histogram, &buf);
		buf_append_char(&buf, 'x');
		bytes = buf_slice(&buf);
		CHECK(histogram_decode(&bytes, &back));
		CHECK_TEXT(bytes, "x");
		CHECK_SAME(back, histogram);
	}
}

static void equal_values_take_few_bytes(void)
{
	struct histogram histogram CLEANUP(histogram_release) = HISTOGRAM_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	for (int i = 0; i < 100; i++)
		histogram_add(&histogram, 1.5);
	histogram_encode(&histogram, &buf);
	CHECK_INT(buf.len, 10);
}

static void other_bytes_are_refused(void)
{
	static const double values[] = { 700, 3, 0.25, 3, 0, 1e13 };
	struct histogram histogram CLEANUP(histogram_release) = histogram_of(values, 6);
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	histogram_encode(&histogram, &buf);
	for (size_t len = 0; len < buf.len; len++) {
		struct histogram back CLEANUP(histogram_release) = HISTOGRAM_INIT;
		struct slice bytes = slice_of(buf.data, len);

		CHECK(!histogram_decode(&bytes, &back));
	}
	state = 3;
	for (int i = 0; i < 20000; i++) {
		struct histogram back CLEANUP(histogram_release) = HISTOGRAM_INIT;
		struct slice bytes = buf_slice(&buf);

		buf.data[random_bits() % buf.len] ^= (char)(1u << random_bits() % 8);
		(void)histogram_decode(&bytes, &back);
	}
}

static const struct test_case cases[] = {
	{ "an empty one tells nothing", an_empty_one_tells_nothing },
	{ "small numbers are told exactly", small_numbers_are_told_exactly },
	{ "a percentile is the nearest rank", a_percentile_is_the_nearest_rank },
	{ "a percentile keeps the stated error", a_percentile_keeps_the_stated_error },
	{ "what is too small is zero and what is too large the most",
		what_is_too_small_is_zero_and_what_is_too_large_the_most },
	{ "values up to a limit are counted", values_up_to_a_limit_are_counted },
	{ "two merged are as one of all values", two_merged_are_as_one_of_all_values },
	{ "its bytes give it back", its_bytes_give_it_back },
	{ "equal values take few bytes", equal_values_take_few_bytes },
	{ "other bytes are refused", other_bytes_are_refused },
};

TEST_MAIN(cases)
