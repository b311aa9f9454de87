#include "store/token.h"

#include "base/buf.h"
#include "store/store_private.h"
#include "store/txn_private.h"

#include <endian.h>
#include <xxhash.h>

/* How many old ones a use forgets at most: more than the one it adds. */
#define FORGET_MAX 8

/* Two kinds of entry share the file: 'T' token -> struct token_record, and
 * 'A' time token -> nothing, by which the oldest are found. */
struct token_record {
	uint64_t time_ns; /* big-endian */
	XXH128_canonical_t hash;
};

static void token_key(struct buf *key, struct slice token)
{
	buf_append_char(key, 'T');
	buf_append_slice(key, token);
}

static void age_key(struct buf *key, uint64_t time_ns, struct slice token)
{
	uint64_t time = htobe64(time_ns);

	buf_append_char(key, 'A');
	buf_append(key, &time, sizeof(time));
	buf_append_slice(key, token);
}

static int remove_entry(struct txn *txn, struct slice key, struct error *err)
{
	DB *file = txn->store->tokens;
	DBT dbt = bdb_input(key);
	int r = file->del(file, txn->bdb, &dbt, 0);

	return r && r != DB_NOTFOUND ? bdb_error(err, r, "forgetting a request token") : 0;
}

static int put_entry(struct txn *txn, struct slice key, struct slice data, struct error *err)
{
	DB *file = txn->store->tokens;
	DBT key_dbt = bdb_input(key), data_dbt = bdb_input(data);
	int r = file->put(file, txn->bdb, &key_dbt, &data_dbt, 0);

	return r ? bdb_error(err, r, "noting a request token") : 0;
}

static bool is_old(uint64_t time_ns, int64_t now_ns)
{
	return (int64_t)time_ns + TOKEN_LIFE_NS <= now_ns;
}

static int forget(struct txn *txn, struct slice age, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;

	token_key(&key, slice_skip(age, 1 + sizeof(uint64_t)));
	TRY(remove_entry(txn, buf_slice(&key), err));
	return remove_entry(txn, age, err);
}

/* 0 and the key of the oldest token's entry by age, or DB_NOTFOUND. */
static int find_oldest(struct txn *txn, struct buf *ret_key, struct error *err)
{
	DB *file = txn->store->tokens;
	DBT key = bdb_input(SLICE("A")), data = { .flags = DB_DBT_PARTIAL };
	DBC *cursor;
	int r = file->cursor(file, txn->bdb, &cursor, 0);
	int close;

	if (r)
		return bdb_error(err, r, "opening a cursor");
	r = cursor->get(cursor, &key, &data, DB_SET_RANGE);
	buf_clear(ret_key);
	if (r == 0)
		buf_append(ret_key, key.data, key.size);
	close = cursor->close(cursor);
	if (r && r != DB_NOTFOUND)
		return bdb_error(err, r, "looking for old request tokens");
	if (close)
		return bdb_error(err, close, "closing a cursor");
	return ret_key->len && ret_key->data[0] == 'A' ? 0 : 1;
}

static int forget_old(struct txn *txn, int64_t now_ns, struct error *err)
{
	struct buf age CLEANUP(buf_release) = BUF_INIT;

	for (int i = 0; i < FORGET_MAX; i++) {
		uint64_t time;
		int r;

		TRY(r = find_oldest(txn, &age, err));
		if (r || age.len < 1 + sizeof(time))
			return 0;
		memcpy(&time, age.data + 1, sizeof(time));
		if (!is_old(be64toh(time), now_ns))
			return 0;
		TRY(forget(txn, buf_slice(&age), err));
	}
	return 0;
}

/* 0, or 1 when it is not known. */
static int read_token(
	struct txn *txn, struct slice key, struct token_record *ret, struct error *err)
{
	DB *file = txn->store->tokens;
	DBT key_dbt = bdb_input(key);
	DBT data = { .data = ret, .ulen = sizeof(*ret), .flags = DB_DBT_USERMEM };
	int r = file->get(file, txn->bdb, &key_dbt, &data, DB_RMW);

	if (r == DB_NOTFOUND)
		return 1;
	return r ? bdb_error(err, r, "reading a request token") : 0;
}

int token_use(struct txn *txn, struct slice token, struct slice content, int64_t now_ns,
	struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT, age CLEANUP(buf_release) = BUF_INIT;
	struct token_record known, record = { .time_ns = htobe64((uint64_t)now_ns) };
	int r;

	XXH128_canonicalFromHash(&record.hash, XXH3_128bits(content.data, content.len));
	TRY(forget_old(txn, now_ns, err));
	token_key(&key, token);
	TRY(r = read_token(txn, buf_slice(&key), &known, err));
	if (r == 0 && !is_old(be64toh(known.time_ns), now_ns))
		return memcmp(&known.hash, &record.hash, sizeof(known.hash)) == 0 ? TOKEN_SAME
										  : TOKEN_OTHER;
	if (r == 0) {
		age_key(&age, be64toh(known.time_ns), token);
		TRY(remove_entry(txn, buf_slice(&age), err));
		buf_clear(&age);
	}
	age_key(&age, (uint64_t)now_ns, token);
	TRY(put_entry(txn, buf_slice(&age), SLICE(""), err));
	TRY(put_entry(txn, buf_slice(&key), slice_of((const char *)&record, sizeof(record)), err));
	txn->writes++;
	return 0;
}
