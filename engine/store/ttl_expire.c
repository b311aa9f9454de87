/*
 * Deletes what has expired.
 *
 * Invariants:
 * 1. What is due is read from the expiry index without a lock that others wait
 *    for, a batch at a time; a table with nothing due costs one look at it.
 * 2. An item is deleted only if it has expired as it is, and by the attribute
 *    that counts, under the writer mutex.
 * 3. A pass goes through each index once, forward: it ends.
 */
#include "base/memory.h"
#include "store/index_private.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/ttl.h"
#include "store/write.h"

/* Deletions of one transaction. */
#define BATCH 100

#define SECOND_NS 1000000000

/* The pass over one table. */
struct pass {
	struct table *table;
	struct slice attribute;
	uint64_t from, until; /* seconds of expiry that are due: from <= s < until */
	struct buf position; /* of the next entry to look at */
	struct slice due[BATCH]; /* row keys, in an arena */
	size_t due_count;
	uint64_t deleted; /* by the batch */
};

static bool is_due(const struct pass *pass, const struct map *item)
{
	uint64_t seconds;

	return ttl_expiry(pass->attribute, item, &seconds) && seconds >= pass->from &&
	       seconds < pass->until;
}

static int decide(void *context, const struct map *old, struct arena *arena,
	const struct map **ret_item, struct error *err)
{
	(void)arena, (void)ret_item, (void)err;
	return old && is_due(context, old) ? 0 : WRITE_SKIPPED;
}

static int delete_item(struct txn *txn, struct pass *pass, struct slice row_key, struct error *err)
{
	struct write_action action = {
		.kind = WRITE_DELETE,
		.expect = EXPECT_PRESENT,
		.table = pass->table,
		.row_key = row_key,
		.decide = decide,
		.decide_context = pass,
		.expired = true,
	};
	struct write_result result;
	int r;

	TRY(r = write_apply(txn, &action, &result, err));
	pass->deleted += r == 0;
	return 0;
}

/* Whether the table still goes by the attribute; under the writer mutex. */
static bool is_current(const struct pass *pass)
{
	const struct table_body *body = pass->table->body;

	return !body->deleted &&
	       slice_equal(body->newest->description.ttl_attribute, pass->attribute);
}

static int delete_body(struct txn *txn, void *context, struct error *err)
{
	struct pass *pass = context;

	pass->deleted = 0;
	if (!is_current(pass))
		return 0;
	for (size_t i = 0; i < pass->due_count; i++)
		TRY(delete_item(txn, pass, pass->due[i], err));
	return 0;
}

/* Takes due entries from the cursor on. */
static int collect(DBC *cursor, struct pass *pass, struct arena *arena, DBT *key)
{
	struct buf end CLEANUP(buf_release) = BUF_INIT;
	DBT data = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	int r;

	ttl_bound_encode(pass->until, &end);
	key->data = memory_resize(key->data, pass->position.len);
	memcpy(key->data, pass->position.data, pass->position.len);
	key->size = (uint32_t)pass->position.len;
	r = cursor->get(cursor, key, &data, DB_SET_RANGE);
	while (r == 0 && slice_compare(bdb_slice(key), buf_slice(&end)) < 0) {
		buf_clear(&pass->position);
		buf_append_slice(&pass->position, bdb_slice(key));
		buf_append_char(&pass->position, '\0');
		pass->due[pass->due_count++] =
			arena_copy(arena, slice_skip(bdb_slice(key), TTL_EXPIRY_LENGTH));
		if (pass->due_count == BATCH)
			break;
		r = cursor->get(cursor, key, &data, DB_NEXT);
	}
	return r == DB_NOTFOUND ? 0 : r;
}

static int read_due(struct pass *pass, DB *file, struct arena *arena, struct error *err)
{
	DBT key = { .flags = DB_DBT_REALLOC };
	DBC *cursor;
	int closed, r = file->cursor(file, NULL, &cursor, 0);

	if (r)
		return bdb_error(err, r, "reading the expiry index");
	pass->due_count = 0;
	r = collect(cursor, pass, arena, &key);
	closed = cursor->close(cursor);
	free(key.data);
	/* After a deadlock, what was found so far will do; the rest comes next. */
	if (r == DB_LOCK_DEADLOCK)
		return 0;
	if (r || closed)
		return bdb_error(err, r ? r : closed, "reading the expiry index");
	return 0;
}

/* The next batch; *ret_more tells whether others may follow. */
static int expire_batch(struct pass *pass, bool *ret_more, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct index *index = table_expiry_index(pass->table);

	TRY(read_due(pass, index->file, &arena, err));
	*ret_more = pass->due_count == BATCH;
	pass->deleted = 0;
	if (!pass->due_count)
		return 0;
	return txn_run(pass->table->body->store, TXN_WRITE, DURABLE_PROCESS, &arena, delete_body,
		pass, err);
}

static int expire_all(struct pass *pass, uint64_t *deleted, struct error *err)
{
	const struct worker *worker = &pass->table->body->store->worker;
	bool more = true;

	while (more && !worker_stopping(worker)) {
		TRY(expire_batch(pass, &more, err));
		*deleted += pass->deleted;
		pass->table->body->expired += pass->deleted;
	}
	return 0;
}

static int expire_table(struct table *table, int64_t now_ns, uint64_t *deleted, struct error *err)
{
	int64_t now = now_ns / SECOND_NS;
	struct pass pass = {
		.table = table,
		.attribute = table_description(table)->ttl_attribute,
		.from = now > TTL_OLDEST_SECONDS ? (uint64_t)(now - TTL_OLDEST_SECONDS) : 0,
		.until = (uint64_t)((now_ns + SECOND_NS - 1) / SECOND_NS),
	};
	int r;

	if (!table_expiry_index(table))
		return 0;
	TRY(table_open(table, err));
	ttl_bound_encode(pass.from, &pass.position);
	r = expire_all(&pass, deleted, err);
	buf_release(&pass.position);
	return r;
}

int ttl_expire(struct store *store, int64_t now_ns, uint64_t *ret_deleted, struct error *err)
{
	struct table_array tables CLEANUP(table_array_release) = { NULL, 0 };
	uint64_t deleted = 0;
	int r = 0;

	table_cache_all(store, &tables);
	for (size_t i = 0; i < tables.count; i++) {
		struct error failure = ERROR_INIT;

		if (expire_table(tables.tables[i], now_ns, &deleted, &failure) < 0)
			r = error_keep_first(err, &failure);
	}
	*ret_deleted = deleted;
	return r;
}

uint64_t ttl_take_deleted(struct table *table)
{
	return atomic_exchange(&table->body->expired, 0);
}
