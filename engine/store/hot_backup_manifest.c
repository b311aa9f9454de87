#include "store/hot_backup_manifest.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#define FORMAT_VERSION 1
#define MANIFEST_MAX   (256u << 20)

void hot_manifest_release(struct hot_manifest *manifest)
{
	free(manifest->source);
	hot_files_release(&manifest->files);
	*manifest = (struct hot_manifest){ 0 };
}

/* Writing */

static void append_string_member(struct buf *text, const char *name, struct slice value)
{
	buf_appendf(text, "  \"%s\": ", name);
	json_append_string(text, value);
	buf_append_string(text, ",\n");
}

static void append_time(struct buf *text, const char *name, int64_t ns)
{
	struct buf iso CLEANUP(buf_release) = BUF_INIT;

	clock_append_iso(&iso, ns);
	append_string_member(text, name, buf_slice(&iso));
}

static int append_file(struct buf *text, const struct hot_file *file, bool first, struct error *err)
{
	struct slice name = slice_from_string(file->name);

	if (!utf8_valid(name))
		return error_set(err, ERROR_VALIDATION,
			"A file's name is no UTF-8, so that it cannot be told: %s", file->name);
	buf_append_string(text, first ? "\n    { \"Name\": " : ",\n    { \"Name\": ");
	json_append_string(text, name);
	buf_appendf(text, ", \"Bytes\": %" PRIu64 ", \"SHA256\": \"%s\" }", file->bytes, file->sum);
	return 0;
}

static int append_manifest(struct buf *text, const struct hot_manifest *manifest, struct error *err)
{
	buf_appendf(text, "{\n  \"FormatVersion\": %d,\n", FORMAT_VERSION);
	if (utf8_valid(slice_from_string(manifest->source)))
		append_string_member(text, "Source", slice_from_string(manifest->source));
	append_time(text, "Started", manifest->started_ns);
	append_time(text, "Completed", manifest->completed_ns);
	buf_appendf(text, "  \"Encrypted\": %s,\n", manifest->encrypted ? "true" : "false");
	buf_appendf(text,
		"  \"Tables\": %" PRIu64 ",\n  \"Items\": %" PRIu64 ",\n  \"ItemBytes\": %" PRIu64
		",\n  \"Files\": [",
		manifest->tables, manifest->items, manifest->item_bytes);
	for (size_t i = 0; i < manifest->files.count; i++)
		TRY(append_file(text, &manifest->files.items[i], i == 0, err));
	buf_append_string(text, "\n  ]\n}\n");
	return 0;
}

int hot_manifest_write(
	const char *directory, const struct hot_manifest *manifest, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;

	TRY(append_manifest(&text, manifest, err));
	TRY(hot_file_create(directory, MANIFEST_NAME, &fd, err));
	TRY(hot_file_write(fd, MANIFEST_NAME, 0, text.data, text.len, err));
	if (fsync(fd) < 0)
		return error_set_errno(err, errno, "Writing %s/" MANIFEST_NAME, directory);
	return 0;
}

/* Reading */

static bool read_count(const json_t *object, const char *name, uint64_t *ret)
{
	const json_t *node = json_object_get(object, name);

	if (!json_is_integer(node) || json_integer_value(node) < 0)
		return false;
	*ret = (uint64_t)json_integer_value(node);
	return true;
}

/* A name that stays below the directory. */
static bool is_inside(const char *name)
{
	if (!*name || *name == '/')
		return false;
	for (const char *part = name; part; part = strchr(part, '/')) {
		part += *part == '/';
		if (strcmp(part, "..") == 0 || strncmp(part, "../", 3) == 0)
			return false;
	}
	return true;
}

static bool read_file_entry(const json_t *node, struct hot_files *files)
{
	const json_t *name = json_object_get(node, "Name");
	const char *sum = json_string_value(json_object_get(node, "SHA256"));
	struct hot_file *file;
	uint64_t bytes;

	if (!json_is_string(name) || !is_inside(json_string_value(name)) || !sum ||
		strlen(sum) != SUM_DIGITS || !read_count(node, "Bytes", &bytes))
		return false;
	file = hot_files_add(files, slice_of(json_string_value(name), json_string_length(name)));
	file->bytes = bytes;
	memcpy(file->sum, sum, SUM_DIGITS + 1);
	return true;
}

static bool read_root(const json_t *root, struct hot_manifest *ret)
{
	const json_t *files = json_object_get(root, "Files"), *file;
	size_t i;

	if (!json_is_array(files) || !json_is_boolean(json_object_get(root, "Encrypted")) ||
		!read_count(root, "Tables", &ret->tables) ||
		!read_count(root, "Items", &ret->items) ||
		!read_count(root, "ItemBytes", &ret->item_bytes))
		return false;
	ret->encrypted = json_is_true(json_object_get(root, "Encrypted"));
	json_array_foreach(files, i, file)
	{
		if (!read_file_entry(file, &ret->files))
			return false;
	}
	return true;
}

static int read_text(const char *directory, struct buf *ret, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;
	ssize_t n;

	buf_appendf(&path, "%s/" MANIFEST_NAME, directory);
	fd = open(buf_string(&path), O_RDONLY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return error_set(err, ERROR_VALIDATION, "%s is no backup: it has no " MANIFEST_NAME,
			directory);
	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", path.data);
	do {
		n = read(fd, buf_reserve(ret, 65536), 65536);
		if (n < 0 && errno != EINTR)
			return error_set_errno(err, errno, "Reading %s", path.data);
		ret->len += n > 0 ? (size_t)n : 0;
	} while (n != 0 && ret->len < MANIFEST_MAX);
	return 0;
}

static int read_manifest(const char *directory, struct hot_manifest *ret, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	json_t *root CLEANUP(json_decrefp) = NULL;
	uint64_t version;

	TRY(read_text(directory, &text, err));
	root = json_loadb(buf_slice(&text).data, text.len, 0, NULL);
	if (root && read_count(root, "FormatVersion", &version) && version > FORMAT_VERSION)
		return error_set(err, ERROR_VALIDATION,
			"%s was taken by a newer version of dynamount", directory);
	if (!root || !read_root(root, ret))
		return error_set(err, ERROR_CORRUPT, "%s/" MANIFEST_NAME " is damaged", directory);
	return 0;
}

int hot_manifest_read(const char *directory, struct hot_manifest *ret, struct error *err)
{
	struct hot_manifest manifest CLEANUP(hot_manifest_release) = { 0 };

	TRY(read_manifest(directory, &manifest, err));
	*ret = manifest;
	manifest = (struct hot_manifest){ 0 };
	return 0;
}
