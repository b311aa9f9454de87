#include "api/wire.h"
#include "model/json.h"
#include "model/typed.h"

#include <stdlib.h>

#define SECOND_NS   1000000000LL
#define LONG_DIGITS 18 /* that fit 64 bits, whatever they are */

struct reader {
	const struct json_document *document;
	struct arena *arena;
};

/* How the service words a node of the wrong JSON type. */

#define FIELD_SCALAR  "Unexpected field type" /* where a member is no scalar */
#define VALUE_SCALAR  "Unexpected value type in payload" /* the same of an element */
#define OBJECT_FOUND  "Start of structure or map found where not expected"
#define ARRAY_FOUND   "Unrecognized collection type "
#define SERVICE_CLASS "com.amazonaws.dynamodb.v20120810."

static int fail_at(const struct reader *reader, const json_t *node, struct error *err)
{
	error_set_place(err, json_place(reader->document, node));
	return -1;
}

static const char *token_name(const struct reader *reader, const json_t *node)
{
	struct slice number = json_number_text(reader->document, node);

	if (json_is_boolean(node))
		return json_is_true(node) ? "TRUE_VALUE" : "FALSE_VALUE";
	for (size_t i = 0; i < number.len; i++) {
		if (strchr(".eE", number.data[i]))
			return "DECIMAL_VALUE";
	}
	return slice_present(number) ? "NUMBER_VALUE" : "STRING_VALUE";
}

/* Where a scalar of a class of java.lang should be. */
static int not_scalar(
	const struct reader *reader, const json_t *node, const char *class, struct error *err)
{
	if (json_is_object(node))
		error_set(err, ERROR_SERIALIZATION, OBJECT_FOUND);
	else if (json_is_array(node))
		error_set(err, ERROR_SERIALIZATION, ARRAY_FOUND "class java.lang.%s", class);
	else
		error_set(err, ERROR_SERIALIZATION, "%s cannot be converted to %s",
			token_name(reader, node), class);
	return fail_at(reader, node, err);
}

static int not_list(const struct reader *reader, const json_t *node, struct error *err)
{
	error_set(
		err, ERROR_SERIALIZATION, "%s", json_is_object(node) ? OBJECT_FOUND : FIELD_SCALAR);
	return fail_at(reader, node, err);
}

static int not_map(const struct reader *reader, const json_t *node,
	const struct request_shape *shape, struct error *err)
{
	if (json_is_array(node))
		error_set(err, ERROR_SERIALIZATION,
			ARRAY_FOUND "java.util.Map<java.lang.String, " SERVICE_CLASS "%s>",
			shape->name);
	else
		error_set(err, ERROR_SERIALIZATION, FIELD_SCALAR);
	return fail_at(reader, node, err);
}

static int not_structure(const struct reader *reader, const json_t *node,
	const struct request_shape *shape, const char *scalar_found, struct error *err)
{
	if (json_is_array(node))
		error_set(err, ERROR_SERIALIZATION, ARRAY_FOUND "class " SERVICE_CLASS "%s",
			shape->name);
	else
		error_set(err, ERROR_SERIALIZATION, "%s", scalar_found);
	return fail_at(reader, node, err);
}

static int read_string(
	const struct reader *reader, const json_t *node, struct slice *ret, struct error *err)
{
	if (!json_is_string(node))
		return not_scalar(reader, node, "String", err);
	*ret = arena_copy(
		reader->arena, slice_of(json_string_value(node), json_string_length(node)));
	return 0;
}

/* A fraction is cut off, and what 64 bits can't hold becomes the number nearest
 * to it that they can, as in the service's Java. */
static int64_t to_integer(struct slice text)
{
	long double value;

	if (!memchr(text.data, 'e', text.len) && !memchr(text.data, 'E', text.len))
		return strtoll(text.data, NULL, 10);
	value = strtold(text.data, NULL);
	if (value >= (long double)INT64_MAX)
		return INT64_MAX;
	return value <= (long double)INT64_MIN ? INT64_MIN : (int64_t)value;
}

static int read_integer(const struct reader *reader, const json_t *node, const char *class,
	struct optional_integer *ret, struct error *err)
{
	struct slice text = json_number_text(reader->document, node);

	if (!slice_present(text))
		return not_scalar(reader, node, class, err);
	text = arena_copy(reader->arena, text); /* ends it with NUL */
	*ret = (struct optional_integer){ true, to_integer(text) };
	return 0;
}

/* The service refuses digits in a string here too. DynamoDB Local takes them, and
 * the console dynamodb-admin, made for that one, sends the capacity of a new table
 * so. */
static int read_long(const struct reader *reader, const json_t *node, struct optional_integer *ret,
	struct error *err)
{
	const char *text = json_string_value(node);
	size_t digits = text ? strspn(text, "0123456789") : 0;

	if (digits == 0 || digits > LONG_DIGITS || digits != json_string_length(node))
		return read_integer(reader, node, "Long", ret, err);
	*ret = (struct optional_integer){ true, strtoll(text, NULL, 10) };
	return 0;
}

static int read_boolean(const struct reader *reader, const json_t *node,
	struct optional_boolean *ret, struct error *err)
{
	if (json_is_string(node)) {
		error_set(err, ERROR_SERIALIZATION, "Unexpected token received from parser");
		return fail_at(reader, node, err);
	}
	if (!json_is_boolean(node))
		return not_scalar(reader, node, "Boolean", err);
	*ret = (struct optional_boolean){ true, json_is_true(node) };
	return 0;
}

/* scalar_found: what is said of a scalar in the structure's place. */
static int read_shape(const struct reader *reader, const struct request_shape *shape,
	const json_t *node, const char *scalar_found, void *ret, struct error *err);

static int read_struct(const struct reader *reader, const struct field *field, const json_t *node,
	const void **ret, struct error *err)
{
	void *structure = arena_alloc_zero(reader->arena, field->shape->size);

	TRY(read_shape(reader, field->shape, node, FIELD_SCALAR, structure, err));
	*ret = structure;
	return 0;
}

static int read_list(const struct reader *reader, const struct field *field, const json_t *node,
	struct request_list *ret, struct error *err)
{
	size_t size = field->shape ? field->shape->size : sizeof(struct slice);
	size_t count = json_array_size(node);
	char *items;

	if (!json_is_array(node))
		return not_list(reader, node, err);
	items = arena_alloc_array(reader->arena, count, size);
	for (size_t i = 0; i < count; i++) {
		const json_t *element = json_array_get(node, i);

		if (field->shape)
			TRY(read_shape(reader, field->shape, element, VALUE_SCALAR,
				items + i * size, err));
		else
			TRY(read_string(reader, element, (struct slice *)(void *)items + i, err));
	}
	*ret = (struct request_list){ true, count, items };
	return 0;
}

/* Reads one entry of a map; its name, with which the struct begins, is set. */
typedef int read_entry(const struct reader *reader, const struct field *field, const json_t *node,
	void *entry, struct error *err);

/* The members of an object as structs of that size that begin with the name. */
static int read_entries(const struct reader *reader, const struct field *field, const json_t *node,
	size_t size, read_entry *read, struct request_list *ret, struct error *err)
{
	char *items, *item;
	const char *name;
	size_t name_len;
	json_t *member;

	item = items = arena_alloc_array(reader->arena, json_object_size(node), size);
	json_object_keylen_foreach((json_t *)node, name, name_len, member)
	{
		TRY(read(reader, field, member, item, err));
		*(struct slice *)(void *)item = arena_copy(reader->arena, slice_of(name, name_len));
		item += size;
	}
	*ret = (struct request_list){ true, json_object_size(node), items };
	return 0;
}

static int read_shape_entry(const struct reader *reader, const struct field *field,
	const json_t *node, void *entry, struct error *err)
{
	return read_shape(reader, field->shape, node, VALUE_SCALAR, entry, err);
}

static int read_map(const struct reader *reader, const struct field *field, const json_t *node,
	struct request_list *ret, struct error *err)
{
	if (!json_is_object(node))
		return not_map(reader, node, field->shape, err);
	return read_entries(reader, field, node, field->shape->size, read_shape_entry, ret, err);
}

static int read_attributes(
	const struct reader *reader, const json_t *node, const void **ret, struct error *err)
{
	struct map *map = arena_alloc_zero(reader->arena, sizeof(*map));

	TRY(typed_read_map(reader->document, node, reader->arena, map, err));
	*ret = map;
	return 0;
}

static int read_value(
	const struct reader *reader, const json_t *node, const void **ret, struct error *err)
{
	struct value *value = arena_alloc_zero(reader->arena, sizeof(*value));

	TRY(typed_read_value(reader->document, node, reader->arena, value, err));
	*ret = value;
	return 0;
}

static int read_items(const struct reader *reader, const json_t *node, struct request_list *ret,
	struct error *err)
{
	size_t count = json_array_size(node);
	struct map *items;

	if (!json_is_array(node))
		return not_list(reader, node, err);
	items = arena_alloc_array(reader->arena, count, sizeof(*items));
	for (size_t i = 0; i < count; i++)
		TRY(typed_read_map(
			reader->document, json_array_get(node, i), reader->arena, &items[i], err));
	*ret = (struct request_list){ true, count, items };
	return 0;
}

_Static_assert(offsetof(struct name_placeholder, placeholder) == 0, "its name is first");

static int read_string_entry(const struct reader *reader, const struct field *field,
	const json_t *node, void *entry, struct error *err)
{
	(void)field;
	return read_string(reader, node, &((struct name_placeholder *)entry)->name, err);
}

static int read_string_map(const struct reader *reader, const struct field *field,
	const json_t *node, struct request_list *ret, struct error *err)
{
	if (json_is_array(node)) {
		error_set(err, ERROR_SERIALIZATION,
			ARRAY_FOUND "java.util.Map<java.lang.String, java.lang.String>");
		return fail_at(reader, node, err);
	}
	if (!json_is_object(node)) {
		error_set(err, ERROR_SERIALIZATION, FIELD_SCALAR);
		return fail_at(reader, node, err);
	}
	return read_entries(
		reader, field, node, sizeof(struct name_placeholder), read_string_entry, ret, err);
}

static int read_list_entry(const struct reader *reader, const struct field *field,
	const json_t *node, void *entry, struct error *err)
{
	return read_list(reader, field, node, &((struct named_list *)entry)->list, err);
}

static int read_list_map(const struct reader *reader, const struct field *field, const json_t *node,
	struct request_list *ret, struct error *err)
{
	if (!json_is_object(node))
		return not_map(reader, node, field->shape, err);
	return read_entries(
		reader, field, node, sizeof(struct named_list), read_list_entry, ret, err);
}

static int read_values(const struct reader *reader, const json_t *node, struct request_list *ret,
	struct error *err)
{
	size_t count = json_array_size(node);
	struct value *values;

	if (!json_is_array(node))
		return not_list(reader, node, err);
	values = arena_alloc_array(reader->arena, count, sizeof(*values));
	for (size_t i = 0; i < count; i++)
		TRY(typed_read_value(
			reader->document, json_array_get(node, i), reader->arena, &values[i], err));
	*ret = (struct request_list){ true, count, values };
	return 0;
}

static int read_items_entry(const struct reader *reader, const struct field *field,
	const json_t *node, void *entry, struct error *err)
{
	(void)field;
	return read_items(reader, node, &((struct named_items *)entry)->items, err);
}

static int read_items_map(const struct reader *reader, const struct field *field,
	const json_t *node, struct request_list *ret, struct error *err)
{
	if (!json_is_object(node))
		return not_list(reader, node, err);
	return read_entries(
		reader, field, node, sizeof(struct named_items), read_items_entry, ret, err);
}

static int read_number(
	const struct reader *reader, const json_t *node, struct slice *ret, struct error *err)
{
	struct slice text = json_number_text(reader->document, node);

	if (!slice_present(text))
		return not_scalar(reader, node, "Double", err);
	*ret = arena_copy(reader->arena, text); /* ends it with NUL */
	return 0;
}

static int read_double(const struct reader *reader, const json_t *node, struct optional_double *ret,
	struct error *err)
{
	struct slice text;

	TRY(read_number(reader, node, &text, err));
	*ret = (struct optional_double){ true, strtod(text.data, NULL) };
	return 0;
}

/* The first nine digits behind the point. */
static int64_t fraction_ns(const char *digits)
{
	int64_t ns = 0;

	for (int i = 0; i < 9; i++) {
		ns *= 10;
		if (*digits >= '0' && *digits <= '9')
			ns += *digits++ - '0';
	}
	return ns;
}

/* Seconds as they are written: exact, where a floating-point number may not be. */
static int64_t to_nanoseconds(struct slice text)
{
	const char *point = memchr(text.data, '.', text.len);
	int64_t seconds = to_integer(text), limit = INT64_MAX / SECOND_NS - 1;

	if (seconds < 0 || seconds > limit)
		return seconds < 0 ? 0 : limit * SECOND_NS;
	if (strpbrk(text.data, "eE"))
		return (int64_t)(strtold(text.data, NULL) * SECOND_NS);
	return seconds * SECOND_NS + (point ? fraction_ns(point + 1) : 0);
}

static int read_timestamp(
	const struct reader *reader, const json_t *node, int64_t *ret, struct error *err)
{
	struct slice text;

	TRY(read_number(reader, node, &text, err));
	*ret = to_nanoseconds(text);
	if (*ret <= 0)
		*ret = 1; /* 0 stands for none */
	return 0;
}

static int read_doubles(const struct reader *reader, const json_t *node, struct request_list *ret,
	struct error *err)
{
	size_t count = json_array_size(node);
	double *values;

	if (!json_is_array(node))
		return not_list(reader, node, err);
	values = arena_alloc_array(reader->arena, count, sizeof(*values));
	for (size_t i = 0; i < count; i++) {
		struct slice text;

		TRY(read_number(reader, json_array_get(node, i), &text, err));
		values[i] = strtod(text.data, NULL);
	}
	*ret = (struct request_list){ true, count, values };
	return 0;
}

static int read_double_entry(const struct reader *reader, const struct field *field,
	const json_t *node, void *entry, struct error *err)
{
	struct slice text;

	(void)field;
	TRY(read_number(reader, node, &text, err));
	((struct named_double *)entry)->value = strtod(text.data, NULL);
	return 0;
}

static int read_double_map(const struct reader *reader, const struct field *field,
	const json_t *node, struct request_list *ret, struct error *err)
{
	if (!json_is_object(node))
		return not_list(reader, node, err);
	return read_entries(
		reader, field, node, sizeof(struct named_double), read_double_entry, ret, err);
}

static int read_field(const struct reader *reader, const struct field *field, const json_t *node,
	void *member, struct error *err)
{
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_ENUM:
		return read_string(reader, node, member, err);
	case FIELD_INTEGER:
		return read_integer(reader, node, "Integer", member, err);
	case FIELD_LONG:
		return read_long(reader, node, member, err);
	case FIELD_BOOLEAN:
		return read_boolean(reader, node, member, err);
	case FIELD_STRUCT:
		return read_struct(reader, field, node, member, err);
	case FIELD_LIST:
		return read_list(reader, field, node, member, err);
	case FIELD_MAP:
		return read_map(reader, field, node, member, err);
	case FIELD_ATTRIBUTES:
		return read_attributes(reader, node, member, err);
	case FIELD_VALUES:
		return read_values(reader, node, member, err);
	case FIELD_UNSUPPORTED:
		return error_set(err, ERROR_VALIDATION, "%s is not supported by this version yet",
			field->name);
	case FIELD_VALUE:
		return read_value(reader, node, member, err);
	case FIELD_ITEMS:
		return read_items(reader, node, member, err);
	case FIELD_STRING_MAP:
		return read_string_map(reader, field, node, member, err);
	case FIELD_LIST_MAP:
		return read_list_map(reader, field, node, member, err);
	case FIELD_ITEMS_MAP:
		return read_items_map(reader, field, node, member, err);
	case FIELD_TIMESTAMP:
		return read_timestamp(reader, node, member, err);
	case FIELD_DOUBLE:
		return read_double(reader, node, member, err);
	case FIELD_DOUBLES:
		return read_doubles(reader, node, member, err);
	case FIELD_DOUBLE_MAP:
		return read_double_map(reader, field, node, member, err);
	case FIELD_JSON: /* the member before it was read */
		return 0;
	}
	return 0;
}

static int read_shape(const struct reader *reader, const struct request_shape *shape,
	const json_t *node, const char *scalar_found, void *ret, struct error *err)
{
	if (json_is_null(node))
		return 0;
	if (!json_is_object(node))
		return not_structure(reader, node, shape, scalar_found, err);
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		const json_t *member = json_object_get(node, field->name);

		if (!member || json_is_null(member))
			continue;
		TRY(read_field(reader, field, member, (char *)ret + field->offset, err));
	}
	return 0;
}

int wire_read(const struct request_shape *shape, struct slice json, struct arena *arena,
	void *input, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	struct reader reader = { &document, arena };

	memset(input, 0, shape->size);
	if (json_parse(arena_copy(arena, json), &document, err) < 0) {
		err->class = ERROR_NOT_JSON;
		return -1;
	}
	return read_shape(&reader, shape, document.root, FIELD_SCALAR, input, err);
}
