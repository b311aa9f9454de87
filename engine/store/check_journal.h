/* The part of store_check() that looks at journals: each chunk reads, begins where
 * the one before it ends, and ends with a line. */
#pragma once

#include "store/check.h"

/* Adds to *problems what it reports. */
int check_journals(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err) NODISCARD;
