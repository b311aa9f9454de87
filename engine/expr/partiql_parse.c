/*
 * The grammar of PartiQL's expressions, as far as the service's parser reads
 * it, which is further than DynamoDB goes: what it has no use for is refused
 * when the tree is lowered, with another message.
 *
 * Source: PartiQL Specification; details of "Statement wasn't well formed, can't
 * be processed: …" as observed on the live service.
 *
 * Invariants:
 * 1. Every recursion passes parse_expression(), which bounds the depth.
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

/* Keywords that are functions where '(' follows. */
static const char *const function_words[] = {
	"avg",
	"bag",
	"bit_length",
	"char_length",
	"character_length",
	"coalesce",
	"count",
	"exists",
	"list",
	"lower",
	"max",
	"min",
	"nullif",
	"octet_length",
	"sexp",
	"size",
	"substring",
	"sum",
	"upper",
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

static const struct literal_word {
	const char *word;
	enum partiql_node_kind kind;
} literal_words[] = {
	{ "true", PARTIQL_NODE_TRUE },
	{ "false", PARTIQL_NODE_FALSE },
	{ "null", PARTIQL_NODE_NULL },
	{ "missing", PARTIQL_NODE_MISSING },
};

static bool is_word_of(const struct partiql_token *token, const char *const *words, size_t count)
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

static void set_children(struct partiql_node *node, const struct partiql_node_list *list)
{
	node->children = list->items;
	node->count = list->count;
}

static int expect(
	struct partiql_parser *parser, const char *text, const char *name, struct error *err)
{
	if (partiql_accept(parser, text))
		return 0;
	return partiql_malformed(err, name);
}

/* arguments = expression { "," expression } */
static int parse_arguments(
	struct partiql_parser *parser, struct partiql_node_list *list, struct error *err)
{
	do {
		const struct partiql_node *node;

		TRY(partiql_parse_expression(parser, -1, &node, err));
		partiql_list_add(parser, list, node);
	} while (partiql_accept(parser, ","));
	return 0;
}

/* sequence = open [arguments] close; the parser stands after the opening. */
static int parse_sequence(struct partiql_parser *parser, struct partiql_node *node,
	const char *close, const char *close_name, struct error *err)
{
	struct partiql_node_list list = { 0 };

	if (partiql_accept(parser, close))
		return 0;
	TRY(parse_arguments(parser, &list, err));
	set_children(node, &list);
	return expect(parser, close, close_name, err);
}

/* struct = "{" [ expression ":" expression { "," … } ] "}" */
static int parse_struct(struct partiql_parser *parser, struct partiql_node *node, struct error *err)
{
	struct partiql_node_list list = { 0 };

	if (partiql_accept(parser, "}"))
		return 0;
	do {
		const struct partiql_node *child;

		TRY(partiql_parse_expression(parser, -1, &child, err));
		partiql_list_add(parser, &list, child);
		TRY(expect(parser, ":", "Expected COLON", err));
		TRY(partiql_parse_expression(parser, -1, &child, err));
		partiql_list_add(parser, &list, child);
	} while (partiql_accept(parser, ","));
	set_children(node, &list);
	return expect(parser, "}", "Expected RIGHT_CURLY", err);
}

/* group = "(" arguments ")"; more than one are a list. */
static int parse_group(struct partiql_parser *parser, const struct partiql_token *token,
	const struct partiql_node **ret, struct error *err)
{
	struct partiql_node_list list = { 0 };
	struct partiql_node *node;

	TRY(parse_arguments(parser, &list, err));
	TRY(expect(parser, ")", "Expected RIGHT_PAREN", err));
	if (list.count == 1) {
		*ret = list.items[0];
		return 0;
	}
	node = partiql_node_new(parser, PARTIQL_NODE_LIST, token);
	set_children(node, &list);
	*ret = node;
	return 0;
}

/* call = name "(" [ "*" | arguments ] ")" */
static int parse_call(struct partiql_parser *parser, const struct partiql_token *name,
	const struct partiql_node **ret, struct error *err)
{
	struct partiql_node *node = partiql_node_new(parser, PARTIQL_NODE_CALL, name);

	parser->at += 2;
	if (partiql_token_is(name, "count") && partiql_accept(parser, "*"))
		TRY(expect(parser, ")", "Expected RIGHT_PAREN", err));
	else
		TRY(parse_sequence(parser, node, ")", "Expected RIGHT_PAREN", err));
	*ret = node;
	return 0;
}

static int parse_keyword(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);

	for (size_t i = 0; i < ARRAY_SIZE(literal_words); i++) {
		if (partiql_token_is(token, literal_words[i].word)) {
			parser->at++;
			*ret = partiql_node_new(parser, literal_words[i].kind, token);
			return 0;
		}
	}
	if (is_word_of(token, function_words, ARRAY_SIZE(function_words)) &&
		partiql_token_is(partiql_peek(parser, 1), "("))
		return parse_call(parser, token, ret, err);
	if (partiql_begins_statement(parser))
		return partiql_parse_statement(parser, ret, err);
	return partiql_malformed(err, "Unexpected keyword");
}

static int parse_punctuation(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);
	struct partiql_node *node;

	if (partiql_accept(parser, "("))
		return parse_group(parser, token, ret, err);
	if (partiql_accept(parser, "[")) {
		*ret = node = partiql_node_new(parser, PARTIQL_NODE_LIST, token);
		return parse_sequence(parser, node, "]", "Expected RIGHT_BRACKET", err);
	}
	if (partiql_accept(parser, "<<")) {
		*ret = node = partiql_node_new(parser, PARTIQL_NODE_BAG, token);
		return parse_sequence(
			parser, node, ">>", "Expected RIGHT_DOUBLE_ANGLE_BRACKET", err);
	}
	if (partiql_accept(parser, "{")) {
		*ret = node = partiql_node_new(parser, PARTIQL_NODE_STRUCT, token);
		return parse_struct(parser, node, err);
	}
	return partiql_malformed(err, "Unexpected term");
}

static int parse_term(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	static const enum partiql_node_kind leaves[] = {
		[PARTIQL_IDENTIFIER] = PARTIQL_NODE_NAME,
		[PARTIQL_QUOTED] = PARTIQL_NODE_NAME,
		[PARTIQL_STRING] = PARTIQL_NODE_STRING,
		[PARTIQL_NUMBER] = PARTIQL_NODE_NUMBER,
		[PARTIQL_PARAMETER] = PARTIQL_NODE_PARAMETER,
	};
	const struct partiql_token *token = partiql_peek(parser, 0);
	struct partiql_node *node;

	switch (token->kind) {
	case PARTIQL_OPERATOR:
		return partiql_malformed(err, "Unexpected operator");
	case PARTIQL_KEYWORD:
		return parse_keyword(parser, ret, err);
	case PARTIQL_PUNCTUATION:
		return parse_punctuation(parser, ret, err);
	case PARTIQL_END:
		return partiql_malformed(err, "Unexpected term");
	case PARTIQL_IDENTIFIER:
	case PARTIQL_QUOTED:
		if (partiql_token_is(partiql_peek(parser, 1), "("))
			return parse_call(parser, token, ret, err);
		break;
	case PARTIQL_STRING:
	case PARTIQL_NUMBER:
	case PARTIQL_PARAMETER:
		break;
	}
	node = partiql_node_new(parser, leaves[token->kind], token);
	if (token->kind == PARTIQL_PARAMETER)
		node->index = parser->parameters++;
	parser->at++;
	*ret = node;
	return 0;
}

/* step = "." ( name | "*" ) */
static int parse_dot_step(struct partiql_parser *parser, bool simple,
	const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);
	enum partiql_node_kind kind = PARTIQL_NODE_STEP;

	if (partiql_token_is(token, "*")) {
		if (simple)
			return partiql_malformed(err, "Invalid path dot component for simple path");
		kind = PARTIQL_NODE_UNPIVOT;
	} else if (token->kind != PARTIQL_IDENTIFIER && token->kind != PARTIQL_QUOTED) {
		return partiql_malformed(err, "Invalid path dot component");
	}
	parser->at++;
	*ret = partiql_node_new(parser, kind, token);
	return 0;
}

/* step = "[" ( expression | "*" ) "]" */
static int parse_bracket_step(struct partiql_parser *parser, bool simple,
	const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);
	enum partiql_node_kind kind;

	if (partiql_accept(parser, "*"))
		*ret = partiql_node_new(parser, PARTIQL_NODE_WILDCARD, token);
	else
		TRY(partiql_parse_expression(parser, -1, ret, err));
	kind = (*ret)->kind;
	if (simple && kind != PARTIQL_NODE_NUMBER && kind != PARTIQL_NODE_STRING)
		return partiql_malformed(err, "Invalid path component for simple path");
	return expect(parser, "]", "Expected RIGHT_BRACKET", err);
}

/* path = root { step } */
static int parse_steps(struct partiql_parser *parser, bool simple, const struct partiql_node *root,
	const struct partiql_node **ret, struct error *err)
{
	struct partiql_node_list list = { 0 };
	struct partiql_node *path;

	partiql_list_add(parser, &list, root);
	for (;;) {
		const struct partiql_node *step;

		if (partiql_accept(parser, "."))
			TRY(parse_dot_step(parser, simple, &step, err));
		else if (partiql_accept(parser, "["))
			TRY(parse_bracket_step(parser, simple, &step, err));
		else
			break;
		partiql_list_add(parser, &list, step);
	}
	*ret = root;
	if (list.count == 1)
		return 0;
	path = partiql_node_new(parser, PARTIQL_NODE_PATH, root->token);
	set_children(path, &list);
	*ret = path;
	return 0;
}

int partiql_parse_simple_path(
	struct partiql_parser *parser, const struct partiql_node **ret, struct error *err)
{
	const struct partiql_token *token = partiql_peek(parser, 0);

	if (token->kind != PARTIQL_IDENTIFIER && token->kind != PARTIQL_QUOTED)
		return partiql_malformed(err, "Expected identifier for simple path");
	parser->at++;
	return parse_steps(
		parser, true, partiql_node_new(parser, PARTIQL_NODE_NAME, token), ret, err);
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
		TRY(parse_term(parser, &term, err));
	TRY(parse_steps(parser, false, term, &term, err));
	if (term->kind == PARTIQL_NODE_NUMBER) {
		node = partiql_node_new(parser, PARTIQL_NODE_NUMBER, term->token);
		node->negative = term->negative ^ negative;
	} else {
		node = partiql_node_new(parser, PARTIQL_NODE_UNARY, first);
		partiql_list_add(parser, &list, term);
		set_children(node, &list);
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
		TRY(parse_term(parser, &term, err));
		return parse_steps(parser, false, term, ret, err);
	}
	parser->at++;
	parser->operators++;
	TRY(partiql_parse_expression(parser, PRECEDENCE_NOT, &term, err));
	node = partiql_node_new(parser, PARTIQL_NODE_UNARY, token);
	partiql_list_add(parser, &list, term);
	set_children(node, &list);
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
	if (!is_word_of(type, type_words, ARRAY_SIZE(type_words)))
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
	TRY(parse_arguments(parser, &list, err));
	node = partiql_node_new(parser, PARTIQL_NODE_LIST, token);
	set_children(node, &list);
	*ret = node;
	return expect(parser, ")", "Expected RIGHT_PAREN", err);
}

/* between = expression [ "not" ] "between" expression "and" expression */
static int parse_between(struct partiql_parser *parser, const struct infix *infix,
	struct partiql_node *node, struct partiql_node_list *list, struct error *err)
{
	const struct partiql_node *bound;

	TRY(parse_right(parser, infix->precedence, &bound, err));
	partiql_list_add(parser, list, bound);
	TRY(expect(parser, "and", "Expected AND", err));
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
	set_children(node, &list);
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
