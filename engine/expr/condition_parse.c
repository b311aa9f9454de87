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
 *	operand	   = path | value | call | "(" operand ")"
 *	call	   = NAME "(" operand { "," operand } ")"
 *	value	   = VALUE-PLACEHOLDER, or LITERAL in a question
 *
 * Invariants:
 * 1. What a parenthesis opens is only known where it closes: "(a) = :v" begins
 *    as "(a = :v)" does. So a term is a condition, an operand, or a call that
 *    may be either; the place where it stands decides.
 * 2. Any call parses, wherever it stands. That its function is unknown, or not
 *    allowed there, is noted.
 * 3. NOTs, and parentheses around an operand, are read in loops; the rest of
 *    the recursion is bounded by parser_enter().
 */
#include "expr/condition_private.h"

struct term {
	/* The condition, when it is known to be one; else the operand or the call: */
	const struct condition *condition;
	const struct operand *operand;
	const struct call *call;
	bool grouped; /* all of it stands in parentheses */
	bool redundant; /* in two pairs of them */
};

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
	const struct token *operator= parser_peek(parser);
	const struct operand *right;

	parser->at++;
	TRY(operand_parse(parser, &right, err));
	parser->focus = operator;
	operands_check_comparison(parser, operator->text, left, right);
	parser_count_operator(parser);
	*ret = comparison_new(parser->arena, comparator, left, right);
	return 0;
}

/* operand "BETWEEN" operand "AND" operand, of which the first two are read. */
static int parse_between(struct parser *parser, const struct operand *operand,
	const struct condition **ret, struct error *err)
{
	const struct operand **operands = arena_alloc(parser->arena, 3 * sizeof(*operands));
	const struct token *operator= parser_peek(parser) - 1;

	operands[0] = operand;
	TRY(operand_parse(parser, &operands[1], err));
	if (!parser_accept_keyword(parser, "AND"))
		return parser_syntax_error(parser, err);
	TRY(operand_parse(parser, &operands[2], err));
	parser->focus = operator;
	operands_check_between(parser, operands);
	parser_count_operator(parser);
	*ret = condition_new(parser->arena, CONDITION_BETWEEN, operands, 3);
	return 0;
}

/* operand "IN" "(" operand { "," operand } ")", of which the first two are read. */
static int parse_in(struct parser *parser, const struct operand *operand,
	const struct condition **ret, struct error *err)
{
	struct operand_list operands = { NULL, 0, 0 };
	const struct token *operator= parser_peek(parser) - 1;

	operand_list_add(&operands, operand, parser->arena);
	TRY(operand_list_parse(parser, &operands, err));
	parser->focus = operator;
	operands_check_in(parser, &operands);
	parser_count_operator(parser);
	*ret = condition_new(parser->arena, CONDITION_IN, operands.items, operands.count);
	return 0;
}

static int parse_condition(struct parser *parser, unsigned precedence, bool in_group,
	struct term *ret, struct error *err);

/* path | value | call | "(" ( condition | operand ) ")" */
static int parse_term(struct parser *parser, struct term *ret, struct error *err)
{
	struct term term = { 0 };

	if (call_begins(parser)) {
		TRY(call_parse(parser, &term.call, err));
	} else if (!parser_at(parser, "(")) {
		TRY(operand_parse_plain(parser, &term.operand, err));
	} else {
		TRY(parser_enter(parser, err));
		parser->at++;
		TRY(parse_condition(parser, 0, true, &term, err));
		TRY(parser_expect(parser, ")", err));
		parser->depth--;
		term.redundant |= term.grouped;
		term.grouped = true;
	}
	*ret = term;
	return 0;
}

static bool at_operator(const struct parser *parser)
{
	enum comparator ignored;

	return at_comparator(parser, &ignored) || parser_at_keyword(parser, "BETWEEN") ||
	       parser_at_keyword(parser, "IN");
}

/* The comparison of which the first operand is read. */
static int parse_comparison_rest(struct parser *parser, const struct operand *left,
	const struct condition **ret, struct error *err)
{
	enum comparator comparator;

	if (at_comparator(parser, &comparator))
		return parse_compare(parser, comparator, left, ret, err);
	if (parser_accept_keyword(parser, "BETWEEN"))
		return parse_between(parser, left, ret, err);
	parser->at++;
	return parse_in(parser, left, ret, err);
}

/* Makes a condition of a term that stands where only conditions do. */
static int decide_term(struct parser *parser, struct term *term, struct error *err)
{
	bool compared = !term->condition && at_operator(parser);

	if (!term->condition && !term->call && !compared)
		return parser_syntax_error(parser, err);
	if (term->redundant)
		parser_note_redundant(parser);
	term->redundant = false;
	if (compared) {
		term->grouped = false;
		return parse_comparison_rest(
			parser, term_as_operand(parser, term), &term->condition, err);
	}
	if (!term->condition)
		term->condition = call_as_condition(parser, term->call);
	return 0;
}

/* comparison, or the one thing in parentheses that may become an operand. */
static int parse_comparison(
	struct parser *parser, bool in_group, struct term *ret, struct error *err)
{
	TRY(parse_term(parser, ret, err));
	if (in_group && !ret->condition && parser_at(parser, ")"))
		return 0;
	return decide_term(parser, ret, err);
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
