/*
 * Streams: for each, an append-only log of changes, kept 24 hours.
 *
 *	DATA/streams.db		stream id -> description, as JSON (stream_registry.h)
 *	DATA/stream-ID.db	u64 offset, big-endian -> record (stream_record.h)
 *
 * A record's key is the offset in bytes at which its line stands when the
 * whole stream is written as JSON Lines (stream_append_line()), so that it can
 * be shown as a regular file; the log's end is that file's size. Old records go
 * from the front, offsets never change.
 *
 * Invariants:
 * 1. One record a change of data, in the order of commits, in the transaction of
 *    the change; none for CHANGE_NONE.
 * 2. A sequence number is the record's offset plus a constant, written with
 *    21 digits: ordered, unique within the stream, and never used again.
 * 3. A disabled stream, or one whose table is gone, stays readable until its
 *    last record is 24 hours old (or 24 hours after its end), then it is removed.
 * 4. What the keeper asks to keep stays longer, and its stream with it. Within a
 *    write transaction no trimming is under way.
 *
 * The API's view: one shard a stream, open while the stream is enabled. Source:
 * API Reference, "Amazon DynamoDB Streams"; Developer Guide, "Change data
 * capture for DynamoDB Streams".
 */
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/change.h"
#include "model/value.h"
#include "store/table.h"
#include "store/txn.h"

#define STREAM_RETENTION_SECONDS (24 * 60 * 60)

struct stream_description {
	struct slice id;
	struct slice table_name;
	struct slice table_id;
	struct slice label;
	struct slice region; /* when it began: records name it */
	enum stream_view view;
	struct key_schema key;
	bool enabled;
	int64_t created_ns;
	int64_t ended_ns; /* 0 while enabled */
};

/* Begins a stream for a table, within the transaction that changes or makes the
 * table; fills stream_id, stream_label and stream_view of *table, in the
 * transaction's arena. */
int stream_enable(struct txn *txn, struct table_description *table, enum stream_view view,
	struct error *err) NODISCARD;
/* Ends it; clears stream_id of *table. */
int stream_disable(struct txn *txn, struct table_description *table, struct error *err) NODISCARD;

/* What the write path tells of one change of data. */
struct stream_change {
	enum change_kind kind; /* INSERT, MODIFY or REMOVE */
	const struct map *old; /* NULL for INSERT */
	const struct map *new; /* NULL for REMOVE */
	bool expired;
};

/* Appends a record to the table's stream; nothing when it has none. */
int stream_append(struct txn *txn, struct table *table, const struct stream_change *change,
	struct error *err) NODISCARD;

struct stream_record {
	uint64_t offset;
	uint64_t next_offset;
	int64_t time_ns;
	enum change_kind kind;
	bool expired;
	struct map keys; /* the images hold what the view type shows */
	bool has_new, has_old;
	struct map new, old;
	uint64_t size_bytes; /* keys and images */
};

#define STREAM_ABSENT 1
/* A stream by table name and label, in the arena: 0 or STREAM_ABSENT. */
int stream_find(struct store *store, struct slice table_name, struct slice label,
	struct arena *arena, struct stream_description *ret, struct error *err) NODISCARD;
/* All of them, those of one table (absent: of every), in the order of table name
 * and label. */
int stream_list(struct store *store, struct slice table_name, struct arena *arena,
	struct stream_description **ret, size_t *ret_count, struct error *err) NODISCARD;
struct stream_extent {
	uint64_t start; /* offset of the oldest record that is kept */
	uint64_t last; /* of the newest one */
	uint64_t end; /* after it; all are equal when the stream is empty */
	int64_t newest_ns; /* time of the newest one; 0 when the stream is empty */
};
/* 0, or STREAM_ABSENT when it was removed. */
int stream_extent(struct store *store, const struct stream_description *stream,
	struct stream_extent *ret, struct error *err) NODISCARD;
/* Records from an offset on (the first at or after it), at most limit and about
 * max_bytes of keys and images, but one if there is any; in the arena. 0 or
 * STREAM_ABSENT. */
int stream_read(struct store *store, const struct stream_description *stream, uint64_t offset,
	size_t limit, size_t max_bytes, struct arena *arena, struct stream_record **ret,
	size_t *ret_count, struct error *err) NODISCARD;

/* The same from the record on within which the offset is. */
int stream_read_within(struct store *store, const struct stream_description *stream,
	uint64_t offset, size_t limit, size_t max_bytes, struct arena *arena,
	struct stream_record **ret, size_t *ret_count, struct error *err) NODISCARD;
/* Appends to the buffer the stream's text from a byte on: at least size bytes, in
 * whole lines but for the first and no more of them than that takes, or as many as
 * there are. 0, STREAM_ABSENT, or ERROR_TRIMMED_DATA when the record in which that
 * byte stood is gone. */
int stream_read_text(struct store *store, const struct stream_description *stream, uint64_t offset,
	size_t size, struct buf *ret, struct error *err) NODISCARD;

extern const char *const stream_view_type_names[]; /* of enum stream_view; NULL ends it */
extern const char *const stream_event_names[]; /* of INSERT, MODIFY and REMOVE */
#define STREAM_EVENT_VERSION    "1.1"
#define STREAM_EVENT_SOURCE     "aws:dynamodb"
#define STREAM_EXPIRY_TYPE      "Service" /* who deletes what has expired */
#define STREAM_EXPIRY_PRINCIPAL "dynamodb.amazonaws.com"

/* Appends a record's line of JSON, with its newline: next_offset - offset bytes. */
void stream_append_line(struct buf *buf, const struct stream_description *stream,
	const struct stream_record *record);
/* 32 hexadecimal digits. */
void stream_append_event_id(
	struct buf *buf, const struct stream_description *stream, uint64_t offset);
/* Sequence numbers, 21 digits; false when the text is none. */
void stream_append_sequence_number(struct buf *buf, uint64_t offset);
bool stream_parse_sequence_number(struct slice text, uint64_t *ret_offset);

/* Removes what is older than the retention and nobody has asked to keep
 * (store_keep_streams()); the worker calls it. now_ns so that tests can make time
 * pass. */
int stream_trim(struct store *store, int64_t now_ns, struct error *err) NODISCARD;
