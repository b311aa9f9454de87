#undef NDEBUG
#include "base/buf.h"
#include "base/memory.h"
#include "store/encryption.h"
#include "store_fixture.h"

#include <fcntl.h>
#include <sys/stat.h>

/* A directory of one case: key files beside a data directory. */
struct vault {
	char *path;
	struct buf data; /* "…/data", which is not there yet */
	struct buf key; /* "…/key" */
	struct error err;
};

static void write_file(const char *path, struct slice text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text.data, text.len), (ssize_t)text.len);
	close(fd);
	CHECK_INT(chmod(path, mode), 0);
}

static struct vault vault_new(void)
{
	const char *base = getenv("TMPDIR");
	struct vault v = { .err = ERROR_INIT };
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/dynamount-vault-XXXXXX", base ? base : "/tmp");
	buf_string(&path);
	v.path = mkdtemp(path.data);
	CHECK(v.path);
	buf_appendf(&v.data, "%s/data", v.path);
	buf_appendf(&v.key, "%s/key", v.path);
	write_file(buf_string(&v.key), SLICE("0123456789abcdef\n"), 0600);
	return v;
}

static void vault_release(struct vault *v)
{
	fixture_remove(buf_string(&v->data));
	fixture_remove(v->path);
	free(v->path);
	buf_release(&v->data);
	buf_release(&v->key);
	error_release(&v->err);
}

static int open_store(struct vault *v, const char *key_file, struct store **ret)
{
	const struct store_options options = { .read_only_check = true, .key_file = key_file };

	return store_open(buf_string(&v->data), &options, ret, &v->err);
}

static void make_store(struct vault *v, const char *key_file)
{
	struct store *store;

	CHECK_OK(open_store(v, key_file, &store), &v->err);
	store_close(store);
}

static void check_refused(
	struct vault *v, const char *key_file, enum error_class class, const char *words)
{
	struct store *store;

	CHECK_INT(open_store(v, key_file, &store), -1);
	CHECK_INT(v->err.class, class);
	if (!strstr(v->err.message, words))
		printf("# %s\n", v->err.message);
	CHECK(strstr(v->err.message, words));
	error_release(&v->err);
}

static char *path_in_data(struct vault *v, const char *name)
{
	struct buf path = BUF_INIT;

	buf_appendf(&path, "%s/%s", buf_string(&v->data), name);
	buf_string(&path);
	return path.data;
}

/* Key files */

static int read_key(struct vault *v, struct slice text, struct key_file *ret)
{
	write_file(buf_string(&v->key), text, 0600);
	return key_file_read(buf_string(&v->key), ret, &v->err);
}

static void one_newline_at_the_end_is_not_of_the_key(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct key_file key CLEANUP(key_file_release) = { NULL, NULL, 0 };

	CHECK_OK(read_key(&v, SLICE("0123456789abcde\n\n"), &key), &v.err);
	CHECK_TEXT(slice_of(key.bytes, key.len), "0123456789abcde\n");
}

static void any_bytes_are_a_key(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct key_file key CLEANUP(key_file_release) = { NULL, NULL, 0 };
	struct slice bytes = SLICE("\0\1\2\3\4\5\6\7\xff\n\0\0\0\0\0\0");

	CHECK_OK(read_key(&v, bytes, &key), &v.err);
	CHECK(slice_equal(slice_of(key.bytes, key.len), bytes));
}

static void a_short_key_is_refused_with_how_to_make_one(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct key_file key;

	CHECK_INT(read_key(&v, SLICE("0123456789abcde\n"), &key), -1);
	CHECK(strstr(v.err.message, "holds 15 bytes, and a key has at least 16"));
	CHECK(strstr(v.err.message, "head -c 32 /dev/urandom | base64"));
	error_release(&v.err);
}

static void a_missing_key_file_is_refused_with_how_to_make_one(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct key_file key;

	CHECK_INT(key_file_read("/nonexistent/key", &key, &v.err), -1);
	CHECK(strstr(v.err.message, "/nonexistent/key is not there"));
	CHECK(strstr(v.err.message, "head -c 32 /dev/urandom | base64"));
	error_release(&v.err);
}

static void a_key_that_others_can_read_is_refused(void)
{
	static const mode_t modes[] = { 0640, 0604, 0620, 0602 };
	struct vault v CLEANUP(vault_release) = vault_new();
	struct key_file key;

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		CHECK_INT(chmod(buf_string(&v.key), modes[i]), 0);
		CHECK_INT(key_file_read(buf_string(&v.key), &key, &v.err), -1);
		CHECK(strstr(v.err.message, "others can read or change it: chmod 600 it"));
		error_release(&v.err);
	}
}

static void a_file_that_is_too_long_is_no_key(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct key_file key;

	buf_resize(&text, KEY_BYTES_MAX + 1);
	CHECK_INT(read_key(&v, buf_slice(&text), &key), -1);
	CHECK(strstr(v.err.message, "that is no key"));
	error_release(&v.err);
}

/* Directories */

static void a_directory_is_opened_by_its_key(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct store *store;

	make_store(&v, buf_string(&v.key));
	CHECK(encryption_is_on(buf_string(&v.data)));
	CHECK_OK(open_store(&v, buf_string(&v.key), &store), &v.err);
	CHECK(store_is_encrypted(store));
	store_close(store);
}

static void a_directory_without_a_key_is_not_encrypted(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct store *store;

	CHECK_OK(open_store(&v, NULL, &store), &v.err);
	CHECK(!store_is_encrypted(store));
	store_close(store);
	CHECK(!encryption_is_on(buf_string(&v.data)));
}

static void an_encrypted_directory_asks_for_its_key(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();

	make_store(&v, buf_string(&v.key));
	check_refused(&v, NULL, ERROR_ACCESS_DENIED,
		"is encrypted: name its key with --key-file=FILE or DYNAMOUNT_KEY_FILE");
}

static void another_key_is_refused(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();

	make_store(&v, buf_string(&v.key));
	write_file(buf_string(&v.key), SLICE("0123456789abcdeF\n"), 0600);
	check_refused(&v, buf_string(&v.key), ERROR_ACCESS_DENIED, "is not the one that");
}

static void a_key_is_refused_where_nothing_is_encrypted(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();

	make_store(&v, NULL);
	check_refused(&v, buf_string(&v.key), ERROR_VALIDATION,
		"&& dynamount restore --key-file=FILE COPY NEW");
	make_store(&v, NULL);
}

static void without_its_file_an_encrypted_directory_is_not_opened(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	char *path CLEANUP(cleanup_free) = NULL;

	make_store(&v, buf_string(&v.key));
	path = path_in_data(&v, ENCRYPTION_FILE_NAME);
	CHECK_INT(unlink(path), 0);
	check_refused(&v, NULL, ERROR_CORRUPT, "which belongs to it, is missing");
	check_refused(&v, buf_string(&v.key), ERROR_CORRUPT, "which belongs to it, is missing");
}

static void the_file_of_another_directory_is_not_taken(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct key_file key CLEANUP(key_file_release) = { NULL, NULL, 0 };
	struct password password CLEANUP(password_wipe) = { { 0 } };
	struct buf from CLEANUP(buf_release) = BUF_INIT;
	char *path CLEANUP(cleanup_free) = NULL;

	make_store(&v, NULL);
	path = path_in_data(&v, ENCRYPTION_FILE_NAME);
	CHECK_OK(key_file_read(buf_string(&v.key), &key, &v.err), &v.err);
	CHECK_OK(encryption_open(v.path, &key, &password, &v.err), &v.err);
	buf_appendf(&from, "%s/" ENCRYPTION_FILE_NAME, v.path);
	CHECK_INT(rename(buf_string(&from), path), 0);
	check_refused(&v, buf_string(&v.key), ERROR_CORRUPT, "is not of this directory");
}

static void a_damaged_file_is_told(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	char *path CLEANUP(cleanup_free) = NULL;

	make_store(&v, buf_string(&v.key));
	path = path_in_data(&v, ENCRYPTION_FILE_NAME);
	CHECK_INT(truncate(path, 60), 0);
	check_refused(&v, buf_string(&v.key), ERROR_CORRUPT, "encryption is damaged");
}

static void the_same_key_gives_another_password_to_each_directory(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct vault w CLEANUP(vault_release) = vault_new();
	struct key_file key CLEANUP(key_file_release) = { NULL, NULL, 0 };
	struct password one, other, again;

	CHECK_OK(key_file_read(buf_string(&v.key), &key, &v.err), &v.err);
	CHECK_OK(encryption_open(v.path, &key, &one, &v.err), &v.err);
	CHECK_OK(encryption_open(w.path, &key, &other, &v.err), &v.err);
	CHECK_OK(encryption_unlock(v.path, &key, &again, &v.err), &v.err);
	CHECK_TEXT(slice_from_string(one.text), again.text);
	CHECK(strcmp(one.text, other.text) != 0);
	CHECK_INT(strlen(one.text), 64);
}

/* Whatever stands in the command line, which may be an item. */
static void the_lock_tells_the_command_alone(void)
{
	struct vault v CLEANUP(vault_release) = vault_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	char *path CLEANUP(cleanup_free) = NULL;
	int fd CLEANUP(cleanup_close) = -1;
	ssize_t n;

	make_store(&v, buf_string(&v.key));
	path = path_in_data(&v, "lock");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, buf_reserve(&text, 4096), 4096);
	CHECK(n > 0);
	text.len = (size_t)n;
	CHECK(strstr(buf_string(&text), "test_encryption"));
	/* What it is called with: see meson.build. */
	CHECK(!strstr(buf_string(&text), "SECRET"));
}

static const struct test_case cases[] = {
	{ "one newline at the end is not of the key", one_newline_at_the_end_is_not_of_the_key },
	{ "any bytes are a key", any_bytes_are_a_key },
	{ "a short key is refused with how to make one",
		a_short_key_is_refused_with_how_to_make_one },
	{ "a missing key file is refused with how to make one",
		a_missing_key_file_is_refused_with_how_to_make_one },
	{ "a key that others can read is refused", a_key_that_others_can_read_is_refused },
	{ "a file that is too long is no key", a_file_that_is_too_long_is_no_key },
	{ "a directory is opened by its key", a_directory_is_opened_by_its_key },
	{ "a directory without a key is not encrypted",
		a_directory_without_a_key_is_not_encrypted },
	{ "an encrypted directory asks for its key", an_encrypted_directory_asks_for_its_key },
	{ "another key is refused", another_key_is_refused },
	{ "a key is refused where nothing is encrypted",
		a_key_is_refused_where_nothing_is_encrypted },
	{ "without its file an encrypted directory is not opened",
		without_its_file_an_encrypted_directory_is_not_opened },
	{ "the file of another directory is not taken",
		the_file_of_another_directory_is_not_taken },
	{ "a damaged file is told", a_damaged_file_is_told },
	{ "the same key gives another password to each directory",
		the_same_key_gives_another_password_to_each_directory },
	{ "the lock tells the command alone", the_lock_tells_the_command_alone },
};

TEST_MAIN(cases)
