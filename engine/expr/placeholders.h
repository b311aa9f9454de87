/*
 * ExpressionAttributeNames and ExpressionAttributeValues: what #name and
 * :value stand for, and which of them an expression used.
 *
 * One struct serves all expressions of a request, so that after the last one
 * is parsed, placeholders_check_used() can tell what none of them named. Use is
 * decided from the text of expressions, not from what is evaluated.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "model/value.h"

/* "#n" -> "attribute". */
struct name_placeholder {
	struct slice placeholder;
	struct slice name;
};

/* The kinds of expression: how messages call each is expression_kind_name(). */
enum expression_kind {
	EXPRESSION_CONDITION, /* ConditionExpression */
	EXPRESSION_FILTER, /* FilterExpression */
	EXPRESSION_KEY_CONDITION, /* KeyConditionExpression */
	EXPRESSION_PROJECTION, /* ProjectionExpression */
	EXPRESSION_UPDATE, /* UpdateExpression */
	EXPRESSION_QUESTION, /* a condition as people write it: expr/literal_lexer.c */
	EXPRESSION_KIND_COUNT
};

const char *expression_kind_name(enum expression_kind kind);

/* A token of either parameter. */
struct placeholder {
	struct slice token; /* with its # or ':' */
	size_t position; /* in the parameter */
	bool used;
};

struct placeholders {
	const struct name_placeholder *names; /* borrowed; NULL: the parameter is absent */
	size_t name_count;
	const struct map *values; /* borrowed; NULL: absent */
	struct placeholder *name_tokens; /* in the arena, sorted by token */
	struct placeholder *value_tokens;
};

/* Takes both parameters; names NULL or values NULL when absent. */
void placeholders_init(struct placeholders *placeholders, const struct name_placeholder *names,
	size_t name_count, const struct map *values, struct arena *arena);

/* What is wrong with the parameters whatever the expressions: empty ones
 * ("ExpressionAttributeNames must not be empty"), names without # or with an
 * empty target ("ExpressionAttributeNames contains invalid key: Syntax error;
 * key: \"n\""), values without ':' , invalid values ("ExpressionAttributeValues
 * contains invalid value: … for key :v"), over-long tokens; and, when
 * has_expressions is false, that they came without one
 * ("ExpressionAttributeNames can only be specified when using expressions").
 * `expressions` is what the service adds to the last one after a colon, such as
 * "ConditionExpression is null", or NULL. */
int placeholders_check(const struct placeholders *placeholders, bool has_expressions,
	const char *expressions, struct error *err) NODISCARD;
/* "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
 * the same of ExpressionAttributeValues. */
int placeholders_check_used(const struct placeholders *placeholders, struct error *err) NODISCARD;

/* Looks one up, marking it used; the token with its # or ':'. Errors: "Invalid
 * UpdateExpression: An expression attribute name used in the document path is
 * not defined; attribute name: #n" and "…: An expression attribute value used
 * in expression is not defined; attribute value: :v". */
int placeholders_name(struct placeholders *placeholders, enum expression_kind kind,
	struct slice token, struct slice *ret, struct error *err) NODISCARD;
int placeholders_value(struct placeholders *placeholders, enum expression_kind kind,
	struct slice token, const struct value **ret, struct error *err) NODISCARD;
