/*
 * Conditions: ConditionExpression, FilterExpression, the older Expected,
 * QueryFilter and ScanFilter, and PartiQL's WHERE all become this tree.
 * Source: Developer Guide, "Condition and filter expressions, operators, and
 * functions".
 *
 * Semantics:
 * 1. A comparison with an operand that is not there is false, but for <> which
 *    is true; likewise with operands of different types. NOT inverts that.
 * 2. size() counts UTF-16 code units of S, bytes of B, members of the rest;
 *    of other types its comparison is false.
 */
#pragma once

#include "expr/document_path.h"

#define EXPRESSION_SIZE_MAX      4096 /* bytes as written */
#define EXPRESSION_OPERATORS_MAX 300
#define CONDITION_IN_MAX         100 /* operands */
/* Of a question, whose operands IN takes any number of: */
#define QUESTION_SIZE_MAX      (64 * 1024)
#define QUESTION_OPERATORS_MAX 1000

enum operand_kind {
	OPERAND_PATH,
	OPERAND_VALUE,
	OPERAND_SIZE, /* size(arguments[0]), in conditions */
	/* In updates only: */
	OPERAND_IF_NOT_EXISTS, /* if_not_exists(arguments[0] a path, arguments[1]) */
	OPERAND_LIST_APPEND,
	OPERAND_ADD, /* arguments[0] + arguments[1] */
	OPERAND_SUBTRACT,
};

struct operand {
	enum operand_kind kind;
	struct document_path path; /* OPERAND_PATH */
	const struct value *value; /* OPERAND_VALUE */
	const struct operand *arguments[2];
};

enum comparator {
	COMPARATOR_EQ,
	COMPARATOR_NE,
	COMPARATOR_LT,
	COMPARATOR_LE,
	COMPARATOR_GT,
	COMPARATOR_GE,
};

enum condition_kind {
	CONDITION_AND, /* children[0], children[1] */
	CONDITION_OR,
	CONDITION_NOT, /* children[0] */
	CONDITION_COMPARE, /* operands[0] comparator operands[1] */
	CONDITION_BETWEEN, /* operands[0] between operands[1] and operands[2], both included */
	CONDITION_IN, /* operands[0] equals one of the others */
	/* Functions: */
	CONDITION_ATTRIBUTE_EXISTS,
	CONDITION_ATTRIBUTE_NOT_EXISTS,
	CONDITION_ATTRIBUTE_TYPE, /* operands[1]: a value of type S, a type's name */
	CONDITION_BEGINS_WITH,
	CONDITION_CONTAINS,
};

struct condition {
	enum condition_kind kind;
	enum comparator comparator; /* CONDITION_COMPARE */
	const struct condition *children[2];
	const struct operand *const *operands;
	size_t operand_count;
};

/* Parses and checks an expression, marking the placeholders it uses. The tree
 * lives in the arena. Errors are the service's: "Invalid <kind>: …". */
int condition_parse(enum expression_kind kind, struct slice text, struct placeholders *placeholders,
	struct arena *arena, const struct condition **ret, struct error *err) NODISCARD;

/* Whether it holds for the item; item NULL: there is none. Cannot fail. */
bool condition_holds(const struct condition *condition, const struct map *item);

/* Calls visit for every path of the tree, size()'s too. */
typedef int condition_path_visitor(
	void *context, const struct document_path *path, struct error *err);
int condition_visit_paths(const struct condition *condition, condition_path_visitor *visit,
	void *context, struct error *err) NODISCARD;

/* To build trees by hand (legacy.c, partiql): all in the arena. */
const struct operand *operand_of_path(struct arena *arena, struct document_path path);
const struct operand *operand_of_value(struct arena *arena, const struct value *value);
const struct condition *condition_new(struct arena *arena, enum condition_kind kind,
	const struct operand *const *operands, size_t operand_count);
const struct condition *condition_join(struct arena *arena, enum condition_kind kind,
	const struct condition *left, const struct condition *right); /* right NULL for NOT */
