#include "port_manifest.h"

#include "base/text.h"
#include "model/json.h"
#include "port_file.h"

#include <dirent.h>

#define MANIFEST_MAX (64u << 20)

/* Reading */

static bool holds_manifest(const char *directory, struct arena *arena)
{
	return access(arena_printf(arena, "%s/" EXPORT_FILES ".json", directory).data, F_OK) == 0;
}

/* The exports below a prefix: how many, and one of them. */
static size_t look_below(const char *given, struct arena *arena, struct slice *ret)
{
	struct slice parent = arena_printf(arena, "%s/" EXPORT_DIRECTORY, given);
	DIR *directory CLEANUP(cleanup_closedir) = opendir(parent.data);
	struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory))) {
		struct slice path = arena_printf(arena, "%s/%s", parent.data, entry->d_name);

		if (holds_manifest(path.data, arena)) {
			*ret = path;
			count++;
		}
	}
	return count;
}

/* The directory that holds the manifest: the one given, or the only one that the
 * service would have made below it. */
static int find_directory(
	const char *given, struct arena *arena, struct slice *ret, struct error *err)
{
	size_t count;

	if (holds_manifest(given, arena)) {
		*ret = arena_copy(arena, slice_from_string(given));
		return 0;
	}
	count = look_below(given, arena, ret);
	if (count > 1)
		return error_set(err, ERROR_VALIDATION,
			"%s holds %zu exports: name one of %s/AWSDynamoDB/*", given, count, given);
	if (!count)
		return error_set(err, ERROR_VALIDATION,
			"%s holds no " EXPORT_FILES ".json: it is no export of a table", given);
	return 0;
}

static bool decode_md5(const char *text, unsigned char *ret)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	if (!text || !base64_decode(&bytes, slice_from_string(text)) || bytes.len != MD5_LENGTH)
		return false;
	memcpy(ret, bytes.data, MD5_LENGTH);
	return true;
}

/* A line of manifest-files.json. The file lies in data/, whatever the bucket's
 * prefix was. */
static int read_line(struct slice directory, struct slice line, struct arena *arena,
	struct manifest_file *ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	const char *key, *name;

	TRY(json_parse(line, &document, err));
	key = json_string_value(json_object_get(document.root, "dataFileS3Key"));
	name = key ? strrchr(key, '/') : NULL;
	name = name ? name + 1 : key;
	if (!name || !*name || strcmp(name, "..") == 0)
		return error_set(err, ERROR_VALIDATION, "a line has no \"dataFileS3Key\"");
	ret->path = arena_printf(arena, "%.*s/data/%s", SLICE_ARG(directory), name).data;
	ret->key = arena_copy(arena, slice_from_string(key));
	ret->has_md5 = decode_md5(
		json_string_value(json_object_get(document.root, "md5Checksum")), ret->md5);
	return 0;
}

static size_t count_lines(struct slice text)
{
	size_t count = 1;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == '\n';
	return count;
}

static int read_lines(struct slice directory, struct slice text, struct arena *arena,
	struct manifest *ret, struct error *err)
{
	struct error fault CLEANUP(error_release) = ERROR_INIT;
	size_t number = 0;

	ret->files = arena_alloc_array(arena, count_lines(text), sizeof(*ret->files));
	ret->count = 0;
	while (text.len) {
		const char *end = memchr(text.data, '\n', text.len);
		struct slice line = slice_of(text.data, end ? (size_t)(end - text.data) : text.len);

		number++;
		if (line.len &&
			read_line(directory, line, arena, &ret->files[ret->count++], &fault) < 0)
			return error_set(err, ERROR_VALIDATION,
				"%.*s/" EXPORT_FILES ".json:%zu: %s", SLICE_ARG(directory), number,
				fault.message);
		text = slice_skip(text, line.len + (end != NULL));
	}
	return 0;
}

int manifest_read(
	const char *directory, struct arena *arena, struct manifest *ret, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct slice found = { NULL, 0 }, path;

	TRY(find_directory(directory, arena, &found, err));
	path = arena_printf(arena, "%.*s/" EXPORT_FILES ".json", SLICE_ARG(found));
	TRY(file_read(path.data, MANIFEST_MAX, &text, err));
	return read_lines(found, buf_slice(&text), arena, ret, err);
}

/* Writing */

/* Writes NAME.json, and NAME.md5 with its checksum. */
static int write_checked(
	const char *directory, const char *name, struct slice text, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct buf checksum CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&path, "%s/%s" EXPORT_MANIFEST, directory, name);
	TRY(file_replace(buf_string(&path), text, err));
	export_append_checksum(&checksum, text);
	buf_clear(&path);
	buf_appendf(&path, "%s/%s" EXPORT_CHECKSUM, directory, name);
	return file_replace(buf_string(&path), buf_slice(&checksum), err);
}

static void append_file(struct buf *text, const struct manifest_file *file)
{
	struct export_file line = { .key = file->key, .items = file->items };

	memcpy(line.md5, file->md5, sizeof(line.md5));
	export_append_file(text, &line);
}

int manifest_write(const char *directory, const struct manifest *manifest,
	const struct export_summary *summary, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < manifest->count; i++)
		append_file(&text, &manifest->files[i]);
	TRY(write_checked(directory, EXPORT_FILES, buf_slice(&text), err));
	buf_clear(&text);
	export_append_summary(&text, summary);
	return write_checked(directory, EXPORT_SUMMARY, buf_slice(&text), err);
}
