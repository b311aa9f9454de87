/*
 * The record of a row, byte by byte: the layout is in row.h.
 *
 * A record is whole by itself, or its body is compressed, perhaps with one of
 * its table's dictionaries. Only a table's rows are compressed (store/pack.h).
 */
#pragma once

#include "base/buf.h"
#include "store/row.h"
#include <db.h>

#define RECORD_MTIME_OFFSET 16
/* Bytes of a body: more than any item and its text can be. */
#define RECORD_BODY_MAX (64u << 20)

/* A record taken apart. */
struct record {
	struct row_meta meta;
	bool has_own_text;
	bool compressed;
	uint16_t dictionary; /* number; 0: none */
	uint32_t item_length; /* encoded */
	struct slice body; /* as it lies there; absent with ROW_META */
};

/* Takes a record apart, or with ROW_META the header of one. ERROR_CORRUPT when
 * the bytes are not one. Slices borrow. */
int record_parse(
	struct slice bytes, enum row_want want, struct record *ret, struct error *err) NODISCARD;
/* The length of the body when it is not compressed. */
size_t record_body_length(const struct record *record);
/* Finds item and own text in a body that is not compressed, any more. Borrows. */
int record_split(const struct record *record, struct slice body, struct row *ret,
	struct error *err) NODISCARD;

/* Reads a record that is whole by itself, or with ROW_META the header of any.
 * ERROR_CORRUPT when the bytes are not one. Slices borrow. */
int record_decode(struct slice key, struct slice bytes, enum row_want want, struct row *ret,
	struct error *err) NODISCARD;
/* Makes a record of a buffer that holds ROW_HEADER_LENGTH bytes of anything
 * and the encoded item after them. It is whole by itself. */
void record_finish(struct buf *buf, const struct row_meta *meta, struct slice own_text);
/* Puts another body, the same one in another form, into a record; the number is
 * that of the dictionary. */
void record_set_compressed(struct buf *record, struct slice body, uint16_t dictionary);
void record_set_whole(struct buf *record, struct slice body);
/* The bytes of an mtime as the header has them. */
void record_put_i64(char *at, int64_t value);

/* Reads a row as row_get() does, leaving the cursor on it, its page locked for
 * a write to follow. */
int row_get_at(struct txn *txn, struct table *table, DBC *at, struct slice row_key,
	enum row_want want, struct row *ret, struct error *err) NODISCARD;

/* Reads the records of a table's rows, in whatever form they are, for one
 * transaction. Zero but for txn and table at first. */
struct row_reader {
	struct txn *txn;
	struct table *table;
	struct buf body; /* memory for one that was compressed */
};

/* Reads one. Slices borrow from the bytes, or are valid until the next call. */
int row_reader_read(struct row_reader *reader, struct slice key, struct slice bytes,
	enum row_want want, struct row *ret, struct error *err) NODISCARD;
void row_reader_release(struct row_reader *reader);
