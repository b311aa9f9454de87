#include "base/text.h"
#include "model/typed.h"

static void append_elements(struct buf *buf, const struct elements *elements,
	void (*append)(struct buf *buf, const struct value *value))
{
	buf_append_char(buf, '[');
	for (size_t i = 0; i < elements->count; i++) {
		if (i)
			buf_append_char(buf, ',');
		append(buf, &elements->items[i]);
	}
	buf_append_char(buf, ']');
}

/* S, N and B: a string of any kind. */
static void append_scalar(struct buf *buf, const struct value *value)
{
	if (value->type == VALUE_S) {
		json_append_string(buf, value->bytes);
		return;
	}
	buf_append_char(buf, '"');
	if (value->type == VALUE_N)
		number_format(&value->number, buf);
	else
		base64_append(buf, value->bytes);
	buf_append_char(buf, '"');
}

static void append_contents(struct buf *buf, const struct value *value)
{
	switch (value->type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		append_scalar(buf, value);
		break;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		append_elements(buf, &value->elements, append_scalar);
		break;
	case VALUE_BOOL:
		buf_append_string(buf, value->boolean ? "true" : "false");
		break;
	case VALUE_NULL:
		buf_append_string(buf, "true");
		break;
	case VALUE_L:
		append_elements(buf, &value->elements, typed_append_value);
		break;
	case VALUE_M:
		typed_append_map(buf, &value->map);
		break;
	case VALUE_TYPE_COUNT:
		break;
	}
}

static const struct slice openings[VALUE_TYPE_COUNT] = {
	[VALUE_S] = SLICE("{\"S\":"),
	[VALUE_N] = SLICE("{\"N\":"),
	[VALUE_B] = SLICE("{\"B\":"),
	[VALUE_SS] = SLICE("{\"SS\":"),
	[VALUE_NS] = SLICE("{\"NS\":"),
	[VALUE_BS] = SLICE("{\"BS\":"),
	[VALUE_BOOL] = SLICE("{\"BOOL\":"),
	[VALUE_NULL] = SLICE("{\"NULL\":"),
	[VALUE_L] = SLICE("{\"L\":"),
	[VALUE_M] = SLICE("{\"M\":"),
};

void typed_append_opening(struct buf *buf, enum value_type type)
{
	buf_append_slice(buf, openings[type]);
}

void typed_append_value(struct buf *buf, const struct value *value)
{
	typed_append_opening(buf, value->type);
	append_contents(buf, value);
	buf_append_char(buf, '}');
}

void typed_append_map(struct buf *buf, const struct map *map)
{
	buf_append_char(buf, '{');
	for (size_t i = 0; i < map->count; i++) {
		if (i)
			buf_append_char(buf, ',');
		json_append_string(buf, map->members[i].name);
		buf_append_char(buf, ':');
		typed_append_value(buf, &map->members[i].value);
	}
	buf_append_char(buf, '}');
}
