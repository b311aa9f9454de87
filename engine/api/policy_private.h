/* What policy_document.c, which reads statements, and policy_condition.c, which
 * reads their conditions, share. */
#pragma once

#include "api/policy_document.h"

struct policy_reader {
	struct arena *arena;
	enum policy_kind kind;
	unsigned syntax; /* of patterns, by the document's version */
	size_t count; /* statements so far */
};

/* One string, or a list of them: each is read into an element of an array. */
typedef int policy_value_reader(
	struct policy_reader *reader, const json_t *node, void *element, struct error *err);
int policy_read_values(struct policy_reader *reader, const json_t *node, size_t size,
	policy_value_reader *read, const void **ret, size_t *ret_count,
	struct error *err) NODISCARD;
/* A string as a pattern of that syntax. */
int policy_read_pattern(struct policy_reader *reader, struct slice text, unsigned syntax,
	struct pattern *ret, struct error *err) NODISCARD;
int policy_read_conditions(struct policy_reader *reader, const json_t *node,
	struct policy_statement *ret, struct error *err) NODISCARD;
struct slice policy_string(const json_t *node);
/* A pattern_variable: the key of that name, if it has one value. */
int policy_find_variable(struct slice name);
