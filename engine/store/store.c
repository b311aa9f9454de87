#include "base/log.h"
#include "base/memory.h"
#include "store/check_files.h"
#include "store/count.h"
#include "store/lockfile.h"
#include "store/store_private.h"
#include "store/table_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define CACHE_BYTES_DEFAULT        (64u << 20)
#define CHECKPOINT_SECONDS_DEFAULT 30
#define TTL_SECONDS_DEFAULT        2
#define ROOM_BYTES                 (16 << 20)
#define REGION_DEFAULT             "us-east-1"

/* Makes the directory unless it is there, and its name survive power loss. */
static int make_directory(const char *path, struct error *err)
{
	struct buf parent CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;

	if (mkdir(path, 0700) < 0) {
		if (errno == EEXIST)
			return 0;
		return error_set_errno(err, errno, "making the directory %s", path);
	}
	buf_appendf(&parent, "%s/..", path);
	fd = open(buf_string(&parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return error_set_errno(err, errno, "flushing %s", buf_string(&parent));
	return 0;
}

static struct store *store_new(const char *path, const struct store_options *options)
{
	struct store *store = memory_new_zero(sizeof(*store));
	unsigned seconds = options->checkpoint_seconds, ttl_seconds = options->ttl_interval_seconds;
	const char *region = options->region ? options->region : REGION_DEFAULT;

	store->path = memory_copy_string(path, strlen(path));
	store->region = memory_copy_string(region, strlen(region));
	store->lock_fd = -1;
	pthread_mutex_init(&store->writer, NULL);
	pthread_mutex_init(&store->tables.lock, NULL);
	packing_init(&store->packing);
	dictionary_cache_init(&store->dictionary_cache);
	stream_set_init(&store->streams);
	watch_init(&store->watch);
	worker_init(&store->worker, store, seconds ? seconds : CHECKPOINT_SECONDS_DEFAULT,
		ttl_seconds ? ttl_seconds : TTL_SECONDS_DEFAULT);
	return store;
}

/* Releases what is open, without a look back. */
static void store_free(struct store *store)
{
	worker_stop(&store->worker);
	table_cache_release(store);
	stream_set_release(&store->streams);
	bdb_file_closep(&store->series);
	bdb_file_closep(&store->tokens);
	bdb_file_closep(&store->ledger);
	packing_release(store);
	dictionary_cache_release(&store->dictionary_cache);
	bdb_file_closep(&store->dictionaries);
	bdb_file_closep(&store->conversions);
	bdb_file_closep(&store->backfill);
	bdb_file_closep(&store->counts);
	bdb_file_closep(&store->catalog);
	bdb_env_closep(&store->env);
	password_wipe(&store->password);
	cleanup_close(&store->lock_fd);
	worker_release(&store->worker);
	watch_release(&store->watch);
	pthread_mutex_destroy(&store->tables.lock);
	pthread_mutex_destroy(&store->writer);
	free(store->region);
	free(store->path);
	free(store);
}

/* Takes the directory, and finds out its password. */
static int enter_directory(struct store *store, const struct store_options *options,
	const struct key_file *key, struct error *err)
{
	TRY(make_directory(store->path, err));
	TRY(lockfile_take(store->path, key, &store->lock_fd, err));
	if (!options->password)
		return encryption_open(store->path, key, &store->password, err);
	store->password = *options->password;
	return 0;
}

static int enter(struct store *store, const struct store_options *options, struct error *err)
{
	struct key_file key CLEANUP(key_file_release) = { NULL, NULL, 0 };

	if (options->key_file)
		TRY(key_file_read(options->key_file, &key, err));
	TRY(enter_directory(store, options, options->key_file ? &key : NULL, err));
	if (password_present(&store->password))
		setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 }); /* it would hold items */
	return 0;
}

static int open_environment(
	struct store *store, const struct store_options *options, struct error *err)
{
	const struct bdb_env_options env_options = {
		.cache_bytes = options->cache_bytes ? options->cache_bytes : CACHE_BYTES_DEFAULT,
		.password = password_present(&store->password) ? store->password.text : NULL,
		.is_copy = options->is_copy,
	};

	return bdb_env_open(store->path, &env_options, &store->env, err);
}

static int open_all(struct store *store, const struct store_options *options, struct error *err)
{
	TRY(enter(store, options, err));
	TRY(open_environment(store, options, err));
	if (options->read_only_check)
		TRY(check_files(store->env, store->path, err));
	TRY(bdb_file_open(store->env, NULL, "catalog.db", DB_CREATE, &store->catalog, err));
	TRY(bdb_file_open(store->env, NULL, "counts.db", DB_CREATE, &store->counts, err));
	TRY(stream_set_open(store, err));
	TRY(bdb_file_open(store->env, NULL, "backfill.db", DB_CREATE, &store->backfill, err));
	TRY(bdb_file_open(store->env, NULL, "conversions.db", DB_CREATE, &store->conversions, err));
	TRY(bdb_file_open(
		store->env, NULL, "dictionaries.db", DB_CREATE, &store->dictionaries, err));
	TRY(bdb_file_open(store->env, NULL, "tokens.db", DB_CREATE, &store->tokens, err));
	TRY(bdb_file_open(store->env, NULL, "metrics.db", DB_CREATE, &store->series, err));
	TRY(bdb_file_open(store->env, NULL, "backups.db", DB_CREATE, &store->ledger, err));
	TRY(table_cache_load(store, err));
	TRY(dictionary_remove_unused(store, err));
	if (options->read_only_check)
		return 0;
	return worker_start(&store->worker, err);
}

int store_open(const char *path, const struct store_options *options, struct store **ret,
	struct error *err)
{
	struct store *store = store_new(path, options);

	if (open_all(store, options, err) < 0) {
		store_free(store);
		return -1;
	}
	*ret = store;
	return 0;
}

/* What makes the next opening quick: nothing to recover, nothing to count. */
static int store_settle(struct store *store, struct error *err)
{
	TRY(count_save(store, err));
	return bdb_env_checkpoint(store->env, 0, err);
}

void store_close(struct store *store)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	worker_stop(&store->worker);
	if (store_settle(store, &err) < 0)
		log_warning("store: %s", err.message);
	store_free(store);
}

int store_flush(struct store *store, struct error *err)
{
	return bdb_env_flush(store->env, err);
}

bool store_is_encrypted(const struct store *store)
{
	return password_present(&store->password);
}

int store_check_room(const struct store *store, struct error *err)
{
	struct statvfs disk;

	if (statvfs(store->path, &disk) < 0 ||
		(uint64_t)disk.f_bavail * disk.f_frsize >= ROOM_BYTES)
		return 0;
	return error_set(err, ERROR_NO_SPACE,
		"No space left on device: %s has less than %d MB, which are kept for others",
		store->path, ROOM_BYTES >> 20);
}

const char *store_path(const struct store *store)
{
	return store->path;
}

void store_watch(struct store *store, change_watcher *watcher, void *context)
{
	watch_set(&store->watch, watcher, context);
}

void store_keep_streams(struct store *store, stream_keeper *keeper, void *context)
{
	pthread_mutex_lock(&store->writer);
	store->keeper = keeper;
	store->keeper_context = context;
	pthread_mutex_unlock(&store->writer);
}
