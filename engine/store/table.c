#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/catalog.h"
#include "store/row.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <errno.h>
#include <sys/random.h>

const struct table_description *table_description(const struct table *table)
{
	return &table->description;
}

struct table *table_new(struct store *store, const struct table_description *description)
{
	struct table *table = memory_new_zero(sizeof(*table));

	table->store = store;
	table->references = 1;
	table->arena = ARENA_INIT;
	table->description = catalog_copy(description, &table->arena);
	counters_init(&table->counters);
	return table;
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
	int r = store->env->dbremove(store->env, NULL, file, NULL, DB_AUTO_COMMIT);

	return r ? bdb_error(err, r, "removing the file of a deleted table") : 0;
}

static void table_free(struct table *table)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	bdb_file_closep(&table->file);
	/* What fails to go now goes when the store is opened again. */
	if (table->deleted && table_remove_file(table->store,
				      table_file_name(table->description.id, &name), &err) < 0)
		log_warning("store: %s", err.message);
	counters_release(&table->counters);
	arena_release(&table->arena);
	free(table);
}

void table_unref(struct table *table)
{
	if (table && atomic_fetch_sub_explicit(&table->references, 1, memory_order_acq_rel) == 1)
		table_free(table);
}

void table_unrefp(struct table **table)
{
	table_unref(*table);
	*table = NULL;
}

int table_check(const struct table *table, struct error *err)
{
	if (table->deleted)
		return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	return 0;
}

/* A random UUID, in the arena. Source: RFC 9562 section 5.4. */
static int make_id(struct arena *arena, struct slice *ret, struct error *err)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != sizeof(b))
		return error_set_errno(err, errno, "making a table's id");
	b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
	*ret = arena_printf(arena,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return 0;
}

struct creation {
	struct txn_end end;
	const struct table_description *description;
	struct table *table;
};

static void creation_ended(struct txn_end *end, bool committed)
{
	struct creation *creation = (struct creation *)end;

	if (committed)
		table_cache_add(creation->table->store, creation->table);
	else
		table_unref(creation->table);
}

static void add_table_change(struct txn *txn, enum change_kind kind, const struct table *table)
{
	txn_add_change(txn, &(struct change){
				    .kind = kind,
				    .table_name = table->description.name,
				    .table_id = table->description.id,
			    });
}

static int creation_body(struct txn *txn, void *context, struct error *err)
{
	struct buf file CLEANUP(buf_release) = BUF_INIT;
	struct creation *creation = context;

	if (table_cache_has(txn->store, creation->description->name))
		return TABLE_EXISTS;
	creation->table = table_new(txn->store, creation->description);
	counters_start(&creation->table->counters);
	txn_at_end(txn, &creation->end);
	TRY(bdb_file_open(txn->store->env, txn->bdb,
		table_file_name(creation->description->id, &file), DB_CREATE | DB_EXCL,
		&creation->table->file, err));
	TRY(catalog_put(txn, creation->description, err));
	add_table_change(txn, CHANGE_TABLE_CREATED, creation->table);
	return 0;
}

int table_create(struct store *store, struct table_description *description, bool with_stream,
	struct arena *arena, enum durability durability, struct error *err)
{
	struct creation creation = {
		.end = { .ended = creation_ended },
		.description = description,
	};

	(void)with_stream;
	TRY(make_id(arena, &description->id, err));
	description->created_ns = clock_realtime_ns();
	return txn_run(store, TXN_WRITE, durability, arena, creation_body, &creation, err);
}

struct deletion {
	struct txn_end end;
	struct table *table;
	bool only_if_empty;
};

static void deletion_ended(struct txn_end *end, bool committed)
{
	struct deletion *deletion = (struct deletion *)end;

	if (!committed)
		return;
	deletion->table->deleted = true;
	table_cache_remove(deletion->table->store, deletion->table);
}

/* 0 or ROW_END. */
static int look_for_row(struct txn *txn, struct table *table, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row row;

	TRY(row_cursor_open(txn, table, &(struct row_range){ 0 }, ROW_META, &cursor, err));
	return row_cursor_next(cursor, &row, err);
}

static int deletion_body(struct txn *txn, void *context, struct error *err)
{
	struct deletion *deletion = context;
	struct table *table = deletion->table;
	int r = ROW_END;

	if (table->deleted)
		return TABLE_ABSENT;
	if (deletion->only_if_empty)
		TRY(r = look_for_row(txn, table, err));
	if (r != ROW_END)
		return TABLE_NOT_EMPTY;
	txn_at_end(txn, &deletion->end);
	TRY(catalog_delete(txn, table->description.name, err));
	TRY(count_forget(txn, table->description.id, err));
	add_table_change(txn, CHANGE_TABLE_DELETED, table);
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
