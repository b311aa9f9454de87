/*
 * KeyConditions: what a query asks of the key, one member an attribute.
 */
#include "expr/legacy_private.h"

/* Of an index; the key of a table takes two, which legacy_key_query() tells. */
#define KEY_CONDITIONS_MAX (2 * KEY_ATTRIBUTES_MAX)

static const struct key_rule {
	bool indexable;
	enum key_comparison comparison;
} rules[] = {
	[COMPARISON_EQ] = { true, KEY_EQ },
	[COMPARISON_LT] = { true, KEY_LT },
	[COMPARISON_LE] = { true, KEY_LE },
	[COMPARISON_GT] = { true, KEY_GT },
	[COMPARISON_GE] = { true, KEY_GE },
	[COMPARISON_BETWEEN] = { true, KEY_BETWEEN },
	[COMPARISON_BEGINS_WITH] = { true, KEY_BEGINS_WITH },
	[COMPARISON_CONTAINS] = { .indexable = false }, /* as all others */
};

static struct key_term convert(const struct legacy_condition *condition)
{
	struct legacy_values values = legacy_values(condition);

	return (struct key_term){ condition->attribute_name,
		rules[condition->comparison].comparison,
		{ &values.items[0], values.count > 1 ? &values.items[1] : NULL } };
}

int legacy_key_conditions(const struct legacy_condition *conditions, size_t count,
	struct arena *arena, struct key_terms *ret, struct error *err)
{
	struct key_term *terms = arena_alloc_array(arena, count, sizeof(*terms));

	if (!count)
		return error_set(err, ERROR_VALIDATION,
			"Either the KeyConditions or KeyConditionExpression parameter must be "
			"specified in the request.");
	for (size_t i = 0; i < count; i++)
		TRY(legacy_check_values(&conditions[i], err));
	if (count > KEY_CONDITIONS_MAX)
		return error_set(err, ERROR_VALIDATION, "Conditions can be of length 1 or 2 only");
	for (size_t i = 0; i < count; i++) {
		if (!rules[conditions[i].comparison].indexable)
			return error_set(err, ERROR_VALIDATION,
				"Attempted conditional constraint is not an indexable operation");
		terms[i] = convert(&conditions[i]);
	}
	*ret = (struct key_terms){ terms, count };
	return 0;
}

/* What does not fit the key is said in the same words. */
int legacy_key_query(const struct key_terms *terms, const struct key_layout *layout,
	struct key_query *ret, struct error *err)
{
	return key_query_resolve(terms, layout, ret, err);
}
