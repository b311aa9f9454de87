/*
 * A borrowed run of bytes: names, keys, text, anything that is not owned here
 * and may hold NUL. A slice whose data is NULL means "absent"; one whose len
 * is 0 but whose data is not NULL is present and empty.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
	const char *data;
	size_t len;
};

/* A slice of a string literal, usable in static initialisers. */
#define SLICE(literal) ((struct slice){ ("" literal), sizeof(literal) - 1 })
/* For "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).data

static inline struct slice slice_of(const char *data, size_t len)
{
	return (struct slice){ data, len };
}

/* The bytes of a C string; absent when it is NULL. */
static inline struct slice slice_from_string(const char *string)
{
	return (struct slice){ string, string ? strlen(string) : 0 };
}

static inline bool slice_present(struct slice s)
{
	return s.data != NULL;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool slice_equal_string(struct slice a, const char *b)
{
	return slice_equal(a, slice_from_string(b));
}

/* Unsigned byte order, a prefix before what it begins; <0, 0, >0. */
static inline int slice_compare(struct slice a, struct slice b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int r = common ? memcmp(a.data, b.data, common) : 0;

	if (r != 0)
		return r;
	return (a.len > b.len) - (a.len < b.len);
}

static inline bool slice_starts_with(struct slice s, struct slice prefix)
{
	return s.len >= prefix.len && memcmp(s.data, prefix.data, prefix.len) == 0;
}

static inline bool slice_ends_with(struct slice s, struct slice suffix)
{
	return s.len >= suffix.len &&
	       memcmp(s.data + s.len - suffix.len, suffix.data, suffix.len) == 0;
}

/* What is left after the first n bytes; n must not exceed the length. */
static inline struct slice slice_skip(struct slice s, size_t n)
{
	return (struct slice){ s.data + n, s.len - n };
}
