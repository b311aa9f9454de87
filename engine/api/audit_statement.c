/*
 * What a PartiQL statement says without what it compares and stores.
 *
 * Literals are strings in single quotes, Ion in back-quotes and numbers. Words
 * and names, in double quotes or without, stay: a value is never one. Comments
 * may hold anything, and go. Source: PartiQL Specification, "Literals".
 */
#include "api/audit_parameters.h"

#include <ctype.h>

struct redaction {
	struct slice rest;
	struct buf *buf;
};

static void redact(struct redaction *r, size_t length)
{
	buf_append_string(r->buf, AUDIT_REDACTED);
	r->rest = slice_skip(r->rest, length);
}

static void keep(struct redaction *r, size_t length)
{
	buf_append(r->buf, r->rest.data, length);
	r->rest = slice_skip(r->rest, length);
}

/* The length of what begins with a quote: to the quote that ends it, doubled ones
 * being part of it, or to the end. */
static size_t quoted_length(struct slice text)
{
	size_t i = 1;

	for (; i < text.len; i++) {
		if (text.data[i] != text.data[0])
			continue;
		if (i + 1 == text.len || text.data[i + 1] != text.data[0])
			return i + 1;
		i++;
	}
	return text.len;
}

static size_t comment_length(struct slice text)
{
	bool line = slice_starts_with(text, SLICE("--"));
	const char *end;

	if (!line && !slice_starts_with(text, SLICE("/*")))
		return 0;
	end = line ? memchr(text.data, '\n', text.len)
		   : memmem(text.data + 2, text.len - 2, "*/", 2);
	if (!end)
		return text.len;
	return (size_t)(end - text.data) + (line ? 0 : 2);
}

static bool in_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static size_t word_length(struct slice text)
{
	size_t i = 0;

	while (i < text.len && in_word(text.data[i]))
		i++;
	return i;
}

/* digits and what goes on as one: 1.5e-3, and whatever else sticks to it */
static size_t number_length(struct slice text)
{
	size_t i = 0;

	while (i < text.len &&
		(in_word(text.data[i]) || text.data[i] == '.' ||
			(i && strchr("+-", text.data[i]) && strchr("eE", text.data[i - 1]))))
		i++;
	return i;
}

static bool begins_number(struct slice text)
{
	return isdigit((unsigned char)text.data[0]) ||
	       (text.data[0] == '.' && text.len > 1 && isdigit((unsigned char)text.data[1]));
}

static void take_token(struct redaction *r)
{
	char c = r->rest.data[0];
	size_t comment = comment_length(r->rest);

	if (comment)
		r->rest = slice_skip(r->rest, comment);
	else if (c == '\'' || c == '`')
		redact(r, quoted_length(r->rest));
	else if (c == '"')
		keep(r, quoted_length(r->rest));
	else if (begins_number(r->rest))
		redact(r, number_length(r->rest));
	else if (in_word(c))
		keep(r, word_length(r->rest));
	else
		keep(r, 1);
}

void audit_redact_statement(struct slice statement, struct buf *buf)
{
	struct redaction r = { statement, buf };

	while (r.rest.len)
		take_token(&r);
}
