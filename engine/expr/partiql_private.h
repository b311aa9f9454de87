/* What finding a key and planning a SELECT share. For expr/partiql_key.c,
 * partiql_branch.c, partiql_bound.c and partiql_plan.c alone. */
#pragma once

#include "expr/partiql.h"

/* Of one WHERE: its operators are bounded, and AND is one between two. */
#define PARTIQL_CONJUNCTS_MAX (EXPRESSION_OPERATORS_MAX + 1)

/* Whether it is the top-level attribute of that name. */
bool partiql_names_attribute(const struct operand *operand, struct slice name);
/* The value that a condition says the attribute equals; NULL: it says no such. */
const struct value *partiql_equality(const struct condition *condition, struct slice name);
/* "Key attribute's data type should match its data type in table's schema: Key
 * pk". Always -1. */
int partiql_type_mismatch(struct slice name, struct error *err);
