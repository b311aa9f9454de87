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

/* A call in the text, which may be an operand or a condition. */
struct call {
	const struct token *name;
	const struct function *function; /* NULL: unknown */
	struct operand_list operands;
};

/* Goes down one level, to be undone by depth--. Fails when that is too deep for
 * an expression that is right. */
int parser_enter(struct parser *parser, struct error *err) NODISCARD;
void parser_note_redundant(struct parser *parser);
/* Whether a call begins there. */
bool call_begins(const struct parser *parser);
/* call = NAME "(" operand { "," operand } ")" */
int call_parse(struct parser *parser, const struct call **ret, struct error *err) NODISCARD;
/* What the call stands for where it stands; noted when its function cannot. */
const struct operand *call_as_operand(struct parser *parser, const struct call *call);
const struct condition *call_as_condition(struct parser *parser, const struct call *call);
/* path | value */
int operand_parse_plain(
	struct parser *parser, const struct operand **ret, struct error *err) NODISCARD;
/* "(" operand { "," operand } ")" */
int operand_list_parse(
	struct parser *parser, struct operand_list *operands, struct error *err) NODISCARD;
/* operand = path | value | call | "(" operand ")", right of an operator. */
int operand_parse(struct parser *parser, const struct operand **ret, struct error *err) NODISCARD;

/* Each notes what is wrong with the operands, whatever the item. */
void operands_check_comparison(struct parser *parser, struct slice comparator,
	const struct operand *left, const struct operand *right);
void operands_check_between(struct parser *parser, const struct operand *const operands[3]);
void operands_check_in(struct parser *parser, const struct operand_list *operands);
void call_check(struct parser *parser, const struct function *function,
	const struct operand_list *operands);
