#include "api/statement.h"

#include "model/item.h"

#define MISMATCH "The provided key element does not match the schema"

int statement_check_parameters(
	const struct request_list *parameters, struct arena *arena, struct error *err)
{
	const struct value *values = parameters->items;
	struct member *members = arena_alloc_array(arena, parameters->count, sizeof(*members));
	struct map map = { members, parameters->count };

	for (size_t i = 0; i < parameters->count; i++)
		members[i] = (struct member){ SLICE("?"), values[i] };
	return item_validate_values(&map, err);
}

int statement_parse(struct slice text, const struct request_list *parameters, struct arena *arena,
	struct partiql_statement *ret, struct error *err)
{
	TRY(statement_check_parameters(parameters, arena, err));
	TRY(partiql_parse(text, parameters->items, parameters->count, arena, ret, err));
	return ret->kind == PARTIQL_INSERT ? item_validate(ret->item, err) : 0;
}

int statement_check_index(const struct index_description *index, struct error *err)
{
	if (index->key.partition_count <= 1 && index->key.sort_count <= 1)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"PartiQL statements cannot be executed on tables with multi-attribute HASH keys or multi-attribute RANGE keys.");
}

/* "attribute_exists" or its contrary, of the partition key: whether there is an
 * item. */
static const struct condition *presence(
	const struct key_schema *schema, enum condition_kind kind, struct arena *arena)
{
	const struct operand **operands = arena_alloc_array(arena, 1, sizeof(struct operand *));

	operands[0] = operand_of_path(arena, document_path_of_name(schema->partition.name, arena));
	return condition_new(arena, kind, operands, 1);
}

static int find_key(const struct partiql_statement *statement, const struct key_schema *schema,
	bool transacted, struct arena *arena, struct partiql_key *ret, struct error *err)
{
	struct slice name;

	if (!transacted)
		return partiql_key(statement, schema, arena, ret, err);
	if (partiql_find_key(statement, schema, arena, ret, &name) != 0)
		return error_set(err, ERROR_VALIDATION, MISMATCH);
	return 0;
}

static int plan_insert(const struct partiql_statement *statement, struct table *table,
	struct arena *arena, struct planned_write *ret, struct error *err)
{
	TRY(plan_put(ret, table, statement->item, arena, err));
	ret->condition =
		presence(&table_description(table)->key, CONDITION_ATTRIBUTE_NOT_EXISTS, arena);
	ret->inserts = true;
	return 0;
}

static int plan_change(const struct partiql_statement *statement, struct table *table,
	bool transacted, struct arena *arena, struct planned_write *ret, struct error *err)
{
	const struct key_schema *schema = &table_description(table)->key;
	struct map *key_map = arena_alloc(arena, sizeof(*key_map));
	const struct condition *there = presence(schema, CONDITION_ATTRIBUTE_EXISTS, arena);
	const struct condition *absent = presence(schema, CONDITION_ATTRIBUTE_NOT_EXISTS, arena);
	struct partiql_key key;

	TRY(find_key(statement, schema, transacted, arena, &key, err));
	*key_map = key.key;
	if (statement->kind == PARTIQL_UPDATE) {
		TRY(plan_update(ret, table, key_map, statement->update, arena, err));
		ret->condition =
			key.condition ? condition_join(arena, CONDITION_AND, there, key.condition)
				      : there;
		return 0;
	}
	TRY(plan_delete(ret, table, key_map, arena, err));
	if (key.condition)
		ret->condition = condition_join(arena, CONDITION_OR, absent, key.condition);
	return 0;
}

/* EXISTS(SELECT …): the key may be named twice, then the second is a condition. */
static int plan_exists(const struct partiql_statement *statement, struct table *table,
	struct arena *arena, struct planned_write *ret, struct error *err)
{
	const struct key_schema *schema = &table_description(table)->key;
	struct map *key_map = arena_alloc(arena, sizeof(*key_map));
	struct partiql_key key = { 0 };
	struct slice name;
	int r = partiql_find_key(statement, schema, arena, &key, &name);

	if (r == PARTIQL_KEY_MISMATCHED)
		return error_set(err, ERROR_VALIDATION, MISMATCH);
	*key_map = key.key;
	TRY(plan_check(ret, table, key_map, arena, err));
	ret->condition = key.condition;
	return 0;
}

int statement_plan(const struct partiql_statement *statement, struct table *table, bool transacted,
	struct arena *arena, struct planned_write *ret, struct error *err)
{
	switch (statement->kind) {
	case PARTIQL_INSERT:
		TRY(plan_insert(statement, table, arena, ret, err));
		break;
	case PARTIQL_UPDATE:
	case PARTIQL_DELETE:
		TRY(plan_change(statement, table, transacted, arena, ret, err));
		break;
	case PARTIQL_EXISTS:
	case PARTIQL_SELECT:
		TRY(plan_exists(statement, table, arena, ret, err));
		break;
	}
	ret->transacted = transacted;
	ret->action.want_old = statement->returning == PARTIQL_RETURNING_ALL_OLD ||
			       statement->returning == PARTIQL_RETURNING_MODIFIED_OLD;
	return 0;
}

const struct map *statement_returned(const struct partiql_statement *statement,
	const struct write_result *result, struct arena *arena)
{
	const struct map *whole = NULL;
	struct map *touched;

	switch (statement->returning) {
	case PARTIQL_RETURNING_NOTHING:
		return NULL;
	case PARTIQL_RETURNING_ALL_OLD:
		return result->old_item;
	case PARTIQL_RETURNING_ALL_NEW:
		return result->new_item;
	case PARTIQL_RETURNING_MODIFIED_OLD:
		whole = result->old_item;
		break;
	case PARTIQL_RETURNING_MODIFIED_NEW:
		whole = result->new_item;
		break;
	}
	if (!whole)
		return NULL;
	touched = arena_alloc_zero(arena, sizeof(*touched));
	update_touched(statement->update, whole, arena, touched);
	return touched->count ? touched : NULL;
}
