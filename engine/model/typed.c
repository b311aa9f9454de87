/*
 * Reading goes over the nodes twice, as the service does: first everything
 * must have the JSON type that the service model gives it (ERROR_SERIALIZATION
 * otherwise), then the values are judged (ERROR_VALIDATION). A member that is
 * null counts as not sent, and one of an unknown name is ignored.
 */
#include "model/typed.h"
#include "base/text.h"

struct reader {
	const struct json_document *document;
	struct arena *arena;
	struct error *err;
};

/* A kind of member in the service model, and how the service words a node of
 * another JSON type in its place. */
struct shape {
	const char *converted; /* "<token> cannot be converted to" it */
	const char *scalar; /* said of any scalar; NULL: converted */
	const char *string; /* said of a string; NULL: as of any scalar */
	const char *array;
	const char *object;
};

#define OBJECT_FOUND  "Start of structure or map found where not expected"
#define ARRAY_FOUND   "Unrecognized collection type "
#define SERVICE_CLASS "com.amazonaws.dynamodb.v20120810.AttributeValue"

static const struct shape shape_string = {
	.converted = "String",
	.array = ARRAY_FOUND "class java.lang.String",
	.object = OBJECT_FOUND,
};
static const struct shape shape_blob = {
	.scalar = "only base-64-encoded strings are convertible to bytes",
	.array = ARRAY_FOUND "class java.nio.ByteBuffer",
	.object = OBJECT_FOUND,
};
static const struct shape shape_boolean = {
	.converted = "Boolean",
	.string = "Unexpected token received from parser",
	.array = ARRAY_FOUND "class java.lang.Boolean",
	.object = OBJECT_FOUND,
};
static const struct shape shape_list = {
	.scalar = "Unexpected field type",
	.object = OBJECT_FOUND,
};
static const struct shape shape_map = {
	.scalar = "Unexpected field type",
	.array = ARRAY_FOUND "java.util.Map<java.lang.String, " SERVICE_CLASS ">",
};
static const struct shape shape_value = {
	.scalar = "Unexpected value type in payload",
	.array = ARRAY_FOUND "class " SERVICE_CLASS,
};

/* Adds the place of the node to the error. Always -1. */
static int fail_at(const struct reader *reader, const json_t *node)
{
	error_set_place(reader->err, json_place(reader->document, node));
	return -1;
}

/* What the service calls a scalar that it cannot convert. */
static const char *token_name(const struct reader *reader, const json_t *node)
{
	struct slice number = json_number_text(reader->document, node);

	if (json_is_true(node))
		return "TRUE_VALUE";
	if (json_is_false(node))
		return "FALSE_VALUE";
	if (json_is_null(node))
		return "NULL_VALUE";
	for (size_t i = 0; i < number.len; i++) {
		if (strchr(".eE", number.data[i]))
			return "DECIMAL_VALUE";
	}
	return slice_present(number) ? "NUMBER_VALUE" : "STRING_VALUE";
}

static int wrong_shape(const struct reader *reader, const struct shape *shape, const json_t *node)
{
	const char *message = shape->scalar;

	if (json_is_array(node))
		message = shape->array;
	else if (json_is_object(node))
		message = shape->object;
	else if (json_is_string(node) && shape->string)
		message = shape->string;
	if (message)
		error_set(reader->err, ERROR_SERIALIZATION, "%s", message);
	else
		error_set(reader->err, ERROR_SERIALIZATION, "%s cannot be converted to %s",
			token_name(reader, node), shape->converted);
	return fail_at(reader, node);
}

static int check_string(const struct reader *reader, json_t *node)
{
	return json_is_string(node) ? 0 : wrong_shape(reader, &shape_string, node);
}

static int check_blob(const struct reader *reader, json_t *node)
{
	return json_is_string(node) ? 0 : wrong_shape(reader, &shape_blob, node);
}

static int check_boolean(const struct reader *reader, json_t *node)
{
	return json_is_boolean(node) ? 0 : wrong_shape(reader, &shape_boolean, node);
}

static int check_elements(const struct reader *reader, json_t *node,
	int (*check)(const struct reader *reader, json_t *node))
{
	if (!json_is_array(node))
		return wrong_shape(reader, &shape_list, node);
	for (size_t i = 0; i < json_array_size(node); i++)
		TRY(check(reader, json_array_get(node, i)));
	return 0;
}

static int check_strings(const struct reader *reader, json_t *node)
{
	return check_elements(reader, node, check_string);
}

static int check_blobs(const struct reader *reader, json_t *node)
{
	return check_elements(reader, node, check_blob);
}

static int check_value(const struct reader *reader, json_t *node);

static int check_values(const struct reader *reader, json_t *node)
{
	return check_elements(reader, node, check_value);
}

static int check_map(const struct reader *reader, json_t *node)
{
	if (!json_is_object(node))
		return wrong_shape(reader, &shape_map, node);
	for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at))
		TRY(check_value(reader, json_object_iter_value(at)));
	return 0;
}

static int (*const checks[VALUE_TYPE_COUNT])(const struct reader *reader, json_t *node) = {
	[VALUE_S] = check_string,
	[VALUE_N] = check_string,
	[VALUE_B] = check_blob,
	[VALUE_SS] = check_strings,
	[VALUE_NS] = check_strings,
	[VALUE_BS] = check_blobs,
	[VALUE_BOOL] = check_boolean,
	[VALUE_NULL] = check_boolean,
	[VALUE_L] = check_values,
	[VALUE_M] = check_map,
};

/* The type of a descriptor that was sent. */
static bool find_type(void *member, enum value_type *ret)
{
	struct slice name =
		slice_of(json_object_iter_key(member), json_object_iter_key_len(member));

	return !json_is_null(json_object_iter_value(member)) && value_type_parse(name, ret);
}

static int check_value(const struct reader *reader, json_t *node)
{
	enum value_type type;

	if (json_is_null(node))
		return 0;
	if (!json_is_object(node))
		return wrong_shape(reader, &shape_value, node);
	for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at)) {
		if (find_type(at, &type))
			TRY(checks[type](reader, json_object_iter_value(at)));
	}
	return 0;
}

/* From here on every node has the type that it should have. */
static struct slice string_of(const json_t *node)
{
	return slice_of(json_string_value(node), json_string_length(node));
}

static int read_number(const struct reader *reader, const json_t *node, struct number *ret)
{
	if (number_parse(string_of(node), ret, reader->err) < 0)
		return fail_at(reader, node);
	return 0;
}

static int read_binary(const struct reader *reader, const json_t *node, struct slice *ret)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct slice text = string_of(node);

	if (base64_decode(&bytes, text)) {
		*ret = arena_copy(reader->arena, buf_slice(&bytes));
		return 0;
	}
	if (text.len % 4)
		error_set(reader->err, ERROR_SERIALIZATION,
			"Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
			text.len);
	else
		error_set(reader->err, ERROR_SERIALIZATION,
			"Invalid last non-pad Base64 character dectected"); /* sic */
	return fail_at(reader, node);
}

static int read_scalar(
	const struct reader *reader, enum value_type type, const json_t *node, struct value *ret)
{
	ret->type = type;
	if (type == VALUE_N)
		return read_number(reader, node, &ret->number);
	if (type == VALUE_B)
		return read_binary(reader, node, &ret->bytes);
	ret->bytes = arena_copy(reader->arena, string_of(node));
	return 0;
}

static int read_null(const struct reader *reader, const json_t *node, struct value *ret)
{
	*ret = (struct value){ .type = VALUE_NULL };
	if (json_is_true(node))
		return 0;
	error_set(reader->err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Null attribute value types must have "
		"the value of true");
	return -1;
}

static int read_value(const struct reader *reader, json_t *node, struct value *ret);

static int read_elements(
	const struct reader *reader, enum value_type type, const json_t *array, struct value *ret)
{
	size_t count = json_array_size(array);
	struct value *items = arena_alloc_array(reader->arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		json_t *node = json_array_get(array, i);

		if (type == VALUE_L)
			TRY(read_value(reader, node, &items[i]));
		else
			TRY(read_scalar(reader, value_set_element_type(type), node, &items[i]));
	}
	*ret = (struct value){ .type = type, .elements = { items, count } };
	return 0;
}

static int read_map(const struct reader *reader, json_t *object, struct map *ret)
{
	size_t count = json_object_size(object), i = 0;
	struct member *members = arena_alloc_array(reader->arena, count, sizeof(*members));

	for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at)) {
		struct slice name =
			slice_of(json_object_iter_key(at), json_object_iter_key_len(at));

		members[i].name = arena_copy(reader->arena, name);
		TRY(read_value(reader, json_object_iter_value(at), &members[i].value));
		i++;
	}
	*ret = (struct map){ members, count };
	return 0;
}

static int read_member(
	const struct reader *reader, enum value_type type, json_t *node, struct value *ret)
{
	switch (type) {
	case VALUE_S:
	case VALUE_N:
	case VALUE_B:
		return read_scalar(reader, type, node, ret);
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
	case VALUE_L:
		return read_elements(reader, type, node, ret);
	case VALUE_BOOL:
		*ret = (struct value){ .type = VALUE_BOOL, .boolean = json_is_true(node) };
		return 0;
	case VALUE_M:
		ret->type = VALUE_M;
		return read_map(reader, node, &ret->map);
	case VALUE_NULL:
	case VALUE_TYPE_COUNT:
		break;
	}
	return read_null(reader, node, ret);
}

static int read_value(const struct reader *reader, json_t *node, struct value *ret)
{
	enum value_type found = VALUE_TYPE_COUNT, type;
	json_t *member = NULL;
	size_t count = 0;

	for (void *at = json_object_iter(node); at; at = json_object_iter_next(node, at)) {
		if (!find_type(at, &type))
			continue;
		count++;
		found = type;
		member = json_object_iter_value(at);
	}
	if (count == 1)
		return read_member(reader, found, member, ret);
	error_set(reader->err, ERROR_VALIDATION,
		"Supplied AttributeValue %s, must contain exactly one of the supported datatypes",
		count ? "has more than one datatypes set" : "is empty");
	return fail_at(reader, node);
}

int typed_read_value(const struct json_document *document, const json_t *node, struct arena *arena,
	struct value *ret, struct error *err)
{
	const struct reader reader = { document, arena, err };
	json_t *iterable = (json_t *)node; /* as Jansson's iterators want it */
	struct value value;

	TRY(check_value(&reader, iterable));
	TRY(read_value(&reader, iterable, &value));
	*ret = value;
	return 0;
}

int typed_read_map(const struct json_document *document, const json_t *node, struct arena *arena,
	struct map *ret, struct error *err)
{
	const struct reader reader = { document, arena, err };
	json_t *iterable = (json_t *)node;
	struct map map;

	TRY(check_map(&reader, iterable));
	TRY(read_map(&reader, iterable, &map));
	*ret = map;
	return 0;
}
