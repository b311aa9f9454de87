/*
 * The files of a backup, for hot_backup*.c: found, copied, summed, brought to disk,
 * removed. And the pace of that work, which can be stopped at every piece of it.
 */
#pragma once

#include "base/buf.h"
#include "store/hot_backup.h"

/* Progress of one phase. */
struct pace {
	const struct hot_backup_watcher *watcher;
	enum hot_backup_phase phase;
	uint64_t done, total;
};

/* Tells that so much more is done; -1 when it is to stop. */
int pace_advance(struct pace *pace, uint64_t more, struct error *err) NODISCARD;

#define SUM_DIGITS 64 /* SHA-256 */

struct backup_file {
	char *name; /* owned; below the directory: "catalog.db", "exports/x/y" */
	uint64_t bytes;
	char sum[SUM_DIGITS + 1]; /* or empty */
};

struct backup_files {
	struct backup_file *items; /* in byte order of name, as found */
	size_t count, capacity;
};

void backup_files_release(struct backup_files *files);
struct backup_file *backup_files_add(struct backup_files *files, struct slice name);
uint64_t backup_files_bytes(const struct backup_files *files);
/* Adds the files of a data directory that belong into a backup. */
int backup_files_find(
	const char *directory, struct backup_files *files, struct error *err) NODISCARD;

enum backup_file_kind {
	BACKUP_FILE_DATABASE,
	BACKUP_FILE_LOG,
	BACKUP_FILE_PLAIN,
};
enum backup_file_kind backup_file_kind(const struct backup_file *file);

/* Makes a file that is not there, and the directories it lies in: a descriptor. */
int backup_file_create(
	const char *directory, const char *name, int *ret_fd, struct error *err) NODISCARD;
int backup_write(int fd, const char *name, uint64_t offset, const void *data, size_t len,
	struct error *err) NODISCARD;
/* Copies at most so many bytes of a file, which may be none, into a directory, on
 * disk; file->bytes and file->sum become what was copied. */
#define BACKUP_FILE_GONE 1
int backup_file_copy(const char *from, const char *to, struct backup_file *file, uint64_t limit,
	struct pace *pace, struct error *err) NODISCARD;
/* Finds out the bytes and the sum of a file, having brought it to disk if it was
 * written here. */
int backup_file_sum(const char *directory, struct backup_file *file, bool sync, struct pace *pace,
	struct error *err) NODISCARD;

/* Removes a directory with all that it holds; errors are logged. */
void backup_remove(const char *path);
/* Brings a directory and those below it to disk. */
int backup_sync(const char *path, struct error *err) NODISCARD;
/* Checks that a backup, or a restored directory, can be made there: in a directory
 * that is there, with nothing in its place and none left unfinished. */
int backup_check_place(const char *path, bool may_be_empty_directory, struct buf *ret_partial,
	struct error *err) NODISCARD;
/* Gives what is whole its name, and brings that to disk. */
int backup_rename(const char *partial, const char *path, struct error *err) NODISCARD;
