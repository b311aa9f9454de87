/* What parsing a condition and checking its operands share. */
#pragma once

#include "expr/parser.h"

/* A function as an expression calls it. */
struct function {
	struct slice name;
	enum condition_kind kind; /* of a condition */
	bool is_operand; /* size: a value, not a condition */
	bool of_updates; /* not allowed in a condition */
	size_t operand_count;
	bool takes_path; /* and no value */
	bool names_type; /* by the second operand */
	unsigned operand_types; /* a bit for each value_type */
};

/* NULL when there is none of that name. */
const struct function *function_find(struct slice name);

/* Operands while their number is not known. */
struct operand_list {
	const struct operand **items; /* in the arena */
	size_t count, capacity;
};

void operand_list_add(
	struct operand_list *list, const struct operand *operand, struct arena *arena);

/* Each notes what is wrong with the operands, whatever the item. */
void check_comparison(struct parser *parser, struct slice comparator, const struct operand *left,
	const struct operand *right);
void check_between(struct parser *parser, const struct operand *const operands[3]);
void check_in(struct parser *parser, const struct operand_list *operands);
void check_call(struct parser *parser, const struct function *function,
	const struct operand_list *operands);
