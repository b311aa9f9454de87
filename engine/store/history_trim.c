/* What no moment needs any more goes from the front, a batch in each transaction. */
#include "base/memory.h"
#include "store/history.h"
#include "store/recovery.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn_private.h"

/* Changes deleted under the writer mutex at a time. */
#define TRIM_BATCH 500

struct trim {
	struct table_body *body;
	int64_t now_ns;
	DBT key, data; /* memory for an entry of moments-ID.db */
};

#define TRIM_MORE 1

/* What is not newer is of no use. */
static uint64_t limit_of(const struct trim *trim)
{
	const struct table_description *table = &trim->body->newest->description;
	int64_t earliest = recovery_earliest(table, trim->now_ns);
	uint64_t limit = earliest > 0 ? (uint64_t)earliest : 0;

	if (!table->recovery_enabled)
		limit = UINT64_MAX;
	for (const struct history_pin *pin = trim->body->pins; pin; pin = pin->next) {
		if (pin->stamp < limit)
			limit = pin->stamp;
	}
	return limit;
}

static int delete_entry(struct txn *txn, DB *file, struct slice row_key, struct slice stamp)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	DBT dbt;
	int r;

	buf_append_slice(&key, row_key);
	buf_append_slice(&key, stamp);
	dbt = bdb_input(buf_slice(&key));
	r = file->del(file, txn->bdb, &dbt, 0);
	return r == DB_NOTFOUND ? 0 : r;
}

/* Deletes from the cursor on: 0, or TRIM_MORE. */
static int delete_batch(struct txn *txn, DBC *cursor, struct trim *trim, struct error *err)
{
	DB *file = trim->body->newest->history->file;
	uint64_t limit = limit_of(trim), stamp = 0;
	int r;

	for (int deleted = 0; deleted < TRIM_BATCH; deleted++) {
		r = cursor->get(cursor, &trim->key, &trim->data, DB_NEXT | DB_RMW);
		if (r == DB_NOTFOUND)
			return 0;
		if (r)
			return bdb_error(err, r, "reading a history");
		if (history_read_stamp(bdb_slice(&trim->key), &stamp) && stamp > limit)
			return 0;
		r = delete_entry(txn, file, bdb_slice(&trim->data), bdb_slice(&trim->key));
		if (r == 0)
			r = cursor->del(cursor, 0);
		if (r)
			return bdb_error(err, r, "trimming a history");
		txn->writes++;
	}
	return TRIM_MORE;
}

static int trim_body(struct txn *txn, void *context, struct error *err)
{
	struct trim *trim = context;
	struct history *history = trim->body->newest->history;
	DBC *cursor;
	int outcome, r;

	if (trim->body->deleted || !history)
		return 0;
	r = history->moments->cursor(history->moments, txn->bdb, &cursor, 0);
	if (r)
		return bdb_error(err, r, "opening a cursor");
	outcome = delete_batch(txn, cursor, trim, err);
	r = cursor->close(cursor);
	if (r && outcome >= 0)
		return bdb_error(err, r, "closing a cursor");
	return outcome;
}

static int trim_table(struct table *table, int64_t now_ns, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct store *store = table->body->store;
	struct trim trim = {
		.body = table->body,
		.now_ns = now_ns,
		.key.flags = DB_DBT_REALLOC,
		.data.flags = DB_DBT_REALLOC,
	};
	int r;

	if (!table->history)
		return 0;
	TRY(table_open(table, err));
	do {
		r = txn_run(store, TXN_WRITE, DURABLE_PROCESS, &arena, trim_body, &trim, err);
	} while (r == TRIM_MORE && !worker_stopping(&store->worker));
	free(trim.key.data);
	free(trim.data.data);
	return r;
}

int history_trim(struct store *store, int64_t now_ns, struct error *err)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };
	int r = 0;

	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		struct error failure = ERROR_INIT;

		if (trim_table(tables.tables[i], now_ns, &failure) < 0)
			r = error_keep_first(err, &failure);
	}
	return r;
}
