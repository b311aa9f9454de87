/* Typed JSON straight from an item's binary form. */
#include "model/item_codec.h"
#include "model/item_json.h"
#include "model/typed.h"

/* Takes one value and appends it; false when it is malformed. */
static bool append_value(struct buf *buf, struct slice *in, unsigned level);

static bool append_contents(
	struct buf *buf, enum value_type type, struct slice payload, unsigned level)
{
	switch (type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		return item_json_append_string(buf, type, payload);
	case VALUE_BOOL:
		return item_json_append_boolean(buf, payload);
	case VALUE_NULL:
		buf_append_string(buf, "true");
		return !payload.len;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return item_json_append_set(buf, type, payload);
	case VALUE_L:
		return item_json_append_list(buf, payload, level + 1, append_value);
	case VALUE_M:
		return item_json_append_members(buf, payload, level + 1, append_value);
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
	if (item_json_append_members(buf, item, 1, append_value))
		return 0;
	return error_set(err, ERROR_CORRUPT, "The stored bytes of an item do not decode");
}
