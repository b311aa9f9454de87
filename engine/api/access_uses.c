#include "access_uses_private.h"

#include "api/arn.h"
#include "base/text.h"

#include <unistd.h>

/* Names */

static void *grow(
	struct arena *arena, const void *items, size_t count, size_t *capacity, size_t size)
{
	void *grown;

	*capacity = *capacity ? *capacity * 2 : 8;
	grown = arena_alloc_array(arena, *capacity, size);
	if (count)
		memcpy(grown, items, count * size);
	return grown;
}

void access_add_name(struct access_uses *uses, struct access_names *names, struct slice name)
{
	names->present = true;
	if (names->count == names->capacity)
		names->items = grow(uses->arena, names->items, names->count, &names->capacity,
			sizeof(*names->items));
	names->items[names->count++] = name;
}

void access_add_others(struct access_names *names)
{
	names->present = names->others = true;
}

static struct slice text_of(const struct value *value, struct arena *arena)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (value->type == VALUE_N)
		number_format(&value->number, &text);
	else if (value->type == VALUE_B)
		base64_append(&text, value->bytes);
	else
		return value->bytes;
	return arena_copy(arena, buf_slice(&text));
}

void access_add_key(struct access_uses *uses, struct access_use *use, const struct value *partition)
{
	if (partition && partition->type <= VALUE_B)
		access_add_name(uses, &use->keys, text_of(partition, uses->arena));
	else
		access_add_others(&use->keys);
}

void access_add_members(struct access_uses *uses, struct access_use *use, const struct map *members)
{
	for (size_t i = 0; members && i < members->count; i++)
		access_add_name(uses, &use->attributes, members->members[i].name);
}

struct path_visit {
	struct access_uses *uses;
	struct access_use *use;
};

static int note_path(void *context, const struct document_path *path, struct error *err)
{
	struct path_visit *visit = context;

	(void)err;
	access_add_name(visit->uses, &visit->use->attributes, document_path_root(path));
	return 0;
}

void access_add_condition(
	struct access_uses *uses, struct access_use *use, const struct condition *condition)
{
	struct path_visit visit = { uses, use };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (condition && condition_visit_paths(condition, note_path, &visit, &err) < 0)
		access_add_others(&use->attributes);
}

/* Expressions nest no deeper than their parser allows. */
static void add_operand(
	struct access_uses *uses, struct access_use *use, const struct operand *operand)
{
	if (!operand)
		return;
	if (operand->kind == OPERAND_PATH)
		access_add_name(uses, &use->attributes, document_path_root(&operand->path));
	add_operand(uses, use, operand->arguments[0]);
	add_operand(uses, use, operand->arguments[1]);
}

void access_add_update(
	struct access_uses *uses, struct access_use *use, const struct update *update)
{
	for (size_t i = 0; update && i < update->count; i++) {
		const struct update_action *action = &update->actions[i];

		access_add_name(uses, &use->attributes, document_path_root(&action->path));
		add_operand(uses, use, action->operand);
	}
}

int access_partition_name(struct access_uses *uses, struct slice table_name,
	struct slice index_name, struct slice *ret, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	const struct index_description *index;
	int r = table_find(uses->engine->store, table_name, &table, err);

	TRY(r);
	*ret = (struct slice){ NULL, 0 };
	if (r == TABLE_ABSENT)
		return 0;
	if (!slice_present(index_name)) {
		*ret = arena_copy(uses->arena, table_description(table)->key.partition.name);
		return 0;
	}
	index = table_find_index(table, index_name);
	if (index)
		*ret = arena_copy(uses->arena, index->key.partition[0].name);
	return 0;
}

/* Uses */

struct access_use *access_add(struct access_uses *uses, const char *action)
{
	enum operation_kind kind = operations[uses->request->operation].kind;
	struct access_use *use;

	if (uses->count == uses->capacity)
		uses->items = grow(uses->arena, uses->items, uses->count, &uses->capacity,
			sizeof(*uses->items));
	use = &uses->items[uses->count++];
	*use = (struct access_use){ .resource = SLICE("*") };
	use->action = arena_printf(uses->arena, "%s:%s", operation_services[kind].action, action);
	return use;
}

struct access_use *access_add_table(struct access_uses *uses, const char *action,
	struct slice table_name, struct slice index_name, int rights)
{
	struct access_use *use = access_add(uses, action);

	use->table_name = table_name;
	use->resource =
		slice_present(index_name)
			? arn_of_part(uses->engine, table_name, "index", index_name, uses->arena)
			: arn_of_table(uses->engine, table_name, uses->arena);
	use->scope = ACCESS_OF_TABLE;
	use->rights = rights | X_OK;
	return use;
}

/* Its statements are judged one by one. */
static int list_nothing(struct access_uses *uses, const void *input, struct error *err)
{
	(void)uses;
	(void)input;
	(void)err;
	return 0;
}

static access_lister *const listers[OPERATION_COUNT] = {
	[OPERATION_PUT_ITEM] = access_list_put,
	[OPERATION_DELETE_ITEM] = access_list_delete,
	[OPERATION_UPDATE_ITEM] = access_list_update,
	[OPERATION_GET_ITEM] = access_list_get,
	[OPERATION_QUERY] = access_list_query,
	[OPERATION_SCAN] = access_list_scan,
	[OPERATION_BATCH_GET_ITEM] = access_list_batch_get,
	[OPERATION_BATCH_WRITE_ITEM] = access_list_batch_write,
	[OPERATION_TRANSACT_GET_ITEMS] = access_list_transact_get,
	[OPERATION_TRANSACT_WRITE_ITEMS] = access_list_transact_write,
	[OPERATION_EXECUTE_STATEMENT] = access_list_statement,
	[OPERATION_EXECUTE_TRANSACTION] = access_list_transaction_statements,
	[OPERATION_BATCH_EXECUTE_STATEMENT] = list_nothing,
	[OPERATION_LOCAL_WRITE_ITEMS] = access_list_local_writes,
	[OPERATION_LOCAL_LIST_PARTITIONS] = access_list_local_partitions,
};

int access_list_uses(struct access_uses *uses, struct error *err)
{
	const struct operation *operation = &operations[uses->request->operation];
	access_lister *list = listers[uses->request->operation];

	if (!list)
		list = operation->input ? access_list_resources : list_nothing;
	return list(uses, uses->request->input, err);
}
