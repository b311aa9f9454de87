#include "name.h"

#include "base/hash.h"
#include "base/text.h"
#include "model/key.h"

#include <inttypes.h>

#define HASH_MARK   "%~"
#define HASH_DIGITS 16
#define HASH_LENGTH (sizeof(HASH_MARK) - 1 + HASH_DIGITS)

static const struct slice suffixes[] = {
	[NAME_PARTITION] = { "", 0 },
	[NAME_ITEM] = { ".json", 5 },
};

/* How the values of a type are spelled. The reader is generous: it takes
 * spellings that the writer would not make, to tell what was meant. */
struct spelling {
	void (*append)(const struct value *value, struct buf *buf);
	bool (*read)(struct slice stem, struct arena *arena, struct value *ret);
	/* Whether a cut at this place of a spelling would divide something. */
	bool (*divides)(struct slice stem, size_t at);
	size_t divided_max; /* the most that a cut goes back, in bytes */
};

static void append_escape(struct buf *buf, unsigned char byte)
{
	buf_appendf(buf, "%%%02X", byte);
}

static bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == 0x7F || c == '/' || c == '%';
}

static void string_append(const struct value *value, struct buf *buf)
{
	struct slice text = value->bytes;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		if (needs_escape(c) || (i == 0 && (c == '.' || c == '-')))
			append_escape(buf, c);
		else
			buf_append_char(buf, (char)c);
	}
}

/* The byte of the escape at the start of text, in either case, or -1. */
static int escape_value(struct slice text)
{
	int high, low;

	if (text.len < 3 || text.data[0] != '%')
		return -1;
	high = hex_digit_value(text.data[1]);
	low = hex_digit_value(text.data[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

struct slice name_unescape(struct slice stem, struct arena *arena)
{
	char *out = arena_alloc(arena, stem.len);
	size_t len = 0;

	while (stem.len) {
		int byte = escape_value(stem);

		out[len++] = byte < 0 ? stem.data[0] : (char)byte;
		stem = slice_skip(stem, byte < 0 ? 1 : 3);
	}
	return slice_of(out, len);
}

static bool string_read(struct slice stem, struct arena *arena, struct value *ret)
{
	struct slice text = name_unescape(stem, arena);

	if (!utf8_valid(text))
		return false;
	*ret = (struct value){ .type = VALUE_S, .bytes = text };
	return true;
}

/* A '%' in a spelled string always begins an escape. */
static bool string_divides(struct slice stem, size_t at)
{
	bool continuation = ((unsigned char)stem.data[at] & 0xC0) == 0x80;

	return continuation || stem.data[at - 1] == '%' || stem.data[at - 2] == '%';
}

static void number_append(const struct value *value, struct buf *buf)
{
	struct number magnitude = value->number;

	if (magnitude.negative)
		append_escape(buf, '-');
	magnitude.negative = false;
	number_format(&magnitude, buf);
}

static bool number_read(struct slice stem, struct arena *arena, struct value *ret)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct value value = { .type = VALUE_N };

	if (number_parse(name_unescape(stem, arena), &value.number, &err) < 0)
		return false;
	*ret = value;
	return true;
}

static void binary_append(const struct value *value, struct buf *buf)
{
	hex_append(buf, value->bytes);
}

static bool binary_read(struct slice stem, struct arena *arena, struct value *ret)
{
	char *out = arena_alloc(arena, stem.len / 2);

	if (stem.len % 2)
		return false;
	for (size_t i = 0; i < stem.len; i += 2) {
		int high = hex_digit_value(stem.data[i]), low = hex_digit_value(stem.data[i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i / 2] = (char)(high << 4 | low);
	}
	*ret = (struct value){ .type = VALUE_B, .bytes = slice_of(out, stem.len / 2) };
	return true;
}

static bool binary_divides(struct slice stem, size_t at)
{
	(void)stem;
	return at % 2 != 0;
}

static const struct spelling spellings[] = {
	[VALUE_S] = {
		.append = string_append,
		.read = string_read,
		.divides = string_divides,
		.divided_max = 3, /* of a character of four bytes */
	},
	[VALUE_N] = {
		.append = number_append,
		.read = number_read, /* and never cut */
	},
	[VALUE_B] = {
		.append = binary_append,
		.read = binary_read,
		.divides = binary_divides,
		.divided_max = 1,
	},
};

uint64_t name_hash(const struct value *value)
{
	struct buf encoded CLEANUP(buf_release) = BUF_INIT;

	key_encode_value(value, &encoded);
	return hash64(buf_slice(&encoded));
}

/* Bytes of an over-long spelling that stand before its hash, at most. */
static size_t prefix_max(enum name_suffix suffix)
{
	return NAME_LENGTH_MAX - suffixes[suffix].len - HASH_LENGTH;
}

void name_encode(const struct value *value, enum name_suffix suffix, struct buf *buf)
{
	const struct spelling *spelling = &spellings[value->type];
	size_t start = buf->len;
	struct slice stem;

	spelling->append(value, buf);
	stem = slice_skip(buf_slice(buf), start);
	if (stem.len > NAME_LENGTH_MAX - suffixes[suffix].len) {
		size_t cut = prefix_max(suffix);

		while (spelling->divides(stem, cut))
			cut--;
		buf_resize(buf, start + cut);
		buf_appendf(buf, "%s%016" PRIx64, HASH_MARK, name_hash(value));
	}
	buf_append_slice(buf, suffixes[suffix]);
}

/* Takes "%~" and the hash from the end of a stem. */
static bool take_hash(struct slice *stem, uint64_t *ret)
{
	size_t at;
	uint64_t hash = 0;

	if (stem->len < HASH_LENGTH)
		return false;
	at = stem->len - HASH_LENGTH;
	if (!slice_starts_with(slice_skip(*stem, at), SLICE(HASH_MARK)))
		return false;
	for (size_t i = stem->len - HASH_DIGITS; i < stem->len; i++) {
		int digit = hex_digit_value(stem->data[i]);

		if (digit < 0 || (stem->data[i] >= 'A' && stem->data[i] <= 'F'))
			return false;
		hash = hash << 4 | (uint64_t)digit;
	}
	stem->len = at;
	*ret = hash;
	return true;
}

/* Reads what stands before a hash. Length and spelling must be such that the
 * next character or byte would not have fitted. */
static bool read_prefix(const struct spelling *spelling, struct slice stem, enum name_suffix suffix,
	struct arena *arena, struct value *ret)
{
	struct buf again CLEANUP(buf_release) = BUF_INIT;
	size_t max = prefix_max(suffix);

	if (!spelling->divides || stem.len > max || stem.len + spelling->divided_max < max)
		return false;
	if (!spelling->read(stem, arena, ret))
		return false;
	spelling->append(ret, &again);
	return slice_equal(buf_slice(&again), stem);
}

int name_decode(struct slice name, enum name_suffix suffix, enum value_type type,
	struct arena *arena, struct value *ret, uint64_t *ret_hash, struct slice *ret_canonical)
{
	const struct spelling *spelling = &spellings[type];
	struct buf canonical CLEANUP(buf_release) = BUF_INIT;
	struct slice stem = slice_of(name.data, name.len - suffixes[suffix].len);
	struct value value;
	uint64_t hash;

	*ret_canonical = slice_of(NULL, 0);
	if (!slice_ends_with(name, suffixes[suffix]) || !stem.len)
		return NAME_IMPOSSIBLE;
	if (take_hash(&stem, &hash)) {
		if (!read_prefix(spelling, stem, suffix, arena, &value))
			return NAME_IMPOSSIBLE;
		*ret = value;
		*ret_hash = hash;
		return NAME_HASHED;
	}
	if (!spelling->read(stem, arena, &value))
		return NAME_IMPOSSIBLE;
	name_encode(&value, suffix, &canonical);
	if (!slice_equal(buf_slice(&canonical), name)) {
		*ret_canonical = arena_copy(arena, buf_slice(&canonical));
		return NAME_IMPOSSIBLE;
	}
	*ret = value;
	return NAME_EXACT;
}
