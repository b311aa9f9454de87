/*
 * The history of a table: what its rows were before they changed.
 *
 *	DATA/history-ID.db	row key ‖ stamp -> the record before the change of that
 *				stamp; empty when there was no row
 *	DATA/moments-ID.db	stamp -> row key, to find what is oldest
 *
 * A stamp is 8 bytes, big-endian: the time of the change in ns. The state of the
 * table at a stamp T is that of its rows now, where each row that changed after T
 * stands as its first change after T found it.
 *
 * Invariants:
 * 1. A change of data, by whatever way, adds its entry to both files in its own
 *    transaction. What changes no data (another text of an equal item, an mtime)
 *    adds none.
 * 2. Stamps in a history grow, even when the clock goes back.
 * 3. It is kept while the description has a history_id: while point-in-time
 *    recovery is enabled, or the table is pinned. It begins whole: no change
 *    between its first moment and now is missing.
 * 4. A pin is a moment that somebody reads at (store/snapshot.h). What is newer
 *    than the oldest pin is not trimmed, whatever its age, and a pinned table is
 *    not deleted. Pins are in memory: whoever reads does so within one process.
 * 5. Records here are whole by themselves, whatever form the table's rows are
 *    stored in.
 */
#pragma once

#include "store/bdb.h"
#include "store/row.h"
#include "store/txn.h"
#include <stdatomic.h>

#define HISTORY_STAMP_LENGTH 8

/* What all versions of a table that have this history share. */
struct history {
	struct store *store;
	atomic_uint references;
	atomic_bool dropped; /* set under the writer mutex; its files go with it */
	char *id; /* NUL-terminated */
	DB *file, *moments; /* opened with the table */
	uint64_t newest; /* stamp; under the writer mutex once it is open */
};

/* A moment that is read at; in the list of the table's body. */
struct history_pin {
	uint64_t stamp;
	struct history_pin *next;
};

struct history *history_new(struct store *store, struct slice id);
struct history *history_ref(struct history *history);
/* NULL is allowed, here and below. */
void history_unref(struct history *history);
/* Opens its files unless they are open; creates them with flags DB_CREATE. */
int history_open(struct history *history, DB_TXN *bdb, uint32_t flags, struct error *err) NODISCARD;
/* The files go with the last reference. */
void history_drop(struct history *history);
/* The names of its files within the data directory, in the buffer. */
const char *history_file_name(struct slice id, struct buf *buf);
const char *history_moments_name(struct slice id, struct buf *buf);

/* Tells of a change in its transaction: the row before it, or NULL. */
int history_append(struct txn *txn, struct history *history, struct slice row_key, uint64_t stamp,
	const struct row *before, struct error *err) NODISCARD;

/* Appends a record that is whole by itself. The buffer must be empty. */
void history_append_record(struct buf *buf, const struct row *row);
/* The parts of a key of history-ID.db; false when it is none. */
bool history_split_key(struct slice bytes, struct slice *ret_row_key, uint64_t *ret_stamp);
void history_append_stamp(struct buf *buf, uint64_t stamp);
/* A key of moments-ID.db; false when it is none. */
bool history_read_stamp(struct slice bytes, uint64_t *ret);

/* Deletes what no moment after now_ns less the recovery period needs, of all
 * tables: a batch in each transaction. */
int history_trim(struct store *store, int64_t now_ns, struct error *err) NODISCARD;
