/*
 * A record of a stream as a line of JSON: DynamoDB's record, its keys and images
 * plain (plain.h).
 *
 * Offsets in a stream are made of these lines' lengths: a change that makes a
 * line shorter or longer needs another format version of records.
 *
 * Source: API Reference, "Record" of Amazon DynamoDB Streams; the spelling of
 * userIdentity is that of the Developer Guide, "DynamoDB Streams and Time to
 * Live".
 */
#pragma once

#include "base/buf.h"
#include "model/value.h"
#include <stdint.h>

struct record_line {
	struct slice event_id, event_name, event_version, event_source, region;
	int64_t time_seconds;
	const struct map *keys, *new_image, *old_image; /* NULL: left out */
	struct slice sequence_number;
	uint64_t size_bytes;
	struct slice view_type;
	struct slice identity_type, identity_principal; /* absent, or both */
};

/* Appends the line, with its newline. */
void record_line_append(struct buf *buf, const struct record_line *record);
