/*
 * What the parsers of expressions share: tokens, document paths, operands.
 * For expr/ alone.
 *
 * A parser reads the whole text into tokens first, so that a syntax error can
 * quote the token and its neighbours as the service does:
 *
 *	Invalid UpdateExpression: Syntax error; token: "INVALID", near: "a INVALID SYNTAX"
 *
 * The service looks at an expression in phases, and a fault of an earlier phase
 * wins wherever it stands: syntax and parentheses, whichever comes first in the
 * text, then the names in it, then what it means. A parser here goes over the
 * text once: only a syntax error stops it. The other faults are noted while it
 * goes on, and the end fails with the one that the service would have found.
 */
#pragma once

#include "expr/condition.h"
#include "expr/placeholders.h"

enum token_kind {
	TOKEN_END,
	TOKEN_NAME, /* a bare identifier, functions too */
	TOKEN_KEYWORD, /* AND OR NOT IN BETWEEN SET REMOVE ADD DELETE in any case: never a name */
	TOKEN_NAME_PLACEHOLDER, /* #n */
	TOKEN_VALUE_PLACEHOLDER, /* :v */
	TOKEN_INTEGER, /* without leading zeros */
	TOKEN_PUNCTUATION, /* ( ) [ ] , . = <> < <= > >= + - */
	TOKEN_BAD, /* a character that begins none, or a quoted string: an error where it stands */
	/* Of a question alone: */
	TOKEN_QUOTED_NAME, /* "any name": with its quotes */
	TOKEN_LITERAL, /* a value other than a TOKEN_INTEGER, which is one too */
};

struct token {
	enum token_kind kind;
	struct slice text; /* of TOKEN_END empty, at the end of the expression */
};

/* What a fault is about, in the order in which the service looks. */
enum parser_phase {
	PHASE_PARENTHESES, /* to be noted where the outer one closes */
	PHASE_NAMES, /* functions, reserved words, indexes: the first one in the text */
	PHASE_MEANING, /* placeholders, operands, limits: the first one that is noted */
	PHASE_COUNT
};

/* A noted fault; the message is absent when there is none. */
struct parser_fault {
	struct slice message; /* the whole */
	const struct token *token; /* where it is, or NULL */
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
	const struct token *focus; /* what a fault without a token of its own is about, or NULL */
	struct parser_fault faults[PHASE_COUNT];
};

/* Reads the tokens of a text, TOKEN_END last; returns how many. In the arena. */
size_t lexer_read(struct slice text, struct arena *arena, const struct token **ret);

/* A question is written with values and names in it, and its errors have places. */
static inline bool parser_is_question(const struct parser *parser)
{
	return parser->kind == EXPRESSION_QUESTION;
}
/* The same of a question: expr/literal_lexer.c. */
size_t literal_lexer_read(struct slice text, struct arena *arena, const struct token **ret);
/* Whether the text is a name that needs no quotes. */
bool literal_lexer_is_name(struct slice text);
/* What to write instead of a bad token of a question; "" when that is not known. */
const char *literal_lexer_advice(struct slice token);
/* The same of a word where none belongs. */
const char *literal_lexer_word_advice(struct slice word);
/* The value of a literal, the name of a quoted one: expr/literal.c. */
int literal_value(struct parser *parser, const struct token *token, const struct value **ret,
	struct error *err) NODISCARD;
struct slice literal_name(struct parser *parser, const struct token *token);

/* Checks emptiness and size, and reads the tokens. */
int parser_init(struct parser *parser, enum expression_kind kind, struct slice text,
	struct placeholders *placeholders, struct arena *arena, struct error *err) NODISCARD;

static inline const struct token *parser_peek(const struct parser *parser)
{
	return &parser->tokens[parser->at];
}
/* Whether the token there is that punctuation. */
static inline bool parser_at(const struct parser *parser, const char *text)
{
	const struct token *token = parser_peek(parser);

	return token->kind == TOKEN_PUNCTUATION && slice_equal_string(token->text, text);
}
/* Whether it is that keyword, in any case. */
bool parser_at_keyword(const struct parser *parser, const char *keyword);
/* Steps over it if it is there. */
bool parser_accept(struct parser *parser, const char *text);
bool parser_accept_keyword(struct parser *parser, const char *keyword);
int parser_expect(struct parser *parser, const char *text, struct error *err) NODISCARD;
/* Fails too when a fault was noted. */
int parser_expect_end(struct parser *parser, struct error *err) NODISCARD;
/* The syntax error at the current token, or what was wrong with parentheses
 * before it. Always -1. */
int parser_syntax_error(const struct parser *parser, struct error *err);
/* "Invalid <kind>: " and the rest, for what is wrong once all is parsed. Always -1. */
int parser_error(const struct parser *parser, struct error *err, const char *format, ...)
	PRINTF(3, 4);
/* The error at that token. Always -1. */
int parser_error_at(const struct parser *parser, const struct token *token, struct error *err,
	const char *format, ...) PRINTF(4, 5);
/* Notes a fault, unless the service would find an earlier noted one first;
 * parsing goes on. token is where it is, for PHASE_NAMES; else NULL. */
void parser_note(struct parser *parser, enum parser_phase phase, const struct token *token,
	const char *format, ...) PRINTF(4, 5);
/* Counts one operator; notes "The expression contains too many operators;
 * operator count: 301". To be called when its operands are parsed. */
void parser_count_operator(struct parser *parser);

/* path = name { "." name | "[" integer "]" }. Reserved words and undefined
 * placeholders are noted. */
int parser_path(struct parser *parser, struct document_path *ret, struct error *err) NODISCARD;
/* Whether a value stands there. */
bool parser_at_value(const struct parser *parser);
/* It; some value when it is an undefined placeholder, noted. */
int parser_value(struct parser *parser, const struct value **ret, struct error *err) NODISCARD;

/* Whether DynamoDB reserves the word, in any case: expr/reserved.c. Source:
 * Developer Guide, "Reserved words in DynamoDB"; 573 of them. */
bool word_is_reserved(struct slice word);
