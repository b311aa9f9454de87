#include "store/count.h"
#include "store/index_private.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <endian.h>

/* A record of counts.db; integers little-endian. */
struct count_record {
	uint64_t items;
	uint64_t bytes;
	uint64_t exact; /* 0 or 1; of an index always 1 */
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

#define RECORD_ABSENT 1
static int record_get(DB *file, struct slice id, struct count_record *ret, struct error *err)
{
	DBT key = bdb_input(id);
	DBT data = { .data = ret, .ulen = sizeof(*ret), .flags = DB_DBT_USERMEM };
	int r = file->get(file, NULL, &key, &data, 0);

	if (r == DB_NOTFOUND)
		return RECORD_ABSENT;
	if (r)
		return bdb_error(err, r, "reading the counts of a table");
	if (data.size != sizeof(*ret))
		return error_set(err, ERROR_CORRUPT, "the counts of table %.*s are malformed",
			SLICE_ARG(id));
	return 0;
}

int counters_load(struct counters *counters, DB *file, struct slice id, struct error *err)
{
	struct count_record record;
	int r;

	TRY(r = record_get(file, id, &record, err));
	if (r == RECORD_ABSENT)
		return 0;
	counters->now.items = (int64_t)le64toh(record.items);
	counters->now.bytes = (int64_t)le64toh(record.bytes);
	counters->now.exact = counters->saved = le64toh(record.exact);
	return 0;
}

int index_counts_load(struct index *index, struct error *err)
{
	struct count_record record;
	int r;

	TRY(r = record_get(index->store->counts, slice_from_string(index->id), &record, err));
	if (r == RECORD_ABSENT)
		return 0;
	index->now.items = (int64_t)le64toh(record.items);
	index->now.bytes = (int64_t)le64toh(record.bytes);
	return 0;
}

static int record_put(struct txn *txn, const char *id, int64_t items, int64_t bytes, bool exact,
	struct error *err)
{
	struct count_record record = {
		.items = htole64((uint64_t)items),
		.bytes = htole64((uint64_t)bytes),
		.exact = htole64(exact),
	};
	DBT key = bdb_input(slice_from_string(id));
	DBT data = { .data = &record, .size = sizeof(record) };
	DB *file = txn->store->counts;
	int r = file->put(file, txn->bdb, &key, &data, 0);

	return r ? bdb_error(err, r, "writing the counts of a table") : 0;
}

static int count_put(struct txn *txn, const struct table_body *body, bool exact, struct error *err)
{
	const struct table_counts *now = &body->counters.now;

	return record_put(txn, body->id, now->items, now->bytes, exact, err);
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
	return (struct count_delta *)(void *)deltas->tables.data;
}

static struct count_delta *deltas_end(struct count_deltas *deltas)
{
	return deltas_begin(deltas) + deltas->tables.len / sizeof(struct count_delta);
}

/* The last one first: writes come in runs to one table. */
static struct count_delta *delta_find(struct count_deltas *deltas, const struct table_body *body)
{
	struct count_delta *begin = deltas_begin(deltas);

	for (struct count_delta *delta = deltas_end(deltas); delta != begin; delta--) {
		if (delta[-1].body == body)
			return delta - 1;
	}
	return NULL;
}

/* Finds or makes it. */
static int delta_get(
	struct txn *txn, struct table_body *body, struct count_delta **ret, struct error *err)
{
	struct count_delta delta = { .body = body };

	*ret = delta_find(&txn->deltas, body);
	if (*ret)
		return 0;
	if (body->counters.saved)
		TRY(count_put(txn, body, false, err));
	buf_append(&txn->deltas.tables, &delta, sizeof(delta));
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
	int64_t items = (kind == CHANGE_INSERT) - (kind == CHANGE_REMOVE);
	struct count_delta *delta;

	TRY(delta_get(txn, table->body, &delta, err));
	delta->items += items;
	delta->bytes += bytes;
	if (recount_has_passed(&table->body->counters, row_key)) {
		delta->recounted_items += items;
		delta->recounted_bytes += bytes;
	}
	delta->inserted += kind == CHANGE_INSERT;
	delta->modified += kind == CHANGE_MODIFY;
	delta->removed += kind == CHANGE_REMOVE;
	return 0;
}

static struct index_delta *index_deltas_begin(struct count_deltas *deltas)
{
	return (struct index_delta *)(void *)deltas->indexes.data;
}

static struct index_delta *index_deltas_end(struct count_deltas *deltas)
{
	return index_deltas_begin(deltas) + deltas->indexes.len / sizeof(struct index_delta);
}

static struct index_delta *index_delta_get(
	struct count_deltas *deltas, struct table_body *body, struct index *index)
{
	struct index_delta delta = { .body = body, .index = index };

	for (struct index_delta *at = index_deltas_begin(deltas); at != index_deltas_end(deltas);
		at++) {
		if (at->index == index)
			return at;
	}
	buf_append(&deltas->indexes, &delta, sizeof(delta));
	return index_deltas_end(deltas) - 1;
}

static void add_counts(struct index_counts *to, struct index_counts difference)
{
	to->items += difference.items;
	to->bytes += difference.bytes;
}

int count_index_change(struct txn *txn, struct table *table, struct index *index,
	struct slice row_key, struct index_counts difference, struct error *err)
{
	struct count_delta *of_table;
	struct index_delta *delta;

	/* The table's record tells whether the index's is true. */
	TRY(delta_get(txn, table->body, &of_table, err));
	delta = index_delta_get(&txn->deltas, table->body, index);
	add_counts(&delta->now, difference);
	if (recount_has_passed(&table->body->counters, row_key))
		add_counts(&delta->recounted, difference);
	return 0;
}

static void delta_apply(const struct count_delta *delta)
{
	struct counters *counters = &delta->body->counters;

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

static void index_delta_apply(const struct index_delta *delta)
{
	add_counts(&delta->index->recounted, delta->recounted);
	pthread_mutex_lock(&delta->body->counters.lock);
	add_counts(&delta->index->now, delta->now);
	pthread_mutex_unlock(&delta->body->counters.lock);
}

void count_apply(struct count_deltas *deltas)
{
	for (struct count_delta *at = deltas_begin(deltas); at != deltas_end(deltas); at++)
		delta_apply(at);
	for (struct index_delta *at = index_deltas_begin(deltas); at != index_deltas_end(deltas);
		at++)
		index_delta_apply(at);
}

void count_deltas_release(struct count_deltas *deltas)
{
	buf_release(&deltas->tables);
	buf_release(&deltas->indexes);
}

void table_counts(struct table *table, struct table_counts *ret)
{
	struct counters *counters = &table->body->counters;

	pthread_mutex_lock(&counters->lock);
	*ret = counters->now;
	pthread_mutex_unlock(&counters->lock);
}

void table_index_counts(struct table *table, struct slice index_name, struct index_counts *ret)
{
	const struct index_description *index = table_find_index(table, index_name);
	struct counters *counters = &table->body->counters;

	*ret = (struct index_counts){ 0, 0 };
	if (!index)
		return;
	pthread_mutex_lock(&counters->lock);
	*ret = table_index(table, index)->now;
	pthread_mutex_unlock(&counters->lock);
}

/* What a run of save_body() wrote. */
struct save {
	struct txn_end end;
	struct table_array tables;
};

static bool save_wanted(const struct table_body *body)
{
	return body->counters.now.exact && !body->counters.saved && !body->deleted;
}

static void save_ended(struct txn_end *end, bool committed)
{
	struct save *save = (struct save *)end;

	for (size_t i = 0; committed && i < save->tables.count; i++) {
		struct table_body *body = save->tables.tables[i]->body;

		if (save_wanted(body))
			body->counters.saved = true;
	}
}

static int save_table(struct txn *txn, const struct table *table, struct error *err)
{
	TRY(count_put(txn, table->body, true, err));
	for (size_t i = 0; i < table->description.index_count; i++) {
		const struct index *index = table->indexes[i];

		TRY(record_put(txn, index->id, index->now.items, index->now.bytes, true, err));
	}
	return 0;
}

static int save_body(struct txn *txn, void *context, struct error *err)
{
	struct save *save = context;

	txn_at_end(txn, &save->end);
	for (size_t i = 0; i < save->tables.count; i++) {
		const struct table_body *body = save->tables.tables[i]->body;

		if (save_wanted(body))
			TRY(save_table(txn, body->newest, err));
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
