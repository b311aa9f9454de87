#include "store/table.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/backfill.h"
#include "store/catalog.h"
#include "store/history.h"
#include "store/index_private.h"
#include "store/row.h"
#include "store/store_private.h"
#include "store/stream.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn_private.h"

const struct table_description *table_description(const struct table *table)
{
	return &table->description;
}

const struct index_description *table_find_index(const struct table *table, struct slice name)
{
	const struct table_description *description = &table->description;

	for (size_t i = 0; i < description->index_count; i++) {
		const struct index_description *index = &description->indexes[i];

		if (index->kind != INDEX_EXPIRY && slice_equal(index->name, name))
			return index;
	}
	return NULL;
}

static struct table_body *body_new(struct store *store, struct slice id)
{
	struct table_body *body = memory_new_zero(sizeof(*body));

	body->store = store;
	body->id = memory_copy_string(id.data, id.len);
	counters_init(&body->counters);
	return body;
}

/* The handle of the same index in another version, or a new one. */
static struct index *share_index(
	struct store *store, const struct table *other, const struct index_description *description)
{
	for (size_t i = 0; other && i < other->description.index_count; i++) {
		if (slice_equal(other->description.indexes[i].id, description->id))
			return index_ref(other->indexes[i]);
	}
	return index_new(store, description->id);
}

static struct history *share_history(
	struct store *store, const struct table *other, const struct table_description *description)
{
	if (!slice_present(description->history_id))
		return NULL;
	if (other && slice_equal(other->description.history_id, description->history_id))
		return history_ref(other->history);
	return history_new(store, description->history_id);
}

static struct table *version_new(struct table_body *body, const struct table *other,
	const struct table_description *description)
{
	struct table *table = memory_new_zero(sizeof(*table));

	atomic_fetch_add_explicit(&body->references, 1, memory_order_relaxed);
	table->body = body;
	table->references = 1;
	table->arena = ARENA_INIT;
	table->description = catalog_copy(description, &table->arena);
	table->indexes =
		arena_alloc_array(&table->arena, description->index_count, sizeof(*table->indexes));
	for (size_t i = 0; i < description->index_count; i++)
		table->indexes[i] = share_index(body->store, other, &description->indexes[i]);
	table->history = share_history(body->store, other, description);
	return table;
}

struct table *table_new(struct store *store, const struct table_description *description)
{
	struct table_body *body = body_new(store, description->id);

	body->newest = version_new(body, NULL, description);
	return body->newest;
}

struct table *table_new_version(struct table *table, const struct table_description *description)
{
	return version_new(table->body, table, description);
}

struct table *table_ref(struct table *table)
{
	atomic_fetch_add_explicit(&table->references, 1, memory_order_relaxed);
	return table;
}

const char *table_file_name(struct slice id, struct buf *buf)
{
	buf_clear(buf);
	buf_appendf(buf, "table-%.*s.db", SLICE_ARG(id));
	return buf_string(buf);
}

int table_remove_file(struct store *store, const char *file, struct error *err)
{
	return bdb_file_remove(store->env, file, err);
}

static void body_free(struct table_body *body)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	bdb_file_closep(&body->file);
	/* What fails to go now goes when the store is opened again. */
	if (body->deleted && table_remove_file(body->store,
				     table_file_name(slice_from_string(body->id), &name), &err) < 0)
		log_warning("store: %s", err.message);
	counters_release(&body->counters);
	conversion_release(&body->conversion);
	free(body->id);
	free(body);
}

static void version_free(struct table *table)
{
	struct table_body *body = table->body;

	for (size_t i = 0; i < table->description.index_count; i++)
		index_unref(table->indexes[i]);
	history_unref(table->history);
	arena_release(&table->arena);
	free(table);
	if (atomic_fetch_sub_explicit(&body->references, 1, memory_order_acq_rel) == 1)
		body_free(body);
}

void table_unref(struct table *table)
{
	if (table && atomic_fetch_sub_explicit(&table->references, 1, memory_order_acq_rel) == 1)
		version_free(table);
}

void table_unrefp(struct table **table)
{
	table_unref(*table);
	*table = NULL;
}

int table_check(const struct table *table, struct error *err)
{
	if (table->body->deleted)
		return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	return 0;
}

int table_create_files(struct txn *txn, struct table *table, struct error *err)
{
	for (size_t i = 0; i < table->description.index_count; i++)
		TRY(index_open(table->indexes[i], txn->bdb, DB_CREATE | DB_EXCL, err));
	TRY(history_open(table->history, txn->bdb, DB_CREATE | DB_EXCL, err));
	table->open = true;
	return 0;
}

void table_add_change(struct txn *txn, enum change_kind kind, const struct table_description *table)
{
	txn_add_change(txn, &(struct change){
				    .kind = kind,
				    .table_name = table->name,
				    .table_id = table->id,
			    });
}

struct creation {
	struct txn_end end;
	struct table_description *description;
	bool with_stream;
	struct table *table;
};

static void creation_ended(struct txn_end *end, bool committed)
{
	struct creation *creation = (struct creation *)end;
	struct store *store = creation->table->body->store;

	if (!committed) {
		table_unref(creation->table);
		return;
	}
	table_cache_add(store, creation->table);
	worker_note_tables(&store->worker);
}

static int create_files(struct txn *txn, struct table *table, struct error *err)
{
	struct buf file CLEANUP(buf_release) = BUF_INIT;

	TRY(bdb_file_open(txn->store->env, txn->bdb, table_file_name(table->description.id, &file),
		DB_CREATE | DB_EXCL, &table->body->file, err));
	return table_create_files(txn, table, err);
}

static int creation_body(struct txn *txn, void *context, struct error *err)
{
	struct creation *creation = context;
	struct table_description *description = creation->description;

	if (table_cache_has(txn->store, description->name))
		return TABLE_EXISTS;
	if (creation->with_stream)
		TRY(stream_enable(txn, description, description->stream_view, err));
	creation->table = table_new(txn->store, description);
	counters_start(&creation->table->body->counters);
	txn_at_end(txn, &creation->end);
	TRY(create_files(txn, creation->table, err));
	TRY(catalog_put(txn, description, err));
	table_add_change(txn, CHANGE_TABLE_CREATED, description);
	return 0;
}

/* The description may be a copy of another table's. */
static void forget_index_ids(struct table_description *description, struct arena *arena)
{
	struct index_description *indexes =
		arena_alloc_array(arena, description->index_count, sizeof(*indexes));

	for (size_t i = 0; i < description->index_count; i++) {
		indexes[i] = description->indexes[i];
		indexes[i].id = slice_of(NULL, 0);
	}
	description->indexes = indexes;
}

int table_create(struct store *store, struct table_description *description, bool with_stream,
	struct arena *arena, enum durability durability, struct error *err)
{
	struct creation creation = {
		.end = { .ended = creation_ended },
		.description = description,
		.with_stream = with_stream,
	};

	TRY(table_make_id(arena, &description->id, err));
	description->created_ns = clock_realtime_ns();
	description->stream_id = description->stream_label = slice_of(NULL, 0);
	description->history_id = slice_of(NULL, 0);
	forget_index_ids(description, arena);
	TRY(table_prepare_indexes(description, INDEX_ACTIVE, arena, err));
	return txn_run(store, TXN_WRITE, durability, arena, creation_body, &creation, err);
}

struct deletion {
	struct txn_end end;
	struct table *table; /* the version that was found */
	bool only_if_empty;
};

static void deletion_ended(struct txn_end *end, bool committed)
{
	struct deletion *deletion = (struct deletion *)end;
	struct table *newest = deletion->table->body->newest;

	if (!committed)
		return;
	newest->body->deleted = true;
	for (size_t i = 0; i < newest->description.index_count; i++)
		newest->indexes[i]->dropped = true;
	history_drop(newest->history);
	table_cache_remove(newest->body->store, newest);
}

int table_look_empty(struct txn *txn, struct table *table, bool *ret, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row row;
	int r;

	TRY(row_cursor_open(txn, table, &(struct row_range){ 0 }, ROW_META, &cursor, err));
	TRY(r = row_cursor_next(cursor, &row, err));
	*ret = r == ROW_END;
	return 0;
}

/* Removes what is recorded of a table and its indexes. */
static int forget(struct txn *txn, const struct table_description *table, struct error *err)
{
	struct table_description description = *table;

	TRY(catalog_delete(txn, table->name, err));
	TRY(count_forget(txn, table->id, err));
	TRY(conversion_forget(txn, arena_copy(txn->arena, table->id).data, err));
	for (size_t i = 0; i < table->index_count; i++) {
		TRY(count_forget(txn, table->indexes[i].id, err));
		TRY(backfill_forget(txn, table->indexes[i].id, err));
	}
	if (slice_present(table->stream_id))
		TRY(stream_disable(txn, &description, err));
	return 0;
}

static int deletion_body(struct txn *txn, void *context, struct error *err)
{
	struct deletion *deletion = context;
	struct table_body *body = deletion->table->body;
	bool empty = true;

	if (body->deleted)
		return TABLE_ABSENT;
	if (body->pins)
		return TABLE_PINNED;
	if (deletion->only_if_empty)
		TRY(table_look_empty(txn, body->newest, &empty, err));
	if (!empty)
		return TABLE_NOT_EMPTY;
	txn_at_end(txn, &deletion->end);
	TRY(forget(txn, &body->newest->description, err));
	table_add_change(txn, CHANGE_TABLE_DELETED, &deletion->table->description);
	return 0;
}

int table_delete(struct store *store, struct slice name, bool only_if_empty,
	enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct deletion deletion = { .end = { .ended = deletion_ended } };
	int r;

	TRY(r = table_find(store, name, &table, err));
	if (r == TABLE_ABSENT)
		return r;
	deletion.table = table;
	deletion.only_if_empty = only_if_empty;
	return txn_run(store, TXN_WRITE, durability, &arena, deletion_body, &deletion, err);
}
