/*
 * The text of one stream, as the descriptors that are open on it read it.
 *
 * Each byte of it has an offset that never changes (api/request_stream.h), so
 * what was read once is true for good: the lines that were read last are kept as
 * a window, for the reader that takes a line byte by byte, as dash's `read` does,
 * and for the many who wait for the same record.
 */
#pragma once

#include "base/buf.h"
#include "filesystem.h"
#include <pthread.h>

struct stream_text {
	struct slice table_name, label; /* owned */
	pthread_mutex_t mutex; /* of the window; a leaf */
	uint64_t window_start;
	struct buf window;
};

void stream_text_init(struct stream_text *text, struct slice table_name, struct slice label);
void stream_text_release(struct stream_text *text);
/* How far the stream goes by now. */
int stream_text_look(struct filesystem *fs, const struct stream_text *text, struct arena *arena,
	struct find_stream_output *ret, struct error *err) NODISCARD;
/* Appends size bytes from an offset on, or at the stream's end fewer.
 * ERROR_TRIMMED_DATA when there are none any more. */
int stream_text_read(struct filesystem *fs, struct stream_text *text, uint64_t offset, size_t size,
	struct buf *ret, struct error *err) NODISCARD;
