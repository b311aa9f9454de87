/* A PartiQL statement as a question. */
#include "api/question_private.h"
#include "expr/condition_keys.h"

#include <strings.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice skip_blanks(struct slice text)
{
	while (text.len && is_blank(text.data[0]))
		text = slice_skip(text, 1);
	return text;
}

static struct slice first_word(struct slice text)
{
	size_t len = 0;

	while (len < text.len && is_letter(text.data[len]))
		len++;
	return slice_of(text.data, len);
}

static bool word_is_one_of(struct slice word, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (word.len == strlen(words[i]) && strncasecmp(word.data, words[i], word.len) == 0)
			return true;
	return false;
}

/* Attributes may be called so too, and then an operator follows. */
bool question_is_statement(struct slice text)
{
	static const char *const verbs[] = { "SELECT", "INSERT", "UPDATE", "DELETE", "EXISTS" };
	static const char *const operators[] = { "IN", "BETWEEN" };
	struct slice start = skip_blanks(text), word = first_word(start), rest;

	if (!word_is_one_of(word, verbs, ARRAY_SIZE(verbs)))
		return false;
	rest = skip_blanks(slice_skip(start, word.len));
	if (!rest.len)
		return false;
	if (rest.data == word.data + word.len)
		return rest.data[0] == '(';
	return !strchr("=<>!", rest.data[0]) &&
	       !word_is_one_of(first_word(rest), operators, ARRAY_SIZE(operators));
}

/* The offset of a place in lines and characters. */
static size_t offset_of(struct slice text, unsigned line, unsigned column)
{
	size_t at = 0;

	for (; at < text.len && line > 1; at++)
		line -= text.data[at] == '\n';
	for (; at < text.len && column > 1; at++)
		column -= at + 1 == text.len || ((unsigned char)text.data[at + 1] & 0xC0) != 0x80;
	return at;
}

/* PartiQL's messages end with the place, " at 1:27:5", when they know it. Always
 * -1. */
static int place_error(struct slice text, struct error *err)
{
	const char *place = NULL;
	unsigned line, column;
	int end = 0;

	for (const char *at = err->message; (at = strstr(at, " at ")); at++)
		place = at;
	if (place && sscanf(place, " at %u:%u:%*u%n", &line, &column, &end) == 2 && end &&
		!place[end])
		error_set_place(err, error_place_at(text, offset_of(text, line, column)));
	return -1;
}

static int check_table(const struct partiql_statement *statement, const struct table_facts *table,
	struct error *err)
{
	if (slice_equal(statement->table_name, table->table_name))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"The statement names the table %.*s, and the table here is %.*s",
		SLICE_ARG(statement->table_name), SLICE_ARG(table->table_name));
}

/* What the statement's WHERE says of the target's partitions, or NULL. */
static const struct condition *partitions_of(const struct partiql_statement *statement,
	const struct question_target *target, struct arena *arena)
{
	struct slice name = target->layout.partition[0].name;
	struct pinned_values values;

	if (!statement->where || !condition_pins(statement->where, name, arena, &values) ||
		!values.count)
		return NULL;
	return condition_of_values(name, &values, arena);
}

static int plan_select(const struct partiql_statement *statement, const struct table_facts *table,
	struct arena *arena, struct question *ret, struct error *err)
{
	const struct question_targets targets = question_targets(table, arena);
	const struct question_target *target =
		question_find_target(&targets, statement->index_name);
	bool keyed = false, narrowed;

	if (!target)
		return error_set(
			err, ERROR_VALIDATION, "The table does not have the specified index");
	if (question_target_is_simple(target))
		TRY(question_plan_select(statement, target, arena, &keyed, &narrowed, err));
	if (keyed)
		ret->plan = slice_present(statement->index_name) ? PLAN_INDEX : PLAN_KEY;
	if (statement->where)
		question_tell_condition(ret, statement->where, target,
			keyed ? partitions_of(statement, target, arena) : NULL, keyed, arena);
	return 0;
}

static struct slice trim(struct slice text)
{
	text = skip_blanks(text);
	while (text.len && is_blank(text.data[text.len - 1]))
		text.len--;
	return text;
}

int question_read_statement(struct slice text, const struct table_facts *table, struct arena *arena,
	struct question *ret, struct error *err)
{
	struct partiql_statement statement;
	struct question question = {
		.kind = QUESTION_STATEMENT,
		.plan = PLAN_WRITE,
		.request.statement.statement = trim(text),
	};

	if (partiql_parse(text, NULL, 0, arena, &statement, err) < 0)
		return place_error(text, err);
	if (statement.kind == PARTIQL_EXISTS)
		return error_set(err, ERROR_VALIDATION,
			"EXISTS can only be used in ExecuteTransaction write requests.");
	question.table_name = statement.table_name;
	question.index_name = statement.index_name;
	if (table)
		TRY(check_table(&statement, table, err));
	if (statement.kind == PARTIQL_SELECT) {
		question.plan = PLAN_SCAN;
		if (table)
			TRY(plan_select(&statement, table, arena, &question, err));
	}
	*ret = question;
	return 0;
}
