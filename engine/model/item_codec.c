/*
 * The compact binary form of an item; its layout stands in item.h.
 *
 * Invariants:
 * 1. One item, one encoding: counts and lengths are the shortest LEB128, and
 *    decoding refuses any other.
 * 2. A count is believed only as far as the bytes that follow could hold so
 *    many things, so memory is bounded by a multiple of the input.
 * 3. The numbers of enum value_type are the type bytes: they never change.
 */
#include "model/item_codec.h"

_Static_assert(VALUE_S == 0 && VALUE_N == 1 && VALUE_B == 2 && VALUE_SS == 3 && VALUE_NS == 4 &&
		       VALUE_BS == 5 && VALUE_BOOL == 6 && VALUE_NULL == 7 && VALUE_L == 8 &&
		       VALUE_M == 9,
	"a type byte on disk has changed its meaning");

/* Writes a length and returns how many bytes that took. */
static size_t put_length(char *at, size_t length)
{
	size_t used = 0;

	for (; length >= 0x80; length >>= 7)
		at[used++] = (char)(length | 0x80);
	at[used++] = (char)length;
	return used;
}

static void append_length(struct buf *buf, size_t length)
{
	buf->len += put_length(buf_reserve(buf, LENGTH_BYTES_MAX), length);
}

static void append_bytes(struct buf *buf, struct slice bytes)
{
	append_length(buf, bytes.len);
	buf_append_slice(buf, bytes);
}

/* A payload whose length is not known yet starts after one byte kept for it. */
static size_t begin_payload(struct buf *buf)
{
	buf_append_char(buf, 0);
	return buf->len;
}

/* Moves the payload up when one byte was too little: nesting bounds how often
 * a byte can move. */
static void end_payload(struct buf *buf, size_t start)
{
	char length[LENGTH_BYTES_MAX];
	size_t payload = buf->len - start, used = put_length(length, payload);

	if (used > 1) {
		buf_reserve(buf, used - 1);
		memmove(buf->data + start + used - 1, buf->data + start, payload);
		buf->len += used - 1;
	}
	memcpy(buf->data + start - 1, length, used);
}

static void encode_value(const struct value *value, struct buf *buf)
{
	size_t start;

	buf_append_char(buf, (char)value->type);
	if (value->type == VALUE_S || value->type == VALUE_B) {
		append_bytes(buf, value->bytes);
		return;
	}
	start = begin_payload(buf);
	switch (value->type) {
	case VALUE_N:
		number_encode(&value->number, buf);
		break;
	case VALUE_BOOL:
		buf_append_char(buf, value->boolean);
		break;
	case VALUE_L:
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		append_length(buf, value->elements.count);
		for (size_t i = 0; i < value->elements.count; i++)
			encode_value(&value->elements.items[i], buf);
		break;
	case VALUE_M:
		item_encode(&value->map, buf);
		break;
	case VALUE_S:
	case VALUE_B:
	case VALUE_NULL:
	case VALUE_TYPE_COUNT:
		break;
	}
	end_payload(buf, start);
}

void item_encode(const struct map *item, struct buf *buf)
{
	append_length(buf, item->count);
	for (size_t i = 0; i < item->count; i++) {
		append_bytes(buf, item->members[i].name);
		encode_value(&item->members[i].value, buf);
	}
}

static bool take_value(struct arena *arena, struct slice *in, unsigned level, struct value *ret);

static bool decode_number(struct slice payload, struct number *ret)
{
	size_t used;

	return number_decode(payload, ret, &used) && used == payload.len;
}

static bool decode_boolean(struct slice payload, bool *ret)
{
	if (payload.len != 1 || (unsigned char)payload.data[0] > 1)
		return false;
	*ret = payload.data[0];
	return true;
}

static bool decode_elements(struct arena *arena, enum value_type container, struct slice payload,
	unsigned level, struct elements *ret)
{
	struct value *items;
	size_t count;

	if (!take_count(&payload, VALUE_BYTES_MIN, &count))
		return false;
	items = arena_alloc(arena, count * sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		if (!take_value(arena, &payload, level, &items[i]))
			return false;
		if (value_type_is_set(container) &&
			items[i].type != value_set_element_type(container))
			return false;
	}
	*ret = (struct elements){ items, count };
	return !payload.len;
}

static bool decode_map(struct arena *arena, struct slice payload, unsigned level, struct map *ret)
{
	struct member *members;
	size_t count;

	if (!take_count(&payload, ATTRIBUTE_BYTES_MIN, &count))
		return false;
	members = arena_alloc(arena, count * sizeof(*members));
	for (size_t i = 0; i < count; i++) {
		if (!take_bytes(&payload, &members[i].name) ||
			!take_value(arena, &payload, level, &members[i].value))
			return false;
	}
	*ret = (struct map){ members, count };
	return !payload.len;
}

static bool decode_payload(struct arena *arena, enum value_type type, struct slice payload,
	unsigned level, struct value *ret)
{
	ret->type = type;
	switch (type) {
	case VALUE_S:
	case VALUE_B:
		ret->bytes = payload;
		return true;
	case VALUE_N:
		return decode_number(payload, &ret->number);
	case VALUE_BOOL:
		return decode_boolean(payload, &ret->boolean);
	case VALUE_NULL:
		return !payload.len;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return decode_elements(arena, type, payload, level, &ret->elements);
	case VALUE_L:
		return decode_elements(arena, type, payload, level + 1, &ret->elements);
	case VALUE_M:
		return decode_map(arena, payload, level + 1, &ret->map);
	case VALUE_TYPE_COUNT:
		break;
	}
	return false;
}

static bool take_value(struct arena *arena, struct slice *in, unsigned level, struct value *ret)
{
	enum value_type type;
	struct slice payload;

	return level <= ITEM_NESTING_MAX && take_payload(in, &type, &payload) &&
	       decode_payload(arena, type, payload, level, ret);
}

static int corrupt(struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "The stored bytes of an item do not decode");
}

int item_decode(struct arena *arena, struct slice bytes, struct map *ret, struct error *err)
{
	struct map item;

	if (!decode_map(arena, bytes, 1, &item))
		return corrupt(err);
	*ret = item;
	return 0;
}

int item_decode_attribute(struct arena *arena, struct slice bytes, struct slice name,
	struct value *ret, struct error *err)
{
	size_t count;

	if (!take_count(&bytes, ATTRIBUTE_BYTES_MIN, &count))
		return corrupt(err);
	while (count--) {
		struct slice found, payload;
		enum value_type type;
		struct value value;

		if (!take_bytes(&bytes, &found) || !take_payload(&bytes, &type, &payload))
			return corrupt(err);
		if (!slice_equal(found, name))
			continue;
		if (!decode_payload(arena, type, payload, 1, &value))
			return corrupt(err);
		*ret = value;
		return 0;
	}
	return bytes.len ? corrupt(err) : ITEM_ATTRIBUTE_ABSENT;
}
