#include "api/validate.h"
#include "base/buf.h"

/* The service gives up after ten. */
#define FAILURES_MAX 10

struct validation {
	struct buf path;
	struct buf failures;
	unsigned count;
};

static void append_value(struct buf *buf, const struct field *field, struct slice value)
{
	if (!slice_present(value)) {
		buf_append_string(buf, "Value null");
		return;
	}
	buf_append_string(buf, "Value");
	if (field->terse)
		return;
	buf_append_string(buf, " '");
	buf_append_slice(buf, value);
	buf_append_char(buf, '\'');
}

static void fail_as(struct validation *validation, const struct field *field, struct slice value,
	const char *who, const char *constraint)
{
	if (validation->count == FAILURES_MAX)
		return;
	if (validation->count++)
		buf_append_string(&validation->failures, "; ");
	append_value(&validation->failures, field, value);
	buf_append_string(&validation->failures, " at '");
	buf_append_slice(&validation->failures, buf_slice(&validation->path));
	buf_append_string(&validation->failures, "' failed to satisfy constraint: ");
	buf_append_string(&validation->failures, who);
	buf_append_string(&validation->failures, constraint);
}

static void fail(struct validation *validation, const struct field *field, struct slice value,
	const char *constraint, int64_t limit)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&text, constraint);
	if (limit >= 0)
		buf_appendf(&text, "%lld", (long long)limit);
	fail_as(validation, field, value, "Member must ", buf_string(&text));
}

static void check_length(
	struct validation *validation, const struct field *field, struct slice value, size_t length)
{
	if (field->min && (int64_t)length < field->min)
		fail(validation, field, value, "have length greater than or equal to ", field->min);
	if (field->max && (int64_t)length > field->max)
		fail(validation, field, value, "have length less than or equal to ", field->max);
}

static void fail_enum(struct validation *validation, const struct field *field, struct slice value)
{
	struct buf constraint CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&constraint, "satisfy enum value set: [");
	for (const char *const *name = field->values; *name; name++)
		buf_appendf(&constraint, "%s%s", name == field->values ? "" : ", ", *name);
	buf_append_string(&constraint, "]");
	fail(validation, field, value, buf_string(&constraint), -1);
}

static void check_string(
	struct validation *validation, const struct field *field, struct slice value)
{
	if (field->pattern && !field->pattern->matches(value)) {
		struct buf constraint CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&constraint, "satisfy regular expression pattern: %s",
			field->pattern->text);
		fail(validation, field, value, buf_string(&constraint), -1);
	}
	check_length(validation, field, value, value.len);
}

static void check_integer(struct validation *validation, const struct field *field, int64_t value)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "%lld", (long long)value);
	if ((field->min || field->max) && value < field->min)
		fail(validation, field, buf_slice(&text), "have value greater than or equal to ",
			field->min);
	if (field->max && value > field->max)
		fail(validation, field, buf_slice(&text), "have value less than or equal to ",
			field->max);
}

static void check_shape(
	struct validation *validation, const struct request_shape *shape, const void *input);

/* Messages spell members in camel case with a small first letter. */
static void append_member_name(struct buf *buf, const char *name)
{
	buf_append_char(buf, (char)(name[0] | 0x20));
	buf_append_string(buf, name + 1);
}

/* An element as the service's Java prints it. */
static void append_element(struct buf *buf, const struct request_shape *shape, const char *element)
{
	buf_appendf(buf, "%s(", shape->name);
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const struct slice *string = (const void *)(element + field->offset);

		buf_append_string(buf, i ? ", " : "");
		append_member_name(buf, field->name);
		buf_append_char(buf, '=');
		if (field->type == FIELD_STRING || field->type == FIELD_ENUM)
			buf_append_slice(buf, slice_present(*string) ? *string : SLICE("null"));
	}
	buf_append_char(buf, ')');
}

static void append_list(
	struct buf *buf, const struct request_shape *shape, const struct request_list *list)
{
	const char *items = list->items;

	buf_append_char(buf, '[');
	for (size_t i = 0; shape && i < list->count; i++) {
		buf_append_string(buf, i ? ", " : "");
		append_element(buf, shape, items + i * shape->size);
	}
	buf_append_char(buf, ']');
}

static void check_list(
	struct validation *validation, const struct field *field, const struct request_list *list)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	size_t path_len = validation->path.len;

	append_list(&text, field->shape, list);
	check_length(validation, field, buf_slice(&text), list->count);
	for (size_t i = 0; field->shape && i < list->count; i++) {
		const char *element = (const char *)list->items + i * field->shape->size;

		if (field->type == FIELD_MAP) {
			const struct slice *name = (const void *)element;

			buf_append_char(&validation->path, '.');
			buf_append_slice(&validation->path, *name);
			buf_append_string(&validation->path, ".member");
		} else {
			buf_appendf(&validation->path, ".%zu.member", i + 1);
		}
		check_shape(validation, field->shape, element);
		buf_resize(&validation->path, path_len);
	}
}

/* Lists by name: how many there are of them is told of a parameter, how long one
 * may be of the map's values. */
static void check_list_map(
	struct validation *validation, const struct field *field, const struct request_list *map)
{
	struct field lists = *field;
	const struct named_list *items = map->items;
	size_t path_len = validation->path.len;

	lists.max = 0; /* checked here */
	for (size_t i = 0; i < map->count; i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		struct buf constraint CLEANUP(buf_release) = BUF_INIT;

		if ((int64_t)items[i].list.count > field->max) {
			buf_appendf(&text, "{%.*s=", SLICE_ARG(items[i].name));
			append_list(&text, field->shape, &items[i].list);
			buf_append_char(&text, '}');
			buf_appendf(&constraint,
				"satisfy constraint: [Member must have length less than or equal to "
				"%lld, Member must have length greater than or equal to %lld]",
				(long long)field->max, (long long)field->min);
			fail_as(validation, field, buf_slice(&text), "Map value must ",
				buf_string(&constraint));
		}
		buf_append_char(&validation->path, '.');
		buf_append_slice(&validation->path, items[i].name);
		buf_append_string(&validation->path, ".member");
		check_list(validation, &lists, &items[i].list);
		buf_resize(&validation->path, path_len);
	}
}

static bool field_present(const struct field *field, const void *member)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_ENUM:
	case FIELD_JSON:
		return slice_present(*(const struct slice *)member);
	case FIELD_INTEGER:
	case FIELD_LONG:
		return ((const struct optional_integer *)member)->present;
	case FIELD_BOOLEAN:
		return ((const struct optional_boolean *)member)->present;
	case FIELD_TIMESTAMP:
		return *(const int64_t *)member != 0;
	case FIELD_DOUBLE:
		return ((const struct optional_double *)member)->present;
	case FIELD_STRUCT:
	case FIELD_ATTRIBUTES:
	case FIELD_VALUE:
		return *(const void *const *)member != NULL;
	case FIELD_LIST:
	case FIELD_MAP:
	case FIELD_ITEMS:
	case FIELD_VALUES:
	case FIELD_STRING_MAP:
	case FIELD_LIST_MAP:
	case FIELD_ITEMS_MAP:
	case FIELD_DOUBLES:
	case FIELD_DOUBLE_MAP:
		return ((const struct request_list *)member)->present;
	case FIELD_UNSUPPORTED:
		return false;
	}
	return false;
}

static void check_field(
	struct validation *validation, const struct field *field, const void *member)
{
	if (!field_present(field, member)) {
		if (field->required)
			fail(validation, field, (struct slice){ NULL, 0 }, "not be null", -1);
		return;
	}
	switch (field->type) {
	case FIELD_STRING:
		check_string(validation, field, *(const struct slice *)member);
		break;
	case FIELD_ENUM:
		if (enum_index(field->values, *(const struct slice *)member) < 0)
			fail_enum(validation, field, *(const struct slice *)member);
		break;
	case FIELD_INTEGER:
	case FIELD_LONG:
		check_integer(validation, field, ((const struct optional_integer *)member)->value);
		break;
	case FIELD_STRUCT:
		check_shape(validation, field->shape, *(const void *const *)member);
		break;
	case FIELD_LIST:
	case FIELD_MAP:
		check_list(validation, field, member);
		break;
	case FIELD_ITEMS:
	case FIELD_VALUES:
		check_list(validation, field, member);
		break;
	case FIELD_LIST_MAP:
		check_list_map(validation, field, member);
		break;
	case FIELD_BOOLEAN:
	case FIELD_TIMESTAMP:
	case FIELD_DOUBLE:
	case FIELD_DOUBLES:
	case FIELD_DOUBLE_MAP:
	case FIELD_ATTRIBUTES:
	case FIELD_VALUE:
	case FIELD_STRING_MAP:
	case FIELD_ITEMS_MAP:
	case FIELD_JSON:
	case FIELD_UNSUPPORTED:
		break;
	}
}

static void check_shape(
	struct validation *validation, const struct request_shape *shape, const void *input)
{
	size_t path_len = validation->path.len;

	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];

		if (path_len)
			buf_append_char(&validation->path, '.');
		if (field->terse)
			buf_append_string(&validation->path, field->name);
		else
			append_member_name(&validation->path, field->name);
		check_field(validation, field, (const char *)input + field->offset);
		buf_resize(&validation->path, path_len);
	}
}

int validate_input(const struct request_shape *shape, const void *input, struct error *err)
{
	struct validation validation = { BUF_INIT, BUF_INIT, 0 };

	check_shape(&validation, shape, input);
	if (validation.count)
		error_set(err, ERROR_VALIDATION, "%u validation error%s detected: %s",
			validation.count, validation.count > 1 ? "s" : "",
			buf_string(&validation.failures));
	buf_release(&validation.path);
	buf_release(&validation.failures);
	return validation.count ? -1 : 0;
}
