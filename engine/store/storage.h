/* What a table takes on disk. */
#pragma once

#include "store/table.h"

struct table_storage {
	/* Whole pages, also those that are free within a file, and those which are
	 * not written out yet. */
	int64_t row_bytes;
	int64_t index_bytes; /* of all its indexes */
	bool converting; /* to the class that was asked for (store/convert.h) */
	unsigned percent; /* how far */
};

/* Cheap: reads one page a file. */
int table_storage(struct table *table, struct table_storage *ret, struct error *err) NODISCARD;
/* Whether its rows are on the way to another class. */
bool table_is_converting(const struct table *table);
