/*
 * A stream as text: the lines of its records, one after the other, each byte at
 * the offset that it has for good.
 */
#include "store/stream.h"

#include <inttypes.h>

/* So long is the line of the least record, or longer. */
#define LINE_LENGTH_MIN 256

/* Where an appending of text has got to. */
struct text_position {
	struct store *store;
	const struct stream_description *stream;
	uint64_t offset;
};

static int trimmed(const struct text_position *position, struct error *err)
{
	return error_set(err, ERROR_TRIMMED_DATA,
		"the records at byte %" PRIu64 " of the stream are gone: they are kept for %d "
		"hours, and longer only for a reader of .stream that has yet to come to them",
		position->offset, STREAM_RETENTION_SECONDS / 3600);
}

/* Appends a record's line, from the position on. */
static int append_rest(struct text_position *position, const struct stream_record *record,
	struct buf *ret, struct error *err)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	if (record->offset > position->offset)
		return trimmed(position, err);
	stream_append_line(&line, position->stream, record);
	if (record->next_offset != record->offset + line.len ||
		record->next_offset <= position->offset)
		return error_set(err, ERROR_CORRUPT,
			"the line of the stream's record at byte %" PRIu64
			" has not the length it had",
			record->offset);
	buf_append_slice(ret, slice_skip(buf_slice(&line), position->offset - record->offset));
	position->offset = record->next_offset;
	return 0;
}

/* A run of records, until the buffer has that length: 0 or STREAM_ABSENT. */
static int append_run(
	struct text_position *position, size_t length, struct buf *ret, struct error *err)
{
	size_t size = length - ret->len;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct stream_record *records;
	size_t count;
	int r;

	/* A line is longer than what it tells of. */
	TRY(r = stream_read_within(position->store, position->stream, position->offset,
		    size / LINE_LENGTH_MIN + 1, size, &arena, &records, &count, err));
	if (r == STREAM_ABSENT)
		return r;
	if (!count)
		return trimmed(position, err);
	for (size_t i = 0; i < count && ret->len < length; i++)
		TRY(append_rest(position, &records[i], ret, err));
	return 0;
}

int stream_read_text(struct store *store, const struct stream_description *stream, uint64_t offset,
	size_t size, struct buf *ret, struct error *err)
{
	struct text_position position = { store, stream, offset };
	size_t wanted = ret->len + size;
	struct stream_extent extent;
	int r;

	TRY(r = stream_extent(store, stream, &extent, err));
	while (r == 0 && position.offset < extent.end && ret->len < wanted)
		TRY(r = append_run(&position, wanted, ret, err));
	return r;
}
