/*
 * A line of plain JSON straight from an item's binary form: what
 * plain_append_line() appends for the decoded item, for those who only pass
 * items on.
 */
#include "model/item_codec.h"
#include "model/item_json.h"
#include "model/plain.h"
#include "model/plain_private.h"

/* Takes one value and appends it; false when it is malformed. */
static bool append_value(struct buf *buf, struct slice *in, unsigned level);

static void append_opening(struct buf *buf, enum value_type type)
{
	static const struct slice openings[VALUE_TYPE_COUNT] = {
		[VALUE_B] = SLICE("{\"B\":"),
		[VALUE_SS] = SLICE("{\"SS\":"),
		[VALUE_NS] = SLICE("{\"NS\":"),
		[VALUE_BS] = SLICE("{\"BS\":"),
		[VALUE_M] = SLICE("{\"M\":"),
	};

	buf_append_slice(buf, openings[type]);
}

/* Whether the bare text of the map would not be read as a map. What is malformed
 * is found when it is appended. */
static bool needs_descriptor(struct slice payload)
{
	enum value_type descriptor, type;
	struct slice name, value;
	size_t count;

	if (!take_count(&payload, ATTRIBUTE_BYTES_MIN, &count) || count != 1 ||
		!take_bytes(&payload, &name) || !value_type_parse(name, &descriptor) ||
		!take_payload(&payload, &type, &value))
		return false;
	return !plain_is_real_map(
		descriptor, plain_kind(type, type == VALUE_BOOL && value.len && value.data[0]));
}

static bool append_map(struct buf *buf, struct slice payload, unsigned level)
{
	if (!needs_descriptor(payload))
		return item_json_append_members(buf, payload, level, append_value);
	append_opening(buf, VALUE_M);
	if (!item_json_append_members(buf, payload, level, append_value))
		return false;
	buf_append_char(buf, '}');
	return true;
}

static bool append_typed(struct buf *buf, enum value_type type, struct slice payload)
{
	append_opening(buf, type);
	if (type == VALUE_B ? !item_json_append_string(buf, type, payload)
			    : !item_json_append_set(buf, type, payload))
		return false;
	buf_append_char(buf, '}');
	return true;
}

static bool append_contents(
	struct buf *buf, enum value_type type, struct slice payload, unsigned level)
{
	switch (type) {
	case VALUE_S:
		json_append_string(buf, payload);
		return true;
	case VALUE_N:
		return item_json_append_number(buf, payload);
	case VALUE_BOOL:
		return item_json_append_boolean(buf, payload);
	case VALUE_NULL:
		buf_append_string(buf, "null");
		return !payload.len;
	case VALUE_B:
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return append_typed(buf, type, payload);
	case VALUE_L:
		return item_json_append_list(buf, payload, level + 1, append_value);
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

	return level <= ITEM_NESTING_MAX && take_payload(in, &type, &payload) &&
	       append_contents(buf, type, payload, level);
}

int plain_append_encoded_line(struct buf *buf, struct slice item, struct error *err)
{
	size_t before = buf->len;

	if (!item_json_append_members(buf, item, 1, append_value)) {
		buf->len = before;
		return error_set(err, ERROR_CORRUPT, "The stored bytes of an item do not decode");
	}
	buf_append_char(buf, '\n');
	return 0;
}
