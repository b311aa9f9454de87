/* What reading and writing plain JSON share: the rule at the head of plain.c. */
#pragma once

#include "model/value.h"

enum json_kind {
	KIND_STRING,
	KIND_NUMBER,
	KIND_TRUE,
	KIND_FALSE,
	KIND_NULL,
	KIND_ARRAY,
	KIND_OBJECT,
	KIND_COUNT
};

/* What a value of that type is written as; `truth` is the value of a BOOL. */
enum json_kind plain_kind(enum value_type type, bool truth);

/* Whether an object whose only member has the name of that descriptor, and a
 * value of that kind, is a map in spite of its name. */
bool plain_is_real_map(enum value_type descriptor, enum json_kind kind);
