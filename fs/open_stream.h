/*
 * Streams that `.stream` has open: what all the descriptors on one share.
 *
 * `.stream` shows a stream's text from an origin on: the file's offset 0 is the
 * text's offset origin, its size is the text's end less the origin.
 *
 * Invariants:
 * 1. The origin is the oldest record that is kept when the first descriptor is
 *    opened, and stays until the last one is closed: the kernel asks for a file's
 *    size without saying for which descriptor. While none is open, it is the
 *    oldest record that is kept at the moment.
 * 2. Nothing is trimmed from the smallest offset on that an open descriptor has
 *    reached (open_streams_keep(), which the engine asks). One that reads has
 *    reached the origin when it is opened, and later the end of what it read.
 * 3. A descriptor stays with its stream and origin. The name gets another node,
 *    as its size is another one's, when the stream is no longer the table's, and
 *    when one more reader comes after some of the file was trimmed.
 *
 * Its mutex is taken within a write transaction of the engine's, to be asked what
 * to keep: so the engine is not called under it.
 */
#pragma once

#include "filesystem.h"
#include "stream_text.h"

/* One descriptor that reads. */
struct stream_reader {
	struct stream_reader *next;
	uint64_t reached; /* offset in the text */
};

/* The origin and the text may be read by who has it open. */
struct open_stream {
	struct open_stream *next;
	unsigned references;
	struct slice id, table_id; /* owned */
	struct node *node; /* descriptors hold it */
	bool replaced; /* the name has another node by now */
	bool settled; /* the origin is known */
	uint64_t origin;
	uint64_t end; /* as far as it was seen */
	int64_t modified_ns; /* when it was seen to grow */
	struct stream_reader *readers;
	struct stream_text text;
};

struct open_streams *open_streams_new(void) __attribute__((returns_nonnull));
void open_streams_free(struct open_streams *streams);
/* A stream_keeper. */
uint64_t open_streams_keep(void *streams, struct slice stream_id);

/* Opens the stream that the node's table has enabled: 0 or -errno, -ENOENT when
 * there is none, -ESTALE when the name has another node now. */
int open_stream_begin(struct filesystem *fs, const struct node_view *view,
	struct stream_reader *reader, struct open_stream **ret);
void open_stream_end(
	struct filesystem *fs, struct open_stream *stream, struct stream_reader *reader);
/* Notes that a reader has read up to this offset of the text. */
void open_stream_reached(struct filesystem *fs, struct stream_reader *reader, uint64_t offset);

/* Size and time of what a node shows, by the stream that its descriptors have
 * open: 0 or -errno, -ENOENT when they have none. */
int open_stream_attributes(struct filesystem *fs, const struct node *node, struct stat *ret);
/* The same of a table's name `.stream`: -ENOENT when it has none enabled. */
int table_stream_attributes(
	struct filesystem *fs, const struct mount_table *table, struct stat *ret);
