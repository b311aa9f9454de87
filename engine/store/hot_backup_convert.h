/*
 * A backup into a data directory of another key, or of none, record by record:
 * pages under one key are no pages under another. For hot_backup_restore.c.
 */
#pragma once

#include "store/encryption.h"
#include "store/hot_backup_files.h"

struct conversion {
	const char *from, *to; /* directories; the second one is empty */
	const struct password *from_password; /* an empty one: not encrypted */
	const struct key_file *to_key; /* NULL: not encrypted */
	struct hot_files *files; /* their sums are those of the manifest */
	struct pace *pace;
};

/* Makes the directory, all of it encrypted from its first byte. */
int hot_backup_convert(
	const struct conversion *conversion, struct password *ret, struct error *err) NODISCARD;
