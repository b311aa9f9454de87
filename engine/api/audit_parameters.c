#include "api/audit_parameters.h"

#include "api/request_statement.h"
#include "api/shapes.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "expr/partiql.h"
#include "model/json.h"
#include "model/typed.h"

#include <ctype.h>

static void append_quoted(struct buf *buf, const char *string)
{
	buf_append_char(buf, '"');
	buf_append_string(buf, string);
	buf_append_char(buf, '"');
}

/* The names of an item's or a key's attributes. */
static void append_names(const struct map *map, struct buf *buf)
{
	buf_append_char(buf, '[');
	for (size_t i = 0; i < map->count; i++) {
		if (i)
			buf_append_char(buf, ',');
		json_append_string(buf, map->members[i].name);
	}
	buf_append_char(buf, ']');
}

void audit_append_attributes(
	const struct audit_style *style, const struct map *map, struct buf *buf)
{
	if (style->items)
		typed_append_map(buf, map);
	else
		append_names(map, buf);
}

static void append_statement(struct slice statement, struct buf *buf)
{
	struct buf redacted CLEANUP(buf_release) = BUF_INIT;

	audit_redact_statement(statement, &redacted);
	json_append_string(buf, buf_slice(&redacted));
}

/* What becomes of the text of a member that may hold values. */
enum text_kind { TEXT_PLAIN, TEXT_EXPRESSION, TEXT_STATEMENT, TEXT_TOKEN };

static enum text_kind kind_of_text(const struct field *field)
{
	struct slice name = slice_from_string(field->name);

	if (slice_ends_with(name, SLICE("Expression")))
		return TEXT_EXPRESSION;
	if (slice_equal(name, SLICE("Statement")))
		return TEXT_STATEMENT;
	if (slice_equal(name, SLICE("NextToken")))
		return TEXT_TOKEN;
	return TEXT_PLAIN;
}

static void append_text(const struct audit_style *style, const struct field *field,
	struct slice text, struct buf *buf)
{
	enum text_kind kind = style->items ? TEXT_PLAIN : kind_of_text(field);

	if (kind != TEXT_PLAIN && style->unread)
		append_quoted(buf, AUDIT_REDACTED);
	else if (kind == TEXT_STATEMENT)
		append_statement(text, buf);
	else
		json_append_string(buf, text);
}

typedef void append_element(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf);

static void append_struct(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	audit_append_parameters(style, field->shape, element, buf);
}

static void append_string(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	(void)style;
	(void)field;
	json_append_string(buf, *(const struct slice *)element);
}

static void append_item(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	(void)field;
	audit_append_attributes(style, element, buf);
}

static void append_value(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	(void)style;
	(void)field;
	typed_append_value(buf, element);
}

static void append_double(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	(void)style;
	(void)field;
	buf_appendf(buf, "%.17g", *(const double *)element);
}

static void append_list(const struct audit_style *style, const struct field *field,
	const struct request_list *list, append_element *append, size_t size, struct buf *buf)
{
	const char *element = list->items;

	buf_append_char(buf, '[');
	for (size_t i = 0; i < list->count; i++, element += size) {
		if (i)
			buf_append_char(buf, ',');
		append(style, field, element, buf);
	}
	buf_append_char(buf, ']');
}

static void append_shape_list(const struct audit_style *style, const struct field *field,
	const struct request_list *list, struct buf *buf)
{
	if (field->shape)
		append_list(style, field, list, append_struct, field->shape->size, buf);
	else
		append_list(style, field, list, append_string, sizeof(struct slice), buf);
}

/* Maps, whose elements begin with their name: what comes after it is appended. */

static void append_named_list(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	append_shape_list(style, field, &((const struct named_list *)element)->list, buf);
}

static void append_named_items(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	append_list(style, field, &((const struct named_items *)element)->items, append_item,
		sizeof(struct map), buf);
}

static void append_placeholder(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	(void)style;
	(void)field;
	json_append_string(buf, ((const struct name_placeholder *)element)->name);
}

_Static_assert(offsetof(struct name_placeholder, placeholder) == 0, "the name comes first");

static void append_map(const struct audit_style *style, const struct field *field,
	const struct request_list *map, append_element *append, size_t size, struct buf *buf)
{
	const char *element = map->items;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < map->count; i++, element += size) {
		if (i)
			buf_append_char(buf, ',');
		json_append_string(buf, *(const struct slice *)(const void *)element);
		buf_append_char(buf, ':');
		append(style, field, element, buf);
	}
	buf_append_char(buf, '}');
}

static void append_named_double(const struct audit_style *style, const struct field *field,
	const void *element, struct buf *buf)
{
	append_double(style, field, &((const struct named_double *)element)->value, buf);
}

static void append_timestamp(int64_t ns, struct buf *buf)
{
	buf_append_char(buf, '"');
	clock_append_iso(buf, ns);
	buf_append_char(buf, '"');
}

/* Whether the member is there, and shown. */
static bool is_shown(const struct audit_style *style, const struct field *field, const void *member)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_ENUM:
		return slice_present(*(const struct slice *)member) &&
		       (style->items || kind_of_text(field) != TEXT_TOKEN);
	case FIELD_INTEGER:
	case FIELD_LONG:
		return ((const struct optional_integer *)member)->present;
	case FIELD_BOOLEAN:
		return ((const struct optional_boolean *)member)->present;
	case FIELD_DOUBLE:
		return ((const struct optional_double *)member)->present;
	case FIELD_TIMESTAMP:
		return *(const int64_t *)member;
	case FIELD_STRUCT:
	case FIELD_ATTRIBUTES:
		return *(const void *const *)member;
	case FIELD_VALUE:
		return style->items && *(const void *const *)member;
	case FIELD_VALUES:
		return style->items && ((const struct request_list *)member)->present;
	case FIELD_LIST:
	case FIELD_MAP:
	case FIELD_ITEMS:
	case FIELD_STRING_MAP:
	case FIELD_LIST_MAP:
	case FIELD_ITEMS_MAP:
	case FIELD_DOUBLES:
	case FIELD_DOUBLE_MAP:
		return ((const struct request_list *)member)->present;
	case FIELD_JSON:
	case FIELD_UNSUPPORTED:
		return false;
	}
	return false;
}

static void append_field(const struct audit_style *style, const struct field *field,
	const void *member, struct buf *buf)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_ENUM:
		append_text(style, field, *(const struct slice *)member, buf);
		return;
	case FIELD_INTEGER:
	case FIELD_LONG:
		buf_appendf(
			buf, "%lld", (long long)((const struct optional_integer *)member)->value);
		return;
	case FIELD_BOOLEAN:
		buf_append_string(
			buf, ((const struct optional_boolean *)member)->value ? "true" : "false");
		return;
	case FIELD_DOUBLE:
		append_double(style, field, &((const struct optional_double *)member)->value, buf);
		return;
	case FIELD_TIMESTAMP:
		append_timestamp(*(const int64_t *)member, buf);
		return;
	case FIELD_STRUCT:
		append_struct(style, field, *(const void *const *)member, buf);
		return;
	case FIELD_ATTRIBUTES:
		append_item(style, field, *(const void *const *)member, buf);
		return;
	case FIELD_VALUE:
		append_value(style, field, *(const void *const *)member, buf);
		return;
	case FIELD_VALUES:
		append_list(style, field, member, append_value, sizeof(struct value), buf);
		return;
	case FIELD_LIST:
		append_shape_list(style, field, member, buf);
		return;
	case FIELD_MAP:
		append_map(style, field, member, append_struct, field->shape->size, buf);
		return;
	case FIELD_ITEMS:
		append_list(style, field, member, append_item, sizeof(struct map), buf);
		return;
	case FIELD_STRING_MAP:
		append_map(style, field, member, append_placeholder,
			sizeof(struct name_placeholder), buf);
		return;
	case FIELD_LIST_MAP:
		append_map(style, field, member, append_named_list, sizeof(struct named_list), buf);
		return;
	case FIELD_ITEMS_MAP:
		append_map(
			style, field, member, append_named_items, sizeof(struct named_items), buf);
		return;
	case FIELD_DOUBLES:
		append_list(style, field, member, append_double, sizeof(double), buf);
		return;
	case FIELD_DOUBLE_MAP:
		append_map(style, field, member, append_named_double, sizeof(struct named_double),
			buf);
		return;
	case FIELD_JSON:
	case FIELD_UNSUPPORTED:
		return;
	}
}

/* "TableName" becomes "tableName". */
static void append_name(const char *name, struct buf *buf)
{
	buf_append_char(buf, '"');
	buf_append_char(buf, (char)tolower((unsigned char)name[0]));
	buf_append_string(buf, name + 1);
	buf_append(buf, "\":", 2);
}

/* Whether a statement of several can be read: that the others can says nothing of
 * it. */
static bool is_readable(struct slice statement, const struct request_list *parameters)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct partiql_statement read;

	return slice_present(statement) && partiql_parse(statement, parameters->items,
						   parameters->count, &arena, &read, &err) == 0;
}

static bool has_unread(const struct request_shape *shape, const void *input)
{
	const struct batch_statement *batched = input;
	const struct transact_statement *transacted = input;

	if (shape == &shape_batch_statement)
		return !is_readable(batched->statement, &batched->parameters);
	return shape == &shape_transact_statement &&
	       !is_readable(transacted->statement, &transacted->parameters);
}

static void append_members(const struct audit_style *style, const struct request_shape *shape,
	const void *input, struct buf *buf)
{
	bool first = true;

	buf_append_char(buf, '{');
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const void *member = (const char *)input + field->offset;

		if (!is_shown(style, field, member))
			continue;
		if (!first)
			buf_append_char(buf, ',');
		first = false;
		append_name(field->name, buf);
		append_field(style, field, member, buf);
	}
	buf_append_char(buf, '}');
}

void audit_append_parameters(const struct audit_style *style, const struct request_shape *shape,
	const void *input, struct buf *buf)
{
	struct audit_style own = *style;

	if (!style->items && !style->unread)
		own.unread = has_unread(shape, input);
	append_members(&own, shape, input, buf);
}
