/*
 * Constraints of a request's members, checked from its shape, before anything
 * looks at what the request means.
 *
 * All failures of a request are one ERROR_VALIDATION: "2 validation errors
 * detected: Value '' at 'tableName' failed to satisfy constraint: Member must
 * have length greater than or equal to 1; Value null at …".
 */
#pragma once

#include "api/request.h"

int validate_input(
	const struct request_shape *shape, const void *input, struct error *err) NODISCARD;
