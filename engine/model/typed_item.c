/* Typed JSON straight from an item's binary form. */
#include "base/text.h"
#include "model/item_codec.h"
#include "model/typed.h"

/* Takes one value and appends it; false when it is malformed. */
static bool append_value(struct buf *buf, struct slice *in, unsigned level);

static bool append_number(struct buf *buf, struct slice payload)
{
	struct number number;
	size_t used;

	if (!number_decode(payload, &number, &used) || used != payload.len)
		return false;
	buf_append_char(buf, '"');
	number_format(&number, buf);
	buf_append_char(buf, '"');
	return true;
}

static bool append_binary(struct buf *buf, struct slice payload)
{
	buf_append_char(buf, '"');
	base64_append(buf, payload);
	buf_append_char(buf, '"');
	return true;
}

static bool append_scalar(struct buf *buf, enum value_type type, struct slice payload)
{
	if (type == VALUE_N)
		return append_number(buf, payload);
	if (type == VALUE_B)
		return append_binary(buf, payload);
	json_append_string(buf, payload);
	return true;
}

static bool append_boolean(struct buf *buf, struct slice payload)
{
	if (payload.len != 1 || (unsigned char)payload.data[0] > 1)
		return false;
	buf_append_string(buf, payload.data[0] ? "true" : "false");
	return true;
}

static bool append_set(struct buf *buf, enum value_type set, struct slice payload)
{
	enum value_type type;
	struct slice element;
	size_t count;

	if (!take_count(&payload, VALUE_BYTES_MIN, &count))
		return false;
	buf_append_char(buf, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_append_char(buf, ',');
		if (!take_payload(&payload, &type, &element) ||
			type != value_set_element_type(set) || !append_scalar(buf, type, element))
			return false;
	}
	buf_append_char(buf, ']');
	return !payload.len;
}

static bool append_list(struct buf *buf, struct slice payload, unsigned level)
{
	size_t count;

	if (!take_count(&payload, VALUE_BYTES_MIN, &count))
		return false;
	buf_append_char(buf, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_append_char(buf, ',');
		if (!append_value(buf, &payload, level))
			return false;
	}
	buf_append_char(buf, ']');
	return !payload.len;
}

static bool append_map(struct buf *buf, struct slice payload, unsigned level)
{
	struct slice name;
	size_t count;

	if (!take_count(&payload, ATTRIBUTE_BYTES_MIN, &count))
		return false;
	buf_append_char(buf, '{');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_append_char(buf, ',');
		if (!take_bytes(&payload, &name))
			return false;
		json_append_string(buf, name);
		buf_append_char(buf, ':');
		if (!append_value(buf, &payload, level))
			return false;
	}
	buf_append_char(buf, '}');
	return !payload.len;
}

static bool append_contents(
	struct buf *buf, enum value_type type, struct slice payload, unsigned level)
{
	switch (type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		return append_scalar(buf, type, payload);
	case VALUE_BOOL:
		return append_boolean(buf, payload);
	case VALUE_NULL:
		buf_append_string(buf, "true");
		return !payload.len;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return append_set(buf, type, payload);
	case VALUE_L:
		return append_list(buf, payload, level + 1);
	case VALUE_M:
		return append_map(buf, payload, level + 1);
	case VALUE_TYPE_COUNT:
		break;
	}
	return false;
}

static bool append_value(struct buf *buf, struct slice *in, unsigned level)
{
	enum value_type type;
	struct slice payload;

	if (level > ITEM_NESTING_MAX || !take_payload(in, &type, &payload))
		return false;
	typed_append_opening(buf, type);
	if (!append_contents(buf, type, payload, level))
		return false;
	buf_append_char(buf, '}');
	return true;
}

int typed_append_item(struct buf *buf, struct slice item, struct error *err)
{
	if (append_map(buf, item, 1))
		return 0;
	return error_set(err, ERROR_CORRUPT, "The stored bytes of an item do not decode");
}
