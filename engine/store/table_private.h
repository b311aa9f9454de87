/*
 * A table from within store/: a body, and versions of it.
 *
 * Invariants:
 * 1. A version's description and its list of indexes never change; an update
 *    makes another version of the same body.
 * 2. The body's newest version is the one in the cache, until the table is
 *    deleted. It changes under the writer mutex: whoever writes goes by it.
 * 3. A file goes when nobody refers to what it belongs to any more: the body's
 *    with the last version of a deleted table, an index's with the last version
 *    that has it.
 */
#pragma once

#include "store/bdb.h"
#include "store/convert.h"
#include "store/count.h"
#include "store/table.h"
#include "store/txn_private.h"
#include <stdatomic.h>

struct history;
struct history_pin;
struct index;

/* What all versions of a table share. */
struct table_body {
	struct store *store;
	atomic_uint references; /* one a version */
	atomic_bool deleted; /* set under the writer mutex */
	char *id; /* NUL-terminated */
	DB *file; /* opened by the first table_find() */
	struct table *newest; /* under the writer mutex; borrowed from the cache */
	struct history_pin *pins; /* under the writer mutex */
	struct counters counters;
	struct conversion conversion;
	bool stuck; /* the worker failed at it; the worker's alone */
	atomic_ullong expired; /* items deleted since ttl_take_deleted() */
};

/* A version. */
struct table {
	struct table_body *body;
	atomic_uint references;
	bool open; /* its files are; under the lock of the cache */
	struct arena arena;
	struct table_description description;
	struct index **indexes; /* one for each of the description's; a reference each */
	struct history *history; /* a reference; NULL: none is kept */
};

/* ERROR_TABLE_NOT_FOUND when it was deleted while it was held. */
int table_check(const struct table *table, struct error *err) NODISCARD;
/* The name of its file within the data directory, in the buffer. */
const char *table_file_name(struct slice id, struct buf *buf);
/* Removes a file that nobody has open. */
int table_remove_file(struct store *store, const char *file, struct error *err) NODISCARD;

/* The first version of a table that is not yet in the cache; its counts are
 * unknown, its files closed. */
struct table *table_new(struct store *store, const struct table_description *description);
/* Another one, which shares the body and the indexes of the same id. */
struct table *table_new_version(struct table *table, const struct table_description *description);
/* Opens the files of a table unless they are open. */
int table_open(struct table *table, struct error *err) NODISCARD;
/* Creates, within a transaction, the files of those of its indexes that have
 * none, and of its history. */
int table_create_files(struct txn *txn, struct table *table, struct error *err) NODISCARD;
/* Whether it holds no row. */
int table_look_empty(struct txn *txn, struct table *table, bool *ret, struct error *err) NODISCARD;

/* A random UUID, in the arena. */
int table_make_id(struct arena *arena, struct slice *ret, struct error *err) NODISCARD;
/* Gives an id and a status to the indexes that have none yet, and makes the
 * expiry index what ttl_attribute says. The array is replaced by one in the
 * arena. */
int table_prepare_indexes(struct table_description *description, enum index_status status,
	struct arena *arena, struct error *err) NODISCARD;

/* A new version taking the place of the newest one, within a transaction. */
struct table_replacement {
	struct txn_end end;
	struct table *old, *next;
};

/* Writes the catalogue; the rest happens at the transaction's end, till when
 * *replacement must stay. */
int table_replace(struct txn *txn, struct table *old, struct table_description *description,
	struct table_replacement *replacement, struct error *err) NODISCARD;
/* Tells the watcher of a table's change, after the transaction's end, till when the
 * description must stay: by then a version may be gone. */
void table_add_change(
	struct txn *txn, enum change_kind kind, const struct table_description *table);
