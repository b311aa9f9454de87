/*
 * What the parsers of expressions share: tokens, document paths, operands.
 * For expr/ alone.
 *
 * A parser reads the whole text into tokens first, so that a syntax error can
 * quote the token and its neighbours as the service does:
 *
 *	Invalid UpdateExpression: Syntax error; token: "INVALID", near: "a INVALID SYNTAX"
 */
#pragma once

#include "expr/condition.h"
#include "expr/placeholders.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME, /* a bare identifier, keywords and functions too */
	TOKEN_NAME_PLACEHOLDER, /* #n */
	TOKEN_VALUE_PLACEHOLDER, /* :v */
	TOKEN_INTEGER, /* within [ ] */
	TOKEN_PUNCTUATION, /* ( ) [ ] , . = <> < <= > >= + - */
	TOKEN_BAD, /* a character that begins none; an error unless never reached */
};

struct token {
	enum token_kind kind;
	struct slice text;
	size_t offset;
};

struct parser {
	enum expression_kind kind;
	struct slice text;
	struct placeholders *placeholders;
	struct arena *arena;
	const struct token *tokens; /* the last one is TOKEN_END */
	size_t count;
	size_t at;
	unsigned depth; /* of recursion, bounded */
	unsigned operators; /* so far, bounded */
};

/* Checks emptiness and size, and reads the tokens. */
int parser_init(struct parser *parser, enum expression_kind kind, struct slice text,
	struct placeholders *placeholders, struct arena *arena, struct error *err) NODISCARD;

static inline const struct token *parser_peek(const struct parser *parser)
{
	return &parser->tokens[parser->at];
}
/* Whether the token there is that punctuation, or that keyword in any case. */
bool parser_at(const struct parser *parser, const char *text);
bool parser_at_keyword(const struct parser *parser, const char *keyword);
/* Steps over it if it is there. */
bool parser_accept(struct parser *parser, const char *text);
bool parser_accept_keyword(struct parser *parser, const char *keyword);
int parser_expect(struct parser *parser, const char *text, struct error *err) NODISCARD;
int parser_expect_end(struct parser *parser, struct error *err) NODISCARD;
/* The syntax error at the current token. Always -1. */
int parser_syntax_error(const struct parser *parser, struct error *err);
/* "Invalid <kind>: " and the rest. Always -1. */
int parser_error(const struct parser *parser, struct error *err, const char *format, ...)
	PRINTF(3, 4);
/* Counts one operator: "The expression contains too many operators; operator
 * count: 301". */
int parser_count_operator(struct parser *parser, struct error *err) NODISCARD;

/* path = name { "." name | "[" integer "]" }; reserved words are refused. */
int parser_path(struct parser *parser, struct document_path *ret, struct error *err) NODISCARD;
/* The value of the placeholder there. */
int parser_value(struct parser *parser, const struct value **ret, struct error *err) NODISCARD;

/* Whether DynamoDB reserves the word, in any case: expr/reserved.c. Source:
 * Developer Guide, "Reserved words in DynamoDB"; 573 of them. */
bool word_is_reserved(struct slice word);
