/* What the files of the parser share: partiql_parse.c reads expressions,
 * partiql_term.c what operators stand between, partiql_statement.c the statements
 * that are among those. */
#pragma once

#include "expr/partiql_syntax.h"

struct partiql_parser {
	struct arena *arena;
	const struct partiql_token *tokens;
	size_t at;
	size_t parameters; /* so far */
	unsigned depth; /* of recursion */
	unsigned operators; /* so far */
};

struct partiql_node_list {
	const struct partiql_node **items;
	size_t count, capacity;
};

/* The token there or after it; beyond the last one, the last. */
static inline const struct partiql_token *partiql_peek(
	const struct partiql_parser *parser, size_t ahead)
{
	const struct partiql_token *token = &parser->tokens[parser->at];

	while (ahead-- && token->kind != PARTIQL_END)
		token++;
	return token;
}

/* Steps over the token if it is that word or sign. */
static inline bool partiql_accept(struct partiql_parser *parser, const char *text)
{
	if (!partiql_token_is(&parser->tokens[parser->at], text))
		return false;
	parser->at++;
	return true;
}

/* Whether nothing is left but a semicolon. */
static inline bool partiql_at_end(const struct partiql_parser *parser)
{
	size_t ahead = partiql_token_is(partiql_peek(parser, 0), ";");

	return partiql_peek(parser, ahead)->kind == PARTIQL_END;
}

bool partiql_token_in(const struct partiql_token *token, const char *const *words, size_t count);
/* Steps over that word or sign, or fails with "Expected RIGHT_PAREN". */
int partiql_expect(struct partiql_parser *parser, const char *text, const char *name,
	struct error *err) NODISCARD;

struct partiql_node *partiql_node_new(struct partiql_parser *parser, enum partiql_node_kind kind,
	const struct partiql_token *token);
void partiql_list_add(struct partiql_parser *parser, struct partiql_node_list *list,
	const struct partiql_node *node);
void partiql_set_children(struct partiql_node *node, const struct partiql_node_list *list);

/* An expression of operators that bind tighter than the precedence; -1: any. */
int partiql_parse_expression(struct partiql_parser *parser, int precedence,
	const struct partiql_node **ret, struct error *err) NODISCARD;
/* arguments = expression { "," expression } */
int partiql_parse_arguments(
	struct partiql_parser *parser, struct partiql_node_list *list, struct error *err) NODISCARD;

int partiql_parse_term(struct partiql_parser *parser, const struct partiql_node **ret,
	struct error *err) NODISCARD;
/* path = root { step }; the steps of a simple one are names and constants. */
int partiql_parse_steps(struct partiql_parser *parser, bool simple, const struct partiql_node *root,
	const struct partiql_node **ret, struct error *err) NODISCARD;
/* A simple path from its root on. */
int partiql_parse_simple_path(struct partiql_parser *parser, const struct partiql_node **ret,
	struct error *err) NODISCARD;

bool partiql_begins_statement(const struct partiql_parser *parser);
int partiql_parse_statement(struct partiql_parser *parser, const struct partiql_node **ret,
	struct error *err) NODISCARD;
