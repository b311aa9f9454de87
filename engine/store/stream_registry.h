/*
 * The registry: DATA/streams.db, stream id -> description and start as a JSON
 * object. The end of a stream is that of its last record, or its start.
 */
#pragma once

#include "store/stream_set.h"

/* Writes a stream's entry by its next state, or deletes it when that is not
 * registered. */
int stream_registry_put(struct txn *txn, const struct stream *stream, struct error *err) NODISCARD;

/* Called for each stream, in byte order of id; slices are valid during it. */
typedef int stream_registry_visitor(void *context, const struct stream_description *description,
	uint64_t start, struct error *err);
int stream_registry_read(
	DB *registry, stream_registry_visitor *visit, void *context, struct error *err) NODISCARD;
