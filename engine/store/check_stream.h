/* The part of store_check() that looks at streams: each record decodes, and begins
 * where the line of the one before it ends. */
#pragma once

#include "store/check.h"

/* Adds to *problems what it reports. */
int check_streams(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err) NODISCARD;
