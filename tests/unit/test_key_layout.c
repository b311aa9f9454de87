#undef NDEBUG
#include "base/text.h"
#include "model/key_layout.h"
#include "test.h"

/* Partition a (S), b (N); sort c (B), d (S). */
static const struct key_layout wide = {
	.partition = { { SLICE("a"), VALUE_S }, { SLICE("b"), VALUE_N } },
	.partition_count = 2,
	.sort = { { SLICE("c"), VALUE_B }, { SLICE("d"), VALUE_S } },
	.sort_count = 2,
};

static struct member text(const char *name, const char *value)
{
	return (struct member){ slice_from_string(name),
		{ .type = VALUE_S, .bytes = slice_from_string(value) } };
}

static struct member bytes(const char *name, const char *value)
{
	struct member member = text(name, value);

	member.value.type = VALUE_B;
	return member;
}

static struct member number(const char *name, int64_t value)
{
	return (struct member){ slice_from_string(name),
		{ .type = VALUE_N, .number = number_from_int64(value) } };
}

struct entry {
	struct buf buf;
};

static void entry_release(struct entry *entry)
{
	buf_release(&entry->buf);
}

/* The entry of { a, b, c, d } with the row key "row". */
static struct entry entry_of(const char *a, int64_t b, const char *c, const char *d)
{
	const struct member members[] = { bytes("c", c), text("a", a), text("d", d),
		number("b", b) };
	struct map item = { members, ARRAY_SIZE(members) };
	struct entry entry = { BUF_INIT };

	CHECK_INT(index_entry_encode(&wide, &item, SLICE("row"), &entry.buf), 0);
	return entry;
}

static int encode(const struct member *members, size_t count)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	struct map item = { members, count };
	int r;

	buf_append_char(&buf, 'x');
	r = index_entry_encode(&wide, &item, SLICE("row"), &buf);
	if (r == INDEX_ENTRY_NONE)
		CHECK_INT(buf.len, 1);
	return r;
}

static void the_layout_of_a_table_is_its_key(void)
{
	struct key_schema schema = { { SLICE("p"), VALUE_S }, { SLICE("s"), VALUE_N } };
	struct key key = {
		.partition = { .type = VALUE_S, .bytes = SLICE("x\0y") },
		.sort = { .type = VALUE_N, .number = number_from_int64(-7) },
	};
	struct key_layout layout = key_layout_of(&schema);
	struct buf of_key CLEANUP(buf_release) = BUF_INIT;
	struct buf of_layout CLEANUP(buf_release) = BUF_INIT;

	CHECK_INT(layout.partition_count, 1);
	CHECK_INT(layout.sort_count, 1);
	CHECK(key_layout_has(&layout, SLICE("p")) && key_layout_has(&layout, SLICE("s")));
	CHECK(!key_layout_has(&layout, SLICE("x")));
	key_encode(&schema, &key, &of_key);
	key_layout_encode_partition(&layout, &key.partition, &of_layout);
	key_encode_value(&key.sort, &of_layout);
	CHECK(slice_equal(buf_slice(&of_key), buf_slice(&of_layout)));
	schema.sort.name = slice_of(NULL, 0);
	CHECK_INT(key_layout_of(&schema).sort_count, 0);
}

static void an_entry_reads_back(void)
{
	struct entry entry CLEANUP(entry_release) = entry_of("x", -3, "\xFF", "z");
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	struct error err = ERROR_INIT;
	struct slice row_key;

	CHECK_OK(index_entry_decode(&wide, buf_slice(&entry.buf), &arena, values, &row_key, &err),
		&err);
	CHECK_TEXT(row_key, "row");
	CHECK_TEXT(values[0].bytes, "x");
	CHECK(values[1].number.negative && values[1].number.coefficient == 3);
	CHECK_INT(values[2].type, VALUE_B);
	CHECK_TEXT(values[2].bytes, "\xFF");
	CHECK_TEXT(values[3].bytes, "z");
	CHECK_TEXT(index_entry_row_key(&wide, buf_slice(&entry.buf)), "row");
}

static void entries_are_in_the_order_of_the_sort_attributes(void)
{
	static const struct {
		const char *c, *d;
	} in_order[] = { { "a", "b" }, { "a", "ba" }, { "aa", "a" }, { "b", "a" }, { "b", "b" } };
	struct buf before CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(in_order); i++) {
		struct entry entry CLEANUP(entry_release) =
			entry_of("x", 1, in_order[i].c, in_order[i].d);

		CHECK(slice_compare(buf_slice(&before), buf_slice(&entry.buf)) < 0);
		buf_clear(&before);
		buf_append_slice(&before, buf_slice(&entry.buf));
	}
}

static void a_partition_is_a_prefix_of_its_entries(void)
{
	struct entry entry CLEANUP(entry_release) = entry_of("x", 1, "c", "d");
	struct value values[] = { text("a", "x").value, number("b", 1).value };
	struct buf prefix CLEANUP(buf_release) = BUF_INIT;

	key_layout_encode_partition(&wide, values, &prefix);
	CHECK(slice_starts_with(buf_slice(&entry.buf), buf_slice(&prefix)));
	buf_clear(&prefix);
	values[1] = number("b", 2).value;
	key_layout_encode_partition(&wide, values, &prefix);
	CHECK(!slice_starts_with(buf_slice(&entry.buf), buf_slice(&prefix)));
}

static void an_item_without_all_the_attributes_has_no_entry(void)
{
	const struct member all[] = { text("a", "x"), number("b", 1), bytes("c", "y"),
		text("d", "z") };

	CHECK_INT(encode(all, 4), 0);
	CHECK_INT(encode(all, 3), INDEX_ENTRY_NONE);
	CHECK_INT(encode(all + 1, 3), INDEX_ENTRY_NONE);
	CHECK_INT(encode(NULL, 0), INDEX_ENTRY_NONE);
}

static void a_value_of_another_type_or_empty_has_no_entry(void)
{
	struct member all[] = { text("a", "x"), number("b", 1), bytes("c", "y"), text("d", "z") };

	all[2] = text("c", "y");
	CHECK_INT(encode(all, 4), INDEX_ENTRY_NONE);
	all[2] = bytes("c", "");
	CHECK_INT(encode(all, 4), INDEX_ENTRY_NONE);
	all[2] = bytes("c", "y");
	all[0] = text("a", "");
	CHECK_INT(encode(all, 4), INDEX_ENTRY_NONE);
}

static void over_long_values_have_no_entry(void)
{
	struct buf long_text CLEANUP(buf_release) = BUF_INIT;
	struct member all[] = { text("a", "x"), number("b", 1), bytes("c", "y"), text("d", "z") };

	buf_resize(&long_text, 2049);
	memset(long_text.data, 'x', long_text.len);
	all[0].value.bytes = slice_of(long_text.data, 2048);
	CHECK_INT(encode(all, 4), 0);
	all[0].value.bytes.len = 2049;
	CHECK_INT(encode(all, 4), INDEX_ENTRY_NONE);
	all[0] = text("a", "x");
	all[2].value.bytes = slice_of(long_text.data, 512);
	all[3].value.bytes = slice_of(long_text.data, 512);
	CHECK_INT(encode(all, 4), 0);
	all[3].value.bytes.len = 513; /* the sort attributes count together */
	CHECK_INT(encode(all, 4), INDEX_ENTRY_NONE);
}

static void malformed_entries_are_refused(void)
{
	struct entry entry CLEANUP(entry_release) = entry_of("x", 1, "c", "d");
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct value values[2 * KEY_ATTRIBUTES_MAX];
	struct slice all = buf_slice(&entry.buf), row_key;
	struct error err = ERROR_INIT;

	for (size_t len = 0; len <= all.len - strlen("row"); len++) {
		CHECK(!slice_present(index_entry_row_key(&wide, slice_of(all.data, len))));
		CHECK_INT(index_entry_decode(
				  &wide, slice_of(all.data, len), &arena, values, &row_key, &err),
			-1);
		CHECK_ERROR(&err, ERROR_CORRUPT, "Malformed index entry");
	}
	entry.buf.data[0] ^= 1;
	CHECK_INT(index_entry_decode(&wide, all, &arena, values, &row_key, &err), -1);
	CHECK_ERROR(&err, ERROR_CORRUPT, "Malformed index entry");
}

static const struct test_case cases[] = {
	{ "the layout of a table is its key", the_layout_of_a_table_is_its_key },
	{ "an entry reads back", an_entry_reads_back },
	{ "entries are in the order of the sort attributes",
		entries_are_in_the_order_of_the_sort_attributes },
	{ "a partition is a prefix of its entries", a_partition_is_a_prefix_of_its_entries },
	{ "an item without all the attributes has no entry",
		an_item_without_all_the_attributes_has_no_entry },
	{ "a value of another type, or empty, has no entry",
		a_value_of_another_type_or_empty_has_no_entry },
	{ "over-long values have no entry", over_long_values_have_no_entry },
	{ "malformed entries are refused", malformed_entries_are_refused },
};

TEST_MAIN(cases)
