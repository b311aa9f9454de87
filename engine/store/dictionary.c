#include "store/dictionary.h"
#include "base/memory.h"
#include "store/bdb.h"
#include "store/compress.h"
#include "store/store_private.h"
#include "store/table_cache.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <endian.h>

/* Unused ones that stay in memory, of up to 600 KB each. */
#define UNUSED_KEPT 8

#define TABLE_ID_LENGTH 36

struct dictionary {
	struct dictionary *next; /* of the cache */
	unsigned references;
	char *table_id;
	uint16_t number;
	struct compress_dictionary *ready;
};

/* A key of dictionaries.db. */
struct dictionary_key {
	char table_id[TABLE_ID_LENGTH];
	uint16_t number;
};
_Static_assert(sizeof(struct dictionary_key) == TABLE_ID_LENGTH + 2, "the key has no padding");

static struct dictionary_key key_of(const struct dictionary_name *name)
{
	struct dictionary_key key = { .number = htobe16(name->number) };

	memcpy(key.table_id, name->table_id, TABLE_ID_LENGTH);
	return key;
}

static DBT key_input(const struct dictionary_key *key)
{
	return bdb_input(slice_of((const char *)key, sizeof(*key)));
}

void dictionary_cache_init(struct dictionary_cache *cache)
{
	*cache = (struct dictionary_cache){ .first = NULL };
	pthread_mutex_init(&cache->lock, NULL);
}

static void dictionary_free(struct dictionary *dictionary)
{
	compress_dictionary_free(dictionary->ready);
	free(dictionary->table_id);
	free(dictionary);
}

void dictionary_cache_release(struct dictionary_cache *cache)
{
	while (cache->first) {
		struct dictionary *dictionary = cache->first;

		cache->first = dictionary->next;
		dictionary_free(dictionary);
	}
	pthread_mutex_destroy(&cache->lock);
}

bool dictionary_is(const struct dictionary *dictionary, const struct dictionary_name *name)
{
	return dictionary && dictionary->number == name->number &&
	       strcmp(dictionary->table_id, name->table_id) == 0;
}

struct compress_dictionary *dictionary_ready(struct dictionary *dictionary)
{
	return dictionary ? dictionary->ready : NULL;
}

/* A reference, or NULL. What is found goes to the front. */
static struct dictionary *find_locked(
	struct dictionary_cache *cache, const struct dictionary_name *name)
{
	for (struct dictionary **at = &cache->first; *at; at = &(*at)->next) {
		struct dictionary *dictionary = *at;

		if (!dictionary_is(dictionary, name))
			continue;
		*at = dictionary->next;
		dictionary->next = cache->first;
		cache->first = dictionary;
		cache->unused -= dictionary->references++ == 0;
		return dictionary;
	}
	return NULL;
}

/* Frees those that were unused longest, but for a few. */
static void trim_locked(struct dictionary_cache *cache)
{
	struct dictionary **at = &cache->first;
	size_t seen = 0;

	while (cache->unused > UNUSED_KEPT && *at) {
		struct dictionary *dictionary = *at;

		if (dictionary->references || ++seen <= UNUSED_KEPT) {
			at = &dictionary->next;
			continue;
		}
		*at = dictionary->next;
		cache->unused--;
		dictionary_free(dictionary);
	}
}

void dictionary_unref(struct store *store, struct dictionary *dictionary)
{
	struct dictionary_cache *cache = &store->dictionary_cache;

	if (!dictionary)
		return;
	pthread_mutex_lock(&cache->lock);
	cache->unused += --dictionary->references == 0;
	trim_locked(cache);
	pthread_mutex_unlock(&cache->lock);
}

static int read_dictionary(struct store *store, const struct dictionary_name *name,
	struct dictionary **ret, struct error *err)
{
	struct dictionary_key stored = key_of(name);
	DBT key = key_input(&stored), data = { .flags = DB_DBT_MALLOC };
	struct dictionary *dictionary;
	int r;

	for (int try = 1;; try++) {
		r = store->dictionaries->get(store->dictionaries, NULL, &key, &data, 0);
		if (r != DB_LOCK_DEADLOCK || try == TXN_TRIES)
			break;
	}
	if (r == DB_NOTFOUND)
		return error_set(err, ERROR_CORRUPT,
			"dictionary %u of table %s, which a stored row needs, is not there",
			name->number, name->table_id);
	if (r)
		return bdb_error(err, r, "reading a dictionary");
	dictionary = memory_new_zero(sizeof(*dictionary));
	dictionary->table_id = memory_copy_string(name->table_id, strlen(name->table_id));
	dictionary->number = name->number;
	dictionary->ready = compress_dictionary_new(bdb_slice(&data));
	free(data.data);
	*ret = dictionary;
	return 0;
}

/* Two readers may have read the same one: the first that comes here counts. */
static struct dictionary *insert_locked(
	struct dictionary_cache *cache, struct dictionary *dictionary)
{
	const struct dictionary_name name = { dictionary->table_id, dictionary->number };
	struct dictionary *other = find_locked(cache, &name);

	if (other) {
		dictionary_free(dictionary);
		return other;
	}
	dictionary->references = 1;
	dictionary->next = cache->first;
	cache->first = dictionary;
	return dictionary;
}

int dictionary_find(struct store *store, const struct dictionary_name *name,
	struct dictionary **ret, struct error *err)
{
	struct dictionary_cache *cache = &store->dictionary_cache;
	struct dictionary *dictionary;

	pthread_mutex_lock(&cache->lock);
	dictionary = find_locked(cache, name);
	pthread_mutex_unlock(&cache->lock);
	if (!dictionary) {
		TRY(read_dictionary(store, name, &dictionary, err));
		pthread_mutex_lock(&cache->lock);
		dictionary = insert_locked(cache, dictionary);
		pthread_mutex_unlock(&cache->lock);
	}
	*ret = dictionary;
	return 0;
}

int dictionary_add(struct txn *txn, const char *table_id, uint16_t after, struct slice bytes,
	uint16_t *ret_number, struct error *err)
{
	DB *file = txn->store->dictionaries;
	DBT data = bdb_input(bytes);
	int r = DB_KEYEXIST;

	for (unsigned tried = 0; r == DB_KEYEXIST && tried < UINT16_MAX; tried++) {
		struct dictionary_key stored;
		DBT key = key_input(&stored);

		after = after == UINT16_MAX ? 1 : (uint16_t)(after + 1);
		stored = key_of(&(struct dictionary_name){ table_id, after });
		r = file->put(file, txn->bdb, &key, &data, DB_NOOVERWRITE);
	}
	if (r)
		return bdb_error(err, r, "writing a dictionary");
	*ret_number = after;
	return 0;
}

/* Whether a dictionary is to be removed. */
typedef bool remove_wanted(const struct dictionary_key *key, const void *context);

/* Removes what is wanted of those from the cursor's place on; what Berkeley DB
 * returned last. */
static int remove_from(DBC *cursor, DBT *key, DBT *data, remove_wanted *wanted, const void *context)
{
	int r = cursor->get(cursor, key, data, DB_SET_RANGE);

	while (r == 0) {
		struct dictionary_key stored = { .number = 0 };

		if (key->size == sizeof(stored))
			memcpy(&stored, key->data, sizeof(stored));
		if (wanted(&stored, context))
			r = cursor->del(cursor, 0);
		if (r == 0)
			r = cursor->get(cursor, key, data, DB_NEXT);
	}
	return r;
}

static int remove_all(struct txn *txn, struct slice from, remove_wanted *wanted,
	const void *context, struct error *err)
{
	DB *file = txn->store->dictionaries;
	DBT key = { .flags = DB_DBT_REALLOC }, data = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	DBC *cursor;
	int closed, r = file->cursor(file, txn->bdb, &cursor, 0);

	if (r)
		return bdb_error(err, r, "removing dictionaries");
	key.data = memory_copy_string(from.data, from.len);
	key.size = (uint32_t)from.len;
	r = remove_from(cursor, &key, &data, wanted, context);
	closed = cursor->close(cursor);
	free(key.data);
	if (r == DB_NOTFOUND)
		r = closed;
	return r ? bdb_error(err, r, "removing dictionaries") : 0;
}

static bool is_of_table(const struct dictionary_key *key, const void *table_id)
{
	return memcmp(key->table_id, table_id, TABLE_ID_LENGTH) == 0;
}

int dictionary_forget(struct txn *txn, const char *table_id, struct error *err)
{
	return remove_all(txn, slice_of(table_id, TABLE_ID_LENGTH), is_of_table, table_id, err);
}

/* Whether no row needs it: the table has none at all, or all are of another. */
static bool is_unused(const struct dictionary_key *key, const void *context)
{
	const struct table_cache *cache = context;

	for (size_t i = 0; i < cache->count; i++) {
		const struct table_body *body = cache->tables[i]->body;

		if (is_of_table(key, body->id))
			return !conversion_may_need(body, be16toh(key->number));
	}
	return true;
}

static int remove_unused_body(struct txn *txn, void *context, struct error *err)
{
	return remove_all(txn, SLICE(""), is_unused, context, err);
}

int dictionary_remove_unused(struct store *store, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	return txn_run(
		store, TXN_WRITE, DURABLE_PROCESS, &arena, remove_unused_body, &store->tables, err);
}
