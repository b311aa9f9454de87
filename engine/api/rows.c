#include "api/rows.h"

#include "api/capacity.h"
#include "api/key_range.h"
#include "model/item.h"
#include "model/plain.h"
#include "model/typed.h"
#include "store/index.h"

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

struct page_reader {
	const struct page_request *request;
	const struct table_description *table;
	struct page *page;
	size_t capacity; /* of the page's arrays */
	struct buf text;
	bool partial; /* the index does not show all of an item */
	bool decoded; /* an item is looked into */
};

/* Doubles the arrays of a page; the old ones stay in the arena till its end. */
static void page_grow(struct page_reader *reader, struct arena *arena)
{
	struct page *page = reader->page;
	size_t capacity = reader->capacity ? reader->capacity * 2 : 16;
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
	reader->capacity = capacity;
}

/* What the request sees of an item, and what it counts for. */
struct evaluated {
	struct map seen; /* by the filter: what the index shows */
	struct map item; /* all of it */
	struct map chosen; /* what is answered */
	size_t bytes;
};

static int evaluate(const struct page_reader *reader, const struct row *row, struct arena *arena,
	struct evaluated *ret, struct error *err)
{
	const struct page_request *request = reader->request;

	ret->bytes = row->meta.item_size;
	if (!reader->decoded)
		return 0;
	TRY(item_decode(arena, arena_copy(arena, row->item), &ret->item, err));
	ret->seen = ret->item;
	if (!reader->partial)
		return 0;
	index_project(reader->table, request->index, &ret->item, arena, &ret->seen);
	ret->bytes = item_size(&ret->seen);
	return 0;
}

static void choose(
	const struct page_reader *reader, struct evaluated *evaluated, struct arena *arena)
{
	const struct page_request *request = reader->request;
	const struct map *item = request->fetch ? &evaluated->item : &evaluated->seen;

	evaluated->chosen = *item;
	if (request->projection)
		projection_apply(request->projection, item, arena, &evaluated->chosen);
}

static size_t chosen_bytes(
	const struct page_reader *reader, const struct row *row, const struct evaluated *evaluated)
{
	if (reader->request->projection)
		return item_size(&evaluated->chosen);
	return reader->request->fetch ? row->meta.item_size : evaluated->bytes;
}

static int add_json(struct page_reader *reader, const struct row *row,
	const struct evaluated *evaluated, struct error *err)
{
	buf_append_char(&reader->text, reader->page->count ? ',' : '[');
	if (!reader->decoded)
		return typed_append_item(&reader->text, row->item, err);
	typed_append_map(&reader->text, &evaluated->chosen);
	return 0;
}

static int add_line(struct page_reader *reader, const struct row *row,
	const struct evaluated *evaluated, struct error *err)
{
	if (!reader->decoded)
		return plain_append_encoded_line(&reader->text, row->item, err);
	plain_append_line(&reader->text, &evaluated->chosen);
	return 0;
}

static int add_item(struct page_reader *reader, const struct row *row,
	const struct evaluated *evaluated, struct arena *arena, struct error *err)
{
	struct page *page = reader->page;
	struct item_row *at;

	if (page->count == reader->capacity)
		page_grow(reader, arena);
	at = &page->rows[page->count];
	at->row_key = arena_copy(arena, row->key);
	at->index_entry = arena_copy(arena, row->index_entry);
	TRY(key_decode(&reader->table->key, at->row_key, arena, &at->key, err));
	page->facts[page->count] = row_facts(&row->meta, arena_copy(arena, row->own_text));
	if (reader->request->facts_only)
		page->items[page->count] = key_to_map(&reader->table->key, &at->key, arena);
	else
		page->items[page->count] = evaluated->chosen;
	return 0;
}

static int add(struct page_reader *reader, const struct row *row, struct evaluated *evaluated,
	struct arena *arena, struct error *err)
{
	const struct page_request *request = reader->request;

	if (reader->decoded && !request->count_only)
		choose(reader, evaluated, arena);
	if (request->as_json)
		TRY(add_json(reader, row, evaluated, err));
	else if (request->as_lines)
		TRY(add_line(reader, row, evaluated, err));
	else if (!request->count_only)
		TRY(add_item(reader, row, evaluated, arena, err));
	if (request->fetch)
		reader->page->fetched_units +=
			capacity_read_units(row->meta.item_size, request->consistent);
	if (!request->count_only)
		reader->page->returned_bytes += chosen_bytes(reader, row, evaluated);
	reader->page->count++;
	return 0;
}

static bool is_text(const struct page_request *request)
{
	return request->as_json || request->as_lines;
}

static int take_row(
	struct page_reader *reader, const struct row *row, struct arena *arena, struct error *err)
{
	const struct condition *filter = reader->request->filter;
	bool keeps = !is_text(reader->request) && !reader->request->count_only;
	struct arena_mark mark = arena_mark(arena);
	struct evaluated evaluated;

	TRY(evaluate(reader, row, arena, &evaluated, err));
	reader->page->scanned++;
	reader->page->bytes += evaluated.bytes;
	if (!filter || condition_holds(filter, &evaluated.seen))
		TRY(add(reader, row, &evaluated, arena, err));
	else
		keeps = false;
	if (!keeps)
		arena_reset(arena, mark);
	return 0;
}

static bool page_full(const struct page_reader *reader)
{
	const struct page_request *request = reader->request;

	if (request->limit && reader->page->scanned >= request->limit)
		return true;
	return !request->facts_only && reader->page->bytes >= PAGE_BYTES_MAX;
}

static int open_cursor(struct txn *txn, const struct page_reader *reader, struct row_cursor **ret,
	struct error *err)
{
	const struct page_request *request = reader->request;
	bool headers = !reader->decoded && (request->facts_only || request->count_only);
	enum row_want want = headers ? ROW_META : ROW_FULL;

	if (request->index)
		return index_cursor_open(
			txn, request->table, request->index->name, &request->range, want, ret, err);
	return row_cursor_open(txn, request->table, &request->range, want, ret, err);
}

static int page_read_body(struct txn *txn, void *context, struct error *err)
{
	struct page_reader *reader = context;
	const struct page_request *request = reader->request;
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row row;
	int r;

	*reader->page = (struct page){ 0 };
	reader->capacity = 0;
	buf_clear(&reader->text);
	TRY(open_cursor(txn, reader, &cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		TRY(take_row(reader, &row, txn_arena(txn), err));
		if (page_full(reader)) {
			TRY(last_key_of(reader->table, request->index, row.key, row.index_entry,
				txn_arena(txn), &reader->page->last_key, err));
			break;
		}
	}
	TRY(r);
	r = row_cursor_close(cursor, err);
	cursor = NULL;
	return r;
}

static void finish_json(struct page_reader *reader)
{
	if (!reader->page->count)
		buf_append_char(&reader->text, '[');
	buf_append_char(&reader->text, ']');
}

static int read_page(
	struct engine *engine, struct page_reader *reader, struct arena *arena, struct error *err)
{
	TRY(txn_run(engine->store, TXN_READ, DURABLE_PROCESS, arena, page_read_body, reader, err));
	if (reader->request->as_json)
		finish_json(reader);
	if (is_text(reader->request))
		reader->page->text = arena_copy(arena, buf_slice(&reader->text));
	return 0;
}

int page_read(struct engine *engine, const struct page_request *request, struct arena *arena,
	struct page *ret, struct error *err)
{
	struct page_reader reader = {
		.request = request,
		.table = table_description(request->table),
		.page = ret,
		.text = BUF_INIT,
		.partial = request->index && request->index->projection != PROJECTION_ALL,
	};
	bool whole = !request->facts_only && !request->count_only && !is_text(request);
	int r;

	reader.decoded = whole || request->filter || request->projection ||
			 (reader.partial && !request->facts_only);
	r = read_page(engine, &reader, arena, err);
	buf_release(&reader.text);
	return r;
}
