/*
 * Writing plain JSON. One writer serves rendering and measuring: without a
 * buffer it only counts, so that a length cannot differ from the text.
 */
#include "base/text.h"
#include "model/plain.h"
#include "model/plain_private.h"

#define INDENT 2 /* blanks a level */

struct writer {
	struct buf *buf; /* NULL: count only */
	size_t length; /* counted */
	bool spread; /* over lines, indented */
	unsigned depth;
	struct buf scratch; /* a number's text while counting */
};

static void put(struct writer *writer, const char *text)
{
	if (writer->buf)
		buf_append_string(writer->buf, text);
	else
		writer->length += strlen(text);
}

static void put_line_break(struct writer *writer)
{
	size_t blanks = (size_t)writer->depth * INDENT;

	if (!writer->spread)
		return;
	put(writer, "\n");
	if (writer->buf) {
		memset(buf_reserve(writer->buf, blanks), ' ', blanks);
		writer->buf->len += blanks;
	} else {
		writer->length += blanks;
	}
}

static void put_string(struct writer *writer, struct slice string)
{
	if (writer->buf)
		json_append_string(writer->buf, string);
	else
		writer->length += json_escaped_length(string);
}

static void put_number(struct writer *writer, const struct number *number)
{
	if (writer->buf) {
		number_format(number, writer->buf);
		return;
	}
	buf_clear(&writer->scratch);
	number_format(number, &writer->scratch);
	writer->length += writer->scratch.len;
}

static void put_base64(struct writer *writer, struct slice bytes)
{
	put(writer, "\"");
	if (writer->buf)
		base64_append(writer->buf, bytes);
	else
		writer->length += (bytes.len + 2) / 3 * 4;
	put(writer, "\"");
}

static void open_bracket(struct writer *writer, const char *bracket)
{
	put(writer, bracket);
	writer->depth++;
}

/* Before each thing between brackets. */
static void begin_entry(struct writer *writer, bool first)
{
	if (!first)
		put(writer, ",");
	put_line_break(writer);
}

static void close_bracket(struct writer *writer, const char *bracket, bool empty)
{
	writer->depth--;
	if (!empty)
		put_line_break(writer);
	put(writer, bracket);
}

static void put_name(struct writer *writer, struct slice name)
{
	put_string(writer, name);
	put(writer, writer->spread ? ": " : ":");
}

static void open_descriptor(struct writer *writer, enum value_type type)
{
	open_bracket(writer, "{");
	begin_entry(writer, true);
	put_name(writer, slice_from_string(value_type_name(type)));
}

static void close_descriptor(struct writer *writer)
{
	close_bracket(writer, "}", false);
}

static void write_value(struct writer *writer, const struct value *value);

/* A scalar within its descriptor: a string of any kind. */
static void write_described(struct writer *writer, const struct value *scalar)
{
	if (scalar->type == VALUE_S) {
		put_string(writer, scalar->bytes);
	} else if (scalar->type == VALUE_B) {
		put_base64(writer, scalar->bytes);
	} else {
		put(writer, "\"");
		put_number(writer, &scalar->number);
		put(writer, "\"");
	}
}

static void write_elements(struct writer *writer, const struct elements *elements,
	void (*write)(struct writer *writer, const struct value *value))
{
	open_bracket(writer, "[");
	for (size_t i = 0; i < elements->count; i++) {
		begin_entry(writer, i == 0);
		write(writer, &elements->items[i]);
	}
	close_bracket(writer, "]", elements->count == 0);
}

static void write_members(struct writer *writer, const struct map *map)
{
	open_bracket(writer, "{");
	for (size_t i = 0; i < map->count; i++) {
		begin_entry(writer, i == 0);
		put_name(writer, map->members[i].name);
		write_value(writer, &map->members[i].value);
	}
	close_bracket(writer, "}", map->count == 0);
}

enum json_kind plain_kind(enum value_type type, bool truth)
{
	static const enum json_kind kinds[VALUE_TYPE_COUNT] = {
		[VALUE_S] = KIND_STRING,
		[VALUE_N] = KIND_NUMBER,
		[VALUE_B] = KIND_OBJECT,
		[VALUE_SS] = KIND_OBJECT,
		[VALUE_NS] = KIND_OBJECT,
		[VALUE_BS] = KIND_OBJECT,
		[VALUE_BOOL] = KIND_FALSE,
		[VALUE_NULL] = KIND_NULL,
		[VALUE_L] = KIND_ARRAY,
		[VALUE_M] = KIND_OBJECT,
	};

	return type == VALUE_BOOL && truth ? KIND_TRUE : kinds[type];
}

static enum json_kind kind_of(const struct value *value)
{
	return plain_kind(value->type, value->type == VALUE_BOOL && value->boolean);
}

/* Whether the bare text of the map would not be read as a map. */
static bool needs_descriptor(const struct map *map)
{
	enum value_type type;

	return map->count == 1 && value_type_parse(map->members[0].name, &type) &&
	       !plain_is_real_map(type, kind_of(&map->members[0].value));
}

static void write_map(struct writer *writer, const struct map *map)
{
	if (!needs_descriptor(map)) {
		write_members(writer, map);
		return;
	}
	open_descriptor(writer, VALUE_M);
	write_members(writer, map);
	close_descriptor(writer);
}

static void write_value(struct writer *writer, const struct value *value)
{
	switch (value->type) {
	case VALUE_S:
		put_string(writer, value->bytes);
		break;
	case VALUE_N:
		put_number(writer, &value->number);
		break;
	case VALUE_B:
		open_descriptor(writer, VALUE_B);
		write_described(writer, value);
		close_descriptor(writer);
		break;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		open_descriptor(writer, value->type);
		write_elements(writer, &value->elements, write_described);
		close_descriptor(writer);
		break;
	case VALUE_BOOL:
		put(writer, value->boolean ? "true" : "false");
		break;
	case VALUE_NULL:
		put(writer, "null");
		break;
	case VALUE_L:
		write_elements(writer, &value->elements, write_value);
		break;
	case VALUE_M:
		write_map(writer, &value->map);
		break;
	case VALUE_TYPE_COUNT:
		break;
	}
}

static void write_item(struct writer *writer, const struct map *item)
{
	write_members(writer, item);
	put(writer, "\n");
}

void plain_append_item(struct buf *buf, const struct map *item)
{
	struct writer writer = { .buf = buf, .spread = true };

	write_item(&writer, item);
}

void plain_append_line(struct buf *buf, const struct map *item)
{
	struct writer writer = { .buf = buf };

	write_item(&writer, item);
}

void plain_append_value(struct buf *buf, const struct value *value)
{
	struct writer writer = { .buf = buf };

	write_value(&writer, value);
}

size_t plain_item_length(const struct map *item)
{
	struct writer writer = { .spread = true };

	write_item(&writer, item);
	buf_release(&writer.scratch);
	return writer.length;
}
