/*
 * The files of a backup, for hot_backup*.c: found, copied, summed, brought to disk.
 * And the pace of that work, which can be stopped at every piece of it.
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

struct hot_file {
	char *name; /* owned; below the directory: "catalog.db", "exports/x/y" */
	uint64_t bytes;
	char sum[SUM_DIGITS + 1]; /* or empty */
};

struct hot_files {
	struct hot_file *items; /* in byte order of name, as found */
	size_t count, capacity;
};

void hot_files_release(struct hot_files *files);
struct hot_file *hot_files_add(struct hot_files *files, struct slice name);
uint64_t hot_files_bytes(const struct hot_files *files);
/* Adds the files of a data directory that belong into a backup. */
int hot_files_find(const char *directory, struct hot_files *files, struct error *err) NODISCARD;

enum hot_file_kind {
	HOT_FILE_DATABASE,
	HOT_FILE_LOG,
	HOT_FILE_PLAIN,
};
enum hot_file_kind hot_file_kind(const struct hot_file *file);

/* Makes a file that is not there, and the directories it lies in: a descriptor. */
int hot_file_create(
	const char *directory, const char *name, int *ret_fd, struct error *err) NODISCARD;
int hot_file_write(int fd, const char *name, uint64_t offset, const void *data, size_t len,
	struct error *err) NODISCARD;
/* Copies at most so many bytes of a file, which may be none, into a directory, on
 * disk; file->bytes and file->sum become what was copied. */
#define HOT_FILE_GONE 1
int hot_file_copy(const char *from, const char *to, struct hot_file *file, uint64_t limit,
	struct pace *pace, struct error *err) NODISCARD;
/* Finds out the bytes and the sum of a file, having brought it to disk if it was
 * written here. */
int hot_file_sum(const char *directory, struct hot_file *file, bool sync, struct pace *pace,
	struct error *err) NODISCARD;
