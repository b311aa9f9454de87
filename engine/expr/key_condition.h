/*
 * Key conditions: KeyConditionExpression and the older KeyConditions, reduced
 * to what a query can do: equality of every partition attribute, then from the
 * left a run of equal sort attributes, and at most one range after them.
 * Source: Developer Guide, "Key condition expressions for the Query operation",
 * and "Multi-attribute keys" of global secondary indexes.
 */
#pragma once

#include "expr/condition.h"
#include "model/key_layout.h"

enum key_comparison {
	KEY_EQ,
	KEY_LT,
	KEY_LE,
	KEY_GT,
	KEY_GE,
	KEY_BETWEEN,
	KEY_BEGINS_WITH,
};

/* One comparison of an attribute with values, as written. */
struct key_term {
	struct slice name;
	enum key_comparison comparison;
	const struct value *values[2]; /* the second of BETWEEN */
};

struct key_terms {
	const struct key_term *terms;
	size_t count;
};

/* Parses KeyConditionExpression. Whatever holds without knowing the key is
 * checked: "Invalid operator used in KeyConditionExpression: OR",
 * "KeyConditionExpressions must only contain one condition per key", …. */
int key_condition_parse(struct slice text, struct placeholders *placeholders, struct arena *arena,
	struct key_terms *ret, struct error *err) NODISCARD;

/* What a query asks of the keys of a table or an index. */
struct key_query {
	struct value partition[KEY_ATTRIBUTES_MAX];
	struct value sort_equal[KEY_ATTRIBUTES_MAX]; /* the run from the left */
	size_t sort_equal_count;
	bool has_range; /* of sort attribute sort_equal_count: */
	enum key_comparison range;
	struct value bounds[2];
};

/* Fits the terms to the layout: "Query condition missed key schema element:
 * pk", "Query key condition not supported", "One or more parameter values were
 * invalid: Condition parameter type does not match schema type", and those of
 * key sizes. */
int key_query_resolve(const struct key_terms *terms, const struct key_layout *layout,
	struct key_query *ret, struct error *err) NODISCARD;
