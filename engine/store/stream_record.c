#include "store/stream_record.h"
#include "model/item.h"

#include <endian.h>

#define RECORD_VERSION 1
#define HAS_NEW        0x01
#define HAS_OLD        0x02
#define IS_EXPIRED     0x04

/* The header as it lies in the file. */
struct header {
	uint8_t version;
	uint8_t kind;
	uint8_t flags;
	uint8_t reserved;
	uint32_t line_length;
	uint64_t time_ns;
	uint32_t keys_length;
	uint32_t new_length;
	uint32_t old_length;
	uint32_t reserved2;
};
_Static_assert(sizeof(struct header) == STREAM_HEADER_LENGTH, "the header has no padding");

static const char kind_letters[] = {
	[CHANGE_INSERT] = 'I',
	[CHANGE_MODIFY] = 'M',
	[CHANGE_REMOVE] = 'R',
};

static int malformed(struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "a stored stream record is malformed");
}

void stream_key_encode(uint64_t offset, char key[STREAM_KEY_LENGTH])
{
	offset = htobe64(offset);
	memcpy(key, &offset, STREAM_KEY_LENGTH);
}

int stream_key_decode(struct slice key, uint64_t *ret_offset, struct error *err)
{
	if (key.len != STREAM_KEY_LENGTH)
		return malformed(err);
	memcpy(ret_offset, key.data, STREAM_KEY_LENGTH);
	*ret_offset = be64toh(*ret_offset);
	return 0;
}

/* Appends a map that is there; its length. */
static uint32_t append_map(struct buf *buf, const struct map *map, bool present)
{
	size_t before = buf->len;

	if (present)
		item_encode(map, buf);
	return (uint32_t)(buf->len - before);
}

void stream_record_encode(const struct stream_record *record, struct buf *buf)
{
	struct header header = {
		.version = RECORD_VERSION,
		.kind = (uint8_t)kind_letters[record->kind],
		.flags = (uint8_t)((record->has_new ? HAS_NEW : 0) |
				   (record->has_old ? HAS_OLD : 0) |
				   (record->expired ? IS_EXPIRED : 0)),
		.line_length = htole32((uint32_t)(record->next_offset - record->offset)),
		.time_ns = htole64((uint64_t)record->time_ns),
	};
	size_t at = buf->len;

	buf_resize(buf, at + sizeof(header));
	header.keys_length = htole32(append_map(buf, &record->keys, true));
	header.new_length = htole32(append_map(buf, &record->new, record->has_new));
	header.old_length = htole32(append_map(buf, &record->old, record->has_old));
	memcpy(buf->data + at, &header, sizeof(header));
}

static bool kind_of_letter(uint8_t letter, enum change_kind *ret)
{
	const char *at = memchr(kind_letters, letter, sizeof(kind_letters));

	if (!letter || !at)
		return false;
	*ret = (enum change_kind)(at - kind_letters);
	return true;
}

static int read_header(struct slice key, struct slice bytes, struct header *header,
	struct stream_record *ret, struct error *err)
{
	*ret = (struct stream_record){ 0 };
	TRY(stream_key_decode(key, &ret->offset, err));
	if (bytes.len < sizeof(*header))
		return malformed(err);
	memcpy(header, bytes.data, sizeof(*header));
	if (header->version != RECORD_VERSION)
		return error_set(err, ERROR_CORRUPT,
			"a stored stream record has version %u, unknown here", header->version);
	ret->next_offset = ret->offset + le32toh(header->line_length);
	ret->time_ns = (int64_t)le64toh(header->time_ns);
	return 0;
}

int stream_record_peek(
	struct slice key, struct slice bytes, struct stream_record *ret, struct error *err)
{
	struct header header;

	return read_header(key, bytes, &header, ret, err);
}

/* Takes a map from the front of what is left; its size is added. */
static int take_map(struct slice *rest, uint32_t length, struct arena *arena, struct map *ret,
	uint64_t *size, struct error *err)
{
	if (length > rest->len)
		return malformed(err);
	TRY(item_decode(arena, slice_of(rest->data, length), ret, err));
	*rest = slice_skip(*rest, length);
	*size += item_size(ret);
	return 0;
}

int stream_record_decode(struct slice key, struct slice bytes, struct arena *arena,
	struct stream_record *ret, struct error *err)
{
	struct stream_record record;
	struct header header;
	struct slice rest;

	TRY(read_header(key, bytes, &header, &record, err));
	if (!kind_of_letter(header.kind, &record.kind))
		return malformed(err);
	record.expired = header.flags & IS_EXPIRED;
	record.has_new = header.flags & HAS_NEW;
	record.has_old = header.flags & HAS_OLD;
	rest = arena_copy(arena, slice_skip(bytes, sizeof(header)));
	TRY(take_map(
		&rest, le32toh(header.keys_length), arena, &record.keys, &record.size_bytes, err));
	if (record.has_new)
		TRY(take_map(&rest, le32toh(header.new_length), arena, &record.new,
			&record.size_bytes, err));
	if (record.has_old)
		TRY(take_map(&rest, le32toh(header.old_length), arena, &record.old,
			&record.size_bytes, err));
	if (rest.len)
		return malformed(err);
	*ret = record;
	return 0;
}
