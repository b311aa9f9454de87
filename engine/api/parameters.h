/*
 * What holds between the parameters of a request on items, whatever the
 * operation: expressions and the older parameters are not mixed, placeholders
 * come with expressions that use them, ConditionalOperator with conditions to
 * join.
 */
#pragma once

#include "api/request_item.h"
#include "base/error.h"
#include "expr/projection.h"

struct parameter {
	const char *name;
	bool given;
};

/* "Can not use both expression and non-expression parameters in the same
 * request: Non-expression parameters: {Expected} Expression parameters:
 * {ConditionExpression}". */
int parameters_check_mix(const struct parameter *older, size_t older_count,
	const struct parameter *expressions, size_t expression_count, struct error *err) NODISCARD;

/* What is wrong with ExpressionAttributeNames and with ExpressionAttributeValues,
 * given the expressions of the operation; values of those that may use values. */
int parameters_check_names(const struct request_list *names, const struct parameter *expressions,
	size_t expression_count, struct error *err) NODISCARD;
int parameters_check_values(const struct map *values, const struct parameter *users,
	size_t user_count, struct error *err) NODISCARD;

/* Of Expected, QueryFilter or ScanFilter. */
int parameters_check_operator(struct slice conditional_operator,
	const struct request_list *conditions, struct error *err) NODISCARD;

/* A member of QueryFilter, ScanFilter or KeyConditions, each as expr/legacy.h
 * has it. In the arena. */
struct legacy_condition *parameters_legacy(
	const struct request_list *conditions, struct arena *arena);

/* Sorts the names; one that is among them twice, or NULL. */
const struct slice *parameters_find_duplicate(struct slice *names, size_t count);

/* AttributesToGet or ProjectionExpression; NULL without either. */
int parameters_projection(const struct request_list *attributes_to_get, struct slice expression,
	struct placeholders *placeholders, struct arena *arena, const struct projection **ret,
	struct error *err) NODISCARD;
