#include "store/check_files.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>

/* Of these store_check() and alarms_check() say more. */
static const struct slice others[] = {
	SLICE("table-"),
	SLICE("index-"),
	SLICE("history-"),
	SLICE("moments-"),
	SLICE("backup-"),
	SLICE("alarms."),
};

static bool is_own_file(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		if (slice_starts_with(name, others[i]))
			return false;
	}
	return slice_ends_with(name, SLICE(".db"));
}

/* The names of the damaged ones tell enough. */
static void drop_message(void *context, const char *message)
{
	(void)context;
	(void)message;
}

int check_files(DB_ENV *env, const char *path, struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = opendir(path);
	struct buf damaged CLEANUP(buf_release) = BUF_INIT;
	struct dirent *entry;
	int r;

	if (!directory)
		return error_set_errno(err, errno, "opening %s", path);
	while ((entry = readdir(directory))) {
		if (!is_own_file(slice_from_string(entry->d_name)))
			continue;
		TRY(r = bdb_file_verify(env, entry->d_name, drop_message, NULL, err));
		if (r == BDB_FILE_DAMAGED)
			buf_appendf(&damaged, "%s%s", damaged.len ? ", " : "", entry->d_name);
	}
	if (!damaged.len)
		return 0;
	return error_set(err, ERROR_CORRUPT, "Damaged in %s: %s; restore a backup", path,
		buf_string(&damaged));
}
