/* The file of a backup: written once in key order, then summed and read. */
#pragma once

#include "store/backup.h"

struct backup_file {
	DB *file;
};

int backup_file_create(
	struct store *store, struct slice id, struct backup_file *ret, struct error *err) NODISCARD;
int backup_file_put(struct txn *txn, struct backup_file *file, const struct row *row,
	struct error *err) NODISCARD;
/* Everything that was put is on disk after it. */
int backup_file_sync(struct backup_file *file, struct error *err) NODISCARD;
void backup_file_close(struct backup_file *file);

/* Reads the bytes of a file that nobody writes, without Berkeley DB: its length,
 * and XXH3 of 128 bits in hexadecimal, in the arena. */
int backup_file_sum(struct store *store, struct slice id, struct arena *arena, int64_t *ret_bytes,
	struct slice *ret_checksum, struct error *err) NODISCARD;
/* Removes a file that was being written; one that is not there is removed already. */
int backup_file_discard(struct store *store, struct slice id, struct error *err) NODISCARD;
/* Removes one that nobody has written to since the store was opened, even if it is
 * damaged. */
int backup_file_remove(struct store *store, struct slice id, struct error *err) NODISCARD;
/* The ids of all files in the data directory, in the arena. */
int backup_file_list(struct store *store, struct arena *arena, struct slice **ret,
	size_t *ret_count, struct error *err) NODISCARD;
