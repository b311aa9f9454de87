#include "expr/condition_private.h"

#include "base/text.h"

/* The types that a path could have, as the service lists them. */
#define ANY_TYPE \
	"{S,SS,N,NS,B,BS,BOOL,NULL,L,M,HD,DOUBLE,FLOAT,HDS,FS,DOUBLESET,DICT,DECIMAL,INT," \
	"DECIMALSET,INTSET}"
#define TYPE_NAMES "{S,SS,N,NS,B,BS,BOOL,NULL,L,M}"

/* Sets of types. */
#define TYPE(type)    (1U << (type))
#define ORDERED_TYPES (TYPE(VALUE_S) | TYPE(VALUE_N) | TYPE(VALUE_B))
#define BYTES_TYPES   (TYPE(VALUE_S) | TYPE(VALUE_B))
#define UNSIZED_TYPES (TYPE(VALUE_N) | TYPE(VALUE_BOOL) | TYPE(VALUE_NULL))
#define ALL_TYPES     (TYPE(VALUE_TYPE_COUNT) - 1)

static const struct function functions[] = {
	{ .name = SLICE("attribute_exists"),
		.kind = CONDITION_ATTRIBUTE_EXISTS,
		.operand_count = 1,
		.takes_path = true,
		.operand_types = ALL_TYPES },
	{ .name = SLICE("attribute_not_exists"),
		.kind = CONDITION_ATTRIBUTE_NOT_EXISTS,
		.operand_count = 1,
		.takes_path = true,
		.operand_types = ALL_TYPES },
	{ .name = SLICE("attribute_type"),
		.kind = CONDITION_ATTRIBUTE_TYPE,
		.operand_count = 2,
		.names_type = true,
		.operand_types = ALL_TYPES },
	{ .name = SLICE("begins_with"),
		.kind = CONDITION_BEGINS_WITH,
		.operand_count = 2,
		.operand_types = BYTES_TYPES },
	{ .name = SLICE("contains"),
		.kind = CONDITION_CONTAINS,
		.operand_count = 2,
		.operand_types = ALL_TYPES },
	{ .name = SLICE("size"),
		.is_operand = true,
		.operand_count = 1,
		.operand_types = ALL_TYPES & ~UNSIZED_TYPES },
	{ .name = SLICE("if_not_exists"), .of_updates = true },
	{ .name = SLICE("list_append"), .of_updates = true },
};

const struct function *function_find(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
		if (slice_equal(functions[i].name, name))
			return &functions[i];
	return NULL;
}

void operand_list_add(struct operand_list *list, const struct operand *operand, struct arena *arena)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 3;
		const struct operand **items = arena_alloc(arena, capacity * sizeof(*items));

		for (size_t i = 0; i < list->count; i++)
			items[i] = list->items[i];
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = operand;
}

/* Whether the type is known without an item. */
static bool operand_type(const struct operand *operand, enum value_type *ret)
{
	if (operand->kind == OPERAND_VALUE)
		*ret = operand->value->type;
	else if (operand->kind == OPERAND_SIZE)
		*ret = VALUE_N;
	else
		return false;
	return true;
}

/* Notes an operand that cannot be of one of the types; false then. */
static bool check_type(struct parser *parser, struct slice operator, const struct operand * operand,
	unsigned types)
{
	enum value_type type;

	if (!operand_type(operand, &type) || (types & TYPE(type)))
		return true;
	parser_note(parser, PHASE_MEANING, NULL,
		"Incorrect operand type for operator or function; operator or function: %.*s, "
		"operand type: %s",
		SLICE_ARG(operator), value_type_name(type));
	return false;
}

/* The first operand, when it is a path, stands once. */
static void check_distinct(struct parser *parser, struct slice operator,
	const struct operand * const * operands, size_t count)
{
	CLEANUP(buf_release) struct buf path = BUF_INIT;

	if (operands[0]->kind != OPERAND_PATH)
		return;
	for (size_t i = 1; i < count; i++) {
		if (operands[i]->kind != OPERAND_PATH ||
			!document_path_equal(&operands[0]->path, &operands[i]->path))
			continue;
		document_path_append(&path, &operands[0]->path);
		parser_note(parser, PHASE_MEANING, NULL,
			"The first operand must be distinct from the remaining operands for this "
			"operator or function; operator: %.*s, first operand: %s",
			SLICE_ARG(operator), buf_string(&path));
		return;
	}
}

void operands_check_comparison(struct parser *parser, struct slice comparator,
	const struct operand *left, const struct operand *right)
{
	const struct operand *operands[] = { left, right };
	bool ordered =
		!slice_equal_string(comparator, "=") && !slice_equal_string(comparator, "<>");

	for (size_t i = 0; ordered && i < 2; i++)
		check_type(parser, comparator, operands[i], ORDERED_TYPES);
	check_distinct(parser, comparator, operands, 2);
}

/* "AttributeValue: {S:abc}" of a scalar. */
static void append_bound(struct buf *buf, const struct value *value)
{
	buf_appendf(buf, "AttributeValue: {%s:", value_type_name(value->type));
	if (value->type == VALUE_N)
		number_format(&value->number, buf);
	else if (value->type == VALUE_B)
		base64_append(buf, value->bytes);
	else
		buf_append_slice(buf, value->bytes);
	buf_append_char(buf, '}');
}

static void note_bounds(struct parser *parser, const char *rule, const struct value *lower,
	const struct value *upper)
{
	CLEANUP(buf_release) struct buf text = BUF_INIT;

	buf_append_string(&text, "lower bound operand: ");
	append_bound(&text, lower);
	buf_append_string(&text, ", upper bound operand: ");
	append_bound(&text, upper);
	parser_note(parser, PHASE_MEANING, NULL, "The BETWEEN operator requires %s; %s", rule,
		buf_string(&text));
}

static void check_bounds(
	struct parser *parser, const struct operand *lower, const struct operand *upper)
{
	if (lower->kind != OPERAND_VALUE || upper->kind != OPERAND_VALUE)
		return;
	if (lower->value->type != upper->value->type)
		note_bounds(parser, "same data type for lower and upper bounds", lower->value,
			upper->value);
	else if (value_compare(lower->value, upper->value) > 0)
		note_bounds(parser, "upper bound to be greater than or equal to lower bound",
			lower->value, upper->value);
}

void operands_check_between(struct parser *parser, const struct operand *const operands[3])
{
	for (size_t i = 0; i < 3; i++)
		if (!check_type(parser, SLICE("BETWEEN"), operands[i], ORDERED_TYPES))
			return;
	check_bounds(parser, operands[1], operands[2]);
	check_distinct(parser, SLICE("BETWEEN"), operands, 3);
}

void operands_check_in(struct parser *parser, const struct operand_list *operands)
{
	if (operands->count - 1 > CONDITION_IN_MAX && !parser_is_question(parser))
		parser_note(parser, PHASE_MEANING, NULL,
			"The IN operator is provided with too many operands; number of operands: "
			"%zu",
			operands->count - 1);
	check_distinct(parser, SLICE("IN"), operands->items, operands->count);
}

static void check_path(struct parser *parser, struct slice name, const struct operand *operand)
{
	if (operand->kind != OPERAND_PATH)
		parser_note(parser, PHASE_MEANING, NULL,
			"Operator or function requires a document path; operator or function: "
			"%.*s",
			SLICE_ARG(name));
}

static void check_type_name(struct parser *parser, struct slice name, const struct operand *operand)
{
	enum value_type ignored;

	if (operand->kind == OPERAND_PATH)
		parser_note(parser, PHASE_MEANING, NULL,
			"Incorrect operand type for operator or function; operator or function: "
			"%.*s, operand type: " ANY_TYPE,
			SLICE_ARG(name));
	else if (check_type(parser, name, operand, TYPE(VALUE_S)) &&
		 !value_type_parse(operand->value->bytes, &ignored))
		parser_note(parser, PHASE_MEANING, NULL,
			"Invalid attribute type name found; type: %.*s, valid types: " TYPE_NAMES,
			SLICE_ARG(operand->value->bytes));
}

void call_check(
	struct parser *parser, const struct function *function, const struct operand_list *operands)
{
	if (operands->count != function->operand_count) {
		parser_note(parser, PHASE_MEANING, NULL,
			"Incorrect number of operands for operator or function; operator or "
			"function: %.*s, number of operands: %zu",
			SLICE_ARG(function->name), operands->count);
		return;
	}
	if (function->takes_path)
		check_path(parser, function->name, operands->items[0]);
	check_distinct(parser, function->name, operands->items, operands->count);
	for (size_t i = 0; i < operands->count; i++)
		check_type(parser, function->name, operands->items[i], function->operand_types);
	if (function->names_type)
		check_type_name(parser, function->name, operands->items[1]);
}
