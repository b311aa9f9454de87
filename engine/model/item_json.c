#include "model/item_json.h"

#include "base/text.h"
#include "model/item_codec.h"
#include "model/json.h"

bool item_json_append_number(struct buf *buf, struct slice payload)
{
	struct number number;
	size_t used;

	if (!number_decode(payload, &number, &used) || used != payload.len)
		return false;
	number_format(&number, buf);
	return true;
}

bool item_json_append_string(struct buf *buf, enum value_type type, struct slice payload)
{
	bool well_formed = true;

	if (type == VALUE_S) {
		json_append_string(buf, payload);
		return true;
	}
	buf_append_char(buf, '"');
	if (type == VALUE_N)
		well_formed = item_json_append_number(buf, payload);
	else
		base64_append(buf, payload);
	buf_append_char(buf, '"');
	return well_formed;
}

bool item_json_append_boolean(struct buf *buf, struct slice payload)
{
	if (payload.len != 1 || (unsigned char)payload.data[0] > 1)
		return false;
	buf_append_string(buf, payload.data[0] ? "true" : "false");
	return true;
}

bool item_json_append_set(struct buf *buf, enum value_type set, struct slice payload)
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
			type != value_set_element_type(set) ||
			!item_json_append_string(buf, type, element))
			return false;
	}
	buf_append_char(buf, ']');
	return !payload.len;
}

bool item_json_append_list(
	struct buf *buf, struct slice payload, unsigned level, item_json_value *append_value)
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

bool item_json_append_members(
	struct buf *buf, struct slice payload, unsigned level, item_json_value *append_value)
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
