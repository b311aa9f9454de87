/* The keys of a table and of its indexes as DescribeTable tells them. */
#pragma once

#include "api/request.h"
#include "model/key_layout.h"

/* The layout of one of the table's key schemas. Borrows the names. */
struct key_layout table_layout(
	const struct table_facts *table, const struct request_list *key_schema);
