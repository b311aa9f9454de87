#include "store/storage.h"
#include "store/convert.h"
#include "store/index_private.h"
#include "store/table_private.h"

static int measure(DB *file, int64_t *ret, struct error *err)
{
	DB_BTREE_STAT *stat;
	int r;

	for (int try = 1;; try++) {
		r = file->stat(file, NULL, &stat, DB_FAST_STAT);
		if (r != DB_LOCK_DEADLOCK || try == TXN_TRIES)
			break;
	}
	if (r)
		return bdb_error(err, r, "measuring a file");
	*ret = (int64_t)stat->bt_pagecnt * stat->bt_pagesize;
	free(stat);
	return 0;
}

bool table_is_converting(const struct table *table)
{
	return table->body->conversion.visible;
}

int table_storage(struct table *table, struct table_storage *ret, struct error *err)
{
	struct table_storage storage = {
		.converting = table_is_converting(table),
		.percent = table->body->conversion.percent,
	};

	TRY(table_check(table, err));
	TRY(measure(table->body->file, &storage.row_bytes, err));
	for (size_t i = 0; i < table->description.index_count; i++) {
		int64_t bytes = 0;

		if (table->indexes[i]->dropped)
			continue;
		TRY(measure(table->indexes[i]->file, &bytes, err));
		storage.index_bytes += bytes;
	}
	*ret = storage;
	return 0;
}
