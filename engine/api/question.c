#include "api/question_private.h"

#include "base/text.h"
#include "expr/condition.h"
#include "model/json.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int check_text(struct slice text, struct error *err)
{
	size_t offset;

	if (utf8_check(text, &offset))
		return 0;
	error_set(err, ERROR_VALIDATION, "A question is UTF-8 text");
	error_set_place(err, error_place_at(text, offset));
	return -1;
}

enum object_state {
	OBJECT_NONE, /* the text begins otherwise */
	OBJECT_OPEN, /* its end is still to come */
	OBJECT_BROKEN, /* not JSON */
	OBJECT_FOLLOWED, /* by more than blanks */
	OBJECT_ALONE,
};

/* The JSON object that a text begins with. */
static enum object_state find_object(struct slice text)
{
	struct error unused CLEANUP(error_release) = ERROR_INIT;
	struct json_scanner scanner CLEANUP(json_scanner_release) = { 0 };
	int r = JSON_INCOMPLETE;
	size_t at = 0;

	while (at < text.len && is_blank(text.data[at]))
		at++;
	if (at == text.len || text.data[at] != '{')
		return OBJECT_NONE;
	json_scanner_init(&scanner);
	for (; at < text.len && r == JSON_INCOMPLETE; at++)
		r = json_scanner_feed(&scanner, slice_of(text.data + at, 1), &unused);
	if (r < 0)
		return OBJECT_BROKEN;
	if (r == JSON_INCOMPLETE)
		return OBJECT_OPEN;
	return text_is_blank(slice_skip(text, at)) ? OBJECT_ALONE : OBJECT_FOLLOWED;
}

/* A condition may begin with a map, but then goes on. */
static bool is_request(enum object_state state)
{
	return state != OBJECT_NONE && state != OBJECT_FOLLOWED;
}

/* A condition ends before the line's end: so do places in it, and carets. */
static struct slice without_blank_end(struct slice text)
{
	while (text.len && text_is_blank(slice_skip(text, text.len - 1)))
		text.len--;
	return text;
}

static int read_kind(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	if (!table && text_is_blank(text))
		return error_set(err, ERROR_VALIDATION, "The statement can not be empty");
	if (!table || question_is_statement(text))
		return question_read_statement(text, table, arena, ret, err);
	if (is_request(find_object(text)))
		return question_read_request(text, table, arena, ret, err);
	return question_read_condition(without_blank_end(text), table, arena, ret, err);
}

int question_read(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	struct slice copy = arena_copy(arena, slice_present(text) ? text : SLICE(""));
	struct question question;

	TRY(check_text(copy, err));
	if (read_kind(copy, table, arena, &question, err) < 0) {
		err->class = ERROR_VALIDATION; /* JSON of wrong types and empty keys, too */
		return -1;
	}
	/* these may be the table's, which need not live as long */
	question.table_name = arena_copy(arena, question.table_name);
	question.index_name = arena_copy(arena, question.index_name);
	*ret = question;
	return 0;
}

/* What is open while a text is looked at. */
struct nesting {
	size_t depth; /* of all brackets */
	size_t json_depth; /* of [ and {, in which strings are JSON's */
	char quote; /* that is open; 0: none */
};

static void nesting_take(struct nesting *nesting, char c)
{
	switch (c) {
	case '\'':
	case '"':
		nesting->quote = c;
		break;
	case '[':
	case '{':
		nesting->json_depth++;
		nesting->depth++;
		break;
	case '(':
		nesting->depth++;
		break;
	case ']':
	case '}':
		nesting->json_depth -= nesting->json_depth > 0;
		nesting->depth -= nesting->depth > 0;
		break;
	case ')':
		nesting->depth -= nesting->depth > 0;
		break;
	default:
		break;
	}
}

bool question_is_complete(struct slice text)
{
	enum object_state object = find_object(text);
	struct nesting nesting = { 0 };

	if (is_request(object))
		return object != OBJECT_OPEN;
	if (!text.len || text.data[text.len - 1] != '\n')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		if (!nesting.quote)
			nesting_take(&nesting, c);
		else if (c == nesting.quote)
			nesting.quote = 0;
		else if (c == '\\' && nesting.quote == '"' && nesting.json_depth)
			i++;
	}
	return !nesting.depth && !nesting.quote;
}

bool question_holds(const struct question *question, const struct map *item)
{
	return !question->condition || condition_holds(question->condition, item);
}
