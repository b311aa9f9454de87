#undef NDEBUG
#include "index_fixture.h"

static struct fixture fixture_with_indexes(void)
{
	struct fixture f = fixture_new();
	const struct index_description indexes[] = { index_global("byg"), index_local("byn") };

	index_table(&f, indexes, ARRAY_SIZE(indexes));
	return f;
}

static void an_index_is_in_the_order_of_its_keys(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	index_put(&f, 1, "x", 30, NULL);
	index_put(&f, 2, "x", -10, NULL);
	index_put(&f, 3, "x", 20, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "2 3 1");
	CHECK_TEXT(index_rows(&f, "byn"), "2 3 1");
}

static void items_with_equal_index_keys_are_in_the_order_of_their_own(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	for (int i = 9; i > 0; i--)
		index_put(&f, i, "x", 1, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "1 2 3 4 5 6 7 8 9");
}

static void an_index_is_sparse(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	index_put(&f, 1, "x", NO_N, NULL);
	index_put(&f, 2, NULL, 1, NULL);
	index_put(&f, 3, "x", 1, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "3");
	CHECK_TEXT(index_rows(&f, "byn"), "2 3");
}

static void an_item_moves_with_its_attributes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	index_put(&f, 1, "x", 1, NULL);
	index_put(&f, 2, "x", 2, NULL);
	index_put(&f, 1, "x", 3, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "2 1");
	index_put(&f, 2, "x", NO_N, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "1");
	fixture_delete(&f, "a", 1);
	CHECK_TEXT(index_rows(&f, "byg"), "");
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void an_index_is_read_backward_and_from_an_entry(void)
{
	static const enum row_want wants[] = { ROW_META, ROW_FULL };
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();
	struct index_walk walk = { .index = "byg" };

	for (int i = 1; i <= 5; i++)
		index_put(&f, i, "x", i * 10, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(wants); i++) {
		walk.want = wants[i];
		walk.range.backward = true;
		walk.seek = slice_of(NULL, 0);
		CHECK_OK(index_try_walk(&f, &walk), &f.err);
		CHECK_TEXT(buf_slice(&walk.text), "5 4 3 2 1");
		walk.range.backward = false;
		CHECK_OK(index_try_walk(&f, &walk), &f.err);
		CHECK_TEXT(buf_slice(&walk.text), "1 2 3 4 5");
		walk.seek = arena_copy(&f.arena, buf_slice(&walk.last));
		CHECK_OK(index_try_walk(&f, &walk), &f.err);
		CHECK_TEXT(buf_slice(&walk.text), "5");
	}
	buf_release(&walk.text);
	buf_release(&walk.last);
}

static void a_range_of_an_index_is_one_of_entries(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();
	struct index_walk walk = { .index = "byg", .want = ROW_FULL };
	struct buf lower CLEANUP(buf_release) = BUF_INIT;
	struct buf upper CLEANUP(buf_release) = BUF_INIT;
	struct value g = text_value("y"), n = number_value(2);
	struct key_layout layout = index_global("byg").key;

	for (int i = 1; i <= 9; i++)
		index_put(&f, i, i % 2 ? "x" : "y", i, NULL);
	key_layout_encode_partition(&layout, &g, &lower);
	buf_append_slice(&upper, buf_slice(&lower));
	key_encode_value(&n, &lower);
	CHECK(key_bound_after(&lower));
	CHECK(key_bound_after(&upper));
	walk.range.lower = buf_slice(&lower);
	walk.range.upper = buf_slice(&upper);
	CHECK_OK(index_try_walk(&f, &walk), &f.err);
	CHECK_TEXT(buf_slice(&walk.text), "4 6 8");
	buf_release(&walk.text);
	buf_release(&walk.last);
}

/* A walk in whose middle an item is written. */
struct disturbed {
	struct fixture *f;
	int64_t n; /* what the item 3 gets at the first step */
	struct buf text; /* sort keys of the rows */
};

static int disturbed_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct disturbed *walk = context;
	struct table *table = walk->f->table;
	struct value sk;
	struct row row;
	int r;

	TRY(index_cursor_open(
		txn, table, SLICE("byg"), &(struct row_range){ 0 }, ROW_FULL, &cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		TRY(item_decode_attribute(txn_arena(txn), row.item, SLICE("sk"), &sk, err));
		number_format(&sk.number, &walk->text);
		if (walk->text.len == 1)
			index_put(walk->f, 3, "x", walk->n, NULL);
	}
	return r < 0 ? -1 : 0;
}

/* Walks over the items 1 to 4. */
static struct slice walk_disturbed(struct fixture *f, int64_t n)
{
	struct disturbed walk = { .f = f, .n = n, .text = BUF_INIT };
	struct slice text;

	for (int i = 1; i <= 4; i++)
		index_put(f, i, "x", i, NULL);
	CHECK_OK(txn_run(f->store, TXN_READ, DURABLE_PROCESS, &f->arena, disturbed_body, &walk,
			 &f->err),
		&f->err);
	text = arena_copy(&f->arena, buf_slice(&walk.text));
	buf_release(&walk.text);
	return text;
}

static void what_has_left_the_index_since_is_passed_over(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	CHECK_TEXT(walk_disturbed(&f, NO_N), "124");
}

static void what_has_moved_within_the_index_is_found_where_it_is_now(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	CHECK_TEXT(walk_disturbed(&f, 30), "1243");
}

static void an_unknown_index_is_an_error(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();
	struct index_walk walk = { .index = "nope" };

	CHECK_INT(index_try_walk(&f, &walk), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, "The table does not have the specified index: nope");
}

static void keys_of_four_attributes_each_side_are_an_index(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct index_description index = {
		.name = SLICE("wide"),
		.key = { .partition = { { SLICE("g"), VALUE_S }, { SLICE("pk"), VALUE_S } },
			.partition_count = 2,
			.sort = { { SLICE("v"), VALUE_S }, { SLICE("n"), VALUE_N } },
			.sort_count = 2 },
	};

	index_table(&f, &index, 1);
	index_put(&f, 1, "x", 2, "b");
	index_put(&f, 2, "x", 1, "b");
	index_put(&f, 3, "x", 9, "a");
	index_put(&f, 4, "x", 9, NULL);
	CHECK_TEXT(index_rows(&f, "wide"), "3 2 1");
}

static void an_index_survives_closing_and_opening(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	index_put(&f, 1, "x", 1, NULL);
	fixture_close(&f);
	fixture_open(&f);
	table_unref(f.table);
	f.table = fixture_find(&f, "I");
	index_put(&f, 2, "x", 0, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "2 1");
	CHECK_INT(index_counts(&f, "byg").items, 2);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void counts_of_an_index_are_its_entries_and_what_they_show(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();

	index_put(&f, 1, "x", 1, "12345");
	index_put(&f, 2, "x", NO_N, "12345");
	CHECK_INT(index_counts(&f, "byg").items, 1);
	CHECK_INT(index_counts(&f, "byg").bytes, 3 + 4 + 2 + 3 + 6); /* pk sk g n v */
	CHECK_INT(index_counts(&f, "byn").bytes, 3 + 4 + 3); /* pk sk n */
	index_put(&f, 1, "x", 1, "1");
	CHECK_INT(index_counts(&f, "byg").items, 1);
	CHECK_INT(index_counts(&f, "byg").bytes, 3 + 4 + 2 + 3 + 2);
	fixture_delete(&f, "a", 1);
	CHECK_INT(index_counts(&f, "byg").items, 0);
	CHECK_INT(index_counts(&f, "byg").bytes, 0);
	CHECK_INT(index_counts(&f, "nope").items, 0);
}

static void a_projection_is_keys_and_what_it_includes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct slice included[] = { SLICE("v") };
	struct index_description index = index_local("byn");
	const struct table_description *table;
	struct map item, shown;

	index.projection = PROJECTION_INCLUDE;
	index.non_key_attributes = included;
	index.non_key_attribute_count = 1;
	index_table(&f, &index, 1);
	table = table_description(f.table);
	item = index_item(&f.arena, 1, "x", 2, "y");
	index_project(table, &table->indexes[0], &item, &f.arena, &shown);
	CHECK_INT(shown.count, 4);
	CHECK(!map_find(&shown, SLICE("g")));
	CHECK(map_find(&shown, SLICE("v")) && map_find(&shown, SLICE("n")));
	CHECK(index_projects(table, &table->indexes[0], SLICE("sk")));
	CHECK(!index_projects(table, &table->indexes[0], SLICE("g")));
}

static const struct index_write *units_of(const struct write_result *result, const char *name)
{
	for (size_t i = 0; i < result->index_count; i++) {
		if (slice_equal_string(result->indexes[i].name, name))
			return &result->indexes[i];
	}
	CHECK(!"units of the index");
	return NULL;
}

static void a_write_tells_what_it_did_to_each_index(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();
	struct write_result result = index_put(&f, 1, "x", 1, "y");
	const struct index_write *units = units_of(&result, "byg");

	CHECK_INT(result.index_count, 2);
	CHECK(units->changed && !units->moved && !units->local);
	CHECK_INT(units->old_size, 0);
	CHECK_INT(units->new_size, 14);
	result = index_put(&f, 1, "x", 1, "y");
	CHECK(!units_of(&result, "byg")->changed);
	CHECK_INT(units_of(&result, "byg")->new_size, 14);
	result = index_put(&f, 1, "x", 1, "z");
	CHECK(units_of(&result, "byg")->changed && !units_of(&result, "byg")->moved);
	CHECK(!units_of(&result, "byn")->changed); /* it does not show v */
	CHECK(units_of(&result, "byn")->local);
	result = index_put(&f, 1, "x", 2, "z");
	CHECK(units_of(&result, "byg")->moved && units_of(&result, "byn")->moved);
	result = index_put(&f, 1, NULL, 2, "z");
	CHECK(units_of(&result, "byg")->changed && !units_of(&result, "byg")->moved);
	CHECK_INT(units_of(&result, "byg")->new_size, 0);
}

static void expect_refusal(
	struct fixture *f, const struct map *item, enum error_class class, const char *message)
{
	struct write_result result;

	CHECK_INT(index_try_put(f, item, &result), -1);
	CHECK_ERROR(&f->err, class, message);
}

static void values_that_are_not_fit_for_an_index_are_refused(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();
	struct map item = index_item(&f.arena, 1, NULL, NO_N, NULL);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	add_member(&item, "n", text_value("1"));
	expect_refusal(&f, &item, ERROR_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for Index Key n "
		"Expected: N Actual: S IndexName: byg");
	item = index_item(&f.arena, 1, "", NO_N, NULL);
	expect_refusal(&f, &item, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. A value specified for a secondary "
		"index key is not supported. The AttributeValue for a key attribute cannot contain "
		"an empty string value. IndexName: byg, IndexKey: g");
	buf_resize(&text, 2049);
	memset(text.data, 'x', text.len);
	item = index_item(&f.arena, 1, buf_string(&text), NO_N, NULL);
	expect_refusal(&f, &item, ERROR_VALIDATION,
		"One or more parameter values were invalid: Size of hashkey has exceeded the "
		"maximum size limit of2048 bytes");
	item = index_item(&f.arena, 1, NULL, NO_N, NULL);
	add_member(&item, "g", (struct value){ .type = VALUE_NULL });
	expect_refusal(&f, &item, ERROR_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for Index Key g "
		"Expected: S Actual: NULL IndexName: byg");
	CHECK_INT(fixture_exact_counts(&f).items, 0);
}

static void of_several_faults_the_first_index_by_name_is_told(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct index_description indexes[] = { index_global("zzz"), index_local("yyy"),
		index_global("xxx") };
	struct map item = index_item(&f.arena, 1, "", NO_N, NULL);

	index_table(&f, indexes, ARRAY_SIZE(indexes));
	add_member(&item, "n", text_value("1"));
	expect_refusal(&f, &item, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. A value specified for a secondary "
		"index key is not supported. The AttributeValue for a key attribute cannot contain "
		"an empty string value. IndexName: xxx, IndexKey: g");
}

static void an_update_is_checked_for_what_it_changes(void)
{
	const struct index_description index = index_global("byg");
	const struct table_description table = { .indexes = &index, .index_count = 1 };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct map old = index_item(&arena, 1, NULL, NO_N, NULL), new;
	struct error err = ERROR_INIT;

	add_member(&old, "n", text_value("1"));
	new = index_item(&arena, 1, "x", NO_N, NULL);
	add_member(&new, "n", text_value("1"));
	CHECK_INT(index_check_item(&table, &old, &new, &err), 0);
	((struct member *)new.members)[3].value = text_value("2");
	CHECK_INT(index_check_item(&table, &old, &new, &err), -1);
	CHECK_ERROR(&err, ERROR_VALIDATION,
		"One or more parameter values were invalid: Type mismatch for Index Key n "
		"Expected: N Actual: S IndexName: byg");
	new = index_item(&arena, 1, "", NO_N, NULL);
	CHECK_INT(index_check_item(&table, &old, &new, &err), -1);
	CHECK_ERROR(&err, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. The update expression attempted to "
		"update a secondary index key to a value that is not supported. The AttributeValue "
		"for a key attribute cannot contain an empty string value.");
}

/* Random writes; the index agrees with the rows, which store_check() tells. */
static void indexes_agree_with_the_rows_after_random_writes(void)
{
	static const char *const gs[] = { NULL, "x", "y", "a longer one" };
	struct fixture f CLEANUP(fixture_release) = fixture_with_indexes();
	unsigned seed = 1;

	for (int i = 0; i < 2000; i++) {
		int64_t sk = rand_r(&seed) % 200;

		if (rand_r(&seed) % 4 == 0)
			fixture_delete(&f, "a", sk);
		else
			index_put(&f, sk, gs[rand_r(&seed) % ARRAY_SIZE(gs)],
				rand_r(&seed) % 5 ? rand_r(&seed) % 7 : NO_N,
				rand_r(&seed) % 2 ? "v" : NULL);
	}
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static int leave_description(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	(void)txn, (void)description, (void)context, (void)err;
	return 0;
}

/* Makes another version of the table. */
static void replace_version(struct fixture *f)
{
	CHECK_INT(table_update(f->store, SLICE("I"), &f->arena, DURABLE_PROCESS, leave_description,
			  NULL, &f->err),
		0);
}

static void what_a_write_tells_of_an_index_outlives_the_version(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct index_description index = index_global("byg");
	struct write_result result;

	index_table(&f, &index, 1);
	replace_version(&f);
	result = index_put(&f, 1, "x", 1, NULL); /* by the newest version, which f does not hold */
	replace_version(&f);
	CHECK_INT(result.index_count, 1);
	CHECK_TEXT(arena_copy(&f.arena, result.indexes[0].name), "byg");
}

static const struct test_case cases[] = {
	{ "an index is in the order of its keys", an_index_is_in_the_order_of_its_keys },
	{ "items with equal index keys are in the order of their own",
		items_with_equal_index_keys_are_in_the_order_of_their_own },
	{ "an index is sparse", an_index_is_sparse },
	{ "an item moves with its attributes", an_item_moves_with_its_attributes },
	{ "an index is read backward, and from an entry",
		an_index_is_read_backward_and_from_an_entry },
	{ "a range of an index is one of entries", a_range_of_an_index_is_one_of_entries },
	{ "what has left the index since is passed over",
		what_has_left_the_index_since_is_passed_over },
	{ "what has moved within the index is found where it is now",
		what_has_moved_within_the_index_is_found_where_it_is_now },
	{ "an unknown index is an error", an_unknown_index_is_an_error },
	{ "keys of four attributes each side are an index",
		keys_of_four_attributes_each_side_are_an_index },
	{ "an index survives closing and opening", an_index_survives_closing_and_opening },
	{ "counts of an index are its entries and what they show",
		counts_of_an_index_are_its_entries_and_what_they_show },
	{ "a projection is keys and what it includes", a_projection_is_keys_and_what_it_includes },
	{ "a write tells what it did to each index", a_write_tells_what_it_did_to_each_index },
	{ "values that are not fit for an index are refused",
		values_that_are_not_fit_for_an_index_are_refused },
	{ "of several faults the first index by name is told",
		of_several_faults_the_first_index_by_name_is_told },
	{ "an update is checked for what it changes", an_update_is_checked_for_what_it_changes },
	{ "indexes agree with the rows after random writes",
		indexes_agree_with_the_rows_after_random_writes },
	{ "what a write tells of an index outlives the version",
		what_a_write_tells_of_an_index_outlives_the_version },
};

TEST_MAIN(cases)
