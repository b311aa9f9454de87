/*
 * A hot backup: a copy of a whole data directory, taken while others write to it.
 *
 *	DEST/backup.json	what there is (hot_backup_manifest.h)
 *	DEST/NAME.db, DEST/log.NUMBER	the store
 *	DEST/encryption, ...	the other files of the directory
 *
 * What belongs to a process stays behind: the lock, the socket, scratch files.
 *
 * Invariants:
 * 1. DEST is a whole backup, or it is not there. The work is done in
 *    DEST.partial, which gets its name when all of it was checked and is on disk,
 *    and is removed when anything fails.
 * 2. It is the directory as it was at one moment, the end of the log that was
 *    copied: files first, then the log, of which nothing is removed meanwhile
 *    (bdb_copy.h). Writers don't wait.
 * 3. It needs no recovery any more: it was recovered, every item in it looked at,
 *    and then its files were summed.
 * 4. Restoring changes nothing before every file was found as the manifest says,
 *    and what was restored is looked at once more. The same goes for its place: it
 *    is whole, or not there.
 * 5. An encrypted directory has an encrypted backup, of the same key, and nothing
 *    of it is ever written otherwise. Only restoring can change the key.
 */
#pragma once

#include "base/error.h"
#include "store/store.h"

#define HOT_BACKUP_UNFINISHED ".partial" /* behind the name, until it is whole */

enum hot_backup_phase {
	HOT_BACKUP_VERIFYING, /* the files of a backup that is restored, in bytes */
	HOT_BACKUP_COPYING, /* in bytes */
	HOT_BACKUP_CHECKING, /* in items */
	HOT_BACKUP_SUMMING, /* in bytes */
	HOT_BACKUP_PHASE_COUNT
};

/* Called now and then while it works; false ends it. */
typedef bool hot_backup_step(
	void *context, enum hot_backup_phase phase, uint64_t done, uint64_t total);

struct hot_backup_watcher {
	hot_backup_step *step;
	void *context;
};

struct hot_backup_totals {
	uint64_t files, bytes; /* of the copy */
	uint64_t tables, items, item_bytes;
};

/* Takes a backup of an open store. The destination is an absolute path of nothing
 * yet. */
int hot_backup_take(struct store *store, const char *destination,
	const struct hot_backup_watcher *watcher, struct hot_backup_totals *ret,
	struct error *err) NODISCARD;

struct hot_backup_restoration {
	const char *backup;
	const char *path; /* of the data directory: absent, or an empty directory */
	const char *key_file; /* of the data directory; NULL: it is not encrypted */
	const char *backup_key_file; /* of the backup; NULL: the same */
};
int hot_backup_restore(const struct hot_backup_restoration *restoration,
	const struct hot_backup_watcher *watcher, struct hot_backup_totals *ret,
	struct error *err) NODISCARD;
