#include "store/pack.h"
#include "store/compress.h"
#include "store/dictionary.h"
#include "store/record.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

void packing_init(struct packing *packing)
{
	*packing = (struct packing){ .compressor = NULL };
	pthread_mutex_init(&packing->lock, NULL);
}

void packing_release(struct store *store)
{
	struct packing *packing = &store->packing;

	for (size_t i = 0; i < packing->idle_count; i++)
		decompressor_free(packing->idle[i]);
	dictionary_unref(store, packing->dictionary);
	compressor_free(packing->compressor);
	buf_release(&packing->packed);
	pthread_mutex_destroy(&packing->lock);
}

static struct decompressor *take_decompressor(struct packing *packing)
{
	struct decompressor *decompressor = NULL;

	pthread_mutex_lock(&packing->lock);
	if (packing->idle_count)
		decompressor = packing->idle[--packing->idle_count];
	pthread_mutex_unlock(&packing->lock);
	return decompressor ? decompressor : decompressor_new();
}

static void give_decompressor(struct packing *packing, struct decompressor *decompressor)
{
	pthread_mutex_lock(&packing->lock);
	if (packing->idle_count < UNPACKERS_KEPT) {
		packing->idle[packing->idle_count++] = decompressor;
		decompressor = NULL;
	}
	pthread_mutex_unlock(&packing->lock);
	decompressor_free(decompressor);
}

void unpacker_release(struct store *store, struct unpacker *unpacker)
{
	if (unpacker->decompressor)
		give_decompressor(&store->packing, unpacker->decompressor);
	dictionary_unref(store, unpacker->dictionary);
}

/* Makes *at the table's dictionary of a number, unless it is that already. */
static int turn_to(struct store *store, const struct table_body *body, uint16_t number,
	struct dictionary **at, struct error *err)
{
	const struct dictionary_name name = { body->id, number };

	if (number ? dictionary_is(*at, &name) : !*at)
		return 0;
	dictionary_unref(store, *at);
	*at = NULL;
	return number ? dictionary_find(store, &name, at, err) : 0;
}

int unpack(struct txn *txn, struct table *table, uint16_t number, struct slice bytes, size_t length,
	struct buf *buf, struct error *err)
{
	struct unpacker *unpacker = &txn->unpacker;

	if (turn_to(txn->store, table->body, number, &unpacker->dictionary, err) < 0) {
		if (!table->body->deleted)
			return -1;
		error_release(err); /* it went with its table */
		return table_check(table, err);
	}
	if (!unpacker->decompressor)
		unpacker->decompressor = take_decompressor(&txn->store->packing);
	if (!decompressor_run(unpacker->decompressor, dictionary_ready(unpacker->dictionary), bytes,
		    length, buf))
		return error_set(err, ERROR_CORRUPT, "a stored row does not decompress");
	return 0;
}

static bool wants_packing(const struct table_body *body)
{
	return body->newest->description.table_class == TABLE_CLASS_STANDARD_INFREQUENT_ACCESS;
}

int pack_record(
	struct txn *txn, const struct table_body *body, struct buf *record, struct error *err)
{
	struct packing *packing = &txn->store->packing;
	uint16_t number = conversion_dictionary(body);

	if (!wants_packing(body))
		return 0;
	TRY(turn_to(txn->store, body, number, &packing->dictionary, err));
	if (!packing->compressor)
		packing->compressor = compressor_new();
	buf_clear(&packing->packed);
	if (compressor_run(packing->compressor, dictionary_ready(packing->dictionary),
		    slice_skip(buf_slice(record), ROW_HEADER_LENGTH), &packing->packed))
		record_set_compressed(record, buf_slice(&packing->packed), number);
	return 0;
}

/* The record with its body decompressed. */
static int make_whole(struct txn *txn, struct table *table, const struct record *record,
	struct slice bytes, struct buf *ret, struct error *err)
{
	struct buf body CLEANUP(buf_release) = BUF_INIT;

	TRY(unpack(txn, table, record->dictionary, record->body, record_body_length(record), &body,
		err));
	buf_append(ret, bytes.data, ROW_HEADER_LENGTH);
	record_set_whole(ret, buf_slice(&body));
	return 0;
}

int pack_again(struct txn *txn, struct table *table, struct slice bytes, struct buf *ret,
	struct error *err)
{
	const struct table_body *body = table->body;
	struct record record;

	buf_clear(ret);
	TRY(record_parse(bytes, ROW_FULL, &record, err));
	if (!record.compressed)
		buf_append_slice(ret, bytes);
	else if (wants_packing(body) && record.dictionary == conversion_dictionary(body))
		return PACKED_ALREADY;
	else
		TRY(make_whole(txn, table, &record, bytes, ret, err));
	TRY(pack_record(txn, body, ret, err));
	return slice_equal(buf_slice(ret), bytes) ? PACKED_ALREADY : 0;
}
