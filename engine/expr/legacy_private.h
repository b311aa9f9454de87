/* What the older conditions have in common. For expr/legacy_*.c alone. */
#pragma once

#include "expr/legacy.h"

/* A set of types, a bit each. */
#define TYPE_BIT(type) (1u << (type))
#define TYPES_ALL      (TYPE_BIT(VALUE_TYPE_COUNT) - 1)
#define TYPES_SETS     (TYPE_BIT(VALUE_SS) | TYPE_BIT(VALUE_NS) | TYPE_BIT(VALUE_BS))

/* The values of AttributeValueList and how many; Expected's Value counts for a
 * list of one. */
struct legacy_values {
	const struct value *items;
	size_t count;
};

struct legacy_values legacy_values(const struct legacy_condition *condition);
/* Whether the comparison takes that many values, and their types. */
int legacy_check_values(const struct legacy_condition *condition, struct error *err) NODISCARD;
/* Checks a value as one of an item's: sets without duplicates, nesting. */
int legacy_check_value(
	struct slice attribute_name, const struct value *value, struct error *err) NODISCARD;
