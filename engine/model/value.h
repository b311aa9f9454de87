/*
 * An attribute value in memory: DynamoDB's ten types.
 *
 * Values are immutable once made and borrow their bytes, usually from a
 * request's arena. An item is a map at the top level.
 */
#pragma once

#include "base/slice.h"
#include "model/number.h"

enum value_type {
	VALUE_S,
	VALUE_N,
	VALUE_B,
	VALUE_SS,
	VALUE_NS,
	VALUE_BS,
	VALUE_BOOL,
	VALUE_NULL,
	VALUE_L,
	VALUE_M,
	VALUE_TYPE_COUNT
};

struct value;
struct member;

/* The elements of a list; of a set, all of its scalar type. */
struct elements {
	const struct value *items;
	size_t count;
};

/* Attributes in insertion order; names are unique. */
struct map {
	const struct member *members;
	size_t count;
};

struct value {
	enum value_type type;
	union {
		struct slice bytes; /* S, B */
		struct number number; /* N */
		bool boolean; /* BOOL */
		struct elements elements; /* L, SS, NS, BS */
		struct map map; /* M */
	};
};

struct member {
	struct slice name;
	struct value value;
};

/* "S", "N", … "M". */
const char *value_type_name(enum value_type type);
/* Finds the type of a descriptor such as "SS"; false when it is none. */
bool value_type_parse(struct slice name, enum value_type *ret);
static inline bool value_type_is_set(enum value_type type)
{
	return type == VALUE_SS || type == VALUE_NS || type == VALUE_BS;
}
/* The scalar type of a set's elements. */
enum value_type value_set_element_type(enum value_type set);

/* DynamoDB's equality: types equal, numbers by value, sets and maps without
 * regard to order, lists element by element. */
bool value_equal(const struct value *a, const struct value *b);
bool map_equal(const struct map *a, const struct map *b);
/* The order of two scalars of one type (S and B by unsigned bytes, N by value). */
int value_compare(const struct value *a, const struct value *b);

/* The attribute of that name, borrowed, or NULL. */
const struct value *map_find(const struct map *map, struct slice name);
