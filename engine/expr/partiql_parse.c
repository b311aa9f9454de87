/*
 * The grammar of PartiQL's expressions, as far as the service's parser reads
 * it, which is further than DynamoDB goes: what it has no use for is refused
 * when the tree is lowered, with another message.
 *
 * Source: PartiQL Specification; details of "Statement wasn't well formed, can't
 * be processed: …" as observed on the live service.
 *
 * Invariants:
 * 1. Every recursion passes partiql_parse_expression(), which bounds the depth.
 * 2. A chain of operators of one precedence leans to the left, so its depth is
 *    not bounded here; it is by the count of operators of its clause, which
 *    whoever walks it checks first.
 */
#include "expr/partiql_parser.h"

#define PRECEDENCE_NOT 30

static const struct infix {
	const char *text;
	int precedence;
} infixes[] = {
	{ "or", 10 },
	{ "and", 20 },
	{ "=", 40 },
	{ "<>", 40 },
	{ "!=", 40 },
	{ "is", 40 },
	{ "in", 40 },
	{ "<", 50 },
	{ "<=", 50 },
	{ ">", 50 },
	{ ">=", 50 },
	{ "between", 50 },
	{ "like", 50 },
	{ "+", 60 },
	{ "-", 60 },
	{ "||", 60 },
	{ "*", 70 },
	{ "/", 70 },
	{ "%", 70 },
};

/* What may stand right of IS; the name that messages have. */
static const char *const type_words[] = {
	"bag",
	"blob",
	"bool",
	"boolean",
	"char",
	"character",
	"clob",
	"dec",
	"decimal",
	"double",
	"float",
	"int",
	"int4",
	"int8",
	"integer",
	"integer4",
	"integer8",
	"list",
	"missing",
	"null",
	"numeric",
	"real",
	"sexp",
	"smallint",
	"string",
	"struct",
	"symbol",
	"timestamp",
	"tuple",
	"varchar",
};

/* Types of two words. */
static const char *const second_words[][2] = {
	{ "double", "precision" },
	{ "character", "varying" },
};

bool partiql_token_in(const struct partiql_token *token, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (partiql_token_is(token, words[i]))
			return true;
	return false;
}

struct partiql_node *partiql_node_new(struct partiql_parser *parser, enum partiql_node_kind kind,
	const struct partiql_token *token)
{
	struct partiql_node *node = arena_alloc_zero(parser->arena, sizeof(*node));

	node->kind = kind;
	node->token = token;
	node->text = token->text;
	return node;
}

void partiql_list_add(struct partiql_parser *parser, struct partiql_node_list *list,
	const struct partiql_node *node)
{
	size_t capacity = list->capacity ? list->capacity * 2 : 4;
	const struct partiql_node **items;

	if (list->count == list->capacity) {
		items = arena_alloc_array(parser->arena, capacity, sizeof(struct partiql_node *));
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(struct partiql_node *));
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = node;
}

void partiql_set_children(struct partiql_node *node, const struct partiql_node_list *list)
{
	node->children = list->items;
	node->count = list->count;
}

int partiql_expect(
	struct partiql_parser *parser, const char *text, const char *name, struct error *err)
{
	if (partiql_accept(parser, text))
		return 0;
	return partiql_malformed(err, name);
}

int partiql_parse_arguments(
	struct partiql_parser *parser, struct partiql_node_list *list, struct error *err)
{
	do {
		const struct partiql_node *node;

		TRY(partiql_parse_expression(parser, -1, &node, err));
		partiql_list_add(parser, list, node);
	} while (partiql_accept(parser, ","));
	return 0;
}

/* A sign before a number belongs to it: "- - 1". */
static int parse_signed(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *first = partiql_peek(parser, 0);
	struct partiql_node_list list = { 0 };
	const struct partiql_node *term;
	struct partiql_node *node;
	bool negative = false;

	while (partiql_token_is(partiql_peek(parser, 0), "+") ||
		partiql_token_is(partiql_peek(parser, 0), "-")) {
		negative ^= partiql_token_is(partiql_peek(parser, 0), "-");
		parser->at++;
	}
	if (partiql_token_is(partiql_peek(parser, 0), "not"))
		TRY(partiql_parse_expression(parser, PRECEDENCE_NOT, &term, err));
	else
		TRY(partiql_parse_term(parser, &term, err));
	TRY(partiql_parse_steps(parser, false, term, &term, err));
	if (term->kind == PARTIQL_NODE_NUMBER) {
		node = partiql_node_new(parser, PARTIQL_NODE_NUMBER, term->token);
		node->negative = term->negative ^ negative;
	} else {
		node = partiql_node_new(parser, PARTIQL_NODE_UNARY, first);
		partiql_list_add(parser, &list, term);
		partiql_set_children(node, &list);
	}
	*ret = node;
	return 0;
}

/* unary = { "+" | "-" } term { step } | "not" expression */
static int parse_unary(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);
	struct partiql_node_list list = { 0 };
	const struct partiql_node *term;
	struct partiql_node *node;

	if (partiql_token_is(token, "+") || partiql_token_is(token, "-"))
		return parse_signed(parser, ret, err);
	if (!partiql_token_is(token, "not")) {
		TRY(partiql_parse_term(parser, &term, err));
		return partiql_parse_steps(parser, false, term, ret, err);
	}
	parser->at++;
	parser->operators++;
	TRY(partiql_parse_expression(parser, PRECEDENCE_NOT, &term, err));
	node = partiql_node_new(parser, PARTIQL_NODE_UNARY, token);
	partiql_list_add(parser, &list, term);
	partiql_set_children(node, &list);
	*ret = node;
	return 0;
}

/* The operator that stands here; *ret_negated for NOT IN, NOT BETWEEN, NOT LIKE. */
static const struct infix *find_infix(const struct partiql_parser *parser, bool *ret_negated)
{
	const struct partiql_token *token = partiql_peek(parser, 0);

	*ret_negated = false;
	if (partiql_token_is(token, "not")) {
		token = partiql_peek(parser, 1);
		if (!partiql_token_is(token, "in") && !partiql_token_is(token, "between") &&
			!partiql_token_is(token, "like"))
			return NULL;
		*ret_negated = true;
	}
	for (size_t i = 0; i < ARRAY_SIZE(infixes); i++)
		if (partiql_token_is(token, infixes[i].text))
			return &infixes[i];
	return NULL;
}

/* Right of an operator there must be two tokens at least, the end being one. */
static int parse_right(struct partiql_parser *parser, int precedence,
	const struct partiql_node **ret, struct error *err)
{
	if (partiql_peek(parser, 0)->kind == PARTIQL_END)
		return partiql_malformed(
			err, "Missing right-hand side expression of infix operator");
	return partiql_parse_expression(parser, precedence, ret, err);
}

/* is = expression "is" [ "not" ] type */
static int parse_type(struct partiql_parser *parser, struct partiql_node *node, struct error *err)
{
	const struct partiql_token *type;

	node->negated = partiql_accept(parser, "not");
	type = partiql_peek(parser, 0);
	if (!partiql_token_in(type, type_words, ARRAY_SIZE(type_words)))
		return partiql_malformed(err, "Expected type name");
	node->kind = PARTIQL_NODE_IS;
	node->text = type->text;
	parser->at++;
	for (size_t i = 0; i < ARRAY_SIZE(second_words); i++)
		if (partiql_token_is(type, second_words[i][0]))
			partiql_accept(parser, second_words[i][1]);
	return 0;
}

/* in = expression [ "not" ] "in" ( "(" arguments ")" | expression ) */
static int parse_in(struct partiql_parser *parser, const struct infix *infix,
	const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);
	struct partiql_node_list list = { 0 };
	struct partiql_node *node;

	if (!partiql_token_is(token, "(") || partiql_token_is(partiql_peek(parser, 1), "select"))
		return parse_right(parser, infix->precedence, ret, err);
	parser->at++;
	TRY(partiql_parse_arguments(parser, &list, err));
	node = partiql_node_new(parser, PARTIQL_NODE_LIST, token);
	partiql_set_children(node, &list);
	*ret = node;
	return partiql_expect(parser, ")", "Expected RIGHT_PAREN", err);
}

/* between = expression [ "not" ] "between" expression "and" expression */
static int parse_between(struct partiql_parser *parser, const struct infix *infix,
	struct partiql_node *node, struct partiql_node_list *list, struct error *err)
{
	const struct partiql_node *bound;

	TRY(parse_right(parser, infix->precedence, &bound, err));
	partiql_list_add(parser, list, bound);
	TRY(partiql_expect(parser, "and", "Expected AND", err));
	if (partiql_at_end(parser))
		return partiql_malformed(err, "Expected expression after AND");
	TRY(partiql_parse_expression(parser, infix->precedence, &bound, err));
	partiql_list_add(parser, list, bound);
	node->kind = PARTIQL_NODE_BETWEEN;
	return 0;
}

static int parse_infix(struct partiql_parser *parser, const struct infix *infix, bool negated,
	const struct partiql_node **left, struct error *err)
{
	struct partiql_node_list list = { 0 };
	const struct partiql_node *right = NULL;
	struct partiql_node *node;

	parser->at += negated;
	node = partiql_node_new(parser, PARTIQL_NODE_BINARY, partiql_peek(parser, 0));
	node->negated = negated;
	parser->at++;
	parser->operators++;
	partiql_list_add(parser, &list, *left);
	if (partiql_token_is(node->token, "is"))
		TRY(parse_type(parser, node, err));
	else if (partiql_token_is(node->token, "between"))
		TRY(parse_between(parser, infix, node, &list, err));
	else if (partiql_token_is(node->token, "in"))
		TRY(parse_in(parser, infix, &right, err));
	else
		TRY(parse_right(parser, infix->precedence, &right, err));
	if (right)
		partiql_list_add(parser, &list, right);
	partiql_set_children(node, &list);
	*left = node;
	return 0;
}

/* expression = unary { infix expression }, those of higher precedence first. */
static int parse_expression_at_depth(struct partiql_parser *parser, int precedence,
	const struct partiql_node **ret, struct error *err)
{
	const struct infix *infix;
	bool negated;

	TRY(parse_unary(parser, ret, err));
	while ((infix = find_infix(parser, &negated)) && infix->precedence > precedence)
		TRY(parse_infix(parser, infix, negated, ret, err));
	return 0;
}

int partiql_parse_expression(struct partiql_parser *parser, int precedence,
	const struct partiql_node **ret, struct error *err)
{
	if (parser->depth == PARTIQL_DEPTH_MAX)
		return partiql_malformed(err, "");
	parser->depth++;
	TRY(parse_expression_at_depth(parser, precedence, ret, err));
	parser->depth--;
	return 0;
}

int partiql_parse_syntax(struct slice text, struct arena *arena, const struct partiql_node **ret,
	size_t *ret_parameters, struct error *err)
{
	struct partiql_parser parser = { .arena = arena };

	TRY(partiql_lex(text, arena, &parser.tokens, err));
	TRY(partiql_parse_expression(&parser, -1, ret, err));
	if (!partiql_at_end(&parser))
		return partiql_malformed(err, "Unexpected token after expression");
	*ret_parameters = parser.parameters;
	return 0;
}
