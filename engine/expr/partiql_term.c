/*
 * The grammar of PartiQL's terms: names and their paths, literals, what stands
 * in brackets of any kind, and calls. A statement is a term, too.
 */
#include "expr/partiql_parser.h"

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

static const struct literal_word {
	const char *word;
	enum partiql_node_kind kind;
} literal_words[] = {
	{ "true", PARTIQL_NODE_TRUE },
	{ "false", PARTIQL_NODE_FALSE },
	{ "null", PARTIQL_NODE_NULL },
	{ "missing", PARTIQL_NODE_MISSING },
};

/* sequence = open [arguments] close; the parser stands after the opening. */
static int parse_sequence(struct partiql_parser *parser, struct partiql_node *node,
	const char *close, const char *close_name, struct error *err)
{
	struct partiql_node_list list = { 0 };

	if (partiql_accept(parser, close))
		return 0;
	TRY(partiql_parse_arguments(parser, &list, err));
	partiql_set_children(node, &list);
	return partiql_expect(parser, close, close_name, err);
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
		TRY(partiql_expect(parser, ":", "Expected COLON", err));
		TRY(partiql_parse_expression(parser, -1, &child, err));
		partiql_list_add(parser, &list, child);
	} while (partiql_accept(parser, ","));
	partiql_set_children(node, &list);
	return partiql_expect(parser, "}", "Expected RIGHT_CURLY", err);
}

/* group = "(" arguments ")"; more than one are a list. */
static int parse_group(struct partiql_parser *parser, const struct partiql_token *token,
	const struct partiql_node **ret, struct error *err)
{
	struct partiql_node_list list = { 0 };
	struct partiql_node *node;

	TRY(partiql_parse_arguments(parser, &list, err));
	TRY(partiql_expect(parser, ")", "Expected RIGHT_PAREN", err));
	if (list.count == 1) {
		*ret = list.items[0];
		return 0;
	}
	node = partiql_node_new(parser, PARTIQL_NODE_LIST, token);
	partiql_set_children(node, &list);
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
		TRY(partiql_expect(parser, ")", "Expected RIGHT_PAREN", err));
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
	if (partiql_token_in(token, function_words, ARRAY_SIZE(function_words)) &&
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

int partiql_parse_term(
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
	return partiql_expect(parser, "]", "Expected RIGHT_BRACKET", err);
}

int partiql_parse_steps(struct partiql_parser *parser, bool simple, const struct partiql_node *root,
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
	partiql_set_children(path, &list);
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
	return partiql_parse_steps(
		parser, true, partiql_node_new(parser, PARTIQL_NODE_NAME, token), ret, err);
}
