#include "store/row.h"
#include "store/record.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <endian.h>
#include <stddef.h>

#define RECORD_VERSION      1
#define RECORD_HAS_OWN_TEXT 0x01

/* The header as it lies in the file. */
struct header {
	uint8_t version;
	uint8_t flags;
	uint16_t reserved;
	uint32_t item_size;
	uint32_t text_length;
	uint32_t encoded_length;
	uint64_t mtime_ns;
	uint64_t stamp;
	uint64_t origin;
};
_Static_assert(sizeof(struct header) == ROW_HEADER_LENGTH, "the header has no padding");
_Static_assert(offsetof(struct header, mtime_ns) == RECORD_MTIME_OFFSET, "mtime's place");

static int malformed(struct error *err)
{
	return error_set(err, ERROR_CORRUPT, "a stored row is malformed");
}

/* Finds the item and the own text behind the header. */
static bool split_body(struct slice body, const struct header *header, struct row *ret)
{
	uint32_t encoded = le32toh(header->encoded_length);

	if (encoded > body.len)
		return false;
	ret->item = slice_of(body.data, encoded);
	if (header->flags & RECORD_HAS_OWN_TEXT)
		ret->own_text = slice_skip(body, encoded);
	return slice_present(ret->own_text) || encoded == body.len;
}

int record_decode(struct slice key, struct slice bytes, enum row_want want, struct row *ret,
	struct error *err)
{
	struct header header;
	struct row row = { .key = key };

	if (bytes.len < sizeof(header))
		return malformed(err);
	memcpy(&header, bytes.data, sizeof(header));
	if (header.version != RECORD_VERSION)
		return error_set(err, ERROR_CORRUPT, "a stored row has version %u, unknown here",
			header.version);
	row.meta.item_size = le32toh(header.item_size);
	row.meta.text_length = le32toh(header.text_length);
	row.meta.mtime_ns = (int64_t)le64toh(header.mtime_ns);
	row.meta.stamp = le64toh(header.stamp);
	if (want == ROW_FULL && !split_body(slice_skip(bytes, sizeof(header)), &header, &row))
		return malformed(err);
	*ret = row;
	return 0;
}

void record_finish(struct buf *buf, const struct row_meta *meta, struct slice own_text)
{
	const struct header header = {
		.version = RECORD_VERSION,
		.flags = slice_present(own_text) ? RECORD_HAS_OWN_TEXT : 0,
		.item_size = htole32(meta->item_size),
		.text_length = htole32(meta->text_length),
		.encoded_length = htole32((uint32_t)(buf->len - sizeof(header))),
		.mtime_ns = htole64((uint64_t)meta->mtime_ns),
		.stamp = htole64(meta->stamp),
	};

	memcpy(buf->data, &header, sizeof(header));
	buf_append_slice(buf, own_text);
}

void record_put_i64(char *at, int64_t value)
{
	uint64_t bytes = htole64((uint64_t)value);

	memcpy(at, &bytes, sizeof(bytes));
}

/* The transaction's memory for what is read. */
static DBT *scratch(struct txn *txn, enum row_want want)
{
	txn->scratch.flags = DB_DBT_REALLOC | (want == ROW_META ? DB_DBT_PARTIAL : 0);
	txn->scratch.doff = 0;
	txn->scratch.dlen = ROW_HEADER_LENGTH;
	return &txn->scratch;
}

/* Makes a row of what was read, by what Berkeley DB returned. */
static int finish_get(struct txn *txn, int r, struct slice row_key, enum row_want want,
	struct row *ret, struct error *err)
{
	if (r == DB_NOTFOUND)
		return ROW_ABSENT;
	if (r)
		return bdb_error(err, r, "reading a row");
	return record_decode(arena_copy(txn->arena, row_key),
		arena_copy(txn->arena, bdb_slice(&txn->scratch)), want, ret, err);
}

int row_get_at(struct txn *txn, DBC *at, struct slice row_key, enum row_want want, struct row *ret,
	struct error *err)
{
	DBT key = bdb_input(row_key);
	int r = at->get(at, &key, scratch(txn, want), DB_SET | DB_RMW);

	return finish_get(txn, r, row_key, want, ret, err);
}

int row_get(struct txn *txn, struct table *table, struct slice row_key, enum row_want want,
	struct row *ret, struct error *err)
{
	DBT key = bdb_input(row_key);
	int r;

	TRY(table_check(table, err));
	/* A reader holds nothing any more once its call has failed on a deadlock,
	 * so it tries again by itself. */
	for (int try = 1;; try++) {
		r = table->body->file->get(
			table->body->file, txn->bdb, &key, scratch(txn, want), 0);
		if (r != DB_LOCK_DEADLOCK || txn->bdb || try == TXN_TRIES)
			break;
	}
	return finish_get(txn, r, row_key, want, ret, err);
}
