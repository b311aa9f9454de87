#undef NDEBUG
#include "model/number.h"
#include "test.h"

#define OVERFLOW_MESSAGE \
	"Number overflow. Attempting to store a number with magnitude larger than supported range"
#define UNDERFLOW_MESSAGE \
	"Number underflow. Attempting to store a number with magnitude smaller than supported range"
#define DIGITS_MESSAGE "Attempting to store more than 38 significant digits in a Number"
#define NINES_38       "99999999999999999999999999999999999999"

static struct number parse(const char *text)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct number number;

	CHECK_OK(number_parse(slice_from_string(text), &number, &err), &err);
	return number;
}

static bool formats_as(const struct number *number, const char *expected)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	bool same;

	number_format(number, &buf);
	same = slice_equal_string(buf_slice(&buf), expected);
	if (!same)
		printf("# \"%s\" is not \"%s\"\n", buf_string(&buf), expected);
	return same;
}

static void every_spelling_has_one_canonical_text(void)
{
	static const char *const spellings[][2] = {
		{ "+5", "5" },
		{ "1e+3", "1000" },
		{ "007", "7" },
		{ ".5", "0.5" },
		{ "5.", "5" },
		{ "5.e3", "5000" },
		{ "1E5", "100000" },
		{ "-0", "0" },
		{ "-0.0", "0" },
		{ "0e99999999999999999999", "0" },
		{ "1.10", "1.1" },
		{ "-12.50e-2", "-0.125" },
		{ "100.001", "100.001" },
		{ "0.0012300", "0.00123" },
		{ "12345678901234567890123456789012345678",
			"12345678901234567890123456789012345678" },
		{ "1234567890123456789.0123456789012345678",
			"1234567890123456789.0123456789012345678" },
		{ "10000000000000000000", "10000000000000000000" },
		{ "10000000000000000001", "10000000000000000001" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct number number = parse(spellings[i][0]);

		CHECK(formats_as(&number, spellings[i][1]));
	}
}

static void what_is_not_a_number_is_quoted(void)
{
	static const char *const spellings[] = { "-", "+", ".", "e5", ".e5", "5e", "1e+", "--5",
		"+-5", " 5", "5 ", "NaN", "Infinity", "1.2.3", "1e5.5", "5f", "0x10", "5_0" };

	for (size_t i = 0; i < ARRAY_SIZE(spellings); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct buf expected CLEANUP(buf_release) = BUF_INIT;
		struct number number;

		buf_appendf(&expected, "The parameter cannot be converted to a numeric value: %s",
			spellings[i]);
		CHECK_INT(number_parse(slice_from_string(spellings[i]), &number, &err), -1);
		CHECK_ERROR(&err, ERROR_VALIDATION, buf_string(&expected));
	}
}

static void nothing_at_all_is_not_a_number(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct number number;

	CHECK_INT(number_parse(SLICE(""), &number, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, "The parameter cannot be converted to a numeric value");
}

static void magnitude_and_digits_are_limited(void)
{
	static const char *const rejected[][2] = {
		{ "1e126", OVERFLOW_MESSAGE },
		{ "-1e126", OVERFLOW_MESSAGE },
		{ NINES_38 "e89", OVERFLOW_MESSAGE },
		{ "1e999999999", OVERFLOW_MESSAGE },
		{ "1e99999999999999999999999999", OVERFLOW_MESSAGE },
		{ "1e-131", UNDERFLOW_MESSAGE },
		{ "1e-99999999999999999999999999", UNDERFLOW_MESSAGE },
		{ "-" NINES_38 "e-168", UNDERFLOW_MESSAGE },
		{ NINES_38 "9", DIGITS_MESSAGE },
		{ "1." NINES_38, DIGITS_MESSAGE },
		{ NINES_38 "1e200", DIGITS_MESSAGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rejected); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct number number;

		CHECK_INT(number_parse(slice_from_string(rejected[i][0]), &number, &err), -1);
		CHECK_ERROR(&err, ERROR_VALIDATION, rejected[i][1]);
	}
}

static void the_greatest_and_the_least_are_numbers(void)
{
	struct number greatest = parse(NINES_38 "e88"), least = parse("1e-130");
	struct number longest = parse("-" NINES_38 "e-167");
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	CHECK_INT(greatest.exponent, 88);
	CHECK_INT(least.exponent, -130);
	number_format(&longest, &buf);
	CHECK_INT(buf.len, NUMBER_TEXT_MAX);
}

static void zeros_at_either_end_are_no_digits(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct number number;

	buf_appendf(&buf, "%05000d1.%05000de4999", 0, 0);
	CHECK_INT(number_parse(buf_slice(&buf), &number, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, OVERFLOW_MESSAGE);
	buf_clear(&buf);
	buf_appendf(&buf, "1%0120d", 0);
	number = parse(buf_string(&buf));
	CHECK_INT(number.exponent, 120);
	buf_clear(&buf);
	buf_appendf(&buf, "0.%05000d7e5001", 0);
	number = parse(buf_string(&buf));
	CHECK(formats_as(&number, "7"));
}

static void integers_become_numbers(void)
{
	struct number least = number_from_int64(INT64_MIN), zero = number_from_int64(0);
	struct number round = number_from_int64(1200);

	CHECK(formats_as(&least, "-9223372036854775808"));
	CHECK(formats_as(&zero, "0"));
	CHECK_INT(round.coefficient, 12);
	CHECK_INT(round.exponent, 2);
}

/* In rising order. */
static const char *const ladder[] = { "-" NINES_38 "e88", "-1e125", "-1000", "-999.9", "-100.5",
	"-100", "-99", "-10", "-9.99", "-1.01", "-1", "-0.5", "-1e-129", "-1.1e-130", "-1e-130",
	"0", "1e-130", "1.1e-130", "1e-129", "0.09", "0.1", "0.10001", "0.5", "0.99", "1", "1.01",
	"1.1", "2", "9.99", "10", "10.5", "11", "99", "100", "100.5", "101", "1000", NINES_38,
	"1e38", "1e125", "1.00001e125", NINES_38 "e88" };

static void comparison_is_by_value(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(ladder); j++) {
			struct number a = parse(ladder[i]), b = parse(ladder[j]);
			int r = number_compare(&a, &b);

			CHECK_INT((r > 0) - (r < 0), (i > j) - (i < j));
		}
	}
}

static void encodings_sort_by_value_and_none_begins_another(void)
{
	for (size_t i = 1; i < ARRAY_SIZE(ladder); i++) {
		struct buf low CLEANUP(buf_release) = BUF_INIT;
		struct buf high CLEANUP(buf_release) = BUF_INIT;
		struct number a = parse(ladder[i - 1]), b = parse(ladder[i]);
		size_t common;

		number_encode(&a, &low);
		number_encode(&b, &high);
		common = low.len < high.len ? low.len : high.len;
		CHECK(memcmp(low.data, high.data, common) < 0);
	}
}

static void an_encoding_reads_back_and_tells_its_length(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ladder); i++) {
		struct buf buf CLEANUP(buf_release) = BUF_INIT;
		struct number number = parse(ladder[i]), back;
		size_t len, used;

		number_encode(&number, &buf);
		len = buf.len;
		CHECK(len <= NUMBER_ENCODED_MAX);
		CHECK(!number_decode(slice_of(buf.data, len - 1), &back, &used));
		buf_append_string(&buf, "more");
		CHECK(number_decode(buf_slice(&buf), &back, &used));
		CHECK_INT(used, len);
		CHECK_INT(number_compare(&number, &back), 0);
	}
}

static void small_numbers_encode_small(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct number number = parse("2013");

	number_encode(&number, &buf);
	CHECK_INT(buf.len, 3);
}

static void bytes_that_are_no_encoding_are_refused(void)
{
	static const struct slice garbage[] = {
		SLICE(""), SLICE("\x80"), SLICE("\x81\x00"), /* zero with another power */
		SLICE("\xC0\x03\x00"), /* zero for a last pair */
		SLICE("\xC0\x01\x02"), /* zero for a first pair */
		SLICE("\xC0\xC8"), /* a pair of 100 */
		SLICE("\xC0\xFF\xFF"), SLICE("\x00\x00"),
		SLICE("\xC0\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15"
		      "\x15\x14\x14"), /* 40 digits */
		SLICE("\xC0\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15\x15"
		      "\x15\x16"), /* 39 significant ones of 40 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++) {
		struct number number;
		size_t used;

		CHECK(!number_decode(garbage[i], &number, &used));
	}
}

static void sums_are_exact(void)
{
	static const char *const sums[][3] = {
		{ "0.1", "0.2", "0.3" },
		{ "-1", "1", "0" },
		{ "0", "-5", "-5" },
		{ "5", "-7", "-2" },
		{ NINES_38, "1", "1e38" },
		{ "1e38", "-1", NINES_38 },
		{ "-1e38", "1", "-" NINES_38 },
		{ "1e-130", "9e-130", "1e-129" },
		{ "1e37", "1", "10000000000000000000000000000000000001" },
		{ "5e125", "4e125", "9e125" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct number a = parse(sums[i][0]), b = parse(sums[i][1]);
		struct number expected = parse(sums[i][2]), sum, back;

		CHECK_OK(number_add(&a, &b, &sum, &err), &err);
		CHECK_INT(number_compare(&sum, &expected), 0);
		CHECK_OK(number_subtract(&sum, &b, &back, &err), &err);
		CHECK_INT(number_compare(&back, &a), 0);
	}
}

static void zero_has_no_sign(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct number zero = parse("0"), difference;

	CHECK_OK(number_subtract(&zero, &zero, &difference, &err), &err);
	CHECK(!difference.negative);
	difference = parse("-0e5");
	CHECK(!difference.negative);
}

static void a_sum_is_never_rounded(void)
{
	static const char *const sums[][3] = {
		{ "1e50", "1", OVERFLOW_MESSAGE },
		{ "1e125", "1e-130", OVERFLOW_MESSAGE },
		{ NINES_38, "2", OVERFLOW_MESSAGE },
		{ "1e38", "1", OVERFLOW_MESSAGE },
		{ "5e38", "-1", OVERFLOW_MESSAGE },
		{ "9e125", "9e125", OVERFLOW_MESSAGE },
		{ "1.23e-129", "-1.2e-129", UNDERFLOW_MESSAGE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct number a = parse(sums[i][0]), b = parse(sums[i][1]), sum;

		CHECK_INT(number_add(&a, &b, &sum, &err), -1);
		CHECK_ERROR(&err, ERROR_VALIDATION, sums[i][2]);
	}
}

static void size_counts_pairs_on_either_side_of_the_point(void)
{
	static const struct {
		const char *text;
		size_t size;
	} sizes[] = {
		{ "0", 1 },
		{ "1", 2 },
		{ "-1", 3 },
		{ "12", 2 },
		{ "123", 3 },
		{ "1e125", 2 },
		{ "1200", 2 },
		{ "0.00001", 2 },
		{ "0.001234", 3 },
		{ "1.5", 3 },
		{ "100.001", 5 },
		{ "-" NINES_38, 21 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct number number = parse(sizes[i].text);

		CHECK_INT(number_size(&number), sizes[i].size);
	}
}

static const struct test_case cases[] = {
	{ "every spelling has one canonical text", every_spelling_has_one_canonical_text },
	{ "what is not a number is quoted", what_is_not_a_number_is_quoted },
	{ "nothing at all is not a number", nothing_at_all_is_not_a_number },
	{ "magnitude and digits are limited", magnitude_and_digits_are_limited },
	{ "the greatest and the least are numbers", the_greatest_and_the_least_are_numbers },
	{ "zeros at either end are no digits", zeros_at_either_end_are_no_digits },
	{ "integers become numbers", integers_become_numbers },
	{ "comparison is by value", comparison_is_by_value },
	{ "encodings sort by value and none begins another",
		encodings_sort_by_value_and_none_begins_another },
	{ "an encoding reads back and tells its length",
		an_encoding_reads_back_and_tells_its_length },
	{ "small numbers encode small", small_numbers_encode_small },
	{ "bytes that are no encoding are refused", bytes_that_are_no_encoding_are_refused },
	{ "sums are exact", sums_are_exact },
	{ "zero has no sign", zero_has_no_sign },
	{ "a sum is never rounded", a_sum_is_never_rounded },
	{ "size counts pairs on either side of the point",
		size_counts_pairs_on_either_side_of_the_point },
};

TEST_MAIN(cases)
