/* The uses of PartiQL: of each statement what it comes to. */
#include "access_uses_private.h"

#include "api/request_statement.h"
#include "expr/condition_keys.h"

#include <unistd.h>

static const struct statement_use {
	const char *action;
	int rights;
} statement_uses[] = {
	[PARTIQL_SELECT] = { "PartiQLSelect", R_OK },
	[PARTIQL_INSERT] = { "PartiQLInsert", W_OK },
	[PARTIQL_UPDATE] = { "PartiQLUpdate", W_OK },
	[PARTIQL_DELETE] = { "PartiQLDelete", W_OK },
	[PARTIQL_EXISTS] = { "PartiQLSelect", R_OK },
};

/* Whether it asks more of the item than its key. */
static int asks_of_item(
	struct access_uses *uses, const struct partiql_statement *statement, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct partiql_key key = { 0 };
	struct slice name;
	int r;

	if (!statement->where)
		return false;
	r = table_find(uses->engine->store, statement->table_name, &table, err);
	if (r)
		return r < 0 ? -1 : false;
	return partiql_find_key(
		       statement, &table_description(table)->key, uses->arena, &key, &name) != 0 ||
	       key.condition;
}

/* Whether a statement that writes tells of the item that was there. */
static int reads_item(
	struct access_uses *uses, const struct partiql_statement *statement, struct error *err)
{
	if (statement->returning != PARTIQL_RETURNING_NOTHING ||
		(statement->update && update_reads(statement->update)))
		return true;
	return statement->kind == PARTIQL_INSERT ? false : asks_of_item(uses, statement, err);
}

static bool is_whole(enum partiql_returning returning)
{
	return returning == PARTIQL_RETURNING_ALL_OLD || returning == PARTIQL_RETURNING_ALL_NEW;
}

static struct slice return_values_of(enum partiql_returning returning)
{
	static const char *const names[] = {
		[PARTIQL_RETURNING_NOTHING] = "NONE",
		[PARTIQL_RETURNING_ALL_OLD] = "ALL_OLD",
		[PARTIQL_RETURNING_ALL_NEW] = "ALL_NEW",
		[PARTIQL_RETURNING_MODIFIED_OLD] = "UPDATED_OLD",
		[PARTIQL_RETURNING_MODIFIED_NEW] = "UPDATED_NEW",
	};

	return slice_from_string(names[returning]);
}

/* The partitions that it names, or any. */
static void add_partitions(struct access_uses *uses, struct access_use *use,
	const struct partiql_statement *statement, struct slice partition_name)
{
	struct pinned_values pinned = { .count = 0 };
	bool known = slice_present(partition_name) && statement->where &&
		     condition_pins(statement->where, partition_name, uses->arena, &pinned);

	if (statement->kind == PARTIQL_SELECT)
		use->full_scan = (struct optional_boolean){ true, !known };
	if (statement->kind == PARTIQL_INSERT) {
		access_add_key(uses, use, map_find(statement->item, partition_name));
		return;
	}
	for (size_t i = 0; known && i < pinned.count; i++)
		access_add_key(uses, use, pinned.items[i]);
	if (!known)
		access_add_others(&use->keys);
}

static void add_attributes(
	struct access_uses *uses, struct access_use *use, const struct partiql_statement *statement)
{
	bool whole = statement->kind == PARTIQL_SELECT && !statement->columns;

	access_add_members(uses, use, statement->item);
	access_add_update(uses, use, statement->update);
	access_add_condition(uses, use, statement->where);
	for (size_t i = 0; i < statement->column_count; i++)
		access_add_name(
			uses, &use->attributes, document_path_root(&statement->columns[i].path));
	for (size_t i = 0; i < statement->order_count; i++)
		access_add_name(uses, &use->attributes, statement->order[i].attribute_name);
	if (whole || is_whole(statement->returning))
		access_add_others(&use->attributes);
}

static struct slice select_of(const struct partiql_statement *statement)
{
	if (statement->columns)
		return SLICE("SPECIFIC_ATTRIBUTES");
	return slice_present(statement->index_name) ? SLICE("ALL_PROJECTED_ATTRIBUTES")
						    : SLICE("ALL_ATTRIBUTES");
}

static int rights_of(
	struct access_uses *uses, const struct partiql_statement *statement, struct error *err)
{
	int rights = statement_uses[statement->kind].rights, reads;

	if (rights == R_OK)
		return rights;
	reads = reads_item(uses, statement, err);
	if (reads < 0)
		return -1;
	return rights | (reads ? R_OK : 0);
}

int access_add_statement(struct access_uses *uses, const struct partiql_statement *statement,
	const char *enclosing, struct error *err)
{
	int rights = rights_of(uses, statement, err);
	struct slice partition_name;
	struct access_use *use;

	TRY(rights);
	use = access_add_table(uses, statement_uses[statement->kind].action, statement->table_name,
		statement->index_name, rights);
	use->enclosing = slice_from_string(enclosing);
	if (statement->kind == PARTIQL_SELECT)
		use->select = select_of(statement);
	if (statement_uses[statement->kind].rights == W_OK)
		use->return_values = return_values_of(statement->returning);
	if (!uses->detailed)
		return 0;
	TRY(access_partition_name(
		uses, statement->table_name, statement->index_name, &partition_name, err));
	add_partitions(uses, use, statement, partition_name);
	add_attributes(uses, use, statement);
	return 0;
}

/* One that can't be read names no table, and its operation refuses it. */
static int add_text(struct access_uses *uses, struct slice text,
	const struct request_list *parameters, const char *enclosing, struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	struct partiql_statement statement;

	if (!slice_present(text) || partiql_parse(text, parameters->items, parameters->count,
					    uses->arena, &statement, &fault) < 0)
		return 0;
	return access_add_statement(uses, &statement, enclosing, err);
}

int access_list_statement(struct access_uses *uses, const void *input, struct error *err)
{
	const struct execute_statement_input *in = input;

	return add_text(uses, in->statement, &in->parameters, NULL, err);
}

int access_list_transaction_statements(
	struct access_uses *uses, const void *input, struct error *err)
{
	const struct execute_transaction_input *in = input;
	const struct transact_statement *statements = in->transact_statements.items;

	for (size_t i = 0; i < in->transact_statements.count; i++)
		TRY(add_text(uses, statements[i].statement, &statements[i].parameters,
			"ExecuteTransaction", err));
	return 0;
}
