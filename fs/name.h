/*
 * File names of keys: a bijection between key values and names.
 *
 * Invariants:
 * 1. name_decode(name_encode(key)) == key, and a name is accepted only if
 *    encoding what it decodes to gives the same name: one item, one name.
 * 2. A name is 1 to 255 bytes, holds no '/', no NUL, is not "." or "..", and
 *    does not begin with '.' or '-'.
 * 3. Item names end in ".json"; partition names carry no suffix.
 *
 * S: UTF-8 as it is; %HH (upper-case) for '/', '%', bytes 00-1F and 7F, and a
 * leading '.' or '-'; the empty string (never a key) has no name. N: the
 * canonical decimal; a negative number's leading '-' stands as %2D. B: lower-
 * case hex. Where the escaped name with its suffix would exceed 255 bytes, it
 * is the longest prefix that fits (whole escapes, whole UTF-8 characters)
 * followed by "%~", 16 hex digits of hash64(enc(value)) and the suffix. "%~"
 * can't stand in any other name, since '~' is no hex digit.
 *
 * DESIGN 4.1.
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/value.h"

#define NAME_LENGTH_MAX 255

enum name_suffix {
	NAME_PARTITION, /* none */
	NAME_ITEM, /* ".json" */
};

enum name_outcome {
	NAME_EXACT, /* *ret is the value */
	NAME_HASHED, /* over-long: *ret holds the known prefix, *ret_hash the hash */
	NAME_IMPOSSIBLE /* no value of the type has this name */
};

/* Appends the name of a scalar key value (S, N or B, not empty). */
void name_encode(const struct value *value, enum name_suffix suffix, struct buf *buf);

/* Finds the value that a name stands for: an enum name_outcome. For
 * NAME_HASHED the value is the longest key prefix (S, B) that the name fixes:
 * the caller looks for stored keys that begin with it and takes the one for
 * which name_encode() gives the name again. It must compare, since the name
 * may stand for no key at all, or its hash for a key that is short enough to
 * be named in full.
 * With NAME_IMPOSSIBLE *ret_canonical is the name that was probably meant, when
 * there is one (a number spelled "1.0", an escape in lower case), else absent.
 * Results live in the arena. */
int name_decode(struct slice name, enum name_suffix suffix, enum value_type type,
	struct arena *arena, struct value *ret, uint64_t *ret_hash, struct slice *ret_canonical);
/* The hash that a hashed name of this value carries. */
uint64_t name_hash(const struct value *value);
/* A text with the bytes that its escapes stand for, in the arena. A '%' that
 * begins no escape stands for itself. */
struct slice name_unescape(struct slice text, struct arena *arena);
