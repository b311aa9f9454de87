/*
 * WHERE as a condition.
 *
 * PartiQL is freer than expressions: a condition may be compared with a boolean,
 * "attribute_exists(a) = false", "(a = 1 OR b = 2) IN [true, c]". Conditions have
 * no such comparison, so it becomes (c AND x = TRUE) OR (NOT c AND x = FALSE).
 *
 * Invariants:
 * 1. The operators of the clause are counted before it is walked, which bounds
 *    the recursion.
 * 2. What evaluates a condition twice is counted too: nested, each such
 *    comparison doubles the work that one item can make.
 */
#include "expr/condition_private.h"
#include "expr/partiql_syntax.h"

#include <strings.h>

#define DOUBLINGS_MAX 8
#define CHECKED_AS    EXPRESSION_CONDITION

struct where {
	const struct partiql_context *context;
	struct arena *arena;
	struct parser checker; /* notes what is wrong with operands */
	unsigned doublings;
};

static const struct comparison {
	const char *text;
	enum comparator comparator;
} comparisons[] = {
	{ "=", COMPARATOR_EQ },
	{ "<>", COMPARATOR_NE },
	{ "!=", COMPARATOR_NE },
	{ "<", COMPARATOR_LT },
	{ "<=", COMPARATOR_LE },
	{ ">", COMPARATOR_GT },
	{ ">=", COMPARATOR_GE },
};

/* The types that IS knows: as attribute_type() has them. */
static const struct is_type {
	const char *name, *attribute_type;
} is_types[] = {
	{ "null", "NULL" },
	{ "boolean", "BOOL" },
	{ "bool", "BOOL" },
	{ "blob", "B" },
	{ "string", "S" },
	{ "numeric", "N" },
	{ "struct", "M" },
	{ "tuple", "M" },
	{ "list", "L" },
};

static bool text_is(struct slice text, const char *word)
{
	return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static const struct comparison *find_comparison(const struct partiql_node *node)
{
	if (node->kind != PARTIQL_NODE_BINARY)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++)
		if (text_is(node->text, comparisons[i].text))
			return &comparisons[i];
	return NULL;
}

static bool is_size(const struct partiql_node *node)
{
	return node->kind == PARTIQL_NODE_CALL && text_is(node->text, "size");
}

/* Whether it is true or false of an item, rather than a value. */
static bool is_condition(const struct partiql_node *node)
{
	if (node->kind == PARTIQL_NODE_BINARY)
		return find_comparison(node) || text_is(node->text, "and") ||
		       text_is(node->text, "or") || text_is(node->text, "in");
	if (node->kind == PARTIQL_NODE_UNARY)
		return text_is(node->text, "not");
	return node->kind == PARTIQL_NODE_BETWEEN || node->kind == PARTIQL_NODE_IS ||
	       (node->kind == PARTIQL_NODE_CALL && !is_size(node));
}

/* Fails with what the checks of expressions noted; PartiQL leaves out "Invalid
 * ConditionExpression: ". */
static int check_faults(const struct where *where, struct error *err)
{
	struct slice message = where->checker.faults[PHASE_MEANING].message;
	size_t prefix = strlen("Invalid : ") + strlen(expression_kind_name(CHECKED_AS));

	if (!slice_present(message))
		return 0;
	message = slice_skip(message, prefix);
	return error_set(err, ERROR_VALIDATION, "%.*s", SLICE_ARG(message));
}

static int unsupported_operator(const struct partiql_node *node, struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"Unsupported operator in Condition Expression. Operator: %.*s",
		SLICE_ARG(node->text));
}

static int lower_operand(struct where *where, const struct partiql_node *node,
	const struct operand **ret, struct error *err);

/* The function, whose name may be in any case, and its operands. */
static int lower_call(struct where *where, const struct partiql_node *call,
	const struct function **ret, struct operand_list *ret_operands, struct error *err)
{
	struct slice name = partiql_lower_case(call->text, where->arena);
	const struct function *function = function_find(name);

	if (!function || function->of_updates)
		return partiql_unrecognized(call, where->arena, err);
	for (size_t i = 0; i < call->count; i++) {
		const struct operand *operand = NULL;

		TRY(lower_operand(where, call->children[i], &operand, err));
		operand_list_add(ret_operands, operand, where->arena);
	}
	call_check(&where->checker, function, ret_operands);
	*ret = function;
	return check_faults(where, err);
}

static int lower_size(struct where *where, const struct partiql_node *call,
	const struct operand **ret, struct error *err)
{
	struct operand *operand = arena_alloc_zero(where->arena, sizeof(*operand));
	struct operand_list operands = { 0 };
	const struct function *function;

	TRY(lower_call(where, call, &function, &operands, err));
	operand->kind = OPERAND_SIZE;
	operand->arguments[0] = operands.items[0];
	*ret = operand;
	return 0;
}

static int lower_operand(struct where *where, const struct partiql_node *node,
	const struct operand **ret, struct error *err)
{
	struct slice name = partiql_node_name(node);
	struct document_path path;
	const struct value *value;

	if (partiql_is_value(node)) {
		TRY(partiql_value(where->context, node, &value, err));
		*ret = operand_of_value(where->arena, value);
		return 0;
	}
	if (partiql_is_path(node)) {
		TRY(partiql_path(where->context, node, &path, err));
		*ret = operand_of_path(where->arena, path);
		return 0;
	}
	if (is_size(node))
		return lower_size(where, node, ret, err);
	if (node->kind == PARTIQL_NODE_MISSING)
		return error_set(
			err, ERROR_VALIDATION, "MISSING must be compared using IS operator");
	if (node->kind == PARTIQL_NODE_BINARY || node->kind == PARTIQL_NODE_UNARY)
		return unsupported_operator(node, err);
	return partiql_error_at(
		node->token, err, "Unsupported token in expression: %.*s", SLICE_ARG(name));
}

static const struct condition *new_condition(struct where *where, enum condition_kind kind,
	const struct operand *first, const struct operand *second)
{
	const struct operand **operands =
		arena_alloc_array(where->arena, 2, sizeof(struct operand *));

	operands[0] = first;
	operands[1] = second;
	return condition_new(where->arena, kind, operands, second ? 2 : 1);
}

static const struct condition *new_comparison(struct where *where, enum comparator comparator,
	const struct operand *left, const struct operand *right)
{
	struct condition *copy = arena_alloc(where->arena, sizeof(*copy));

	*copy = *new_condition(where, CONDITION_COMPARE, left, right);
	copy->comparator = comparator;
	return copy;
}

static const struct condition *negate(struct where *where, const struct condition *condition)
{
	return condition_join(where->arena, CONDITION_NOT, condition, NULL);
}

static const struct operand *boolean_operand(struct where *where, bool boolean)
{
	struct value *value = arena_alloc_zero(where->arena, sizeof(*value));

	value->type = VALUE_BOOL;
	value->boolean = boolean;
	return operand_of_value(where->arena, value);
}

/* A condition that every item meets, or none. */
static const struct condition *constant(struct where *where, bool holds)
{
	return new_comparison(
		where, COMPARATOR_EQ, boolean_operand(where, true), boolean_operand(where, holds));
}

static int lower_condition(struct where *where, const struct partiql_node *node,
	const char *otherwise, const struct condition **ret, struct error *err);

/* (c AND yes) OR (NOT c AND no) */
static int choose(struct where *where, const struct condition *c, const struct condition *yes,
	const struct condition *no, const struct condition **ret, struct error *err)
{
	if (where->doublings == DOUBLINGS_MAX)
		return partiql_malformed(err, "");
	where->doublings++;
	*ret = condition_join(where->arena, CONDITION_OR,
		condition_join(where->arena, CONDITION_AND, c, yes),
		condition_join(where->arena, CONDITION_AND, negate(where, c), no));
	return 0;
}

/* Whether the boolean that the condition is equals the other side. */
static int equal_to(struct where *where, const struct condition *c,
	const struct partiql_node *other, const struct condition **ret, struct error *err)
{
	const struct operand *operand;
	const struct condition *right;

	if (is_condition(other)) {
		TRY(lower_condition(where, other, "", &right, err));
		return choose(where, c, right, negate(where, right), ret, err);
	}
	TRY(lower_operand(where, other, &operand, err));
	if (operand->kind == OPERAND_PATH)
		return choose(where, c,
			new_comparison(where, COMPARATOR_EQ, operand, boolean_operand(where, true)),
			new_comparison(
				where, COMPARATOR_EQ, operand, boolean_operand(where, false)),
			ret, err);
	if (operand->kind == OPERAND_VALUE && operand->value->type == VALUE_BOOL)
		*ret = operand->value->boolean ? c : negate(where, c);
	else
		*ret = constant(where, false);
	return 0;
}

/* A comparison of which one side is a condition. */
static int lower_condition_comparison(struct where *where, const struct partiql_node *node,
	const struct comparison *comparison, const struct condition **ret, struct error *err)
{
	bool right = !is_condition(node->children[0]);
	const struct condition *c;

	TRY(lower_condition(where, node->children[right], "", &c, err));
	if (comparison->comparator != COMPARATOR_EQ && comparison->comparator != COMPARATOR_NE)
		return partiql_operand_error(comparison->text, VALUE_BOOL, err);
	TRY(equal_to(where, c, node->children[!right], ret, err));
	if (comparison->comparator == COMPARATOR_NE)
		*ret = negate(where, *ret);
	return 0;
}

static int lower_comparison(struct where *where, const struct partiql_node *node,
	const struct comparison *comparison, const struct condition **ret, struct error *err)
{
	const struct operand *left, *right;

	if (is_condition(node->children[0]) || is_condition(node->children[1]))
		return lower_condition_comparison(where, node, comparison, ret, err);
	TRY(lower_operand(where, node->children[0], &left, err));
	TRY(lower_operand(where, node->children[1], &right, err));
	operands_check_comparison(
		&where->checker, slice_from_string(comparison->text), left, right);
	TRY(check_faults(where, err));
	*ret = new_comparison(where, comparison->comparator, left, right);
	return 0;
}

/* A condition IN booleans: it equals one of them. */
static int lower_condition_in(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct partiql_node *list = node->children[1];
	const struct condition *c, *equal;

	TRY(lower_condition(where, node->children[0], "", &c, err));
	for (size_t i = 0; i < list->count; i++) {
		TRY(equal_to(where, c, list->children[i], &equal, err));
		*ret = i ? condition_join(where->arena, CONDITION_OR, *ret, equal) : equal;
	}
	return 0;
}

static int lower_in_list(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct partiql_node *list = node->children[1];
	struct operand_list operands = { 0 };
	const struct operand *operand;

	TRY(lower_operand(where, node->children[0], &operand, err));
	operand_list_add(&operands, operand, where->arena);
	for (size_t i = 0; i < list->count; i++) {
		TRY(lower_operand(where, list->children[i], &operand, err));
		operand_list_add(&operands, operand, where->arena);
	}
	operands_check_in(&where->checker, &operands);
	TRY(check_faults(where, err));
	*ret = condition_new(where->arena, CONDITION_IN, operands.items, operands.count);
	return 0;
}

static int lower_in(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct partiql_node *left = node->children[0], *list = node->children[1];
	bool is_sequence = list->kind == PARTIQL_NODE_LIST || list->kind == PARTIQL_NODE_BAG;

	if (!is_sequence || !list->count || partiql_is_value(left))
		return error_set(err, ERROR_VALIDATION,
			"IN operator must have a left hand argument of type Variable Reference and right hand argument of type Seq with at least one member");
	if (is_condition(left))
		TRY(lower_condition_in(where, node, ret, err));
	else
		TRY(lower_in_list(where, node, ret, err));
	if (node->negated)
		*ret = negate(where, *ret);
	return 0;
}

static int lower_between(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct operand **operands =
		arena_alloc_array(where->arena, 3, sizeof(struct operand *));

	for (size_t i = 0; i < 3; i++) {
		if (is_condition(node->children[i]))
			return partiql_operand_error("BETWEEN", VALUE_BOOL, err);
		TRY(lower_operand(where, node->children[i], &operands[i], err));
	}
	operands_check_between(&where->checker, operands);
	TRY(check_faults(where, err));
	*ret = condition_new(where->arena, CONDITION_BETWEEN, operands, 3);
	if (node->negated)
		*ret = negate(where, *ret);
	return 0;
}

/* An operand that is of the type called so. */
static const struct condition *type_condition(
	struct where *where, const struct operand *operand, const char *type)
{
	struct value *name = arena_alloc_zero(where->arena, sizeof(*name));

	*name = (struct value){ .type = VALUE_S, .bytes = slice_from_string(type) };
	return new_condition(
		where, CONDITION_ATTRIBUTE_TYPE, operand, operand_of_value(where->arena, name));
}

static int find_is_type(
	const struct partiql_node *node, struct arena *arena, const char **ret, struct error *err)
{
	char *name = (char *)arena_copy(arena, node->text).data;

	for (size_t i = 0; i < ARRAY_SIZE(is_types); i++) {
		if (text_is(node->text, is_types[i].name)) {
			*ret = is_types[i].attribute_type;
			return 0;
		}
	}
	for (char *c = name; *c; c++)
		if (*c >= 'a' && *c <= 'z')
			*c = (char)(*c - ('a' - 'A'));
	return error_set(err, ERROR_VALIDATION,
		"Unsupported data type for IS operator: %s. Supported data types are [MISSING, NULL, BOOLEAN, BLOB, STRING, NUMERIC, STRUCT, TUPLE, LIST]",
		name);
}

static int lower_is(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct partiql_node *left = node->children[0];
	bool missing = text_is(node->text, "missing");
	const struct operand *operand;
	const char *type = NULL;

	if (!partiql_is_path(left) && !partiql_is_value(left))
		return error_set(err, ERROR_VALIDATION,
			"The left hand side argument to IS must be a Variable Reference, Literal, or Path");
	if (!missing)
		TRY(find_is_type(node, where->arena, &type, err));
	TRY(lower_operand(where, left, &operand, err));
	if (operand->kind == OPERAND_VALUE)
		*ret = constant(where,
			!missing && strcmp(value_type_name(operand->value->type), type) == 0);
	else if (missing)
		*ret = new_condition(where, CONDITION_ATTRIBUTE_NOT_EXISTS, operand, NULL);
	else
		*ret = type_condition(where, operand, type);
	if (node->negated)
		*ret = negate(where, *ret);
	return 0;
}

/* The service lists them in this order here. */
static int check_type_name(const struct operand *operand, struct error *err)
{
	enum value_type ignored;

	if (operand->kind != OPERAND_VALUE || operand->value->type != VALUE_S ||
		value_type_parse(operand->value->bytes, &ignored))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Invalid attribute type name found; type: %.*s, valid types: {N,BS,L,B,NULL,M,S,SS,NS,BOOL}",
		SLICE_ARG(operand->value->bytes));
}

static int lower_function(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	struct operand_list operands = { 0 };
	const struct function *function;

	if (text_is(node->text, "attribute_type") && node->count == 2) {
		const struct operand *type;

		TRY(lower_operand(where, node->children[1], &type, err));
		TRY(check_type_name(type, err));
	}
	TRY(lower_call(where, node, &function, &operands, err));
	*ret = condition_new(where->arena, function->kind, operands.items, operands.count);
	return 0;
}

static int lower_joined(struct where *where, const struct partiql_node *node,
	enum condition_kind kind, const struct condition **ret, struct error *err)
{
	static const char otherwise[] = "The arguments to AND/OR must be Expressions";
	const struct condition *left, *right;

	TRY(lower_condition(where, node->children[0], otherwise, &left, err));
	TRY(lower_condition(where, node->children[1], otherwise, &right, err));
	*ret = condition_join(where->arena, kind, left, right);
	return 0;
}

static int lower_binary(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct comparison *comparison = find_comparison(node);

	if (comparison)
		return lower_comparison(where, node, comparison, ret, err);
	if (text_is(node->text, "and"))
		return lower_joined(where, node, CONDITION_AND, ret, err);
	if (text_is(node->text, "or"))
		return lower_joined(where, node, CONDITION_OR, ret, err);
	if (text_is(node->text, "in"))
		return lower_in(where, node, ret, err);
	return unsupported_operator(node, err);
}

static int lower_unary(struct where *where, const struct partiql_node *node,
	const struct condition **ret, struct error *err)
{
	const struct condition *condition;

	if (!text_is(node->text, "not"))
		return unsupported_operator(node, err);
	TRY(lower_condition(where, node->children[0],
		"The argument to NOT must be a Type or Expression", &condition, err));
	*ret = negate(where, condition);
	return 0;
}

/* otherwise is the error for what is a value and no condition. */
static int lower_condition(struct where *where, const struct partiql_node *node,
	const char *otherwise, const struct condition **ret, struct error *err)
{
	if (node->kind == PARTIQL_NODE_BINARY)
		return lower_binary(where, node, ret, err);
	if (node->kind == PARTIQL_NODE_UNARY)
		return lower_unary(where, node, ret, err);
	if (node->kind == PARTIQL_NODE_BETWEEN)
		return lower_between(where, node, ret, err);
	if (node->kind == PARTIQL_NODE_IS)
		return lower_is(where, node, ret, err);
	if (node->kind == PARTIQL_NODE_CALL && !is_size(node))
		return lower_function(where, node, ret, err);
	return error_set(err, ERROR_VALIDATION, "%s", otherwise);
}

int partiql_where(const struct partiql_context *context, const struct partiql_clause *clause,
	const struct condition **ret, struct error *err)
{
	struct where where = {
		.context = context,
		.arena = context->arena,
		.checker = { .kind = CHECKED_AS, .arena = context->arena },
	};

	*ret = NULL;
	if (!clause->node)
		return 0;
	TRY(partiql_check_operators(clause, err));
	return lower_condition(&where, clause->node,
		"WHERE clause must contain an expression that resolves to a boolean", ret, err);
}
