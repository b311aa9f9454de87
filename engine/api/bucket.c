#include "api/bucket.h"

#include "base/buf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define NAME_MIN    3
#define NAME_LONG   63
#define DIRECTORY   (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define DEPTH_MAX   64
#define MODE_OF_NEW 0777

int bucket_check_root(const char *root, struct error *err)
{
	if (root)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"There are no buckets here: start the server with --buckets=DIR, whose "
		"subdirectories stand for them");
}

static bool is_name_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-' || c == '_';
}

int bucket_check_name(struct slice bucket, struct error *err)
{
	bool sound = bucket.len >= NAME_MIN && bucket.len <= NAME_LONG && bucket.data[0] != '.' &&
		     bucket.data[0] != '-';

	for (size_t i = 0; sound && i < bucket.len; i++)
		sound = is_name_character(bucket.data[i]) &&
			!(i && bucket.data[i] == '.' && bucket.data[i - 1] == '.');
	if (sound)
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"Invalid S3 bucket name: %.*s: it has %d to %d letters, digits, '-', '_' and single "
		"'.', and begins with a letter or digit",
		SLICE_ARG(bucket), NAME_MIN, NAME_LONG);
}

/* Cuts off the first part of a key; false at its end. */
static bool next_part(struct slice *key, struct slice *ret)
{
	const char *end;

	if (!key->len)
		return false;
	end = memchr(key->data, '/', key->len);
	*ret = slice_of(key->data, end ? (size_t)(end - key->data) : key->len);
	*key = slice_skip(*key, ret->len + (end != NULL));
	return true;
}

static bool is_sound_part(struct slice part)
{
	return part.len && part.len <= NAME_MAX && !slice_equal_string(part, ".") &&
	       !slice_equal_string(part, "..") && !memchr(part.data, '\0', part.len);
}

int bucket_check_prefix(struct slice prefix, struct error *err)
{
	struct slice rest = prefix, part;
	size_t depth = 0;

	while (next_part(&rest, &part)) {
		if (!is_sound_part(part) || ++depth > DEPTH_MAX)
			return error_set(err, ERROR_VALIDATION,
				"Invalid S3 prefix: %.*s: its parts between '/' are file names here, "
				"neither empty nor \".\" or \"..\"",
				SLICE_ARG(prefix));
	}
	return 0;
}

/* Whether a directory is another one, or lies below it; both as realpath(3) tells. */
static bool lies_in(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	if (strcmp(directory, "/") == 0)
		return true;
	return strncmp(path, directory, len) == 0 && (path[len] == '/' || !path[len]);
}

int bucket_check_apart(const char *root, const char *data_directory, struct error *err)
{
	char *buckets CLEANUP(cleanup_free) = realpath(root, NULL);
	char *data CLEANUP(cleanup_free) = realpath(data_directory, NULL);
	int fd CLEANUP(cleanup_close) = open(root, DIRECTORY);

	if (fd < 0)
		return error_set_errno(err, errno, "Opening the directory of buckets %s", root);
	if (buckets && data && (lies_in(buckets, data) || lies_in(data, buckets)))
		return error_set(err, ERROR_VALIDATION,
			"The directory of buckets %s and the data directory %s lie in one another: "
			"what is exported would be among the tables' files, and not encrypted as "
			"they may be. Name another one with --buckets",
			buckets, data);
	return 0;
}

/* Opens a name in a directory. */
static int open_part(int directory, struct slice part, int flags)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&name, part);
	return openat(directory, buf_string(&name), flags);
}

int bucket_open(const char *root, struct slice bucket, int *ret_fd, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(root, DIRECTORY);

	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", root);
	*ret_fd = open_part(fd, bucket, DIRECTORY);
	if (*ret_fd >= 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		return BUCKET_ABSENT;
	return error_set_errno(err, errno, "Opening bucket %.*s", SLICE_ARG(bucket));
}

/* Opens a directory in another one, making it if need be. */
static int step_into(int directory, struct slice part, bool make)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&name, part);
	if (make && mkdirat(directory, buf_string(&name), MODE_OF_NEW) < 0 && errno != EEXIST)
		return -1;
	return openat(directory, buf_string(&name), DIRECTORY | O_NOFOLLOW);
}

/* Opens the directory that a key's last part is in; that part is empty of a key that
 * ends with '/'. -1 with errno. */
static int open_parent(int bucket, struct slice key, bool make, struct slice *ret_name)
{
	struct slice rest = key;
	int at = dup(bucket);
	const char *end;

	while (at >= 0 && rest.len && (end = memchr(rest.data, '/', rest.len))) {
		struct slice part = slice_of(rest.data, (size_t)(end - rest.data));
		int next = step_into(at, part, make);

		cleanup_close(&at);
		at = next;
		rest = slice_skip(rest, part.len + 1);
	}
	*ret_name = rest;
	return at;
}

static int error_opening(struct slice key, struct error *err)
{
	return error_set_errno(err, errno, "Opening %.*s in the bucket", SLICE_ARG(key));
}

int bucket_make_directory(int bucket, struct slice key, int *ret_fd, struct error *err)
{
	struct slice name;

	*ret_fd = open_parent(bucket, key, true, &name);
	return *ret_fd < 0 ? error_opening(key, err) : 0;
}

int bucket_open_object(int bucket, struct slice key, int *ret_fd, struct error *err)
{
	int directory CLEANUP(cleanup_close) = -1;
	struct slice name = { NULL, 0 };

	directory = open_parent(bucket, key, false, &name);
	if (directory < 0)
		return error_opening(key, err);
	*ret_fd = open_part(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	return *ret_fd < 0 ? error_opening(key, err) : 0;
}

/* Listing. */

struct listing {
	struct slice prefix;
	size_t limit;
	struct arena *arena;
	struct buf keys; /* of struct slice */
};

static size_t count_keys(const struct listing *listing)
{
	return listing->keys.len / sizeof(struct slice);
}

/* Whether a key, or keys below a directory, may begin with the prefix. */
static bool is_near_prefix(const struct listing *listing, struct slice key, bool directory)
{
	if (directory && key.len < listing->prefix.len)
		return slice_starts_with(listing->prefix, key);
	return slice_starts_with(key, listing->prefix);
}

static int add_key(struct listing *listing, struct slice key, struct error *err)
{
	struct slice copy = arena_copy(listing->arena, key);

	if (count_keys(listing) == listing->limit)
		return error_set(err, ERROR_VALIDATION,
			"More than %zu objects begin with that prefix", listing->limit);
	buf_append(&listing->keys, &copy, sizeof(copy));
	return 0;
}

static int list_below(
	struct listing *listing, int fd, struct slice at, unsigned depth, struct error *err);

static int list_entry(struct listing *listing, int fd, struct slice at, const char *name,
	unsigned depth, struct error *err)
{
	struct buf key CLEANUP(buf_release) = BUF_INIT;
	int below CLEANUP(cleanup_close) = -1;
	struct stat st;

	if (fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : error_set_errno(err, errno, "Looking at %s", name);
	buf_append_slice(&key, at);
	buf_append_string(&key, name);
	if (S_ISDIR(st.st_mode))
		buf_append_char(&key, '/');
	if (!is_near_prefix(listing, buf_slice(&key), S_ISDIR(st.st_mode)))
		return 0;
	if (S_ISREG(st.st_mode))
		return add_key(listing, buf_slice(&key), err);
	if (!S_ISDIR(st.st_mode) || depth == DEPTH_MAX)
		return 0;
	below = openat(fd, name, DIRECTORY | O_NOFOLLOW);
	if (below < 0)
		return error_set_errno(err, errno, "Opening %s", buf_string(&key));
	return list_below(listing, below, buf_slice(&key), depth + 1, err);
}

static int list_below(
	struct listing *listing, int fd, struct slice at, unsigned depth, struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = fdopendir(dup(fd));
	struct dirent *entry;

	if (!directory)
		return error_set_errno(err, errno, "Reading a directory of the bucket");
	rewinddir(directory); /* the descriptors share their place */
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		TRY(list_entry(listing, fd, at, entry->d_name, depth, err));
	}
	return 0;
}

static int compare_keys(const void *left, const void *right)
{
	return slice_compare(*(const struct slice *)left, *(const struct slice *)right);
}

int bucket_list(int bucket, struct slice prefix, size_t limit, struct arena *arena,
	struct slice **ret, size_t *ret_count, struct error *err)
{
	struct listing listing = { .prefix = prefix, .limit = limit, .arena = arena };
	int r = list_below(&listing, bucket, SLICE(""), 0, err);

	*ret_count = count_keys(&listing);
	*ret = arena_alloc_array(arena, *ret_count, sizeof(**ret));
	if (*ret_count) {
		memcpy(*ret, listing.keys.data, listing.keys.len);
		qsort(*ret, *ret_count, sizeof(**ret), compare_keys);
	}
	buf_release(&listing.keys);
	return r;
}

/* Removing. */

static int remove_below(int fd, unsigned depth, struct error *err);

static int remove_entry(int fd, const char *name, unsigned depth, struct error *err)
{
	int below CLEANUP(cleanup_close) = openat(fd, name, DIRECTORY | O_NOFOLLOW);

	if (below >= 0 && depth < DEPTH_MAX)
		TRY(remove_below(below, depth + 1, err));
	if (unlinkat(fd, name, below >= 0 ? AT_REMOVEDIR : 0) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "Removing %s", name);
	return 0;
}

static int remove_below(int fd, unsigned depth, struct error *err)
{
	DIR *directory CLEANUP(cleanup_closedir) = fdopendir(dup(fd));
	struct dirent *entry;

	if (!directory)
		return error_set_errno(err, errno, "Reading a directory of the bucket");
	rewinddir(directory); /* the descriptors share their place */
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			TRY(remove_entry(fd, entry->d_name, depth, err));
	}
	return 0;
}

int bucket_remove_directory(int bucket, struct slice key, struct error *err)
{
	int directory CLEANUP(cleanup_close) = -1;
	struct slice path = slice_of(key.data, key.len - slice_ends_with(key, SLICE("/"))), name;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	directory = open_parent(bucket, path, false, &name);
	if (directory < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_opening(key, err);
	buf_append_slice(&text, name);
	return remove_entry(directory, buf_string(&text), 0, err);
}
