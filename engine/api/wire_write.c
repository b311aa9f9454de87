#include "api/wire.h"
#include "base/text.h"
#include "model/json.h"
#include "model/typed.h"

static void begin_element(size_t i, struct buf *buf)
{
	if (i)
		buf_append_char(buf, ',');
}

static void begin_member(size_t i, struct slice name, struct buf *buf)
{
	begin_element(i, buf);
	json_append_string(buf, name);
	buf_append_char(buf, ':');
}

static void write_list(const struct field *field, const struct request_list *list, struct buf *buf)
{
	buf_append_char(buf, '[');
	for (size_t i = 0; i < list->count; i++) {
		begin_element(i, buf);
		if (field->shape)
			wire_write(field->shape, (const char *)list->items + i * field->shape->size,
				buf);
		else
			json_append_string(buf, ((const struct slice *)list->items)[i]);
	}
	buf_append_char(buf, ']');
}

static void write_map(const struct field *field, const struct request_list *list, struct buf *buf)
{
	const char *item = list->items;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < list->count; i++, item += field->shape->size) {
		begin_member(i, *(const struct slice *)(const void *)item, buf);
		wire_write(field->shape, item, buf);
	}
	buf_append_char(buf, '}');
}

static void write_items(const struct request_list *list, struct buf *buf)
{
	const struct map *items = list->items;

	buf_append_char(buf, '[');
	for (size_t i = 0; i < list->count; i++) {
		begin_element(i, buf);
		typed_append_map(buf, &items[i]);
	}
	buf_append_char(buf, ']');
}

static void write_string_map(const struct request_list *list, struct buf *buf)
{
	const struct name_placeholder *items = list->items;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < list->count; i++) {
		begin_member(i, items[i].placeholder, buf);
		json_append_string(buf, items[i].name);
	}
	buf_append_char(buf, '}');
}

static void write_list_map(
	const struct field *field, const struct request_list *list, struct buf *buf)
{
	const struct named_list *items = list->items;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < list->count; i++) {
		begin_member(i, items[i].name, buf);
		write_list(field, &items[i].list, buf);
	}
	buf_append_char(buf, '}');
}

static void write_items_map(const struct request_list *list, struct buf *buf)
{
	const struct named_items *items = list->items;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < list->count; i++) {
		begin_member(i, items[i].name, buf);
		write_items(&items[i].items, buf);
	}
	buf_append_char(buf, '}');
}

static void write_doubles(const struct request_list *list, struct buf *buf)
{
	const double *values = list->items;

	buf_append_char(buf, '[');
	for (size_t i = 0; i < list->count; i++) {
		begin_element(i, buf);
		double_append(buf, values[i]);
	}
	buf_append_char(buf, ']');
}

static void write_double_map(const struct request_list *list, struct buf *buf)
{
	const struct named_double *items = list->items;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < list->count; i++) {
		begin_member(i, items[i].name, buf);
		double_append(buf, items[i].value);
	}
	buf_append_char(buf, '}');
}

static void write_values(const struct request_list *list, struct buf *buf)
{
	const struct value *values = list->items;

	buf_append_char(buf, '[');
	for (size_t i = 0; i < list->count; i++) {
		begin_element(i, buf);
		typed_append_value(buf, &values[i]);
	}
	buf_append_char(buf, ']');
}

static void write_timestamp(int64_t ns, struct buf *buf)
{
	int64_t ms = ns / 1000000;

	buf_appendf(buf, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

/* Appends the member's value; false when it is absent. */
static bool write_field(const struct field *field, const void *member, struct buf *buf)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_ENUM:
		if (!slice_present(*(const struct slice *)member))
			return false;
		json_append_string(buf, *(const struct slice *)member);
		return true;
	case FIELD_INTEGER:
	case FIELD_LONG: {
		const struct optional_integer *integer = member;

		buf_appendf(buf, "%lld", (long long)integer->value);
		return integer->present;
	}
	case FIELD_BOOLEAN: {
		const struct optional_boolean *boolean = member;

		buf_append_string(buf, boolean->value ? "true" : "false");
		return boolean->present;
	}
	case FIELD_TIMESTAMP:
		write_timestamp(*(const int64_t *)member, buf);
		return *(const int64_t *)member != 0;
	case FIELD_STRUCT:
		if (!*(const void *const *)member)
			return false;
		wire_write(field->shape, *(const void *const *)member, buf);
		return true;
	case FIELD_LIST:
		write_list(field, member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_ITEMS:
		write_items(member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_ATTRIBUTES:
		if (!*(const void *const *)member)
			return false;
		typed_append_map(buf, *(const struct map *const *)member);
		return true;
	case FIELD_MAP:
		write_map(field, member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_VALUES:
		write_values(member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_VALUE:
		if (!*(const void *const *)member)
			return false;
		typed_append_value(buf, *(const struct value *const *)member);
		return true;
	case FIELD_STRING_MAP:
		write_string_map(member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_LIST_MAP:
		write_list_map(field, member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_ITEMS_MAP:
		write_items_map(member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_DOUBLE_MAP:
		write_double_map(member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_DOUBLES:
		write_doubles(member, buf);
		return ((const struct request_list *)member)->present;
	case FIELD_DOUBLE: {
		const struct optional_double *number = member;

		double_append(buf, number->value);
		return number->present;
	}
	case FIELD_JSON:
		buf_append_slice(buf, *(const struct slice *)member);
		return slice_present(*(const struct slice *)member);
	case FIELD_UNSUPPORTED:
		return false;
	}
	return false;
}

void wire_write(const struct request_shape *shape, const void *output, struct buf *buf)
{
	bool first = true;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		size_t before = buf->len;

		if (!first)
			buf_append_char(buf, ',');
		buf_appendf(buf, "\"%s\":", field->name);
		if (write_field(field, (const char *)output + field->offset, buf))
			first = false;
		else
			buf_resize(buf, before);
	}
	buf_append_char(buf, '}');
}
