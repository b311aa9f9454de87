/*
 * Dictionaries: what the rows of a table have in common, for zstd.
 *
 *	DATA/dictionaries.db	table id ‖ number (u16, big-endian) -> dictionary
 *
 * Invariants:
 * 1. A dictionary never changes. Numbers begin with 1; rows name theirs.
 * 2. It stays while a row may need it. What no row needs any more is removed when
 *    the store is opened: till then a reader may hold what it read long ago.
 * 3. It comes in a transaction of its table's conversion (store/convert.h), and
 *    goes at the latest in that of the table's deletion.
 * 4. In memory there are those in use, and a few that were.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct compress_dictionary;
struct dictionary;
struct store;
struct table;
struct txn;

struct dictionary_name {
	const char *table_id;
	uint16_t number;
};

/* Those in memory, the one used last first. The lock is a leaf. */
struct dictionary_cache {
	pthread_mutex_t lock;
	struct dictionary *first;
	size_t unused; /* how many nobody refers to */
};

void dictionary_cache_init(struct dictionary_cache *cache);
/* Nobody may refer to any. */
void dictionary_cache_release(struct dictionary_cache *cache);

/* A reference; ERROR_CORRUPT when there is no such dictionary. */
int dictionary_find(struct store *store, const struct dictionary_name *name,
	struct dictionary **ret, struct error *err) NODISCARD;
/* NULL is allowed, here and below. */
void dictionary_unref(struct store *store, struct dictionary *dictionary);
bool dictionary_is(const struct dictionary *dictionary, const struct dictionary_name *name);
struct compress_dictionary *dictionary_ready(struct dictionary *dictionary);

/* Adds a dictionary to a table, with the first number after that one which is
 * free. */
int dictionary_add(struct txn *txn, const char *table_id, uint16_t after, struct slice bytes,
	uint16_t *ret_number, struct error *err) NODISCARD;
/* Removes those of a table. */
int dictionary_forget(struct txn *txn, const char *table_id, struct error *err) NODISCARD;
/* Removes those that no row needs; while nobody reads. */
int dictionary_remove_unused(struct store *store, struct error *err) NODISCARD;

#define DICTIONARY_NONE 1
/* Trains a dictionary on rows from all over the table: 0, or DICTIONARY_NONE
 * when it is too small to gain by one. Takes a tenth of a second, and no lock. */
int dictionary_train(struct table *table, struct buf *ret, struct error *err) NODISCARD;
