/* The values of a question's literals, and its quoted names. */
#include "expr/parser.h"
#include "model/item.h"
#include "model/plain.h"

/* What is between the quotes, each doubled one as one. */
static struct slice unquote(struct slice text, struct arena *arena)
{
	char quote = text.data[0];
	char *copy;
	size_t len = 0;

	text = slice_of(text.data + 1, text.len - 2);
	if (!memchr(text.data, quote, text.len))
		return text;
	copy = arena_alloc(arena, text.len);
	for (size_t i = 0; i < text.len; i++) {
		copy[len++] = text.data[i];
		i += text.data[i] == quote;
	}
	return slice_of(copy, len);
}

struct slice literal_name(struct parser *parser, const struct token *token)
{
	struct slice name = unquote(token->text, parser->arena);

	if (!name.len)
		parser_note(parser, PHASE_NAMES, token, "An attribute name can not be empty;");
	return name;
}

/* Fails with what went wrong within a literal, at its place there. */
static int literal_error(const struct parser *parser, const struct token *token,
	const struct error *cause, struct error *err)
{
	size_t within = cause->place.known ? cause->place.offset : 0;
	struct token place = { token->kind, slice_skip(token->text, within) };

	return parser_error_at(parser, &place, err, "%s", cause->message);
}

static int read_json(
	const struct token *token, struct arena *arena, struct value *ret, struct error *err)
{
	CLEANUP(json_document_release) struct json_document document = { 0 };
	struct member member = { .name = SLICE("value") };
	struct map map = { &member, 1 };

	TRY(json_parse(token->text, &document, err));
	TRY(plain_read_value(&document, document.root, arena, &member.value, err));
	TRY(item_validate_values(&map, err));
	*ret = member.value;
	return 0;
}

static int read_literal(
	const struct token *token, struct arena *arena, struct value *ret, struct error *err)
{
	switch (token->text.data[0]) {
	case '\'':
		*ret = (struct value){ .type = VALUE_S, .bytes = unquote(token->text, arena) };
		return 0;
	case '[':
	case '{':
		return read_json(token, arena, ret, err);
	case 't':
	case 'T':
	case 'f':
	case 'F':
		*ret = (struct value){ .type = VALUE_BOOL, .boolean = token->text.len == 4 };
		return 0;
	case 'n':
	case 'N':
		*ret = (struct value){ .type = VALUE_NULL };
		return 0;
	default:
		ret->type = VALUE_N;
		return number_parse(token->text, &ret->number, err);
	}
}

int literal_value(struct parser *parser, const struct token *token, const struct value **ret,
	struct error *err)
{
	CLEANUP(error_release) struct error cause = ERROR_INIT;
	struct value *value = arena_alloc_zero(parser->arena, sizeof(*value));

	if (read_literal(token, parser->arena, value, &cause) < 0)
		return literal_error(parser, token, &cause, err);
	*ret = value;
	return 0;
}
