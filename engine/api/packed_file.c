#include "api/packed_file.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <zlib.h>
#include <zstd.h>

#define PIECE_BYTES (256u << 10)
#define ANY_GZIP    (16 + MAX_WBITS)
#define GZIP_MEMORY 8

/* Reading. */

struct packed_reader {
	char *name;
	int fd;
	enum packing packing;
	char *raw; /* bytes of the file, raw_len of them from raw_at on not used yet */
	size_t raw_at, raw_len;
	char *text; /* unpacked */
	bool at_end; /* of the file */
	bool may_end; /* the packed data is whole so far */
	bool more; /* there is text left of what was taken already */
	bool inflating;
	z_stream z;
	ZSTD_DStream *zstd;
};

int packed_reader_open(int fd, const char *name, enum packing packing, struct packed_reader **ret,
	struct error *err)
{
	struct packed_reader *reader CLEANUP(packed_reader_closep) =
		memory_new_zero(sizeof(*reader));

	reader->fd = fd;
	reader->name = memory_copy_string(name, strlen(name));
	reader->packing = packing;
	reader->raw = memory_new(PIECE_BYTES);
	reader->may_end = packing == PACKING_NONE;
	if (packing != PACKING_NONE)
		reader->text = memory_new(PIECE_BYTES);
	if (packing == PACKING_GZIP)
		reader->inflating = inflateInit2(&reader->z, ANY_GZIP) == Z_OK;
	if (packing == PACKING_ZSTD)
		reader->zstd = ZSTD_createDStream();
	if ((packing == PACKING_GZIP && !reader->inflating) ||
		(packing == PACKING_ZSTD && !reader->zstd))
		return error_set(err, ERROR_SYSTEM, "unpacking %s: it cannot be started", name);
	*ret = reader;
	reader = NULL;
	return 0;
}

void packed_reader_closep(struct packed_reader **at)
{
	struct packed_reader *reader = *at;

	if (!reader)
		return;
	if (reader->inflating)
		inflateEnd(&reader->z);
	ZSTD_freeDStream(reader->zstd);
	cleanup_close(&reader->fd);
	free(reader->text);
	free(reader->raw);
	free(reader->name);
	free(reader);
	*at = NULL;
}

static int fill(struct packed_reader *reader, struct error *err)
{
	ssize_t got;

	do {
		got = read(reader->fd, reader->raw, PIECE_BYTES);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_set_errno(err, errno, "reading %s", reader->name);
	reader->at_end = got == 0;
	reader->raw_at = 0;
	reader->raw_len = (size_t)got;
	return 0;
}

static int damaged(struct packed_reader *reader, const char *how, struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "%s: the compressed data is damaged: %s",
		reader->name, how ? how : "it is not known how");
}

/* These unpack some of the raw bytes. */
static int unpack_gzip(struct packed_reader *reader, size_t *ret_len, struct error *err)
{
	z_stream *z = &reader->z;
	int code;

	if (reader->may_end && inflateReset(z) != Z_OK)
		return damaged(reader, z->msg, err);
	z->next_in = (unsigned char *)reader->raw + reader->raw_at;
	z->avail_in = (unsigned)reader->raw_len;
	z->next_out = (unsigned char *)reader->text;
	z->avail_out = PIECE_BYTES;
	code = inflate(z, Z_NO_FLUSH);
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return damaged(reader, z->msg, err);
	reader->may_end = code == Z_STREAM_END;
	reader->more = z->avail_out == 0 && code != Z_STREAM_END;
	reader->raw_at += reader->raw_len - z->avail_in;
	reader->raw_len = z->avail_in;
	*ret_len = PIECE_BYTES - z->avail_out;
	return 0;
}

static int unpack_zstd(struct packed_reader *reader, size_t *ret_len, struct error *err)
{
	ZSTD_inBuffer in = { reader->raw + reader->raw_at, reader->raw_len, 0 };
	ZSTD_outBuffer out = { reader->text, PIECE_BYTES, 0 };
	size_t left = ZSTD_decompressStream(reader->zstd, &out, &in);

	if (ZSTD_isError(left))
		return damaged(reader, ZSTD_getErrorName(left), err);
	reader->may_end = left == 0;
	reader->more = left != 0 && out.pos == out.size;
	reader->raw_at += in.pos;
	reader->raw_len -= in.pos;
	*ret_len = out.pos;
	return 0;
}

static int unpack(struct packed_reader *reader, size_t *ret_len, struct error *err)
{
	return (reader->packing == PACKING_GZIP ? unpack_gzip : unpack_zstd)(reader, ret_len, err);
}

static int read_packed(struct packed_reader *reader, struct slice *ret, struct error *err)
{
	size_t len = 0;

	while (!len) {
		if (!reader->raw_len && !reader->more)
			TRY(fill(reader, err));
		if (!reader->raw_len && !reader->more) {
			if (!reader->may_end)
				return error_set(err, ERROR_VALIDATION,
					"%s: the compressed data is cut off", reader->name);
			break;
		}
		TRY(unpack(reader, &len, err));
	}
	*ret = slice_of(reader->text, len);
	return 0;
}

int packed_read(struct packed_reader *reader, struct slice *ret, struct error *err)
{
	if (reader->packing != PACKING_NONE)
		return read_packed(reader, ret, err);
	TRY(fill(reader, err));
	*ret = slice_of(reader->raw, reader->raw_len);
	return 0;
}

/* Writing. */

struct packed_writer {
	char *name;
	int fd;
	char *packed;
	bool deflating;
	z_stream z;
	EVP_MD_CTX *md5;
};

int packed_writer_create(
	int directory, const char *name, struct packed_writer **ret, struct error *err)
{
	struct packed_writer *writer CLEANUP(packed_writer_closep) =
		memory_new_zero(sizeof(*writer));

	writer->name = memory_copy_string(name, strlen(name));
	writer->packed = memory_new(PIECE_BYTES);
	writer->fd = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (writer->fd < 0)
		return error_set_errno(err, errno, "making %s", name);
	writer->deflating = deflateInit2(&writer->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, ANY_GZIP,
				    GZIP_MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
	writer->md5 = EVP_MD_CTX_new();
	if (!writer->deflating || !writer->md5 || !EVP_DigestInit_ex(writer->md5, EVP_md5(), NULL))
		return error_set(err, ERROR_SYSTEM, "packing %s: it cannot be started", name);
	*ret = writer;
	writer = NULL;
	return 0;
}

static int write_all(struct packed_writer *writer, const char *bytes, size_t len, struct error *err)
{
	EVP_DigestUpdate(writer->md5, bytes, len);
	while (len) {
		ssize_t written = write(writer->fd, bytes, len);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return error_set_errno(err, errno, "writing %s", writer->name);
		bytes += written;
		len -= (size_t)written;
	}
	return 0;
}

static int pack(struct packed_writer *writer, struct slice text, int flush, struct error *err)
{
	z_stream *z = &writer->z;

	z->next_in = (unsigned char *)text.data;
	z->avail_in = (unsigned)text.len;
	do {
		z->next_out = (unsigned char *)writer->packed;
		z->avail_out = PIECE_BYTES;
		deflate(z, flush);
		TRY(write_all(writer, writer->packed, PIECE_BYTES - z->avail_out, err));
	} while (z->avail_out == 0);
	return 0;
}

int packed_write(struct packed_writer *writer, struct slice text, struct error *err)
{
	return pack(writer, text, Z_NO_FLUSH, err);
}

int packed_writer_finish(struct packed_writer *writer, unsigned char *ret_md5, struct error *err)
{
	TRY(pack(writer, SLICE(""), Z_FINISH, err));
	if (fsync(writer->fd) < 0)
		return error_set_errno(err, errno, "writing %s", writer->name);
	EVP_DigestFinal_ex(writer->md5, ret_md5, NULL);
	return 0;
}

void packed_writer_closep(struct packed_writer **at)
{
	struct packed_writer *writer = *at;

	if (!writer)
		return;
	if (writer->deflating)
		deflateEnd(&writer->z);
	EVP_MD_CTX_free(writer->md5);
	cleanup_close(&writer->fd);
	free(writer->packed);
	free(writer->name);
	free(writer);
	*at = NULL;
}
