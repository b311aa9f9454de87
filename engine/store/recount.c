#include "model/item.h"
#include "store/count.h"
#include "store/index_private.h"
#include "store/row.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* One chunk: some milliseconds under the writer mutex. Bytes are of what is read,
 * which without indexes is headers. */
#define CHUNK_ROWS  1000
#define CHUNK_BYTES (4u << 20)

/* One chunk of a recount. */
struct chunk {
	struct txn_end end;
	struct table_body *body;
	struct table *table; /* its newest version */
	int64_t items, bytes;
	size_t bytes_read;
	struct index_counts *indexes; /* in the arena */
	struct slice last; /* key counted, in the arena; absent: none */
	bool complete;
};

static void recount_start(struct table *table)
{
	struct counters *counters = &table->body->counters;

	counters->recounting = true;
	counters->recounted_items = counters->recounted_bytes = 0;
	for (size_t i = 0; i < table->description.index_count; i++)
		table->indexes[i]->recounted = (struct index_counts){ 0, 0 };
	buf_clear(&counters->frontier);
}

static void recount_complete(struct table *table)
{
	struct counters *counters = &table->body->counters;

	counters->recounting = false;
	pthread_mutex_lock(&counters->lock);
	counters->now.items = counters->recounted_items;
	counters->now.bytes = counters->recounted_bytes;
	counters->now.exact = true;
	for (size_t i = 0; i < table->description.index_count; i++)
		table->indexes[i]->now = table->indexes[i]->recounted;
	pthread_mutex_unlock(&counters->lock);
}

static void chunk_ended(struct txn_end *end, bool committed)
{
	struct chunk *chunk = (struct chunk *)end;
	struct table *table = chunk->table;
	struct counters *counters = &table->body->counters;

	if (!committed)
		return;
	counters->recounted_items += chunk->items;
	counters->recounted_bytes += chunk->bytes;
	for (size_t i = 0; i < table->description.index_count; i++) {
		table->indexes[i]->recounted.items += chunk->indexes[i].items;
		table->indexes[i]->recounted.bytes += chunk->indexes[i].bytes;
	}
	if (slice_present(chunk->last)) {
		buf_clear(&counters->frontier);
		buf_append_slice(&counters->frontier, chunk->last);
	}
	if (chunk->complete)
		recount_complete(table);
}

/* Counts a row in the indexes that have an entry of it. */
static int count_entries(
	struct txn *txn, struct chunk *chunk, const struct row *row, struct error *err)
{
	const struct table_description *table = &chunk->table->description;
	struct buf entry CLEANUP(buf_release) = BUF_INIT;
	struct map item;

	TRY(item_decode(txn->arena, row->item, &item, err));
	for (size_t i = 0; i < table->index_count; i++) {
		const struct index_description *index = &table->indexes[i];

		buf_clear(&entry);
		if (!index_covers(chunk->table->indexes[i], index, row->key) ||
			!index_entry_of(index, &item, row->key, &entry))
			continue;
		chunk->indexes[i].items++;
		chunk->indexes[i].bytes +=
			index_projected_size(table, index, &item, row->meta.item_size);
	}
	return 0;
}

static int count_row(struct txn *txn, struct chunk *chunk, const struct row *row, struct error *err)
{
	chunk->items++;
	chunk->bytes += row->meta.item_size;
	chunk->bytes_read += row->item.len;
	if (chunk->table->description.index_count)
		TRY(count_entries(txn, chunk, row, err));
	chunk->last = arena_copy(txn->arena, row->key);
	return 0;
}

static int chunk_count(struct txn *txn, struct chunk *chunk, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row_range after = { .lower = buf_slice(&chunk->table->body->counters.frontier) };
	enum row_want want = chunk->table->description.index_count ? ROW_FULL : ROW_META;
	struct arena_mark mark = arena_mark(txn->arena);
	struct row row;
	int r;

	TRY(row_cursor_open(txn, chunk->table, &after, want, &cursor, err));
	while (chunk->items < CHUNK_ROWS && chunk->bytes_read < CHUNK_BYTES) {
		TRY(r = row_cursor_next(cursor, &row, err));
		if (r == ROW_END) {
			chunk->complete = true;
			break;
		}
		if (slice_equal(row.key, after.lower))
			continue; /* counted as the last one of the chunk before */
		arena_reset(txn->arena, mark);
		TRY(count_row(txn, chunk, &row, err));
	}
	return row_cursor_close(cursor, err);
}

static int chunk_body(struct txn *txn, void *context, struct error *err)
{
	struct chunk *chunk = context;
	struct table_body *body = chunk->body;

	if (body->deleted || body->counters.now.exact)
		return COUNT_DONE;
	*chunk = (struct chunk){
		.end = { .ended = chunk_ended },
		.body = body,
		.table = body->newest,
		.indexes = arena_alloc_array(
			txn->arena, body->newest->description.index_count, sizeof(*chunk->indexes)),
	};
	if (!body->counters.recounting)
		recount_start(chunk->table);
	txn_at_end(txn, &chunk->end);
	TRY(chunk_count(txn, chunk, err));
	return chunk->complete ? COUNT_DONE : 0;
}

int count_step(struct table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct chunk chunk = { .body = table->body };

	TRY(table_open(table, err));
	return txn_run(
		table->body->store, TXN_WRITE, DURABLE_PROCESS, &arena, chunk_body, &chunk, err);
}
