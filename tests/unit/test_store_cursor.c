#undef NDEBUG
#include "store_fixture.h"

/* What walk_body() reads, as a line of sort keys: "1 2 3". */
struct walk {
	struct table *table;
	struct row_range range;
	enum row_want want;
	struct slice seek; /* absent: none */
	int seek_after; /* rows read before it */
	int limit; /* rows, 0: all */
	struct buf text;
};

static int64_t sort_key_of(struct txn *txn, struct table *table, struct slice row_key)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct key key;

	CHECK_OK(key_decode(&table_description(table)->key, row_key, txn_arena(txn), &key, &err),
		&err);
	number_format(&key.sort.number, &text);
	return strtoll(buf_string(&text), NULL, 10);
}

static int walk_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct walk *walk = context;
	struct row row;
	int r, count = 0;

	buf_clear(&walk->text);
	TRY(row_cursor_open(txn, walk->table, &walk->range, walk->want, &cursor, err));
	for (;;) {
		if (slice_present(walk->seek) && count == walk->seek_after)
			row_cursor_seek(cursor, walk->seek);
		if (walk->limit && count == walk->limit)
			break;
		TRY(r = row_cursor_next(cursor, &row, err));
		if (r == ROW_END)
			break;
		buf_appendf(&walk->text, "%s%" PRId64, count ? " " : "",
			sort_key_of(txn, walk->table, row.key));
		count++;
	}
	return row_cursor_close(cursor, err);
}

static struct slice walk_run(struct fixture *f, struct walk *walk)
{
	struct slice text;

	walk->table = f->table;
	CHECK_OK(txn_run(f->store, TXN_READ, DURABLE_PROCESS, &f->arena, walk_body, walk, &f->err),
		&f->err);
	text = arena_copy(&f->arena, buf_slice(&walk->text));
	buf_release(&walk->text);
	return text;
}

/* Rows a:1 … a:9, without 5. */
static struct fixture fixture_with_rows(void)
{
	struct fixture f = fixture_new();

	for (int i = 1; i < 10; i++) {
		if (i != 5)
			fixture_put(&f, "a", i, "x");
	}
	return f;
}

static struct slice key(struct fixture *f, int64_t sk)
{
	return fixture_key(f->table, &f->arena, "a", sk);
}

static void an_open_range_is_all_rows_in_order(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();

	CHECK_TEXT(walk_run(&f, &(struct walk){ 0 }), "1 2 3 4 6 7 8 9");
}

static void a_backward_range_is_all_rows_in_reverse(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = { .range.backward = true };

	CHECK_TEXT(walk_run(&f, &walk), "9 8 7 6 4 3 2 1");
}

static void an_empty_table_ends_at_once_both_ways(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_TEXT(walk_run(&f, &(struct walk){ 0 }), "");
	CHECK_TEXT(walk_run(&f, &(struct walk){ .range.backward = true }), "");
}

static void the_lower_bound_is_within_and_the_upper_is_not(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = { .range = { .lower = key(&f, 2), .upper = key(&f, 7) } };

	CHECK_TEXT(walk_run(&f, &walk), "2 3 4 6");
	walk.range.backward = true;
	CHECK_TEXT(walk_run(&f, &walk), "6 4 3 2");
}

static void bounds_need_not_be_rows(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = { .range = { .lower = key(&f, 5), .upper = key(&f, 100) } };

	CHECK_TEXT(walk_run(&f, &walk), "6 7 8 9");
	walk.range.backward = true;
	CHECK_TEXT(walk_run(&f, &walk), "9 8 7 6");
	walk.range = (struct row_range){ .lower = key(&f, 5), .upper = key(&f, 6) };
	CHECK_TEXT(walk_run(&f, &walk), "");
}

static void a_seek_goes_to_the_next_row_in_the_direction(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = { .seek = key(&f, 5), .seek_after = 2 };

	CHECK_TEXT(walk_run(&f, &walk), "1 2 6 7 8 9");
	walk.range.backward = true;
	CHECK_TEXT(walk_run(&f, &walk), "9 8 4 3 2 1");
	walk.seek = key(&f, 4);
	CHECK_TEXT(walk_run(&f, &walk), "9 8 4 3 2 1");
	walk.range.backward = false;
	CHECK_TEXT(walk_run(&f, &walk), "1 2 4 6 7 8 9");
}

static void a_seek_before_the_first_row_is_obeyed(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = { .seek = key(&f, 8) };

	CHECK_TEXT(walk_run(&f, &walk), "8 9");
	walk.range.backward = true;
	CHECK_TEXT(walk_run(&f, &walk), "8 7 6 4 3 2 1");
}

static void a_seek_may_go_back(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = { .seek = key(&f, 1), .seek_after = 3, .limit = 6 };

	CHECK_TEXT(walk_run(&f, &walk), "1 2 3 1 2 3");
}

static void a_seek_stays_within_the_range(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();
	struct walk walk = {
		.range = { .lower = key(&f, 3), .upper = key(&f, 8) },
		.seek = key(&f, 1),
	};

	CHECK_TEXT(walk_run(&f, &walk), "3 4 6 7");
	walk.range.backward = true;
	walk.seek = key(&f, 9);
	CHECK_TEXT(walk_run(&f, &walk), "7 6 4 3");
}

/* Numbers first, first + step, … as walk_body() writes them. */
static struct slice series(struct arena *arena, int first, int last, int step)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	for (int i = first; step > 0 ? i <= last : i >= last; i += step)
		buf_appendf(&text, "%s%d", text.len ? " " : "", i);
	return arena_copy(arena, buf_slice(&text));
}

/* Rows of very different sizes: on pages, on pages of their own, and larger
 * than a batch. */
static void rows_of_all_sizes_are_read_in_batches(void)
{
	static const enum row_want wants[] = { ROW_META, ROW_FULL };
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	char *v CLEANUP(cleanup_free) = malloc(200001);
	struct slice up = series(&f.arena, 1, 600, 1), down = series(&f.arena, 600, 1, -1);

	memset(v, 'x', 200000);
	for (int i = 1; i <= 600; i++) {
		size_t len = i % 100 == 0 ? 200000 : (size_t)(i * 37 % 3000);

		v[len] = '\0';
		fixture_put(&f, "a", i, v);
		v[len] = 'x';
	}
	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		struct walk walk = { .want = wants[i] };

		CHECK(slice_equal(walk_run(&f, &walk), up));
		walk.range.backward = true;
		CHECK(slice_equal(walk_run(&f, &walk), down));
	}
}

static void keys_longer_than_a_page_are_in_order(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	char *pk CLEANUP(cleanup_free) = calloc(1, 2048);

	for (int i = 9; i > 0; i--) {
		struct map item = fixture_item(&f.arena, "", i, SLICE("x"));
		struct fixture_write write = {
			.action = { .kind = WRITE_PUT, .table = f.table, .item = &item },
		};

		((struct member *)item.members)[0].value.bytes = slice_of(pk, 2048);
		write.action.row_key = fixture_key_of(f.table, &f.arena, &item);
		CHECK_INT(fixture_apply(&f, &write), 0);
	}
	CHECK_TEXT(walk_run(&f, &(struct walk){ 0 }), "1 2 3 4 5 6 7 8 9");
	CHECK_TEXT(walk_run(&f, &(struct walk){ .range.backward = true }), "9 8 7 6 5 4 3 2 1");
}

static int delete_in_body(
	struct txn *txn, struct table *table, struct slice row_key, struct error *err)
{
	struct write_action action = {
		.kind = WRITE_DELETE,
		.table = table,
		.row_key = arena_copy(txn_arena(txn), row_key),
	};
	struct write_result result;

	return write_apply(txn, &action, &result, err);
}

/* Deletes each row as it is met, and with the first one the row 3 ahead. */
static int delete_all_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct fixture *f = context;
	struct row row;
	int r, count = 0;

	TRY(row_cursor_open(txn, f->table, &(struct row_range){ 0 }, ROW_META, &cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		TRY(delete_in_body(txn, f->table, row.key, err));
		if (count++ == 0)
			TRY(delete_in_body(txn, f->table, key(f, 3), err));
	}
	TRY(r);
	return count;
}

static void a_cursor_sees_the_writes_of_its_own_transaction(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_rows();

	CHECK_INT(
		txn_run(f.store, TXN_WRITE, DURABLE_PROCESS, &f.arena, delete_all_body, &f, &f.err),
		7);
	CHECK_TEXT(walk_run(&f, &(struct walk){ 0 }), "");
}

static const struct test_case cases[] = {
	{ "an open range is all rows in order", an_open_range_is_all_rows_in_order },
	{ "a backward range is all rows in reverse", a_backward_range_is_all_rows_in_reverse },
	{ "an empty table ends at once both ways", an_empty_table_ends_at_once_both_ways },
	{ "the lower bound is within, and the upper is not",
		the_lower_bound_is_within_and_the_upper_is_not },
	{ "bounds need not be rows", bounds_need_not_be_rows },
	{ "a seek goes to the next row in the direction",
		a_seek_goes_to_the_next_row_in_the_direction },
	{ "a seek before the first row is obeyed", a_seek_before_the_first_row_is_obeyed },
	{ "a seek may go back", a_seek_may_go_back },
	{ "a seek stays within the range", a_seek_stays_within_the_range },
	{ "rows of all sizes are read in batches", rows_of_all_sizes_are_read_in_batches },
	{ "keys longer than a page are in order", keys_longer_than_a_page_are_in_order },
	{ "a cursor sees the writes of its own transaction",
		a_cursor_sees_the_writes_of_its_own_transaction },
};

TEST_MAIN(cases)
