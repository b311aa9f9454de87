#undef NDEBUG
#include "store/bdb.h"
#include "store_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static void a_deadlock_is_a_conflict(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, DB_LOCK_DEADLOCK, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_CONFLICT, "Transaction is ongoing for the item");
	CHECK_INT(bdb_error(&err, DB_LOCK_NOTGRANTED, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_CONFLICT, "Transaction is ongoing for the item");
}

static void a_full_disk_is_no_space(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, ENOSPC, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_NO_SPACE, "writing a row: No space left on device");
}

static void lack_of_memory_may_be_a_full_lock_table(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, ENOMEM, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM,
		"writing a row: out of memory, or too many locks in one transaction");
}

static void a_stopped_environment_comes_with_advice(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, DB_RUNRECOVERY, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM,
		"writing a row: the store stopped after a failure; start again to recover it, "
		"and if that does not help, `dynamount check` tells what is damaged");
}

static void a_missing_page_is_corruption(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, DB_PAGE_NOTFOUND, "reading a row"), -1);
	CHECK_INT(err.class, ERROR_CORRUPT);
}

/* An environment in a directory of its own. */
struct environment {
	char *path;
	DB_ENV *env;
	DB *file;
	struct error err;
};

static void environment_open(struct environment *e)
{
	const struct bdb_env_options options = { .cache_bytes = 4u << 20 };

	CHECK_OK(bdb_env_open(e->path, &options, &e->env, &e->err), &e->err);
}

static struct environment environment_new(void)
{
	const char *base = getenv("TMPDIR");
	struct environment e = { .err = ERROR_INIT };
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/dynamount-bdb-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	e.path = mkdtemp(path.data);
	CHECK(e.path);
	environment_open(&e);
	CHECK_OK(bdb_file_open(e.env, NULL, "file.db", DB_CREATE, &e.file, &e.err), &e.err);
	return e;
}

static void environment_release(struct environment *e)
{
	bdb_file_closep(&e->file);
	bdb_env_closep(&e->env);
	fixture_remove(e->path);
	error_release(&e->err);
	free(e->path);
}

static bool has_file(const struct environment *e, const char *name)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&path, "%s/%s", e->path, name);
	return access(buf_string(&path), F_OK) == 0;
}

/* Fills more than two files of the log. */
static void write_much(struct environment *e)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_resize(&text, 1u << 20);
	for (int i = 0; i < 12; i++) {
		DBT key = bdb_input(SLICE("key")), data = bdb_input(buf_slice(&text));

		text.data[0] = (char)i;
		CHECK_INT(e->file->put(e->file, NULL, &key, &data, 0), 0);
		CHECK_OK(bdb_env_checkpoint(e->env, 0, &e->err), &e->err);
	}
}

static void the_log_goes_when_nothing_needs_it(void)
{
	struct environment e CLEANUP(environment_release) = environment_new();

	write_much(&e);
	CHECK(!has_file(&e, "log.0000000001"));
}

static void the_log_stays_while_files_are_held(void)
{
	struct environment e CLEANUP(environment_release) = environment_new();

	bdb_env_hold_files(e.env);
	bdb_env_hold_files(e.env);
	write_much(&e);
	bdb_env_release_files(e.env);
	write_much(&e);
	CHECK(has_file(&e, "log.0000000001"));
	bdb_env_release_files(e.env);
	write_much(&e);
	CHECK(!has_file(&e, "log.0000000001"));
}

static void a_file_is_removed_when_files_are_held_no_more(void)
{
	struct environment e CLEANUP(environment_release) = environment_new();
	DB *other;

	CHECK_OK(bdb_file_open(e.env, NULL, "other.db", DB_CREATE, &other, &e.err), &e.err);
	bdb_file_closep(&other);
	bdb_env_hold_files(e.env);
	CHECK_OK(bdb_file_remove(e.env, "other.db", &e.err), &e.err);
	CHECK(has_file(&e, "other.db"));
	bdb_env_release_files(e.env);
	CHECK(!has_file(&e, "other.db"));
}

static void write_some(struct environment *e, const char *text)
{
	for (uint32_t i = 0; i < 1000; i++) {
		DBT key = { .data = &i, .size = sizeof(i) };
		DBT data = bdb_input(slice_from_string(text));

		CHECK_INT(e->file->put(e->file, NULL, &key, &data, 0), 0);
	}
	bdb_file_closep(&e->file);
	CHECK_OK(bdb_env_checkpoint(e->env, 0, &e->err), &e->err);
}

/* One byte of what was written. */
static void change_file(const struct environment *e, const char *text)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT, bytes CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;
	char *found;

	buf_appendf(&path, "%s/file.db", e->path);
	fd = open(buf_string(&path), O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	buf_resize(&bytes, 1u << 16);
	bytes.len = (size_t)pread(fd, bytes.data, bytes.len, 0);
	found = memmem(bytes.data, bytes.len, text, strlen(text));
	CHECK(found);
	CHECK_INT(pwrite(fd, "X", 1, found - bytes.data), 1);
}

static void count_message(void *context, const char *message)
{
	(void)message;
	(*(unsigned *)context)++;
}

static void a_changed_byte_is_found(void)
{
	struct environment e CLEANUP(environment_release) = environment_new();
	unsigned messages = 0;
	DB *other;

	write_some(&e, "some text");
	bdb_env_closep(&e.env); /* with what it keeps in memory */
	change_file(&e, "some text");
	environment_open(&e);
	CHECK_INT(bdb_file_verify(e.env, "file.db", count_message, &messages, &e.err),
		BDB_FILE_DAMAGED);
	CHECK(messages);
	CHECK_OK(bdb_file_open(e.env, NULL, "other.db", DB_CREATE, &other, &e.err), &e.err);
	bdb_file_closep(&other);
}

static const struct test_case cases[] = {
	{ "the log goes when nothing needs it", the_log_goes_when_nothing_needs_it },
	{ "the log stays while files are held", the_log_stays_while_files_are_held },
	{ "a file is removed when files are held no more",
		a_file_is_removed_when_files_are_held_no_more },
	{ "a deadlock is a conflict", a_deadlock_is_a_conflict },
	{ "a full disk is no space", a_full_disk_is_no_space },
	{ "lack of memory may be a full lock table", lack_of_memory_may_be_a_full_lock_table },
	{ "a stopped environment comes with advice", a_stopped_environment_comes_with_advice },
	{ "a changed byte is found, and the rest goes on", a_changed_byte_is_found },
	{ "a missing page is corruption", a_missing_page_is_corruption },
};

TEST_MAIN(cases)
