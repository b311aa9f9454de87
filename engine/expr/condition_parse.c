/*
 * Parsing of conditions.
 *
 *	condition  = unary { ( "AND" | "OR" ) unary }		AND before OR
 *	unary	   = { "NOT" } comparison
 *	comparison = operand comparator operand
 *		   | operand "BETWEEN" operand "AND" operand
 *		   | operand "IN" "(" operand { "," operand } ")"
 *		   | call
 *		   | "(" condition ")"
 *	operand	   = path | VALUE-PLACEHOLDER | call | "(" operand ")"
 *	call	   = NAME "(" operand { "," operand } ")"
 *
 * Invariants:
 * 1. What a parenthesis opens is only known where it closes: "(a) = :v" begins
 *    as "(a = :v)" does. So a term is a condition, an operand, or a call that
 *    may be either; the place where it stands decides.
 * 2. Any call parses, wherever it stands. That its function is unknown, or not
 *    allowed there, is noted.
 * 3. NOTs, and parentheses around an operand, are read in loops; the rest of
 *    the recursion is bounded by NESTING_MAX.
 */
#include "expr/condition_private.h"

/* No expression that is right nests as deep: it has an operator a level. */
#define NESTING_MAX 1000

struct call {
	const struct token *name;
	const struct function *function; /* NULL: unknown */
	struct operand_list operands;
};

struct term {
	/* One of them: */
	const struct condition *condition;
	const struct operand *operand;
	const struct call *call;
	bool grouped; /* all of it stands in parentheses */
};

static int parse_operand(struct parser *parser, const struct operand **ret, struct error *err);

/* Too deep for a program, so wrong; the text ahead tells how. */
static int nesting_error(struct parser *parser, struct error *err)
{
	size_t from = parser->at;

	while (parser_accept(parser, "(") || parser_accept_keyword(parser, "NOT"))
		;
	switch (parser_peek(parser)->kind) {
	case TOKEN_NAME:
	case TOKEN_NAME_PLACEHOLDER:
	case TOKEN_VALUE_PLACEHOLDER:
		break;
	case TOKEN_END:
	case TOKEN_KEYWORD:
	case TOKEN_INTEGER:
	case TOKEN_PUNCTUATION:
	case TOKEN_BAD:
		return parser_syntax_error(parser, err);
	}
	if (parser->at > from)
		return parser_error(parser, err, "The expression has redundant parentheses;");
	return parser_error(parser, err,
		"The expression contains too many operators; operator count: %d",
		EXPRESSION_OPERATORS_MAX + 1);
}

static int enter(struct parser *parser, struct error *err)
{
	return ++parser->depth > NESTING_MAX ? nesting_error(parser, err) : 0;
}

static void note_redundant(struct parser *parser)
{
	parser_note(parser, PHASE_PARENTHESES, NULL, "The expression has redundant parentheses;");
}

static void note_misuse(struct parser *parser, const struct token *name)
{
	parser_note(parser, PHASE_NAMES, name,
		"The function is not allowed to be used this way in an expression; function: %.*s",
		SLICE_ARG(name->text));
}

/* Whether a call begins there. */
static bool at_call(const struct parser *parser)
{
	const struct token *token = parser_peek(parser);

	return token->kind == TOKEN_NAME && token[1].kind == TOKEN_PUNCTUATION &&
	       token[1].text.data[0] == '(';
}

static const struct function *find_function(struct parser *parser, const struct token *name)
{
	const struct function *function = function_find(name->text);

	if (!function)
		parser_note(parser, PHASE_NAMES, name, "Invalid function name; function: %.*s",
			SLICE_ARG(name->text));
	else if (function->of_updates)
		parser_note(parser, PHASE_NAMES, name,
			"The function is not allowed in a condition expression; function: %.*s",
			SLICE_ARG(name->text));
	return function;
}

/* "(" operand { "," operand } ")" */
static int parse_operand_list(
	struct parser *parser, struct operand_list *operands, struct error *err)
{
	TRY(parser_expect(parser, "(", err));
	do {
		const struct operand *operand;

		TRY(parse_operand(parser, &operand, err));
		operand_list_add(operands, operand, parser->arena);
	} while (parser_accept(parser, ","));
	return parser_expect(parser, ")", err);
}

/* call = NAME "(" operand { "," operand } ")" */
static int parse_call(struct parser *parser, const struct call **ret, struct error *err)
{
	struct call *call = arena_alloc_zero(parser->arena, sizeof(*call));

	TRY(enter(parser, err));
	call->name = parser_peek(parser);
	call->function = find_function(parser, call->name);
	parser->at++;
	TRY(parse_operand_list(parser, &call->operands, err));
	if (call->function)
		check_call(parser, call->function, &call->operands);
	parser->depth--;
	*ret = call;
	return 0;
}

static const struct operand *call_as_operand(struct parser *parser, const struct call *call)
{
	struct operand *operand = arena_alloc_zero(parser->arena, sizeof(*operand));

	if (!call->function || !call->function->is_operand)
		note_misuse(parser, call->name);
	operand->kind = OPERAND_SIZE;
	operand->arguments[0] = call->operands.items[0];
	return operand;
}

static const struct condition *call_as_condition(struct parser *parser, const struct call *call)
{
	enum condition_kind kind = CONDITION_ATTRIBUTE_EXISTS;

	if (!call->function || call->function->is_operand)
		note_misuse(parser, call->name);
	else
		kind = call->function->kind;
	return condition_new(parser->arena, kind, call->operands.items, call->operands.count);
}

/* path | VALUE-PLACEHOLDER */
static int parse_plain_operand(struct parser *parser, const struct operand **ret, struct error *err)
{
	struct operand *operand = arena_alloc_zero(parser->arena, sizeof(*operand));

	if (parser_peek(parser)->kind == TOKEN_VALUE_PLACEHOLDER) {
		operand->kind = OPERAND_VALUE;
		TRY(parser_value(parser, &operand->value, err));
	} else {
		operand->kind = OPERAND_PATH;
		TRY(parser_path(parser, &operand->path, err));
	}
	*ret = operand;
	return 0;
}

/* operand = path | VALUE-PLACEHOLDER | call | "(" operand ")" */
static int parse_operand(struct parser *parser, const struct operand **ret, struct error *err)
{
	const struct call *call;
	size_t groups = 0;

	while (parser_accept(parser, "("))
		groups++;
	if (groups > 1)
		note_redundant(parser);
	if (at_call(parser)) {
		TRY(parse_call(parser, &call, err));
		*ret = call_as_operand(parser, call);
	} else {
		TRY(parse_plain_operand(parser, ret, err));
	}
	while (groups--)
		TRY(parser_expect(parser, ")", err));
	return 0;
}

static const struct operand *term_as_operand(struct parser *parser, const struct term *term)
{
	return term->call ? call_as_operand(parser, term->call) : term->operand;
}

static const struct {
	const char *text;
	enum comparator comparator;
} comparators[] = {
	{ "=", COMPARATOR_EQ },
	{ "<>", COMPARATOR_NE },
	{ "<", COMPARATOR_LT },
	{ "<=", COMPARATOR_LE },
	{ ">", COMPARATOR_GT },
	{ ">=", COMPARATOR_GE },
};

static bool at_comparator(const struct parser *parser, enum comparator *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(comparators); i++) {
		if (parser_at(parser, comparators[i].text)) {
			*ret = comparators[i].comparator;
			return true;
		}
	}
	return false;
}

static const struct condition *comparison_new(struct arena *arena, enum comparator comparator,
	const struct operand *left, const struct operand *right)
{
	const struct operand **operands = arena_alloc(arena, 2 * sizeof(*operands));
	struct condition *condition = arena_alloc_zero(arena, sizeof(*condition));

	operands[0] = left;
	operands[1] = right;
	*condition = (struct condition){
		.kind = CONDITION_COMPARE,
		.comparator = comparator,
		.operands = operands,
		.operand_count = 2,
	};
	return condition;
}

/* operand comparator operand, of which the first is read. */
static int parse_compare(struct parser *parser, enum comparator comparator,
	const struct operand *left, const struct condition **ret, struct error *err)
{
	struct slice text = parser_peek(parser)->text;
	const struct operand *right;

	parser->at++;
	TRY(parse_operand(parser, &right, err));
	check_comparison(parser, text, left, right);
	parser_count_operator(parser);
	*ret = comparison_new(parser->arena, comparator, left, right);
	return 0;
}

/* operand "BETWEEN" operand "AND" operand, of which the first two are read. */
static int parse_between(struct parser *parser, const struct operand *operand,
	const struct condition **ret, struct error *err)
{
	const struct operand **operands = arena_alloc(parser->arena, 3 * sizeof(*operands));

	operands[0] = operand;
	TRY(parse_operand(parser, &operands[1], err));
	if (!parser_accept_keyword(parser, "AND"))
		return parser_syntax_error(parser, err);
	TRY(parse_operand(parser, &operands[2], err));
	check_between(parser, operands);
	parser_count_operator(parser);
	*ret = condition_new(parser->arena, CONDITION_BETWEEN, operands, 3);
	return 0;
}

/* operand "IN" "(" operand { "," operand } ")", of which the first two are read. */
static int parse_in(struct parser *parser, const struct operand *operand,
	const struct condition **ret, struct error *err)
{
	struct operand_list operands = { NULL, 0, 0 };

	operand_list_add(&operands, operand, parser->arena);
	TRY(parse_operand_list(parser, &operands, err));
	check_in(parser, &operands);
	parser_count_operator(parser);
	*ret = condition_new(parser->arena, CONDITION_IN, operands.items, operands.count);
	return 0;
}

static int parse_condition(struct parser *parser, unsigned precedence, bool in_group,
	struct term *ret, struct error *err);

/* path | VALUE-PLACEHOLDER | call | "(" ( condition | operand ) ")" */
static int parse_term(struct parser *parser, struct term *ret, struct error *err)
{
	struct term term = { 0 };

	if (at_call(parser)) {
		TRY(parse_call(parser, &term.call, err));
	} else if (!parser_at(parser, "(")) {
		TRY(parse_plain_operand(parser, &term.operand, err));
	} else {
		TRY(enter(parser, err));
		parser->at++;
		TRY(parse_condition(parser, 0, true, &term, err));
		TRY(parser_expect(parser, ")", err));
		parser->depth--;
		if (term.grouped)
			note_redundant(parser);
		term.grouped = true;
	}
	*ret = term;
	return 0;
}

/* What follows an operand: comparator, BETWEEN or IN; 1 when it is none. */
static int parse_comparison_rest(
	struct parser *parser, const struct term *left, struct term *ret, struct error *err)
{
	const struct condition *condition = NULL;
	enum comparator comparator;

	if (at_comparator(parser, &comparator)) {
		TRY(parse_compare(
			parser, comparator, term_as_operand(parser, left), &condition, err));
	} else if (parser_accept_keyword(parser, "BETWEEN")) {
		TRY(parse_between(parser, term_as_operand(parser, left), &condition, err));
	} else if (parser_accept_keyword(parser, "IN")) {
		TRY(parse_in(parser, term_as_operand(parser, left), &condition, err));
	} else {
		return 1;
	}
	*ret = (struct term){ .condition = condition };
	return 0;
}

/* comparison, or what stands alone in parentheses and may become an operand. */
static int parse_comparison(
	struct parser *parser, bool in_group, struct term *ret, struct error *err)
{
	struct term term;
	int r;

	TRY(parse_term(parser, &term, err));
	if (!term.condition) {
		r = parse_comparison_rest(parser, &term, &term, err);
		if (r < 0)
			return -1;
		if (r && !(in_group && parser_at(parser, ")"))) {
			if (!term.call)
				return parser_syntax_error(parser, err);
			term.condition = call_as_condition(parser, term.call);
		}
	}
	*ret = term;
	return 0;
}

/* unary = { "NOT" } comparison */
static int parse_unary(struct parser *parser, bool in_group, struct term *ret, struct error *err)
{
	size_t count = 0;

	while (parser_accept_keyword(parser, "NOT"))
		count++;
	TRY(parse_comparison(parser, in_group && !count, ret, err));
	for (; count; count--) {
		ret->condition = condition_join(parser->arena, CONDITION_NOT, ret->condition, NULL);
		ret->grouped = false;
		parser_count_operator(parser);
	}
	return 0;
}

static const struct {
	const char *keyword;
	enum condition_kind kind;
	unsigned precedence; /* the higher binds closer */
} connectives[] = {
	{ "OR", CONDITION_OR, 1 },
	{ "AND", CONDITION_AND, 2 },
};

/* The row of the connective there, or NULL's place: the number of rows. */
static size_t at_connective(const struct parser *parser)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(connectives) && !parser_at_keyword(parser, connectives[i].keyword))
		i++;
	return i;
}

/* condition = unary { ( "AND" | "OR" ) unary }, of those connectives alone that
 * bind closer than the precedence. */
static int parse_condition(struct parser *parser, unsigned precedence, bool in_group,
	struct term *ret, struct error *err)
{
	struct term left, right;
	size_t i;

	TRY(parse_unary(parser, in_group, &left, err));
	while (i = at_connective(parser),
		i < ARRAY_SIZE(connectives) && connectives[i].precedence > precedence) {
		parser->at++;
		TRY(parse_condition(parser, connectives[i].precedence, false, &right, err));
		parser_count_operator(parser);
		left = (struct term){
			.condition = condition_join(parser->arena, connectives[i].kind,
				left.condition, right.condition),
		};
	}
	*ret = left;
	return 0;
}

int condition_parse(enum expression_kind kind, struct slice text, struct placeholders *placeholders,
	struct arena *arena, const struct condition **ret, struct error *err)
{
	struct parser parser;
	struct term term;

	TRY(parser_init(&parser, kind, text, placeholders, arena, err));
	TRY(parse_condition(&parser, 0, false, &term, err));
	TRY(parser_expect_end(&parser, err));
	*ret = term.condition;
	return 0;
}
