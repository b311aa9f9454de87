/*
 * Conditions as text again, in two forms: as a question is written, with values
 * in it, and as a WHERE clause of PartiQL, with a parameter for each. Either
 * one, read again, is a condition that holds for the same items.
 */
#pragma once

#include "base/buf.h"
#include "expr/condition.h"

/* Values in the order of their "?". In an arena. */
struct value_list {
	struct value *items;
	size_t count, capacity;
};

void condition_append(struct buf *buf, const struct condition *condition);
void condition_append_partiql(struct buf *buf, const struct condition *condition,
	struct value_list *parameters, struct arena *arena);
/* Whether that WHERE clause is far from all limits of statements, and is lowered
 * to the tree of which it was written, but for attribute_exists(). */
bool condition_is_modest(const struct condition *condition);
/* "by-genre" with double quotes where it is no word; a value as a literal. */
void condition_append_name(struct buf *buf, struct slice name);
void condition_append_value(struct buf *buf, const struct value *value);
