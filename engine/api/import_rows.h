/*
 * Rows of CSV as items, as ImportTable has them: keys of the table and of its indexes
 * by their types, everything else a string; an empty cell without quotes is no
 * attribute. Source: Developer Guide, "Import format quotas and validation".
 */
#pragma once

#include "api/csv.h"
#include "model/value.h"
#include "store/table.h"

struct import_columns {
	const struct slice *names;
	size_t count;
	char delimiter;
};

/* The names of a header's cells, in the arena. */
int import_read_header(struct slice record, char delimiter, struct arena *arena,
	struct import_columns *ret, struct error *err) NODISCARD;
/* Columns of names that are given. */
int import_name_columns(const struct slice *names, size_t count, char delimiter,
	struct import_columns *ret, struct error *err) NODISCARD;
/* In the arena. */
int import_read_row(const struct import_columns *columns, const struct table_description *table,
	struct slice record, struct arena *arena, struct map *ret, struct error *err) NODISCARD;
