#include "store/count.h"
#include "store/row.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <endian.h>

/* Rows of one chunk of a recount: some milliseconds under the writer mutex. */
#define CHUNK_ROWS 1000

/* A record of counts.db; integers little-endian. */
struct count_record {
	uint64_t items;
	uint64_t bytes;
	uint64_t exact; /* 0 or 1 */
};

void counters_init(struct counters *counters)
{
	*counters = (struct counters){ .now = { .exact = false } };
	pthread_mutex_init(&counters->lock, NULL);
}

void counters_release(struct counters *counters)
{
	buf_release(&counters->frontier);
	pthread_mutex_destroy(&counters->lock);
}

void counters_start(struct counters *counters)
{
	counters->now.exact = true;
}

int counters_load(struct counters *counters, DB *file, struct slice id, struct error *err)
{
	struct count_record record;
	DBT key = bdb_input(id);
	DBT data = { .data = &record, .ulen = sizeof(record), .flags = DB_DBT_USERMEM };
	int r = file->get(file, NULL, &key, &data, 0);

	if (r == DB_NOTFOUND)
		return 0;
	if (r)
		return bdb_error(err, r, "reading the counts of a table");
	if (data.size != sizeof(record))
		return error_set(err, ERROR_CORRUPT, "the counts of table %.*s are malformed",
			SLICE_ARG(id));
	counters->now.items = (int64_t)le64toh(record.items);
	counters->now.bytes = (int64_t)le64toh(record.bytes);
	counters->now.exact = counters->saved = le64toh(record.exact);
	return 0;
}

static int count_put(struct txn *txn, struct table *table, bool exact, struct error *err)
{
	const struct table_counts *now = &table->counters.now;
	struct count_record record = {
		.items = htole64((uint64_t)now->items),
		.bytes = htole64((uint64_t)now->bytes),
		.exact = htole64(exact),
	};
	DBT key = bdb_input(table->description.id);
	DBT data = { .data = &record, .size = sizeof(record) };
	DB *file = txn->store->counts;
	int r = file->put(file, txn->bdb, &key, &data, 0);

	return r ? bdb_error(err, r, "writing the counts of a table") : 0;
}

int count_forget(struct txn *txn, struct slice id, struct error *err)
{
	DBT key = bdb_input(id);
	DB *file = txn->store->counts;
	int r = file->del(file, txn->bdb, &key, 0);

	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "deleting the counts of a table");
	return 0;
}

static struct count_delta *deltas_begin(struct count_deltas *deltas)
{
	return (struct count_delta *)(void *)deltas->deltas.data;
}

static struct count_delta *deltas_end(struct count_deltas *deltas)
{
	return deltas_begin(deltas) + deltas->deltas.len / sizeof(struct count_delta);
}

/* The last one first: writes come in runs to one table. */
static struct count_delta *delta_find(struct count_deltas *deltas, const struct table *table)
{
	struct count_delta *begin = deltas_begin(deltas);

	for (struct count_delta *delta = deltas_end(deltas); delta != begin; delta--) {
		if (delta[-1].table == table)
			return delta - 1;
	}
	return NULL;
}

static int delta_add(
	struct txn *txn, struct table *table, struct count_delta **ret, struct error *err)
{
	struct count_delta delta = { .table = table };

	if (table->counters.saved)
		TRY(count_put(txn, table, false, err));
	buf_append(&txn->deltas.deltas, &delta, sizeof(delta));
	*ret = deltas_end(&txn->deltas) - 1;
	return 0;
}

static bool recount_has_passed(const struct counters *counters, struct slice row_key)
{
	return counters->recounting && slice_compare(row_key, buf_slice(&counters->frontier)) <= 0;
}

int count_change(struct txn *txn, struct table *table, struct slice row_key, enum change_kind kind,
	int64_t bytes, struct error *err)
{
	struct count_delta *delta = delta_find(&txn->deltas, table);
	int64_t items = (kind == CHANGE_INSERT) - (kind == CHANGE_REMOVE);

	if (!delta)
		TRY(delta_add(txn, table, &delta, err));
	delta->items += items;
	delta->bytes += bytes;
	if (recount_has_passed(&table->counters, row_key)) {
		delta->recounted_items += items;
		delta->recounted_bytes += bytes;
	}
	delta->inserted += kind == CHANGE_INSERT;
	delta->modified += kind == CHANGE_MODIFY;
	delta->removed += kind == CHANGE_REMOVE;
	return 0;
}

static void delta_apply(const struct count_delta *delta)
{
	struct counters *counters = &delta->table->counters;

	counters->saved = false;
	counters->recounted_items += delta->recounted_items;
	counters->recounted_bytes += delta->recounted_bytes;
	pthread_mutex_lock(&counters->lock);
	counters->now.items += delta->items;
	counters->now.bytes += delta->bytes;
	counters->now.inserted += delta->inserted;
	counters->now.modified += delta->modified;
	counters->now.removed += delta->removed;
	pthread_mutex_unlock(&counters->lock);
}

void count_apply(struct count_deltas *deltas)
{
	const struct count_delta *end = deltas_end(deltas);

	for (const struct count_delta *delta = deltas_begin(deltas); delta != end; delta++)
		delta_apply(delta);
}

void count_deltas_release(struct count_deltas *deltas)
{
	buf_release(&deltas->deltas);
}

void table_counts(struct table *table, struct table_counts *ret)
{
	pthread_mutex_lock(&table->counters.lock);
	*ret = table->counters.now;
	pthread_mutex_unlock(&table->counters.lock);
}

/* What a run of save_body() wrote. */
struct save {
	struct txn_end end;
	struct table_array tables;
};

static bool save_wanted(const struct table *table)
{
	return table->counters.now.exact && !table->counters.saved && !table->deleted;
}

static void save_ended(struct txn_end *end, bool committed)
{
	struct save *save = (struct save *)end;

	for (size_t i = 0; committed && i < save->tables.count; i++) {
		if (save_wanted(save->tables.tables[i]))
			save->tables.tables[i]->counters.saved = true;
	}
}

static int save_body(struct txn *txn, void *context, struct error *err)
{
	struct save *save = context;

	txn_at_end(txn, &save->end);
	for (size_t i = 0; i < save->tables.count; i++) {
		if (save_wanted(save->tables.tables[i]))
			TRY(count_put(txn, save->tables.tables[i], true, err));
	}
	return 0;
}

int count_save(struct store *store, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct save save = { .end = { .ended = save_ended } };
	int r;

	table_cache_all(store, &save.tables);
	r = txn_run(store, TXN_WRITE, DURABLE_PROCESS, &arena, save_body, &save, err);
	table_array_release(&save.tables);
	return r;
}

/* One chunk of a recount. */
struct chunk {
	struct txn_end end;
	struct table *table;
	int64_t items, bytes;
	struct slice last; /* key, in the arena; absent when complete */
	bool complete;
};

static void recount_start(struct counters *counters)
{
	counters->recounting = true;
	counters->recounted_items = counters->recounted_bytes = 0;
	buf_clear(&counters->frontier);
}

static void recount_complete(struct counters *counters)
{
	counters->recounting = false;
	pthread_mutex_lock(&counters->lock);
	counters->now.items = counters->recounted_items;
	counters->now.bytes = counters->recounted_bytes;
	counters->now.exact = true;
	pthread_mutex_unlock(&counters->lock);
}

static void chunk_ended(struct txn_end *end, bool committed)
{
	struct chunk *chunk = (struct chunk *)end;
	struct counters *counters = &chunk->table->counters;

	if (!committed)
		return;
	counters->recounted_items += chunk->items;
	counters->recounted_bytes += chunk->bytes;
	if (slice_present(chunk->last)) {
		buf_clear(&counters->frontier);
		buf_append_slice(&counters->frontier, chunk->last);
	}
	if (chunk->complete)
		recount_complete(counters);
}

static int chunk_count(struct txn *txn, struct chunk *chunk, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row_range after = { .lower = buf_slice(&chunk->table->counters.frontier) };
	struct row row;
	int r;

	TRY(row_cursor_open(txn, chunk->table, &after, ROW_META, &cursor, err));
	while (chunk->items < CHUNK_ROWS) {
		TRY(r = row_cursor_next(cursor, &row, err));
		if (r == ROW_END) {
			chunk->complete = true;
			break;
		}
		if (slice_equal(row.key, after.lower))
			continue; /* counted as the last one of the chunk before */
		chunk->items++;
		chunk->bytes += row.meta.item_size;
		if (chunk->items == CHUNK_ROWS)
			chunk->last = arena_copy(txn_arena(txn), row.key);
	}
	return row_cursor_close(cursor, err);
}

static int chunk_body(struct txn *txn, void *context, struct error *err)
{
	struct chunk *chunk = context;
	struct counters *counters = &chunk->table->counters;

	*chunk = (struct chunk){ .end = { .ended = chunk_ended }, .table = chunk->table };
	if (counters->now.exact || chunk->table->deleted)
		return COUNT_DONE;
	if (!counters->recounting)
		recount_start(counters);
	txn_at_end(txn, &chunk->end);
	TRY(chunk_count(txn, chunk, err));
	return chunk->complete ? COUNT_DONE : 0;
}

int count_step(struct table *table, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct chunk chunk = { .table = table };

	TRY(table_open(table, err));
	return txn_run(table->store, TXN_WRITE, DURABLE_PROCESS, &arena, chunk_body, &chunk, err);
}
