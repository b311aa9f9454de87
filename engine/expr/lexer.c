#include "expr/parser.h"

#include <strings.h>

static const struct slice keywords[] = {
	SLICE("AND"),
	SLICE("OR"),
	SLICE("NOT"),
	SLICE("IN"),
	SLICE("BETWEEN"),
	SLICE("SET"),
	SLICE("REMOVE"),
	SLICE("ADD"),
	SLICE("DELETE"),
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_keyword(struct slice word)
{
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (word.len == keywords[i].len &&
			strncasecmp(word.data, keywords[i].data, word.len) == 0)
			return true;
	return false;
}

/* How many bytes from there on are of a word. */
static size_t word_length(struct slice rest, size_t from)
{
	size_t len = from;

	while (len < rest.len && is_word(rest.data[len]))
		len++;
	return len;
}

/* The quoted string there, a backslash hiding the next byte; 0 when it has no
 * end. */
static size_t string_length(struct slice rest)
{
	for (size_t i = 1; i < rest.len; i++) {
		if (rest.data[i] == rest.data[0])
			return i + 1;
		i += rest.data[i] == '\\';
	}
	return 0;
}

/* The whole code point there. */
static size_t character_length(struct slice rest)
{
	size_t len = 1;

	while (len < rest.len && ((unsigned char)rest.data[len] & 0xC0) == 0x80)
		len++;
	return len;
}

static size_t bad_length(struct slice rest)
{
	size_t len = 0;

	if (rest.data[0] == '"' || rest.data[0] == '\'')
		len = string_length(rest);
	return len ? len : character_length(rest);
}

/* integer = "0" | digit of 1 to 9 { digit } */
static size_t integer_length(struct slice rest)
{
	size_t len = 1;

	while (rest.data[0] != '0' && len < rest.len && is_digit(rest.data[len]))
		len++;
	return len;
}

static size_t punctuation_length(struct slice rest)
{
	if (rest.len > 1 &&
		(slice_starts_with(rest, SLICE("<>")) || slice_starts_with(rest, SLICE("<=")) ||
			slice_starts_with(rest, SLICE(">="))))
		return 2;
	return rest.data[0] && strchr("()[],.=<>+-", rest.data[0]) ? 1 : 0;
}

static struct token placeholder_token(enum token_kind kind, struct slice rest)
{
	size_t len = word_length(rest, 1);

	return (struct token){ len > 1 ? kind : TOKEN_BAD, { rest.data, len } };
}

/* The token at the start of what is left. */
static struct token read_token(struct slice rest)
{
	char c = rest.data[0];
	size_t len;

	if (is_letter(c)) {
		struct slice word = { rest.data, word_length(rest, 1) };

		return (struct token){ is_keyword(word) ? TOKEN_KEYWORD : TOKEN_NAME, word };
	}
	if (c == '#')
		return placeholder_token(TOKEN_NAME_PLACEHOLDER, rest);
	if (c == ':')
		return placeholder_token(TOKEN_VALUE_PLACEHOLDER, rest);
	if (is_digit(c))
		return (struct token){ TOKEN_INTEGER, { rest.data, integer_length(rest) } };
	len = punctuation_length(rest);
	if (len)
		return (struct token){ TOKEN_PUNCTUATION, { rest.data, len } };
	return (struct token){ TOKEN_BAD, { rest.data, bad_length(rest) } };
}

size_t lexer_read(struct slice text, struct arena *arena, const struct token **ret)
{
	struct token *tokens = arena_alloc(arena, (text.len + 1) * sizeof(*tokens));
	size_t count = 0;

	while (text.len) {
		if (is_blank(text.data[0])) {
			text = slice_skip(text, 1);
			continue;
		}
		tokens[count] = read_token(text);
		text = slice_skip(text, tokens[count++].text.len);
	}
	tokens[count++] = (struct token){ TOKEN_END, text };
	*ret = tokens;
	return count;
}
