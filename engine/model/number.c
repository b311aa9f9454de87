/*
 * Numbers are read once, from their text, into a 128-bit coefficient and a
 * decimal exponent, and stay there: 38 digits fit into 127 bits, so nothing is
 * allocated and nothing passes through a double.
 *
 * The encoded form is made of pairs of decimal digits that stand on even powers
 * of ten. With "adjusted" the power of ten of the first digit, -130 to 125:
 *
 *	positive = 80 + (adjusted + 130) / 2, then each pair p as 2p + 1,
 *		   but the last one as 2p
 *	zero	 = 80 00
 *	negative = the complement of every byte of the positive number
 *
 * A greater power comes later; with equal powers the pairs decide; a number
 * whose pairs begin another one's is the lesser, and its last pair, being even,
 * sorts before the same pair continued. The parity also ends the form. The 128
 * powers of a hundred use up all first bytes, hence zero shares one with the
 * least of them, whose first pair is never 0.
 */
#include "model/number.h"

#define DIGITS_MAX       38
#define ADJUSTED_MIN     (-130) /* power of ten of the first digit */
#define ADJUSTED_MAX     125
#define PAIRS_MAX        20 /* of 38 digits that begin in the middle of a pair */
#define WORD_DIGITS      19 /* that any uint64_t can hold */
#define EXPONENT_CEILING INT64_C(1000000000000000) /* beyond any length of text */

static const char overflow_message[] =
	"Number overflow. Attempting to store a number with magnitude larger than supported range";
static const char underflow_message[] =
	"Number underflow. Attempting to store a number with magnitude smaller than supported range";
static const char digits_message[] =
	"Attempting to store more than 38 significant digits in a Number";

static const uint64_t word_powers[WORD_DIGITS + 1] = {
	UINT64_C(1),
	UINT64_C(10),
	UINT64_C(100),
	UINT64_C(1000),
	UINT64_C(10000),
	UINT64_C(100000),
	UINT64_C(1000000),
	UINT64_C(10000000),
	UINT64_C(100000000),
	UINT64_C(1000000000),
	UINT64_C(10000000000),
	UINT64_C(100000000000),
	UINT64_C(1000000000000),
	UINT64_C(10000000000000),
	UINT64_C(100000000000000),
	UINT64_C(1000000000000000),
	UINT64_C(10000000000000000),
	UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000),
	UINT64_C(10000000000000000000),
};

/* 10^n, n from 0 to 38. */
static number_coefficient ten_to(unsigned n)
{
	if (n <= WORD_DIGITS)
		return word_powers[n];
	return (number_coefficient)word_powers[WORD_DIGITS] * word_powers[n - WORD_DIGITS];
}

/* Decimal digits of it; 0 has none. The length in bits gives the length in
 * digits or one less: 1233/4096 is log10(2), near enough for 128 bits. */
static unsigned digit_count(number_coefficient coefficient)
{
	uint64_t high = (uint64_t)(coefficient >> 64), low = (uint64_t)coefficient;
	unsigned bits, digits;

	if (!coefficient)
		return 0;
	bits = high ? 128 - (unsigned)__builtin_clzll(high) : 64 - (unsigned)__builtin_clzll(low);
	digits = bits * 1233 >> 12;
	return digits + (coefficient >= ten_to(digits));
}

/* The power of ten of the first digit. */
static int adjusted_exponent(const struct number *number)
{
	return number->exponent + (int)digit_count(number->coefficient) - 1;
}

/* Writes the digits so that they end before end; returns where they begin. */
static char *write_word(char *end, uint64_t word)
{
	for (; word; word /= 10)
		*--end = (char)('0' + word % 10);
	return end;
}

/* Writes the digits of a coefficient to digits[DIGITS_MAX]: how many. */
static unsigned write_digits(char *digits, number_coefficient coefficient)
{
	unsigned count = digit_count(coefficient);
	char *end = digits + count;
	uint64_t high = 0, low = (uint64_t)coefficient;

	if (count > WORD_DIGITS) {
		high = (uint64_t)(coefficient / word_powers[WORD_DIGITS]);
		low = (uint64_t)(coefficient % word_powers[WORD_DIGITS]);
		memset(digits, '0', count);
	}
	write_word(end, low);
	if (high)
		write_word(end - WORD_DIGITS, high);
	return count;
}

/* Normalises a result and checks its magnitude. It has at most 38 digits, not
 * counting zeros at its end. */
static int settle(number_coefficient coefficient, int64_t exponent, bool negative,
	struct number *ret, struct error *err)
{
	int64_t adjusted;

	if (!coefficient) {
		*ret = (struct number){ 0, 0, false };
		return 0;
	}
	while (coefficient % 10 == 0) {
		coefficient /= 10;
		exponent++;
	}
	adjusted = exponent + digit_count(coefficient) - 1;
	if (adjusted > ADJUSTED_MAX)
		return error_set(err, ERROR_VALIDATION, "%s", overflow_message);
	if (adjusted < ADJUSTED_MIN)
		return error_set(err, ERROR_VALIDATION, "%s", underflow_message);
	*ret = (struct number){ coefficient, (int16_t)exponent, negative };
	return 0;
}

/* A number's text taken apart; the two runs are digits only. */
struct spelling {
	bool negative;
	struct slice integer;
	struct slice fraction;
	int64_t exponent;
};

/* Takes the digits from the start of *text. */
static struct slice take_digits(struct slice *text)
{
	struct slice digits = { text->data, 0 };

	while (digits.len < text->len && (unsigned char)(text->data[digits.len] - '0') <= 9)
		digits.len++;
	*text = slice_skip(*text, digits.len);
	return digits;
}

/* Takes a sign, if there is one: whether it is a minus. */
static bool take_sign(struct slice *text)
{
	bool negative = text->len && text->data[0] == '-';

	if (negative || (text->len && text->data[0] == '+'))
		*text = slice_skip(*text, 1);
	return negative;
}

/* exponent = ("e" | "E") ["+" | "-"] digit+ */
static bool take_exponent(struct slice *text, int64_t *ret)
{
	struct slice digits;
	int64_t exponent = 0;
	bool negative;

	*text = slice_skip(*text, 1);
	negative = take_sign(text);
	digits = take_digits(text);
	for (size_t i = 0; i < digits.len && exponent < EXPONENT_CEILING; i++)
		exponent = exponent * 10 + (digits.data[i] - '0');
	*ret = negative ? -exponent : exponent;
	return digits.len > 0;
}

/* number = ["+" | "-"] (digit+ ["." digit*] | "." digit+) [exponent] */
static bool spelling_scan(struct slice text, struct spelling *ret)
{
	*ret = (struct spelling){ .negative = take_sign(&text) };
	ret->integer = take_digits(&text);
	ret->fraction = slice_of(text.data, 0);
	if (text.len && text.data[0] == '.') {
		text = slice_skip(text, 1);
		ret->fraction = take_digits(&text);
	}
	if (!ret->integer.len && !ret->fraction.len)
		return false;
	if (text.len && (text.data[0] == 'e' || text.data[0] == 'E')) {
		if (!take_exponent(&text, &ret->exponent))
			return false;
	}
	return text.len == 0;
}

static void trim_leading_zeros(struct slice *digits)
{
	while (digits->len && digits->data[0] == '0')
		*digits = slice_skip(*digits, 1);
}

static void trim_trailing_zeros(struct slice *digits)
{
	while (digits->len && digits->data[digits->len - 1] == '0')
		digits->len--;
}

/* Leaves the significant digits, and the power of ten of the last of them. */
static void spelling_trim(struct spelling *spelling)
{
	trim_trailing_zeros(&spelling->fraction);
	if (spelling->fraction.len) {
		spelling->exponent -= (int64_t)spelling->fraction.len;
	} else {
		spelling->exponent += (int64_t)spelling->integer.len;
		trim_trailing_zeros(&spelling->integer);
		spelling->exponent -= (int64_t)spelling->integer.len;
	}
	trim_leading_zeros(&spelling->integer);
	if (!spelling->integer.len)
		trim_leading_zeros(&spelling->fraction);
}

/* Appends digits to a coefficient, a word of them at a time. */
static number_coefficient add_digits(number_coefficient coefficient, struct slice digits)
{
	while (digits.len) {
		unsigned count = digits.len < WORD_DIGITS ? (unsigned)digits.len : WORD_DIGITS;
		uint64_t word = 0;

		for (unsigned i = 0; i < count; i++)
			word = word * 10 + (uint64_t)(digits.data[i] - '0');
		coefficient = coefficient * word_powers[count] + word;
		digits = slice_skip(digits, count);
	}
	return coefficient;
}

int number_parse(struct slice text, struct number *ret, struct error *err)
{
	struct spelling spelling;
	number_coefficient coefficient;

	if (!text.len)
		return error_set(err, ERROR_VALIDATION,
			"The parameter cannot be converted to a numeric value");
	if (!spelling_scan(text, &spelling))
		return error_set(err, ERROR_VALIDATION,
			"The parameter cannot be converted to a numeric value: %.*s",
			SLICE_ARG(text));
	spelling_trim(&spelling);
	if (spelling.integer.len + spelling.fraction.len > DIGITS_MAX)
		return error_set(err, ERROR_VALIDATION, "%s", digits_message);
	coefficient = add_digits(add_digits(0, spelling.integer), spelling.fraction);
	return settle(coefficient, spelling.exponent, spelling.negative, ret, err);
}

static void append_zeros(struct buf *buf, int count)
{
	for (int i = 0; i < count; i++)
		buf_append_char(buf, '0');
}

void number_format(const struct number *number, struct buf *buf)
{
	char digits[DIGITS_MAX];
	int count = (int)write_digits(digits, number->coefficient);
	int integer = count + number->exponent; /* digits before the point */

	buf_reserve(buf, NUMBER_TEXT_MAX);
	if (number->negative)
		buf_append_char(buf, '-');
	if (integer <= 0) {
		buf_append_char(buf, '0');
		if (count)
			buf_append_char(buf, '.');
		append_zeros(buf, -integer);
		buf_append(buf, digits, (size_t)count);
	} else if (integer < count) {
		buf_append(buf, digits, (size_t)integer);
		buf_append_char(buf, '.');
		buf_append(buf, digits + integer, (size_t)(count - integer));
	} else {
		buf_append(buf, digits, (size_t)count);
		append_zeros(buf, integer - count);
	}
}

struct number number_from_int64(int64_t value)
{
	uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
	struct number number = { magnitude, 0, value < 0 };

	while (magnitude && magnitude % 10 == 0) {
		magnitude /= 10;
		number.exponent++;
	}
	number.coefficient = magnitude;
	return number;
}

/* Of two numbers that are not zero. */
static int compare_magnitude(const struct number *a, const struct number *b)
{
	int a_adjusted = adjusted_exponent(a), b_adjusted = adjusted_exponent(b);
	number_coefficient x = a->coefficient, y = b->coefficient;

	if (a_adjusted != b_adjusted)
		return a_adjusted < b_adjusted ? -1 : 1;
	if (a->exponent > b->exponent)
		x *= ten_to((unsigned)(a->exponent - b->exponent));
	else
		y *= ten_to((unsigned)(b->exponent - a->exponent));
	return (x > y) - (x < y);
}

static int number_sign(const struct number *number)
{
	if (!number->coefficient)
		return 0;
	return number->negative ? -1 : 1;
}

int number_compare(const struct number *a, const struct number *b)
{
	int a_sign = number_sign(a), b_sign = number_sign(b);

	if (a_sign != b_sign)
		return a_sign < b_sign ? -1 : 1;
	return a_sign ? a_sign * compare_magnitude(a, b) : 0;
}

/* The coefficient at a lower power of ten. False when a sum with it must have
 * more than 38 digits: it has none at that power itself, the other summand,
 * under 10^38, has one that is not zero, so from 2×10^38 on even their
 * difference is too long. */
static bool scale(const struct number *number, int exponent, number_coefficient *ret)
{
	unsigned shift = (unsigned)(number->exponent - exponent);

	if (shift > DIGITS_MAX || number->coefficient >= 2 * ten_to(DIGITS_MAX) / ten_to(shift))
		return false;
	*ret = number->coefficient * ten_to(shift);
	return true;
}

int number_add(
	const struct number *a, const struct number *b, struct number *ret, struct error *err)
{
	int exponent = a->exponent < b->exponent ? a->exponent : b->exponent;
	number_coefficient x, y, sum;
	bool negative = a->negative;

	if (!a->coefficient || !b->coefficient) {
		*ret = a->coefficient ? *a : *b;
		return 0;
	}
	if (!scale(a, exponent, &x) || !scale(b, exponent, &y))
		return error_set(err, ERROR_VALIDATION, "%s", overflow_message);
	if (a->negative == b->negative) {
		sum = x + y;
	} else {
		sum = x > y ? x - y : y - x;
		negative = x > y ? a->negative : b->negative;
	}
	if (digit_count(sum) > DIGITS_MAX && sum % 10 != 0)
		return error_set(err, ERROR_VALIDATION, "%s", overflow_message);
	return settle(sum, exponent, negative, ret, err);
}

int number_subtract(
	const struct number *a, const struct number *b, struct number *ret, struct error *err)
{
	struct number minus_b = *b;

	minus_b.negative = b->coefficient && !b->negative;
	return number_add(a, &minus_b, ret, err);
}

size_t number_size(const struct number *number)
{
	int count = (int)digit_count(number->coefficient);
	int fraction = number->exponent < 0 ? -number->exponent : 0;
	int integer = fraction < count ? count - fraction : 0;

	if (fraction > count)
		fraction = count;
	return 1 + (size_t)(integer + 1) / 2 + (size_t)(fraction + 1) / 2 + number->negative;
}

void number_encode(const struct number *number, struct buf *buf)
{
	char digits[1 + DIGITS_MAX + 1] = "0"; /* room to fill up both end pairs */
	unsigned char mask = number->negative ? 0xFF : 0;
	unsigned power, count, begin;
	char *out = buf_reserve(buf, NUMBER_ENCODED_MAX);

	if (!number->coefficient) {
		buf_append(buf, "\x80\x00", 2);
		return;
	}
	count = write_digits(digits + 1, number->coefficient);
	digits[1 + count] = '0';
	power = (unsigned)(number->exponent + (int)count - 1 - ADJUSTED_MIN);
	begin = power % 2; /* an even power's digit is the second of its pair */
	*out++ = (char)((0x80 | power / 2) ^ mask);
	for (unsigned i = begin; i < 1 + count; i += 2) {
		unsigned pair = (unsigned)(digits[i] - '0') * 10 + (unsigned)(digits[i + 1] - '0');
		bool last = i + 2 >= 1 + count;

		*out++ = (char)((pair * 2 + !last) ^ mask);
	}
	buf->len = (size_t)(out - buf->data);
}

/* Reads the pairs up to the even one: how many, or 0 when malformed. */
static unsigned take_pairs(struct slice bytes, unsigned char mask, unsigned char *pairs)
{
	for (unsigned i = 0; i < bytes.len && i < PAIRS_MAX; i++) {
		unsigned char byte = (unsigned char)bytes.data[i] ^ mask;

		pairs[i] = byte >> 1;
		if (pairs[i] > 99)
			return 0;
		if (byte % 2 == 0)
			return i + 1;
	}
	return 0;
}

bool number_decode(struct slice bytes, struct number *ret, size_t *ret_used)
{
	unsigned char pairs[PAIRS_MAX], mask;
	unsigned count, last, digits;
	struct number number = { 0, 0, false };

	if (bytes.len < 2)
		return false;
	number.negative = !((unsigned char)bytes.data[0] & 0x80);
	mask = number.negative ? 0xFF : 0;
	count = take_pairs(slice_skip(bytes, 1), mask, pairs);
	if (!count)
		return false;
	if (bytes.data[0] == '\x80' && bytes.data[1] == 0) {
		*ret = number;
		*ret_used = 2;
		return true;
	}
	last = pairs[count - 1];
	digits = count * 2 - (pairs[0] < 10) - (last % 10 == 0);
	if (!pairs[0] || !last || digits > DIGITS_MAX)
		return false;
	for (unsigned i = 0; i + 1 < count; i++)
		number.coefficient = number.coefficient * 100 + pairs[i];
	number.exponent = (int16_t)(((unsigned char)bytes.data[0] ^ mask) % 0x80 * 2 +
				    ADJUSTED_MIN - (int)(count - 1) * 2);
	if (last % 10 == 0) {
		number.coefficient = number.coefficient * 10 + last / 10;
		number.exponent++;
	} else {
		number.coefficient = number.coefficient * 100 + last;
	}
	*ret = number;
	*ret_used = 1 + count;
	return true;
}
