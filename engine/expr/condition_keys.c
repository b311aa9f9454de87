#include "expr/condition_keys.h"

static bool names(const struct operand *operand, struct slice name)
{
	return operand->kind == OPERAND_PATH && operand->path.count == 1 &&
	       slice_equal(document_path_root(&operand->path), name);
}

/* Whether all operands from the second on are values. */
static bool has_values(const struct condition *condition)
{
	for (size_t i = 1; i < condition->operand_count; i++)
		if (condition->operands[i]->kind != OPERAND_VALUE)
			return false;
	return true;
}

/* What the attribute is compared with, on either side; NULL: it is not. */
static const struct value *compared_value(const struct condition *condition, struct slice name)
{
	for (size_t i = 0; condition->kind == CONDITION_COMPARE && i < 2; i++)
		if (names(condition->operands[i], name) &&
			condition->operands[!i]->kind == OPERAND_VALUE)
			return condition->operands[!i]->value;
	return NULL;
}

bool condition_is_equality(const struct condition *condition, struct slice name)
{
	if (condition->kind == CONDITION_IN)
		return names(condition->operands[0], name) && has_values(condition);
	return condition->kind == CONDITION_COMPARE && condition->comparator == COMPARATOR_EQ &&
	       compared_value(condition, name);
}

bool condition_is_range(const struct condition *condition, struct slice name)
{
	if (condition->kind == CONDITION_BETWEEN || condition->kind == CONDITION_BEGINS_WITH)
		return names(condition->operands[0], name) && has_values(condition);
	return condition->kind == CONDITION_COMPARE && condition->comparator != COMPARATOR_NE &&
	       compared_value(condition, name);
}

static bool holds(const struct pinned_values *values, const struct value *value)
{
	for (size_t i = 0; i < values->count; i++)
		if (value_equal(values->items[i], value))
			return true;
	return false;
}

/* False when there is no room. */
static bool add(struct pinned_values *values, const struct value *value)
{
	if (holds(values, value))
		return true;
	if (values->count == PINNED_VALUES_MAX)
		return false;
	values->items[values->count++] = value;
	return true;
}

static bool take_equality(
	const struct condition *condition, struct slice name, struct pinned_values *ret)
{
	ret->count = 0;
	if (!condition_is_equality(condition, name))
		return false;
	if (condition->kind == CONDITION_COMPARE)
		return add(ret, compared_value(condition, name));
	for (size_t i = 1; i < condition->operand_count; i++)
		if (!add(ret, condition->operands[i]->value))
			return false;
	return true;
}

static bool unite(struct pinned_values *values, const struct pinned_values *others)
{
	for (size_t i = 0; i < others->count; i++)
		if (!add(values, others->items[i]))
			return false;
	return true;
}

static void intersect(struct pinned_values *values, const struct pinned_values *others)
{
	size_t count = 0;

	for (size_t i = 0; i < values->count; i++)
		if (holds(others, values->items[i]))
			values->items[count++] = values->items[i];
	values->count = count;
}

bool condition_pins(const struct condition *condition, struct slice name, struct arena *arena,
	struct pinned_values *ret)
{
	bool is_and = condition->kind == CONDITION_AND, left, right;
	struct pinned_values *others;

	if (!is_and && condition->kind != CONDITION_OR)
		return take_equality(condition, name, ret);
	left = condition_pins(condition->children[0], name, arena, ret);
	if (!is_and && !left)
		return false;
	others = arena_alloc(arena, sizeof(*others));
	right = condition_pins(condition->children[1], name, arena, others);
	if (!is_and)
		return right && unite(ret, others);
	if (left && right)
		intersect(ret, others);
	else if (right)
		*ret = *others;
	return left || right;
}

static bool all_values_are(const struct condition *condition, enum value_type type)
{
	for (size_t i = 0; i < condition->operand_count; i++)
		if (condition->operands[i]->kind == OPERAND_VALUE &&
			condition->operands[i]->value->type != type)
			return false;
	return true;
}

static bool is_type_test(const struct condition *condition, struct slice name, enum value_type type)
{
	return condition->kind == CONDITION_ATTRIBUTE_TYPE && names(condition->operands[0], name) &&
	       slice_equal_string(condition->operands[1]->value->bytes, value_type_name(type));
}

bool condition_implies_type(
	const struct condition *condition, struct slice name, enum value_type type)
{
	if (condition->kind == CONDITION_AND)
		return condition_implies_type(condition->children[0], name, type) ||
		       condition_implies_type(condition->children[1], name, type);
	if (condition->kind == CONDITION_OR)
		return condition_implies_type(condition->children[0], name, type) &&
		       condition_implies_type(condition->children[1], name, type);
	if (condition_is_equality(condition, name) || condition_is_range(condition, name))
		return all_values_are(condition, type);
	return is_type_test(condition, name, type);
}

void condition_visit_terms(
	const struct condition *condition, condition_visitor *visit, void *context)
{
	if (condition->kind != CONDITION_AND) {
		visit(context, condition);
		return;
	}
	condition_visit_terms(condition->children[0], visit, context);
	condition_visit_terms(condition->children[1], visit, context);
}

const struct condition *condition_of_values(
	struct slice name, const struct pinned_values *values, struct arena *arena)
{
	const struct operand **operands =
		arena_alloc_array(arena, 1 + values->count, sizeof(struct operand *));

	operands[0] = operand_of_path(arena, document_path_of_name(name, arena));
	for (size_t i = 0; i < values->count; i++)
		operands[i + 1] = operand_of_value(arena, values->items[i]);
	/* COMPARATOR_EQ is the zero of a new condition */
	return condition_new(arena, values->count == 1 ? CONDITION_COMPARE : CONDITION_IN, operands,
		1 + values->count);
}
