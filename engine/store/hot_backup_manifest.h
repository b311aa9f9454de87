/*
 * The manifest of a backup, DEST/backup.json: what it was taken of, what it holds,
 * and of each file its length and SHA-256. It is written last.
 */
#pragma once

#include "store/hot_backup_files.h"

#define MANIFEST_NAME "backup.json"

struct hot_manifest {
	char *source; /* owned; not read back */
	int64_t started_ns, completed_ns; /* the same */
	bool encrypted;
	uint64_t tables, items, item_bytes;
	struct hot_files files;
};

void hot_manifest_release(struct hot_manifest *manifest);
int hot_manifest_write(
	const char *directory, const struct hot_manifest *manifest, struct error *err) NODISCARD;
/* Errors name the backup, and what is wrong with it. */
int hot_manifest_read(const char *directory, struct hot_manifest *ret, struct error *err) NODISCARD;
