/*
 * SELECT: pages of the ranges that its WHERE names, or of everything.
 *
 * A NextToken tells how far the statement was read: which range, and the key in
 * it after which to go on. It holds for that statement and those parameters
 * alone.
 *
 *	token = base64( hash of statement and parameters, 8 bytes
 *		‖ number of the range, 1 byte ‖ last key as item_encode(), or nothing )
 */
#include "api/admission.h"
#include "api/key_range.h"
#include "api/rows.h"
#include "api/statement.h"
#include "base/hash.h"
#include "base/text.h"
#include "model/item.h"
#include "model/typed.h"
#include "store/index.h"

#include <endian.h>

#define INVALID_TOKEN    "Invalid NextToken"
#define TOKEN_HEAD_BYTES (sizeof(uint64_t) + 1)

_Static_assert(PARTIQL_RANGES_MAX <= UINT8_MAX, "a range's number is a byte of the token");

struct select_call {
	struct engine *engine;
	struct request *request;
	const struct execute_statement_input *in;
	const struct partiql_statement *statement;
	struct table *table; /* held */
	const struct index_description *index; /* NULL: the table itself */
	struct key_layout layout;
	bool fetch; /* what a local index does not show, from the table */
	struct partiql_plan plan;
	/* Where it begins: */
	size_t range;
	struct buf position; /* in it; empty: at its start */
	/* What is read: */
	struct map *items;
	struct slice *tokens; /* one for each, as asked for */
	size_t count, capacity;
	size_t scanned;
	uint64_t bytes;
	const struct value *partition; /* of the current range; NULL: not one of the table */
	struct slice index_partition; /* the same of a global index (key_layout.h) */
	uint64_t returned_bytes; /* of the last page */
	const struct map *last_key;
};

static void select_release(struct select_call *select)
{
	table_unref(select->table);
	buf_release(&select->position);
}

static bool projects(const void *context, struct slice attribute)
{
	const struct select_call *select = context;

	return index_projects(table_description(select->table), select->index, attribute);
}

static int check_index(const struct select_call *select, struct error *err)
{
	const struct index_description *index = select->index;

	if (!index)
		return error_set(
			err, ERROR_VALIDATION, "The table does not have the specified index");
	if (index->status != INDEX_ACTIVE)
		return error_set(err, ERROR_VALIDATION,
			"Cannot read from backfilling global secondary index: %.*s",
			SLICE_ARG(index->name));
	TRY(statement_check_index(index, err));
	if (select->in->consistent_read.value && index->kind == INDEX_GLOBAL)
		return error_set(err, ERROR_VALIDATION,
			"Strongly consistent read is not supported on Global Secondary Indexes");
	return 0;
}

/* A local index fetches the columns that it does not show; a global one can't. */
static int check_columns(struct select_call *select, struct error *err)
{
	struct buf missing CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < select->statement->column_count; i++) {
		struct slice name = document_path_root(&select->statement->columns[i].path);

		if (projects(select, name))
			continue;
		buf_append_string(&missing, missing.len ? ", " : "");
		buf_append_slice(&missing, name);
	}
	if (!missing.len)
		return 0;
	select->fetch = select->index->kind == INDEX_LOCAL;
	if (select->fetch)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Global secondary index %.*s does not project [%s]",
		SLICE_ARG(select->index->name), buf_string(&missing));
}

static int check_filter(const struct select_call *select, struct error *err)
{
	struct buf names CLEANUP(buf_release) = BUF_INIT;

	if (!select->plan.unprojected_count)
		return 0;
	for (size_t i = 0; i < select->plan.unprojected_count; i++) {
		buf_append_string(&names, i ? ", " : "");
		buf_append_slice(&names, select->plan.unprojected[i]);
	}
	return error_set(err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Secondary index %.*s does not project one or more filter attributes: [%s]",
		SLICE_ARG(select->index->name), buf_string(&names));
}

static int find(struct select_call *select, struct error *err)
{
	const struct partiql_statement *statement = select->statement;
	bool indexed = slice_present(statement->index_name);

	TRY(engine_find_table(select->engine, statement->table_name, &select->table, err));
	select->layout = key_layout_of(&table_description(select->table)->key);
	if (indexed) {
		select->index = table_find_index(select->table, statement->index_name);
		TRY(check_index(select, err));
		TRY(check_columns(select, err));
		select->layout = select->index->key;
	}
	TRY(partiql_plan(statement, &select->layout, indexed ? projects : NULL, select,
		select->request->arena, &select->plan, err));
	return check_filter(select, err);
}

/* Tokens. */

static uint64_t request_hash(const struct execute_statement_input *in)
{
	const struct value *parameters = in->parameters.items;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&text, in->statement);
	for (size_t i = 0; i < in->parameters.count; i++) {
		buf_append_char(&text, '\0');
		typed_append_value(&text, &parameters[i]);
	}
	return htobe64(hash64(buf_slice(&text)));
}

static struct slice make_token(
	const struct select_call *select, size_t range, const struct map *last_key)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct buf token CLEANUP(buf_release) = BUF_INIT;
	uint64_t hash = request_hash(select->in);

	buf_append(&bytes, &hash, sizeof(hash));
	buf_append_char(&bytes, (char)range);
	if (last_key)
		item_encode(last_key, &bytes);
	base64_append(&token, buf_slice(&bytes));
	return arena_copy(select->request->arena, buf_slice(&token));
}

/* The key of a token as a position in what is read. */
static int take_position(struct select_call *select, struct slice bytes, struct error *err)
{
	struct error unused CLEANUP(error_release) = ERROR_INIT;
	struct arena *arena = select->request->arena;
	struct map key;

	if (!bytes.len)
		return 0;
	if (item_decode(arena, arena_copy(arena, bytes), &key, &unused) < 0 ||
		start_key_position(table_description(select->table), select->index, true, &key,
			&select->position, &unused) < 0)
		return error_set(err, ERROR_VALIDATION, INVALID_TOKEN);
	return 0;
}

static int take_token(struct select_call *select, struct error *err)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	uint64_t hash = request_hash(select->in);

	if (!slice_present(select->in->next_token))
		return 0;
	if (!base64_decode(&bytes, select->in->next_token) || bytes.len < TOKEN_HEAD_BYTES)
		return error_set(err, ERROR_VALIDATION, INVALID_TOKEN);
	if (memcmp(bytes.data, &hash, sizeof(hash)) != 0)
		return error_set(err, ERROR_VALIDATION, "NextToken does not match request");
	select->range = (unsigned char)bytes.data[sizeof(hash)];
	return take_position(select, slice_skip(buf_slice(&bytes), TOKEN_HEAD_BYTES), err);
}

/* Reading. */

/* A local index has the table's partitions. */
static void note_partition(struct select_call *select, const struct value *partition)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct value *copy;

	if (select->index && select->index->kind != INDEX_LOCAL) {
		key_layout_encode_partition(&select->layout, partition, &bytes);
		select->index_partition = arena_copy(select->request->arena, buf_slice(&bytes));
		return;
	}
	copy = arena_alloc(select->request->arena, sizeof(*copy));
	*copy = *partition;
	select->partition = copy;
}

static int find_range(struct select_call *select, struct key_range *ret, struct error *err)
{
	struct key_range upper CLEANUP(key_range_release) = KEY_RANGE_INIT;
	const struct partiql_range *range = &select->plan.ranges[select->range];
	struct key_query query;
	struct buf bound;

	TRY(key_query_resolve(&range->lower, &select->layout, &query, err));
	note_partition(select, query.partition);
	key_range_of_query(ret, &select->layout, &query);
	TRY(key_query_resolve(&range->upper, &select->layout, &query, err));
	key_range_of_query(&upper, &select->layout, &query);
	bound = ret->upper;
	ret->upper = upper.upper;
	upper.upper = bound;
	return 0;
}

/* A partition of a table without a sort key has one item: nothing comes after. */
static bool is_single(const struct select_call *select)
{
	return select->plan.ranges && !select->index &&
	       !key_schema_has_sort(&table_description(select->table)->key);
}

/* The token to go on after an item of the current range. */
static struct slice item_token(const struct select_call *select, const struct map *item)
{
	struct map key;

	if (is_single(select))
		return make_token(select, select->range + 1, NULL);
	start_key_of_item(table_description(select->table), select->index, item,
		select->request->arena, &key);
	return make_token(select, select->range, &key);
}

static void reserve_items(struct select_call *select, size_t more)
{
	struct arena *arena = select->request->arena;
	size_t capacity = select->count + more;
	struct slice *tokens;
	struct map *items;

	if (capacity <= select->capacity)
		return;
	capacity += select->capacity;
	items = arena_alloc_array(arena, capacity, sizeof(*items));
	tokens = select->in->item_tokens ? arena_alloc_array(arena, capacity, sizeof(*tokens))
					 : NULL;
	if (select->count)
		memcpy(items, select->items, select->count * sizeof(*items));
	if (select->count && tokens)
		memcpy(tokens, select->tokens, select->count * sizeof(*tokens));
	select->items = items;
	select->tokens = tokens;
	select->capacity = capacity;
}

/* Chooses the columns and keeps the items. */
static void take_items(struct select_call *select, const struct page *page)
{
	reserve_items(select, page->count);
	select->returned_bytes = 0;
	for (size_t i = 0; i < page->count; i++) {
		if (select->tokens)
			select->tokens[select->count] = item_token(select, &page->items[i]);
		partiql_project(select->statement, &page->items[i], select->request->arena,
			&select->items[select->count]);
		select->returned_bytes += item_size(&select->items[select->count++]);
	}
}

static void count_page(struct select_call *select, const struct page *page)
{
	select->scanned += page->scanned;
	select->bytes += page->bytes;
	usage_add_page(select->request->usage, &(struct usage_page){
						       .table = select->table,
						       .index = select->index,
						       .partition = select->partition,
						       .index_partition = select->index_partition,
						       .units = capacity_read_units(page->bytes,
							       select->in->consistent_read.value),
						       .fetched_units = page->fetched_units,
						       .returned_items = page->count,
						       .returned_bytes = select->returned_bytes,
					       });
}

/* Reads on in the current range, to its end or to the page's. */
static int read_range(struct select_call *select, struct error *err)
{
	struct key_range range CLEANUP(key_range_release) = KEY_RANGE_INIT;
	size_t limit = select->in->limit.present ? (size_t)select->in->limit.value : 0;
	struct page_request page_request = {
		.table = select->table,
		.index = select->index,
		.limit = limit ? limit - select->scanned : 0,
		.filter = select->statement->where,
		.fetch = select->fetch,
		.consistent = select->in->consistent_read.value,
	};
	struct page page;

	if (select->plan.ranges)
		TRY(find_range(select, &range, err));
	if (select->position.len && !key_range_holds(&range, buf_slice(&select->position)))
		return error_set(err, ERROR_VALIDATION, INVALID_TOKEN);
	if (select->position.len)
		key_range_resume(&range, select->plan.backward, buf_slice(&select->position));
	page_request.range = key_range_rows(&range, select->plan.backward);
	TRY(page_read(select->engine, &page_request, select->request->arena, &page, err));
	take_items(select, &page);
	count_page(select, &page);
	select->last_key = page.last_key;
	return 0;
}

static int read_ranges(struct select_call *select, struct statement_page *ret, struct error *err)
{
	size_t count = select->plan.ranges ? select->plan.range_count : 1;

	if (select->range > count)
		return error_set(err, ERROR_VALIDATION, INVALID_TOKEN);
	while (select->range < count) {
		TRY(read_range(select, err));
		if (select->last_key && !is_single(select))
			break;
		select->range++;
		buf_clear(&select->position);
		if (select->last_key || select->bytes >= PAGE_BYTES_MAX)
			break;
	}
	if (select->range == count)
		return 0;
	ret->last_key = select->last_key;
	ret->next_token =
		make_token(select, select->range, is_single(select) ? NULL : select->last_key);
	return 0;
}

/* Once, whatever the number of ranges. */
static int admit(const struct select_call *select, struct error *err)
{
	const struct admission admission = { select->request->usage, select->table };

	return admission_read(&admission, select->index, err);
}

int statement_read(struct engine *engine, struct request *request,
	const struct partiql_statement *statement, struct statement_page *ret, struct error *err)
{
	const struct execute_statement_input *in = request->input;
	struct select_call select CLEANUP(select_release) = {
		.engine = engine,
		.request = request,
		.in = in,
		.statement = statement,
		.position = BUF_INIT,
	};

	*ret = (struct statement_page){ 0 };
	TRY(find(&select, err));
	TRY(take_token(&select, err));
	TRY(admit(&select, err));
	TRY(read_ranges(&select, ret, err));
	ret->items = (struct request_list){ true, select.count, select.items };
	ret->item_tokens = select.tokens;
	ret->consumed_capacity = capacity_answer(usage_table(request->usage, select.table),
		in->return_consumed_capacity, false, request->arena);
	return 0;
}
