#include "port_target.h"

#include "base/memory.h"
#include "port_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <sys/file.h>
#include <zlib.h>

#define GZIP_BITS   (16 + MAX_WBITS)
#define GZIP_MEMORY 8
#define PIECE_BYTES 65536

static int open_target(struct target *target, const char *path, int flags, struct error *err)
{
	*target = (struct target){ .fd = -1 };
	target->path = memory_copy_string(path, strlen(path));
	target->fd = open(path, O_RDWR | O_CLOEXEC | flags, 0666);
	if (target->fd < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	if (flock(target->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return error_set(err, ERROR_IN_USE, "another export writes %s", path);
	return 0;
}

int target_create(struct target *target, const char *path, struct error *err)
{
	if (!path) {
		*target = (struct target){ .fd = dup(STDOUT_FILENO) };
		return target->fd < 0 ? error_set_errno(err, errno, "Opening standard output") : 0;
	}
	TRY(open_target(target, path, O_CREAT, err));
	if (ftruncate(target->fd, 0) < 0)
		return error_set_errno(err, errno, "Writing %s", path);
	return 0;
}

int target_reopen(
	struct target *target, const char *path, uint64_t bytes, uint64_t items, struct error *err)
{
	off_t size;

	TRY(open_target(target, path, 0, err));
	target->bytes = bytes;
	target->items = items;
	size = lseek(target->fd, 0, SEEK_END);
	if (size >= 0 && (uint64_t)size < bytes)
		return error_set(err, ERROR_VALIDATION, "%s is shorter than it was", path);
	if (ftruncate(target->fd, (off_t)bytes) < 0 || lseek(target->fd, 0, SEEK_END) < 0)
		return error_set_errno(err, errno, "Writing %s", path);
	return 0;
}

void target_release(struct target *target)
{
	cleanup_close(&target->fd);
	free(target->path);
}

int target_append(struct target *target, struct slice bytes, uint64_t items, struct error *err)
{
	int r = file_write_fully(target->fd, bytes);

	if (r == EPIPE && !target->path)
		return TARGET_CLOSED;
	if (r)
		return error_set_errno(
			err, r, "Writing %s", target->path ? target->path : "standard output");
	target->bytes += bytes.len;
	target->items += items;
	return 0;
}

int target_sync(struct target *target, struct error *err)
{
	if (target->path && fdatasync(target->fd) < 0)
		return error_set_errno(err, errno, "Writing %s", target->path);
	return 0;
}

static void free_digest(EVP_MD_CTX **digest)
{
	EVP_MD_CTX_free(*digest);
}

int target_md5(const struct target *target, unsigned char *ret, struct error *err)
{
	EVP_MD_CTX *digest CLEANUP(free_digest) = EVP_MD_CTX_new();
	char *piece CLEANUP(cleanup_free) = memory_new(PIECE_BYTES);
	off_t offset = 0;
	ssize_t got;

	if (!digest || !EVP_DigestInit_ex(digest, EVP_md5(), NULL))
		return error_set(err, ERROR_SYSTEM, "Starting MD5 failed");
	do {
		got = pread(target->fd, piece, PIECE_BYTES, offset);
		if (got < 0)
			return error_set_errno(err, errno, "Reading %s", target->path);
		EVP_DigestUpdate(digest, piece, (size_t)got);
		offset += got;
	} while (got);
	EVP_DigestFinal_ex(digest, ret, NULL);
	return 0;
}

void gzip_append(struct buf *buf, struct slice text)
{
	z_stream z = { 0 };
	size_t bound;

	if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_BITS, GZIP_MEMORY,
		    Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* as memory_new(): there is no other reason */
	bound = deflateBound(&z, text.len);
	z.next_in = (unsigned char *)text.data;
	z.avail_in = (unsigned)text.len;
	z.next_out = (unsigned char *)buf_reserve(buf, bound);
	z.avail_out = (unsigned)bound;
	deflate(&z, Z_FINISH); /* the bound is enough for all */
	buf->len += z.total_out;
	deflateEnd(&z);
}
