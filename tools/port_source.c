#include "port_source.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <poll.h>
#include <sys/stat.h>
#include <zlib.h>

#define PIECE_BYTES       (256u << 10)
#define ANY_GZIP          (16 + MAX_WBITS)
#define GZIP_MAGIC        "\x1f\x8b"
#define GZIP_MAGIC_LENGTH 2

struct source {
	char *name;
	int fd;
	bool is_regular;
	bool begun; /* what it holds is known */
	bool is_gzip;
	bool at_end; /* of the file */
	bool between_members; /* of gzip: the data may end here */
	bool more_text; /* of gzip: from what was taken already */
	bool skipped; /* not all bytes were seen */
	uint64_t size, taken;
	char *raw; /* bytes of the file, raw_len of them from raw_at on not used yet */
	size_t raw_at, raw_len;
	char *text; /* of gzip */
	struct slice rest; /* of a piece that was passed over in part */
	z_stream z;
	EVP_MD_CTX *md5;
};

int source_open(const char *path, struct source **ret, struct error *err)
{
	bool is_input = strcmp(path, "-") == 0;
	const char *name = is_input ? "standard input" : path;
	struct source *source CLEANUP(source_closep) = memory_new_zero(sizeof(*source));
	struct stat st;

	source->name = memory_copy_string(name, strlen(name));
	source->fd = is_input ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (source->fd < 0 || fstat(source->fd, &st) < 0)
		return error_set_errno(err, errno, "Opening %s", name);
	if (S_ISDIR(st.st_mode))
		return error_set(err, ERROR_VALIDATION, "%s is a directory", name);
	source->is_regular = S_ISREG(st.st_mode);
	if (source->is_regular)
		source->size = (uint64_t)st.st_size;
	source->raw = memory_new(PIECE_BYTES);
	source->md5 = EVP_MD_CTX_new();
	if (!source->md5 || !EVP_DigestInit_ex(source->md5, EVP_md5(), NULL))
		return error_set(err, ERROR_SYSTEM, "Starting MD5 failed");
	*ret = source;
	source = NULL;
	return 0;
}

void source_close(struct source *source)
{
	if (source->is_gzip)
		inflateEnd(&source->z);
	EVP_MD_CTX_free(source->md5);
	cleanup_close(&source->fd);
	free(source->text);
	free(source->raw);
	free(source->name);
	free(source);
}

void source_closep(struct source **source)
{
	if (*source)
		source_close(*source);
}

const char *source_name(const struct source *source)
{
	return source->name;
}

/* 0, or SOURCE_IDLE. */
static int wait_for(struct source *source)
{
	struct pollfd waited = { .fd = source->fd, .events = POLLIN };

	if (source->is_regular || poll(&waited, 1, SOURCE_WAIT_MS) > 0)
		return 0;
	return SOURCE_IDLE;
}

/* Adds bytes of the file to the raw ones; at_end when there are no more. */
static int fill(struct source *source, struct error *err)
{
	size_t end = source->raw_at + source->raw_len;
	ssize_t got;

	if (wait_for(source) == SOURCE_IDLE)
		return SOURCE_IDLE;
	got = read(source->fd, source->raw + end, PIECE_BYTES - end);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return SOURCE_IDLE;
	if (got < 0)
		return error_set_errno(err, errno, "Reading %s", source->name);
	EVP_DigestUpdate(source->md5, source->raw + end, (size_t)got);
	source->at_end = got == 0;
	source->taken += (size_t)got;
	source->raw_len += (size_t)got;
	return 0;
}

/* Looks at the first two bytes. */
static int begin(struct source *source, struct error *err)
{
	while (source->raw_len < GZIP_MAGIC_LENGTH && !source->at_end) {
		int r = fill(source, err);

		if (r != 0)
			return r;
	}
	source->begun = true;
	if (source->raw_len < GZIP_MAGIC_LENGTH ||
		memcmp(source->raw, GZIP_MAGIC, GZIP_MAGIC_LENGTH) != 0)
		return 0;
	if (inflateInit2(&source->z, ANY_GZIP) != Z_OK)
		return error_set(err, ERROR_SYSTEM, "Starting zlib failed");
	source->is_gzip = true;
	source->text = memory_new(PIECE_BYTES);
	return 0;
}

static int refill(struct source *source, struct error *err)
{
	source->raw_at = 0;
	return source->raw_len || source->at_end ? 0 : fill(source, err);
}

static int read_raw(struct source *source, struct slice *ret, struct error *err)
{
	int r = refill(source, err);

	if (r == 0) {
		*ret = slice_of(source->raw, source->raw_len);
		source->raw_len = 0;
	}
	return r;
}

static int damaged(struct source *source, struct error *err)
{
	return error_set(err, ERROR_VALIDATION, "%s: the compressed data is damaged: %s",
		source->name, source->z.msg ? source->z.msg : "zlib does not say how");
}

/* Inflates some of the raw bytes. */
static int inflate_some(struct source *source, size_t *ret_len, struct error *err)
{
	z_stream *z = &source->z;
	int code;

	if (source->between_members && inflateReset(z) != Z_OK)
		return damaged(source, err);
	source->between_members = false;
	z->next_in = (unsigned char *)source->raw + source->raw_at;
	z->avail_in = (unsigned)source->raw_len;
	z->next_out = (unsigned char *)source->text;
	z->avail_out = PIECE_BYTES;
	code = inflate(z, Z_NO_FLUSH);
	if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
		return damaged(source, err);
	source->between_members = code == Z_STREAM_END;
	source->more_text = z->avail_out == 0 && code != Z_STREAM_END;
	source->raw_at += source->raw_len - z->avail_in;
	source->raw_len = z->avail_in;
	*ret_len = PIECE_BYTES - z->avail_out;
	return 0;
}

/* Makes sure that there is something to inflate, unless the data has ended. */
static int want_raw(struct source *source, struct error *err)
{
	int r = source->raw_len ? 0 : refill(source, err);

	if (r == 0 && !source->raw_len && !source->between_members)
		return error_set(
			err, ERROR_VALIDATION, "%s: the compressed data is cut off", source->name);
	return r;
}

static int read_gzip(struct source *source, struct slice *ret, struct error *err)
{
	size_t len = 0;

	while (!len) {
		int r = source->more_text ? 0 : want_raw(source, err);

		if (r != 0)
			return r;
		if (!source->raw_len && !source->more_text)
			break;
		TRY(inflate_some(source, &len, err));
	}
	*ret = slice_of(source->text, len);
	return 0;
}

int source_read(struct source *source, struct slice *ret, struct error *err)
{
	int r = source->begun ? 0 : begin(source, err);

	if (r != 0)
		return r;
	if (source->rest.len) {
		*ret = source->rest;
		source->rest = (struct slice){ NULL, 0 };
		return 0;
	}
	return (source->is_gzip ? read_gzip : read_raw)(source, ret, err);
}

static int seek(struct source *source, uint64_t offset, struct error *err)
{
	if (lseek(source->fd, (off_t)offset, SEEK_SET) < 0)
		return error_set_errno(err, errno, "Reading %s", source->name);
	source->taken = offset;
	source->raw_len = 0;
	source->skipped = true;
	return 0;
}

int source_skip(struct source *source, uint64_t bytes, struct error *err)
{
	struct slice piece = { NULL, 0 };

	if (!source->begun)
		TRY(begin(source, err));
	if (source->is_regular && !source->is_gzip)
		return seek(source, bytes, err);
	for (; bytes; bytes -= piece.len) {
		int r = source_read(source, &piece, err);

		TRY(r);
		if (r == SOURCE_IDLE)
			piece.len = 0;
		else if (!piece.len)
			return error_set(
				err, ERROR_VALIDATION, "%s is shorter than it was", source->name);
		if (piece.len > bytes) {
			source->rest = slice_skip(piece, (size_t)bytes);
			break;
		}
	}
	return 0;
}

uint64_t source_taken(const struct source *source)
{
	return source->taken;
}

uint64_t source_size(const struct source *source)
{
	return source->size;
}

bool source_md5(struct source *source, unsigned char *ret)
{
	return !source->skipped && EVP_DigestFinal_ex(source->md5, ret, NULL);
}
