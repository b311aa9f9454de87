/*
 * What a WHERE clause says of the sort attribute, as the ends of a range.
 */
#include "expr/partiql_branch.h"

int partiql_compare_lows(const struct partiql_bound *a, const struct partiql_bound *b)
{
	int order;

	if (!a->value || !b->value)
		return (a->value != NULL) - (b->value != NULL);
	order = value_compare(a->value, b->value);
	return order ? order : a->excluded - b->excluded;
}

int partiql_compare_highs(const struct partiql_bound *a, const struct partiql_bound *b)
{
	int order;

	if (!a->value || !b->value)
		return (b->value != NULL) - (a->value != NULL);
	order = value_compare(a->value, b->value);
	return order ? order : b->excluded - a->excluded;
}

/* The least value greater than all that begin with the prefix; NULL: none. */
static const struct value *after_prefix(const struct value *prefix, struct arena *arena)
{
	struct slice copy = arena_copy(arena, prefix->bytes);
	struct value *value = arena_alloc_zero(arena, sizeof(*value));
	size_t len = copy.len;

	while (len && (unsigned char)copy.data[len - 1] == 0xFF)
		len--;
	if (!len)
		return NULL;
	((char *)copy.data)[len - 1]++;
	*value = (struct value){ .type = prefix->type, .bytes = slice_of(copy.data, len) };
	return value;
}

/* A comparison of the sort attribute with a value, as bounds. */
static bool comparison_bounds(const struct condition *condition, struct slice name,
	struct partiql_bound *low, struct partiql_bound *high)
{
	bool flipped = !partiql_names_attribute(condition->operands[0], name);
	const struct operand *other = condition->operands[!flipped];
	struct partiql_bound bound = { other->value, false };
	bool below, above;

	if (!partiql_names_attribute(condition->operands[flipped], name) ||
		other->kind != OPERAND_VALUE)
		return false;
	switch (condition->comparator) {
	case COMPARATOR_NE:
		return false;
	case COMPARATOR_EQ:
		*low = *high = bound;
		return true;
	case COMPARATOR_LT:
	case COMPARATOR_GT:
		bound.excluded = true;
		break;
	case COMPARATOR_LE:
	case COMPARATOR_GE:
		break;
	}
	below = condition->comparator == COMPARATOR_LT || condition->comparator == COMPARATOR_LE;
	above = below == flipped;
	*(above ? low : high) = bound;
	return true;
}

bool partiql_sort_bounds(const struct partiql_planner *planner, const struct condition *condition,
	struct partiql_bound *low, struct partiql_bound *high)
{
	const struct operand *const *operands = condition->operands;
	struct slice name = planner->sort_name;

	*low = *high = (struct partiql_bound){ NULL, false };
	if (condition->kind == CONDITION_COMPARE)
		return comparison_bounds(condition, name, low, high);
	if (condition->kind == CONDITION_BETWEEN) {
		if (!partiql_names_attribute(operands[0], name) ||
			operands[1]->kind != OPERAND_VALUE || operands[2]->kind != OPERAND_VALUE)
			return false;
		*low = (struct partiql_bound){ operands[1]->value, false };
		*high = (struct partiql_bound){ operands[2]->value, false };
		return true;
	}
	if (condition->kind == CONDITION_BEGINS_WITH) {
		if (!partiql_names_attribute(operands[0], name) ||
			operands[1]->kind != OPERAND_VALUE)
			return false;
		*low = (struct partiql_bound){ operands[1]->value, false };
		*high = (struct partiql_bound){ after_prefix(operands[1]->value, planner->arena),
			true };
		return true;
	}
	return false;
}
