/*
 * Copies of an open environment's files, each piece of them handed to a function.
 *
 * A file is copied page by page, none of them half written, while others write
 * it: which moment a page is of recovery puts right, from the log. So for a copy
 * of all: hold the files (bdb_env_hold_files()), write a checkpoint, copy each,
 * then copy the log, as it is from then on; recover the copy from its whole log.
 *
 * Source: DB_ENV->dbbackup() in Berkeley DB's reference; "Recovery procedures" and
 * "Database and log file archival" in its programmer's guide.
 */
#pragma once

#include "store/bdb.h"

/* Takes a piece; -1 ends the copy, with the error set. Pieces come in order. */
typedef int bdb_copy_piece(
	void *context, uint64_t offset, const void *data, size_t len, struct error *err);

#define BDB_FILE_GONE 1
/* Copies a file: 0, or BDB_FILE_GONE when there is none any more. */
int bdb_file_copy(DB_ENV *env, const char *file, bdb_copy_piece *piece, void *context,
	struct error *err) NODISCARD;

/* Flushes the log, and tells where its end is: nothing before it changes. */
struct bdb_log_end {
	uint32_t file, offset;
};
int bdb_log_find_end(DB_ENV *env, struct bdb_log_end *ret, struct error *err) NODISCARD;
/* The number of a file of the log by its name, or 0. */
uint32_t bdb_log_number(const char *file);

/* Opens a file for reading that is in no environment and in no use. */
int bdb_file_open_alone(
	const char *path, const char *password, DB **ret, struct error *err) NODISCARD;
