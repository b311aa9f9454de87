/*
 * Between the files of PartiQL: tokens, and the tree that the parser makes of a
 * statement before anything is asked of its meaning. For expr/partiql_*.c alone.
 *
 * Every node has the token that it began with, which is what messages place.
 */
#pragma once

#include "expr/partiql.h"

#define PARTIQL_DEPTH_MAX     200 /* nested terms and operators of a statement */
#define PARTIQL_OPERATORS_MAX EXPRESSION_OPERATORS_MAX /* of one clause */

enum partiql_token_kind {
	PARTIQL_END,
	PARTIQL_IDENTIFIER,
	PARTIQL_QUOTED, /* "…"; text is what is in it */
	PARTIQL_KEYWORD,
	PARTIQL_OPERATOR, /* = <> < <= > >= + - / % || ^ @, and or not is in between like */
	PARTIQL_STRING, /* text is the string itself */
	PARTIQL_NUMBER, /* text is a spelling that number_parse() takes */
	PARTIQL_PARAMETER,
	PARTIQL_PUNCTUATION, /* ( ) [ ] { } << >> , . : ; * and the words as asc by desc for */
};

struct partiql_token {
	enum partiql_token_kind kind;
	struct slice text;
	unsigned line, column, length; /* in characters, from 1 */
};

/* Reads the tokens of a whole statement; the last one is PARTIQL_END. */
int partiql_lex(struct slice text, struct arena *arena, const struct partiql_token **ret,
	struct error *err) NODISCARD;

/* partiql_keyword.c. */
bool partiql_is_keyword(const char *lower);

/* Whether it is that word or sign; words in any case. */
bool partiql_token_is(const struct partiql_token *token, const char *text);

enum partiql_node_kind {
	PARTIQL_NODE_NAME, /* text */
	PARTIQL_NODE_PATH, /* children: the root, then steps */
	PARTIQL_NODE_WILDCARD, /* a step [*] */
	PARTIQL_NODE_UNPIVOT, /* a step .*, or the * of a select list */
	PARTIQL_NODE_STEP, /* a step .name: text */
	PARTIQL_NODE_STRING, /* text */
	PARTIQL_NODE_NUMBER, /* text, negative */
	PARTIQL_NODE_TRUE,
	PARTIQL_NODE_FALSE,
	PARTIQL_NODE_NULL,
	PARTIQL_NODE_MISSING,
	PARTIQL_NODE_PARAMETER, /* index */
	PARTIQL_NODE_LIST, /* children */
	PARTIQL_NODE_BAG,
	PARTIQL_NODE_STRUCT, /* children: name, value, name, value, … */
	PARTIQL_NODE_CALL, /* text, children; star: f(*) */
	PARTIQL_NODE_UNARY, /* text: the operator */
	PARTIQL_NODE_BINARY, /* text: the operator; negated: NOT IN, NOT LIKE */
	PARTIQL_NODE_BETWEEN, /* three children; negated */
	PARTIQL_NODE_IS, /* one child; text: the type's name; negated */
	PARTIQL_NODE_STATEMENT, /* statement */
};

struct partiql_node {
	enum partiql_node_kind kind;
	const struct partiql_token *token;
	struct slice text;
	bool negative, negated;
	size_t index;
	const struct partiql_node *const *children;
	size_t count;
	const struct partiql_syntax *statement;
};

/* A node or none, with how many operators are in it. */
struct partiql_clause {
	const struct partiql_node *node;
	unsigned operators;
};

/* path = data, or of REMOVE the path alone. */
struct partiql_change {
	const struct partiql_node *path;
	const struct partiql_node *data; /* NULL: REMOVE */
};

struct partiql_syntax {
	enum partiql_kind kind;
	const struct partiql_node *source; /* NULL: a lone SET or REMOVE */
	bool aliased, joined, distinct, select_value;
	const struct partiql_node *const *columns; /* a lone UNPIVOT node: * */
	size_t column_count;
	struct partiql_clause where;
	const struct partiql_node *const *order; /* negated: DESC */
	size_t order_count;
	const char *unsupported; /* the first clause that DynamoDB has not */
	const struct partiql_node *unsupported_at;
	struct partiql_clause updates;
	const struct partiql_change *changes;
	size_t change_count;
	bool many_items; /* INSERT without VALUE */
	const struct partiql_node *item;
	enum partiql_returning returning;
};

/* Parses a whole statement; top level may be any expression. */
int partiql_parse_syntax(struct slice text, struct arena *arena, const struct partiql_node **ret,
	size_t *ret_parameters, struct error *err) NODISCARD;

/* "Statement wasn't well formed, can't be processed: <detail>". Always -1. */
int partiql_malformed(struct error *err, const char *detail);
/* The message and " at 1:8:5", the place of the token. Always -1. */
int partiql_error_at(const struct partiql_token *token, struct error *err, const char *format, ...)
	PRINTF(3, 4);
/* "Incorrect operand type for operator or function; operator or function: <,
 * operand type: BOOL". Always -1. */
int partiql_operand_error(const char *operator, enum value_type type, struct error *err);

/* "Unrecognized function: foo at 1:8:3". Always -1. */
int partiql_unrecognized(const struct partiql_node *call, struct arena *arena, struct error *err);
struct slice partiql_lower_case(struct slice word, struct arena *arena);
/* "The expression contains too many operators; operator count: 301". */
int partiql_check_operators(const struct partiql_clause *clause, struct error *err) NODISCARD;

/* What the lowering of all clauses shares. */
struct partiql_context {
	const struct value *parameters;
	size_t parameter_count;
	struct arena *arena;
};

/* Whether the node is a literal or a parameter. */
bool partiql_is_value(const struct partiql_node *node);
/* The value of a literal or a parameter, in the arena or borrowed: partiql_value.c. */
int partiql_value(const struct partiql_context *context, const struct partiql_node *node,
	const struct value **ret, struct error *err) NODISCARD;
/* The map of an INSERT, whose members may be parameters. */
int partiql_item(const struct partiql_context *context, const struct partiql_node *node,
	struct map *ret, struct error *err) NODISCARD;
/* "Literal", "VariableReference", …; the name of a function or operator. */
struct slice partiql_node_name(const struct partiql_node *node);
/* A NAME or PATH node as a document path: partiql_lower.c. */
int partiql_path(const struct partiql_context *context, const struct partiql_node *node,
	struct document_path *ret, struct error *err) NODISCARD;
static inline bool partiql_is_path(const struct partiql_node *node)
{
	return node->kind == PARTIQL_NODE_NAME || node->kind == PARTIQL_NODE_PATH;
}
/* WHERE: partiql_where.c. */
int partiql_where(const struct partiql_context *context, const struct partiql_clause *clause,
	const struct condition **ret, struct error *err) NODISCARD;
/* The changes of an UPDATE: partiql_update.c. */
int partiql_update(const struct partiql_context *context, const struct partiql_syntax *syntax,
	const struct update **ret, struct error *err) NODISCARD;
