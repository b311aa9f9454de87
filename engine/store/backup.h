/*
 * Backups of tables: the rows of one moment in a file of their own, and what the
 * table was, in the ledger. A backup outlives its table.
 *
 *	DATA/backup-ID.db	row key -> record, whole by itself (store/history.h, 5)
 *
 * Invariants:
 * 1. A backup is CREATING from its request on, and AVAILABLE once all rows and
 *    its checksum are on disk. What is CREATING when a store is opened was
 *    interrupted, and is removed with its file.
 * 2. An AVAILABLE backup's file never changes. Its length and the checksum of its
 *    bytes are in the ledger and are looked at before the file is opened by
 *    Berkeley DB, which is not to be trusted with a damaged one.
 */
#pragma once

#include "store/snapshot.h"
#include "store/table.h"

enum backup_status { BACKUP_CREATING, BACKUP_AVAILABLE };
enum backup_type { BACKUP_USER, BACKUP_SYSTEM };

/* A SYSTEM backup, of a table that was deleted, is kept so long. */
#define BACKUP_SYSTEM_DAYS 35

struct backup {
	struct slice id;
	struct slice name;
	enum backup_status status;
	enum backup_type type;
	int64_t created_ns;
	int64_t expires_ns; /* 0: never */
	struct table_description table; /* as it was */
	int64_t items, bytes; /* of the items */
	int64_t file_bytes;
	struct slice checksum; /* hexadecimal */
};

/* Notes a new backup of a table, CREATING, in the ledger; in the arena. */
int backup_begin(struct store *store, const struct table_description *table, struct slice name,
	enum backup_type type, struct arena *arena, enum durability durability, struct backup *ret,
	struct error *err) NODISCARD;
/* Told between chunks; true ends it with an error. */
typedef bool backup_stopped(void *context);
/* Copies the rows, closes the snapshot, and makes the backup AVAILABLE. What has
 * failed is to be discarded. */
int backup_copy(struct store *store, struct backup *backup, struct snapshot *snapshot,
	backup_stopped *stopped, void *context, struct error *err) NODISCARD;

/* Removes a backup that could not be made. On a full disk this may fail, too. */
int backup_discard(struct store *store, struct slice id, struct error *err) NODISCARD;
/* A copy in the arena. */
struct backup backup_dup(const struct backup *backup, struct arena *arena);

#define BACKUP_ABSENT 1
/* 0 or BACKUP_ABSENT; in the arena. */
int backup_get(struct store *store, struct slice id, struct arena *arena, struct backup *ret,
	struct error *err) NODISCARD;
bool backup_has_expired(const struct backup *backup, int64_t now_ns);
/* All, in order of their creation, in the arena; those that have expired and are
 * not yet removed, too. */
int backup_list(struct store *store, struct arena *arena, struct backup **ret, size_t *ret_count,
	struct error *err) NODISCARD;
/* Removes a backup and its file. */
int backup_remove(struct store *store, struct slice id, enum durability durability,
	struct error *err) NODISCARD;
/* Removes what was interrupted, and files of no backup. */
int backup_tidy(struct store *store, struct error *err) NODISCARD;
/* Removes what has expired. */
int backup_expire(struct store *store, int64_t now_ns, struct error *err) NODISCARD;

/* Whether the file is as it was written: ERROR_CORRUPT. */
int backup_verify(struct store *store, const struct backup *backup, struct error *err) NODISCARD;

/* Notes the bytes of all files anew, after they were written under another key. */
int backup_resum(struct store *store, struct error *err) NODISCARD;

/* The rows of a backup that was verified, in chunks as those of a snapshot. */
struct backup_reader {
	struct store *store;
	DB *file;
	struct buf position; /* row key read last; empty: none */
};

int backup_reader_open(struct store *store, const struct backup *backup, struct backup_reader *ret,
	struct error *err) NODISCARD;
void backup_reader_close(struct backup_reader *reader);
/* As snapshot_next(), SNAPSHOT_END included. */
int backup_reader_next(struct backup_reader *reader, struct arena *arena, snapshot_take *take,
	void *context, struct error *err) NODISCARD;
