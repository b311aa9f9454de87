#include "http_gzip.h"

#include <zlib.h>

#define PIECE       65536
#define GZIP_WINDOW (15 + 16) /* the greatest, in gzip's frame */

static int inflate_all(z_stream *stream, size_t max, struct buf *ret)
{
	int status = Z_OK;

	while (status == Z_OK) {
		stream->next_out = (Bytef *)buf_reserve(ret, PIECE);
		stream->avail_out = PIECE;
		status = inflate(stream, Z_NO_FLUSH);
		ret->len += PIECE - stream->avail_out;
		if (ret->len > max)
			return GZIP_TOO_LONG;
	}
	return status == Z_STREAM_END && stream->avail_in == 0 ? 0 : -1;
}

int gzip_unpack(struct slice packed, size_t max, struct buf *ret, struct error *err)
{
	z_stream stream = { .next_in = (Bytef *)packed.data, .avail_in = (uInt)packed.len };
	int r;

	if (inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
		return error_set(err, ERROR_SYSTEM, "Unpacking the request failed");
	r = inflate_all(&stream, max, ret);
	inflateEnd(&stream);
	if (r < 0)
		error_set(err, ERROR_SERIALIZATION, "The request's body is not valid gzip");
	return r;
}

void gzip_pack(struct buf *bytes)
{
	struct buf packed = BUF_INIT;
	z_stream stream = { .next_in = (Bytef *)bytes->data, .avail_in = (uInt)bytes->len };
	size_t room;

	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
		Z_OK)
		abort();
	room = deflateBound(&stream, (uLong)bytes->len);
	stream.next_out = (Bytef *)buf_reserve(&packed, room);
	stream.avail_out = (uInt)room;
	if (deflate(&stream, Z_FINISH) != Z_STREAM_END)
		abort();
	packed.len = room - stream.avail_out;
	deflateEnd(&stream);
	buf_release(bytes);
	*bytes = packed;
}
