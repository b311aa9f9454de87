/*
 * The tokens of a question's condition, in which values and names stand as they
 * are (api/question.h). Other than in the service's expressions,
 *
 * 1. any word is a name but AND, OR, NOT, IN and BETWEEN, which are keywords,
 *    and true, false and null, which are values; each of them in any case, and
 *    none of them after a point: a.in is a path.
 * 2. '[' begins an index after a name or another index, else a list.
 * 3. A list or a map is one token, up to its closing bracket; what is in it is
 *    JSON, and looked at by literal.c.
 * 4. Of what has no end, the rest of the text is one bad token.
 */
#include "expr/parser.h"

#include <strings.h>

static const char *const keywords[] = { "AND", "OR", "NOT", "IN", "BETWEEN" };
static const char *const values[] = { "true", "false", "null" };

/* What a bad token begins with, the longer first, and what to do about it. */
static const struct advice {
	struct slice beginning;
	const char *text;
} advices[] = {
	{ SLICE("'"), "the string has no end" },
	{ SLICE("\""), "the quoted name has no end" },
	{ SLICE("{"), "the map has no end" },
	{ SLICE("["), "the list has no end" },
	{ SLICE(":"), "write the value itself" },
	{ SLICE("#"), "write the name itself" },
	{ SLICE("=="), "equality is written =" },
	{ SLICE("!"), "inequality is written <>" },
	{ SLICE("&"), "write AND" },
	{ SLICE("|"), "write OR" },
};

/* Of other languages' words, and what is written here. */
static const struct advice foreign_words[] = {
	{ SLICE("LIKE"), "write begins_with(name, 'text') or contains(name, 'text')" },
	{ SLICE("ILIKE"), "write begins_with(name, 'text') or contains(name, 'text')" },
	{ SLICE("IS"), "write attribute_exists(name), attribute_not_exists(name) or name = null" },
	{ SLICE("WHERE"), "a condition is written without WHERE" },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Of names in all scripts: bytes beyond ASCII are letters. */
static bool begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_one_of(struct slice word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word.len == strlen(words[i]) && strncasecmp(word.data, words[i], word.len) == 0)
			return true;
	return false;
}

static bool is_punctuation(const struct token *token, char c)
{
	return token && token->kind == TOKEN_PUNCTUATION && token->text.data[0] == c;
}

static char char_at(struct slice rest, size_t at)
{
	return at < rest.len ? rest.data[at] : '\0';
}

static struct token take(enum token_kind kind, struct slice rest, size_t len)
{
	return (struct token){ kind, slice_of(rest.data, len) };
}

static struct token take_word(struct slice rest, const struct token *before)
{
	struct slice word = slice_of(rest.data, 1);
	enum token_kind kind = TOKEN_NAME;

	while (begins_word(char_at(rest, word.len)) || is_digit(char_at(rest, word.len)))
		word.len++;
	if (!is_punctuation(before, '.')) {
		if (is_one_of(word, keywords, ARRAY_SIZE(keywords)))
			kind = TOKEN_KEYWORD;
		else if (is_one_of(word, values, ARRAY_SIZE(values)))
			kind = TOKEN_LITERAL;
	}
	return (struct token){ kind, word };
}

/* 'it''s', "the ""name""": a doubled quote is one. */
static struct token take_quoted(struct slice rest)
{
	char quote = rest.data[0];

	for (size_t i = 1; i < rest.len; i++) {
		if (rest.data[i] != quote)
			continue;
		if (char_at(rest, i + 1) != quote)
			return take(quote == '"' ? TOKEN_QUOTED_NAME : TOKEN_LITERAL, rest, i + 1);
		i++;
	}
	return take(TOKEN_BAD, rest, rest.len);
}

static size_t skip_digits(struct slice rest, size_t at)
{
	while (is_digit(char_at(rest, at)))
		at++;
	return at;
}

/* The number there, as JSON has it; 0: it is none. */
static size_t number_length(struct slice rest)
{
	size_t whole = rest.data[0] == '-', at = skip_digits(rest, whole), digits;

	if (at == whole || (rest.data[whole] == '0' && at > whole + 1))
		return 0;
	if (char_at(rest, at) == '.') {
		digits = at + 1;
		at = skip_digits(rest, digits);
		if (at == digits)
			return 0;
	}
	if (char_at(rest, at) == 'e' || char_at(rest, at) == 'E') {
		at++;
		at += char_at(rest, at) == '-' || char_at(rest, at) == '+';
		digits = at;
		at = skip_digits(rest, digits);
		if (at == digits)
			return 0;
	}
	return begins_word(char_at(rest, at)) || char_at(rest, at) == '.' ? 0 : at;
}

static struct token take_number(struct slice rest)
{
	size_t len = number_length(rest), digits = skip_digits(rest, 0);

	if (len)
		return take(digits == len ? TOKEN_INTEGER : TOKEN_LITERAL, rest, len);
	len = 1;
	while (begins_word(char_at(rest, len)) || is_digit(char_at(rest, len)) ||
		char_at(rest, len) == '.')
		len++;
	return take(TOKEN_BAD, rest, len);
}

/* The JSON string there, or the rest. */
static size_t json_string_end(struct slice rest, size_t at)
{
	for (at++; at < rest.len && rest.data[at] != '"'; at++)
		at += rest.data[at] == '\\';
	return at;
}

static struct token take_json(struct slice rest)
{
	size_t depth = 0;

	for (size_t i = 0; i < rest.len; i++) {
		char c = rest.data[i];

		if (c == '"')
			i = json_string_end(rest, i);
		else if (c == '[' || c == '{')
			depth++;
		else if ((c == ']' || c == '}') && --depth == 0)
			return take(TOKEN_LITERAL, rest, i + 1);
	}
	return take(TOKEN_BAD, rest, rest.len);
}

static bool may_have_index(const struct token *token)
{
	return token && (token->kind == TOKEN_NAME || token->kind == TOKEN_QUOTED_NAME ||
				is_punctuation(token, ']'));
}

/* What looks like an operator, and the placeholder it may be. */
static struct token take_bad(struct slice rest)
{
	static const struct slice pairs[] = { SLICE("=="), SLICE("!="), SLICE("&&"), SLICE("||") };
	size_t len = 1;

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (slice_starts_with(rest, pairs[i]))
			return take(TOKEN_BAD, rest, 2);
	if (rest.data[0] == ':' || rest.data[0] == '#')
		while (begins_word(char_at(rest, len)) || is_digit(char_at(rest, len)))
			len++;
	return take(TOKEN_BAD, rest, len);
}

static struct token take_punctuation(struct slice rest)
{
	static const struct slice pairs[] = { SLICE("<>"), SLICE("<="), SLICE(">=") };

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (slice_starts_with(rest, pairs[i]))
			return take(TOKEN_PUNCTUATION, rest, 2);
	if (rest.data[0] && strchr("()[],.=<>", rest.data[0]) &&
		!slice_starts_with(rest, SLICE("==")))
		return take(TOKEN_PUNCTUATION, rest, 1);
	return take_bad(rest);
}

static struct token read_token(struct slice rest, const struct token *before)
{
	char c = rest.data[0];

	if (begins_word(c))
		return take_word(rest, before);
	if (c == '\'' || c == '"')
		return take_quoted(rest);
	if (is_digit(c) || (c == '-' && is_digit(char_at(rest, 1))))
		return take_number(rest);
	if (c == '{' || (c == '[' && !may_have_index(before)))
		return take_json(rest);
	return take_punctuation(rest);
}

bool literal_lexer_is_name(struct slice text)
{
	struct token token = { TOKEN_BAD, text };

	if (text.len && begins_word(text.data[0]))
		token = take_word(text, NULL);
	return token.kind == TOKEN_NAME && token.text.len == text.len;
}

size_t literal_lexer_read(struct slice text, struct arena *arena, const struct token **ret)
{
	struct token *tokens = arena_alloc(arena, (text.len + 1) * sizeof(*tokens));
	size_t count = 0;

	while (text.len) {
		if (is_blank(text.data[0])) {
			text = slice_skip(text, 1);
			continue;
		}
		tokens[count] = read_token(text, count ? &tokens[count - 1] : NULL);
		text = slice_skip(text, tokens[count++].text.len);
	}
	tokens[count++] = (struct token){ TOKEN_END, text };
	*ret = tokens;
	return count;
}

const char *literal_lexer_word_advice(struct slice word)
{
	for (size_t i = 0; i < ARRAY_SIZE(foreign_words); i++)
		if (word.len == foreign_words[i].beginning.len &&
			strncasecmp(word.data, foreign_words[i].beginning.data, word.len) == 0)
			return foreign_words[i].text;
	return "";
}

const char *literal_lexer_advice(struct slice token)
{
	for (size_t i = 0; i < ARRAY_SIZE(advices); i++)
		if (slice_starts_with(token, advices[i].beginning))
			return advices[i].text;
	if (is_digit(token.data[token.data[0] == '-' && token.len > 1]))
		return "a number is written as in JSON";
	return "";
}
