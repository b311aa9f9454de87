#include "expr/condition_write.h"

#include "expr/parser.h"
#include "model/plain.h"

#define MODEST_DEPTH     20
#define MODEST_OPERATORS 100
#define MODEST_OPERANDS  60

struct writer {
	struct buf *buf;
	struct value_list *parameters; /* of PartiQL; NULL: values go into the text */
	struct arena *arena; /* theirs */
};

static void put(const struct writer *writer, const char *text)
{
	buf_append_string(writer->buf, text);
}

/* In quotes, each one within doubled. */
static void append_quoted(struct buf *buf, struct slice text, char quote)
{
	buf_append_char(buf, quote);
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == quote)
			buf_append_char(buf, quote);
		buf_append_char(buf, text.data[i]);
	}
	buf_append_char(buf, quote);
}

void condition_append_name(struct buf *buf, struct slice name)
{
	if (literal_lexer_is_name(name))
		buf_append_slice(buf, name);
	else
		append_quoted(buf, name, '"');
}

void condition_append_value(struct buf *buf, const struct value *value)
{
	if (value->type == VALUE_S)
		append_quoted(buf, value->bytes, '\'');
	else
		plain_append_value(buf, value);
}

static void write_name(const struct writer *writer, struct slice name)
{
	if (writer->parameters)
		append_quoted(writer->buf, name, '"');
	else
		condition_append_name(writer->buf, name);
}

static void write_path(const struct writer *writer, const struct document_path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		const struct document_path_step *step = &path->steps[i];

		if (step->is_index) {
			buf_appendf(writer->buf, "[%u]", step->index);
			continue;
		}
		if (i)
			put(writer, ".");
		write_name(writer, step->name);
	}
}

static void add_value(struct value_list *list, const struct value *value, struct arena *arena)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 4;
		struct value *items = arena_alloc_array(arena, capacity, sizeof(*items));

		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = *value;
}

static void write_value(const struct writer *writer, const struct value *value)
{
	if (!writer->parameters) {
		condition_append_value(writer->buf, value);
		return;
	}
	add_value(writer->parameters, value, writer->arena);
	put(writer, "?");
}

/* Only operands of conditions: not those of updates. */
static void write_operand(const struct writer *writer, const struct operand *operand)
{
	if (operand->kind == OPERAND_VALUE) {
		write_value(writer, operand->value);
	} else if (operand->kind == OPERAND_PATH) {
		write_path(writer, &operand->path);
	} else {
		put(writer, "size(");
		write_operand(writer, operand->arguments[0]);
		put(writer, ")");
	}
}

/* Operands from that one on, with a comma between two. */
static void write_operands(
	const struct writer *writer, const struct condition *condition, size_t first)
{
	for (size_t i = first; i < condition->operand_count; i++) {
		if (i > first)
			put(writer, ", ");
		write_operand(writer, condition->operands[i]);
	}
}

static void write_call(
	const struct writer *writer, const char *name, const struct condition *condition)
{
	put(writer, name);
	put(writer, "(");
	write_operands(writer, condition, 0);
	put(writer, ")");
}

static void write_comparison(const struct writer *writer, const char *comparator,
	const struct operand *left, const struct operand *right)
{
	write_operand(writer, left);
	put(writer, " ");
	put(writer, comparator);
	put(writer, " ");
	write_operand(writer, right);
}

static void write_between(const struct writer *writer, const struct condition *condition)
{
	write_operand(writer, condition->operands[0]);
	put(writer, " BETWEEN ");
	write_operand(writer, condition->operands[1]);
	put(writer, " AND ");
	write_operand(writer, condition->operands[2]);
}

/* PartiQL has brackets around the list, and no value left of it. */
static void write_in(const struct writer *writer, const struct condition *condition)
{
	const struct operand *left = condition->operands[0];

	if (!writer->parameters || left->kind != OPERAND_VALUE) {
		write_operand(writer, left);
		put(writer, writer->parameters ? " IN [" : " IN (");
		write_operands(writer, condition, 1);
		put(writer, writer->parameters ? "]" : ")");
		return;
	}
	for (size_t i = 1; i < condition->operand_count; i++) {
		put(writer, i > 1 ? " OR " : "(");
		write_comparison(writer, "=", left, condition->operands[i]);
	}
	put(writer, ")");
}

/* PartiQL writes attribute_exists() so. */
static void write_presence(
	const struct writer *writer, const char *suffix, const struct condition *condition)
{
	write_operand(writer, condition->operands[0]);
	put(writer, suffix);
}

/* How tightly a condition holds together. */
static unsigned precedence(const struct condition *condition)
{
	if (condition->kind == CONDITION_OR)
		return 0;
	return condition->kind == CONDITION_AND ? 1 : 2;
}

static void write_condition(const struct writer *writer, const struct condition *condition);

static void write_child(
	const struct writer *writer, const struct condition *child, const struct condition *parent)
{
	bool grouped = precedence(child) < precedence(parent);

	put(writer, grouped ? "(" : "");
	write_condition(writer, child);
	put(writer, grouped ? ")" : "");
}

static void write_joined(
	const struct writer *writer, const char *connective, const struct condition *condition)
{
	write_child(writer, condition->children[0], condition);
	put(writer, connective);
	write_child(writer, condition->children[1], condition);
}

static void write_condition(const struct writer *writer, const struct condition *condition)
{
	static const char *const comparators[] = {
		[COMPARATOR_EQ] = "=",
		[COMPARATOR_NE] = "<>",
		[COMPARATOR_LT] = "<",
		[COMPARATOR_LE] = "<=",
		[COMPARATOR_GT] = ">",
		[COMPARATOR_GE] = ">=",
	};

	switch (condition->kind) {
	case CONDITION_AND:
		write_joined(writer, " AND ", condition);
		break;
	case CONDITION_OR:
		write_joined(writer, " OR ", condition);
		break;
	case CONDITION_NOT:
		put(writer, "NOT (");
		write_condition(writer, condition->children[0]);
		put(writer, ")");
		break;
	case CONDITION_COMPARE:
		write_comparison(writer, comparators[condition->comparator], condition->operands[0],
			condition->operands[1]);
		break;
	case CONDITION_BETWEEN:
		write_between(writer, condition);
		break;
	case CONDITION_IN:
		write_in(writer, condition);
		break;
	case CONDITION_ATTRIBUTE_EXISTS:
		if (writer->parameters)
			write_presence(writer, " IS NOT MISSING", condition);
		else
			write_call(writer, "attribute_exists", condition);
		break;
	case CONDITION_ATTRIBUTE_NOT_EXISTS:
		if (writer->parameters)
			write_presence(writer, " IS MISSING", condition);
		else
			write_call(writer, "attribute_not_exists", condition);
		break;
	case CONDITION_ATTRIBUTE_TYPE:
		write_call(writer, "attribute_type", condition);
		break;
	case CONDITION_BEGINS_WITH:
		write_call(writer, "begins_with", condition);
		break;
	case CONDITION_CONTAINS:
		write_call(writer, "contains", condition);
		break;
	}
}

/* Adds the operators of a condition; false when it is not modest. */
static bool add_operators(const struct condition *condition, unsigned depth, unsigned *operators)
{
	if (depth > MODEST_DEPTH || condition->operand_count > MODEST_OPERANDS ||
		++*operators > MODEST_OPERATORS)
		return false;
	if (condition->kind == CONDITION_IN && condition->operands[0]->kind == OPERAND_VALUE)
		return false; /* several comparisons in the text */
	for (size_t i = 0; i < ARRAY_SIZE(condition->children); i++)
		if (condition->children[i] &&
			!add_operators(condition->children[i], depth + 1, operators))
			return false;
	return true;
}

bool condition_is_modest(const struct condition *condition)
{
	unsigned operators = 0;

	return add_operators(condition, 0, &operators);
}

void condition_append(struct buf *buf, const struct condition *condition)
{
	const struct writer writer = { .buf = buf };

	write_condition(&writer, condition);
}

void condition_append_partiql(struct buf *buf, const struct condition *condition,
	struct value_list *parameters, struct arena *arena)
{
	const struct writer writer = { buf, parameters, arena };

	write_condition(&writer, condition);
}
