/*
 * The line of a record (model/record_line.h).
 *
 * Offsets are made of these lines' lengths, so a line depends on nothing but
 * the record and what of the stream's description never changes, the region
 * among it.
 */
#include "base/hash.h"
#include "model/record_line.h"
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

void stream_append_line(struct buf *buf, const struct stream_description *stream,
	const struct stream_record *record)
{
	struct buf event_id CLEANUP(buf_release) = BUF_INIT;
	struct buf sequence_number CLEANUP(buf_release) = BUF_INIT;
	struct record_line line = {
		.event_name = slice_from_string(stream_event_names[record->kind]),
		.event_version = SLICE(STREAM_EVENT_VERSION),
		.event_source = SLICE(STREAM_EVENT_SOURCE),
		.region = stream->region,
		.time_seconds = record->time_ns / SECOND_NS,
		.keys = &record->keys,
		.new_image = record->has_new ? &record->new : NULL,
		.old_image = record->has_old ? &record->old : NULL,
		.size_bytes = record->size_bytes,
		.view_type = slice_from_string(stream_view_type_names[stream->view]),
	};

	stream_append_event_id(&event_id, stream, record->offset);
	stream_append_sequence_number(&sequence_number, record->offset);
	line.event_id = buf_slice(&event_id);
	line.sequence_number = buf_slice(&sequence_number);
	if (record->expired) {
		line.identity_type = SLICE(STREAM_EXPIRY_TYPE);
		line.identity_principal = SLICE(STREAM_EXPIRY_PRINCIPAL);
	}
	record_line_append(buf, &line);
}
