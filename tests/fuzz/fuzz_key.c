/* Stored bytes that are read as a row's key, under every shape of key: what is
 * read is written as the same bytes. The input lacks the hash, which no mutant
 * would have right; it is put in front. */
#include "base/hash.h"
#include "model/key.h"

#include "fuzz.h"

static const enum value_type types[] = { VALUE_S, VALUE_N, VALUE_B };

static void check(const struct key_schema *schema, struct slice bytes)
{
	CLEANUP(arena_release) struct arena arena = ARENA_INIT;
	CLEANUP(error_release) struct error err = ERROR_INIT;
	CLEANUP(buf_release) struct buf again = BUF_INIT;
	struct key key;

	HOLDS(key_partition_length(schema, bytes) <= bytes.len);
	if (key_decode(schema, bytes, &arena, &key, &err) < 0) {
		HOLDS(err.class == ERROR_CORRUPT);
		return;
	}
	key_encode(schema, &key, &again);
	HOLDS(slice_equal(buf_slice(&again), bytes));
}

static void check_with_hash(const struct key_schema *schema, struct buf *bytes)
{
	size_t len = key_partition_length(schema, buf_slice(bytes));
	uint64_t hash;

	if (len == 0)
		return;
	hash = hash64(slice_of(bytes->data + KEY_HASH_LENGTH, len - KEY_HASH_LENGTH));
	for (int i = 0; i < KEY_HASH_LENGTH; i++)
		bytes->data[i] = (char)(hash >> (56 - 8 * i));
	check(schema, buf_slice(bytes));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_release) struct buf bytes = BUF_INIT;

	buf_resize(&bytes, KEY_HASH_LENGTH);
	buf_append(&bytes, data, size);
	for (size_t p = 0; p < ARRAY_SIZE(types); p++) {
		struct key_schema schema = { .partition = { SLICE("p"), types[p] } };

		check_with_hash(&schema, &bytes);
		for (size_t s = 0; s < ARRAY_SIZE(types); s++) {
			schema.sort = (struct key_attribute){ SLICE("s"), types[s] };
			check_with_hash(&schema, &bytes);
		}
	}
	return 0;
}
