#undef NDEBUG
#include "class_fixture.h"

#include "store/convert_private.h"
#include "store/dictionary.h"
#include "store/store_private.h"

#include <limits.h>

/* Enough for a dictionary, and for more than two steps of a conversion. */
#define ROWS (500 + (int)test_rounds(1000))

static void rows_of_a_table_that_becomes_infrequent_are_compressed(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct reading before = read_all(&f);
	int64_t stored = class_stored(&f);
	struct class_rows rows;

	class_change(&f, INFREQUENT);
	class_wait(&f);
	rows = class_rows(&f);
	CHECK_INT(rows.compressed, ROWS);
	CHECK_INT(rows.dictionary, 1);
	CHECK(class_stored(&f) < stored / 2);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

static void rows_of_a_table_that_becomes_standard_are_whole_again(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct reading before = read_all(&f);

	class_change(&f, INFREQUENT);
	class_wait(&f);
	class_change(&f, STANDARD);
	class_wait(&f);
	CHECK_INT(class_rows(&f).compressed, 0);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

static void a_change_in_the_midst_of_a_conversion_turns_it_round(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct reading before = read_all(&f);
	struct class_rows rows;

	open_idle(&f);
	class_change(&f, INFREQUENT);
	class_convert(&f, 2);
	rows = class_rows(&f);
	CHECK(rows.compressed && rows.whole);
	expect_equal(read_all(&f), before);
	class_change(&f, STANDARD);
	class_convert(&f, INT_MAX);
	CHECK_INT(class_rows(&f).compressed, 0);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

static void a_write_stores_the_form_of_the_newest_class(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(0);

	open_idle(&f);
	put_text(&f, 1);
	CHECK_INT(class_rows(&f).whole, 1);
	class_change(&f, INFREQUENT);
	put_text(&f, 2);
	put_text(&f, 1);
	CHECK_INT(class_rows(&f).compressed, 2);
	class_change(&f, STANDARD);
	put_text(&f, 1);
	CHECK_INT(class_rows(&f).compressed, 1);
	CHECK_INT(class_rows(&f).whole, 1);
	class_convert(&f, INT_MAX);
	CHECK_INT(class_rows(&f).whole, 2);
	expect_sound(&f);
}

static void small_rows_that_do_not_shrink_stay_as_they_are(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(0);

	class_change(&f, INFREQUENT);
	class_wait(&f);
	for (int i = 0; i < 100; i++)
		index_put(&f, i, NULL, NO_N, "ab");
	CHECK_INT(class_rows(&f).compressed, 0);
	CHECK_INT(class_rows(&f).whole, 100);
	expect_sound(&f);
}

static void a_table_made_infrequent_compresses_from_the_first_row_on(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description description = *table_description(f.table);

	description.name = SLICE("J");
	description.table_class = INFREQUENT;
	CHECK_INT(table_create(f.store, &description, false, &f.arena, DURABLE_PROCESS, &f.err), 0);
	table_unref(f.table);
	f.table = fixture_find(&f, "J");
	CHECK(!table_is_converting(f.table));
	put_text(&f, 1);
	CHECK_INT(class_rows(&f).compressed, 1);
	CHECK_INT(class_rows(&f).dictionary, 0);
	expect_sound(&f);
}

static void a_table_that_grows_gets_a_dictionary(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(10);
	struct reading before;

	class_change(&f, INFREQUENT);
	class_wait(&f);
	CHECK_INT(class_rows(&f).dictionary, 0);
	for (int i = 10; i < ROWS; i++)
		put_text(&f, i);
	before = read_all(&f);
	open_idle(&f);
	class_convert(&f, INT_MAX);
	CHECK_INT(class_rows(&f).compressed, ROWS);
	CHECK_INT(class_rows(&f).dictionary, 1);
	/* Nobody asked for it. */
	CHECK(!table_is_converting(f.table));
	expect_equal(read_all(&f), before);
	for (int i = ROWS; i < 5 * ROWS; i++)
		put_text(&f, i);
	before = read_all(&f);
	class_convert(&f, INT_MAX);
	CHECK_INT(class_rows(&f).compressed, 5 * ROWS);
	CHECK_INT(class_rows(&f).dictionary, 2);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

static size_t count_dictionaries(struct fixture *f)
{
	DB_BTREE_STAT *stat;
	size_t count;

	CHECK_INT(f->store->dictionaries->stat(f->store->dictionaries, NULL, &stat, 0), 0);
	count = stat->bt_nkeys;
	free(stat);
	return count;
}

static void a_dictionary_goes_when_no_row_needs_it_and_the_store_is_opened(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);

	open_idle(&f);
	class_change(&f, INFREQUENT);
	class_convert(&f, 2);
	CHECK_INT(count_dictionaries(&f), 1);
	open_idle(&f);
	CHECK_INT(count_dictionaries(&f), 1); /* some rows have it */
	class_convert(&f, INT_MAX);
	class_change(&f, STANDARD);
	class_convert(&f, 2);
	open_idle(&f);
	CHECK_INT(count_dictionaries(&f), 1);
	class_convert(&f, INT_MAX);
	CHECK_INT(count_dictionaries(&f), 1); /* a reader may still hold rows of it */
	open_idle(&f);
	CHECK_INT(count_dictionaries(&f), 0);
	expect_sound(&f);
}

static void a_deleted_table_leaves_no_dictionary(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);

	class_change(&f, INFREQUENT);
	class_wait(&f);
	CHECK_INT(count_dictionaries(&f), 1);
	CHECK_INT(table_delete(f.store, SLICE("I"), false, DURABLE_PROCESS, &f.err), 0);
	CHECK_INT(count_dictionaries(&f), 0);
}

/* A cursor that read rows ahead before their dictionary was out of use. */
struct slow_reader {
	struct fixture *f;
	struct table *table;
	size_t rows;
};

static int read_slowly(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct slow_reader *reader = context;
	struct row row;
	struct map item;
	int r;

	TRY(row_cursor_open(txn, reader->table, &(struct row_range){ 0 }, ROW_FULL, &cursor, err));
	for (reader->rows = 0; (r = row_cursor_next(cursor, &row, err)) == 0; reader->rows++) {
		TRY(item_decode(txn_arena(txn), row.item, &item, err));
		if (reader->rows == 1) {
			class_change(reader->f, STANDARD);
			class_convert(reader->f, INT_MAX);
		}
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

static void a_reader_from_before_a_conversion_reads_on_after_it(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct slow_reader reader = { .f = &f };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	open_idle(&f);
	class_change(&f, INFREQUENT);
	class_convert(&f, INT_MAX);
	reader.table = table_ref(f.table);
	CHECK_OK(txn_run(f.store, TXN_READ, DURABLE_PROCESS, &arena, read_slowly, &reader, &f.err),
		&f.err);
	CHECK_INT(reader.rows, ROWS);
	table_unref(reader.table);
}

static struct write_result write_own_text(struct fixture *f, int64_t sk, const char *text)
{
	struct map item = fixture_item(&f->arena, "own", sk, SLICE("value"));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, &f->arena, &item),
			.item = &item,
			.own_text = slice_from_string(text),
			.mtime_ns = 1234567890123456789,
		},
	};

	CHECK_OK(fixture_apply(f, &write), &f->err);
	return write.result;
}

static void own_text_and_mtime_stay_byte_for_byte(void)
{
	static const char text[] =
		"{\"pk\": \"own\",   \"sk\": 1,\n\n\n\t\"v\"  :  \"value\"                    }";
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct row_meta meta = write_own_text(&f, 1, text).meta;
	struct row row;

	for (unsigned i = 0; i < 2 * test_rounds(2); i++) {
		class_change(&f, i % 2 ? STANDARD : INFREQUENT);
		class_wait(&f);
		CHECK_INT(fixture_get(&f, "own", 1, &row), 0);
		CHECK_TEXT(row.own_text, text);
		CHECK(memcmp(&row.meta, &meta, sizeof(meta)) == 0);
	}
	expect_sound(&f);
}

static void a_touch_of_a_compressed_row_sets_its_mtime_alone(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(0);
	struct row before, after;
	struct fixture_write touch = {
		.action = { .kind = WRITE_TOUCH, .mtime_ns = 42 },
	};

	class_change(&f, INFREQUENT);
	class_wait(&f);
	put_text(&f, 7);
	CHECK_INT(class_rows(&f).compressed, 1);
	CHECK_INT(fixture_get(&f, "a", 7, &before), 0);
	touch.action.table = f.table;
	touch.action.row_key = fixture_key(f.table, &f.arena, "a", 7);
	CHECK_OK(fixture_apply(&f, &touch), &f.err);
	CHECK_INT(class_rows(&f).compressed, 1);
	CHECK_INT(fixture_get(&f, "a", 7, &after), 0);
	CHECK_INT(after.meta.mtime_ns, 42);
	CHECK(after.meta.stamp == before.meta.stamp);
	CHECK(slice_equal(after.item, before.item));
	expect_sound(&f);
}

/* Rows of every size up to an item's limit, some on pages of their own. */
static void large_rows_are_converted_and_their_pages_given_back(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(0);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const unsigned count = test_rounds(60);
	struct reading before;
	int64_t stored;

	for (unsigned i = 0; i < count; i++) {
		size_t length = (size_t)400 * 1024 / count * (i + 1) - 1000;

		buf_clear(&text);
		while (text.len < length)
			buf_append_string(&text, text_of(&f.arena, (int64_t)(text.len * 7) + i));
		buf_resize(&text, length);
		index_put(&f, i, "x", i, buf_string(&text));
	}
	before = read_all(&f);
	stored = class_stored(&f);
	CHECK(stored > count * (200 << 10));
	class_change(&f, INFREQUENT);
	class_wait(&f);
	CHECK_INT(class_rows(&f).compressed, count);
	CHECK(class_stored(&f) < stored / 4);
	expect_equal(read_all(&f), before);
	class_change(&f, STANDARD);
	class_wait(&f);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

/* Rows on pages of their own, which are free when the rows are smaller. */
static void put_long_text(struct fixture *f, int64_t n)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const char *part = text_of(&f->arena, n);

	for (int i = 0; i < 24; i++)
		buf_append_string(&text, part);
	index_put(f, n, "x", n, buf_string(&text));
	arena_reset(&f->arena, (struct arena_mark){ NULL, 0 });
}

static void a_conversion_of_many_pages_shrinks_the_file_bit_by_bit(void)
{
	const int rows = CONVERT_FREE_PAGES / 2 + 200; /* two pages each, free in the end */
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(0);
	size_t shrinkings = 0;
	struct reading before;
	int64_t stored;

	for (int i = 0; i < rows; i++)
		put_long_text(&f, i * 7919 % rows);
	open_idle(&f);
	before = read_all(&f);
	stored = class_stored(&f);
	class_change(&f, INFREQUENT);
	while (!class_is_settled(&f)) {
		bool was_shrinking = f.table->body->conversion.shrinking;

		class_convert(&f, 1);
		shrinkings += !was_shrinking && f.table->body->conversion.shrinking;
	}
	CHECK_INT(shrinkings, 1);
	CHECK(class_stored(&f) < stored / 2);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

static const struct test_case cases[] = {
	{ "rows of a table that becomes infrequent are compressed",
		rows_of_a_table_that_becomes_infrequent_are_compressed },
	{ "rows of a table that becomes standard are whole again",
		rows_of_a_table_that_becomes_standard_are_whole_again },
	{ "a change in the midst of a conversion turns it round",
		a_change_in_the_midst_of_a_conversion_turns_it_round },
	{ "a write stores the form of the newest class",
		a_write_stores_the_form_of_the_newest_class },
	{ "small rows that do not shrink stay as they are",
		small_rows_that_do_not_shrink_stay_as_they_are },
	{ "a table made infrequent compresses from the first row on",
		a_table_made_infrequent_compresses_from_the_first_row_on },
	{ "a table that grows gets a dictionary", a_table_that_grows_gets_a_dictionary },
	{ "a dictionary goes when no row needs it and the store is opened",
		a_dictionary_goes_when_no_row_needs_it_and_the_store_is_opened },
	{ "a deleted table leaves no dictionary", a_deleted_table_leaves_no_dictionary },
	{ "a reader from before a conversion reads on after it",
		a_reader_from_before_a_conversion_reads_on_after_it },
	{ "own text and mtime stay byte for byte", own_text_and_mtime_stay_byte_for_byte },
	{ "a touch of a compressed row sets its mtime alone",
		a_touch_of_a_compressed_row_sets_its_mtime_alone },
	{ "large rows are converted and their pages given back",
		large_rows_are_converted_and_their_pages_given_back },
	{ "a conversion of many pages shrinks the file bit by bit",
		a_conversion_of_many_pages_shrinks_the_file_bit_by_bit },
};

TEST_MAIN(cases)
