/*
 * Updates: UpdateExpression, the older AttributeUpdates, PartiQL's UPDATE.
 * Source: Developer Guide, "Using update expressions".
 *
 * Semantics:
 * 1. All operands are read from the item as it was before.
 * 2. SET beyond the end of a list appends, several in the order of their
 *    indexes; REMOVE of elements goes by the indexes of the old list.
 * 3. The order of attributes of an updated item: those it had, as they stood,
 *    then new ones in the order of the actions.
 */
#pragma once

#include "expr/condition.h"

enum update_verb { UPDATE_SET, UPDATE_REMOVE, UPDATE_ADD, UPDATE_DELETE };

struct update_action {
	enum update_verb verb;
	struct document_path path;
	const struct operand *operand; /* of SET; of ADD and DELETE a value */
	bool legacy; /* of AttributeUpdates: ADD to a list appends, … */
};

struct update {
	const struct update_action *actions;
	size_t count;
};

/* Parses and checks: syntax, each section once, overlapping paths, operand
 * types that can be told from the text. */
int update_parse(struct slice text, struct placeholders *placeholders, struct arena *arena,
	const struct update **ret, struct error *err) NODISCARD;

/* Fails when an action touches a key attribute: "One or more parameter values
 * were invalid: Cannot update attribute pk. This attribute is part of the
 * key". */
int update_check_keys(const struct update *update, const struct slice *names, size_t count,
	struct error *err) NODISCARD;
/* Whether it does nothing but remove: then it makes no item where there is
 * none. An update without actions does make one. */
bool update_only_removes(const struct update *update);
/* Whether what comes of it, or that it fails, tells of the item that was there: no
 * if all it does is to set whole attributes to values, or to remove them. */
bool update_reads(const struct update *update);

/* The item after the update. item NULL: there is none, and the key's attributes
 * begin the new one. Errors: "The document path provided in the update
 * expression is invalid for update", "The provided expression refers to an
 * attribute that does not exist in the item", "An operand in the update
 * expression has an incorrect data type", "Number overflow. …". Borrows from
 * what it is given. */
int update_apply(const struct update *update, const struct map *item, const struct map *key,
	struct arena *arena, struct map *ret, struct error *err) NODISCARD;

/* What stands at the touched paths, within its parents: UPDATED_OLD of the old
 * item, UPDATED_NEW of the new one. Count 0: nothing is there. By paths, so an
 * element that SET a[100] appended is not there, and after REMOVE a[1] the one is
 * that moved to its place. */
void update_touched(
	const struct update *update, const struct map *item, struct arena *arena, struct map *ret);
