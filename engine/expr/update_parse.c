/*
 * Reading update expressions.
 *
 *	update	   = section { section }
 *	section	   = "SET" set { "," set } | "REMOVE" path { "," path }
 *		   | "ADD" change { "," change } | "DELETE" change { "," change }
 *	set	   = path "=" value
 *	change	   = path VALUE-PLACEHOLDER
 *	value	   = operand [ ( "+" | "-" ) operand ]
 *	operand	   = path | VALUE-PLACEHOLDER | function | "(" value ")"
 *	function   = NAME "(" operand { "," operand } ")"
 *
 * Whatever is not a matter of the text alone is left to update_check.c.
 */
#include "expr/condition_private.h"
#include "expr/update_private.h"

#define FUNCTION_OPERANDS 2 /* of every function */

struct update_reader {
	struct parser parser;
	struct update_action *actions; /* as many as there may be */
	size_t count;
	bool seen[UPDATE_DELETE + 1]; /* sections, by verb */
};

static const struct update_function {
	const char *name;
	enum operand_kind kind;
} functions[] = {
	{ "if_not_exists", OPERAND_IF_NOT_EXISTS },
	{ "list_append", OPERAND_LIST_APPEND },
};

static const struct operand *new_operand(struct parser *parser, struct operand operand)
{
	struct operand *copy = arena_alloc(parser->arena, sizeof(*copy));

	*copy = operand;
	return copy;
}

static int read_value(
	struct parser *parser, const struct operand **ret, bool *ret_enclosed, struct error *err);

/* list_append() is a whole value of SET, never a part of one. */
static void check_part(struct parser *parser, const struct operand *part, const struct token *token)
{
	if (part->kind == OPERAND_LIST_APPEND)
		parser_note(parser, PHASE_NAMES, token,
			"The function is not allowed to be used this way in an expression; "
			"function: list_append");
}

/* "(" value ")" */
static int read_parentheses(struct parser *parser, const struct operand **ret, struct error *err)
{
	bool redundant;

	TRY(parser_expect(parser, "(", err));
	TRY(read_value(parser, ret, &redundant, err));
	TRY(parser_expect(parser, ")", err));
	if (redundant)
		parser_note_redundant(parser);
	return 0;
}

/* What the name calls; another one is noted, and passes for some function. */
static const struct update_function *read_function_name(struct parser *parser)
{
	const struct token *name = parser_peek(parser);

	parser->at++;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (slice_equal_string(name->text, functions[i].name))
			return &functions[i];
	}
	parser_note(parser, PHASE_NAMES, name, "%s; function: %.*s",
		function_find(name->text) ? "The function is not allowed in an update expression"
					  : "Invalid function name",
		SLICE_ARG(name->text));
	return &functions[0];
}

static void check_arguments(struct parser *parser, const struct update_function *function,
	const struct operand *const *arguments, unsigned count, const struct token *name)
{
	if (count != FUNCTION_OPERANDS)
		parser_note(parser, PHASE_MEANING, name,
			"Incorrect number of operands for operator or function; operator or "
			"function: %s, number of operands: %u",
			function->name, count);
	else if (function->kind == OPERAND_IF_NOT_EXISTS && arguments[0]->kind != OPERAND_PATH)
		parser_note(parser, PHASE_MEANING, name,
			"Operator or function requires a document path; operator or function: %s",
			function->name);
}

static int read_operand(
	struct parser *parser, const struct operand **ret, bool *ret_enclosed, struct error *err);

static int read_function(struct parser *parser, const struct operand **ret, struct error *err)
{
	const struct token *name = parser_peek(parser);
	const struct update_function *function = read_function_name(parser);
	struct operand call = { .kind = function->kind };
	unsigned count = 0;

	TRY(parser_expect(parser, "(", err));
	do {
		const struct token *token = parser_peek(parser);
		const struct operand *argument;
		bool enclosed;

		TRY(read_operand(parser, &argument, &enclosed, err));
		check_part(parser, argument, token);
		if (count < FUNCTION_OPERANDS)
			call.arguments[count] = argument;
		count++;
	} while (parser_accept(parser, ","));
	TRY(parser_expect(parser, ")", err));
	check_arguments(parser, function, call.arguments, count, name);
	*ret = new_operand(parser, call);
	return 0;
}

static int read_operand(
	struct parser *parser, const struct operand **ret, bool *ret_enclosed, struct error *err)
{
	*ret_enclosed = parser_at(parser, "(");
	if (!*ret_enclosed && !call_begins(parser))
		return operand_parse_plain(parser, ret, err);
	TRY(parser_enter(parser, err));
	if (*ret_enclosed)
		TRY(read_parentheses(parser, ret, err));
	else
		TRY(read_function(parser, ret, err));
	parser->depth--;
	return 0;
}

/* *ret_enclosed tells whether all of it stands in parentheses. */
static int read_value(
	struct parser *parser, const struct operand **ret, bool *ret_enclosed, struct error *err)
{
	const struct token *left = parser_peek(parser), *right;
	struct operand sum = { .kind = OPERAND_ADD };
	bool enclosed;

	TRY(read_operand(parser, &sum.arguments[0], ret_enclosed, err));
	if (!parser_at(parser, "+") && !parser_at(parser, "-")) {
		*ret = sum.arguments[0];
		return 0;
	}
	*ret_enclosed = false;
	if (parser_accept(parser, "-"))
		sum.kind = OPERAND_SUBTRACT;
	else
		TRY(parser_expect(parser, "+", err));
	right = parser_peek(parser);
	TRY(read_operand(parser, &sum.arguments[1], &enclosed, err));
	parser_count_operator(parser);
	check_part(parser, sum.arguments[0], left);
	check_part(parser, sum.arguments[1], right);
	*ret = new_operand(parser, sum);
	return 0;
}

static int read_set(struct parser *parser, struct update_action *action, struct error *err)
{
	bool enclosed;

	TRY(parser_expect(parser, "=", err));
	return read_value(parser, &action->operand, &enclosed, err);
}

static int read_change(struct parser *parser, struct update_action *action, struct error *err)
{
	struct operand operand = { .kind = OPERAND_VALUE };

	TRY(parser_value(parser, &operand.value, err));
	action->operand = new_operand(parser, operand);
	return 0;
}

/* What follows the path of an action; NULL: nothing. */
static const struct update_section {
	const char *name;
	int (*read)(struct parser *parser, struct update_action *action, struct error *err);
} sections[] = {
	[UPDATE_SET] = { "SET", read_set },
	[UPDATE_REMOVE] = { "REMOVE", NULL },
	[UPDATE_ADD] = { "ADD", read_change },
	[UPDATE_DELETE] = { "DELETE", read_change },
};

static int read_action(struct update_reader *reader, enum update_verb verb, struct error *err)
{
	struct update_action *action = &reader->actions[reader->count];

	*action = (struct update_action){ .verb = verb };
	TRY(parser_path(&reader->parser, &action->path, err));
	if (sections[verb].read)
		TRY(sections[verb].read(&reader->parser, action, err));
	reader->count++;
	return 0;
}

static int read_section(struct update_reader *reader, struct error *err)
{
	struct parser *parser = &reader->parser;
	enum update_verb verb = 0;

	while (verb < ARRAY_SIZE(sections) && !parser_at_keyword(parser, sections[verb].name))
		verb++;
	if (verb == ARRAY_SIZE(sections))
		return parser_syntax_error(parser, err);
	if (reader->seen[verb])
		parser_note(parser, PHASE_NAMES, parser_peek(parser),
			"The \"%s\" section can only be used once in an update expression;",
			sections[verb].name);
	reader->seen[verb] = true;
	parser->at++;
	do
		TRY(read_action(reader, verb, err));
	while (parser_accept(parser, ","));
	return 0;
}

int update_parse(struct slice text, struct placeholders *placeholders, struct arena *arena,
	const struct update **ret, struct error *err)
{
	struct update_reader reader = { .count = 0 };
	struct update *update;

	TRY(parser_init(&reader.parser, EXPRESSION_UPDATE, text, placeholders, arena, err));
	reader.actions = arena_alloc(arena, reader.parser.count * sizeof(*reader.actions));
	do
		TRY(read_section(&reader, err));
	while (parser_peek(&reader.parser)->kind != TOKEN_END);
	TRY(parser_expect_end(&reader.parser, err));
	update = arena_alloc(arena, sizeof(*update));
	*update = (struct update){ reader.actions, reader.count };
	TRY(update_check(&reader.parser, update, err));
	*ret = update;
	return 0;
}
