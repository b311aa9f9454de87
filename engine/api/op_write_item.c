/*
 * PutItem, UpdateItem and DeleteItem.
 *
 * In the order in which the service finds fault: values of the item or key,
 * expressions, the older parameters, ReturnValues, size, table, key, and only
 * then the item that is there.
 */
#include "api/capacity.h"
#include "api/item_write.h"
#include "api/key_paths.h"
#include "api/operations.h"
#include "api/parameters.h"
#include "api/rows.h"
#include "expr/legacy.h"
#include "model/item.h"
#include "store/index.h"

/* One write on its way from request to answer. */
struct write_call {
	struct engine *engine;
	struct request *request;
	const struct item_condition *condition_in;
	struct slice update_expression; /* of UpdateItem */
	struct request_list attribute_updates;
	struct slice return_consumed_capacity;
	struct slice return_metrics;
	enum return_values returns;
	/* What comes of it: */
	const struct condition *condition;
	const struct update *update;
	struct table *table;
	struct planned_write plan;
};

static void write_call_release(struct write_call *call)
{
	table_unref(call->table);
}

/* Since 2026 the service words what is wrong with the expressions of PutItem
 * and UpdateItem, and with the values of an item, as if it were a constraint.
 * People who read errors on the mount are spared that. */
static int enveloped(const struct request *request, struct error *err)
{
	struct error bare CLEANUP(error_release) = ERROR_INIT;

	if (request->door != DOOR_API || request->operation == OPERATION_DELETE_ITEM)
		return -1;
	error_move(&bare, err);
	return error_set(err, bare.class, "1 validation error detected: %s", bare.message);
}

enum { UPDATE_PARAMETER, CONDITION_PARAMETER, EXPRESSION_PARAMETERS };

static void list_expressions(const struct write_call *call, struct parameter *ret)
{
	ret[UPDATE_PARAMETER] = (struct parameter){
		.name = "UpdateExpression",
		.given = slice_present(call->update_expression),
	};
	ret[CONDITION_PARAMETER] = (struct parameter){
		.name = "ConditionExpression",
		.given = slice_present(call->condition_in->expression),
	};
}

static int check_mix(const struct write_call *call, struct error *err)
{
	const struct parameter older[] = {
		{ "AttributeUpdates", call->attribute_updates.present },
		{ "Expected", call->condition_in->expected.present },
	};
	struct parameter expressions[EXPRESSION_PARAMETERS];

	list_expressions(call, expressions);
	return parameters_check_mix(
		older, ARRAY_SIZE(older), expressions, EXPRESSION_PARAMETERS, err);
}

/* What the service does not put into an envelope. */
static int check_names(const struct write_call *call, struct error *err)
{
	const struct slice texts[] = { call->update_expression, call->condition_in->expression };
	struct parameter expressions[EXPRESSION_PARAMETERS];

	list_expressions(call, expressions);
	TRY(parameters_check_names(
		&call->condition_in->names, expressions, EXPRESSION_PARAMETERS, err));
	for (size_t i = 0; i < EXPRESSION_PARAMETERS; i++) {
		if (expressions[i].given && !texts[i].len)
			return error_set(err, ERROR_VALIDATION,
				"Invalid %s: The expression can not be empty;",
				expressions[i].name);
	}
	return 0;
}

static int check_values(const struct write_call *call, struct error *err)
{
	struct parameter expressions[EXPRESSION_PARAMETERS];
	size_t first = call->request->operation == OPERATION_UPDATE_ITEM ? UPDATE_PARAMETER
									 : CONDITION_PARAMETER;

	list_expressions(call, expressions);
	return parameters_check_values(call->condition_in->values, expressions + first,
		EXPRESSION_PARAMETERS - first, err);
}

static int parse_expressions(
	struct write_call *call, struct placeholders *placeholders, struct error *err)
{
	struct arena *arena = call->request->arena;

	TRY(check_values(call, err));
	if (slice_present(call->update_expression))
		TRY(update_parse(call->update_expression, placeholders, arena, &call->update, err));
	if (slice_present(call->condition_in->expression))
		TRY(item_condition_parse(
			call->condition_in, placeholders, arena, &call->condition, err));
	return 0;
}

static int parse_attribute_updates(struct write_call *call, struct error *err)
{
	struct arena *arena = call->request->arena;
	const struct attribute_update *in = call->attribute_updates.items;
	size_t count = call->attribute_updates.count;
	struct legacy_update *updates = arena_alloc_array(arena, count, sizeof(*updates));

	for (size_t i = 0; i < count; i++) {
		int action = enum_index(update_action_names, in[i].action);

		updates[i] = (struct legacy_update){
			.attribute_name = in[i].attribute_name,
			.action = action < 0 ? LEGACY_PUT : (enum legacy_action)action,
			.value = in[i].value,
		};
	}
	return legacy_updates(updates, count, arena, &call->update, err);
}

static int parse_older(struct write_call *call, struct error *err)
{
	const struct item_condition *in = call->condition_in;

	TRY(parameters_check_operator(in->conditional_operator, &in->expected, err));
	if (call->attribute_updates.present)
		TRY(parse_attribute_updates(call, err));
	if (in->expected.present)
		TRY(item_condition_parse(in, NULL, call->request->arena, &call->condition, err));
	return 0;
}

static int parse_parameters(struct write_call *call, struct error *err)
{
	const struct item_condition *in = call->condition_in;
	struct placeholders placeholders;

	TRY(check_names(call, err));
	placeholders_init(
		&placeholders, in->names.items, in->names.count, in->values, call->request->arena);
	if (parse_expressions(call, &placeholders, err) < 0)
		return enveloped(call->request, err);
	TRY(placeholders_check_used(&placeholders, err));
	return parse_older(call, err);
}

/* PutItem and DeleteItem know two of the five values. */
static int check_return_values(const struct write_call *call, struct error *err)
{
	if (call->returns == RETURN_ALL_OLD || call->returns == RETURN_NONE)
		return 0;
	error_set(err, ERROR_VALIDATION, "ReturnValues can only be ALL_OLD or NONE");
	return enveloped(call->request, err);
}

static enum return_values returns_of(struct slice name)
{
	int value = enum_index(return_values_names, name);

	return value < 0 ? RETURN_NONE : (enum return_values)value;
}

static int run_plan(struct write_call *call, struct error *err)
{
	struct planned_write *plan = &call->plan;

	TRY(key_paths_check(table_description(call->table),
		&(struct key_paths){ .condition = call->condition, .update = plan->update }, err));
	plan->condition = call->condition;
	plan->return_old_on_failure =
		slice_equal_string(call->condition_in->return_values_on_failure, "ALL_OLD");
	plan->action.want_old =
		call->returns == RETURN_ALL_OLD || call->returns == RETURN_UPDATED_OLD;
	return planned_write_run(call->engine, call->request, plan, err);
}

static const struct consumed_capacity *consumed(const struct write_call *call)
{
	return capacity_answer(usage_table(call->request->usage, call->table),
		call->return_consumed_capacity, false, call->request->arena);
}

static const struct item_collection_metrics *collection(const struct write_call *call)
{
	return collection_answer(
		call->table, call->plan.key, call->return_metrics, call->request->arena);
}

int run_put_item(struct engine *engine, struct request *request, struct error *err)
{
	static const enum write_expect expects[] = {
		[ITEM_ANY] = EXPECT_ANY,
		[ITEM_ABSENT] = EXPECT_ABSENT,
		[ITEM_UNCHANGED] = EXPECT_STAMP,
	};
	const struct put_item_input *in = request->input;
	struct put_item_output *out = request->output;
	struct write_call call CLEANUP(write_call_release) = {
		.engine = engine,
		.request = request,
		.condition_in = &in->condition,
		.return_consumed_capacity = in->return_consumed_capacity,
		.return_metrics = in->return_item_collection_metrics,
		.returns = returns_of(in->return_values),
	};
	struct write_action *action = &call.plan.action;

	if (item_validate_values(in->item, err) < 0 || check_mix(&call, err) < 0)
		return enveloped(request, err);
	TRY(parse_parameters(&call, err));
	TRY(check_return_values(&call, err));
	TRY(item_validate_size(in->item, err));
	TRY(engine_find_table(engine, in->table_name, &call.table, err));
	TRY(plan_put(&call.plan, call.table, in->item, request->arena, err));
	if (in->check_only)
		return index_check_item(table_description(call.table), NULL, in->item, err);
	action->expect = expects[in->expectation];
	action->expected_stamp = in->expected_stamp;
	action->own_text = in->own_text;
	action->mtime_ns = in->mtime_ns;
	TRY(run_plan(&call, err));
	out->facts = row_facts(&call.plan.result.meta, (struct slice){ NULL, 0 });
	if (call.returns == RETURN_ALL_OLD)
		out->attributes = call.plan.result.old_item;
	out->consumed_capacity = consumed(&call);
	out->item_collection_metrics = collection(&call);
	return 0;
}

int run_delete_item(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_item_input *in = request->input;
	struct delete_item_output *out = request->output;
	struct write_call call CLEANUP(write_call_release) = {
		.engine = engine,
		.request = request,
		.condition_in = &in->condition,
		.return_consumed_capacity = in->return_consumed_capacity,
		.return_metrics = in->return_item_collection_metrics,
		.returns = returns_of(in->return_values),
	};

	TRY(check_mix(&call, err));
	TRY(item_validate_values(in->key, err));
	TRY(parse_parameters(&call, err));
	TRY(check_return_values(&call, err));
	TRY(engine_find_table(engine, in->table_name, &call.table, err));
	TRY(plan_delete(&call.plan, call.table, in->key, request->arena, err));
	TRY(run_plan(&call, err));
	out->found = call.plan.result.had_old;
	if (call.returns == RETURN_ALL_OLD)
		out->attributes = call.plan.result.old_item;
	out->consumed_capacity = consumed(&call);
	out->item_collection_metrics = collection(&call);
	return 0;
}

/* What UpdateItem returns of the item before or after; NULL: nothing. */
static const struct map *updated_attributes(const struct write_call *call)
{
	const struct write_result *result = &call->plan.result;
	struct arena *arena = call->request->arena;
	struct map *touched = arena_alloc_zero(arena, sizeof(*touched));

	switch (call->returns) {
	case RETURN_NONE:
		return NULL;
	case RETURN_ALL_OLD:
		return result->old_item;
	case RETURN_ALL_NEW:
		return result->new_item;
	case RETURN_UPDATED_OLD:
		if (result->old_item)
			update_touched(call->update, result->old_item, arena, touched);
		break;
	case RETURN_UPDATED_NEW:
		if (result->new_item)
			update_touched(call->update, result->new_item, arena, touched);
		break;
	}
	return touched->count ? touched : NULL;
}

int run_update_item(struct engine *engine, struct request *request, struct error *err)
{
	static const struct update no_update = { NULL, 0 };
	const struct update_item_input *in = request->input;
	struct update_item_output *out = request->output;
	struct write_call call CLEANUP(write_call_release) = {
		.engine = engine,
		.request = request,
		.condition_in = &in->condition,
		.update_expression = in->update_expression,
		.attribute_updates = in->attribute_updates,
		.return_consumed_capacity = in->return_consumed_capacity,
		.return_metrics = in->return_item_collection_metrics,
		.returns = returns_of(in->return_values),
		.update = &no_update,
	};

	if (check_mix(&call, err) < 0)
		return enveloped(request, err);
	TRY(item_validate_values(in->key, err));
	TRY(parse_parameters(&call, err));
	TRY(engine_find_table(engine, in->table_name, &call.table, err));
	TRY(plan_update(&call.plan, call.table, in->key, call.update, request->arena, err));
	TRY(run_plan(&call, err));
	out->attributes = updated_attributes(&call);
	out->consumed_capacity = consumed(&call);
	out->item_collection_metrics = collection(&call);
	return 0;
}
