#include "api/export_manifest.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/text.h"
#include "model/json.h"
#include "store/ledger.h"

#include <errno.h>
#include <openssl/evp.h>
#include <sys/random.h>

#define VERSION_FULL        "2020-06-30"
#define VERSION_INCREMENTAL "2023-08-01"
#define NAME_LENGTH         26

int export_append_id(struct buf *buf, int64_t start_ns, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice id = { NULL, 0 };

	TRY(ledger_make_id(&arena, start_ns, &id, err));
	buf_append_slice(buf, id);
	return 0;
}

int export_append_name(struct buf *buf, struct error *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	unsigned char random[NAME_LENGTH];

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return error_set_errno(err, errno, "making a name");
	for (size_t i = 0; i < NAME_LENGTH; i++)
		buf_append_char(buf, letters[random[i] % (sizeof(letters) - 1)]);
	buf_append_string(buf, EXPORT_DATA_ENDING);
	return 0;
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

static void append_arn(struct buf *buf, const struct export_summary *summary)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "%.*s/export/%.*s", SLICE_ARG(summary->table_arn),
		SLICE_ARG(summary->export_id));
	append_member(buf, "exportArn", buf_slice(&text));
}

static void append_manifest_key(struct buf *buf, const struct export_summary *summary)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "%.*s" EXPORT_DIRECTORY "/%.*s/" EXPORT_FILES EXPORT_MANIFEST,
		SLICE_ARG(summary->root), SLICE_ARG(summary->export_id));
	append_member(buf, "manifestFilesS3Key", buf_slice(&text));
}

static void append_span(struct buf *buf, const struct export_summary *summary)
{
	if (!summary->incremental) {
		append_time(buf, "exportTime", summary->export_ns);
		return;
	}
	append_time(buf, "exportFromTime", summary->from_ns);
	append_time(buf, "exportToTime", summary->to_ns);
}

void export_append_summary(struct buf *buf, const struct export_summary *summary)
{
	buf_append_char(buf, '{');
	append_member(buf, "version",
		summary->incremental ? SLICE(VERSION_INCREMENTAL) : SLICE(VERSION_FULL));
	append_arn(buf, summary);
	append_time(buf, "startTime", summary->start_ns);
	append_time(buf, "endTime", summary->end_ns);
	append_member(buf, "tableArn", summary->table_arn);
	append_member(buf, "tableId", summary->table_id);
	append_span(buf, summary);
	append_member(buf, "s3Bucket", summary->bucket);
	append_member(buf, "s3Prefix", summary->prefix);
	append_member(buf, "s3SseAlgorithm", summary->sse_algorithm);
	append_member(buf, "s3SseKmsKeyId", summary->sse_kms_key);
	append_manifest_key(buf, summary);
	buf_appendf(buf, ",\"billedSizeBytes\":%llu,\"itemCount\":%llu",
		(unsigned long long)summary->bytes, (unsigned long long)summary->items);
	append_member(buf, "outputFormat", SLICE("DYNAMODB_JSON"));
	if (summary->incremental)
		append_member(buf, "outputView", summary->view);
	append_member(buf, "exportType",
		summary->incremental ? SLICE("INCREMENTAL_EXPORT") : SLICE("FULL_EXPORT"));
	buf_append_string(buf, "}\n");
}

static void md5_of(const void *bytes, size_t len, unsigned char *ret)
{
	EVP_Digest(bytes, len, ret, NULL, EVP_md5(), NULL);
}

void export_append_checksum(struct buf *buf, struct slice manifest)
{
	unsigned char md5[EXPORT_MD5_LENGTH];

	md5_of(manifest.data, manifest.len, md5);
	base64_append(buf, slice_of((const char *)md5, sizeof(md5)));
}

void export_append_file(struct buf *buf, const struct export_file *file)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	unsigned char whole[EXPORT_MD5_LENGTH];

	buf_appendf(buf, "{\"itemCount\":%llu", (unsigned long long)file->items);
	base64_append(&text, slice_of((const char *)file->md5, EXPORT_MD5_LENGTH));
	append_member(buf, "md5Checksum", buf_slice(&text));
	buf_clear(&text);
	md5_of(file->md5, EXPORT_MD5_LENGTH, whole); /* the tag of an upload in one part */
	hex_append(&text, slice_of((const char *)whole, EXPORT_MD5_LENGTH));
	buf_append_string(&text, "-1");
	append_member(buf, "etag", buf_slice(&text));
	append_member(buf, "dataFileS3Key", file->key);
	buf_append_string(buf, "}\n");
}
