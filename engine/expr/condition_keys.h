/*
 * What a condition says of one attribute, wherever it holds: what planning needs
 * to know of key attributes. All of it errs on the safe side: what is told is
 * true, but not all that is true is told.
 */
#pragma once

#include "expr/condition.h"

#define PINNED_VALUES_MAX 50 /* as many as a statement can read partitions */

/* Distinct values. */
struct pinned_values {
	const struct value *items[PINNED_VALUES_MAX];
	size_t count; /* 0: the condition never holds */
};

/* Whether the top-level attribute of that name equals one of the values
 * wherever the condition holds. */
bool condition_pins(const struct condition *condition, struct slice name, struct arena *arena,
	struct pinned_values *ret);
/* Whether it is there then, and of that type. */
bool condition_implies_type(
	const struct condition *condition, struct slice name, enum value_type type);

/* Whether it compares nothing but that attribute with values, for equality. */
bool condition_is_equality(const struct condition *condition, struct slice name);
/* Or for a range. */
bool condition_is_range(const struct condition *condition, struct slice name);

/* The terms that AND joins, left to right, each for visit(). */
typedef void condition_visitor(void *context, const struct condition *condition);
void condition_visit_terms(
	const struct condition *condition, condition_visitor *visit, void *context);

/* The condition that the attribute has one of the values, of which there is one
 * at least. */
const struct condition *condition_of_values(
	struct slice name, const struct pinned_values *values, struct arena *arena);
