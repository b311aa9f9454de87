/*
 * Rows: one item each, under its row key (model/key.h).
 *
 * Layout of a record, integers little-endian:
 *
 *	u8  format version, 1
 *	u8  flags; bit 0: own text follows the item; bit 1: both are compressed
 *	u16 number of the dictionary they are compressed with; 0: none
 *	u32 item size in bytes, by DynamoDB's rules
 *	u32 length in bytes of the item's text on the mount
 *	u32 length in bytes of the encoded item
 *	i64 mtime, ns
 *	u64 stamp
 *	u64 reserved for a replication origin, zero
 *	encoded item (model/item.h), then the own text if any; or in their place one
 *		frame of zstd
 *
 * What is compressed is a matter of storage alone (store/convert.h): a row reads
 * the same either way.
 *
 * Own text is what a person wrote through the mount where it differs from the
 * canonical rendering. A write that brings none drops it.
 *
 * The stamp is the time of the change in ns, made unique and ever growing
 * within a store: it tells whether an item is still the one that was read.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/slice.h"
#include "store/table.h"
#include "store/txn.h"
#include <stdint.h>

#define ROW_HEADER_LENGTH 40

struct row_meta {
	int64_t mtime_ns;
	uint64_t stamp;
	uint32_t item_size;
	uint32_t text_length;
};

enum row_want {
	ROW_META, /* only the header is read from disk */
	ROW_FULL, /* item and own text too */
};

struct row {
	struct slice key;
	struct row_meta meta;
	struct slice item; /* encoded; ROW_FULL only */
	struct slice own_text; /* absent when the canonical rendering is the text */
	struct slice index_entry; /* from an index's cursor (store/index.h) */
};

#define ROW_ABSENT 1
/* Reads the row of a key: 0 or ROW_ABSENT. Bytes live in the transaction's
 * arena. */
int row_get(struct txn *txn, struct table *table, struct slice row_key, enum row_want want,
	struct row *ret, struct error *err) NODISCARD;

/* A range of row keys; an absent bound is open. */
struct row_range {
	struct slice lower; /* inclusive */
	struct slice upper; /* exclusive */
	bool backward;
};

struct row_cursor;

/* Opens a cursor that lives until row_cursor_close() or the end of the body,
 * whichever is first: row_cursor_closep() for CLEANUP. */
int row_cursor_open(struct txn *txn, struct table *table, const struct row_range *range,
	enum row_want want, struct row_cursor **ret, struct error *err) NODISCARD;
#define ROW_END 1
/* The next row in the range: 0 or ROW_END. The row's bytes are valid until
 * the next call; copy what must stay. */
int row_cursor_next(struct row_cursor *cursor, struct row *ret, struct error *err) NODISCARD;
/* Goes to the first row at or after the key (at or before it when backward),
 * for row_cursor_next() to return. */
void row_cursor_seek(struct row_cursor *cursor, struct slice row_key);
int row_cursor_close(struct row_cursor *cursor, struct error *err) NODISCARD;
/* Closes without a look at the result, on the failure path. NULL is allowed. */
void row_cursor_closep(struct row_cursor **cursor);
