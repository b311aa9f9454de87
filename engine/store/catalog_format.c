#include "store/catalog_format.h"
#include "model/value.h"
#include "store/catalog.h"

enum field_kind {
	FIELD_TEXT,
	FIELD_INTEGER,
	FIELD_BOOLEAN,
	FIELD_NAMED, /* an enum */
	FIELD_LIST, /* a pointer to elements */
	FIELD_ARRAY, /* elements within the struct */
};

struct shape;

/* A member of a struct. */
struct field {
	const char *name; /* NULL: an element that is no object, but this value */
	enum field_kind kind;
	size_t offset;
	const char *const *names; /* FIELD_NAMED: of the enum's values */
	size_t name_count;
	const struct shape *element; /* of a list or an array */
	size_t count_offset; /* where their length is */
	size_t count_max; /* FIELD_ARRAY */
};

/* A struct. */
struct shape {
	size_t size;
	const struct field *fields;
	size_t field_count;
};

#define SHAPE(type, fields) \
	{ \
		sizeof(type), fields, ARRAY_SIZE(fields) \
	}

#define TEXT(json, type, member) \
	{ \
		.name = json, .kind = FIELD_TEXT, .offset = offsetof(type, member) \
	}
#define INTEGER(json, type, member) \
	{ \
		.name = json, .kind = FIELD_INTEGER, .offset = offsetof(type, member) \
	}
#define BOOLEAN(json, type, member) \
	{ \
		.name = json, .kind = FIELD_BOOLEAN, .offset = offsetof(type, member) \
	}
#define NAMED(json, type, member, list) \
	{ \
		.name = json, .kind = FIELD_NAMED, .offset = offsetof(type, member), \
		.names = list, .name_count = ARRAY_SIZE(list) \
	}
#define LIST(json, type, member, count, shape) \
	{ \
		.name = json, .kind = FIELD_LIST, .offset = offsetof(type, member), \
		.element = shape, .count_offset = offsetof(type, count) \
	}
#define ARRAY(json, type, member, count, shape) \
	{ \
		.name = json, .kind = FIELD_ARRAY, .offset = offsetof(type, member), \
		.element = shape, .count_offset = offsetof(type, count), \
		.count_max = ARRAY_SIZE(((type *)NULL)->member) \
	}

static const char *const key_types[] = { "S", "N", "B" };
_Static_assert(VALUE_S == 0 && VALUE_N == 1 && VALUE_B == 2, "key types begin the enum");

static const char *const billing_modes[] = {
	[BILLING_PROVISIONED] = "PROVISIONED",
	[BILLING_PAY_PER_REQUEST] = "PAY_PER_REQUEST",
};

static const char *const table_classes[] = {
	[TABLE_CLASS_STANDARD] = "STANDARD",
	[TABLE_CLASS_STANDARD_INFREQUENT_ACCESS] = "STANDARD_INFREQUENT_ACCESS",
};

static const char *const projection_types[] = {
	[PROJECTION_ALL] = "ALL",
	[PROJECTION_KEYS_ONLY] = "KEYS_ONLY",
	[PROJECTION_INCLUDE] = "INCLUDE",
};

static const char *const index_kinds[] = {
	[INDEX_GLOBAL] = "GLOBAL",
	[INDEX_LOCAL] = "LOCAL",
	[INDEX_EXPIRY] = "EXPIRY",
};

static const char *const index_statuses[] = {
	[INDEX_CREATING] = "CREATING",
	[INDEX_ACTIVE] = "ACTIVE",
};

static const char *const stream_views[] = {
	[STREAM_KEYS_ONLY] = "KEYS_ONLY",
	[STREAM_NEW_IMAGE] = "NEW_IMAGE",
	[STREAM_OLD_IMAGE] = "OLD_IMAGE",
	[STREAM_NEW_AND_OLD_IMAGES] = "NEW_AND_OLD_IMAGES",
};

static const struct field text_fields[] = { { .kind = FIELD_TEXT } };
static const struct shape text_shape = SHAPE(struct slice, text_fields);

static const struct field key_attribute_fields[] = {
	TEXT("name", struct key_attribute, name),
	NAMED("type", struct key_attribute, type, key_types),
};
static const struct shape key_attribute_shape = SHAPE(struct key_attribute, key_attribute_fields);

static const struct field tag_fields[] = {
	TEXT("key", struct tag, key),
	TEXT("value", struct tag, value),
};
static const struct shape tag_shape = SHAPE(struct tag, tag_fields);

static const char *const insights_modes[] = {
	[INSIGHTS_ACCESSED_AND_THROTTLED] = "ACCESSED_AND_THROTTLED_KEYS",
	[INSIGHTS_THROTTLED] = "THROTTLED_KEYS",
};

#define INSIGHTS(type) \
	BOOLEAN("insights_enabled", type, insights.enabled), \
		NAMED("insights_mode", type, insights.mode, insights_modes), \
		INTEGER("insights_changed_ns", type, insights.changed_ns)

static const struct field index_fields[] = {
	TEXT("name", struct index_description, name),
	TEXT("id", struct index_description, id),
	NAMED("kind", struct index_description, kind, index_kinds),
	NAMED("status", struct index_description, status, index_statuses),
	ARRAY("partition", struct index_description, key.partition, key.partition_count,
		&key_attribute_shape),
	ARRAY("sort", struct index_description, key.sort, key.sort_count, &key_attribute_shape),
	NAMED("projection", struct index_description, projection, projection_types),
	LIST("non_key_attributes", struct index_description, non_key_attributes,
		non_key_attribute_count, &text_shape),
	INTEGER("read_capacity_units", struct index_description, read_capacity_units),
	INTEGER("write_capacity_units", struct index_description, write_capacity_units),
	INTEGER("max_read_request_units", struct index_description, max_read_request_units),
	INTEGER("max_write_request_units", struct index_description, max_write_request_units),
	INTEGER("warm_read_units", struct index_description, warm_read_units),
	INTEGER("warm_write_units", struct index_description, warm_write_units),
	INTEGER("throughput_increased_ns", struct index_description, throughput_increased_ns),
	INTEGER("throughput_decreased_ns", struct index_description, throughput_decreased_ns),
	INTEGER("throughput_decreases", struct index_description, throughput_decreases),
	INSIGHTS(struct index_description),
};
static const struct shape index_shape = SHAPE(struct index_description, index_fields);

static const struct field table_fields[] = {
	TEXT("name", struct table_description, name),
	TEXT("id", struct table_description, id),
	TEXT("partition_key", struct table_description, key.partition.name),
	NAMED("partition_key_type", struct table_description, key.partition.type, key_types),
	TEXT("sort_key", struct table_description, key.sort.name),
	NAMED("sort_key_type", struct table_description, key.sort.type, key_types),
	INTEGER("created_ns", struct table_description, created_ns),
	NAMED("billing_mode", struct table_description, billing_mode, billing_modes),
	INTEGER("read_capacity_units", struct table_description, read_capacity_units),
	INTEGER("write_capacity_units", struct table_description, write_capacity_units),
	NAMED("table_class", struct table_description, table_class, table_classes),
	BOOLEAN("deletion_protection", struct table_description, deletion_protection),
	INTEGER("billing_changed_ns", struct table_description, billing_changed_ns),
	INTEGER("throughput_increased_ns", struct table_description, throughput_increased_ns),
	INTEGER("throughput_decreased_ns", struct table_description, throughput_decreased_ns),
	INTEGER("throughput_decreases", struct table_description, throughput_decreases),
	INTEGER("on_demand_before_ns", struct table_description, on_demand_before_ns[0]),
	INTEGER("on_demand_before_2_ns", struct table_description, on_demand_before_ns[1]),
	INTEGER("on_demand_before_3_ns", struct table_description, on_demand_before_ns[2]),
	INTEGER("table_class_changed_ns", struct table_description, table_class_changed_ns),
	INTEGER("max_read_request_units", struct table_description, max_read_request_units),
	INTEGER("max_write_request_units", struct table_description, max_write_request_units),
	INTEGER("warm_read_units", struct table_description, warm_read_units),
	INTEGER("warm_write_units", struct table_description, warm_write_units),
	LIST("indexes", struct table_description, indexes, index_count, &index_shape),
	TEXT("stream_id", struct table_description, stream_id),
	TEXT("stream_label", struct table_description, stream_label),
	NAMED("stream_view", struct table_description, stream_view, stream_views),
	TEXT("ttl_attribute", struct table_description, ttl_attribute),
	INSIGHTS(struct table_description),
	BOOLEAN("sse_enabled", struct table_description, sse_enabled),
	TEXT("sse_kms_key", struct table_description, sse_kms_key),
	TEXT("resource_policy", struct table_description, resource_policy),
	TEXT("resource_policy_revision", struct table_description, resource_policy_revision),
	LIST("tags", struct table_description, tags, tag_count, &tag_shape),
	BOOLEAN("has_access", struct table_description, has_access),
	INTEGER("access_uid", struct table_description, access_uid),
	INTEGER("access_gid", struct table_description, access_gid),
	INTEGER("access_mode", struct table_description, access_mode),
	TEXT("history_id", struct table_description, history_id),
	BOOLEAN("recovery_enabled", struct table_description, recovery_enabled),
	INTEGER("recovery_days", struct table_description, recovery_days),
	INTEGER("recovery_since", struct table_description, recovery_since),
	BOOLEAN("creating", struct table_description, creating),
	BOOLEAN("deleting", struct table_description, deleting),
	TEXT("restored_from_backup", struct table_description, restored_from_backup),
	TEXT("restored_from_table", struct table_description, restored_from_table),
	INTEGER("restored_ns", struct table_description, restored_ns),
};
static const struct shape table_shape = SHAPE(struct table_description, table_fields);

/* The elements of a list or an array in a struct. */
static const char *elements_of(const struct field *field, const char *object, size_t *ret_count)
{
	const char *at = object + field->offset;

	*ret_count = *(const size_t *)(const void *)(object + field->count_offset);
	return field->kind == FIELD_LIST ? *(const char *const *)(const void *)at : at;
}

static json_t *object_to_json(const struct shape *shape, const char *object);

static json_t *elements_to_json(const struct field *field, const char *object)
{
	size_t count;
	const char *elements = elements_of(field, object, &count);
	json_t *array;

	if (!count)
		return NULL;
	array = json_array();
	for (size_t i = 0; i < count; i++)
		json_array_append_new(
			array, object_to_json(field->element, elements + i * field->element->size));
	return array;
}

static json_t *text_to_json(struct slice text)
{
	/* An absent text has no member. */
	return slice_present(text) ? json_stringn(text.data, text.len) : NULL;
}

static json_t *field_to_json(const struct field *field, const char *object)
{
	const void *at = object + field->offset;

	switch (field->kind) {
	case FIELD_TEXT:
		return text_to_json(*(const struct slice *)at);
	case FIELD_INTEGER:
		return json_integer(*(const int64_t *)at);
	case FIELD_BOOLEAN:
		return json_boolean(*(const bool *)at);
	case FIELD_NAMED:
		return json_string(field->names[*(const unsigned *)at]);
	case FIELD_LIST:
	case FIELD_ARRAY:
		return elements_to_json(field, object);
	}
	abort();
}

static json_t *object_to_json(const struct shape *shape, const char *object)
{
	json_t *node;

	if (!shape->fields[0].name)
		return field_to_json(&shape->fields[0], object);
	node = json_object();
	for (size_t i = 0; i < shape->field_count; i++) {
		json_t *value = field_to_json(&shape->fields[i], object);

		if (value)
			json_object_set_new(node, shape->fields[i].name, value);
	}
	return node;
}

char *description_to_text(const struct table_description *description)
{
	json_t *object = object_to_json(&table_shape, (const char *)description);
	char *text = json_dumps(object, JSON_COMPACT);

	json_decref(object);
	if (!text)
		abort(); /* out of memory, or a name that is not UTF-8 */
	return text;
}

static bool named_from_json(const struct field *field, const json_t *node, unsigned *ret)
{
	const char *name = json_string_value(node);

	for (unsigned i = 0; name && i < field->name_count; i++) {
		if (strcmp(field->names[i], name) == 0) {
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool object_from_json(
	const struct shape *shape, const json_t *node, struct arena *arena, char *object);

static bool elements_from_json(
	const struct field *field, const json_t *node, struct arena *arena, char *object)
{
	size_t count = json_array_size(node), size = field->element->size;
	char *elements = object + field->offset;

	if (!json_is_array(node) || (field->kind == FIELD_ARRAY && count > field->count_max))
		return false;
	if (field->kind == FIELD_LIST) {
		elements = arena_alloc_array(arena, count, size);
		*(const void **)(void *)(object + field->offset) = elements;
	}
	for (size_t i = 0; i < count; i++) {
		if (!object_from_json(
			    field->element, json_array_get(node, i), arena, elements + i * size))
			return false;
	}
	*(size_t *)(void *)(object + field->count_offset) = count;
	return true;
}

/* False when the member is not what the field wants. */
static bool field_from_json(
	const struct field *field, const json_t *node, struct arena *arena, char *object)
{
	void *at = object + field->offset;

	switch (field->kind) {
	case FIELD_TEXT:
		*(struct slice *)at = slice_of(json_string_value(node), json_string_length(node));
		return json_is_string(node);
	case FIELD_INTEGER:
		*(int64_t *)at = json_integer_value(node);
		return json_is_integer(node);
	case FIELD_BOOLEAN:
		*(bool *)at = json_is_true(node);
		return json_is_boolean(node);
	case FIELD_NAMED:
		return named_from_json(field, node, at);
	case FIELD_LIST:
	case FIELD_ARRAY:
		return elements_from_json(field, node, arena, object);
	}
	abort();
}

/* Fills a zeroed struct. */
static bool object_from_json(
	const struct shape *shape, const json_t *node, struct arena *arena, char *object)
{
	if (!shape->fields[0].name)
		return field_from_json(&shape->fields[0], node, arena, object);
	if (!json_is_object(node))
		return false;
	for (size_t i = 0; i < shape->field_count; i++) {
		const json_t *member = json_object_get(node, shape->fields[i].name);

		if (member && !field_from_json(&shape->fields[i], member, arena, object))
			return false;
	}
	return true;
}

bool description_from_json(const json_t *object, struct arena *arena, struct table_description *ret)
{
	struct table_description description = { 0 };

	if (!object_from_json(&table_shape, object, arena, (char *)&description))
		return false;
	*ret = description;
	return slice_present(ret->name) && slice_present(ret->id) &&
	       slice_present(ret->key.partition.name);
}

static void copy_object(const struct shape *shape, char *object, struct arena *arena);

static void copy_elements(const struct field *field, char *object, struct arena *arena)
{
	size_t count, size = field->element->size;
	const char *from = elements_of(field, object, &count);
	char *to = object + field->offset;

	if (field->kind == FIELD_LIST) {
		to = arena_alloc_array(arena, count, size);
		if (count)
			memcpy(to, from, count * size);
		*(const void **)(void *)(object + field->offset) = to;
	}
	for (size_t i = 0; i < count; i++)
		copy_object(field->element, to + i * size, arena);
}

/* Copies what a struct points to, which is a copy so far as it goes. */
static void copy_object(const struct shape *shape, char *object, struct arena *arena)
{
	for (size_t i = 0; i < shape->field_count; i++) {
		const struct field *field = &shape->fields[i];
		struct slice *text = (void *)(object + field->offset);

		if (field->kind == FIELD_TEXT)
			*text = arena_copy(arena, *text);
		else if (field->kind == FIELD_LIST || field->kind == FIELD_ARRAY)
			copy_elements(field, object, arena);
	}
}

struct table_description catalog_copy(
	const struct table_description *description, struct arena *arena)
{
	struct table_description copy = *description;

	copy_object(&table_shape, (char *)&copy, arena);
	return copy;
}
