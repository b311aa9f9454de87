#undef NDEBUG
#include "test.h"

#include "api/packed_file.h"
#include "base/buf.h"
#include "base/memory.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <zstd.h>

/* A file in memory that holds the bytes. */
static int file_of(struct slice bytes)
{
	int fd = memfd_create("test", MFD_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, bytes.data, bytes.len), bytes.len);
	CHECK_INT(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

/* Text that is neither short nor all the same. */
static void append_text(struct buf *buf, size_t lines)
{
	for (size_t i = 0; i < lines; i++)
		buf_appendf(buf, "line %zu of the text, and %zu\n", i, i * 7919 % 104729);
}

static int unpack(struct slice packed, enum packing packing, struct buf *ret, struct error *err)
{
	struct packed_reader *reader CLEANUP(packed_reader_closep) = NULL;
	struct slice piece = { NULL, 0 };

	TRY(packed_reader_open(file_of(packed), "object", packing, &reader, err));
	do {
		TRY(packed_read(reader, &piece, err));
		buf_append_slice(ret, piece);
	} while (piece.len);
	return 0;
}

/* What the writer makes of a text in some pieces, and its MD5. */
static void pack_gzip(struct slice text, size_t pieces, struct buf *ret, unsigned char *ret_md5)
{
	struct packed_writer *writer CLEANUP(packed_writer_closep) = NULL;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	char directory[] = "/tmp/dynamount-packed-XXXXXX";
	int fd, file;
	char *name;

	CHECK(mkdtemp(directory));
	fd = open(directory, O_RDONLY | O_DIRECTORY);
	CHECK_OK(packed_writer_create(fd, "x.gz", &writer, &err), &err);
	for (size_t i = 0; i < pieces; i++) {
		size_t begin = text.len * i / pieces, end = text.len * (i + 1) / pieces;

		CHECK_OK(
			packed_write(writer, slice_of(text.data + begin, end - begin), &err), &err);
	}
	CHECK_OK(packed_writer_finish(writer, ret_md5, &err), &err);
	file = openat(fd, "x.gz", O_RDONLY);
	name = buf_reserve(ret, text.len + 4096);
	ret->len = (size_t)read(file, name, text.len + 4096);
	close(file);
	unlinkat(fd, "x.gz", 0);
	close(fd);
	rmdir(directory);
}

static void what_is_packed_is_read_again(void)
{
	static const size_t lengths[] = { 0, 1, 1000, 50000 };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		struct buf packed CLEANUP(buf_release) = BUF_INIT;
		struct buf found CLEANUP(buf_release) = BUF_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		unsigned char md5[PACKED_MD5_LENGTH], expected[PACKED_MD5_LENGTH];

		append_text(&text, lengths[i]);
		pack_gzip(buf_slice(&text), 3, &packed, md5);
		CHECK_OK(unpack(buf_slice(&packed), PACKING_GZIP, &found, &err), &err);
		CHECK(slice_equal(buf_slice(&found), buf_slice(&text)));
		EVP_Digest(packed.data, packed.len, expected, NULL, EVP_md5(), NULL);
		CHECK(memcmp(md5, expected, sizeof(md5)) == 0);
	}
}

static void append_frame(struct buf *packed, struct slice text)
{
	size_t bound = ZSTD_compressBound(text.len), len;
	char *to = buf_reserve(packed, bound);

	len = ZSTD_compress(to, bound, text.data, text.len, 3);
	CHECK(!ZSTD_isError(len));
	packed->len += len;
}

static void several_members_are_one_text(void)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT, both CLEANUP(buf_release) = BUF_INIT;
	struct buf gzip CLEANUP(buf_release) = BUF_INIT, zstd CLEANUP(buf_release) = BUF_INIT;
	struct buf found CLEANUP(buf_release) = BUF_INIT;
	struct buf member CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	unsigned char md5[PACKED_MD5_LENGTH];

	append_text(&text, 30000);
	pack_gzip(buf_slice(&text), 1, &member, md5);
	for (int i = 0; i < 2; i++) {
		buf_append_slice(&both, buf_slice(&text));
		buf_append_slice(&gzip, buf_slice(&member));
		append_frame(&zstd, buf_slice(&text));
	}
	CHECK_OK(unpack(buf_slice(&gzip), PACKING_GZIP, &found, &err), &err);
	CHECK(slice_equal(buf_slice(&found), buf_slice(&both)));
	buf_clear(&found);
	CHECK_OK(unpack(buf_slice(&zstd), PACKING_ZSTD, &found, &err), &err);
	CHECK(slice_equal(buf_slice(&found), buf_slice(&both)));
}

static void a_cut_is_told_wherever_it_is(void)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct buf packed[2] = { BUF_INIT, BUF_INIT };
	unsigned char md5[PACKED_MD5_LENGTH];

	append_text(&text, 400);
	pack_gzip(buf_slice(&text), 1, &packed[PACKING_GZIP], md5);
	append_frame(&packed[PACKING_ZSTD], buf_slice(&text));
	for (int packing = PACKING_GZIP; packing <= PACKING_ZSTD; packing++) {
		struct buf *whole = &packed[packing];

		for (size_t len = 1; len < whole->len; len += 7) {
			struct buf found CLEANUP(buf_release) = BUF_INIT;
			struct error err CLEANUP(error_release) = ERROR_INIT;

			CHECK_INT(unpack(slice_of(whole->data, len), (enum packing)packing, &found,
					  &err),
				-1);
			CHECK_INT(err.class, ERROR_VALIDATION);
		}
		buf_release(whole);
	}
}

static void what_is_not_packed_is_told(void)
{
	static const enum packing packings[] = { PACKING_GZIP, PACKING_ZSTD };

	for (size_t i = 0; i < ARRAY_SIZE(packings); i++) {
		struct buf found CLEANUP(buf_release) = BUF_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_INT(unpack(SLICE("{\"Item\":{}}\n"), packings[i], &found, &err), -1);
		CHECK(strstr(err.message, "object: the compressed data is damaged: "));
	}
}

static void plain_text_is_read_as_it_is(void)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT, found CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	append_text(&text, 30000);
	CHECK_OK(unpack(buf_slice(&text), PACKING_NONE, &found, &err), &err);
	CHECK(slice_equal(buf_slice(&found), buf_slice(&text)));
}

static const struct test_case cases[] = {
	{ "what is packed is read again", what_is_packed_is_read_again },
	{ "several members are one text", several_members_are_one_text },
	{ "a cut is told wherever it is", a_cut_is_told_wherever_it_is },
	{ "what is not packed is told", what_is_not_packed_is_told },
	{ "plain text is read as it is", plain_text_is_read_as_it_is },
};

TEST_MAIN(cases)
