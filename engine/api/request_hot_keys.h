/*
 * The hottest keys of a table and its global indexes, for `.hot`. Inputs and
 * outputs; conventions in field.h.
 */
#pragma once

#include "base/slice.h"
#include "model/value.h"

extern const char *const hot_measure_names[]; /* "read", "write", "throttle" */
extern const char *const hot_scope_names[]; /* "partition", "item" */

struct find_hot_keys_input {
	struct slice table_name;
};

struct hot_key_facts {
	struct slice index_name; /* absent: of the table */
	const char *measure, *scope;
	struct map key; /* of a partition, or of an item */
	bool cut; /* it is only the beginning of a key that is too long to be kept */
	double amount; /* units, or requests that were throttled */
	double per_second;
	double share; /* of all that was counted of the measure */
	double error; /* part of that share that may not be there */
};

struct find_hot_keys_output {
	const struct hot_key_facts *keys; /* by index, measure and scope, the hottest first */
	size_t count;
};
