/*
 * The values of an update: operands of SET, and what ADD and DELETE make of the
 * value that stands there. All is read from the item as it was.
 *
 * An expression's text bounds how deep its operands nest. What list_append()
 * copies is bounded too: it all becomes part of one item, in which an element
 * counts for two bytes at least.
 */
#include "expr/update_private.h"

#include "model/item.h"

#include <stdlib.h>

#define APPENDED_MAX (ITEM_SIZE_MAX / 2)

static int wrong_type(struct error *err)
{
	return error_set(err, ERROR_VALIDATION,
		"An operand in the update expression has an incorrect data type");
}

static const struct value *new_value(struct arena *arena, struct value value)
{
	struct value *copy = arena_alloc(arena, sizeof(*copy));

	*copy = value;
	return copy;
}

static int evaluate(struct evaluator *evaluator, const struct operand *operand,
	const struct value **ret, struct error *err);

static int evaluate_path(const struct document_path *path, const struct map *item,
	const struct value **ret, struct error *err)
{
	const struct value *value = document_path_find(path, item);

	if (!value)
		return error_set(err, ERROR_VALIDATION,
			"The provided expression refers to an attribute that does not exist in the "
			"item");
	*ret = value;
	return 0;
}

/* The elements of one list, then those of the other. */
static int append_lists(struct evaluator *evaluator, const struct elements *first,
	const struct elements *second, const struct value **ret, struct error *err)
{
	size_t count = first->count + second->count;
	struct value *items;

	evaluator->appended += count;
	if (evaluator->appended > APPENDED_MAX)
		return error_set(err, ERROR_TOO_LARGE,
			"Item size to update has exceeded the maximum allowed size");
	items = arena_alloc_array(evaluator->arena, count, sizeof(*items));
	if (first->count)
		memcpy(items, first->items, first->count * sizeof(*items));
	if (second->count)
		memcpy(items + first->count, second->items, second->count * sizeof(*items));
	*ret = new_value(
		evaluator->arena, (struct value){ .type = VALUE_L, .elements = { items, count } });
	return 0;
}

static int add_numbers(const struct value *a, const struct value *b, bool subtract,
	struct arena *arena, const struct value **ret, struct error *err)
{
	struct value sum = { .type = VALUE_N };

	if (subtract)
		TRY(number_subtract(&a->number, &b->number, &sum.number, err));
	else
		TRY(number_add(&a->number, &b->number, &sum.number, err));
	*ret = new_value(arena, sum);
	return 0;
}

/* list_append, + and -: both operands are looked up before their types are. */
static int evaluate_pair(struct evaluator *evaluator, const struct operand *operand,
	const struct value **ret, struct error *err)
{
	enum value_type type = operand->kind == OPERAND_LIST_APPEND ? VALUE_L : VALUE_N;
	const struct value *a, *b;

	TRY(evaluate(evaluator, operand->arguments[0], &a, err));
	TRY(evaluate(evaluator, operand->arguments[1], &b, err));
	if (a->type != type || b->type != type)
		return wrong_type(err);
	if (type == VALUE_N)
		return add_numbers(
			a, b, operand->kind == OPERAND_SUBTRACT, evaluator->arena, ret, err);
	return append_lists(evaluator, &a->elements, &b->elements, ret, err);
}

static int evaluate(struct evaluator *evaluator, const struct operand *operand,
	const struct value **ret, struct error *err)
{
	switch (operand->kind) {
	case OPERAND_PATH:
		return evaluate_path(&operand->path, evaluator->item, ret, err);
	case OPERAND_VALUE:
		*ret = operand->value;
		return 0;
	case OPERAND_IF_NOT_EXISTS:
		*ret = document_path_find(&operand->arguments[0]->path, evaluator->item);
		return *ret ? 0 : evaluate(evaluator, operand->arguments[1], ret, err);
	case OPERAND_LIST_APPEND:
	case OPERAND_ADD:
	case OPERAND_SUBTRACT:
		return evaluate_pair(evaluator, operand, ret, err);
	case OPERAND_SIZE:
		break; /* of conditions */
	}
	return wrong_type(err);
}

static int compare_elements(const void *a, const void *b)
{
	return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

/* The members of a set in their order, to search in. */
static const struct value **sort_set(const struct elements *set, struct arena *arena)
{
	const struct value **sorted = arena_alloc_array(arena, set->count, sizeof(*sorted));

	for (size_t i = 0; i < set->count; i++)
		sorted[i] = &set->items[i];
	qsort(sorted, set->count, sizeof(*sorted), compare_elements);
	return sorted;
}

/* The members of a set that the other one lacks, after those of `kept`. */
static const struct value *set_without(const struct value *set, const struct elements *other,
	const struct elements *kept, struct arena *arena)
{
	struct value *items =
		arena_alloc_array(arena, kept->count + set->elements.count, sizeof(*items));
	const struct value **sorted = sort_set(other, arena);
	size_t count = kept->count;

	if (count)
		memcpy(items, kept->items, count * sizeof(*items));
	for (size_t i = 0; i < set->elements.count; i++) {
		const struct value *element = &set->elements.items[i];

		if (!bsearch(&element, sorted, other->count, sizeof(*sorted), compare_elements))
			items[count++] = *element;
	}
	if (!count)
		return NULL;
	return new_value(arena, (struct value){ .type = set->type, .elements = { items, count } });
}

static int type_mismatch(const struct update_action *action, struct error *err)
{
	if (!action->legacy)
		return wrong_type(err);
	return error_set(err, ERROR_VALIDATION, "Type mismatch for attribute to update");
}

static int evaluate_add(struct evaluator *evaluator, const struct update_action *action,
	const struct value *old, const struct value **ret, struct error *err)
{
	const struct value *added = action->operand->value;

	if (!old) {
		*ret = added;
		return 0;
	}
	if (old->type != added->type)
		return type_mismatch(action, err);
	if (old->type == VALUE_N)
		return add_numbers(old, added, false, evaluator->arena, ret, err);
	if (value_type_is_set(old->type)) {
		*ret = set_without(added, &old->elements, &old->elements, evaluator->arena);
		return 0;
	}
	if (old->type != VALUE_L) /* which expressions refuse */
		return type_mismatch(action, err);
	return append_lists(evaluator, &old->elements, &added->elements, ret, err);
}

static int evaluate_delete(const struct update_action *action, const struct value *old,
	struct arena *arena, const struct value **ret, struct error *err)
{
	const struct value *taken = action->operand->value;

	*ret = NULL;
	if (!old)
		return 0;
	if (!value_type_is_set(old->type) || old->type != taken->type)
		return type_mismatch(action, err);
	*ret = set_without(old, &taken->elements, &(struct elements){ NULL, 0 }, arena);
	return 0;
}

int update_evaluate(struct evaluator *evaluator, const struct update_action *action,
	const struct value **ret, struct error *err)
{
	const struct value *old;

	*ret = NULL;
	if (action->verb == UPDATE_REMOVE)
		return 0;
	if (action->verb == UPDATE_SET)
		return evaluate(evaluator, action->operand, ret, err);
	old = document_path_find(&action->path, evaluator->item);
	if (action->verb == UPDATE_ADD)
		return evaluate_add(evaluator, action, old, ret, err);
	return evaluate_delete(action, old, evaluator->arena, ret, err);
}
