/*
 * The tokens of PartiQL. Source: PartiQL Specification, "Appendix: grammar".
 *
 * A text that cannot be cut into tokens gets the service's bare "Statement
 * wasn't well formed, can't be processed: ", with nothing after the colon.
 */
#include "expr/partiql_syntax.h"

#include <strings.h>

static const struct word_kind {
	const char *word;
	enum partiql_token_kind kind;
} word_kinds[] = {
	{ "and", PARTIQL_OPERATOR },
	{ "as", PARTIQL_PUNCTUATION },
	{ "asc", PARTIQL_PUNCTUATION },
	{ "between", PARTIQL_OPERATOR },
	{ "by", PARTIQL_PUNCTUATION },
	{ "desc", PARTIQL_PUNCTUATION },
	{ "for", PARTIQL_PUNCTUATION },
	{ "in", PARTIQL_OPERATOR },
	{ "is", PARTIQL_OPERATOR },
	{ "like", PARTIQL_OPERATOR },
	{ "not", PARTIQL_OPERATOR },
	{ "or", PARTIQL_OPERATOR },
};

/* The longer ones first. */
static const struct sign {
	const char *text;
	enum partiql_token_kind kind;
} signs[] = {
	{ "<<", PARTIQL_PUNCTUATION },
	{ ">>", PARTIQL_PUNCTUATION },
	{ "<>", PARTIQL_OPERATOR },
	{ "!=", PARTIQL_OPERATOR },
	{ "<=", PARTIQL_OPERATOR },
	{ ">=", PARTIQL_OPERATOR },
	{ "||", PARTIQL_OPERATOR },
	{ "<", PARTIQL_OPERATOR },
	{ ">", PARTIQL_OPERATOR },
	{ "=", PARTIQL_OPERATOR },
	{ "+", PARTIQL_OPERATOR },
	{ "-", PARTIQL_OPERATOR },
	{ "/", PARTIQL_OPERATOR },
	{ "%", PARTIQL_OPERATOR },
	{ "^", PARTIQL_OPERATOR },
	{ "@", PARTIQL_OPERATOR },
	{ "*", PARTIQL_PUNCTUATION },
	{ "(", PARTIQL_PUNCTUATION },
	{ ")", PARTIQL_PUNCTUATION },
	{ "[", PARTIQL_PUNCTUATION },
	{ "]", PARTIQL_PUNCTUATION },
	{ "{", PARTIQL_PUNCTUATION },
	{ "}", PARTIQL_PUNCTUATION },
	{ ",", PARTIQL_PUNCTUATION },
	{ ".", PARTIQL_PUNCTUATION },
	{ ":", PARTIQL_PUNCTUATION },
	{ ";", PARTIQL_PUNCTUATION },
	{ "?", PARTIQL_PARAMETER },
};

struct lexer {
	struct slice text;
	size_t at;
	unsigned line, column; /* of the next character */
	struct arena *arena;
	struct partiql_token *tokens;
	size_t count;
};

static char peek_at(const struct lexer *lexer, size_t ahead)
{
	return lexer->at + ahead < lexer->text.len ? lexer->text.data[lexer->at + ahead] : '\0';
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$';
}

/* Steps over n bytes, counting lines and characters. */
static void advance(struct lexer *lexer, size_t n)
{
	for (; n; n--, lexer->at++) {
		unsigned char c = (unsigned char)lexer->text.data[lexer->at];

		if (c == '\n') {
			lexer->line++;
			lexer->column = 1;
		} else if ((c & 0xC0) != 0x80) {
			lexer->column++;
		}
	}
}

static unsigned count_characters(struct slice text)
{
	unsigned count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.data[i] & 0xC0) != 0x80;
	return count;
}

/* A token of the next len bytes, which stand for the text given. */
static void take(struct lexer *lexer, enum partiql_token_kind kind, size_t len, struct slice text)
{
	lexer->tokens[lexer->count++] = (struct partiql_token){
		.kind = kind,
		.text = text,
		.line = lexer->line,
		.column = lexer->column,
		.length = count_characters(slice_of(lexer->text.data + lexer->at, len)),
	};
	advance(lexer, len);
}

/* comment = "--" to the end of the line | "/" "*" to the next "*" "/" */
static int skip_comment(struct lexer *lexer, bool *ret_skipped, struct error *err)
{
	size_t rest = lexer->text.len - lexer->at;
	const char *start = lexer->text.data + lexer->at;
	const char *end;

	*ret_skipped = true;
	if (peek_at(lexer, 0) == '-' && peek_at(lexer, 1) == '-') {
		end = memchr(start, '\n', rest);
		advance(lexer, end ? (size_t)(end - start) : rest);
		return 0;
	}
	if (peek_at(lexer, 0) == '/' && peek_at(lexer, 1) == '*') {
		end = memmem(start + 2, rest - 2, "*/", 2);
		if (!end)
			return partiql_malformed(err, "");
		advance(lexer, (size_t)(end - start) + 2);
		return 0;
	}
	*ret_skipped = false;
	return 0;
}

struct slice partiql_lower_case(struct slice word, struct arena *arena)
{
	char *lower = (char *)arena_copy(arena, word).data;

	for (size_t i = 0; i < word.len; i++)
		if (lower[i] >= 'A' && lower[i] <= 'Z')
			lower[i] = (char)(lower[i] + ('a' - 'A'));
	return slice_of(lower, word.len);
}

static enum partiql_token_kind kind_of_word(struct lexer *lexer, struct slice word)
{
	const char *lower = partiql_lower_case(word, lexer->arena).data;

	for (size_t i = 0; i < ARRAY_SIZE(word_kinds); i++)
		if (strcmp(word_kinds[i].word, lower) == 0)
			return word_kinds[i].kind;
	return partiql_is_keyword(lower) ? PARTIQL_KEYWORD : PARTIQL_IDENTIFIER;
}

static void take_word(struct lexer *lexer)
{
	struct slice word = slice_of(lexer->text.data + lexer->at, 1);

	while (begins_name(peek_at(lexer, word.len)) || is_digit(peek_at(lexer, word.len)))
		word.len++;
	take(lexer, kind_of_word(lexer, word), word.len, word);
}

/* 'it''s' or "quoted ""name""": a doubled quote stands for one. */
static int take_quoted(struct lexer *lexer, char quote, struct error *err)
{
	const char *data = lexer->text.data + lexer->at;
	size_t rest = lexer->text.len - lexer->at;
	char *text = arena_alloc(lexer->arena, rest);
	size_t len = 0;

	for (size_t i = 1; i < rest; i++) {
		if (data[i] == quote && (i + 1 == rest || data[i + 1] != quote)) {
			take(lexer, quote == '"' ? PARTIQL_QUOTED : PARTIQL_STRING, i + 1,
				slice_of(text, len));
			return 0;
		}
		if (data[i] == quote)
			i++;
		text[len++] = data[i];
	}
	return partiql_malformed(err, "");
}

static size_t skip_digits(const struct lexer *lexer, size_t at)
{
	while (is_digit(peek_at(lexer, at)))
		at++;
	return at;
}

/* Whether the exponent, and the count of digits right of the point that it
 * leaves, are numbers of 32 bits: beyond that the service reads no number. */
static bool exponent_fits(struct slice digits, bool negative, size_t fraction_digits)
{
	int64_t exponent = 0, scale;

	for (size_t i = 0; i < digits.len && exponent <= INT32_MAX; i++)
		exponent = exponent * 10 + (digits.data[i] - '0');
	exponent = negative ? -exponent : exponent;
	scale = (int64_t)fraction_digits - exponent;
	return exponent <= INT32_MAX && exponent >= INT32_MIN && scale <= INT32_MAX &&
	       scale >= INT32_MIN;
}

/* number = digits ["." [digits]] [e] | "." digits [e]; e = "e" [sign] digits */
static int take_number(struct lexer *lexer, struct error *err)
{
	size_t whole = skip_digits(lexer, 0), fraction = whole, end;
	const char *data = lexer->text.data + lexer->at;
	bool negative;

	if (peek_at(lexer, whole) == '.')
		fraction = skip_digits(lexer, whole + 1);
	end = fraction;
	if (peek_at(lexer, end) == 'e' || peek_at(lexer, end) == 'E') {
		negative = peek_at(lexer, ++end) == '-';
		if (negative || peek_at(lexer, end) == '+')
			end++;
		if (!is_digit(peek_at(lexer, end)))
			return partiql_malformed(err, "");
		fraction = fraction > whole ? fraction - whole - 1 : 0;
		whole = end;
		end = skip_digits(lexer, end);
		if (!exponent_fits(slice_of(data + whole, end - whole), negative, fraction))
			return partiql_malformed(err, "");
	}
	if (begins_name(peek_at(lexer, end)))
		return partiql_malformed(err, "");
	take(lexer, PARTIQL_NUMBER, end, slice_of(data, end));
	return 0;
}

static int take_sign(struct lexer *lexer, struct error *err)
{
	struct slice rest = slice_skip(lexer->text, lexer->at);

	for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
		struct slice text = slice_from_string(signs[i].text);

		if (slice_starts_with(rest, text)) {
			take(lexer, signs[i].kind, text.len, text);
			return 0;
		}
	}
	return partiql_malformed(err, "");
}

static int take_token(struct lexer *lexer, struct error *err)
{
	char c = peek_at(lexer, 0);

	if (begins_name(c)) {
		take_word(lexer);
		return 0;
	}
	if (c == '"' || c == '\'')
		return take_quoted(lexer, c, err);
	if (is_digit(c) || (c == '.' && is_digit(peek_at(lexer, 1))))
		return take_number(lexer, err);
	return take_sign(lexer, err);
}

int partiql_lex(
	struct slice text, struct arena *arena, const struct partiql_token **ret, struct error *err)
{
	struct lexer lexer = { .text = text, .line = 1, .column = 1, .arena = arena };
	bool skipped;

	lexer.tokens = arena_alloc_array(arena, text.len + 1, sizeof(*lexer.tokens));
	while (lexer.at < text.len) {
		if (is_blank(text.data[lexer.at])) {
			advance(&lexer, 1);
			continue;
		}
		TRY(skip_comment(&lexer, &skipped, err));
		if (!skipped)
			TRY(take_token(&lexer, err));
	}
	take(&lexer, PARTIQL_END, 0, SLICE(""));
	*ret = lexer.tokens;
	return 0;
}

bool partiql_token_is(const struct partiql_token *token, const char *text)
{
	if (token->kind != PARTIQL_KEYWORD && token->kind != PARTIQL_OPERATOR &&
		token->kind != PARTIQL_PUNCTUATION)
		return false;
	return strlen(text) == token->text.len &&
	       strncasecmp(text, token->text.data, token->text.len) == 0;
}
