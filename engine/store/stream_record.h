/*
 * Records of a stream as they lie in its file.
 *
 * Layout, integers little-endian:
 *
 *	u8  format version, 1
 *	u8  kind: 'I', 'M' or 'R'
 *	u8  flags; bit 0: new image, bit 1: old image, bit 2: by expiry
 *	u8  reserved, zero
 *	u32 length in bytes of its line (stream_append_line())
 *	i64 time, ns
 *	u32 length in bytes of the encoded keys
 *	u32 of the new image
 *	u32 of the old image
 *	u32 reserved, zero
 *	keys, new image, old image (model/item.h)
 */
#pragma once

#include "base/buf.h"
#include "store/stream.h"

#define STREAM_HEADER_LENGTH 32
#define STREAM_KEY_LENGTH    8

/* The key of a record: its offset, big-endian. */
void stream_key_encode(uint64_t offset, char key[STREAM_KEY_LENGTH]);
int stream_key_decode(struct slice key, uint64_t *ret_offset, struct error *err) NODISCARD;

/* Appends a record. */
void stream_record_encode(const struct stream_record *record, struct buf *buf);
/* What its key and header tell: offset, next_offset, time_ns. */
int stream_record_peek(struct slice key, struct slice bytes, struct stream_record *ret,
	struct error *err) NODISCARD;
/* All of it, in the arena. */
int stream_record_decode(struct slice key, struct slice bytes, struct arena *arena,
	struct stream_record *ret, struct error *err) NODISCARD;
