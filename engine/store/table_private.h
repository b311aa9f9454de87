/* A table from within store/. */
#pragma once

#include "store/bdb.h"
#include "store/count.h"
#include "store/table.h"
#include <stdatomic.h>

struct table {
	struct store *store;
	atomic_uint references;
	atomic_bool deleted; /* set under the writer mutex */
	struct arena arena; /* of the description */
	struct table_description description;
	DB *file; /* opened by the first table_find() */
	struct counters counters;
};

/* ERROR_TABLE_NOT_FOUND when it was deleted while it was held. */
int table_check(const struct table *table, struct error *err) NODISCARD;
/* The name of its file within the data directory, in the buffer. */
const char *table_file_name(struct slice id, struct buf *buf);

/* A table that is not yet in the cache, its counts unknown. */
struct table *table_new(struct store *store, const struct table_description *description);
int table_remove_file(struct store *store, const char *file, struct error *err) NODISCARD;
/* Opens the file of a table unless it is open. */
int table_open(struct table *table, struct error *err) NODISCARD;
