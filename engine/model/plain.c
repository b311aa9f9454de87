/*
 * Reading plain JSON, and the rule that tells typed values from maps.
 *
 * The item itself is always a map. Elsewhere, an object whose only member has
 * the name of a descriptor is judged by the JSON type of that member's value:
 *
 * 1. It is typed when the descriptor takes that type: S, N and B a string; L
 *    and the sets an array; M an object; BOOL true or false; NULL true. What
 *    is wrong further on (base64, a number's spelling, an element of a set) is
 *    an error then, never a reason to take it as a map.
 * 2. It is a map when S, N, B, L or M has a value of another type: stocks by
 *    size, {"M": 12}, are such maps.
 * 3. It is an error, which names both ways out, when a set, BOOL or NULL has a
 *    value of another type, or N a bare number: a slip is likelier than a map.
 *
 * Members of a typed M and elements of a typed L are read by the same rule, so
 * plain and typed may be mixed. Writing asks the same table whether the text
 * of a map would be judged as 1 or 3 and wraps it in {"M": …} then. Hence
 * every item has one rendering, and that reads back as the item.
 */
#include "model/plain.h"
#include "base/text.h"
#include "model/plain_private.h"

#define KIND(kind) (1u << (kind))
#define KIND_ALL   (KIND(KIND_COUNT) - 1)

static const struct descriptor {
	unsigned typed; /* set of the JSON kinds that make it a typed value */
	unsigned map; /* those that make it a map */
	const char *takes;
} descriptors[] = {
	[VALUE_S] = { KIND(KIND_STRING), KIND_ALL & ~KIND(KIND_STRING), "a string" },
	[VALUE_N] = { KIND(KIND_STRING), KIND_ALL & ~KIND(KIND_STRING) & ~KIND(KIND_NUMBER),
		"a string" },
	[VALUE_B] = { KIND(KIND_STRING), KIND_ALL & ~KIND(KIND_STRING), "a string" },
	[VALUE_SS] = { KIND(KIND_ARRAY), 0, "an array of strings" },
	[VALUE_NS] = { KIND(KIND_ARRAY), 0, "an array of numbers" },
	[VALUE_BS] = { KIND(KIND_ARRAY), 0, "an array of base64 strings" },
	[VALUE_BOOL] = { KIND(KIND_TRUE) | KIND(KIND_FALSE), 0, "true or false" },
	[VALUE_NULL] = { KIND(KIND_TRUE), 0, "true" },
	[VALUE_L] = { KIND(KIND_ARRAY), KIND_ALL & ~KIND(KIND_ARRAY), "an array" },
	[VALUE_M] = { KIND(KIND_OBJECT), KIND_ALL & ~KIND(KIND_OBJECT), "an object" },
};
_Static_assert(ARRAY_SIZE(descriptors) == VALUE_TYPE_COUNT, "a type without a descriptor");

bool plain_is_real_map(enum value_type descriptor, enum json_kind kind)
{
	return descriptors[descriptor].map & KIND(kind);
}

static enum json_kind kind_of(const json_t *node)
{
	switch (json_typeof(node)) {
	case JSON_OBJECT:
		return KIND_OBJECT;
	case JSON_ARRAY:
		return KIND_ARRAY;
	case JSON_STRING:
		return KIND_STRING;
	case JSON_INTEGER:
	case JSON_REAL:
		return KIND_NUMBER;
	case JSON_TRUE:
		return KIND_TRUE;
	case JSON_FALSE:
		return KIND_FALSE;
	case JSON_NULL:
		break;
	}
	return KIND_NULL;
}

struct reader {
	const struct json_document *document;
	struct arena *arena;
	struct error *err;
};

/* Adds the place of the node to the error. Always -1. */
static int fail_at(const struct reader *reader, const json_t *node)
{
	error_set_place(reader->err, json_place(reader->document, node));
	return -1;
}

static int read_value(const struct reader *reader, json_t *node, struct value *ret);

static struct slice string_of(const json_t *node)
{
	return slice_of(json_string_value(node), json_string_length(node));
}

/* From a JSON number, or a string that spells one. */
static int read_number(const struct reader *reader, const json_t *node, struct number *ret)
{
	struct slice text = json_number_text(reader->document, node);

	if (!slice_present(text))
		text = string_of(node);
	if (number_parse(text, ret, reader->err) < 0)
		return fail_at(reader, node);
	return 0;
}

static int read_binary(const struct reader *reader, const json_t *node, struct slice *ret)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	if (!base64_decode(&bytes, string_of(node))) {
		error_set(reader->err, ERROR_VALIDATION, "binary must be base64 with its padding");
		return fail_at(reader, node);
	}
	*ret = arena_copy(reader->arena, buf_slice(&bytes));
	return 0;
}

/* An element of a set, or a scalar in its descriptor. */
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

static int read_set(
	const struct reader *reader, enum value_type type, const json_t *array, struct value *ret)
{
	size_t count = json_array_size(array);
	struct value *items = arena_alloc_array(reader->arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++) {
		const json_t *node = json_array_get(array, i);

		if (!json_is_string(node) && !(type == VALUE_NS && json_is_integer(node))) {
			error_set(reader->err, ERROR_VALIDATION, "%s takes %s",
				value_type_name(type), descriptors[type].takes);
			/* true, false and null have no place of their own */
			return fail_at(reader, json_is_integer(node) ? node : array);
		}
		TRY(read_scalar(reader, value_set_element_type(type), node, &items[i]));
	}
	*ret = (struct value){ .type = type, .elements = { items, count } };
	return 0;
}

static int read_list(const struct reader *reader, const json_t *array, struct value *ret)
{
	size_t count = json_array_size(array);
	struct value *items = arena_alloc_array(reader->arena, count, sizeof(*items));

	for (size_t i = 0; i < count; i++)
		TRY(read_value(reader, json_array_get(array, i), &items[i]));
	*ret = (struct value){ .type = VALUE_L, .elements = { items, count } };
	return 0;
}

static int read_members(const struct reader *reader, json_t *object, struct map *ret)
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

static int read_map(const struct reader *reader, json_t *object, struct value *ret)
{
	ret->type = VALUE_M;
	return read_members(reader, object, &ret->map);
}

static int read_typed(
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
		return read_set(reader, type, node, ret);
	case VALUE_BOOL:
		*ret = (struct value){ .type = VALUE_BOOL, .boolean = json_is_true(node) };
		return 0;
	case VALUE_L:
		return read_list(reader, node, ret);
	case VALUE_M:
		return read_map(reader, node, ret);
	case VALUE_NULL:
	case VALUE_TYPE_COUNT:
		break;
	}
	*ret = (struct value){ .type = VALUE_NULL };
	return 0;
}

/* The object's only member, when its name is a descriptor. */
static bool find_descriptor(json_t *object, enum value_type *ret_type, json_t **ret_node)
{
	void *only = json_object_iter(object);
	struct slice name;

	if (json_object_size(object) != 1)
		return false;
	name = slice_of(json_object_iter_key(only), json_object_iter_key_len(only));
	*ret_node = json_object_iter_value(only);
	return value_type_parse(name, ret_type);
}

static int read_object(const struct reader *reader, json_t *object, struct value *ret)
{
	enum value_type type;
	const char *name;
	json_t *node;

	if (!find_descriptor(object, &type, &node) || plain_is_real_map(type, kind_of(node)))
		return read_map(reader, object, ret);
	if (descriptors[type].typed & KIND(kind_of(node)))
		return read_typed(reader, type, node, ret);
	name = value_type_name(type);
	error_set(reader->err, ERROR_VALIDATION,
		"{\"%s\": ...} takes %s; a map with the one attribute \"%s\" is written "
		"{\"M\": {\"%s\": ...}}",
		name, descriptors[type].takes, name, name);
	return fail_at(reader, object);
}

static int read_value(const struct reader *reader, json_t *node, struct value *ret)
{
	switch (kind_of(node)) {
	case KIND_STRING:
		return read_scalar(reader, VALUE_S, node, ret);
	case KIND_NUMBER:
		return read_scalar(reader, VALUE_N, node, ret);
	case KIND_TRUE:
	case KIND_FALSE:
		return read_typed(reader, VALUE_BOOL, node, ret);
	case KIND_NULL:
		return read_typed(reader, VALUE_NULL, node, ret);
	case KIND_ARRAY:
		return read_list(reader, node, ret);
	case KIND_OBJECT:
	case KIND_COUNT:
		break;
	}
	return read_object(reader, node, ret);
}

int plain_read_value(const struct json_document *document, const json_t *node, struct arena *arena,
	struct value *ret, struct error *err)
{
	const struct reader reader = { document, arena, err };
	struct value value;

	/* Jansson's iterators want a node that could be changed. */
	TRY(read_value(&reader, (json_t *)node, &value));
	*ret = value;
	return 0;
}

int plain_read_item(struct slice text, struct arena *arena, struct map *ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { .root = NULL };
	const struct reader reader = { &document, arena, err };
	struct map item;

	TRY(json_parse(text, &document, err));
	if (!json_is_object(document.root)) {
		error_set(err, ERROR_VALIDATION, "an item is an object, {\"name\": value, ...}");
		return fail_at(&reader, document.root);
	}
	TRY(read_members(&reader, document.root, &item));
	*ret = item;
	return 0;
}
