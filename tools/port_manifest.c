#include "port_manifest.h"

#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"
#include "port_file.h"

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#define VERSION      "2020-06-30"
#define SUMMARY      "manifest-summary"
#define FILES        "manifest-files"
#define NAME_LENGTH  26
#define MANIFEST_MAX (64u << 20)

/* Reading */

static bool holds_manifest(const char *directory, struct arena *arena)
{
	return access(arena_printf(arena, "%s/" FILES ".json", directory).data, F_OK) == 0;
}

static void closedirp(DIR **directory)
{
	if (*directory)
		closedir(*directory);
}

/* The exports below a prefix: how many, and one of them. */
static size_t look_below(const char *given, struct arena *arena, struct slice *ret)
{
	struct slice parent = arena_printf(arena, "%s/AWSDynamoDB", given);
	DIR *directory CLEANUP(closedirp) = opendir(parent.data);
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
			"%s holds no " FILES ".json: it is no export of a table", given);
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
			return error_set(err, ERROR_VALIDATION, "%.*s/" FILES ".json:%zu: %s",
				SLICE_ARG(directory), number, fault.message);
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
	path = arena_printf(arena, "%.*s/" FILES ".json", SLICE_ARG(found));
	TRY(file_read(path.data, MANIFEST_MAX, &text, err));
	return read_lines(found, buf_slice(&text), arena, ret, err);
}

/* Writing */

void manifest_append_id(struct buf *buf, int64_t start_ns)
{
	unsigned char random[4] = { 0 };

	RAND_bytes(random, sizeof(random));
	buf_appendf(buf, "%014lld-", (long long)(start_ns / 1000000));
	hex_append(buf, slice_of((const char *)random, sizeof(random)));
}

void manifest_append_name(struct buf *buf)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char random[NAME_LENGTH] = { 0 };

	RAND_bytes(random, sizeof(random));
	for (size_t i = 0; i < NAME_LENGTH; i++)
		buf_append_char(buf, letters[random[i] % (sizeof(letters) - 1)]);
	buf_append_string(buf, MANIFEST_DATA_ENDING);
}

static void append_member(struct buf *buf, const char *name, struct slice value)
{
	buf_appendf(buf, "%s\"%s\":", buf->data[buf->len - 1] == '{' ? "" : ",", name);
	if (slice_present(value))
		json_append_string(buf, value);
	else
		buf_append_string(buf, "null");
}

static void append_time(struct buf *buf, const char *name, int64_t ns)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	clock_append_iso(&text, ns);
	append_member(buf, name, buf_slice(&text));
}

static void append_summary(struct buf *buf, const struct manifest_summary *summary)
{
	static const struct slice none = { NULL, 0 };
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_char(buf, '{');
	append_member(buf, "version", SLICE(VERSION));
	buf_append_slice(&text, summary->table->table_arn);
	buf_appendf(&text, "/export/%.*s", SLICE_ARG(summary->export_id));
	append_member(buf, "exportArn", buf_slice(&text));
	append_time(buf, "startTime", summary->start_ns);
	append_time(buf, "endTime", summary->end_ns);
	append_member(buf, "tableArn", summary->table->table_arn);
	append_member(buf, "tableId", summary->table->table_id);
	append_time(buf, "exportTime", summary->start_ns);
	append_member(buf, "s3Bucket", none);
	append_member(buf, "s3Prefix", none);
	append_member(buf, "s3SseAlgorithm", none);
	append_member(buf, "s3SseKmsKeyId", none);
	buf_clear(&text);
	buf_appendf(&text, "AWSDynamoDB/%.*s/" FILES ".json", SLICE_ARG(summary->export_id));
	append_member(buf, "manifestFilesS3Key", buf_slice(&text));
	buf_appendf(buf, ",\"billedSizeBytes\":%llu,\"itemCount\":%llu",
		(unsigned long long)summary->bytes, (unsigned long long)summary->items);
	append_member(buf, "outputFormat", SLICE("DYNAMODB_JSON"));
	append_member(buf, "exportType", SLICE("FULL_EXPORT"));
	buf_append_string(buf, "}\n");
}

static void md5_of(const void *bytes, size_t len, unsigned char *ret)
{
	EVP_Digest(bytes, len, ret, NULL, EVP_md5(), NULL);
}

static void append_file(struct buf *buf, const struct manifest_file *file)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	unsigned char whole[MD5_LENGTH];

	buf_appendf(buf, "{\"itemCount\":%llu", (unsigned long long)file->items);
	base64_append(&text, slice_of((const char *)file->md5, MD5_LENGTH));
	append_member(buf, "md5Checksum", buf_slice(&text));
	buf_clear(&text);
	md5_of(file->md5, MD5_LENGTH, whole); /* the tag of an upload in one part */
	hex_append(&text, slice_of((const char *)whole, MD5_LENGTH));
	buf_append_string(&text, "-1");
	append_member(buf, "etag", buf_slice(&text));
	append_member(buf, "dataFileS3Key", file->key);
	buf_append_string(buf, "}\n");
}

/* Writes NAME.json, and NAME.md5 with its checksum in base64. */
static int write_checked(
	const char *directory, const char *name, struct slice text, struct error *err)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct buf checksum CLEANUP(buf_release) = BUF_INIT;
	unsigned char md5[MD5_LENGTH];

	md5_of(text.data, text.len, md5);
	base64_append(&checksum, slice_of((const char *)md5, MD5_LENGTH));
	buf_appendf(&path, "%s/%s.json", directory, name);
	TRY(file_replace(buf_string(&path), text, err));
	buf_clear(&path);
	buf_appendf(&path, "%s/%s.md5", directory, name);
	return file_replace(buf_string(&path), buf_slice(&checksum), err);
}

int manifest_write(const char *directory, const struct manifest *manifest,
	const struct manifest_summary *summary, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < manifest->count; i++)
		append_file(&text, &manifest->files[i]);
	TRY(write_checked(directory, FILES, buf_slice(&text), err));
	buf_clear(&text);
	append_summary(&text, summary);
	return write_checked(directory, SUMMARY, buf_slice(&text), err);
}
