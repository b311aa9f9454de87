#include "store/key_file.h"
#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define HOW_TO_MAKE_ONE "make one with: (umask 077; head -c 32 /dev/urandom | base64 > %s)"

static int check_mode(int fd, const char *path, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_set_errno(err, errno, "Reading the key file %s", path);
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERROR_VALIDATION, "%s is a directory, not a key file", path);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return error_set(err, ERROR_VALIDATION,
			"%s holds a key, but others can read or change it: chmod 600 it", path);
	return 0;
}

/* Up to its end, or until there is more than a key may have. */
static int read_bytes(int fd, struct key_file *key, struct error *err)
{
	ssize_t n;

	do {
		n = read(fd, key->bytes + key->len, KEY_BYTES_MAX + 2 - key->len);
		if (n < 0 && errno != EINTR)
			return error_set_errno(err, errno, "Reading the key file %s", key->path);
		key->len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && key->len < KEY_BYTES_MAX + 2);
	if (key->len && key->bytes[key->len - 1] == '\n')
		key->len--;
	return 0;
}

static int check_length(const struct key_file *key, struct error *err)
{
	if (key->len < KEY_BYTES_MIN)
		return error_set(err, ERROR_VALIDATION,
			"%s holds %zu bytes, and a key has at least %d: " HOW_TO_MAKE_ONE,
			key->path, key->len, KEY_BYTES_MIN, key->path);
	if (key->len > KEY_BYTES_MAX)
		return error_set(err, ERROR_VALIDATION,
			"%s holds more than %u bytes: that is no key", key->path, KEY_BYTES_MAX);
	return 0;
}

static int read_key(int fd, struct key_file *key, struct error *err)
{
	TRY(check_mode(fd, key->path, err));
	TRY(read_bytes(fd, key, err));
	return check_length(key, err);
}

int key_file_read(const char *path, struct key_file *ret, struct error *err)
{
	struct key_file key CLEANUP(key_file_release) = { .path = path };
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		return error_set(err, ERROR_VALIDATION,
			"The key file %s is not there; " HOW_TO_MAKE_ONE, path, path);
	if (fd < 0)
		return error_set_errno(err, errno, "Reading the key file %s", path);
	key.bytes = memory_new(KEY_BYTES_MAX + 2); /* never resized, which would leave copies */
	TRY(read_key(fd, &key, err));
	*ret = key;
	key = (struct key_file){ NULL, NULL, 0 };
	return 0;
}

void key_file_release(struct key_file *key)
{
	if (key->bytes)
		explicit_bzero(key->bytes, KEY_BYTES_MAX + 2);
	free(key->bytes);
	*key = (struct key_file){ NULL, NULL, 0 };
}
