/* Which tables a request is about, by the shape of its input. */
#pragma once

#include "api/request.h"

/* Called with each table's name; absent when that is not known, as in a statement
 * that cannot be read. A result below 0 ends the walk. */
typedef int request_table_visitor(void *context, struct slice table_name, struct error *err);

/* Visits them all, one as often as it is named: 0, or -1 from the visitor. The
 * input need not be valid. */
int request_visit_tables(const struct operation *operation, const void *input, struct arena *arena,
	request_table_visitor *visit, void *context, struct error *err) NODISCARD;
