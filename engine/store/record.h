/* The record of a row, byte by byte: the layout is in row.h. */
#pragma once

#include "base/buf.h"
#include "store/row.h"
#include <db.h>

#define RECORD_MTIME_OFFSET 16

/* Reads a record, or with ROW_META the header of one. ERROR_CORRUPT when the
 * bytes are not one. Slices borrow. */
int record_decode(struct slice key, struct slice bytes, enum row_want want, struct row *ret,
	struct error *err) NODISCARD;
/* Makes a record of a buffer that holds ROW_HEADER_LENGTH bytes of anything
 * and the encoded item after them. */
void record_finish(struct buf *buf, const struct row_meta *meta, struct slice own_text);
/* The bytes of an mtime as the header has them. */
void record_put_i64(char *at, int64_t value);

/* Reads a row as row_get() does, leaving the cursor on it, its page locked for
 * a write to follow. */
int row_get_at(struct txn *txn, DBC *at, struct slice row_key, enum row_want want, struct row *ret,
	struct error *err) NODISCARD;
