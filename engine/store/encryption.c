#include "store/encryption.h"
#include "base/buf.h"
#include "base/memory.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>
#include <sys/stat.h>

#define TITLE       "dynamount encryption 1\n"
#define SALT_BYTES  16
#define HALF_BYTES  32 /* of what is derived, and of the verifier */
#define FILE_MAX    4096
#define CATALOG     "catalog.db"
#define NAME_IT     "name its key with --key-file=FILE or DYNAMOUNT_KEY_FILE"
#define HOW_TO_TURN "dynamount backup %s COPY && dynamount restore --key-file=FILE COPY NEW"

/* 16 MiB and some hundredths of a second for each guess at a key. */
#define SCRYPT_N (1u << 14)
#define SCRYPT_R 8
#define SCRYPT_P 1

/* What the file says. */
struct verifier {
	unsigned char salt[SALT_BYTES];
	unsigned char hmac[HALF_BYTES];
};

/* What a key and a salt give. */
struct derived {
	unsigned char password[HALF_BYTES];
	unsigned char verifier_key[HALF_BYTES];
};
_Static_assert(sizeof(struct derived) == 2 * HALF_BYTES, "derived in one piece");

static void derived_wipe(struct derived *derived)
{
	explicit_bzero(derived, sizeof(*derived));
}

void password_wipe(struct password *password)
{
	explicit_bzero(password, sizeof(*password));
}

static int derive(const struct key_file *key, const unsigned char salt[SALT_BYTES],
	struct derived *ret, struct error *err)
{
	if (EVP_PBE_scrypt(key->bytes, key->len, salt, SALT_BYTES, SCRYPT_N, SCRYPT_R, SCRYPT_P, 0,
		    (unsigned char *)ret, sizeof(*ret)) != 1)
		return error_set(err, ERROR_SYSTEM, "Deriving a password from the key failed");
	return 0;
}

static int compute_hmac(const struct derived *derived, const unsigned char salt[SALT_BYTES],
	unsigned char ret[HALF_BYTES], struct error *err)
{
	unsigned len = HALF_BYTES;

	if (!HMAC(EVP_sha256(), derived->verifier_key, HALF_BYTES, salt, SALT_BYTES, ret, &len))
		return error_set(err, ERROR_SYSTEM, "Computing the key's verifier failed");
	return 0;
}

static void set_password(const struct derived *derived, struct password *ret)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < HALF_BYTES; i++) {
		ret->text[2 * i] = digits[derived->password[i] >> 4];
		ret->text[2 * i + 1] = digits[derived->password[i] & 15];
	}
	ret->text[sizeof(ret->text) - 1] = '\0';
}

/* The file */

static void append_path(struct buf *buf, const char *directory, const char *name)
{
	buf_appendf(buf, "%s/%s", directory, name);
	buf_string(buf);
}

static bool exists(const char *directory, const char *name)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct stat st;

	append_path(&path, directory, name);
	return lstat(path.data, &st) == 0;
}

bool encryption_is_on(const char *directory)
{
	return exists(directory, ENCRYPTION_FILE_NAME);
}

static void append_line(struct buf *buf, const char *name, const unsigned char *bytes, size_t len)
{
	buf_appendf(buf, "%s ", name);
	hex_append(buf, slice_of((const char *)bytes, len));
	buf_append_char(buf, '\n');
}

static bool take_line(struct slice *text, const char *name, unsigned char *ret, size_t len)
{
	struct buf prefix CLEANUP(buf_release) = BUF_INIT;
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct slice digits;

	buf_appendf(&prefix, "%s ", name);
	if (!slice_starts_with(*text, buf_slice(&prefix)) || text->len < prefix.len + 2 * len + 1)
		return false;
	digits = slice_of(text->data + prefix.len, 2 * len);
	if (digits.data[digits.len] != '\n' || !hex_decode(&bytes, digits))
		return false;
	memcpy(ret, bytes.data, len);
	*text = slice_skip(*text, prefix.len + digits.len + 1);
	return true;
}

static bool parse(struct slice text, struct verifier *ret)
{
	if (!slice_starts_with(text, SLICE(TITLE)))
		return false;
	text = slice_skip(text, strlen(TITLE));
	return take_line(&text, "salt", ret->salt, SALT_BYTES) &&
	       take_line(&text, "verifier", ret->hmac, HALF_BYTES) && !text.len;
}

static int read_file(const char *path, struct buf *ret, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf_reserve(ret, FILE_MAX), FILE_MAX);

	if (n < 0)
		return error_set_errno(err, errno, "Reading %s", path);
	ret->len += (size_t)n;
	return 0;
}

static int read_verifier(const char *directory, struct verifier *ret, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	append_path(&path, directory, ENCRYPTION_FILE_NAME);
	TRY(read_file(path.data, &text, err));
	if (!parse(buf_slice(&text), ret))
		return error_set(err, ERROR_CORRUPT,
			"%s is damaged, and without it nobody can read %s: put it back from a "
			"backup",
			path.data, directory);
	return 0;
}

static int write_synced(int fd, struct slice text)
{
	ssize_t n = write(fd, text.data, text.len);

	if (n >= 0 && (size_t)n < text.len)
		errno = ENOSPC;
	return n == (ssize_t)text.len && fsync(fd) == 0 ? 0 : -1;
}

/* Either all of it is there after a power failure, or nothing. */
static int place_file(int directory, struct slice text)
{
	static const char *const next = ENCRYPTION_FILE_NAME ".new";
	int fd CLEANUP(cleanup_close) =
		openat(directory, next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write_synced(fd, text) < 0 ||
		renameat(directory, next, directory, ENCRYPTION_FILE_NAME) < 0)
		return -1;
	return fsync(directory);
}

static int write_verifier(const char *directory, const struct verifier *verifier, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&text, TITLE);
	append_line(&text, "salt", verifier->salt, SALT_BYTES);
	append_line(&text, "verifier", verifier->hmac, HALF_BYTES);
	if (fd < 0 || place_file(fd, buf_slice(&text)) < 0)
		return error_set_errno(
			err, errno, "Writing %s/%s", directory, ENCRYPTION_FILE_NAME);
	return 0;
}

/* The directory */

static bool has_log(const char *directory)
{
	DIR *dir = opendir(directory);
	bool found = false;
	struct dirent *entry;

	while (dir && !found && (entry = readdir(dir)))
		found = strncmp(entry->d_name, "log.", 4) == 0;
	if (dir)
		closedir(dir);
	return found;
}

static bool has_data(const char *directory)
{
	return exists(directory, CATALOG) || has_log(directory);
}

enum file_state { FILE_UNKNOWN, FILE_PLAIN, FILE_ENCRYPTED };

/* Of a file of Berkeley DB, whose first page tells. Source: struct _dbmeta33. */
static enum file_state look_at_catalog(const char *directory)
{
	enum { ALGORITHM = 24, META_BYTES = 512 };
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	unsigned char page[META_BYTES];
	int fd CLEANUP(cleanup_close) = -1;

	append_path(&path, directory, CATALOG);
	fd = open(path.data, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, page, sizeof(page)) != (ssize_t)sizeof(page))
		return FILE_UNKNOWN;
	return page[ALGORITHM] ? FILE_ENCRYPTED : FILE_PLAIN;
}

static int create(
	const char *directory, const struct key_file *key, struct password *ret, struct error *err)
{
	struct derived derived CLEANUP(derived_wipe) = { 0 };
	struct verifier verifier;

	if (getrandom(verifier.salt, SALT_BYTES, 0) != SALT_BYTES)
		return error_set_errno(err, errno, "Choosing a salt");
	TRY(derive(key, verifier.salt, &derived, err));
	TRY(compute_hmac(&derived, verifier.salt, verifier.hmac, err));
	TRY(write_verifier(directory, &verifier, err));
	set_password(&derived, ret);
	return 0;
}

static int unlock(
	const char *directory, const struct key_file *key, struct password *ret, struct error *err)
{
	struct derived derived CLEANUP(derived_wipe) = { 0 };
	unsigned char hmac[HALF_BYTES];
	struct verifier verifier;

	if (!key)
		return error_set(err, ERROR_ACCESS_DENIED, "%s is encrypted: " NAME_IT, directory);
	TRY(read_verifier(directory, &verifier, err));
	TRY(derive(key, verifier.salt, &derived, err));
	TRY(compute_hmac(&derived, verifier.salt, hmac, err));
	if (CRYPTO_memcmp(hmac, verifier.hmac, HALF_BYTES) != 0)
		return error_set(err, ERROR_ACCESS_DENIED,
			"The key of %s is not the one that %s is encrypted with", key->path,
			directory);
	if (look_at_catalog(directory) == FILE_PLAIN)
		return error_set(err, ERROR_CORRUPT,
			"%s/%s is not of this directory, whose tables are not encrypted", directory,
			ENCRYPTION_FILE_NAME);
	set_password(&derived, ret);
	return 0;
}

/* Of a directory that does not say that it is encrypted. */
static int check_plain(const char *directory, struct error *err)
{
	if (look_at_catalog(directory) == FILE_ENCRYPTED)
		return error_set(err, ERROR_CORRUPT,
			"%s is encrypted, but the file %s, which belongs to it, is missing: put it "
			"back from a backup",
			directory, ENCRYPTION_FILE_NAME);
	return 0;
}

int encryption_open(
	const char *directory, const struct key_file *key, struct password *ret, struct error *err)
{
	if (encryption_is_on(directory))
		return unlock(directory, key, ret, err);
	TRY(check_plain(directory, err));
	if (key && has_data(directory))
		return error_set(err, ERROR_VALIDATION,
			"%s is not encrypted, so %s is not its key; an encrypted copy is made by: " HOW_TO_TURN,
			directory, key->path, directory);
	if (key)
		return create(directory, key, ret, err);
	*ret = (struct password){ 0 };
	return 0;
}

int encryption_unlock(
	const char *directory, const struct key_file *key, struct password *ret, struct error *err)
{
	if (encryption_is_on(directory))
		return unlock(directory, key, ret, err);
	*ret = (struct password){ 0 };
	return check_plain(directory, err);
}
