#include "store/bdb_copy.h"
#include "base/log.h"

#include <errno.h>

/* A table that is being made holds its file until its transaction ends. */
#define COPY_TRIES 100

struct file_copy {
	bdb_copy_piece *piece;
	void *context;
	struct error *err;
	bool refused; /* by the function: err is set */
};

/* What this thread copies: Berkeley DB hands its callbacks nothing of ours. */
static _Thread_local struct file_copy *current;

static int copy_open(DB_ENV *env, const char *file, const char *target, void **ret_handle)
{
	(void)env;
	(void)file;
	(void)target;
	*ret_handle = current;
	return 0;
}

static int copy_write(
	DB_ENV *env, uint32_t gigabytes, uint32_t bytes, uint32_t size, uint8_t *data, void *handle)
{
	uint64_t offset = ((uint64_t)gigabytes << 30) + bytes;
	struct file_copy *copy = handle;

	(void)env;
	copy->refused = copy->piece(copy->context, offset, data, size, copy->err) < 0;
	return copy->refused ? ECANCELED : 0;
}

static int copy_close(DB_ENV *env, const char *file, void *handle)
{
	(void)env;
	(void)file;
	(void)handle;
	return 0;
}

/* Whatever fails is told as an error, also that there is no such file any more. */
static int run(DB_ENV *env, const char *file, struct file_copy *copy)
{
	int r = env->set_backup_callbacks(env, copy_open, copy_write, copy_close);

	current = copy;
	bdb_mute(true);
	for (int try = 0; !r && try < COPY_TRIES; try++) {
		r = env->dbbackup(env, file, NULL, 0);
		if (r != DB_LOCK_DEADLOCK && r != DB_LOCK_NOTGRANTED)
			break;
	}
	current = NULL;
	bdb_mute(false);
	return r;
}

int bdb_file_copy(
	DB_ENV *env, const char *file, bdb_copy_piece *piece, void *context, struct error *err)
{
	struct file_copy copy = { piece, context, err, false };
	int r = run(env, file, &copy);

	if (copy.refused)
		return -1;
	if (r == ENOENT)
		return BDB_FILE_GONE;
	return r ? bdb_error(err, r, "copying a file") : 0;
}

int bdb_log_find_end(DB_ENV *env, struct bdb_log_end *ret, struct error *err)
{
	DB_LOG_STAT *stat;
	int r;

	TRY(bdb_env_flush(env, err));
	r = env->log_stat(env, &stat, 0);
	if (r)
		return bdb_error(err, r, "finding the end of the log");
	*ret = (struct bdb_log_end){ stat->st_disk_file, stat->st_disk_offset };
	free(stat);
	return 0;
}

uint32_t bdb_log_number(const char *file)
{
	static const char prefix[] = "log.";
	const char *digits = file + strlen(prefix);

	if (strncmp(file, prefix, strlen(prefix)) != 0 || strlen(digits) != 10 ||
		strspn(digits, "0123456789") != 10)
		return 0;
	return (uint32_t)strtoul(digits, NULL, 10);
}

static void log_message(const DB_ENV *env, const char *prefix, const char *message)
{
	(void)env;
	(void)prefix;
	log_warning("store: %s", message);
}

int bdb_file_open_alone(const char *path, const char *password, DB **ret, struct error *err)
{
	DB *db;
	int r = db_create(&db, NULL, 0);

	if (r)
		return bdb_error(err, r, "creating a file handle");
	db->set_errcall(db, log_message);
	if (password)
		r = db->set_encrypt(db, password, DB_ENCRYPT_AES);
	if (!r && password)
		r = db->set_flags(db, DB_ENCRYPT);
	if (!r)
		r = db->open(db, NULL, path, NULL, DB_BTREE, DB_RDONLY, 0);
	if (r) {
		bdb_file_closep(&db);
		return bdb_error(err, r, "opening a file");
	}
	*ret = db;
	return 0;
}
