/*
 * Berkeley DB: how the environment and its files are opened, and the one
 * conversion of its return values into errors.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"
#include <db.h>
#include <stdbool.h>
#include <stdint.h>

struct bdb_env_options {
	uint64_t cache_bytes;
	const char *password; /* of its encryption; NULL: it has none */
	bool is_copy; /* taken while it was written: recovery looks at the whole log */
};

/*
 * Opens the transactional environment of a directory, running recovery. The
 * regions are private to the process: the lock file keeps others out.
 * Transactions commit to the operating system; bdb_env_flush() goes further.
 */
int bdb_env_open(const char *path, const struct bdb_env_options *options, DB_ENV **ret,
	struct error *err) NODISCARD;
/* NULL is allowed. */
void bdb_env_closep(DB_ENV **env);
int bdb_env_flush(DB_ENV *env, struct error *err) NODISCARD;
/* Writes what is dirty to the files when at least log_kilobytes of log came
 * since the last time; 0: whenever anything came. */
int bdb_env_checkpoint(DB_ENV *env, uint32_t log_kilobytes, struct error *err) NODISCARD;
/* Where Berkeley DB's own messages of one environment go: to the log, or to a
 * function while one is set. */
typedef void bdb_messages(void *context, const char *message);
void bdb_env_redirect(DB_ENV *env, bdb_messages *function, void *context);
/* Drops those of this thread, about what is told in other words. */
void bdb_mute(bool mute);

/* From the first hold to the last release no file of the log is removed, and no
 * other one: what a copy needs stays. */
void bdb_env_hold_files(DB_ENV *env);
void bdb_env_release_files(DB_ENV *env);

/* Opens a B-tree, encrypted where the environment is. Flags are DB->open's, as
 * DB_CREATE; without a transaction the opening is one of its own. */
int bdb_file_open(DB_ENV *env, DB_TXN *txn, const char *file, uint32_t flags, DB **ret,
	struct error *err) NODISCARD;
/* Closes a file whose pages a checkpoint writes, or nobody needs. NULL is
 * allowed. */
void bdb_file_closep(DB **db);

#define BDB_FILE_DAMAGED 1
#define BDB_FILE_ABSENT  2
/* Has Berkeley DB verify a file that nobody has open and that a checkpoint has made
 * complete: 0, BDB_FILE_DAMAGED, what is wrong being told to the function, or
 * BDB_FILE_ABSENT. */
int bdb_file_verify(DB_ENV *env, const char *file, bdb_messages *report, void *context,
	struct error *err) NODISCARD;

/* Removes a file that nobody has open, in a transaction of its own; while files
 * are held it only takes a note. */
int bdb_file_remove(DB_ENV *env, const char *file, struct error *err) NODISCARD;

/* Sets the error for what a Berkeley DB function returned while `doing`, a
 * gerund phrase: "reading a row". Always -1. */
int bdb_error(struct error *err, int ret, const char *doing);

/* A parameter: bytes that Berkeley DB reads only. */
static inline DBT bdb_input(struct slice bytes)
{
	return (DBT){ .data = (void *)bytes.data, .size = (uint32_t)bytes.len };
}

static inline struct slice bdb_slice(const DBT *dbt)
{
	return slice_of(dbt->data, dbt->size);
}
