/*
 * Training: a sample of the table's rows, spread by hash, since rows that lie
 * together are alike.
 *
 * The hashes are cut into ranges. Each may take its share of the sample and what
 * the ranges before it left; so that a table with few partitions gives a sample
 * too. What is still missing then is taken from the first rows on.
 */
#include "store/compress.h"
#include "store/dictionary.h"
#include "store/row.h"
#include "store/store_private.h"
#include "store/table_private.h"

#include <endian.h>

/* More sample makes no better dictionary, only a slower training: with 1 MB of
 * movies and 64 KB of dictionary records shrink to 34%, with 8 MB too. */
#define SAMPLE_BYTES (1u << 20)
#define RANGES       512u
/* Of one row: an item of 400 KB is no sample of anything. */
#define PIECE_BYTES (8u << 10)
#define PIECES_MIN  64u /* fewer have nothing in common */
/* The dictionary's, which is kept beside the rows: the part of the sample that
 * it may be. */
#define DICTIONARY_PART  16
#define DICTIONARY_BYTES (64u << 10)

struct sample {
	struct table *table;
	unsigned range; /* the next one to be looked at */
	struct buf bytes; /* piece after piece */
	struct buf lengths; /* size_t each */
};

static size_t piece_count(const struct sample *sample)
{
	return sample->lengths.len / sizeof(size_t);
}

static void add_piece(struct sample *sample, const struct row *row)
{
	/* The own text stands behind the item in the record. */
	size_t length = row->item.len + row->own_text.len;

	if (length > PIECE_BYTES)
		length = PIECE_BYTES;
	buf_append(&sample->bytes, row->item.data, length);
	buf_append(&sample->lengths, &length, sizeof(length));
}

/* Adds rows of a range till the sample has so many bytes. */
static int add_rows(struct txn *txn, struct sample *sample, const struct row_range *range,
	size_t most, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct row row;
	int r;

	TRY(row_cursor_open(txn, sample->table, range, ROW_FULL, &cursor, err));
	while (sample->bytes.len < most) {
		TRY(r = row_cursor_next(cursor, &row, err));
		if (r == ROW_END)
			break;
		add_piece(sample, &row);
	}
	return row_cursor_close(cursor, err);
}

/* A row key begins with its hash, big-endian (model/key.h). */
static int add_range_body(struct txn *txn, void *context, struct error *err)
{
	struct sample *sample = context;
	const uint64_t width = UINT64_MAX / RANGES;
	uint64_t lower = htobe64(sample->range * width);
	uint64_t upper = htobe64((sample->range + 1) * width);
	const struct row_range range = {
		.lower = slice_of((const char *)&lower, sizeof(lower)),
		.upper = slice_of((const char *)&upper, sizeof(upper)),
	};

	return add_rows(
		txn, sample, &range, (size_t)(sample->range + 1) * (SAMPLE_BYTES / RANGES), err);
}

/* All of it anew: what was found lies in few ranges. */
static int add_first_body(struct txn *txn, void *context, struct error *err)
{
	struct sample *sample = context;

	buf_clear(&sample->bytes);
	buf_clear(&sample->lengths);
	return add_rows(txn, sample, &(struct row_range){ 0 }, SAMPLE_BYTES, err);
}

static int run(struct sample *sample, txn_body *body, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	return txn_run(
		sample->table->body->store, TXN_READ, DURABLE_PROCESS, &arena, body, sample, err);
}

static int take_sample(struct sample *sample, struct error *err)
{
	for (sample->range = 0; sample->range < RANGES; sample->range++) {
		if (worker_stopping(&sample->table->body->store->worker))
			break;
		TRY(run(sample, add_range_body, err));
	}
	return sample->bytes.len < SAMPLE_BYTES / 2 ? run(sample, add_first_body, err) : 0;
}

int dictionary_train(struct table *table, struct buf *ret, struct error *err)
{
	struct sample sample = { .table = table };
	size_t most;
	bool trained = false;

	if (take_sample(&sample, err) < 0) {
		buf_release(&sample.bytes);
		buf_release(&sample.lengths);
		return -1;
	}
	most = sample.bytes.len / DICTIONARY_PART;
	if (piece_count(&sample) >= PIECES_MIN)
		trained = compress_train(buf_slice(&sample.bytes),
			(const size_t *)(const void *)sample.lengths.data, piece_count(&sample),
			most < DICTIONARY_BYTES ? most : DICTIONARY_BYTES, ret);
	buf_release(&sample.bytes);
	buf_release(&sample.lengths);
	return trained ? 0 : DICTIONARY_NONE;
}
