/* Reading ranges of rows into answers: what Query, Scan and the listing of
 * partitions have in common. */
#pragma once

#include "api/operations.h"
#include "store/row.h"

/* 1 MB of items ends a page, by DynamoDB's rules. */
#define PAGE_BYTES_MAX (1024 * 1024)

struct item_facts row_facts(const struct row_meta *meta, struct slice own_text);

struct page_request {
	struct table *table;
	struct row_range range;
	size_t limit; /* 0: none */
	bool facts_only;
	bool count_only;
};

struct page {
	struct map *items;
	struct item_facts *facts;
	struct item_row *rows;
	size_t count; /* of items evaluated */
	bool more; /* it ended by a limit */
	struct key last; /* of the last one, when more */
};

/* Reads one page in its own read transaction. */
int page_read(struct engine *engine, const struct page_request *request, struct arena *arena,
	struct page *ret, struct error *err) NODISCARD;
