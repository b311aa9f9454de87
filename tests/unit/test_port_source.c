#undef NDEBUG
#include "port_source.h"
#include "test.h"

#include "port_file.h"

#include <zlib.h>

/* A file of its own, and what reading it brought. */
struct held {
	char path[32];
	struct buf text;
	struct error err;
};

static void held_release(struct held *held)
{
	unlink(held->path);
	buf_release(&held->text);
	error_release(&held->err);
}

static struct held held_new(struct slice bytes)
{
	struct held held = { .path = "/tmp/dynamount-port-XXXXXX", .err = ERROR_INIT };
	int fd = mkstemp(held.path);

	CHECK(fd >= 0);
	close(fd);
	CHECK_OK(file_replace(held.path, bytes, &held.err), &held.err);
	return held;
}

static void append_gzip(struct buf *buf, struct slice text)
{
	z_stream z = { 0 };

	CHECK_INT(deflateInit2(&z, 1, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (unsigned char *)text.data;
	z.avail_in = (unsigned)text.len;
	z.next_out = (unsigned char *)buf_reserve(buf, text.len + 1000);
	z.avail_out = (unsigned)text.len + 1000;
	CHECK_INT(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf->len += z.total_out;
	deflateEnd(&z);
}

static int read_from(struct held *held, uint64_t skip)
{
	struct source *source CLEANUP(source_closep) = NULL;
	struct slice piece;
	int r;

	TRY(source_open(held->path, &source, &held->err));
	if (skip)
		TRY(source_skip(source, skip, &held->err));
	do {
		TRY(r = source_read(source, &piece, &held->err));
		if (r == 0)
			buf_append_slice(&held->text, piece);
	} while (r == SOURCE_IDLE || piece.len);
	CHECK_INT(source_taken(source), source_size(source));
	return 0;
}

static void check_read(struct slice bytes, uint64_t skip, struct slice expected)
{
	struct held held CLEANUP(held_release) = held_new(bytes);

	CHECK_OK(read_from(&held, skip), &held.err);
	CHECK(slice_equal(buf_slice(&held.text), expected));
}

static void check_fault(struct slice bytes, const char *message)
{
	struct held held CLEANUP(held_release) = held_new(bytes);

	CHECK_INT(read_from(&held, 0), -1);
	CHECK_INT(held.err.class, ERROR_VALIDATION);
	CHECK(strstr(held.err.message, message));
}

/* Text of a megabyte that gzip cannot make much of. */
static void append_noise(struct buf *buf)
{
	uint32_t state = 1;

	for (size_t i = 0; i < 1 << 20; i++) {
		state = state * 1664525 + 1013904223;
		buf_append_char(buf, (char)(state >> 24));
	}
}

static void files_are_read_as_they_are(void)
{
	check_read(SLICE("abc"), 0, SLICE("abc"));
	check_read(SLICE(""), 0, SLICE(""));
	check_read(SLICE("\x1f"), 0, SLICE("\x1f"));
}

static void gzip_is_inflated(void)
{
	struct buf noise CLEANUP(buf_release) = BUF_INIT, gzip CLEANUP(buf_release) = BUF_INIT;

	append_noise(&noise);
	append_gzip(&gzip, buf_slice(&noise));
	check_read(buf_slice(&gzip), 0, buf_slice(&noise));
}

static void gzip_that_shrank_much_is_inflated(void)
{
	struct buf zeros CLEANUP(buf_release) = BUF_INIT, gzip CLEANUP(buf_release) = BUF_INIT;

	buf_resize(&zeros, 4 << 20);
	append_gzip(&gzip, buf_slice(&zeros));
	check_read(buf_slice(&gzip), 0, buf_slice(&zeros));
}

static void members_of_gzip_are_one_text(void)
{
	struct buf gzip CLEANUP(buf_release) = BUF_INIT;

	append_gzip(&gzip, SLICE("abc"));
	append_gzip(&gzip, SLICE(""));
	append_gzip(&gzip, SLICE("def"));
	check_read(buf_slice(&gzip), 0, SLICE("abcdef"));
}

static void reading_begins_anywhere(void)
{
	struct buf noise CLEANUP(buf_release) = BUF_INIT, gzip CLEANUP(buf_release) = BUF_INIT;

	append_noise(&noise);
	append_gzip(&gzip, buf_slice(&noise));
	for (size_t skip = 0; skip <= noise.len; skip += 149797) {
		struct slice rest = slice_skip(buf_slice(&noise), skip);

		check_read(buf_slice(&noise), skip, rest);
		check_read(buf_slice(&gzip), skip, rest);
	}
	check_read(buf_slice(&gzip), noise.len, SLICE(""));
}

static void gzip_that_is_cut_off_is_told(void)
{
	struct buf gzip CLEANUP(buf_release) = BUF_INIT;

	append_gzip(&gzip, SLICE("abcdefgh"));
	for (size_t len = 2; len < gzip.len; len++)
		check_fault(slice_of(gzip.data, len), "the compressed data is cut off");
}

static void damaged_gzip_is_told(void)
{
	struct buf gzip CLEANUP(buf_release) = BUF_INIT;

	append_gzip(&gzip, SLICE("abcdefgh"));
	gzip.data[gzip.len - 6] ^= 1; /* of the checksum */
	check_fault(buf_slice(&gzip), "the compressed data is damaged: incorrect data check");
	gzip.data[gzip.len - 6] ^= 1;
	buf_append_string(&gzip, "rubbish");
	check_fault(buf_slice(&gzip), "the compressed data is damaged: incorrect header check");
}

static void what_is_no_file_is_told(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct source *source;

	CHECK_INT(source_open("/", &source, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION, "/ is a directory");
	CHECK_INT(source_open("/nonexistent", &source, &err), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM, "Opening /nonexistent: No such file or directory");
}

static const struct test_case cases[] = {
	{ "files are read as they are", files_are_read_as_they_are },
	{ "gzip is inflated", gzip_is_inflated },
	{ "gzip that shrank much is inflated", gzip_that_shrank_much_is_inflated },
	{ "members of gzip are one text", members_of_gzip_are_one_text },
	{ "reading begins anywhere", reading_begins_anywhere },
	{ "gzip that is cut off is told", gzip_that_is_cut_off_is_told },
	{ "damaged gzip is told", damaged_gzip_is_told },
	{ "what is no file is told", what_is_no_file_is_told },
};

TEST_MAIN(cases)
