#include "api/rows.h"

#include "base/memory.h"
#include "model/item.h"

struct item_facts row_facts(const struct row_meta *meta, struct slice own_text)
{
	return (struct item_facts){
		.mtime_ns = meta->mtime_ns,
		.stamp = meta->stamp,
		.item_size = meta->item_size,
		.text_length = meta->text_length,
		.own_text = own_text,
	};
}

struct page_read_context {
	const struct page_request *request;
	struct page *page;
	size_t capacity;
	size_t bytes;
};

/* Doubles the arrays of a page; the old ones stay in the arena till its end. */
static void page_grow(struct page_read_context *context, struct arena *arena)
{
	struct page *page = context->page;
	size_t capacity = context->capacity ? context->capacity * 2 : 16;
	struct map *items = arena_alloc_array(arena, capacity, sizeof(*items));
	struct item_facts *facts = arena_alloc_array(arena, capacity, sizeof(*facts));
	struct item_row *rows = arena_alloc_array(arena, capacity, sizeof(*rows));

	if (page->count) {
		memcpy(items, page->items, page->count * sizeof(*items));
		memcpy(facts, page->facts, page->count * sizeof(*facts));
		memcpy(rows, page->rows, page->count * sizeof(*rows));
	}
	page->items = items;
	page->facts = facts;
	page->rows = rows;
	context->capacity = capacity;
}

static int page_add(struct page_read_context *context, struct arena *arena, const struct row *row,
	struct error *err)
{
	const struct key_schema *schema = &table_description(context->request->table)->key;
	struct page *page = context->page;
	struct item_row *at;

	if (page->count == context->capacity)
		page_grow(context, arena);
	at = &page->rows[page->count];
	at->row_key = arena_copy(arena, row->key);
	TRY(key_decode(schema, at->row_key, arena, &at->key, err));
	page->last = at->key;
	page->facts[page->count] = row_facts(&row->meta, arena_copy(arena, row->own_text));
	if (context->request->facts_only)
		page->items[page->count] = key_to_map(schema, &page->last, arena);
	else if (!context->request->count_only)
		TRY(item_decode(
			arena, arena_copy(arena, row->item), &page->items[page->count], err));
	page->count++;
	context->bytes += row->meta.item_size;
	return 0;
}

static bool page_full(const struct page_read_context *context)
{
	const struct page_request *request = context->request;

	if (request->limit && context->page->count >= request->limit)
		return true;
	return !request->facts_only && context->bytes >= PAGE_BYTES_MAX;
}

static int page_read_body(struct txn *txn, void *data, struct error *err)
{
	struct page_read_context *context = data;
	const struct page_request *request = context->request;
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	bool keys_only = request->facts_only || request->count_only;
	struct row row;
	int r;

	*context->page = (struct page){ 0 };
	context->capacity = context->bytes = 0;
	TRY(row_cursor_open(txn, request->table, &request->range, keys_only ? ROW_META : ROW_FULL,
		&cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		TRY(page_add(context, txn_arena(txn), &row, err));
		if (page_full(context)) {
			context->page->more = true;
			break;
		}
	}
	TRY(r);
	r = row_cursor_close(cursor, err);
	cursor = NULL;
	return r;
}

int page_read(struct engine *engine, const struct page_request *request, struct arena *arena,
	struct page *ret, struct error *err)
{
	struct page_read_context context = { .request = request, .page = ret };

	return txn_run(
		engine->store, TXN_READ, DURABLE_PROCESS, arena, page_read_body, &context, err);
}
