#include "api/item_write.h"

#include "api/admission.h"
#include "expr/legacy.h"
#include "model/item.h"
#include "model/typed.h"

/* What an update counts for beside the item that it makes, in bytes. */
#define UPDATE_COST 3
#define WRITE_COST  19 /* of SET, ADD and DELETE, each */
#define REMOVE_COST 2

static struct legacy_condition expected_condition(const struct expected_attribute *in)
{
	int comparison = enum_index(comparison_names, in->comparison_operator);

	return (struct legacy_condition){
		.attribute_name = in->attribute_name,
		.has_comparison = comparison >= 0,
		.comparison = (enum comparison)(comparison < 0 ? 0 : comparison),
		.has_values = in->attribute_value_list.present,
		.values = in->attribute_value_list.items,
		.value_count = in->attribute_value_list.count,
		.value = in->value,
		.has_exists = in->exists.present,
		.exists = in->exists.value,
	};
}

int item_condition_parse(const struct item_condition *in, struct placeholders *placeholders,
	struct arena *arena, const struct condition **ret, struct error *err)
{
	const struct expected_attribute *expected = in->expected.items;
	bool join_or =
		enum_index(conditional_operator_names, in->conditional_operator) == CONDITIONAL_OR;
	struct legacy_condition *conditions;

	if (slice_present(in->expression))
		return condition_parse(
			EXPRESSION_CONDITION, in->expression, placeholders, arena, ret, err);
	conditions = arena_alloc_array(arena, in->expected.count, sizeof(*conditions));
	for (size_t i = 0; i < in->expected.count; i++)
		conditions[i] = expected_condition(&expected[i]);
	return legacy_expected(conditions, in->expected.count, join_or, arena, ret, err);
}

int plan_put(struct planned_write *plan, struct table *table, const struct map *item,
	struct arena *arena, struct error *err)
{
	const struct table_description *description = table_description(table);
	struct map *key_map = arena_alloc(arena, sizeof(*key_map));
	struct key key;

	TRY(key_from_item(&description->key, item, &key, err));
	*key_map = key_to_map(&description->key, &key, arena);
	*plan = (struct planned_write){
		.table = table,
		.action = {
			.kind = WRITE_PUT,
			.table = table,
			.row_key = key_encode_new(&description->key, &key, arena),
			.item = item,
		},
		.key = key_map,
	};
	return 0;
}

static int plan_by_key(struct planned_write *plan, enum write_kind kind, struct table *table,
	const struct map *key_map, struct arena *arena, struct error *err)
{
	const struct key_schema *schema = &table_description(table)->key;
	struct key key;

	TRY(key_from_map(schema, key_map, &key, err));
	TRY(key_validate(schema, &key, err));
	*plan = (struct planned_write){
		.table = table,
		.action = {
			.kind = kind,
			.table = table,
			.row_key = key_encode_new(schema, &key, arena),
		},
		.key = key_map,
	};
	return 0;
}

int plan_delete(struct planned_write *plan, struct table *table, const struct map *key,
	struct arena *arena, struct error *err)
{
	return plan_by_key(plan, WRITE_DELETE, table, key, arena, err);
}

int plan_check(struct planned_write *plan, struct table *table, const struct map *key,
	struct arena *arena, struct error *err)
{
	return plan_by_key(plan, WRITE_CHECK, table, key, arena, err);
}

int plan_update(struct planned_write *plan, struct table *table, const struct map *key,
	const struct update *update, struct arena *arena, struct error *err)
{
	const struct key_schema *schema = &table_description(table)->key;
	const struct slice names[] = { schema->partition.name, schema->sort.name };

	TRY(plan_by_key(plan, WRITE_UPDATE, table, key, arena, err));
	TRY(update_check_keys(update, names, key_schema_has_sort(schema) ? 2 : 1, err));
	plan->update = update;
	return 0;
}

static int condition_failed(struct planned_write *plan, const struct map *old, struct error *err)
{
	struct buf members CLEANUP(buf_release) = BUF_INIT;

	plan->failed_item = old;
	if (plan->inserts)
		error_set(err, ERROR_DUPLICATE_ITEM, "Duplicate primary key exists in table");
	else
		error_set(err, ERROR_CONDITION_FAILED, "The conditional request failed");
	if (!plan->return_old_on_failure || !old)
		return -1;
	buf_append_string(&members, "\"Item\":");
	typed_append_map(&members, old);
	error_set_details(err, buf_slice(&members));
	return -1;
}

/* The service judges an update by the item without its key and by what the
 * update itself takes, if that is more than the item. */
static size_t updated_size(const struct planned_write *plan, const struct map *item)
{
	size_t size = item_size(item);
	size_t cost = UPDATE_COST;
	size_t key_size = item_size(plan->key);

	for (size_t i = 0; i < plan->update->count; i++)
		cost += plan->update->actions[i].verb == UPDATE_REMOVE ? REMOVE_COST : WRITE_COST;
	return plan->transacted || cost <= key_size ? size : size - key_size + cost;
}

static int check_updated_item(
	const struct planned_write *plan, const struct map *item, struct error *err)
{
	TRY(item_validate_values(item, err));
	if (updated_size(plan, item) > ITEM_SIZE_MAX)
		return error_set(err, ERROR_TOO_LARGE,
			"Item size to update has exceeded the maximum allowed size");
	return 0;
}

static int decide(void *context, const struct map *old, struct arena *arena,
	const struct map **ret_item, struct error *err)
{
	struct planned_write *plan = context;
	struct map *item;

	plan->skipped = false;
	if (plan->condition && !condition_holds(plan->condition, old))
		return condition_failed(plan, old, err);
	if (!plan->update)
		return 0;
	if (!old && update_only_removes(plan->update)) {
		plan->skipped = true;
		return WRITE_SKIPPED;
	}
	item = arena_alloc(arena, sizeof(*item));
	TRY(update_apply(plan->update, old, plan->key, arena, item, err));
	TRY(check_updated_item(plan, item, err));
	*ret_item = item;
	return 0;
}

int planned_write_apply(
	struct txn *txn, struct planned_write *plan, struct usage *usage, struct error *err)
{
	struct admission admission = {
		.usage = usage,
		.table = plan->table,
		.key = plan->key,
		.kind = plan->transacted ? USAGE_TRANSACTED : USAGE_SINGLE,
	};
	struct write_action action = plan->action;
	int r;

	plan->failed_item = NULL;
	plan->result = (struct write_result){ .change = CHANGE_NONE };
	TRY(admission_write(&admission, err));
	admission_watch_indexes(&admission, &action);
	action.want_units = true;
	if (plan->condition || plan->update) {
		action.decide = decide;
		action.decide_context = plan;
	}
	TRY(r = write_apply(txn, &action, &plan->result, err));
	usage_add_write(usage, plan->table, plan->key, &plan->result, admission.kind);
	return r;
}

void planned_write_count_failed(
	const struct planned_write *plan, struct usage *usage, const struct error *failure)
{
	if (failure->class == ERROR_NONE || usage_is_condition(failure->class))
		usage_add_unwritten(
			usage, plan->table, plan->key, &plan->result, plan->action.item);
	usage_note_failure(usage, plan->table, failure->class);
}

struct lone_write {
	struct planned_write *plan;
	struct usage *usage;
};

static int apply_lone(struct txn *txn, void *context, struct error *err)
{
	const struct lone_write *write = context;

	usage_clear(write->usage);
	return planned_write_apply(txn, write->plan, write->usage, err);
}

int planned_write_run(struct engine *engine, struct request *request, struct planned_write *plan,
	struct error *err)
{
	struct lone_write write = { plan, request->usage };

	if (txn_run(engine->store, TXN_WRITE, engine->durability[request->door], request->arena,
		    apply_lone, &write, err) < 0) {
		usage_undo(request->usage);
		planned_write_count_failed(plan, request->usage, err);
		return -1;
	}
	return 0;
}
