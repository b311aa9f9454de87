/*
 * The scanner: a push automaton over JSON text.
 *
 * Between tokens the state says what may come next; the grammar table holds
 * all of it. Within a token (string, number, literal) a state says how far it
 * got, so that a piece may end anywhere.
 *
 * Invariants:
 * 1. lifted is the text up to the last byte taken, with each finished number
 *    replaced by its index in numbers and an unfinished one left out.
 * 2. depth counts the open brackets; objects and opened describe those levels.
 * 3. Raw line breaks occur only between tokens, so a token lies on one line.
 */
#include "base/text.h"
#include "model/json.h"

enum state {
	/* between tokens, in the order of the grammar table */
	STATE_VALUE,
	STATE_FIRST_ELEMENT,
	STATE_FIRST_MEMBER,
	STATE_MEMBER,
	STATE_COLON,
	STATE_AFTER_ELEMENT,
	STATE_AFTER_MEMBER,
	STATE_DONE,
	/* in a string */
	STATE_STRING,
	STATE_SEQUENCE, /* in a UTF-8 sequence */
	STATE_ESCAPE, /* after a backslash */
	STATE_DIGITS, /* in the digits of \u */
	STATE_LOW_BACKSLASH, /* the low half of a surrogate pair must follow */
	STATE_LOW_U,
	/* in true, false or null */
	STATE_LITERAL,
	/* in a number, after what the name says */
	STATE_MINUS,
	STATE_ZERO,
	STATE_INTEGER,
	STATE_POINT,
	STATE_FRACTION,
	STATE_E,
	STATE_SIGN,
	STATE_EXPONENT,
	STATE_COUNT
};

static const struct grammar {
	const char *expected;
	bool value; /* one may begin here */
	bool name;
	char end; /* the bracket that may close here */
	char separator;
	enum state after_separator;
} grammar[] = {
	[STATE_VALUE] = { .expected = "a value", .value = true },
	[STATE_FIRST_ELEMENT] = { .expected = "a value or ']'", .value = true, .end = ']' },
	[STATE_FIRST_MEMBER] = { .expected = "a name in double quotes or '}'",
		.name = true,
		.end = '}' },
	[STATE_MEMBER] = { .expected = "a name in double quotes after ','", .name = true },
	[STATE_COLON] = { .expected = "':' after a name",
		.separator = ':',
		.after_separator = STATE_VALUE },
	[STATE_AFTER_ELEMENT] = { .expected = "',' or ']' after an element",
		.end = ']',
		.separator = ',',
		.after_separator = STATE_VALUE },
	[STATE_AFTER_MEMBER] = { .expected = "',' or '}' after a member",
		.end = '}',
		.separator = ',',
		.after_separator = STATE_MEMBER },
	[STATE_DONE] = { .expected = "nothing after the document" },
};

enum number_class { CLASS_OTHER, CLASS_ZERO, CLASS_DIGIT, CLASS_POINT, CLASS_E, CLASS_SIGN };
#define CLASS_COUNT (CLASS_SIGN + 1)

static const unsigned char number_classes[256] = {
	['0'] = CLASS_ZERO,
	['1' ... '9'] = CLASS_DIGIT,
	['.'] = CLASS_POINT,
	['e'] = CLASS_E,
	['E'] = CLASS_E,
	['+'] = CLASS_SIGN,
	['-'] = CLASS_SIGN,
};

/* number = "-"? ("0" | [1-9][0-9]*) ("." [0-9]+)? ([eE] [+-]? [0-9]+)?
 * A zero means that the number cannot go on so. */
static const struct number_step {
	const char *expected; /* NULL: the number may end here */
	unsigned char next[CLASS_COUNT];
} number_steps[STATE_COUNT] = {
	[STATE_MINUS] = { "a digit after '-'",
		{ [CLASS_ZERO] = STATE_ZERO, [CLASS_DIGIT] = STATE_INTEGER } },
	[STATE_ZERO] = { NULL, { [CLASS_POINT] = STATE_POINT, [CLASS_E] = STATE_E } },
	[STATE_INTEGER] = { NULL, { [CLASS_ZERO] = STATE_INTEGER,
					  [CLASS_DIGIT] = STATE_INTEGER,
					  [CLASS_POINT] = STATE_POINT,
					  [CLASS_E] = STATE_E } },
	[STATE_POINT] = { "a digit after '.'",
		{ [CLASS_ZERO] = STATE_FRACTION, [CLASS_DIGIT] = STATE_FRACTION } },
	[STATE_FRACTION] = { NULL, { [CLASS_ZERO] = STATE_FRACTION,
					   [CLASS_DIGIT] = STATE_FRACTION,
					   [CLASS_E] = STATE_E } },
	[STATE_E] = { "a digit or a sign after 'e'", { [CLASS_ZERO] = STATE_EXPONENT,
							     [CLASS_DIGIT] = STATE_EXPONENT,
							     [CLASS_SIGN] = STATE_SIGN } },
	[STATE_SIGN] = { "a digit in the exponent",
		{ [CLASS_ZERO] = STATE_EXPONENT, [CLASS_DIGIT] = STATE_EXPONENT } },
	[STATE_EXPONENT] = { NULL,
		{ [CLASS_ZERO] = STATE_EXPONENT, [CLASS_DIGIT] = STATE_EXPONENT } },
};

/* One call of json_scanner_feed(). While it runs, the scanner's offset is that
 * of the piece. */
struct feed {
	struct json_scanner *scanner;
	struct slice piece;
	size_t at; /* the next byte of the piece */
	size_t lifted; /* up to here the piece is in lifted, or left out of it */
	struct error *err;
};

static unsigned char next_byte(const struct feed *feed)
{
	return (unsigned char)feed->piece.data[feed->at];
}

static size_t feed_offset(const struct feed *feed)
{
	return feed->scanner->offset + feed->at;
}

static int set_place(const struct json_scanner *scanner, size_t offset, struct error *err)
{
	error_set_place(err, (struct error_place){
				     .known = true,
				     .offset = offset,
				     .line = scanner->line,
				     .column = (unsigned)(offset - scanner->line_start) + 1,
			     });
	return -1;
}

/* Reports the message, `back` bytes before the next byte. */
static int fail(const struct feed *feed, size_t back, const char *message)
{
	error_set(feed->err, ERROR_VALIDATION, "%s", message);
	return set_place(feed->scanner, feed_offset(feed) - back, feed->err);
}

/* Reports that the next byte is not what was expected. */
static int fail_expected(const struct feed *feed, const char *expected)
{
	unsigned char c = next_byte(feed);

	if (c == '\n')
		error_set(feed->err, ERROR_VALIDATION, "expected %s, found a line break", expected);
	else if (c < 0x20 || c >= 0x7F)
		error_set(feed->err, ERROR_VALIDATION, "expected %s, found the byte %02X", expected,
			c);
	else
		error_set(feed->err, ERROR_VALIDATION, "expected %s, found '%c'", expected, c);
	return set_place(feed->scanner, feed_offset(feed), feed->err);
}

static void lift_up_to_here(struct feed *feed)
{
	struct slice taken = slice_of(feed->piece.data + feed->lifted, feed->at - feed->lifted);

	if (!feed->scanner->only_judges)
		buf_append_slice(&feed->scanner->lifted, taken);
	feed->lifted = feed->at;
}

static bool in_object(const struct json_scanner *scanner)
{
	unsigned level = scanner->depth - 1;

	return scanner->objects[level / 64] >> (level % 64) & 1;
}

static void end_value(struct json_scanner *scanner)
{
	if (!scanner->depth)
		scanner->state = STATE_DONE;
	else if (in_object(scanner))
		scanner->state = STATE_AFTER_MEMBER;
	else
		scanner->state = STATE_AFTER_ELEMENT;
}

static int open_container(struct feed *feed, bool object)
{
	struct json_scanner *scanner = feed->scanner;
	unsigned level = scanner->depth;
	uint64_t bit = (uint64_t)1 << (level % 64);

	if (level == JSON_NESTING_MAX)
		return fail(feed, 0, "Nesting Levels have exceeded supported limits");
	scanner->opened[level] = scanner->line;
	if (object)
		scanner->objects[level / 64] |= bit;
	else
		scanner->objects[level / 64] &= ~bit;
	scanner->depth++;
	scanner->state = object ? STATE_FIRST_MEMBER : STATE_FIRST_ELEMENT;
	feed->at++;
	return 0;
}

static void begin_string(struct feed *feed, bool name)
{
	feed->scanner->token_start = feed_offset(feed);
	feed->scanner->in_name = name;
	feed->scanner->state = STATE_STRING;
	feed->at++;
}

static int begin_literal(struct feed *feed, const char *literal)
{
	feed->scanner->literal = literal;
	feed->scanner->state = STATE_LITERAL;
	return 0;
}

static int begin_number(struct feed *feed, enum state state)
{
	lift_up_to_here(feed);
	feed->scanner->token_start = feed_offset(feed);
	feed->scanner->state = (unsigned char)state;
	feed->at++;
	feed->lifted = feed->at;
	return 0;
}

static int begin_value(struct feed *feed)
{
	switch (next_byte(feed)) {
	case '{':
		return open_container(feed, true);
	case '[':
		return open_container(feed, false);
	case '"':
		begin_string(feed, false);
		return 0;
	case 't':
		return begin_literal(feed, "true");
	case 'f':
		return begin_literal(feed, "false");
	case 'n':
		return begin_literal(feed, "null");
	case '-':
		return begin_number(feed, STATE_MINUS);
	case '0':
		return begin_number(feed, STATE_ZERO);
	case '1' ... '9':
		return begin_number(feed, STATE_INTEGER);
	default:
		return fail_expected(feed, grammar[feed->scanner->state].expected);
	}
}

static bool take_blank(struct feed *feed)
{
	unsigned char c = next_byte(feed);

	if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
		return false;
	feed->at++;
	if (c == '\n') {
		feed->scanner->line++;
		feed->scanner->line_start = feed_offset(feed);
	}
	return true;
}

static int take_between_tokens(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	const struct grammar *here = &grammar[scanner->state];
	char c = (char)next_byte(feed);

	if (take_blank(feed))
		return 0;
	if (here->separator && c == here->separator) {
		scanner->state = (unsigned char)here->after_separator;
		feed->at++;
		return 0;
	}
	if (here->end && c == here->end) {
		scanner->depth--;
		end_value(scanner);
		feed->at++;
		return 0;
	}
	if (here->name && c == '"') {
		begin_string(feed, true);
		return 0;
	}
	if (here->value)
		return begin_value(feed);
	return fail_expected(feed, here->expected);
}

/* The bytes of a string that stand for themselves. */
static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void count_string_bytes(struct json_scanner *scanner, size_t count)
{
	if (!scanner->in_name)
		scanner->string_bytes += count;
}

static int begin_sequence(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	unsigned char c = next_byte(feed);

	scanner->low = 0x80;
	scanner->high = 0xBF;
	if (c >= 0xC2 && c <= 0xDF)
		scanner->left = 1;
	else if (c >= 0xE0 && c <= 0xEF)
		scanner->left = 2;
	else if (c >= 0xF0 && c <= 0xF4)
		scanner->left = 3;
	else
		return fail(feed, 0, "a string must be UTF-8");
	if (c == 0xE0)
		scanner->low = 0xA0; /* shorter forms exist */
	else if (c == 0xED)
		scanner->high = 0x9F; /* surrogates */
	else if (c == 0xF0)
		scanner->low = 0x90;
	else if (c == 0xF4)
		scanner->high = 0x8F; /* beyond U+10FFFF */
	count_string_bytes(scanner, scanner->left + 1u);
	scanner->state = STATE_SEQUENCE;
	feed->at++;
	return 0;
}

static int take_sequence(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	unsigned char c = next_byte(feed);

	if (c < scanner->low || c > scanner->high)
		return fail(feed, 0, "a string must be UTF-8");
	scanner->low = 0x80;
	scanner->high = 0xBF;
	if (--scanner->left == 0)
		scanner->state = STATE_STRING;
	feed->at++;
	return 0;
}

static int take_string(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	const char *data = feed->piece.data;
	size_t start = feed->at, at = start;

	while (at < feed->piece.len && is_plain((unsigned char)data[at]))
		at++;
	feed->at = at;
	count_string_bytes(scanner, at - start);
	if (at == feed->piece.len)
		return 0;
	if (data[at] == '"') {
		feed->at++;
		if (scanner->in_name)
			scanner->state = STATE_COLON;
		else
			end_value(scanner);
		return 0;
	}
	if (data[at] == '\\') {
		scanner->state = STATE_ESCAPE;
		feed->at++;
		return 0;
	}
	if (data[at] == '\n')
		return fail(feed, 0, "a string must not hold a raw line break; write \\n");
	if (data[at] == '\t')
		return fail(feed, 0, "a string must not hold a raw tab; write \\t");
	if ((unsigned char)data[at] < 0x20)
		return fail(
			feed, 0, "a string must not hold a raw control character; write \\u00..");
	return begin_sequence(feed);
}

static int take_escape(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	unsigned char c = next_byte(feed);

	if (c == 'u') {
		scanner->left = 4;
		scanner->code_unit = 0;
		scanner->state = STATE_DIGITS;
	} else if (c && strchr("\"\\/bfnrt", c)) {
		count_string_bytes(scanner, 1);
		scanner->state = STATE_STRING;
	} else {
		return fail_expected(feed, "one of \" \\ / b f n r t u after a backslash");
	}
	feed->at++;
	return 0;
}

/* The escape is \uXXXX and its last digit is the next byte. */
static int end_digits(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	uint16_t unit = scanner->code_unit;
	bool low = unit >= 0xDC00 && unit <= 0xDFFF;

	if (scanner->surrogate && !low)
		return fail(feed, 5, "expected the second half of a surrogate pair");
	if (!scanner->surrogate && low)
		return fail(feed, 5, "the second half of a surrogate pair without the first");
	if (!unit && scanner->in_name)
		return fail(feed, 5, "a name must not hold \\u0000");
	if (unit >= 0xD800 && unit <= 0xDBFF) {
		scanner->surrogate = unit;
		scanner->state = STATE_LOW_BACKSLASH;
		return 0;
	}
	if (scanner->surrogate)
		count_string_bytes(scanner, 4);
	else
		count_string_bytes(scanner, unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);
	scanner->surrogate = 0;
	scanner->state = STATE_STRING;
	return 0;
}

static int take_digits(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	int digit = hex_digit_value((char)next_byte(feed));

	if (digit < 0)
		return fail_expected(feed, "four hexadecimal digits after \\u");
	scanner->code_unit = (uint16_t)(scanner->code_unit << 4 | digit);
	if (--scanner->left == 0)
		TRY(end_digits(feed));
	feed->at++;
	return 0;
}

static int take_low_half(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	bool backslash = scanner->state == STATE_LOW_BACKSLASH;

	if (next_byte(feed) != (backslash ? '\\' : 'u'))
		return fail_expected(feed, "the second half of a surrogate pair");
	scanner->state = backslash ? STATE_LOW_U : STATE_DIGITS;
	scanner->left = 4;
	scanner->code_unit = 0;
	feed->at++;
	return 0;
}

static int take_literal(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;

	if ((char)next_byte(feed) != *scanner->literal)
		return fail_expected(feed, "true, false or null");
	feed->at++;
	if (!*++scanner->literal)
		end_value(scanner);
	return 0;
}

static void append_index(struct buf *buf, size_t index)
{
	char digits[20]; /* of 2^64 */
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + index % 10);
		index /= 10;
	} while (index);
	buf_append(buf, digits + at, sizeof(digits) - at);
}

static void end_number(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;
	struct json_number number = {
		.offset = scanner->token_start,
		.len = feed_offset(feed) - scanner->token_start,
	};

	if (!scanner->only_judges) {
		append_index(&scanner->lifted, scanner->numbers.len / sizeof(number));
		buf_append(&scanner->numbers, &number, sizeof(number));
	}
	feed->lifted = feed->at;
	end_value(scanner);
}

static int take_number(struct feed *feed)
{
	struct json_scanner *scanner = feed->scanner;

	for (; feed->at < feed->piece.len; feed->at++) {
		const struct number_step *here = &number_steps[scanner->state];
		unsigned char class = number_classes[next_byte(feed)];

		if (here->next[class]) {
			scanner->state = here->next[class];
			continue;
		}
		if (here->expected)
			return fail_expected(feed, here->expected);
		if (class == CLASS_ZERO || class == CLASS_DIGIT)
			return fail(feed, 1, "a number must not begin with a needless 0");
		end_number(feed);
		return 0;
	}
	feed->lifted = feed->at;
	return 0;
}

/* Each takes a byte at least, or ends a number. */
static int (*const takers[STATE_COUNT])(struct feed *feed) = {
	[STATE_VALUE... STATE_DONE] = take_between_tokens,
	[STATE_STRING] = take_string,
	[STATE_SEQUENCE] = take_sequence,
	[STATE_ESCAPE] = take_escape,
	[STATE_DIGITS] = take_digits,
	[STATE_LOW_BACKSLASH] = take_low_half,
	[STATE_LOW_U] = take_low_half,
	[STATE_LITERAL] = take_literal,
	[STATE_MINUS... STATE_EXPONENT] = take_number,
};

void json_scanner_init(struct json_scanner *scanner)
{
	*scanner = (struct json_scanner){ .line = 1, .column = 1 };
}

void json_scanner_release(struct json_scanner *scanner)
{
	buf_release(&scanner->lifted);
	buf_release(&scanner->numbers);
}

int json_scanner_feed(struct json_scanner *scanner, struct slice piece, struct error *err)
{
	struct feed feed = { .scanner = scanner, .piece = piece, .err = err };
	int r = 0;

	if (piece.len > JSON_TEXT_MAX - scanner->offset) {
		error_set(err, ERROR_TOO_LARGE, "the text is over %u MB", JSON_TEXT_MAX >> 20);
		return set_place(scanner, scanner->offset, err);
	}
	while (r == 0 && feed.at < piece.len)
		r = takers[scanner->state](&feed);
	lift_up_to_here(&feed);
	scanner->offset += feed.at;
	scanner->column = (unsigned)(scanner->offset - scanner->line_start) + 1;
	if (r < 0)
		return -1;
	return scanner->state == STATE_DONE ? JSON_COMPLETE : JSON_INCOMPLETE;
}

/* Says in which unfinished thing the text ends. */
static void describe_end(const struct json_scanner *scanner, struct error *err)
{
	unsigned state = scanner->state;

	if (state >= STATE_STRING && state < STATE_LITERAL)
		error_set(err, ERROR_VALIDATION,
			"the text ends inside a string that began in column %u",
			(unsigned)(scanner->token_start - scanner->line_start) + 1);
	else if (state == STATE_LITERAL)
		error_set(err, ERROR_VALIDATION, "the text ends inside true, false or null");
	else if (number_steps[state].expected)
		error_set(err, ERROR_VALIDATION, "the text ends inside a number");
	else if (!scanner->depth)
		error_set(err, ERROR_VALIDATION, "the text is empty");
	else
		error_set(err, ERROR_VALIDATION,
			"the text ends before the '%c' of the %s opened in line %u",
			in_object(scanner) ? '}' : ']', in_object(scanner) ? "object" : "array",
			scanner->opened[scanner->depth - 1]);
}

int json_scanner_finish(struct json_scanner *scanner, struct error *err)
{
	struct feed feed = { .scanner = scanner, .err = err };
	bool number = scanner->state >= STATE_MINUS && !number_steps[scanner->state].expected;

	if (number && !scanner->depth)
		end_number(&feed);
	if (scanner->state == STATE_DONE)
		return 0;
	describe_end(scanner, err);
	return set_place(scanner, scanner->offset, err);
}
