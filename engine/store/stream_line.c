/*
 * The line of a record: DynamoDB's record as compact JSON, its keys and images
 * plain (model/plain.h).
 *
 * Offsets are made of these lines' lengths, so a line depends on nothing but
 * the record and what of the stream's description never changes, the region
 * among it; a change of this file that changes a line's length needs another
 * format version of records.
 *
 * Source: API Reference, "Record" of Amazon DynamoDB Streams; the spelling of
 * userIdentity is that of the Developer Guide, "DynamoDB Streams and Time to
 * Live".
 */
#include "base/hash.h"
#include "model/json.h"
#include "model/plain.h"
#include "store/stream.h"

#include <inttypes.h>

#define SECOND_NS 1000000000

const char *const stream_event_names[] = {
	[CHANGE_INSERT] = "INSERT",
	[CHANGE_MODIFY] = "MODIFY",
	[CHANGE_REMOVE] = "REMOVE",
};

const char *const stream_view_type_names[] = {
	[STREAM_KEYS_ONLY] = "KEYS_ONLY",
	[STREAM_NEW_IMAGE] = "NEW_IMAGE",
	[STREAM_OLD_IMAGE] = "OLD_IMAGE",
	[STREAM_NEW_AND_OLD_IMAGES] = "NEW_AND_OLD_IMAGES",
	NULL,
};

void stream_append_event_id(
	struct buf *buf, const struct stream_description *stream, uint64_t offset)
{
	/* The offset makes it unique within the stream, the id among streams. */
	buf_appendf(buf, "%016" PRIx64 "%016" PRIx64, hash64(stream->id), offset);
}

void stream_append_sequence_number(struct buf *buf, uint64_t offset)
{
	buf_appendf(buf, "1%020" PRIu64, offset);
}

bool stream_parse_sequence_number(struct slice text, uint64_t *ret_offset)
{
	uint64_t offset = 0;

	if (text.len != 21 || text.data[0] != '1')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		if (__builtin_mul_overflow(offset, 10, &offset) ||
			__builtin_add_overflow(offset, text.data[i] - '0', &offset))
			return false;
	}
	*ret_offset = offset;
	return true;
}

static void append_member(struct buf *buf, const char *name, const struct map *map)
{
	buf_appendf(buf, ",\"%s\":", name);
	plain_append_line(buf, map);
	buf->len--; /* its newline */
}

static void append_images(struct buf *buf, const struct stream_record *record)
{
	append_member(buf, "Keys", &record->keys);
	if (record->has_new)
		append_member(buf, "NewImage", &record->new);
	if (record->has_old)
		append_member(buf, "OldImage", &record->old);
}

void stream_append_line(struct buf *buf, const struct stream_description *stream,
	const struct stream_record *record)
{
	buf_append_string(buf, "{\"eventID\":\"");
	stream_append_event_id(buf, stream, record->offset);
	buf_appendf(buf,
		"\",\"eventName\":\"%s\",\"eventVersion\":\"" STREAM_EVENT_VERSION
		"\",\"eventSource\":\"" STREAM_EVENT_SOURCE "\",\"awsRegion\":",
		stream_event_names[record->kind]);
	json_append_string(buf, stream->region);
	buf_appendf(buf, ",\"dynamodb\":{\"ApproximateCreationDateTime\":%" PRId64,
		record->time_ns / SECOND_NS);
	append_images(buf, record);
	buf_append_string(buf, ",\"SequenceNumber\":\"");
	stream_append_sequence_number(buf, record->offset);
	buf_appendf(buf, "\",\"SizeBytes\":%" PRIu64 ",\"StreamViewType\":\"%s\"}",
		record->size_bytes, stream_view_type_names[stream->view]);
	if (record->expired)
		buf_append_string(buf, ",\"userIdentity\":{\"type\":\"" STREAM_EXPIRY_TYPE
				       "\",\"principalId\":\"" STREAM_EXPIRY_PRINCIPAL "\"}");
	buf_append_string(buf, "}\n");
}
