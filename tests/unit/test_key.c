#undef NDEBUG
#include "base/hash.h"
#include "model/key.h"
#include "test.h"

static const struct key_schema string_schema = {
	.partition = { { "pk", 2 }, VALUE_S },
};
static const struct key_schema pair_schema = {
	.partition = { { "pk", 2 }, VALUE_S },
	.sort = { { "sk", 2 }, VALUE_N },
};
static const struct key_schema binary_schema = {
	.partition = { { "pk", 2 }, VALUE_N },
	.sort = { { "sk", 2 }, VALUE_B },
};

static struct value string_value(struct slice text)
{
	return (struct value){ .type = VALUE_S, .bytes = text };
}

static struct value binary_value(struct slice bytes)
{
	return (struct value){ .type = VALUE_B, .bytes = bytes };
}

static struct value number_value(int64_t number)
{
	return (struct value){ .type = VALUE_N, .number = number_from_int64(number) };
}

static void an_item_without_its_key_is_refused_by_name(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct member members[] = { { SLICE("pk"), string_value(SLICE("a")) } };
	struct key key;

	CHECK_INT(key_from_item(&pair_schema, &(struct map){ members, 0 }, &key, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Missing the key pk in the item");
	CHECK_INT(key_from_item(&pair_schema, &(struct map){ members, 1 }, &key, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Missing the key sk in the item");
}

static void a_key_of_another_type_is_refused_with_both_types(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct member members[] = { { SLICE("pk"), number_value(1) } };
	struct key key;

	CHECK_INT(key_from_item(&string_schema, &(struct map){ members, 1 }, &key, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: "
		"Type mismatch for key pk expected: S actual: N");
}

static void an_empty_key_is_refused(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct key empty_partition = { .partition = string_value(SLICE("")) };
	struct key empty_sort = { .partition = number_value(0), .sort = binary_value(SLICE("")) };

	CHECK_INT(key_validate(&string_schema, &empty_partition, &err), -1);
	CHECK_ERROR(&err, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. The AttributeValue for a key "
		"attribute cannot contain an empty string value. Key: pk");
	CHECK_INT(key_validate(&binary_schema, &empty_sort, &err), -1);
	CHECK_ERROR(&err, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. The AttributeValue for a key "
		"attribute cannot contain an empty binary value. Key: sk");
}

static void keys_have_a_greatest_length(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	struct key key = { .partition = number_value(1) };

	buf_resize(&bytes, KEY_PARTITION_MAX + 1);
	key.partition = string_value(slice_of(bytes.data, KEY_PARTITION_MAX));
	CHECK_OK(key_validate(&string_schema, &key, &err), &err);
	key.partition.bytes.len++;
	CHECK_INT(key_validate(&string_schema, &key, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: "
		"Size of hashkey has exceeded the maximum size limit of2048 bytes");
	key.partition = number_value(1);
	key.sort = binary_value(slice_of(bytes.data, KEY_SORT_MAX));
	CHECK_OK(key_validate(&binary_schema, &key, &err), &err);
	key.sort.bytes.len++;
	CHECK_INT(key_validate(&binary_schema, &key, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Aggregated size of all range keys "
		"has exceeded the size limit of 1024 bytes");
}

static void a_key_parameter_holds_the_key_and_nothing_else(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct member members[] = { { SLICE("sk"), number_value(7) },
		{ SLICE("pk"), string_value(SLICE("a")) }, { SLICE("x"), number_value(1) } };
	struct member wrong[] = { members[1], { SLICE("sk"), string_value(SLICE("7")) } };
	const struct map bad[] = { { members, 1 }, { members, 3 }, { members + 1, 2 },
		{ wrong, 2 } };
	struct key key;

	CHECK_OK(key_from_map(&pair_schema, &(struct map){ members, 2 }, &key, &err), &err);
	CHECK_TEXT(key.partition.bytes, "a");
	CHECK_INT(key.sort.number.coefficient, 7);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(key_from_map(&pair_schema, &bad[i], &key, &err), -1);
		CHECK_ERROR(&err, ERROR_VALIDATION,
			"The provided key element does not match the schema");
	}
}

static void a_key_becomes_a_map_and_back(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct key key = { string_value(SLICE("a")), number_value(-5) }, back;
	struct map map = key_to_map(&pair_schema, &key, &arena);

	CHECK_INT(map.count, 2);
	CHECK_OK(key_from_map(&pair_schema, &map, &back, &err), &err);
	CHECK(key_equal(&pair_schema, &key, &back));
	back.sort = number_value(5);
	CHECK(!key_equal(&pair_schema, &key, &back));
	CHECK(key_equal(&string_schema, &key, &back));
}

static void a_row_key_begins_with_the_hash_of_its_partition(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct key key = { string_value(SLICE("a")), number_value(5) };
	uint64_t hash = hash64(SLICE("a\x00\x01"));

	key_encode(&pair_schema, &key, &buf);
	CHECK_INT(key_partition_length(&pair_schema, buf_slice(&buf)), KEY_HASH_LENGTH + 3);
	for (int i = 0; i < KEY_HASH_LENGTH; i++)
		CHECK_INT((unsigned char)buf.data[i], hash >> (56 - 8 * i) & 0xFF);
}

static void a_row_key_reads_back(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct key key = { number_value(-2013), binary_value(SLICE("\x00\x01\xFF\x00\x00")) };
	struct key back;

	key_encode(&binary_schema, &key, &buf);
	CHECK_OK(key_decode(&binary_schema, buf_slice(&buf), &arena, &back, &err), &err);
	CHECK(key_equal(&binary_schema, &key, &back));
}

static void strings_with_zeros_keep_their_order(void)
{
	static const struct slice ladder[] = { SLICE("\x00"), SLICE("\x00\x00"), SLICE("\x00\x01"),
		SLICE("\x00\xFF"), SLICE("\x01"), SLICE("a"), SLICE("a\x00"), SLICE("a\x00\x00"),
		SLICE("a\x00\x01"), SLICE("a\x01"), SLICE("ab"), SLICE("\xFF") };

	for (size_t i = 1; i < ARRAY_SIZE(ladder); i++) {
		struct buf low CLEANUP(buf_release) = BUF_INIT;
		struct buf high CLEANUP(buf_release) = BUF_INIT;
		struct value a = binary_value(ladder[i - 1]), b = binary_value(ladder[i]);

		key_encode_value(&a, &low);
		key_encode_value(&b, &high);
		CHECK(slice_compare(buf_slice(&low), buf_slice(&high)) < 0);
		CHECK(!slice_starts_with(buf_slice(&high), buf_slice(&low)));
	}
}

static void a_prefix_covers_all_strings_that_begin_with_it(void)
{
	struct buf lower CLEANUP(buf_release) = BUF_INIT, upper CLEANUP(buf_release) = BUF_INIT;
	struct value prefix = binary_value(SLICE("a\x00\xFF"));
	static const struct {
		struct slice bytes;
		bool inside;
	} strings[] = {
		{ SLICE("a\x00\xFF"), true },
		{ SLICE("a\x00\xFF\xFF\xFF"), true },
		{ SLICE("a\x00\xFF\x00"), true },
		{ SLICE("a\x00\xFE"), false },
		{ SLICE("a\x00"), false },
		{ SLICE("a\x01"), false },
		{ SLICE("b"), false },
	};

	key_encode_value_prefix(&prefix, &lower);
	buf_append_slice(&upper, buf_slice(&lower));
	CHECK(key_bound_after(&upper));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++) {
		struct buf encoded CLEANUP(buf_release) = BUF_INIT;
		struct value value = binary_value(strings[i].bytes);

		key_encode_value(&value, &encoded);
		CHECK_INT(slice_compare(buf_slice(&encoded), buf_slice(&lower)) >= 0 &&
				  slice_compare(buf_slice(&encoded), buf_slice(&upper)) < 0,
			strings[i].inside);
	}
}

static void there_is_no_bound_after_all_ones(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	CHECK(!key_bound_after(&buf));
	buf_append(&buf, "\xFF\xFF", 2);
	CHECK(!key_bound_after(&buf));
	buf_clear(&buf);
	buf_append(&buf, "a\xFF\xFF", 3);
	CHECK(key_bound_after(&buf));
	CHECK_TEXT(buf_slice(&buf), "b");
}

/* Prepends the right hash of a partition's bytes. */
static struct slice with_hash(struct arena *arena, struct slice encoded, size_t partition_length)
{
	char *bytes = arena_alloc(arena, KEY_HASH_LENGTH + encoded.len);
	uint64_t hash = hash64(slice_of(encoded.data, partition_length));

	for (int i = 0; i < KEY_HASH_LENGTH; i++)
		bytes[i] = (char)(hash >> (56 - 8 * i));
	memcpy(bytes + KEY_HASH_LENGTH, encoded.data, encoded.len);
	return slice_of(bytes, KEY_HASH_LENGTH + encoded.len);
}

static bool decodes(const struct key_schema *schema, struct slice bytes)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct key key;
	/* An exact copy, so that a sanitizer sees a read beyond it. */
	char *copy CLEANUP(cleanup_free) = malloc(bytes.len + !bytes.len);
	int r;

	if (bytes.len)
		memcpy(copy, bytes.data, bytes.len);
	r = key_decode(schema, slice_of(copy, bytes.len), &arena, &key, &err);
	CHECK(r == 0 || err.class == ERROR_CORRUPT);
	return r == 0;
}

static void bytes_that_are_no_row_key_are_corrupt(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	static const struct slice garbage[] = {
		SLICE(""), SLICE("a"), SLICE("a\x00"), SLICE("a\x00\x02\x00\x01"), /* no escape */
		SLICE("\x00\x01"), /* empty */
		SLICE("\x00\xFF"), SLICE("\xC3\x00\x01"), /* no UTF-8 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(garbage); i++)
		CHECK(!decodes(&string_schema, with_hash(&arena, garbage[i], garbage[i].len)));
	CHECK(decodes(&string_schema, with_hash(&arena, SLICE("a\x00\x01"), 3)));
	CHECK(!decodes(&string_schema, with_hash(&arena, SLICE("a\x00\x01x"), 3)));
	CHECK(!decodes(&pair_schema, with_hash(&arena, SLICE("a\x00\x01"), 3)));
	CHECK(decodes(&pair_schema, with_hash(&arena, SLICE("a\x00\x01\x80\x00"), 3)));
	CHECK(!decodes(&pair_schema, with_hash(&arena, SLICE("a\x00\x01\x81\x00"), 3)));
	CHECK(!decodes(&pair_schema, with_hash(&arena, SLICE("a\x00\x01\x80\x00\x00"), 3)));
}

static void a_row_key_with_another_hash_is_corrupt(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice good = with_hash(&arena, SLICE("a\x00\x01"), 3);

	for (size_t i = 0; i < KEY_HASH_LENGTH; i++) {
		struct slice bad = arena_copy(&arena, good);

		((char *)bad.data)[i] ^= 1;
		CHECK(!decodes(&string_schema, bad));
	}
}

static void a_row_key_cut_short_is_corrupt(void)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct key key = { number_value(12345), binary_value(SLICE("\x00z\x00")) };

	key_encode(&binary_schema, &key, &buf);
	for (size_t len = 0; len < buf.len; len++)
		CHECK(!decodes(&binary_schema, slice_of(buf.data, len)));
}

static const struct test_case cases[] = {
	{ "an item without its key is refused by name",
		an_item_without_its_key_is_refused_by_name },
	{ "a key of another type is refused with both types",
		a_key_of_another_type_is_refused_with_both_types },
	{ "an empty key is refused", an_empty_key_is_refused },
	{ "keys have a greatest length", keys_have_a_greatest_length },
	{ "a Key parameter holds the key and nothing else",
		a_key_parameter_holds_the_key_and_nothing_else },
	{ "a key becomes a map and back", a_key_becomes_a_map_and_back },
	{ "a row key begins with the hash of its partition",
		a_row_key_begins_with_the_hash_of_its_partition },
	{ "a row key reads back", a_row_key_reads_back },
	{ "strings with zeros keep their order", strings_with_zeros_keep_their_order },
	{ "a prefix covers all strings that begin with it",
		a_prefix_covers_all_strings_that_begin_with_it },
	{ "there is no bound after all ones", there_is_no_bound_after_all_ones },
	{ "bytes that are no row key are corrupt", bytes_that_are_no_row_key_are_corrupt },
	{ "a row key with another hash is corrupt", a_row_key_with_another_hash_is_corrupt },
	{ "a row key cut short is corrupt", a_row_key_cut_short_is_corrupt },
};

TEST_MAIN(cases)
