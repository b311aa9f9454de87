/*
 * Patterns of policies and of lists of names: * stands for any characters, ? for
 * one. In a policy of version 2012-10-17 ${aws:username} and other keys stand for
 * what they are in the request, and ${*}, ${?} and ${$} for the character.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

/* A character is itself; beyond 255 stands what is not one. */
enum {
	PATTERN_ANY = 256, /* any characters, also none */
	PATTERN_ONE,
	PATTERN_VARIABLE, /* and those after: of the key with that number */
};

struct pattern {
	const uint16_t *units;
	size_t count;
	bool has_variables;
};

enum pattern_syntax {
	PATTERN_WILDCARDS = 1, /* * and ? are such */
	PATTERN_VARIABLES = 2,
};

/* The number of a variable's name, or -1. */
typedef int pattern_variable(struct slice name);

/* Compiles a pattern, in the arena. Errors: a variable that is not known or has no
 * end. */
int pattern_compile(struct slice text, unsigned syntax, pattern_variable *find, struct arena *arena,
	struct pattern *ret, struct error *err) NODISCARD;
/* The pattern with the values of its variables in their place, of which there is
 * one for each number; false when it has one that is absent. */
bool pattern_expand(const struct pattern *pattern, const struct slice *values, struct arena *arena,
	struct pattern *ret);
/* Whether all of the text is as the pattern, which has no variables. */
bool pattern_matches(const struct pattern *pattern, struct slice text, bool ignore_case);
/* Whether it matches any text there is. */
bool pattern_is_any(const struct pattern *pattern);
