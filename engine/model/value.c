#include "model/value.h"

#include "base/cleanup.h"
#include "base/memory.h"

static const char *const type_names[VALUE_TYPE_COUNT] = {
	[VALUE_S] = "S",
	[VALUE_N] = "N",
	[VALUE_B] = "B",
	[VALUE_SS] = "SS",
	[VALUE_NS] = "NS",
	[VALUE_BS] = "BS",
	[VALUE_BOOL] = "BOOL",
	[VALUE_NULL] = "NULL",
	[VALUE_L] = "L",
	[VALUE_M] = "M",
};

const char *value_type_name(enum value_type type)
{
	return type_names[type];
}

bool value_type_parse(struct slice name, enum value_type *ret)
{
	for (size_t i = 0; i < VALUE_TYPE_COUNT; i++) {
		if (slice_equal_string(name, type_names[i])) {
			*ret = (enum value_type)i;
			return true;
		}
	}
	return false;
}

enum value_type value_set_element_type(enum value_type set)
{
	if (set == VALUE_SS)
		return VALUE_S;
	return set == VALUE_NS ? VALUE_N : VALUE_B;
}

int value_compare(const struct value *a, const struct value *b)
{
	if (a->type == VALUE_N)
		return number_compare(&a->number, &b->number);
	return slice_compare(a->bytes, b->bytes);
}

static int compare_elements(const void *a, const void *b)
{
	return value_compare(*(const struct value *const *)a, *(const struct value *const *)b);
}

static int compare_members(const void *a, const void *b)
{
	const struct member *const *x = a, *const *y = b;

	return slice_compare((*x)->name, (*y)->name);
}

/* Pointers to the elements of an array, in order. New. */
static const void **sort_pointers(
	const void *array, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
	const void **pointers = memory_new(count * sizeof(*pointers));

	for (size_t i = 0; i < count; i++)
		pointers[i] = (const char *)array + i * size;
	qsort(pointers, count, sizeof(*pointers), compare);
	return pointers;
}

static bool list_equal(const struct elements *a, const struct elements *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (!value_equal(&a->items[i], &b->items[i]))
			return false;
	}
	return true;
}

static bool set_equal(const struct elements *a, const struct elements *b)
{
	const void **x CLEANUP(cleanup_free) = NULL, **y CLEANUP(cleanup_free) = NULL;

	if (a->count != b->count)
		return false;
	if (list_equal(a, b)) /* as it mostly is */
		return true;
	x = sort_pointers(a->items, a->count, sizeof(struct value), compare_elements);
	y = sort_pointers(b->items, b->count, sizeof(struct value), compare_elements);
	for (size_t i = 0; i < a->count; i++) {
		if (!value_equal(x[i], y[i]))
			return false;
	}
	return true;
}

static bool member_equal(const struct member *a, const struct member *b)
{
	return slice_equal(a->name, b->name) && value_equal(&a->value, &b->value);
}

static bool same_names_in_order(const struct map *a, const struct map *b)
{
	for (size_t i = 0; i < a->count; i++) {
		if (!slice_equal(a->members[i].name, b->members[i].name))
			return false;
	}
	return true;
}

bool map_equal(const struct map *a, const struct map *b)
{
	const void **x CLEANUP(cleanup_free) = NULL, **y CLEANUP(cleanup_free) = NULL;
	bool ordered;

	if (a->count != b->count)
		return false;
	ordered = same_names_in_order(a, b);
	if (!ordered) {
		x = sort_pointers(a->members, a->count, sizeof(struct member), compare_members);
		y = sort_pointers(b->members, b->count, sizeof(struct member), compare_members);
	}
	for (size_t i = 0; i < a->count; i++) {
		if (!member_equal(ordered ? &a->members[i] : x[i], ordered ? &b->members[i] : y[i]))
			return false;
	}
	return true;
}

/* As deep as the values are nested, which those who make them limit. */
bool value_equal(const struct value *a, const struct value *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case VALUE_S:
	case VALUE_B:
		return slice_equal(a->bytes, b->bytes);
	case VALUE_N:
		return number_compare(&a->number, &b->number) == 0;
	case VALUE_SS:
	case VALUE_NS:
	case VALUE_BS:
		return set_equal(&a->elements, &b->elements);
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_NULL:
		return true;
	case VALUE_L:
		return list_equal(&a->elements, &b->elements);
	case VALUE_M:
		return map_equal(&a->map, &b->map);
	case VALUE_TYPE_COUNT:
		break;
	}
	return false;
}

const struct value *map_find(const struct map *map, struct slice name)
{
	for (size_t i = 0; i < map->count; i++) {
		if (slice_equal(map->members[i].name, name))
			return &map->members[i].value;
	}
	return NULL;
}
