#include "api/request_tables.h"

struct walk {
	request_table_visitor *visit;
	void *context;
};

/* A table's name or ARN, or what begins with its ARN: a stream's, an iterator. */
static struct slice table_of(struct slice name)
{
	static const struct slice part = { ":table/", 7 };
	const char *found, *end;

	if (!slice_starts_with(name, SLICE("arn:")))
		return name;
	found = memmem(name.data, name.len, part.data, part.len);
	if (!found)
		return (struct slice){ 0 };
	name = slice_skip(name, (size_t)(found - name.data) + part.len);
	for (end = name.data; end < name.data + name.len && *end != '/' && *end != '|';)
		end++;
	return slice_of(name.data, (size_t)(end - name.data));
}

static int visit_name(const struct walk *walk, struct slice name, struct error *err)
{
	return slice_present(name) ? walk->visit(walk->context, table_of(name), err) : 0;
}

/* PartiQL: the name is in the text. */
static int visit_statement(const struct walk *walk, struct slice statement, struct error *err)
{
	return slice_present(statement) ? walk->visit(walk->context, (struct slice){ 0 }, err) : 0;
}

static const struct {
	const char *field;
	int (*visit)(const struct walk *walk, struct slice string, struct error *err);
} telling[] = {
	{ "ResourceArn", visit_name },
	{ "ShardIterator", visit_name },
	{ "Statement", visit_statement },
	{ "StreamArn", visit_name },
	{ "TableName", visit_name },
};

static int walk_string(
	const struct walk *walk, const char *field, struct slice string, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(telling); i++) {
		if (strcmp(telling[i].field, field) == 0)
			return telling[i].visit(walk, string, err);
	}
	return 0;
}

static int walk_shape(const struct walk *walk, const struct request_shape *shape, const void *input,
	struct error *err);

static int walk_list(const struct walk *walk, const struct request_shape *shape,
	const struct request_list *list, struct error *err)
{
	const char *item = list->items;

	for (size_t i = 0; shape && i < list->count; i++, item += shape->size)
		TRY(walk_shape(walk, shape, item, err));
	return 0;
}

/* The names of a map's members are tables' where requests are by table. */
static int walk_name(
	const struct walk *walk, const struct field *field, struct slice name, struct error *err)
{
	return strcmp(field->name, "RequestItems") == 0 ? visit_name(walk, name, err) : 0;
}

static int walk_map(const struct walk *walk, const struct field *field,
	const struct request_list *map, struct error *err)
{
	const char *item = map->items;

	for (size_t i = 0; i < map->count; i++, item += field->shape->size)
		TRY(walk_name(walk, field, *(const struct slice *)(const void *)item, err));
	return walk_list(walk, field->shape, map, err);
}

static int walk_list_map(const struct walk *walk, const struct field *field,
	const struct request_list *map, struct error *err)
{
	const struct named_list *lists = map->items;

	for (size_t i = 0; i < map->count; i++) {
		TRY(walk_name(walk, field, lists[i].name, err));
		TRY(walk_list(walk, field->shape, &lists[i].list, err));
	}
	return 0;
}

static int walk_field(
	const struct walk *walk, const struct field *field, const void *member, struct error *err)
{
	switch (field->type) {
	case FIELD_STRING:
		return walk_string(walk, field->name, *(const struct slice *)member, err);
	case FIELD_STRUCT:
		member = *(const void *const *)member;
		return member ? walk_shape(walk, field->shape, member, err) : 0;
	case FIELD_LIST:
		return walk_list(walk, field->shape, member, err);
	case FIELD_MAP:
		return walk_map(walk, field, member, err);
	case FIELD_LIST_MAP:
		return walk_list_map(walk, field, member, err);
	case FIELD_ENUM:
	case FIELD_INTEGER:
	case FIELD_LONG:
	case FIELD_BOOLEAN:
	case FIELD_DOUBLE:
	case FIELD_TIMESTAMP:
	case FIELD_ATTRIBUTES:
	case FIELD_ITEMS:
	case FIELD_VALUES:
	case FIELD_VALUE:
	case FIELD_STRING_MAP:
	case FIELD_ITEMS_MAP:
	case FIELD_DOUBLES:
	case FIELD_JSON:
	case FIELD_UNSUPPORTED:
		return 0;
	}
	return 0;
}

static int walk_shape(const struct walk *walk, const struct request_shape *shape, const void *input,
	struct error *err)
{
	for (size_t i = 0; i < shape->count; i++)
		TRY(walk_field(walk, &shape->fields[i],
			(const char *)input + shape->fields[i].offset, err));
	return 0;
}

int request_visit_tables(const struct operation *operation, const void *input,
	request_table_visitor *visit, void *context, struct error *err)
{
	struct walk walk = { visit, context };

	return walk_shape(&walk, operation->input, input, err);
}
