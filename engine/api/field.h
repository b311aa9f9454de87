/*
 * Fields and shapes: how the inputs and outputs of operations are described.
 *
 * There is ONE table of operations. Each row names an input and an output
 * struct, described field by field with offsets. Reading and writing JSON
 * (wire.h), constraint checking (validate.h), help and dispatch all walk these
 * descriptions; nothing else lists an operation's members.
 *
 * Conventions of the structs:
 * 1. An absent string is an absent slice, an absent structure, map or list a
 *    NULL pointer or a list that is not present, so that a zeroed struct is the
 *    empty request and a designated initialiser fills only what it means.
 * 2. Enumerations travel as their names; enum_index() turns them into numbers
 *    after validation.
 * 3. Members after the comment "local" are for callers in this process: they
 *    have no field row and can't come in over a wire.
 *
 * Source of names, limits and enumerations: Amazon DynamoDB API Reference,
 * 2012-08-10; a unit test compares this table with botocore's model of it.
 */
#pragma once

#include "base/slice.h"
#include "expr/placeholders.h"
#include "model/value.h"
#include <stdint.h>

enum field_type {
	FIELD_STRING, /* struct slice */
	FIELD_ENUM, /* struct slice, one of field.values */
	FIELD_INTEGER, /* struct optional_integer */
	FIELD_LONG, /* the same, called so in messages */
	FIELD_BOOLEAN, /* struct optional_boolean */
	FIELD_DOUBLE, /* struct optional_double */
	FIELD_TIMESTAMP, /* int64_t, ns, at least 1; 0: absent; JSON: epoch seconds, a fraction */
	FIELD_STRUCT, /* pointer to a struct of field.shape */
	FIELD_LIST, /* struct request_list of field.shape; of strings without one */
	FIELD_MAP, /* struct request_list of field.shape, whose structs begin with
		    * the struct slice of their name */
	FIELD_ATTRIBUTES, /* pointer to struct map: an item or a key */
	FIELD_ITEMS, /* struct request_list of struct map */
	FIELD_VALUES, /* struct request_list of struct value */
	FIELD_VALUE, /* pointer to struct value */
	FIELD_STRING_MAP, /* struct request_list of struct name_placeholder */
	FIELD_LIST_MAP, /* struct request_list of struct named_list, whose lists are of
			 * field.shape */
	FIELD_ITEMS_MAP, /* struct request_list of struct named_items */
	FIELD_DOUBLES, /* struct request_list of double */
	FIELD_DOUBLE_MAP, /* struct request_list of struct named_double */
	FIELD_JSON, /* struct slice: the ready text of an answer's member, which stands
		     * for that of the same name before it */
	FIELD_UNSUPPORTED, /* known to the service, refused here */
};

struct optional_integer {
	bool present;
	int64_t value;
};

struct optional_boolean {
	bool present;
	bool value;
};

struct optional_double {
	bool present;
	double value;
};

struct request_list {
	bool present;
	size_t count;
	const void *items;
};

/* An element of FIELD_LIST_MAP. */
struct named_list {
	struct slice name;
	struct request_list list;
};

/* An element of FIELD_ITEMS_MAP. */
struct named_items {
	struct slice name;
	struct request_list items; /* struct map */
};

/* An element of FIELD_DOUBLE_MAP. */
struct named_double {
	struct slice name;
	double value;
};

/* What a string must look like, and how messages quote that. */
struct field_pattern {
	const char *text;
	bool (*matches)(struct slice string);
};

struct request_shape;

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	bool required;
	int64_t min, max; /* of a length or an integer; 0, 0: any */
	const struct field_pattern *pattern;
	bool terse; /* messages spell its name as it is and don't quote its value */
	const char *const *values; /* of an enumeration, NULL-terminated */
	const struct request_shape *shape;
};

struct request_shape {
	const char *name;
	size_t size;
	const struct field *fields;
	size_t count;
};

/* The position of a validated name among an enumeration's values; -1 when
 * absent. */
int enum_index(const char *const *values, struct slice name);
