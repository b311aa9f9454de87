/*
 * The parameters that expressions replaced: Expected, QueryFilter, ScanFilter,
 * KeyConditions, AttributeUpdates. Each becomes what the expression would have.
 * Source: Developer Guide, "Legacy conditional parameters".
 */
#pragma once

#include "expr/key_condition.h"
#include "expr/update.h"

/* In the order in which the service's messages list them. */
enum comparison {
	COMPARISON_IN,
	COMPARISON_NULL,
	COMPARISON_BETWEEN,
	COMPARISON_LT,
	COMPARISON_NOT_CONTAINS,
	COMPARISON_EQ,
	COMPARISON_GT,
	COMPARISON_NOT_NULL,
	COMPARISON_NE,
	COMPARISON_LE,
	COMPARISON_BEGINS_WITH,
	COMPARISON_GE,
	COMPARISON_CONTAINS
};

extern const char *const comparison_names[]; /* NULL-terminated */

/* One member of Expected, QueryFilter, ScanFilter or KeyConditions. */
struct legacy_condition {
	struct slice attribute_name;
	bool has_comparison;
	enum comparison comparison;
	bool has_values; /* AttributeValueList came */
	const struct value *values; /* in a row */
	size_t value_count;
	/* Expected's older form: */
	const struct value *value; /* or NULL */
	bool has_exists, exists;
};

/* Expected: conditions joined by AND, or by OR. The whole is NULL when there
 * are none. Checks argument counts and types: "One or more parameter values
 * were invalid: Invalid number of argument(s) for the EQ ComparisonOperator". */
int legacy_expected(const struct legacy_condition *conditions, size_t count, bool join_or,
	struct arena *arena, const struct condition **ret, struct error *err) NODISCARD;
/* QueryFilter and ScanFilter. */
int legacy_filter(const struct legacy_condition *conditions, size_t count, bool join_or,
	struct arena *arena, const struct condition **ret, struct error *err) NODISCARD;
/* KeyConditions: what is wrong with them whatever the key, with the messages
 * of that parameter. */
int legacy_key_conditions(const struct legacy_condition *conditions, size_t count,
	struct arena *arena, struct key_terms *ret, struct error *err) NODISCARD;
/* key_query_resolve() with the messages of KeyConditions. */
int legacy_key_query(const struct key_terms *terms, const struct key_layout *layout,
	struct key_query *ret, struct error *err) NODISCARD;

enum legacy_action { LEGACY_ADD, LEGACY_PUT, LEGACY_DELETE };

struct legacy_update {
	struct slice attribute_name;
	enum legacy_action action; /* PUT by default */
	const struct value *value; /* or NULL */
};

/* AttributeUpdates. */
int legacy_updates(const struct legacy_update *updates, size_t count, struct arena *arena,
	const struct update **ret, struct error *err) NODISCARD;
