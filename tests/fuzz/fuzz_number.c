/* Two numbers, a line each: their text, their bytes, their order, their sum. */
#include "model/number.h"

#include "fuzz.h"

static bool parse(struct slice text, struct number *ret)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;

	return number_parse(text, ret, &err) == 0;
}

static void check_text(const struct number *number)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;
	struct number again;

	number_format(number, &text);
	HOLDS(text.len <= NUMBER_TEXT_MAX);
	HOLDS(parse(buf_slice(&text), &again));
	HOLDS(number_compare(number, &again) == 0);
}

static void check_bytes(const struct number *number)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;
	struct number again;
	size_t used;

	number_encode(number, &bytes);
	HOLDS(bytes.len <= NUMBER_ENCODED_MAX);
	HOLDS(number_decode(buf_slice(&bytes), &again, &used));
	HOLDS(used == bytes.len);
	HOLDS(number_compare(number, &again) == 0);
}

static int sign(int value)
{
	return (value > 0) - (value < 0);
}

static void check_order(const struct number *a, const struct number *b)
{
	CLEANUP(buf_release) struct buf a_bytes = BUF_INIT;
	CLEANUP(buf_release) struct buf b_bytes = BUF_INIT;

	number_encode(a, &a_bytes);
	number_encode(b, &b_bytes);
	HOLDS(sign(number_compare(a, b)) ==
		sign(slice_compare(buf_slice(&a_bytes), buf_slice(&b_bytes))));
	HOLDS(sign(number_compare(a, b)) == -sign(number_compare(b, a)));
}

static void check_sum(const struct number *a, const struct number *b)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct number sum, difference;

	if (number_add(a, b, &sum, &err) < 0)
		return;
	HOLDS(number_subtract(&sum, b, &difference, &err) == 0);
	HOLDS(number_compare(&difference, a) == 0);
}

static void check_decoding(struct slice bytes)
{
	struct number number;
	size_t used;

	if (number_decode(bytes, &number, &used)) {
		HOLDS(used <= bytes.len);
		check_text(&number);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = slice_of((const char *)data, size);
	const char *end = size ? memchr(data, '\n', size) : NULL;
	size_t first = end ? (size_t)(end - input.data) : size;
	struct number a, b;

	check_decoding(input);
	if (!parse(slice_of(input.data, first), &a))
		return 0;
	check_text(&a);
	check_bytes(&a);
	if (!end || !parse(slice_skip(input, first + 1), &b))
		return 0;
	check_order(&a, &b);
	check_sum(&a, &b);
	return 0;
}
