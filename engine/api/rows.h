/* Reading pages of rows into answers: what Query, Scan and the listing of
 * partitions have in common. */
#pragma once

#include "api/operations.h"
#include "expr/condition.h"
#include "expr/projection.h"
#include "store/row.h"

/* 1 MB of items ends a page, by DynamoDB's rules: as they were read, before
 * filter and projection. */
#define PAGE_BYTES_MAX (1024 * 1024)

struct item_facts row_facts(const struct row_meta *meta, struct slice own_text);

struct page_request {
	struct table *table;
	const struct index_description *index; /* NULL: the table itself */
	struct row_range range;
	size_t limit; /* of items evaluated; 0: none */
	const struct condition *filter; /* NULL: all */
	const struct projection *projection; /* NULL: all that the index shows */
	bool fetch; /* what a local index does not show, from the table */
	bool consistent;
	bool facts_only; /* items are keys alone, with facts; no 1 MB limit */
	bool count_only;
	bool as_json; /* items as the text of an array, typed */
	bool as_lines; /* items as lines of plain JSON */
};

struct page {
	size_t count; /* of items that passed the filter */
	size_t scanned; /* of items evaluated */
	uint64_t bytes; /* of those; of what the index shows */
	double fetched_units; /* for fetches from the table */
	uint64_t returned_bytes; /* of the items that passed, as chosen; none with count_only */
	const struct map *last_key; /* it ended by a limit; NULL: the range is read */
	/* Unless as_json, as_lines or count_only: */
	struct map *items;
	struct item_facts *facts;
	struct item_row *rows;
	struct slice text; /* as_json, as_lines */
};

/* Reads one page in its own read transaction. */
int page_read(struct engine *engine, const struct page_request *request, struct arena *arena,
	struct page *ret, struct error *err) NODISCARD;
