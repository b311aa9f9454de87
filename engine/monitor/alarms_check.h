/* The integrity check of the alarms (store/check.h does the rest). */
#pragma once

#include "store/check.h"

/* Looks at all that are kept, in a store that is otherwise unused. Problems are told
 * to the function and counted; -1 when the look itself failed. */
int alarms_check(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err) NODISCARD;
