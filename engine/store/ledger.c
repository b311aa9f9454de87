#include "store/ledger.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/bdb.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <errno.h>
#include <sys/random.h>

#define TIME_DIGITS   14
#define RANDOM_LENGTH 4
#define ID_LENGTH     (TIME_DIGITS + 1 + 2 * RANDOM_LENGTH)

static const char kind_letters[] = {
	[LEDGER_BACKUP] = 'b',
	[LEDGER_EXPORT] = 'e',
	[LEDGER_IMPORT] = 'i',
};

int ledger_make_id(struct arena *arena, int64_t time_ns, struct slice *ret, struct error *err)
{
	struct buf random CLEANUP(buf_release) = BUF_INIT;
	char bytes[RANDOM_LENGTH];

	if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		return error_set_errno(err, errno, "making an id");
	hex_append(&random, slice_of(bytes, sizeof(bytes)));
	*ret = arena_printf(arena, "%0*lld-%s", TIME_DIGITS, (long long)(time_ns / 1000000),
		buf_string(&random));
	return 0;
}

bool ledger_id_time(struct slice id, int64_t *ret_ns)
{
	int64_t ms = 0;

	if (id.len != ID_LENGTH || id.data[TIME_DIGITS] != '-')
		return false;
	for (size_t i = 0; i < ID_LENGTH; i++) {
		bool digit = id.data[i] >= '0' && id.data[i] <= '9';

		if (i < TIME_DIGITS && digit)
			ms = 10 * ms + (id.data[i] - '0');
		else if (i < TIME_DIGITS || (i > TIME_DIGITS && hex_digit_value(id.data[i]) < 0))
			return false;
	}
	*ret_ns = ms * 1000000;
	return true;
}

static void append_key(struct buf *key, enum ledger_kind kind, struct slice id)
{
	buf_append_char(key, kind_letters[kind]);
	buf_append_slice(key, id);
}

int ledger_put(struct txn *txn, enum ledger_kind kind, struct slice id, struct slice text,
	struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	DB *file = txn->store->ledger;
	DBT key_dbt, data = bdb_input(text);
	int r;

	append_key(&key, kind, id);
	key_dbt = bdb_input(buf_slice(&key));
	r = file->put(file, txn->bdb, &key_dbt, &data, 0);
	txn->writes++;
	return r ? bdb_error(err, r, "writing the ledger of backups") : 0;
}

int ledger_delete(struct txn *txn, enum ledger_kind kind, struct slice id, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	DB *file = txn->store->ledger;
	DBT key_dbt;
	int r;

	append_key(&key, kind, id);
	key_dbt = bdb_input(buf_slice(&key));
	r = file->del(file, txn->bdb, &key_dbt, 0);
	txn->writes++;
	return r && r != DB_NOTFOUND ? bdb_error(err, r, "writing the ledger of backups") : 0;
}

struct entry_change {
	enum ledger_kind kind;
	struct slice id;
	struct slice text; /* absent: the entry goes */
};

static int change_body(struct txn *txn, void *context, struct error *err)
{
	const struct entry_change *change = context;

	if (slice_present(change->text))
		return ledger_put(txn, change->kind, change->id, change->text, err);
	return ledger_delete(txn, change->kind, change->id, err);
}

int ledger_save(struct store *store, enum ledger_kind kind, struct slice id, struct slice text,
	enum durability durability, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct entry_change change = { kind, id, text };

	return txn_run(store, TXN_WRITE, durability, &arena, change_body, &change, err);
}

int ledger_forget(struct store *store, enum ledger_kind kind, struct slice id,
	enum durability durability, struct error *err)
{
	return ledger_save(store, kind, id, slice_of(NULL, 0), durability, err);
}

int ledger_get(struct store *store, enum ledger_kind kind, struct slice id, struct arena *arena,
	struct slice *ret_text, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	DBT key_dbt, data = { .flags = DB_DBT_MALLOC };
	DB *file = store->ledger;
	int r;

	append_key(&key, kind, id);
	key_dbt = bdb_input(buf_slice(&key));
	r = file->get(file, NULL, &key_dbt, &data, 0);
	if (r == DB_NOTFOUND)
		return LEDGER_ABSENT;
	if (r)
		return bdb_error(err, r, "reading the ledger of backups");
	*ret_text = arena_copy(arena, bdb_slice(&data));
	free(data.data);
	return 0;
}

/* The entries of one kind, as they are read. */
struct listing {
	enum ledger_kind kind;
	struct arena *arena;
	struct buf entries; /* of struct ledger_entry */
	DBT key, data;
};

static int read_entries(DBC *cursor, struct listing *listing)
{
	char letter = kind_letters[listing->kind];
	int r;

	listing->key.data = memory_new(1);
	memcpy(listing->key.data, &letter, 1);
	listing->key.size = 1;
	r = cursor->get(cursor, &listing->key, &listing->data, DB_SET_RANGE);
	while (r == 0 && *(const char *)listing->key.data == letter) {
		struct slice key = bdb_slice(&listing->key);
		struct ledger_entry entry = {
			.id = arena_copy(listing->arena, slice_skip(key, 1)),
			.text = arena_copy(listing->arena, bdb_slice(&listing->data)),
		};

		buf_append(&listing->entries, &entry, sizeof(entry));
		r = cursor->get(cursor, &listing->key, &listing->data, DB_NEXT);
	}
	return r == DB_NOTFOUND ? 0 : r;
}

static int read_ledger(struct store *store, struct listing *listing, struct error *err)
{
	DB *file = store->ledger;
	DBC *cursor;
	int r = file->cursor(file, NULL, &cursor, 0), closed;

	if (r)
		return bdb_error(err, r, "opening a cursor");
	r = read_entries(cursor, listing);
	closed = cursor->close(cursor);
	if (r || closed)
		return bdb_error(err, r ? r : closed, "reading the ledger of backups");
	return 0;
}

int ledger_list(struct store *store, enum ledger_kind kind, struct arena *arena,
	struct ledger_entry **ret, size_t *ret_count, struct error *err)
{
	struct listing listing = {
		.kind = kind,
		.arena = arena,
		.key.flags = DB_DBT_REALLOC,
		.data.flags = DB_DBT_REALLOC,
	};
	int r = read_ledger(store, &listing, err);

	*ret_count = listing.entries.len / sizeof(struct ledger_entry);
	*ret = arena_alloc_array(arena, *ret_count, sizeof(**ret));
	if (*ret_count)
		memcpy(*ret, listing.entries.data, listing.entries.len);
	buf_release(&listing.entries);
	free(listing.key.data);
	free(listing.data.data);
	return r;
}
