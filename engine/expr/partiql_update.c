/* SET and REMOVE of a PartiQL UPDATE as the actions of an update. */
#include "expr/partiql_syntax.h"

#include <strings.h>

/* The two functions that are actions of their own: SET a = set_add(a, <<…>>). */
static const struct set_function {
	const char *name, *shown;
	enum update_verb verb;
} set_functions[] = {
	{ "set_add", "SET_ADD", UPDATE_ADD },
	{ "set_delete", "SET_DELETE", UPDATE_DELETE },
};

static const struct operand_function {
	const char *name;
	enum operand_kind kind;
} operand_functions[] = {
	{ "list_append", OPERAND_LIST_APPEND },
	{ "if_not_exists", OPERAND_IF_NOT_EXISTS },
};

static bool text_is(struct slice text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static const struct set_function *find_set_function(const struct partiql_node *node)
{
	if (!node || node->kind != PARTIQL_NODE_CALL)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(set_functions); i++)
		if (text_is(node->text, set_functions[i].name))
			return &set_functions[i];
	return NULL;
}

static const struct operand_function *find_operand_function(const struct partiql_node *node)
{
	for (size_t i = 0; i < ARRAY_SIZE(operand_functions); i++)
		if (text_is(node->text, operand_functions[i].name))
			return &operand_functions[i];
	return NULL;
}

static int lower_set_function(const struct partiql_context *context,
	const struct partiql_node *call, const struct set_function *function,
	struct update_action *action, struct error *err)
{
	const struct value *value = NULL;
	struct document_path first;

	if (call->count != 2)
		return partiql_error_at(
			call->token, err, "%s must have exactly two arguments", function->shown);
	if (partiql_is_path(call->children[0]))
		TRY(partiql_path(context, call->children[0], &first, err));
	if (!partiql_is_path(call->children[0]) || !document_path_equal(&first, &action->path))
		return partiql_error_at(call->token, err,
			"The first argument to %s must equal the assignment value",
			function->shown);
	if (partiql_is_value(call->children[1]))
		TRY(partiql_value(context, call->children[1], &value, err));
	if (!value || !value_type_is_set(value->type))
		return partiql_error_at(call->children[0]->token, err,
			"The second argument to %s must be a value with type SET", function->shown);
	action->verb = function->verb;
	action->operand = operand_of_value(context->arena, value);
	return 0;
}

static int lower_operand(const struct partiql_context *context, const struct partiql_node *node,
	const struct operand **ret, struct error *err);

static int check_type(const struct operand *operand, const char *operator, enum value_type type,
	struct error *err)
{
	if (operand->kind != OPERAND_VALUE || operand->value->type == type)
		return 0;
	return partiql_operand_error(operator, operand->value->type, err);
}

/* Both operands of a sum or of a function. */
static int lower_pair(const struct partiql_context *context, const struct partiql_node *node,
	enum operand_kind kind, struct operand **ret, struct error *err)
{
	struct operand *operand = arena_alloc_zero(context->arena, sizeof(*operand));

	operand->kind = kind;
	for (size_t i = 0; i < 2; i++)
		TRY(lower_operand(context, node->children[i], &operand->arguments[i], err));
	*ret = operand;
	return 0;
}

static int lower_sum(const struct partiql_context *context, const struct partiql_node *node,
	const struct operand **ret, struct error *err)
{
	bool add = text_is(node->text, "+");
	struct operand *sum;

	if (!add && !text_is(node->text, "-"))
		return error_set(err, ERROR_VALIDATION,
			"Unsupported operator in Update Expression. Operator: %.*s",
			SLICE_ARG(node->text));
	TRY(lower_pair(context, node, add ? OPERAND_ADD : OPERAND_SUBTRACT, &sum, err));
	for (size_t i = 0; i < 2; i++)
		TRY(check_type(sum->arguments[i], add ? "+" : "-", VALUE_N, err));
	*ret = sum;
	return 0;
}

static int lower_function(const struct partiql_context *context, const struct partiql_node *node,
	const struct operand **ret, struct error *err)
{
	const struct operand_function *function = find_operand_function(node);
	struct operand *call;

	if (!function)
		return partiql_unrecognized(node, context->arena, err);
	if (node->count != 2)
		return error_set(err, ERROR_VALIDATION,
			"Incorrect number of operands for operator or function; operator or function: %s, number of operands: %zu",
			function->name, node->count);
	TRY(lower_pair(context, node, function->kind, &call, err));
	*ret = call;
	if (function->kind == OPERAND_IF_NOT_EXISTS && call->arguments[0]->kind != OPERAND_PATH)
		return error_set(err, ERROR_VALIDATION,
			"Operator or function requires a document path; operator or function: %s",
			function->name);
	for (size_t i = 0; function->kind == OPERAND_LIST_APPEND && i < 2; i++)
		TRY(check_type(call->arguments[i], function->name, VALUE_L, err));
	return 0;
}

static int lower_leaf(const struct partiql_context *context, const struct partiql_node *node,
	const struct operand **ret, struct error *err)
{
	const struct value *value;
	struct document_path path;

	if (partiql_is_path(node)) {
		TRY(partiql_path(context, node, &path, err));
		*ret = operand_of_path(context->arena, path);
	} else {
		TRY(partiql_value(context, node, &value, err));
		*ret = operand_of_value(context->arena, value);
	}
	return 0;
}

static int lower_operand(const struct partiql_context *context, const struct partiql_node *node,
	const struct operand **ret, struct error *err)
{
	if (node->kind == PARTIQL_NODE_IS)
		return error_set(err, ERROR_VALIDATION,
			"IS operator is not supported in update expressions");
	if (node->kind == PARTIQL_NODE_BINARY || node->kind == PARTIQL_NODE_UNARY)
		return node->count == 2
			       ? lower_sum(context, node, ret, err)
			       : error_set(err, ERROR_VALIDATION,
					 "Unsupported operator in Update Expression. Operator: %.*s",
					 SLICE_ARG(node->text));
	if (node->kind == PARTIQL_NODE_CALL)
		return lower_function(context, node, ret, err);
	return lower_leaf(context, node, ret, err);
}

static int lower_change(const struct partiql_context *context, const struct partiql_change *change,
	struct update_action *action, struct error *err)
{
	const struct set_function *function = find_set_function(change->data);

	action->verb = UPDATE_REMOVE;
	TRY(partiql_path(context, change->path, &action->path, err));
	if (!change->data)
		return 0;
	if (function)
		return lower_set_function(context, change->data, function, action, err);
	action->verb = UPDATE_SET;
	return lower_operand(context, change->data, &action->operand, err);
}

/* The message of expressions, without "Invalid UpdateExpression: ". */
static int check_overlap(const struct partiql_context *context, const struct update_action *actions,
	size_t count, struct error *err)
{
	struct error cause CLEANUP(error_release) = ERROR_INIT;
	size_t prefix = strlen("Invalid : ") + strlen(expression_kind_name(EXPRESSION_UPDATE));
	const struct document_path **paths =
		arena_alloc_array(context->arena, count, sizeof(struct document_path *));

	for (size_t i = 0; i < count; i++)
		paths[i] = &actions[i].path;
	if (document_path_check_overlap(EXPRESSION_UPDATE, paths, count, &cause) == 0)
		return 0;
	return error_set(err, ERROR_VALIDATION, "%s", cause.message + prefix);
}

int partiql_update(const struct partiql_context *context, const struct partiql_syntax *syntax,
	const struct update **ret, struct error *err)
{
	struct update_action *actions =
		arena_alloc_array(context->arena, syntax->change_count, sizeof(*actions));
	struct update *update = arena_alloc(context->arena, sizeof(*update));

	TRY(partiql_check_operators(&syntax->updates, err));
	for (size_t i = 0; i < syntax->change_count; i++)
		TRY(lower_change(context, &syntax->changes[i], &actions[i], err));
	TRY(check_overlap(context, actions, syntax->change_count, err));
	*update = (struct update){ actions, syntax->change_count };
	*ret = update;
	return 0;
}
