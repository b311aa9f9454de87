#include "store/backfill.h"
#include "base/memory.h"
#include "model/item.h"
#include "store/catalog.h"
#include "store/index_private.h"
#include "store/row.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <endian.h>

/* One chunk ends at so many rows or bytes of items: some milliseconds under the
 * writer mutex. */
#define CHUNK_ROWS  500
#define CHUNK_BYTES (1u << 20)

int backfill_load(struct index *index, struct error *err)
{
	DBT key = bdb_input(slice_from_string(index->id)), data = { .flags = DB_DBT_MALLOC };
	DB *file = index->store->backfill;
	int r = file->get(file, NULL, &key, &data, 0);

	if (r == DB_NOTFOUND)
		return 0; /* nothing was done yet */
	if (r)
		return bdb_error(err, r, "reading how far an index is made");
	buf_append_slice(&index->frontier, bdb_slice(&data));
	free(data.data);
	return 0;
}

int backfill_forget(struct txn *txn, struct slice index_id, struct error *err)
{
	DBT key = bdb_input(index_id);
	DB *file = txn->store->backfill;
	int r = file->del(file, txn->bdb, &key, 0);

	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "noting that an index is made");
	return 0;
}

static int save_frontier(
	struct txn *txn, const struct index *index, struct slice frontier, struct error *err)
{
	DBT key = bdb_input(slice_from_string(index->id)), data = bdb_input(frontier);
	DB *file = txn->store->backfill;
	int r = file->put(file, txn->bdb, &key, &data, 0);

	return r ? bdb_error(err, r, "noting how far an index is made") : 0;
}

/* One chunk. */
struct chunk {
	struct txn_end end;
	struct table_body *body;
	struct table *table; /* its newest version */
	size_t at; /* which of its indexes */
	size_t rows, bytes;
	struct slice last; /* key looked at, in the arena; absent: none */
	bool complete;
	struct table_replacement replacement; /* when complete */
};

static bool find_creating(const struct table *table, size_t *ret)
{
	for (size_t i = 0; i < table->description.index_count; i++) {
		if (table->description.indexes[i].status == INDEX_CREATING) {
			*ret = i;
			return true;
		}
	}
	return false;
}

bool backfill_wanted(const struct table *table)
{
	size_t at;

	return find_creating(table, &at);
}

static void chunk_ended(struct txn_end *end, bool committed)
{
	struct chunk *chunk = (struct chunk *)end;
	struct index *index = chunk->table->indexes[chunk->at];

	if (!committed || !slice_present(chunk->last))
		return;
	buf_clear(&index->frontier);
	buf_append_slice(&index->frontier, chunk->last);
}

static int fill_row(struct txn *txn, struct chunk *chunk, const struct row *row, struct error *err)
{
	const struct table_description *table = &chunk->table->description;
	const struct index_description *description = &table->indexes[chunk->at];
	struct index *index = chunk->table->indexes[chunk->at];
	struct buf entry CLEANUP(buf_release) = BUF_INIT;
	struct index_counts difference = { .items = 1 };
	struct map item;

	TRY(item_decode(txn->arena, row->item, &item, err));
	if (!index_entry_of(description, &item, row->key, &entry))
		return 0;
	TRY(index_put_entry(txn, index, buf_slice(&entry), err));
	difference.bytes = index_projected_size(table, description, &item, row->meta.item_size);
	return count_index_change(txn, chunk->table, index, row->key, difference, err);
}

static int fill_rows(struct txn *txn, struct chunk *chunk, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row_range after = {
		.lower = buf_slice(&chunk->table->indexes[chunk->at]->frontier),
	};
	struct arena_mark mark = arena_mark(txn->arena);
	struct row row;
	int r;

	TRY(row_cursor_open(txn, chunk->table, &after, ROW_FULL, &cursor, err));
	while (chunk->rows < CHUNK_ROWS && chunk->bytes < CHUNK_BYTES) {
		TRY(r = row_cursor_next(cursor, &row, err));
		if (r == ROW_END) {
			chunk->complete = true;
			break;
		}
		if (slice_equal(row.key, after.lower))
			continue; /* the last one of the chunk before */
		arena_reset(txn->arena, mark);
		TRY(fill_row(txn, chunk, &row, err));
		chunk->rows++;
		chunk->bytes += row.item.len;
		chunk->last = arena_copy(txn->arena, row.key);
	}
	return row_cursor_close(cursor, err);
}

/* The index becomes ACTIVE. */
static int complete(struct txn *txn, struct chunk *chunk, struct error *err)
{
	struct table_description description = catalog_copy(&chunk->table->description, txn->arena);
	struct index_description *index =
		(struct index_description *)&description.indexes[chunk->at];

	index->status = INDEX_ACTIVE;
	TRY(backfill_forget(txn, index->id, err));
	return table_replace(txn, chunk->table, &description, &chunk->replacement, err);
}

static int chunk_body(struct txn *txn, void *context, struct error *err)
{
	struct chunk *chunk = context;
	struct table_body *body = chunk->body;

	*chunk = (struct chunk){
		.end = { .ended = chunk_ended },
		.body = body,
		.table = body->newest,
	};
	if (body->deleted || !find_creating(chunk->table, &chunk->at))
		return BACKFILL_DONE;
	TRY(fill_rows(txn, chunk, err));
	if (chunk->complete)
		return complete(txn, chunk, err);
	txn_at_end(txn, &chunk->end);
	return save_frontier(txn, chunk->table->indexes[chunk->at], chunk->last, err);
}

int backfill_step(struct table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct chunk chunk = { .body = table->body };

	TRY(table_open(table, err));
	return txn_run(
		table->body->store, TXN_WRITE, DURABLE_PROCESS, &arena, chunk_body, &chunk, err);
}

/* Row keys begin with a hash, big-endian. */
double backfill_progress(const struct table *table, const struct index_description *description)
{
	const struct index *index = table_index(table, description);
	pthread_mutex_t *writer = &table->body->store->writer;
	uint64_t hash = 0;

	pthread_mutex_lock(writer);
	if (index->frontier.len >= sizeof(hash))
		memcpy(&hash, index->frontier.data, sizeof(hash));
	pthread_mutex_unlock(writer);
	return (double)be64toh(hash) / 0x1p64;
}
