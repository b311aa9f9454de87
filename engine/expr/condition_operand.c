#include "expr/condition_private.h"

/* No expression that is right nests as deep: it has an operator a level. */
#define NESTING_MAX 1000

static int read_operand(
	struct parser *parser, const struct operand **ret, bool *redundant, struct error *err);

/* Whether more parentheses open than close. */
static bool is_unclosed(const struct parser *parser)
{
	size_t open = 0, closed = 0;

	for (size_t i = 0; i < parser->count; i++) {
		const struct token *token = &parser->tokens[i];

		open += token->kind == TOKEN_PUNCTUATION && token->text.data[0] == '(';
		closed += token->kind == TOKEN_PUNCTUATION && token->text.data[0] == ')';
	}
	return open > closed;
}

/* Nested too deep to go on, so wrong in some way; tells the likely one. */
static int nesting_error(struct parser *parser, struct error *err)
{
	bool grouped = parser_at(parser, "(");

	if (parser_is_question(parser))
		return parser_error_at(parser, parser_peek(parser), err,
			"The expression has too many nesting levels; nesting levels: %u",
			parser->depth);
	parser->at = parser->count - 1;
	if (is_unclosed(parser))
		return parser_syntax_error(parser, err);
	TRY(parser_expect_end(parser, err));
	if (grouped)
		return parser_error(parser, err, "The expression has redundant parentheses;");
	return parser_error(parser, err,
		"The expression contains too many operators; operator count: %d",
		EXPRESSION_OPERATORS_MAX + 1);
}

int parser_enter(struct parser *parser, struct error *err)
{
	return ++parser->depth > NESTING_MAX ? nesting_error(parser, err) : 0;
}

void parser_note_redundant(struct parser *parser)
{
	if (!parser_is_question(parser))
		parser_note(parser, PHASE_PARENTHESES, NULL,
			"The expression has redundant parentheses;");
}

static void note_misuse(struct parser *parser, const struct token *name)
{
	parser_note(parser, PHASE_NAMES, name,
		"The function is not allowed to be used this way in an expression; function: %.*s",
		SLICE_ARG(name->text));
}

bool call_begins(const struct parser *parser)
{
	const struct token *token = parser_peek(parser);

	return token->kind == TOKEN_NAME && token[1].kind == TOKEN_PUNCTUATION &&
	       token[1].text.data[0] == '(';
}

static const struct function *find_function(struct parser *parser, const struct token *name)
{
	const struct function *function = function_find(name->text);

	if (!function)
		parser_note(parser, PHASE_NAMES, name, "Invalid function name; function: %.*s%s",
			SLICE_ARG(name->text),
			parser_is_question(parser)
				? "; there are attribute_exists, attribute_not_exists, "
				  "attribute_type, begins_with, contains and size"
				: "");
	else if (function->of_updates)
		parser_note(parser, PHASE_NAMES, name,
			"The function is not allowed in a condition expression; function: %.*s",
			SLICE_ARG(name->text));
	return function;
}

/* "(" operand { "," operand } ")" */
int operand_list_parse(struct parser *parser, struct operand_list *operands, struct error *err)
{
	bool redundant = false;

	TRY(parser_expect(parser, "(", err));
	do {
		const struct operand *operand;

		TRY(read_operand(parser, &operand, &redundant, err));
		operand_list_add(operands, operand, parser->arena);
	} while (parser_accept(parser, ","));
	TRY(parser_expect(parser, ")", err));
	if (redundant)
		parser_note_redundant(parser);
	return 0;
}

/* call = NAME "(" operand { "," operand } ")" */
int call_parse(struct parser *parser, const struct call **ret, struct error *err)
{
	struct call *call = arena_alloc_zero(parser->arena, sizeof(*call));

	TRY(parser_enter(parser, err));
	call->name = parser_peek(parser);
	call->function = find_function(parser, call->name);
	parser->at++;
	TRY(operand_list_parse(parser, &call->operands, err));
	parser->focus = call->name;
	if (call->function)
		call_check(parser, call->function, &call->operands);
	parser->depth--;
	*ret = call;
	return 0;
}

const struct operand *call_as_operand(struct parser *parser, const struct call *call)
{
	struct operand *operand = arena_alloc_zero(parser->arena, sizeof(*operand));

	if (!call->function || !call->function->is_operand)
		note_misuse(parser, call->name);
	operand->kind = OPERAND_SIZE;
	operand->arguments[0] = call->operands.items[0];
	return operand;
}

const struct condition *call_as_condition(struct parser *parser, const struct call *call)
{
	enum condition_kind kind = CONDITION_ATTRIBUTE_EXISTS;

	if (!call->function || call->function->is_operand)
		note_misuse(parser, call->name);
	else
		kind = call->function->kind;
	return condition_new(parser->arena, kind, call->operands.items, call->operands.count);
}

/* path | value */
int operand_parse_plain(struct parser *parser, const struct operand **ret, struct error *err)
{
	struct operand *operand = arena_alloc_zero(parser->arena, sizeof(*operand));

	if (parser_at_value(parser)) {
		operand->kind = OPERAND_VALUE;
		TRY(parser_value(parser, &operand->value, err));
	} else {
		operand->kind = OPERAND_PATH;
		TRY(parser_path(parser, &operand->path, err));
	}
	*ret = operand;
	return 0;
}

/* operand = path | value | call | "(" operand ")"
 * Sets *redundant when there are two pairs of parentheses. */
static int read_operand(
	struct parser *parser, const struct operand **ret, bool *redundant, struct error *err)
{
	const struct call *call;
	size_t groups = 0;

	while (parser_accept(parser, "("))
		groups++;
	if (call_begins(parser)) {
		TRY(call_parse(parser, &call, err));
		*ret = call_as_operand(parser, call);
	} else {
		TRY(operand_parse_plain(parser, ret, err));
	}
	*redundant |= groups > 1;
	while (groups--)
		TRY(parser_expect(parser, ")", err));
	return 0;
}

int operand_parse(struct parser *parser, const struct operand **ret, struct error *err)
{
	bool redundant = false;

	TRY(read_operand(parser, ret, &redundant, err));
	if (redundant)
		parser_note_redundant(parser);
	return 0;
}
