#include "api/request_tables.h"

#include "expr/partiql.h"

#define STATEMENT_MAX 8192

struct walk {
	struct arena *arena;
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

/* The list that stands in the same struct under that name, or NULL. */
static const struct request_list *find_values(
	const struct request_shape *shape, const void *input, const char *name)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (shape->fields[i].type == FIELD_VALUES &&
			strcmp(shape->fields[i].name, name) == 0)
			return (const void *)((const char *)input + shape->fields[i].offset);
	}
	return NULL;
}

/* PartiQL names its table in the text, which is read as it will be to run it. */
static int visit_statement(const struct walk *walk, const struct request_shape *shape,
	const void *input, struct slice text, struct error *err)
{
	const struct request_list *parameters = find_values(shape, input, "Parameters");
	struct error unread CLEANUP(error_release) = ERROR_INIT;
	struct partiql_statement statement = { 0 };

	if (!slice_present(text))
		return 0;
	if (text.len > STATEMENT_MAX || !parameters ||
		partiql_parse(text, parameters->items, parameters->count, walk->arena, &statement,
			&unread) < 0)
		statement.table_name = (struct slice){ 0 };
	return walk->visit(walk->context, statement.table_name, err);
}

static bool names_table(const char *field)
{
	static const char *const names[] = { "BackupArn", "ExportArn", "ImportArn", "ResourceArn",
		"ShardIterator", "SourceTableArn", "SourceTableName", "StreamArn", "TableArn",
		"TableName", "TargetTableName" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], field) == 0)
			return true;
	}
	return false;
}

static int walk_string(const struct walk *walk, const struct request_shape *shape,
	const void *input, const struct field *field, struct error *err)
{
	struct slice string =
		*(const struct slice *)(const void *)((const char *)input + field->offset);

	if (strcmp(field->name, "Statement") == 0)
		return visit_statement(walk, shape, input, string, err);
	return names_table(field->name) ? visit_name(walk, string, err) : 0;
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

static int walk_field(const struct walk *walk, const struct request_shape *shape, const void *input,
	const struct field *field, struct error *err)
{
	const void *member = (const char *)input + field->offset;

	switch (field->type) {
	case FIELD_STRING:
		return walk_string(walk, shape, input, field, err);
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
	case FIELD_DOUBLE_MAP:
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
		TRY(walk_field(walk, shape, input, &shape->fields[i], err));
	return 0;
}

int request_visit_tables(const struct operation *operation, const void *input, struct arena *arena,
	request_table_visitor *visit, void *context, struct error *err)
{
	struct walk walk = { arena, visit, context };

	return walk_shape(&walk, operation->input, input, err);
}
