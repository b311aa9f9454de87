/*
 * A data directory: one Berkeley DB transactional environment, owned by one
 * process.
 *
 *	DATA/lock	who holds it: pid and command line; flock()ed
 *	DATA/encryption	of an encrypted one: which key it has (store/encryption.h)
 *	DATA/log.*	write-ahead log
 *	DATA/catalog.db	table name -> description
 *	DATA/counts.db	id of a table or an index -> counts of items and bytes
 *	DATA/backfill.db	index id -> how far it is made
 *	DATA/dictionaries.db	what the rows of a table have in common (store/dictionary.h)
 *	DATA/conversions.db	table id -> how far its rows are converted (store/convert.h)
 *	DATA/tokens.db	request tokens (store/token.h)
 *	DATA/metrics.db	figures of each minute (store/series.h)
 *	DATA/table-ID.db	rows of one table
 *	DATA/index-ID.db	entries of one index
 *	DATA/backups.db, DATA/backup-ID.db	store/ledger.h, store/backup.h
 *	DATA/history-ID.db, DATA/moments-ID.db	what rows were before (store/history.h)
 *	DATA/streams.db, DATA/stream-ID.db	changes (store/stream.h)
 *	DATA/journal-NAME.db	logs of text (store/journal.h)
 *	DATA/alarms.db	alarms (store/alarm_file.h)
 *
 * Lock order, from the first to the last:
 *	store.writer  (the one writer, held for the CPU part of a transaction)
 *	store.tables  (the cache of open tables)
 *	store.streams  (the set of streams; taken by a transaction that holds pages
 *		too, as the files opened under it are those that none has written to)
 *	Berkeley DB's own page locks and latches
 *	table.counters, store.watch, store.worker, journal.lock, store.packing,
 *		store.dictionary_cache  (leaves: nothing is locked
 *		under them, and a watcher is called without)
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include "model/change.h"
#include <stdint.h>

struct store;
struct password;

/* When an answered write is safe. */
enum durability {
	DURABLE_PROCESS, /* survives a crash of this process: log written, not flushed */
	DURABLE_POWER, /* survives power loss: log flushed */
};

struct store_options {
	uint64_t cache_bytes; /* 0: the default, 64 MiB */
	unsigned checkpoint_seconds; /* 0: the default, 30 */
	unsigned ttl_interval_seconds; /* 0: the default, 2; between looks for what has expired */
	const char *region; /* NULL: us-east-1; the records of streams name it */
	bool read_only_check; /* opened for `check`: no worker threads */
	const char *key_file; /* of its encryption; NULL: it has none */
	const struct password *password; /* what a key file would give, for a copy of an open
					  * store; or NULL */
	bool is_copy; /* taken while it was written (bdb.h) */
};

/* Opens or creates the directory and its environment, runs recovery, starts
 * the workers. ERROR_IN_USE names the process that holds it. */
int store_open(const char *path, const struct store_options *options, struct store **ret,
	struct error *err) NODISCARD;
/* Ends the workers, writes a checkpoint and the counts, releases the lock.
 * Nobody may hold a table of it any more. */
void store_close(struct store *store);
/* Makes everything committed so far survive power loss. */
int store_flush(struct store *store, struct error *err) NODISCARD;
/* Whether what it writes is encrypted. */
bool store_is_encrypted(const struct store *store);
/* ERROR_NO_SPACE when the disk has less left than it takes to write on for a while:
 * for long work, so that it gives up before others cannot write. */
int store_check_room(const struct store *store, struct error *err) NODISCARD;
/* The directory, as given. */
const char *store_path(const struct store *store);

/* One watcher at a time; NULL ends it, and returns when no call is under way. */
void store_watch(struct store *store, change_watcher *watcher, void *context);
/* One keeper at a time; NULL ends it, and returns when no call is under way. */
void store_keep_streams(struct store *store, stream_keeper *keeper, void *context);
