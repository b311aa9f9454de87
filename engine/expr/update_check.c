/*
 * What can be told of a parsed update without an item: paths that overlap, and
 * the types of literal operands, those of SET first, then of ADD and DELETE,
 * wherever their sections stand.
 */
#include "expr/update_private.h"

static int check_overlap(
	const struct parser *parser, const struct update *update, struct error *err)
{
	const struct document_path **paths =
		arena_alloc_array(parser->arena, update->count, sizeof(*paths));

	for (size_t i = 0; i < update->count; i++)
		paths[i] = &update->actions[i].path;
	return document_path_check_overlap(parser->kind, paths, update->count, err);
}

/* A literal operand of list_append, + or - must be of that type. */
static int check_literal(const struct parser *parser, const struct operand *operand,
	enum value_type type, const char *operator, struct error * err)
{
	if (operand->kind != OPERAND_VALUE || operand->value->type == type)
		return 0;
	return parser_error(parser, err,
		"Incorrect operand type for operator or function; operator or function: %s, "
		"operand type: %s",
		operator, value_type_name(operand->value->type));
}

/* As deep as the operand was read. */
static int check_operand(
	const struct parser *parser, const struct operand *operand, struct error *err)
{
	static const char *const operators[] = {
		[OPERAND_LIST_APPEND] = "list_append",
		[OPERAND_ADD] = "+",
		[OPERAND_SUBTRACT] = "-",
	};
	enum value_type type = operand->kind == OPERAND_LIST_APPEND ? VALUE_L : VALUE_N;

	if (operand->kind == OPERAND_IF_NOT_EXISTS)
		return check_operand(parser, operand->arguments[1], err);
	if (operand->kind >= ARRAY_SIZE(operators) || !operators[operand->kind])
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(operand->arguments); i++) {
		TRY(check_literal(
			parser, operand->arguments[i], type, operators[operand->kind], err));
		TRY(check_operand(parser, operand->arguments[i], err));
	}
	return 0;
}

/* As these messages call the types. */
static const char *const long_type_names[VALUE_TYPE_COUNT] = {
	[VALUE_S] = "STRING",
	[VALUE_N] = "NUMBER",
	[VALUE_B] = "BINARY",
	[VALUE_SS] = "STRING_SET",
	[VALUE_NS] = "NUMBER_SET",
	[VALUE_BS] = "BINARY_SET",
	[VALUE_BOOL] = "BOOLEAN",
	[VALUE_NULL] = "NULL",
	[VALUE_L] = "LIST",
	[VALUE_M] = "MAP",
};

static int check_action(
	const struct parser *parser, const struct update_action *action, struct error *err)
{
	const char *verb = action->verb == UPDATE_ADD ? "ADD" : "DELETE";
	enum value_type type;

	if (action->verb == UPDATE_SET)
		return check_operand(parser, action->operand, err);
	if (action->verb == UPDATE_REMOVE)
		return 0;
	type = action->operand->value->type;
	if (value_type_is_set(type) || (action->verb == UPDATE_ADD && type == VALUE_N))
		return 0;
	return parser_error(parser, err,
		"Incorrect operand type for operator or function; operator: %s, operand type: %s, "
		"typeSet: ALLOWED_FOR_%s_OPERAND",
		verb, long_type_names[type], verb);
}

int update_check(const struct parser *parser, const struct update *update, struct error *err)
{
	TRY(check_overlap(parser, update, err));
	for (enum update_verb verb = UPDATE_SET; verb <= UPDATE_DELETE; verb++) {
		for (size_t i = 0; i < update->count; i++) {
			if (update->actions[i].verb == verb)
				TRY(check_action(parser, &update->actions[i], err));
		}
	}
	return 0;
}
