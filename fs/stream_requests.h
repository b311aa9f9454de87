/*
 * What the mount asks of streams. A label names one of a table's streams, an
 * absent one that which is enabled.
 */
#pragma once

#include "base/buf.h"
#include "filesystem.h"

/* Where a stream is and how far it goes; ret->found tells whether there is one. */
int request_stream(struct filesystem *fs, const struct find_stream_input *input,
	struct arena *arena, struct find_stream_output *ret, struct error *err) NODISCARD;
/* The stream of a table that is enabled: 0 or -errno, -ENOENT when there is none. */
int request_stream_of(struct filesystem *fs, const struct mount_table *table, struct arena *arena,
	struct find_stream_output *ret);
/* Text from an offset on: at least size bytes, or all that there is; in the arena. */
int request_stream_text(struct filesystem *fs, const struct read_stream_input *input,
	struct arena *arena, struct slice *ret, struct error *err) NODISCARD;
/* Enables a stream of that view type, or with an absent one disables it. */
int request_stream_view(struct filesystem *fs, struct slice table_name, struct slice view,
	struct error *err) NODISCARD;
