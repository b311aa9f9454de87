#include "joined_name.h"

#include "base/text.h"

#include <endian.h>
#include <inttypes.h>

#define HASH_MARK   "%~"
#define HASH_DIGITS 16
#define HASH_LENGTH (sizeof(HASH_MARK) - 1 + HASH_DIGITS)
#define COMMA       "%2C"
#define LINK_SUFFIX ".json"

/* What a part of the key has at least: a number of 38 digits with an exponent
 * takes "%2D", the digits, "E-130". */
#define KEY_SHARE_MIN 60

_Static_assert(3 + 38 + 5 <= KEY_SHARE_MIN, "a number's share");

/* Writing. */

static void append_escaping_commas(struct slice text, struct buf *buf)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == ',')
			buf_append_string(buf, COMMA);
		else
			buf_append_char(buf, text.data[i]);
	}
}

/* An over-long one as name.h shortens it. */
static void append_part(const struct value *value, struct buf *buf)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	name_encode(value, NAME_PARTITION, &name);
	append_escaping_commas(buf_slice(&name), buf);
}

static void append_with_exponent(const struct number *number, struct buf *buf)
{
	struct number digits = { .coefficient = number->coefficient };

	if (number->negative)
		buf_append_string(buf, "%2D");
	number_format(&digits, buf);
	buf_appendf(buf, "E%d", number->exponent);
}

/* Whether a cut there would divide an escape or a character. */
static bool divides(struct slice text, size_t at)
{
	bool continuation = ((unsigned char)text.data[at] & 0xC0) == 0x80;

	return continuation || (at > 0 && text.data[at - 1] == '%') ||
	       (at > 1 && text.data[at - 2] == '%');
}

/* Cuts what was appended to so many bytes, the hash among them. Halves of a
 * byte in hex are not kept. */
static void shorten(struct buf *buf, size_t start, size_t max, bool hex, uint64_t hash)
{
	struct slice text = slice_skip(buf_slice(buf), start);
	size_t cut = max - HASH_LENGTH;

	while (divides(text, cut) || (hex && cut % 2))
		cut--;
	buf_resize(buf, start + cut);
	buf_appendf(buf, "%s%016" PRIx64, HASH_MARK, hash);
}

static void append_part_within(const struct value *value, size_t max, struct buf *buf)
{
	size_t start = buf->len;

	append_part(value, buf);
	if (buf->len - start > max && value->type == VALUE_N) {
		buf_resize(buf, start);
		append_with_exponent(&value->number, buf);
	}
	if (buf->len - start > max)
		shorten(buf, start, max, value->type == VALUE_B, name_hash(value));
}

/* The most bytes that a part may have where all of them do not fit. */
static size_t share_of(size_t at, size_t count, size_t key_count)
{
	size_t room = NAME_LENGTH_MAX - (sizeof(LINK_SUFFIX) - 1) - (count - 1);
	size_t of_key = room / count > KEY_SHARE_MIN ? room / count : KEY_SHARE_MIN;

	if (at >= count - key_count)
		return of_key;
	return (room - key_count * of_key) / (count - key_count);
}

static void append_joined(const struct value *values, size_t count, struct buf *buf)
{
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_append_char(buf, ',');
		append_part(&values[i], buf);
	}
}

void joined_name_append_link(
	const struct value *values, size_t count, size_t key_count, struct buf *buf)
{
	size_t start = buf->len;

	if (count == 1) {
		name_encode(values, NAME_ITEM, buf);
		return;
	}
	append_joined(values, count, buf);
	if (buf->len - start + sizeof(LINK_SUFFIX) - 1 > NAME_LENGTH_MAX) {
		buf_resize(buf, start);
		for (size_t i = 0; i < count; i++) {
			if (i)
				buf_append_char(buf, ',');
			append_part_within(&values[i], share_of(i, count, key_count), buf);
		}
	}
	buf_append_string(buf, LINK_SUFFIX);
}

static uint64_t partition_hash(const struct key_layout *layout, const struct value *values)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	uint64_t hash;

	key_layout_encode_partition(layout, values, &bytes);
	memcpy(&hash, bytes.data, sizeof(hash));
	return be64toh(hash);
}

void joined_name_append_partition(
	const struct key_layout *layout, const struct value *values, struct buf *buf)
{
	size_t start = buf->len;

	if (layout->partition_count == 1) {
		name_encode(values, NAME_PARTITION, buf);
		return;
	}
	append_joined(values, layout->partition_count, buf);
	if (buf->len - start > NAME_LENGTH_MAX)
		shorten(buf, start, NAME_LENGTH_MAX, false, partition_hash(layout, values));
}

/* Reading. */

/* Takes "%~" and the hash from the end of a text. */
static bool take_hash(struct slice *text, uint64_t *ret)
{
	struct slice digits;
	uint64_t hash = 0;

	if (text->len < HASH_LENGTH)
		return false;
	digits = slice_skip(*text, text->len - HASH_LENGTH);
	if (!slice_starts_with(digits, SLICE(HASH_MARK)))
		return false;
	digits = slice_skip(digits, sizeof(HASH_MARK) - 1);
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex_digit_value(digits.data[i]);

		if (digit < 0)
			return false;
		hash = hash << 4 | (uint64_t)digit;
	}
	text->len -= HASH_LENGTH;
	*ret = hash;
	return true;
}

static struct slice unescape_commas(struct slice text, struct arena *arena)
{
	char *out = arena_alloc(arena, text.len);
	size_t len = 0;

	while (text.len) {
		bool escape = text.data[0] == '%' && text.len >= 3;

		if (escape && slice_starts_with(text, SLICE(COMMA))) {
			out[len++] = ',';
		} else {
			memcpy(out + len, text.data, escape ? 3 : 1);
			len += escape ? 3 : 1;
		}
		text = slice_skip(text, escape ? 3 : 1);
	}
	return slice_of(out, len);
}

static bool read_value(
	struct slice text, enum value_type type, struct arena *arena, struct value *ret)
{
	struct slice name = unescape_commas(text, arena), canonical;
	uint64_t hash;
	int outcome = name_decode(name, NAME_PARTITION, type, arena, ret, &hash, &canonical);

	if (outcome == NAME_IMPOSSIBLE && slice_present(canonical))
		outcome =
			name_decode(canonical, NAME_PARTITION, type, arena, ret, &hash, &canonical);
	return outcome == NAME_EXACT;
}

static bool read_part(
	struct slice text, enum value_type type, struct arena *arena, struct joined_part *ret)
{
	ret->outcome = take_hash(&text, &ret->hash) ? NAME_HASHED : NAME_EXACT;
	return read_value(text, type, arena, &ret->value);
}

/* Takes the text before the next ',', or all of it. */
static struct slice take_text(struct slice *text)
{
	const char *comma = memchr(text->data, ',', text->len);
	struct slice part = *text;

	if (comma)
		part.len = (size_t)(comma - text->data);
	*text = slice_skip(*text, part.len + (comma != NULL));
	return part;
}

/* False when there are not exactly so many parts. */
static bool split(struct slice text, size_t count, struct slice *ret)
{
	size_t commas = 0;

	for (size_t i = 0; i < text.len; i++)
		commas += text.data[i] == ',';
	if (commas != count - 1)
		return false;
	for (size_t i = 0; i < count; i++)
		ret[i] = take_text(&text);
	return true;
}

static bool read_only_part(
	struct slice name, enum value_type type, struct arena *arena, struct joined_part *ret)
{
	struct slice canonical;

	ret->outcome =
		name_decode(name, NAME_ITEM, type, arena, &ret->value, &ret->hash, &canonical);
	return ret->outcome != NAME_IMPOSSIBLE;
}

bool joined_name_read_key(struct slice name, size_t count, const struct key_schema *schema,
	struct arena *arena, struct joined_part *ret)
{
	struct slice parts[JOINED_VALUES_MAX], *key;
	bool sorted = key_schema_has_sort(schema);

	if (count == 1)
		return read_only_part(name, schema->partition.type, arena, ret);
	if (!slice_ends_with(name, SLICE(LINK_SUFFIX)))
		return false;
	name.len -= sizeof(LINK_SUFFIX) - 1;
	if (!split(name, count, parts))
		return false;
	key = parts + count - (sorted ? 2 : 1);
	return read_part(key[0], schema->partition.type, arena, &ret[0]) &&
	       (!sorted || read_part(key[1], schema->sort.type, arena, &ret[1]));
}

enum name_outcome joined_name_read_partition(const struct key_layout *layout, struct slice name,
	struct arena *arena, struct value *ret_values, uint64_t *ret_hash)
{
	struct slice parts[KEY_ATTRIBUTES_MAX], text = name;

	if (take_hash(&text, ret_hash))
		return NAME_HASHED;
	if (layout->partition_count == 1) {
		parts[0] = name;
	} else if (!split(name, layout->partition_count, parts)) {
		return NAME_IMPOSSIBLE;
	}
	for (size_t i = 0; i < layout->partition_count; i++) {
		if (!read_value(parts[i], layout->partition[i].type, arena, &ret_values[i]))
			return NAME_IMPOSSIBLE;
	}
	return NAME_EXACT;
}
