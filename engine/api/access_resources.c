/*
 * The uses of operations on tables and what belongs to them: known by the names of
 * their inputs' members, as these say the same in all operations.
 *
 * To users of this machine an operation whose name begins with Describe, Get or List
 * reads; any other is its table's owner's, or changes what tables there are. Metrics
 * of a table are for who may read it, those of all for the owner of all.
 */
#include "access_uses_private.h"

#include "api/arn.h"
#include "api/principal.h"
#include "api/request_alarms.h"

#include <unistd.h>

enum resource_kind {
	RESOURCE_TABLE, /* a table's name */
	RESOURCE_NEW_TABLE, /* of one that will be made */
	RESOURCE_ARN, /* of a table, an index, a stream, a backup… */
	RESOURCE_ITERATOR, /* a stream's ARN, and what a client need not know */
};

static const struct resource_member {
	const char *name;
	enum resource_kind kind;
} resource_members[] = {
	{ "BackupArn", RESOURCE_ARN },
	{ "ExportArn", RESOURCE_ARN },
	{ "ImportArn", RESOURCE_ARN },
	{ "ResourceArn", RESOURCE_ARN },
	{ "ShardIterator", RESOURCE_ITERATOR },
	{ "SourceTableArn", RESOURCE_ARN },
	{ "SourceTableName", RESOURCE_TABLE },
	{ "StreamArn", RESOURCE_ARN },
	{ "TableArn", RESOURCE_ARN },
	{ "TableName", RESOURCE_TABLE },
	{ "TargetTableName", RESOURCE_NEW_TABLE },
};

static const struct resource_member *find_member(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(resource_members); i++) {
		if (strcmp(resource_members[i].name, name) == 0)
			return &resource_members[i];
	}
	return NULL;
}

static bool only_reads(const struct operation *operation)
{
	static const char *const verbs[] = { "Describe", "Get", "List" };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		if (strncmp(operation->name, verbs[i], strlen(verbs[i])) == 0)
			return true;
	}
	return false;
}

static bool is_operation(const struct operation *operation, const char *name)
{
	return strcmp(operation->name, name) == 0;
}

static bool makes_table(const struct operation *operation)
{
	return is_operation(operation, "CreateTable") || is_operation(operation, "ImportTable");
}

/* The table of an ARN: what stands behind ":table/"; absent when there is none. */
static struct slice table_of_arn(struct slice arn)
{
	static const struct slice part = { ":table/", 7 };
	const char *found = memmem(arn.data, arn.len, part.data, part.len), *end;

	if (!found)
		return (struct slice){ NULL, 0 };
	arn = slice_skip(arn, (size_t)(found - arn.data) + part.len);
	end = memchr(arn.data, '/', arn.len);
	return end ? slice_of(arn.data, (size_t)(end - arn.data)) : arn;
}

static struct slice arn_of_iterator(struct slice iterator)
{
	const char *end = memchr(iterator.data, '|', iterator.len);

	return end ? slice_of(iterator.data, (size_t)(end - iterator.data)) : iterator;
}

static int add_resource(struct access_uses *uses, const struct resource_member *member,
	struct slice text, struct error *err)
{
	const struct operation *operation = &operations[uses->request->operation];
	bool by_name = member->kind == RESOURCE_TABLE || member->kind == RESOURCE_NEW_TABLE;
	bool is_new = member->kind == RESOURCE_NEW_TABLE ||
		      (member->kind == RESOURCE_TABLE && makes_table(operation));
	struct access_use *use = access_add(uses, operation->name);

	if (member->kind == RESOURCE_ITERATOR)
		text = arn_of_iterator(text);
	if (by_name && !slice_starts_with(text, SLICE("arn:"))) {
		use->table_name = text;
		use->resource =
			operation->kind == OPERATION_STREAM
				? arn_of_part(uses->engine, text, "stream", SLICE("*"), uses->arena)
				: arn_of_table(uses->engine, text, uses->arena);
	} else {
		use->table_name = table_of_arn(text);
		use->resource = text;
		use->outlives = slice_present(use->table_name) &&
				use->table_name.data + use->table_name.len < text.data + text.len;
		TRY(access_find_origin(uses, text, &use->table_id, err));
	}
	use->scope = is_new                  ? ACCESS_OF_ROOT
		     : only_reads(operation) ? ACCESS_OF_TABLE
					     : ACCESS_OF_OWNER;
	use->rights = (is_new ? W_OK : R_OK) | X_OK;
	if (is_operation(operation, "ImportTable")) {
		/* It reads files, of which others may have been exported. */
		use->scope = ACCESS_OF_OWNER;
		use->outlives = true;
	}
	return 0;
}

static int walk(struct access_uses *uses, const struct request_shape *shape, const void *input,
	struct error *err);

static int walk_field(
	struct access_uses *uses, const struct field *field, const void *at, struct error *err)
{
	const struct resource_member *member = find_member(field->name);
	const void *inner;

	if (field->type == FIELD_STRING && member) {
		if (slice_present(*(const struct slice *)at))
			return add_resource(uses, member, *(const struct slice *)at, err);
	} else if (field->type == FIELD_STRUCT) {
		inner = *(const void *const *)at;
		if (inner)
			return walk(uses, field->shape, inner, err);
	}
	return 0;
}

static int walk(struct access_uses *uses, const struct request_shape *shape, const void *input,
	struct error *err)
{
	for (size_t i = 0; i < shape->count; i++)
		TRY(walk_field(uses, &shape->fields[i],
			(const char *)input + shape->fields[i].offset, err));
	return 0;
}

/* A table that is made with a policy or with tags is given them: that must be
 * allowed as well. */
static void add_settings(struct access_uses *uses, const struct create_table_input *in)
{
	static const char *const actions[] = { "PutResourcePolicy", "TagResource" };
	const bool given[] = { slice_present(in->resource_policy), in->tags.count > 0 };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		struct access_use *use;

		if (!given[i])
			continue;
		use = access_add_table(
			uses, actions[i], in->table_name, (struct slice){ NULL, 0 }, W_OK);
		use->scope = ACCESS_OF_ROOT;
	}
}

/* What is about no table in particular. */
static void add_general(struct access_uses *uses)
{
	static const struct {
		enum operation_id id;
		enum access_scope scope;
		const char *resource; /* of all tables' ARN; NULL: * */
	} general[] = {
		{ OPERATION_LIST_TABLES, ACCESS_OF_ROOT, "*" },
		{ OPERATION_LIST_STREAMS, ACCESS_OF_ROOT, "*/stream/*" },
		{ OPERATION_LIST_BACKUPS, ACCESS_OF_ROOT_OWNER, NULL },
		{ OPERATION_LIST_EXPORTS, ACCESS_OF_ROOT_OWNER, NULL },
		{ OPERATION_LIST_IMPORTS, ACCESS_OF_ROOT_OWNER, NULL },
		{ OPERATION_LIST_CONTRIBUTOR_INSIGHTS, ACCESS_OF_ROOT_OWNER, NULL },
		{ OPERATION_GET_METRIC_STATISTICS, ACCESS_OF_ROOT_OWNER, NULL },
		{ OPERATION_LIST_METRICS, ACCESS_OF_ROOT_OWNER, NULL },
		{ OPERATION_DESCRIBE_LIMITS, ACCESS_OF_NOTHING, NULL },
		{ OPERATION_DESCRIBE_ENDPOINTS, ACCESS_OF_NOTHING, NULL },
	};
	const struct operation *operation = &operations[uses->request->operation];
	struct access_use *use = access_add(uses, operation->name);

	use->scope = ACCESS_OF_ROOT;
	use->rights = only_reads(operation) ? R_OK : W_OK | X_OK;
	for (size_t i = 0; i < ARRAY_SIZE(general); i++) {
		if (general[i].id != uses->request->operation)
			continue;
		use->scope = general[i].scope;
		if (general[i].resource)
			use->resource = arn_of_table(
				uses->engine, slice_from_string(general[i].resource), uses->arena);
	}
}

/* The dimensions that an operation on metrics names, or NULL. */
static const struct request_list *dimensions_of(enum operation_id operation, const void *input)
{
	static const struct {
		enum operation_id id;
		size_t offset;
	} rows[] = {
		{ OPERATION_GET_METRIC_STATISTICS,
			offsetof(struct get_metric_statistics_input, dimensions) },
		{ OPERATION_LIST_METRICS, offsetof(struct list_metrics_input, dimensions) },
		{ OPERATION_PUT_METRIC_ALARM,
			offsetof(struct put_metric_alarm_input, settings.dimensions) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (rows[i].id == operation)
			return (const void *)((const char *)input + rows[i].offset);
	}
	return NULL;
}

/* CloudWatch's policies know no tables: this is for users of this machine. */
static void add_measured_table(struct access_uses *uses, const void *input)
{
	enum operation_id operation = uses->request->operation;
	const struct request_list *list = dimensions_of(operation, input);
	const struct dimension_facts *dimensions = list ? list->items : NULL;

	for (size_t i = 0; list && i < list->count; i++) {
		struct access_use *use;

		if (!slice_equal_string(dimensions[i].name, "TableName") ||
			!slice_present(dimensions[i].value))
			continue;
		use = access_add_table(uses, operations[operation].name, dimensions[i].value,
			(struct slice){ NULL, 0 }, R_OK);
		use->outlives = true;
	}
}

static bool is_for_local(const struct access_uses *uses)
{
	return uses->request->principal->kind == PRINCIPAL_LOCAL;
}

int access_list_resources(struct access_uses *uses, const void *input, struct error *err)
{
	TRY(walk(uses, operations[uses->request->operation].input, input, err));
	if (is_for_local(uses))
		add_measured_table(uses, input);
	if (uses->request->operation == OPERATION_PUT_METRIC_ALARM && uses->count)
		add_general(uses);
	if (uses->request->operation == OPERATION_CREATE_TABLE)
		add_settings(uses, input);
	if (!uses->count)
		add_general(uses);
	return 0;
}
