/*
 * Invariants:
 * 1. One process has an environment open, so its regions live in that
 *    process's memory, and recovery can and does run at every opening.
 * 2. A page is 4096 bytes: what a disk and a filesystem write whole. With
 *    larger ones a power failure could leave a page half old, half new, and
 *    recovery trusts every page it finds.
 * 3. Nothing of Berkeley DB's reaches standard error but through the log.
 * 4. Every file of an encrypted environment is encrypted: it is opened here or it
 *    is not opened.
 * 5. Each page of a new file has a checksum: without one Berkeley DB follows what a
 *    damaged page says, and may crash or go round in circles. With encryption it
 *    comes by itself.
 */
#include "store/bdb.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

#include <errno.h>
#include <pthread.h>
#include <sys/statvfs.h>

#define PAGE_BYTES 4096

/* The log's buffer holds a usual transaction. Opening reads the whole last file
 * to find its end, and a new file costs a flush: hence neither small nor large. */
#define LOG_BUFFER_BYTES (1u << 20)
#define LOG_FILE_BYTES   (8u << 20)

/* Upper bounds only: locks take memory while they are held. A transaction
 * locks each page that it touches, at worst several for each row. */
#define LOCKS_MAX    1000000u
#define LOCKERS_MAX  10000u
#define LOCK_BUCKETS 16381u

#define ENV_FLAGS \
	(DB_CREATE | DB_PRIVATE | DB_THREAD | DB_INIT_MPOOL | DB_INIT_LOG | DB_INIT_LOCK | \
		DB_INIT_TXN)

/* On a full disk Berkeley DB says so for each page that it can't write: of its
 * messages so many go to the log within so long. */
#define MESSAGES_MAX       8
#define MESSAGES_PERIOD_NS (60 * 1000000000LL)

/* What is known of an environment beside Berkeley DB: its app_private. */
struct env_state {
	bdb_messages *function; /* where messages go; NULL: the log */
	void *context;
	pthread_mutex_t mutex; /* of the rest; a leaf but for the log's settings */
	int64_t period_start;
	unsigned long logged; /* or held back, in this period */
	unsigned holds; /* on files */
	struct buf unwanted; /* names of files to remove, each ended by NUL */
};

static _Thread_local bool muted;

void bdb_mute(bool mute)
{
	muted = mute;
}

static void log_message(struct env_state *to, const char *message)
{
	int64_t now = clock_monotonic_ns();
	unsigned long logged, held_back = 0;

	pthread_mutex_lock(&to->mutex);
	if (!to->period_start || now - to->period_start > MESSAGES_PERIOD_NS) {
		held_back = to->logged > MESSAGES_MAX ? to->logged - MESSAGES_MAX : 0;
		to->period_start = now;
		to->logged = 0;
	}
	logged = ++to->logged;
	pthread_mutex_unlock(&to->mutex);
	if (held_back)
		log_warning("store: %lu messages held back", held_back);
	if (logged <= MESSAGES_MAX)
		log_warning("store: %s", message);
}

static void bdb_message(const DB_ENV *env, const char *prefix, const char *message)
{
	struct env_state *to = env->app_private;

	(void)prefix;
	if (muted)
		return;
	if (to->function)
		to->function(to->context, message);
	else
		log_message(to, message);
}

void bdb_env_redirect(DB_ENV *env, bdb_messages *function, void *context)
{
	struct env_state *to = env->app_private;

	to->function = function;
	to->context = context;
}

/* The pool's hash table: short chains, as each look at a page walks one, and
 * few mutexes, as each takes memory also while the store is idle. */
#define POOL_MUTEXES 512u

/* Berkeley DB takes a quarter more than it is told for caches below 500 MB: what
 * the user sets is what is used. Source: DB_ENV->set_cachesize(). */
static uint64_t pool_bytes(uint64_t cache_bytes)
{
	return cache_bytes < (500u << 20) ? cache_bytes / 5 * 4 : cache_bytes;
}

static int set_password(DB_ENV *env, const char *password)
{
	return password ? env->set_encrypt(env, password, DB_ENCRYPT_AES) : 0;
}

static int env_configure(DB_ENV *env, const struct bdb_env_options *options)
{
	const uint64_t pool = pool_bytes(options->cache_bytes);
	const int results[] = {
		set_password(env, options->password),
		env->set_cachesize(env, (uint32_t)(pool >> 30), pool & ((1u << 30) - 1), 1),
		env->set_mp_tablesize(env, (uint32_t)(options->cache_bytes / PAGE_BYTES * 5 / 4)),
		env->set_mp_mtxcount(env, POOL_MUTEXES),
		env->set_lg_bsize(env, LOG_BUFFER_BYTES),
		env->set_lg_max(env, LOG_FILE_BYTES),
		env->log_set_config(env, DB_LOG_AUTO_REMOVE, 1),
		env->set_lk_max_locks(env, LOCKS_MAX),
		env->set_lk_max_objects(env, LOCKS_MAX),
		env->set_lk_max_lockers(env, LOCKERS_MAX),
		env->set_lk_tablesize(env, LOCK_BUCKETS),
		/* The one with the fewest writes to lose: a reader, if there is one. */
		env->set_lk_detect(env, DB_LOCK_MINWRITE),
		env->set_flags(env, DB_TXN_WRITE_NOSYNC, 1),
	};

	for (size_t i = 0; i < ARRAY_SIZE(results); i++)
		if (results[i])
			return results[i];
	return 0;
}

/* Recovery writes, and a failure in its middle is only told as a panic. */
static bool is_disk_full(const char *path)
{
	struct statvfs disk;

	return statvfs(path, &disk) == 0 &&
	       (uint64_t)disk.f_bavail * disk.f_frsize < LOG_FILE_BYTES;
}

static int error_opening(const char *path, int r, struct error *err)
{
	if (is_disk_full(path))
		return error_set_errno(err, ENOSPC, "Opening the store in %s", path);
	if (r == DB_RUNRECOVERY)
		return error_set(err, ERROR_CORRUPT,
			"%s cannot be recovered, as a file in it is damaged: restore a backup",
			path);
	return bdb_error(err, r, "opening the environment");
}

int bdb_env_open(
	const char *path, const struct bdb_env_options *options, DB_ENV **ret, struct error *err)
{
	uint32_t recovery = options->is_copy ? DB_RECOVER_FATAL : DB_RECOVER;
	struct env_state *state;
	DB_ENV *env;
	int r = db_env_create(&env, 0);

	if (r)
		return bdb_error(err, r, "creating the environment");
	state = memory_new_zero(sizeof(*state));
	pthread_mutex_init(&state->mutex, NULL);
	env->app_private = state;
	env->set_errcall(env, bdb_message);
	r = env_configure(env, options);
	if (!r)
		r = env->open(env, path, ENV_FLAGS | recovery, 0600);
	if (r) {
		bdb_env_closep(&env);
		return error_opening(path, r, err);
	}
	*ret = env;
	return 0;
}

void bdb_env_closep(DB_ENV **env)
{
	struct env_state *state;
	int r;

	if (!*env)
		return;
	state = (*env)->app_private;
	r = (*env)->close(*env, 0);
	if (r)
		log_warning("store: closing the environment: %s", db_strerror(r));
	pthread_mutex_destroy(&state->mutex);
	buf_release(&state->unwanted);
	free(state);
	*env = NULL;
}

int bdb_env_flush(DB_ENV *env, struct error *err)
{
	int r = env->log_flush(env, NULL);

	return r ? bdb_error(err, r, "flushing the log") : 0;
}

int bdb_env_checkpoint(DB_ENV *env, uint32_t log_kilobytes, struct error *err)
{
	int r = env->txn_checkpoint(env, log_kilobytes, 0, 0);

	return r ? bdb_error(err, r, "writing a checkpoint") : 0;
}

/* What fails to go now goes when the store is opened again. */
static void remove_all(DB_ENV *env, struct slice names)
{
	while (names.len) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct slice name = slice_from_string(names.data);

		if (bdb_file_remove(env, name.data, &err) < 0)
			log_warning("store: %s", err.message);
		names = slice_skip(names, name.len + 1);
	}
}

static void keep_log(DB_ENV *env, bool keep)
{
	int r = env->log_set_config(env, DB_LOG_AUTO_REMOVE, !keep);

	if (r)
		log_warning("store: configuring the log: %s", db_strerror(r));
}

void bdb_env_hold_files(DB_ENV *env)
{
	struct env_state *state = env->app_private;

	pthread_mutex_lock(&state->mutex);
	if (!state->holds++)
		keep_log(env, true);
	pthread_mutex_unlock(&state->mutex);
}

void bdb_env_release_files(DB_ENV *env)
{
	struct buf unwanted CLEANUP(buf_release) = BUF_INIT;
	struct env_state *state = env->app_private;

	pthread_mutex_lock(&state->mutex);
	if (!--state->holds) {
		keep_log(env, false);
		unwanted = state->unwanted;
		state->unwanted = BUF_INIT;
	}
	pthread_mutex_unlock(&state->mutex);
	remove_all(env, buf_slice(&unwanted));
}

/* False when files may be removed now. */
static bool note_unwanted(DB_ENV *env, const char *file)
{
	struct env_state *state = env->app_private;
	bool held;

	pthread_mutex_lock(&state->mutex);
	held = state->holds;
	if (held)
		buf_append(&state->unwanted, file, strlen(file) + 1);
	pthread_mutex_unlock(&state->mutex);
	return held;
}

/* A wrong checksum makes Berkeley DB panic. Here what can be looked at is, and the
 * other files afterwards. */
static int verify_despite_panic(DB_ENV *env, DB *bdb, const char *file)
{
	int r;

	env->set_flags(env, DB_NOPANIC, 1);
	r = bdb->verify(bdb, file, NULL, NULL, 0); /* also closes it */
	env->set_flags(env, DB_NOPANIC, 0);
	if (r != DB_RUNRECOVERY)
		return r;
	r = env->set_flags(env, DB_PANIC_ENVIRONMENT, 0);
	return r ? r : DB_VERIFY_BAD;
}

int bdb_file_verify(
	DB_ENV *env, const char *file, bdb_messages *report, void *context, struct error *err)
{
	DB *bdb;
	int r = db_create(&bdb, env, 0);

	if (r)
		return bdb_error(err, r, "creating a file handle");
	bdb_env_redirect(env, report, context);
	r = verify_despite_panic(env, bdb, file);
	bdb_env_redirect(env, NULL, NULL);
	if (r == DB_VERIFY_BAD)
		return BDB_FILE_DAMAGED;
	if (r == ENOENT)
		return BDB_FILE_ABSENT;
	return r ? bdb_error(err, r, "verifying a file") : 0;
}

int bdb_file_remove(DB_ENV *env, const char *file, struct error *err)
{
	int r;

	if (note_unwanted(env, file))
		return 0;
	r = env->dbremove(env, NULL, file, NULL, DB_AUTO_COMMIT);
	return r ? bdb_error(err, r, "removing a file") : 0;
}

static bool is_encrypted(DB_ENV *env)
{
	uint32_t flags = 0;

	return env->get_encrypt_flags(env, &flags) == 0 && flags & DB_ENCRYPT_AES;
}

int bdb_file_open(
	DB_ENV *env, DB_TXN *txn, const char *file, uint32_t flags, DB **ret, struct error *err)
{
	DB *db;
	int r = db_create(&db, env, 0);

	if (r)
		return bdb_error(err, r, "creating a file handle");
	r = db->set_pagesize(db, PAGE_BYTES);
	flags |= DB_THREAD | (txn ? 0 : DB_AUTO_COMMIT);
	if (!r)
		r = db->set_flags(db, is_encrypted(env) ? DB_ENCRYPT : DB_CHKSUM);
	if (!r)
		r = db->open(db, txn, file, NULL, DB_BTREE, flags, 0600);
	if (r) {
		bdb_file_closep(&db);
		if (r == EINVAL) /* of what its first page says */
			return error_set(err, ERROR_CORRUPT,
				"%s or the log is damaged: restore a backup, or ask "
				"`dynamount check`",
				file);
		return bdb_error(err, r, "opening a file");
	}
	*ret = db;
	return 0;
}

void bdb_file_closep(DB **db)
{
	int r;

	if (!*db)
		return;
	r = (*db)->close(*db, DB_NOSYNC);
	if (r)
		log_warning("store: closing a file: %s", db_strerror(r));
	*db = NULL;
}

int bdb_error(struct error *err, int ret, const char *doing)
{
	switch (ret) {
	case DB_LOCK_DEADLOCK:
	case DB_LOCK_NOTGRANTED:
		return error_set(err, ERROR_CONFLICT, "Transaction is ongoing for the item");
	case DB_RUNRECOVERY:
		return error_set(err, ERROR_SYSTEM,
			"%s: the store stopped after a failure; start again to recover it, and if "
			"that does not help, `dynamount check` tells what is damaged",
			doing);
	case DB_PAGE_NOTFOUND:
	case DB_VERIFY_BAD:
	case DB_LOG_VERIFY_BAD:
		return error_set(err, ERROR_CORRUPT, "%s: %s", doing, db_strerror(ret));
	case ENOMEM:
		return error_set(err, ERROR_SYSTEM,
			"%s: out of memory, or too many locks in one transaction", doing);
	default:
		if (ret > 0)
			return error_set_errno(err, ret, "%s", doing);
		return error_set(err, ERROR_SYSTEM, "%s: %s", doing, db_strerror(ret));
	}
}
