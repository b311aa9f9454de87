/* Stored bytes that are read as a row's record, compressed or not: damage is found
 * or harmless. */
#include "model/item.h"
#include "store/compress.h"
#include "store/record.h"

#include "fuzz.h"

/* What the records of the corpus that name a dictionary were compressed with. */
static const struct slice dictionary_text =
	SLICE("pk sk kind observation of wildlife seen at station heron otter badger magpie");

static bool decompress(const struct record *record, struct buf *body)
{
	struct compress_dictionary *dictionary =
		record->dictionary ? compress_dictionary_new(dictionary_text) : NULL;
	struct decompressor *decompressor = decompressor_new();
	bool r = decompressor_run(
		decompressor, dictionary, record->body, record_body_length(record), body);

	decompressor_free(decompressor);
	compress_dictionary_free(dictionary);
	return r;
}

/* What comes out can go in again. */
static void check_round_trip(struct slice body)
{
	CLEANUP(buf_release) struct buf packed = BUF_INIT;
	CLEANUP(buf_release) struct buf again = BUF_INIT;
	struct compress_dictionary *dictionary = compress_dictionary_new(dictionary_text);
	struct compressor *compressor = compressor_new();
	struct decompressor *decompressor = decompressor_new();

	if (compressor_run(compressor, dictionary, body, &packed)) {
		HOLDS(packed.len < body.len);
		HOLDS(decompressor_run(
			decompressor, dictionary, buf_slice(&packed), body.len, &again));
		HOLDS(slice_equal(buf_slice(&again), body));
	} else {
		HOLDS(packed.len == 0);
	}
	decompressor_free(decompressor);
	compressor_free(compressor);
	compress_dictionary_free(dictionary);
}

static void check_body(const struct record *record, struct slice body)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	struct row row = { .key = SLICE("") };
	struct map item;

	if (record_split(record, body, &row, &err) < 0 ||
		item_decode(&arena, row.item, &item, &err) < 0) {
		HOLDS(err.class == ERROR_CORRUPT);
		return;
	}
	HOLDS(row.item.len + row.own_text.len == body.len);
	HOLDS(slice_present(row.own_text) == record->has_own_text);
	check_round_trip(body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf body = BUF_INIT;
	struct slice bytes = slice_of((const char *)data, size);
	struct record record;

	if (record_parse(bytes, ROW_FULL, &record, &err) < 0) {
		HOLDS(err.class == ERROR_CORRUPT);
		return 0;
	}
	if (!record.compressed)
		check_body(&record, record.body);
	else if (decompress(&record, &body))
		check_body(&record, buf_slice(&body));
	else
		HOLDS(body.len == 0);
	return 0;
}
