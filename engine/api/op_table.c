/*
 * CreateTable, DescribeTable, ListTables, DeleteTable.
 *
 * Tables pass through CREATING and DELETING at once: the answer names the
 * state, the next request finds it over.
 */
#include "api/access.h"
#include "api/arn.h"
#include "api/operations.h"
#include "api/policy.h"
#include "api/system_backup.h"
#include "api/table_describe.h"
#include "api/table_design.h"
#include "store/storage.h"

#define LIST_TABLES_MAX 100

static int table_exists(struct slice name, struct error *err)
{
	return error_set(err, ERROR_TABLE_IN_USE, "Table already exists: %.*s", SLICE_ARG(name));
}

static int check_absent(struct engine *engine, struct slice name, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r = table_find(engine->store, name, &table, err);

	TRY(r);
	return r == TABLE_ABSENT ? 0 : table_exists(name, err);
}

/* As the directory that announced it has it, or the user's who asks for it. */
static struct table_access access_of_new(
	const struct create_table_input *in, const struct principal *principal)
{
	return in->access.known ? in->access : access_of_maker(principal);
}

int run_create_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct create_table_input *in = request->input;
	struct create_table_output *out = request->output;
	struct table_description description;
	bool with_stream = false;
	int r;

	TRY(design_table(in, request->arena, &description, err));
	if (slice_present(in->resource_policy))
		TRY(policy_check_resources(in->resource_policy,
			arn_of_table(engine, in->table_name, request->arena), err));
	if (in->stream_specification)
		TRY(design_stream(
			in->stream_specification, &with_stream, &description.stream_view, err));
	if (in->sse_specification)
		TRY(design_encryption(
			engine, in->sse_specification, request->arena, &description, err));
	if (in->check_only)
		return check_absent(engine, in->table_name, err);
	access_describe(access_of_new(in, request->principal), &description);
	r = table_create(engine->store, &description, with_stream, request->arena,
		engine->durability[request->door], err);
	if (r == TABLE_EXISTS)
		return table_exists(in->table_name, err);
	TRY(r);
	out->table_description = describe_new_table(engine, &description, request->arena);
	return 0;
}

/* Control-plane operations name the table that is not there. */
int table_not_found(struct slice name, struct error *err)
{
	return error_set(err, ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Table: %.*s not found", SLICE_ARG(name));
}

int check_table_name(struct slice name, struct error *err)
{
	if (name.len >= TABLE_NAME_MIN && name.len <= TABLE_NAME_MAX)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"TableName must be at least %d characters long and at most %d characters long",
		TABLE_NAME_MIN, TABLE_NAME_MAX);
}

int engine_find_named_table(
	struct engine *engine, struct slice name, struct table **ret, struct error *err)
{
	int r;

	TRY(check_table_name(name, err));
	r = table_find(engine->store, name, ret, err);
	if (r == TABLE_ABSENT)
		return table_not_found(name, err);
	return r;
}

/* A table whose global index is being made or filled, or whose class is being
 * changed, is UPDATING. */
static const char *status_of(const struct table *table)
{
	const struct table_description *description = table_description(table);

	if (table_in_transition(table))
		return description->creating ? "CREATING" : "DELETING";
	if (table_is_converting(table))
		return "UPDATING";
	for (size_t i = 0; i < description->index_count; i++) {
		if (description->indexes[i].kind == INDEX_GLOBAL &&
			description->indexes[i].status == INDEX_CREATING)
			return "UPDATING";
	}
	return "ACTIVE";
}

/* What it takes on disk. */
static int describe_storage(struct table *table, struct table_facts *facts, struct error *err)
{
	struct table_storage storage;

	TRY(table_storage(table, &storage, err));
	facts->stored_bytes = storage.row_bytes;
	facts->stored_index_bytes = storage.index_bytes;
	facts->converting = storage.converting;
	facts->converted_percent = storage.percent;
	return 0;
}

int run_describe_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_table_input *in = request->input;
	struct describe_table_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_facts *facts;

	TRY(engine_find_named_table(engine, in->table_name, &table, err));
	facts = describe_table(engine, table, status_of(table), request->arena);
	out->table = facts;
	return describe_storage(table, facts, err);
}

int run_list_tables(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_tables_input *in = request->input;
	struct list_tables_output *out = request->output;
	size_t limit = in->limit.present ? (size_t)in->limit.value : LIST_TABLES_MAX;
	struct slice *names;
	size_t count;
	bool more;

	TRY(table_list(engine->store, in->exclusive_start_table_name, limit, request->arena, &names,
		&count, &more, err));
	out->table_names = (struct request_list){ true, count, names };
	if (more)
		out->last_evaluated_table_name = names[count - 1];
	return 0;
}

int run_delete_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_table_input *in = request->input;
	struct delete_table_output *out = request->output;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_facts *facts;
	int r;

	TRY(engine_find_named_table(engine, in->table_name, &table, err));
	if (table_in_transition(table))
		return table_refuse_transition(table, err);
	if (table_description(table)->deletion_protection)
		return error_set(err, ERROR_VALIDATION,
			"Resource cannot be deleted as it is currently protected against deletion. "
			"Disable deletion protection first.");
	facts = describe_table(engine, table, "DELETING", request->arena);
	facts->attribute_definitions.present = false;
	facts->key_schema.present = false;
	if (table_description(table)->recovery_enabled && !in->only_if_empty)
		r = system_backup_begin(engine, request, table, err);
	else
		r = table_delete(engine->store, in->table_name, in->only_if_empty,
			engine->durability[request->door], err);
	if (r == TABLE_ABSENT)
		return table_not_found(in->table_name, err);
	if (r == TABLE_PINNED)
		return error_set(err, ERROR_IN_USE,
			"Attempt to change a resource which is still in use: Table is being backed "
			"up, restored or exported: %.*s",
			SLICE_ARG(in->table_name));
	if (r == TABLE_NOT_EMPTY)
		return error_set(err, ERROR_TABLE_NOT_EMPTY,
			"Table %.*s still holds items: remove them first, or rm -r it",
			SLICE_ARG(in->table_name));
	TRY(r);
	out->table_description = facts;
	return 0;
}
