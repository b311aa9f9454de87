#include "where.h"

#include "base/memory.h"
#include "mounts.h"
#include "name.h"

#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#define CATALOG "catalog.db" /* what makes a directory one with data */

void where_release(struct where *where)
{
	free(where->url);
	free(where->data_directory);
	free(where->name);
	buf_release(&where->table);
	*where = (struct where){ 0 };
}

/* URLs */

static bool is_url(const char *text)
{
	return strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
}

static char *join(struct slice first, const char *last)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&text, first);
	buf_append_string(&text, last);
	return memory_copy_string(buf_string(&text), text.len);
}

static int resolve_url(const char *text, bool wants_table, struct where *ret, struct error *err)
{
	struct slice url = slice_from_string(text);
	struct slice host = slice_skip(url, (size_t)(strstr(text, "://") + 3 - text));
	const char *slash = NULL;

	while (url.len > (size_t)(host.data - text) && slice_ends_with(url, SLICE("/")))
		url.len--;
	host.len = url.len - (size_t)(host.data - text);
	if (wants_table && host.len)
		slash = memrchr(host.data, '/', host.len);
	if (!host.len || (wants_table && !slash))
		return error_set(err, ERROR_VALIDATION,
			"%s names no %s: it would be http://HOST:PORT%s", text,
			host.len ? "table" : "host", wants_table ? "/TABLE" : "");
	if (slash) {
		buf_append(&ret->table, slash + 1, (size_t)(url.data + url.len - slash - 1));
		url.len = (size_t)(slash - url.data);
	}
	ret->url = join(url, "/");
	ret->name = join(url, "");
	return 0;
}

/* Paths */

/* Takes the last part off a path, which is "/" when there is none. */
static struct slice parent_of(struct slice path, struct slice *ret_last)
{
	const char *slash = memrchr(path.data, '/', path.len);

	*ret_last = slice_skip(path, (size_t)(slash + 1 - path.data));
	while (slash > path.data && slash[-1] == '/')
		slash--;
	return slice_of(path.data, slash == path.data ? 1 : (size_t)(slash - path.data));
}

static void append_part(struct buf *path, struct slice part)
{
	struct slice last;

	if (part.len == 0 || slice_equal_string(part, "."))
		return;
	if (slice_equal_string(part, "..")) {
		path->len = parent_of(buf_slice(path), &last).len;
		return;
	}
	if (path->len > 1)
		buf_append_char(path, '/');
	buf_append_slice(path, part);
}

/* Appends the path that an absolute one stands for: symbolic links are followed
 * as far as it exists. */
static void resolve_links(struct slice path, struct buf *ret)
{
	char *copy CLEANUP(cleanup_free) = memory_copy_string(path.data, path.len);
	char *real CLEANUP(cleanup_free) = realpath(copy, NULL);
	struct slice last;

	if (real || path.len <= 1) {
		buf_append_string(ret, real ? real : "/");
		return;
	}
	resolve_links(parent_of(path, &last), ret);
	append_part(ret, last);
}

static int make_absolute(const char *text, struct buf *ret, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	char *directory CLEANUP(cleanup_free) = NULL;

	if (*text != '/') {
		directory = get_current_dir_name();
		if (!directory)
			return error_set_errno(err, errno, "Finding the current directory");
		buf_append_string(&path, directory);
		buf_append_char(&path, '/');
	}
	buf_append_string(&path, text);
	while (path.len > 1 && path.data[path.len - 1] == '/')
		path.len--;
	resolve_links(buf_slice(&path), ret);
	return 0;
}

/* The first part of a path below the mount point is a table's directory. */
static int take_table_of_mount(
	const char *below, const char *mount_point, struct buf *ret, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice name, canonical;
	struct value value;
	uint64_t hash;

	below += strspn(below, "/");
	name = slice_of(below, strcspn(below, "/"));
	if (!name.len)
		return error_set(err, ERROR_VALIDATION,
			"%s is a whole mount: name a table, %s/TABLE", mount_point, mount_point);
	if (name_decode(name, NAME_PARTITION, VALUE_S, &arena, &value, &hash, &canonical) !=
		NAME_EXACT)
		return error_set(
			err, ERROR_VALIDATION, "%s/%.*s is no table", mount_point, SLICE_ARG(name));
	buf_append_slice(ret, value.bytes);
	return 0;
}

/* One that others may not look into counts as one. */
static bool is_data_directory(struct slice path)
{
	char *catalog CLEANUP(cleanup_free) = join(path, "/" CATALOG);
	struct stat st;

	return stat(catalog, &st) == 0 || errno == EACCES;
}

static bool is_empty(const char *path)
{
	DIR *directory CLEANUP(cleanup_closedir) = opendir(path);
	size_t entries = 0;

	while (directory && readdir(directory))
		entries++;
	return directory && entries <= 2; /* but . and .. */
}

/* Where nothing is but the directory around it, or one that holds nothing. */
static bool can_be_made(struct slice path)
{
	char *name CLEANUP(cleanup_free) = join(path, "");
	char *around CLEANUP(cleanup_free) = NULL;
	struct slice last;
	struct stat st;

	if (lstat(name, &st) == 0 || errno != ENOENT)
		return is_empty(name);
	around = join(parent_of(path, &last), "");
	return stat(around, &st) == 0 && S_ISDIR(st.st_mode);
}

static int resolve_data(const char *text, struct slice path, bool wants_table, enum where_use use,
	struct where *ret, struct error *err)
{
	struct slice directory = path, last = SLICE("");

	if (wants_table)
		directory = parent_of(path, &last);
	if (is_data_directory(directory) || (use == WHERE_MAY_BE_NEW && can_be_made(directory))) {
		buf_append_slice(&ret->table, last);
		ret->data_directory = join(directory, "");
		ret->name = join(directory, "");
		return 0;
	}
	if (wants_table && is_data_directory(path))
		return error_set(err, ERROR_VALIDATION,
			"%s is a data directory: name a table, %s/TABLE", text, text);
	return error_set(err, ERROR_VALIDATION,
		"%s is not there: it is no URL (http://HOST:PORT%s), in no mount of dynamount, and "
		"%.*s is no data directory",
		text, wants_table ? "/TABLE" : "", SLICE_ARG(directory));
}

static int resolve_path(const char *text, bool wants_table, enum where_use use, struct where *ret,
	struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	TRY(make_absolute(text, &path, err));
	if (!mounts_find(buf_string(&path), &ret->name, &ret->data_directory))
		return resolve_data(text, buf_slice(&path), wants_table, use, ret, err);
	if (!wants_table)
		return 0;
	return take_table_of_mount(
		buf_string(&path) + strlen(ret->name), ret->name, &ret->table, err);
}

int where_new_place(const char *text, char **ret, struct error *err)
{
	char *point CLEANUP(cleanup_free) = NULL, *source CLEANUP(cleanup_free) = NULL;
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	TRY(make_absolute(text, &path, err));
	if (mounts_find(buf_string(&path), &point, &source))
		return error_set(err, ERROR_VALIDATION, "%s lies in a mount of dynamount, on %s",
			text, point);
	*ret = memory_copy_string(path.data, path.len);
	return 0;
}

int where_resolve(const char *text, bool wants_table, enum where_use use, struct where *ret,
	struct error *err)
{
	struct where found CLEANUP(where_release) = { 0 };

	if (is_url(text))
		TRY(resolve_url(text, wants_table, &found, err));
	else
		TRY(resolve_path(text, wants_table, use, &found, err));
	*ret = found;
	found = (struct where){ 0 };
	return 0;
}
