#include "call_help.h"

#include "nearest.h"

#include "base/memory.h"

#include <ctype.h>
#include <inttypes.h>

#define NAME_WIDTH 40

static const char *const type_names[] = {
	[FIELD_STRING] = "string",
	[FIELD_ENUM] = "string",
	[FIELD_INTEGER] = "integer",
	[FIELD_LONG] = "integer",
	[FIELD_BOOLEAN] = "boolean",
	[FIELD_DOUBLE] = "number",
	[FIELD_TIMESTAMP] = "time, in seconds",
	[FIELD_STRUCT] = "structure",
	[FIELD_LIST] = "list of structures",
	[FIELD_MAP] = "map of structures",
	[FIELD_ATTRIBUTES] = "map of attribute values",
	[FIELD_ITEMS] = "list of items",
	[FIELD_VALUES] = "list of attribute values",
	[FIELD_VALUE] = "attribute value",
	[FIELD_STRING_MAP] = "map of strings",
	[FIELD_LIST_MAP] = "map of lists of structures",
	[FIELD_ITEMS_MAP] = "map of lists of items",
	[FIELD_DOUBLES] = "list of numbers",
	[FIELD_DOUBLE_MAP] = "map of numbers",
	[FIELD_JSON] = NULL, /* stands for the member before it */
	[FIELD_UNSUPPORTED] = NULL,
};
_Static_assert(ARRAY_SIZE(type_names) == FIELD_UNSUPPORTED + 1, "a type without a name");

static const char *type_name(const struct field *field)
{
	if (field->type == FIELD_LIST && !field->shape)
		return "list of strings";
	return type_names[field->type];
}

/* What its least and most count. */
static const char *unit_of(const struct field *field)
{
	if (field->type == FIELD_STRING || field->type == FIELD_ENUM)
		return " characters";
	return field->type == FIELD_INTEGER || field->type == FIELD_LONG ? "" : " elements";
}

static void append_limits(const struct field *field, struct buf *buf)
{
	if (field->max && field->max != INT64_MAX)
		buf_appendf(buf, ", %" PRId64 " to %" PRId64 "%s", field->min, field->max,
			unit_of(field));
	else if (field->min)
		buf_appendf(buf, ", at least %" PRId64 "%s", field->min, unit_of(field));
}

static void append_values(const struct field *field, struct buf *buf)
{
	for (size_t i = 0; field->values && field->values[i]; i++)
		buf_appendf(buf, "%s%s", i ? "|" : ": ", field->values[i]);
}

static void append_shape(const struct request_shape *shape, int depth, struct buf *buf)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];

		if (!type_name(field))
			continue;
		buf_appendf(buf, "%*s%-*s %s%s", 2 * depth, "", NAME_WIDTH - 2 * depth, field->name,
			type_name(field), field->required ? ", required" : "");
		append_limits(field, buf);
		append_values(field, buf);
		buf_append_char(buf, '\n');
		if (field->shape)
			append_shape(field->shape, depth + 1, buf);
	}
}

static void append_part(const char *heading, const struct request_shape *shape, struct buf *buf)
{
	size_t before;

	buf_appendf(buf, "\n%s:\n", heading);
	before = buf->len;
	append_shape(shape, 1, buf);
	if (buf->len == before)
		buf_append_string(buf, "  {}\n");
}

void call_append_help(const struct operation *operation, struct buf *buf)
{
	buf_appendf(buf, "usage: dynamount call WHERE %s [JSON]\n\n%s\n", operation->name,
		operation->help);
	append_part("request", operation->input, buf);
	if (!operation->empty_answer)
		append_part("answer", operation->output, buf);
}

void call_append_list(struct buf *buf)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (operations[i].name)
			buf_appendf(buf, "%-24s %s\n", operations[i].name, operations[i].help);
	}
}

/* The nearest names */

static const char *operation_name_at(size_t at)
{
	if (at == OPERATION_COUNT)
		return NULL;
	return operations[at].name ? operations[at].name : "";
}

void call_append_nearest(const char *name, struct buf *buf)
{
	nearest_append(name, operation_name_at, buf);
}
