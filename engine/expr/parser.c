#include "expr/parser.h"

#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <strings.h>

#define INDEX_MAX  INT32_MAX /* of a list */
#define QUOTED_MAX 80 /* bytes of a question in a message */

int parser_init(struct parser *parser, enum expression_kind kind, struct slice text,
	struct placeholders *placeholders, struct arena *arena, struct error *err)
{
	*parser = (struct parser){
		.kind = kind,
		.text = text,
		.placeholders = placeholders,
		.arena = arena,
	};
	if (!text.len)
		return parser_error(parser, err, "The expression can not be empty;");
	if (text.len > (parser_is_question(parser) ? QUESTION_SIZE_MAX : EXPRESSION_SIZE_MAX))
		return parser_error(parser, err,
			"Expression size has exceeded the maximum allowed size; expression size: "
			"%zu",
			text.len);
	parser->count = parser_is_question(parser)
				? literal_lexer_read(text, arena, &parser->tokens)
				: lexer_read(text, arena, &parser->tokens);
	return 0;
}

bool parser_at_keyword(const struct parser *parser, const char *keyword)
{
	const struct token *token = parser_peek(parser);

	return token->kind == TOKEN_KEYWORD && token->text.len == strlen(keyword) &&
	       strncasecmp(token->text.data, keyword, token->text.len) == 0;
}

bool parser_accept(struct parser *parser, const char *text)
{
	if (!parser_at(parser, text))
		return false;
	parser->at++;
	return true;
}

bool parser_accept_keyword(struct parser *parser, const char *keyword)
{
	if (!parser_at_keyword(parser, keyword))
		return false;
	parser->at++;
	return true;
}

int parser_expect(struct parser *parser, const char *text, struct error *err)
{
	return parser_accept(parser, text) ? 0 : parser_syntax_error(parser, err);
}

/* Only of a question is the text what the user wrote, and not a member of it. */
static int place_error(const struct parser *parser, const struct token *token, struct error *err)
{
	if (parser_is_question(parser) && token)
		error_set_place(err, error_place_at(parser->text,
					     (size_t)(token->text.data - parser->text.data)));
	return -1;
}

static int report_fault(const struct parser *parser, enum parser_phase phase, struct error *err)
{
	const struct parser_fault *fault = &parser->faults[phase];

	error_set(err, ERROR_VALIDATION, "%.*s", SLICE_ARG(fault->message));
	return place_error(parser, fault->token, err);
}

int parser_expect_end(struct parser *parser, struct error *err)
{
	if (parser_peek(parser)->kind != TOKEN_END)
		return parser_syntax_error(parser, err);
	for (enum parser_phase i = 0; i < PHASE_COUNT; i++)
		if (slice_present(parser->faults[i].message))
			return report_fault(parser, i, err);
	return 0;
}

/* The text from the token before to the one after; blanks at either end of the
 * expression belong to it. */
static struct slice neighbourhood(const struct parser *parser)
{
	const char *end = parser->text.data + parser->text.len;
	size_t last = parser->at + 1;
	const char *from =
		parser->at ? parser->tokens[parser->at - 1].text.data : parser->text.data;

	if (last < parser->count && parser->tokens[last].kind != TOKEN_END)
		end = parser->tokens[last].text.data + parser->tokens[last].text.len;
	return slice_of(from, (size_t)(end - from));
}

/* As much of a text as a message has room for, in whole characters. */
static struct slice clip(struct slice text)
{
	size_t len = text.len < QUOTED_MAX ? text.len : QUOTED_MAX;

	while (len < text.len && len && ((unsigned char)text.data[len] & 0xC0) == 0x80)
		len--;
	return slice_of(text.data, len);
}

/* Of a word the one in the wrong place, or the one before, which was taken for a name. */
static const char *question_advice(const struct parser *parser, const struct token *token)
{
	const char *advice = "";

	if (token->kind == TOKEN_BAD)
		return literal_lexer_advice(token->text);
	if (token->kind == TOKEN_NAME)
		advice = literal_lexer_word_advice(token->text);
	if (!*advice && token > parser->tokens && token[-1].kind == TOKEN_NAME)
		advice = literal_lexer_word_advice(token[-1].text);
	return advice;
}

static int question_syntax_error(const struct parser *parser, const struct token *token,
	struct slice text, struct slice near, struct error *err)
{
	const char *advice = question_advice(parser, token);

	return parser_error_at(parser, token, err,
		"Syntax error; token: \"%.*s\", near: \"%.*s\"%s%s", SLICE_ARG(text),
		SLICE_ARG(near), *advice ? "; " : "", advice);
}

int parser_syntax_error(const struct parser *parser, struct error *err)
{
	const struct token *token = parser_peek(parser);
	struct slice text = token->kind == TOKEN_END ? SLICE("<EOF>") : token->text;
	struct slice near = neighbourhood(parser);

	if (slice_present(parser->faults[PHASE_PARENTHESES].message))
		return report_fault(parser, PHASE_PARENTHESES, err);
	if (parser_is_question(parser))
		return question_syntax_error(parser, token, clip(text), clip(near), err);
	return parser_error(parser, err, "Syntax error; token: \"%.*s\", near: \"%.*s\"",
		SLICE_ARG(text), SLICE_ARG(near));
}

int parser_error(const struct parser *parser, struct error *err, const char *format, ...)
{
	CLEANUP(buf_release) struct buf message = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vappendf(&message, format, args);
	va_end(args);
	return error_set(err, ERROR_VALIDATION, "Invalid %s: %s",
		expression_kind_name(parser->kind), buf_string(&message));
}

int parser_error_at(const struct parser *parser, const struct token *token, struct error *err,
	const char *format, ...)
{
	CLEANUP(buf_release) struct buf message = BUF_INIT;
	va_list args;

	va_start(args, format);
	buf_vappendf(&message, format, args);
	va_end(args);
	parser_error(parser, err, "%s", buf_string(&message));
	return place_error(parser, token, err);
}

static bool fault_comes_first(
	const struct parser *parser, enum parser_phase phase, const struct token *token)
{
	const struct parser_fault *noted = &parser->faults[phase];

	return !slice_present(noted->message) || (phase == PHASE_NAMES && token < noted->token);
}

void parser_note(struct parser *parser, enum parser_phase phase, const struct token *token,
	const char *format, ...)
{
	CLEANUP(buf_release) struct buf message = BUF_INIT;
	va_list args;

	if (!fault_comes_first(parser, phase, token))
		return;
	buf_appendf(&message, "Invalid %s: ", expression_kind_name(parser->kind));
	va_start(args, format);
	buf_vappendf(&message, format, args);
	va_end(args);
	parser->faults[phase] = (struct parser_fault){
		arena_copy(parser->arena, buf_slice(&message)),
		token ? token : parser->focus,
	};
}

/* Notes what looking up a placeholder found. */
static void note_undefined(struct parser *parser, const struct error *fault)
{
	if (!slice_present(parser->faults[PHASE_MEANING].message))
		parser->faults[PHASE_MEANING].message =
			arena_copy(parser->arena, slice_from_string(fault->message));
}

void parser_count_operator(struct parser *parser)
{
	unsigned max =
		parser_is_question(parser) ? QUESTION_OPERATORS_MAX : EXPRESSION_OPERATORS_MAX;

	if (++parser->operators > max)
		parser_note(parser, PHASE_MEANING, NULL,
			"The expression contains too many operators; operator count: %u",
			parser->operators);
}

/* A path while its length is not known. Steps beyond the limit are counted. */
struct path_reader {
	struct document_path_step steps[DOCUMENT_PATH_DEPTH_MAX];
	const struct token *tokens[DOCUMENT_PATH_DEPTH_MAX];
	size_t count;
};

static void path_reader_add(
	struct path_reader *reader, const struct token *token, struct document_path_step step)
{
	if (reader->count < DOCUMENT_PATH_DEPTH_MAX) {
		reader->steps[reader->count] = step;
		reader->tokens[reader->count] = token;
	}
	reader->count++;
}

/* name = NAME | NAME-PLACEHOLDER | QUOTED-NAME */
static int read_name(struct parser *parser, struct path_reader *reader, struct error *err)
{
	const struct token *token = parser_peek(parser);
	struct slice name = token->text;

	if (token->kind == TOKEN_QUOTED_NAME)
		name = literal_name(parser, token);
	else if (token->kind != TOKEN_NAME && token->kind != TOKEN_NAME_PLACEHOLDER)
		return parser_syntax_error(parser, err);
	if (token->kind == TOKEN_NAME && !parser_is_question(parser) && word_is_reserved(name))
		parser_note(parser, PHASE_NAMES, token,
			"Attribute name is a reserved keyword; reserved keyword: %.*s",
			SLICE_ARG(name));
	path_reader_add(reader, token, (struct document_path_step){ .name = name });
	parser->at++;
	return 0;
}

static uint32_t index_value(struct parser *parser, const struct token *token)
{
	uint64_t value = 0;

	for (size_t i = 0; i < token->text.len && value <= INDEX_MAX; i++)
		value = value * 10 + (uint64_t)(token->text.data[i] - '0');
	if (value <= INDEX_MAX)
		return (uint32_t)value;
	parser_note(parser, PHASE_NAMES, token,
		"List index is not within the allowable range; index: [%.*s]",
		SLICE_ARG(token->text));
	return 0;
}

/* "[" INTEGER "]", of which the first is read. */
static int read_index(struct parser *parser, struct path_reader *reader, struct error *err)
{
	const struct token *token = parser_peek(parser);

	if (token->kind != TOKEN_INTEGER)
		return parser_syntax_error(parser, err);
	path_reader_add(reader, token,
		(struct document_path_step){
			.is_index = true,
			.index = index_value(parser, token),
		});
	parser->at++;
	return parser_expect(parser, "]", err);
}

/* Puts the attribute's name in the place of #name. An undefined one stays. */
static void resolve_step(
	struct parser *parser, const struct token *token, struct document_path_step *step)
{
	CLEANUP(error_release) struct error fault = ERROR_INIT;

	if (token->kind == TOKEN_NAME_PLACEHOLDER &&
		placeholders_name(
			parser->placeholders, parser->kind, token->text, &step->name, &fault) < 0)
		note_undefined(parser, &fault);
}

static struct document_path path_reader_finish(struct parser *parser, struct path_reader *reader)
{
	size_t count =
		reader->count < DOCUMENT_PATH_DEPTH_MAX ? reader->count : DOCUMENT_PATH_DEPTH_MAX;
	struct document_path_step *steps = arena_alloc(parser->arena, count * sizeof(*steps));

	if (reader->count > DOCUMENT_PATH_DEPTH_MAX)
		parser_note(parser, PHASE_MEANING, NULL,
			"The document path has too many nesting levels; nesting levels: %zu",
			reader->count);
	for (size_t i = 0; i < count; i++)
		resolve_step(parser, reader->tokens[i], &reader->steps[i]);
	memcpy(steps, reader->steps, count * sizeof(*steps));
	return (struct document_path){ steps, count };
}

int parser_path(struct parser *parser, struct document_path *ret, struct error *err)
{
	struct path_reader reader;

	reader.count = 0;
	TRY(read_name(parser, &reader, err));
	for (;;) {
		if (parser_accept(parser, "."))
			TRY(read_name(parser, &reader, err));
		else if (parser_accept(parser, "["))
			TRY(read_index(parser, &reader, err));
		else
			break;
	}
	*ret = path_reader_finish(parser, &reader);
	return 0;
}

bool parser_at_value(const struct parser *parser)
{
	enum token_kind kind = parser_peek(parser)->kind;

	if (parser_is_question(parser))
		return kind == TOKEN_LITERAL || kind == TOKEN_INTEGER;
	return kind == TOKEN_VALUE_PLACEHOLDER;
}

int parser_value(struct parser *parser, const struct value **ret, struct error *err)
{
	static const struct value undefined = { .type = VALUE_S };
	CLEANUP(error_release) struct error fault = ERROR_INIT;
	const struct token *token = parser_peek(parser);

	if (parser_is_question(parser) && parser_at_value(parser)) {
		parser->at++;
		return literal_value(parser, token, ret, err);
	}
	if (token->kind != TOKEN_VALUE_PLACEHOLDER)
		return parser_syntax_error(parser, err);
	if (placeholders_value(parser->placeholders, parser->kind, token->text, ret, &fault) < 0) {
		note_undefined(parser, &fault);
		*ret = &undefined;
	}
	parser->at++;
	return 0;
}
