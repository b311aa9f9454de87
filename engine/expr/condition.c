#include "expr/condition.h"

const struct operand *operand_of_path(struct arena *arena, struct document_path path)
{
	struct operand *operand = arena_alloc_zero(arena, sizeof(*operand));

	operand->kind = OPERAND_PATH;
	operand->path = path;
	return operand;
}

const struct operand *operand_of_value(struct arena *arena, const struct value *value)
{
	struct operand *operand = arena_alloc_zero(arena, sizeof(*operand));

	operand->kind = OPERAND_VALUE;
	operand->value = value;
	return operand;
}

const struct condition *condition_new(struct arena *arena, enum condition_kind kind,
	const struct operand *const *operands, size_t operand_count)
{
	struct condition *condition = arena_alloc_zero(arena, sizeof(*condition));

	condition->kind = kind;
	condition->operands = operands;
	condition->operand_count = operand_count;
	return condition;
}

const struct condition *condition_join(struct arena *arena, enum condition_kind kind,
	const struct condition *left, const struct condition *right)
{
	struct condition *condition = arena_alloc_zero(arena, sizeof(*condition));

	condition->kind = kind;
	condition->children[0] = left;
	condition->children[1] = right;
	return condition;
}

/* UTF-16 code units of valid UTF-8: one a code point, two beyond the BMP. */
static size_t count_utf16(struct slice text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];

		count += ((c & 0xC0) != 0x80) + (c >= 0xF0);
	}
	return count;
}

/* Whether the value's type has a size. */
static bool size_of_value(const struct value *value, size_t *ret)
{
	switch (value->type) {
	case VALUE_S:
		*ret = count_utf16(value->bytes);
		return true;
	case VALUE_B:
		*ret = value->bytes.len;
		return true;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
	case VALUE_L:
		*ret = value->elements.count;
		return true;
	case VALUE_M:
		*ret = value->map.count;
		return true;
	case VALUE_N:
	case VALUE_BOOL:
	case VALUE_NULL:
	case VALUE_TYPE_COUNT:
		break;
	}
	return false;
}

static const struct value *plain_operand(const struct operand *operand, const struct map *item)
{
	return operand->kind == OPERAND_VALUE ? operand->value
					      : document_path_find(&operand->path, item);
}

/* Only operands of conditions: not those of updates. */
static const struct value *evaluate(
	const struct operand *operand, const struct map *item, struct value *size)
{
	const struct value *value;
	size_t count;

	if (operand->kind != OPERAND_SIZE)
		return plain_operand(operand, item);
	value = plain_operand(operand->arguments[0], item);
	if (!value || !size_of_value(value, &count))
		return NULL;
	*size = (struct value){ .type = VALUE_N, .number = number_from_int64((int64_t)count) };
	return size;
}

static bool types_have_order(const struct value *a, const struct value *b)
{
	return a->type == b->type &&
	       (a->type == VALUE_S || a->type == VALUE_N || a->type == VALUE_B);
}

static bool compare(enum comparator comparator, const struct value *a, const struct value *b)
{
	bool ordered = types_have_order(a, b);
	int order = ordered ? value_compare(a, b) : 0;

	switch (comparator) {
	case COMPARATOR_EQ:
		return value_equal(a, b);
	case COMPARATOR_NE:
		return !value_equal(a, b);
	case COMPARATOR_LT:
		return ordered && order < 0;
	case COMPARATOR_LE:
		return ordered && order <= 0;
	case COMPARATOR_GT:
		return ordered && order > 0;
	case COMPARATOR_GE:
		return ordered && order >= 0;
	}
	return false;
}

static bool holds_compare(const struct condition *condition, const struct map *item)
{
	struct value sizes[2];
	const struct value *a = evaluate(condition->operands[0], item, &sizes[0]);
	const struct value *b = evaluate(condition->operands[1], item, &sizes[1]);

	if (!a || !b)
		return condition->comparator == COMPARATOR_NE;
	return compare(condition->comparator, a, b);
}

static bool holds_between(const struct condition *condition, const struct map *item)
{
	struct value sizes[3];
	const struct value *value = evaluate(condition->operands[0], item, &sizes[0]);
	const struct value *lower = evaluate(condition->operands[1], item, &sizes[1]);
	const struct value *upper = evaluate(condition->operands[2], item, &sizes[2]);

	return value && lower && upper && compare(COMPARATOR_GE, value, lower) &&
	       compare(COMPARATOR_LE, value, upper);
}

static bool holds_in(const struct condition *condition, const struct map *item)
{
	struct value sizes[2];
	const struct value *value = evaluate(condition->operands[0], item, &sizes[0]);

	for (size_t i = 1; value && i < condition->operand_count; i++) {
		const struct value *other = evaluate(condition->operands[i], item, &sizes[1]);

		if (other && value_equal(value, other))
			return true;
	}
	return false;
}

static bool begins_with(const struct value *value, const struct value *prefix)
{
	return value->type == prefix->type && (value->type == VALUE_S || value->type == VALUE_B) &&
	       slice_starts_with(value->bytes, prefix->bytes);
}

static bool has_element(const struct elements *elements, const struct value *wanted)
{
	for (size_t i = 0; i < elements->count; i++)
		if (value_equal(&elements->items[i], wanted))
			return true;
	return false;
}

/* Part of a string or of binary, a member of a set or of a list. */
static bool contains(const struct value *value, const struct value *part)
{
	switch (value->type) {
	case VALUE_S:
	case VALUE_B:
		return part->type == value->type &&
		       (!part->bytes.len || memmem(value->bytes.data, value->bytes.len,
						    part->bytes.data, part->bytes.len));
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
	case VALUE_L:
		return has_element(&value->elements, part);
	case VALUE_N:
	case VALUE_BOOL:
	case VALUE_NULL:
	case VALUE_M:
	case VALUE_TYPE_COUNT:
		break;
	}
	return false;
}

/* A function of two operands; false when one is not there. */
static bool holds_function(const struct condition *condition, const struct map *item)
{
	struct value sizes[2];
	const struct value *a = evaluate(condition->operands[0], item, &sizes[0]);
	const struct value *b = evaluate(condition->operands[1], item, &sizes[1]);

	if (!a || !b)
		return false;
	if (condition->kind == CONDITION_ATTRIBUTE_TYPE)
		return slice_equal_string(b->bytes, value_type_name(a->type));
	return condition->kind == CONDITION_CONTAINS ? contains(a, b) : begins_with(a, b);
}

bool condition_holds(const struct condition *condition, const struct map *item)
{
	switch (condition->kind) {
	case CONDITION_AND:
		return condition_holds(condition->children[0], item) &&
		       condition_holds(condition->children[1], item);
	case CONDITION_OR:
		return condition_holds(condition->children[0], item) ||
		       condition_holds(condition->children[1], item);
	case CONDITION_NOT:
		return !condition_holds(condition->children[0], item);
	case CONDITION_COMPARE:
		return holds_compare(condition, item);
	case CONDITION_BETWEEN:
		return holds_between(condition, item);
	case CONDITION_IN:
		return holds_in(condition, item);
	case CONDITION_ATTRIBUTE_EXISTS:
		return plain_operand(condition->operands[0], item);
	case CONDITION_ATTRIBUTE_NOT_EXISTS:
		return !plain_operand(condition->operands[0], item);
	case CONDITION_ATTRIBUTE_TYPE:
	case CONDITION_BEGINS_WITH:
	case CONDITION_CONTAINS:
		return holds_function(condition, item);
	}
	return false;
}

static int visit_operand(const struct operand *operand, condition_path_visitor *visit,
	void *context, struct error *err)
{
	if (operand->kind == OPERAND_SIZE)
		operand = operand->arguments[0];
	return operand->kind == OPERAND_PATH ? visit(context, &operand->path, err) : 0;
}

int condition_visit_paths(const struct condition *condition, condition_path_visitor *visit,
	void *context, struct error *err)
{
	for (size_t i = 0; i < 2; i++)
		if (condition->children[i])
			TRY(condition_visit_paths(condition->children[i], visit, context, err));
	for (size_t i = 0; i < condition->operand_count; i++)
		TRY(visit_operand(condition->operands[i], visit, context, err));
	return 0;
}
