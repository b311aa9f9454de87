/*
 * Expected, QueryFilter and ScanFilter: each member becomes the condition that
 * an expression would have become.
 *
 * Members are checked one after the other, whole: which of the parameters
 * stand together, the values themselves, how many they are, their types.
 */
#include "expr/legacy_private.h"

#include "model/item.h"

const char *const comparison_names[] = {
	[COMPARISON_IN] = "IN",
	[COMPARISON_NULL] = "NULL",
	[COMPARISON_BETWEEN] = "BETWEEN",
	[COMPARISON_LT] = "LT",
	[COMPARISON_NOT_CONTAINS] = "NOT_CONTAINS",
	[COMPARISON_EQ] = "EQ",
	[COMPARISON_GT] = "GT",
	[COMPARISON_NOT_NULL] = "NOT_NULL",
	[COMPARISON_NE] = "NE",
	[COMPARISON_LE] = "LE",
	[COMPARISON_BEGINS_WITH] = "BEGINS_WITH",
	[COMPARISON_GE] = "GE",
	[COMPARISON_CONTAINS] = "CONTAINS",
	NULL,
};

#define TYPES_STRINGS   (TYPE_BIT(VALUE_S) | TYPE_BIT(VALUE_B))
#define TYPES_ORDERED   (TYPES_STRINGS | TYPE_BIT(VALUE_N))
#define TYPES_CONTAINED (TYPES_ORDERED | TYPE_BIT(VALUE_BOOL) | TYPE_BIT(VALUE_NULL))

/* What a comparison takes, and what it becomes. */
static const struct comparison_rule {
	size_t least, most; /* values */
	unsigned types; /* of the values */
	bool same_type; /* all of them */
	bool negated;
	enum condition_kind kind;
	enum comparator comparator; /* CONDITION_COMPARE */
} rules[] = {
	[COMPARISON_EQ] = { 1, 1, TYPES_ALL, .kind = CONDITION_COMPARE,
		.comparator = COMPARATOR_EQ },
	[COMPARISON_NE] = { 1, 1, TYPES_ALL, .kind = CONDITION_COMPARE,
		.comparator = COMPARATOR_NE },
	[COMPARISON_LT] = { 1, 1, TYPES_ORDERED, .kind = CONDITION_COMPARE,
		.comparator = COMPARATOR_LT },
	[COMPARISON_LE] = { 1, 1, TYPES_ORDERED, .kind = CONDITION_COMPARE,
		.comparator = COMPARATOR_LE },
	[COMPARISON_GT] = { 1, 1, TYPES_ORDERED, .kind = CONDITION_COMPARE,
		.comparator = COMPARATOR_GT },
	[COMPARISON_GE] = { 1, 1, TYPES_ORDERED, .kind = CONDITION_COMPARE,
		.comparator = COMPARATOR_GE },
	[COMPARISON_BETWEEN] = { 2, 2, TYPES_ORDERED, true, .kind = CONDITION_BETWEEN },
	[COMPARISON_IN] = { 1, SIZE_MAX, TYPES_ORDERED, true, .kind = CONDITION_IN },
	[COMPARISON_CONTAINS] = { 1, 1, TYPES_CONTAINED, .kind = CONDITION_CONTAINS },
	[COMPARISON_NOT_CONTAINS] = { 1, 1, TYPES_CONTAINED, .kind = CONDITION_CONTAINS,
		.negated = true },
	[COMPARISON_BEGINS_WITH] = { 1, 1, TYPES_STRINGS, .kind = CONDITION_BEGINS_WITH },
	[COMPARISON_NULL] = { .kind = CONDITION_ATTRIBUTE_NOT_EXISTS },
	[COMPARISON_NOT_NULL] = { .kind = CONDITION_ATTRIBUTE_EXISTS },
};

static int invalid(struct error *err, const char *fault)
{
	return error_set(
		err, ERROR_VALIDATION, "One or more parameter values were invalid: %s", fault);
}

struct legacy_values legacy_values(const struct legacy_condition *condition)
{
	if (condition->value)
		return (struct legacy_values){ condition->value, 1 };
	return (struct legacy_values){ condition->values, condition->value_count };
}

int legacy_check_value(struct slice attribute_name, const struct value *value, struct error *err)
{
	const struct member member = { attribute_name, *value };
	struct error fault CLEANUP(error_release) = ERROR_INIT;

	/* Of an item too large that holds it, the write or the key will tell. */
	if (item_validate(&(struct map){ &member, 1 }, &fault) < 0 &&
		fault.class != ERROR_TOO_LARGE)
		return error_move(err, &fault);
	return 0;
}

static int check_types(const struct legacy_condition *condition, const struct legacy_values *values,
	struct error *err)
{
	const struct comparison_rule *rule = &rules[condition->comparison];

	for (size_t i = 0; i < values->count; i++) {
		enum value_type type = values->items[i].type;

		if (!(rule->types & TYPE_BIT(type)))
			return error_set(err, ERROR_VALIDATION,
				"One or more parameter values were invalid: ComparisonOperator %s "
				"is not valid for %s AttributeValue type",
				comparison_names[condition->comparison], value_type_name(type));
		if (rule->same_type && type != values->items[0].type)
			return invalid(err,
				"AttributeValues inside AttributeValueList must be of same type");
	}
	return 0;
}

int legacy_check_values(const struct legacy_condition *condition, struct error *err)
{
	const struct comparison_rule *rule = &rules[condition->comparison];
	struct legacy_values values = legacy_values(condition);

	for (size_t i = 0; i < values.count; i++)
		TRY(legacy_check_value(condition->attribute_name, &values.items[i], err));
	if (values.count < rule->least || values.count > rule->most)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Invalid number of argument(s) "
			"for the %s ComparisonOperator",
			comparison_names[condition->comparison]);
	TRY(check_types(condition, &values, err));
	if (condition->comparison == COMPARISON_BETWEEN &&
		value_compare(&values.items[0], &values.items[1]) > 0)
		return error_set(err, ERROR_VALIDATION,
			"The BETWEEN condition was provided a range where the lower bound is "
			"greater than the upper bound");
	return 0;
}

static int invalid_for(struct error *err, const char *fault, struct slice attribute_name)
{
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: %s for Attribute: %.*s", fault,
		SLICE_ARG(attribute_name));
}

/* Expected without a ComparisonOperator: Value, or Exists false. */
static int check_older(const struct legacy_condition *condition, struct error *err)
{
	if (condition->has_values)
		return invalid_for(err,
			"AttributeValueList can only be used with a ComparisonOperator",
			condition->attribute_name);
	if (condition->value && condition->has_exists && !condition->exists)
		return invalid_for(err, "Value cannot be used when Exists is false",
			condition->attribute_name);
	if (!condition->value && !condition->has_exists)
		return invalid_for(err, "Value must be provided when Exists is null",
			condition->attribute_name);
	if (!condition->value && condition->exists)
		return invalid_for(err, "Value must be provided when Exists is true",
			condition->attribute_name);
	return 0;
}

/* Which parameters of a member of Expected may stand together. */
static int check_parameters(const struct legacy_condition *condition, struct error *err)
{
	enum comparison comparison = condition->comparison;

	if (condition->has_comparison && condition->has_exists)
		return invalid_for(err, "Exists and ComparisonOperator cannot be used together",
			condition->attribute_name);
	if (condition->value && condition->has_values)
		return invalid_for(err, "Value and AttributeValueList cannot be used together",
			condition->attribute_name);
	if (!condition->has_comparison)
		return check_older(condition, err);
	if (rules[comparison].least && !condition->value && !condition->has_values)
		return error_set(err, ERROR_VALIDATION,
			"One or more parameter values were invalid: Value or AttributeValueList "
			"must be used with ComparisonOperator: %s for Attribute: %.*s",
			comparison_names[comparison], SLICE_ARG(condition->attribute_name));
	return 0;
}

/* What Exists and Value say is EQ, or NULL. */
static struct legacy_condition with_comparison(const struct legacy_condition *condition)
{
	struct legacy_condition plain = *condition;

	if (!plain.has_comparison)
		plain.comparison = plain.value ? COMPARISON_EQ : COMPARISON_NULL;
	return plain;
}

/* Of a member that is checked. */
static const struct condition *convert(
	const struct legacy_condition *condition, struct arena *arena)
{
	const struct comparison_rule *rule = &rules[condition->comparison];
	struct legacy_values values = legacy_values(condition);
	struct document_path path = document_path_of_name(condition->attribute_name, arena);
	const struct operand **operands =
		arena_alloc_array(arena, values.count + 1, sizeof(*operands));
	struct condition *converted = arena_alloc(arena, sizeof(*converted));

	operands[0] = operand_of_path(arena, path);
	for (size_t i = 0; i < values.count; i++)
		operands[i + 1] = operand_of_value(arena, &values.items[i]);
	*converted = (struct condition){ .kind = rule->kind,
		.comparator = rule->comparator,
		.operands = operands,
		.operand_count = values.count + 1 };
	return rule->negated ? condition_join(arena, CONDITION_NOT, converted, NULL) : converted;
}

/* Joins them as a tree that is only as deep as it must be: there may be many. */
static const struct condition *join(
	const struct condition *const *conditions, size_t count, bool join_or, struct arena *arena)
{
	size_t half = count / 2;

	if (count == 1)
		return conditions[0];
	return condition_join(arena, join_or ? CONDITION_OR : CONDITION_AND,
		join(conditions, half, join_or, arena),
		join(conditions + half, count - half, join_or, arena));
}

int legacy_expected(const struct legacy_condition *conditions, size_t count, bool join_or,
	struct arena *arena, const struct condition **ret, struct error *err)
{
	const struct condition **converted = arena_alloc_array(arena, count, sizeof(*converted));

	for (size_t i = 0; i < count; i++) {
		struct legacy_condition condition = with_comparison(&conditions[i]);

		TRY(check_parameters(&conditions[i], err));
		TRY(legacy_check_values(&condition, err));
		converted[i] = convert(&condition, arena);
	}
	*ret = count ? join(converted, count, join_or, arena) : NULL;
	return 0;
}

int legacy_filter(const struct legacy_condition *conditions, size_t count, bool join_or,
	struct arena *arena, const struct condition **ret, struct error *err)
{
	const struct condition **converted = arena_alloc_array(arena, count, sizeof(*converted));

	for (size_t i = 0; i < count; i++) {
		TRY(legacy_check_values(&conditions[i], err));
		converted[i] = convert(&conditions[i], arena);
	}
	*ret = count ? join(converted, count, join_or, arena) : NULL;
	return 0;
}
