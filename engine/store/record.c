#include "store/record.h"

#include <endian.h>
#include <stddef.h>

#define RECORD_VERSION 1

#define RECORD_HAS_OWN_TEXT 0x01
#define RECORD_COMPRESSED   0x02

/* The header as it lies in the file. */
struct header {
	uint8_t version;
	uint8_t flags;
	uint16_t dictionary;
	uint32_t item_size;
	uint32_t text_length;
	uint32_t encoded_length;
	uint64_t mtime_ns;
	uint64_t stamp;
	uint64_t origin;
};
_Static_assert(sizeof(struct header) == ROW_HEADER_LENGTH, "the header has no padding");
_Static_assert(offsetof(struct header, mtime_ns) == RECORD_MTIME_OFFSET, "mtime's place");

static int malformed(struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "a stored row is malformed");
}

size_t record_body_length(const struct record *record)
{
	return (size_t)record->item_length + (record->has_own_text ? record->meta.text_length : 0);
}

int record_parse(struct slice bytes, enum row_want want, struct record *ret, struct error *err)
{
	struct header header;

	if (bytes.len < sizeof(header))
		return malformed(err);
	memcpy(&header, bytes.data, sizeof(header));
	if (header.version != RECORD_VERSION)
		return error_set(err, ERROR_CORRUPT, "a stored row has version %u, unknown here",
			header.version);
	*ret = (struct record){
		.meta = {
			.item_size = le32toh(header.item_size),
			.text_length = le32toh(header.text_length),
			.mtime_ns = (int64_t)le64toh(header.mtime_ns),
			.stamp = le64toh(header.stamp),
		},
		.has_own_text = header.flags & RECORD_HAS_OWN_TEXT,
		.compressed = header.flags & RECORD_COMPRESSED,
		.dictionary = le16toh(header.dictionary),
		.item_length = le32toh(header.encoded_length),
	};
	if (want == ROW_FULL)
		ret->body = slice_skip(bytes, sizeof(header));
	if (ret->compressed && record_body_length(ret) > RECORD_BODY_MAX)
		return malformed(err);
	return 0;
}

int record_split(const struct record *record, struct slice body, struct row *ret, struct error *err)
{
	if (record->item_length > body.len)
		return malformed(err);
	ret->item = slice_of(body.data, record->item_length);
	if (record->has_own_text)
		ret->own_text = slice_skip(body, record->item_length);
	else if (record->item_length != body.len)
		return malformed(err);
	return 0;
}

int record_decode(struct slice key, struct slice bytes, enum row_want want, struct row *ret,
	struct error *err)
{
	struct record record = { .compressed = false };
	struct row row = { .key = key };

	TRY(record_parse(bytes, want, &record, err));
	row.meta = record.meta;
	if (want == ROW_FULL && record.compressed)
		return malformed(err);
	if (want == ROW_FULL)
		TRY(record_split(&record, record.body, &row, err));
	*ret = row;
	return 0;
}

void record_finish(struct buf *buf, const struct row_meta *meta, struct slice own_text)
{
	const struct header header = {
		.version = RECORD_VERSION,
		.flags = slice_present(own_text) ? RECORD_HAS_OWN_TEXT : 0,
		.item_size = htole32(meta->item_size),
		.text_length = htole32(meta->text_length),
		.encoded_length = htole32((uint32_t)(buf->len - sizeof(header))),
		.mtime_ns = htole64((uint64_t)meta->mtime_ns),
		.stamp = htole64(meta->stamp),
	};

	memcpy(buf->data, &header, sizeof(header));
	buf_append_slice(buf, own_text);
}

/* The rest of the header stays, the parts unknown here too. */
static void set_body(struct buf *record, struct slice body, bool compressed, uint16_t dictionary)
{
	struct header header;

	memcpy(&header, record->data, sizeof(header));
	header.flags &= (uint8_t)~RECORD_COMPRESSED;
	header.flags |= compressed ? RECORD_COMPRESSED : 0;
	header.dictionary = htole16(dictionary);
	memcpy(record->data, &header, sizeof(header));
	buf_resize(record, sizeof(header));
	buf_append_slice(record, body);
}

void record_set_compressed(struct buf *record, struct slice body, uint16_t dictionary)
{
	set_body(record, body, true, dictionary);
}

void record_set_whole(struct buf *record, struct slice body)
{
	set_body(record, body, false, 0);
}

void record_put_i64(char *at, int64_t value)
{
	uint64_t bytes = htole64((uint64_t)value);

	memcpy(at, &bytes, sizeof(bytes));
}
