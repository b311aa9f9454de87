#undef NDEBUG
#include "store_fixture.h"

#include "store/store_private.h"

#include <errno.h>

static void an_item_that_is_put_is_read_back(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct write_result result = fixture_put(&f, "a", 1, "one");
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("one"));
	struct row row;

	CHECK_INT(result.change, CHANGE_INSERT);
	CHECK(!result.had_old);
	CHECK_INT(fixture_get(&f, "a", 1, &row), 0);
	CHECK_INT(row.meta.stamp, result.meta.stamp);
	CHECK_INT(row.meta.item_size, item_size(&item));
	CHECK_INT(row.meta.text_length, plain_item_length(&item));
	CHECK(!slice_present(row.own_text));
	CHECK_TEXT(fixture_value(&f, "a", 1), "one");
	CHECK(!slice_present(fixture_value(&f, "a", 2)));
}

static void a_delete_of_nothing_changes_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct write_result result = fixture_delete(&f, "a", 1);

	CHECK_INT(result.change, CHANGE_NONE);
	CHECK(!result.had_old);
}

static void a_deleted_item_is_gone(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct row row;

	fixture_put(&f, "a", 1, "one");
	CHECK_INT(fixture_delete(&f, "a", 1).change, CHANGE_REMOVE);
	CHECK_INT(fixture_get(&f, "a", 1, &row), ROW_ABSENT);
}

static void a_second_write_modifies_and_its_stamp_is_greater(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	uint64_t first = fixture_put(&f, "a", 1, "one").meta.stamp;
	struct write_result second = fixture_put(&f, "a", 1, "two");

	CHECK_INT(second.change, CHANGE_MODIFY);
	CHECK(second.had_old);
	CHECK(second.meta.stamp > first);
}

static void a_stamp_is_greater_than_all_before_it_whatever_the_clock(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	uint64_t future = UINT64_C(1) << 62;

	f.store->last_stamp = future;
	CHECK_INT(fixture_put(&f, "a", 1, "one").meta.stamp, future + 1);
	CHECK_INT(fixture_put(&f, "a", 2, "one").meta.stamp, future + 2);
	fixture_close(&f);
	fixture_open(&f);
	CHECK_INT(fixture_put(&f, "a", 2, "two").meta.stamp, future + 3);
}

static void the_same_item_again_is_no_change_in_any_order_of_attributes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("one"));
	struct member *members = (struct member *)item.members;
	struct member first = members[0];
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.item = &item,
		},
	};

	fixture_put(&f, "a", 1, "one");
	CHECK_INT(fixture_put(&f, "a", 1, "one").change, CHANGE_NONE);
	members[0] = members[2];
	members[2] = first;
	CHECK_INT(fixture_apply(&f, &write), 0);
	CHECK_INT(write.result.change, CHANGE_NONE);
}

static void own_text_is_kept_until_a_write_that_brings_none(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("one"));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.item = &item,
			.own_text = SLICE("{\"pk\":\"a\",\"sk\":1,\"v\":\"one\"}"),
			.mtime_ns = 12345,
		},
	};
	struct row row;

	CHECK_INT(fixture_apply(&f, &write), 0);
	CHECK_INT(fixture_get(&f, "a", 1, &row), 0);
	CHECK_TEXT(row.own_text, "{\"pk\":\"a\",\"sk\":1,\"v\":\"one\"}");
	CHECK_INT(row.meta.text_length, row.own_text.len);
	CHECK_INT(row.meta.mtime_ns, 12345);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
	CHECK_INT(fixture_put(&f, "a", 1, "one").change, CHANGE_NONE);
	CHECK_INT(fixture_get(&f, "a", 1, &row), 0);
	CHECK(!slice_present(row.own_text));
}

static void a_touch_sets_the_mtime_and_nothing_else(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	uint64_t stamp = fixture_put(&f, "a", 1, "one").meta.stamp;
	struct fixture_write write = {
		.action = {
			.kind = WRITE_TOUCH,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.mtime_ns = -5,
		},
	};
	struct row row;

	CHECK_INT(fixture_apply(&f, &write), 0);
	CHECK_INT(fixture_get(&f, "a", 1, &row), 0);
	CHECK_INT(row.meta.mtime_ns, -5);
	CHECK_INT(row.meta.stamp, stamp);
	CHECK_TEXT(fixture_value(&f, "a", 1), "one");
	write.action.row_key = fixture_key(f.table, &f.arena, "a", 2);
	CHECK_INT(fixture_apply(&f, &write), WRITE_ABSENT);
}

static void the_old_row_is_returned_when_it_is_wanted(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct fixture_write write = {
		.action = {
			.kind = WRITE_DELETE,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.want_old = true,
		},
	};
	struct value value;

	fixture_put(&f, "a", 1, "one");
	CHECK_INT(fixture_apply(&f, &write), 0);
	CHECK(write.result.had_old);
	CHECK_INT(
		item_decode_attribute(&f.arena, write.result.old.item, SLICE("v"), &value, &f.err),
		0);
	CHECK_TEXT(value.bytes, "one");
}

/* A put of { "a", 1, "new" } with an expectation. */
static int put_expecting(struct fixture *f, enum write_expect expect, uint64_t stamp)
{
	struct map item = fixture_item(&f->arena, "a", 1, SLICE("new"));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.expect = expect,
			.expected_stamp = stamp,
			.table = f->table,
			.row_key = fixture_key(f->table, &f->arena, "a", 1),
			.item = &item,
		},
	};

	return fixture_apply(f, &write);
}

static void a_put_that_expects_absence_fails_on_an_item(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(put_expecting(&f, EXPECT_ABSENT, 0), 0);
	CHECK_INT(put_expecting(&f, EXPECT_ABSENT, 0), -1);
	CHECK_ERROR(&f.err, ERROR_ITEM_EXISTS, "The conditional request failed");
}

static void a_put_that_expects_a_stamp_fails_on_another_one(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	uint64_t stamp = fixture_put(&f, "a", 1, "old").meta.stamp;

	CHECK_INT(put_expecting(&f, EXPECT_STAMP, stamp - 1), -1);
	CHECK_ERROR(&f.err, ERROR_ITEM_CHANGED, "The conditional request failed");
	CHECK_TEXT(fixture_value(&f, "a", 1), "old");
	CHECK_INT(put_expecting(&f, EXPECT_STAMP, stamp), 0);
	fixture_delete(&f, "a", 1);
	CHECK_INT(put_expecting(&f, EXPECT_STAMP, stamp), -1);
	CHECK_ERROR(&f.err, ERROR_ITEM_CHANGED, "The conditional request failed");
}

static void a_put_that_expects_presence_does_nothing_without(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(put_expecting(&f, EXPECT_PRESENT, 0), WRITE_ABSENT);
	CHECK(!slice_present(fixture_value(&f, "a", 1)));
}

static void large_items_and_long_keys_are_kept(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	char *v CLEANUP(cleanup_free) = calloc(1, 390 * 1024 + 1);
	char *pk CLEANUP(cleanup_free) = calloc(1, 2048);
	struct map item;
	struct fixture_write write = {
		.action = { .kind = WRITE_PUT, .table = f.table, .item = &item },
	};
	struct fixture_get get = { .table = f.table };
	struct row row;

	memset(v, 'x', 390 * 1024);
	item = fixture_item(&f.arena, "", 1, slice_from_string(v));
	((struct member *)item.members)[0].value.bytes = slice_of(pk, 2048);
	get.key = write.action.row_key = fixture_key_of(f.table, &f.arena, &item);
	CHECK_INT(fixture_apply(&f, &write), 0);
	fixture_put(&f, "a", 1, "small");
	CHECK_INT(txn_run(f.store, TXN_READ, DURABLE_PROCESS, &f.arena, fixture_get_body, &get,
			  &f.err),
		0);
	row = get.row;
	CHECK_INT(row.meta.item_size, item_size(&item));
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
	CHECK_INT(fixture_check(&f, NULL).items, 2);
}

static int failing_body(struct txn *txn, void *context, struct error *err)
{
	TRY(fixture_write_body(txn, context, err));
	return error_set(err, ERROR_VALIDATION, "no");
}

static void a_failed_body_leaves_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("one"));
	struct fixture_write write = {
		.action = {
			.kind = WRITE_PUT,
			.table = f.table,
			.row_key = fixture_key(f.table, &f.arena, "a", 1),
			.item = &item,
		},
	};
	struct table_counts counts;

	CHECK_INT(
		txn_run(f.store, TXN_WRITE, DURABLE_POWER, &f.arena, failing_body, &write, &f.err),
		-1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, "no");
	CHECK(!slice_present(fixture_value(&f, "a", 1)));
	table_counts(f.table, &counts);
	CHECK_INT(counts.items, 0);
	CHECK_INT(counts.inserted, 0);
}

static void what_is_written_is_there_after_closing_and_opening(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;

	fixture_put(&f, "a", 1, "one");
	fixture_close(&f);
	fixture_open(&f);
	CHECK_TEXT(fixture_value(&f, "a", 1), "one");
	table_counts(f.table, &counts);
	CHECK(counts.exact);
	CHECK_INT(counts.items, 1);
	CHECK_INT(counts.inserted, 0);
}

static void a_second_store_on_a_directory_names_the_first(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf expected CLEANUP(buf_release) = BUF_INIT;
	struct store *second;

	CHECK_INT(store_open(f.path, &fixture_options, &second, &f.err), -1);
	CHECK_INT(f.err.class, ERROR_IN_USE);
	buf_appendf(&expected, "%s is in use by process %d (", f.path, getpid());
	CHECK(slice_starts_with(slice_from_string(f.err.message), buf_slice(&expected)));
	CHECK(strstr(f.err.message, program_invocation_short_name));
	error_release(&f.err);
}

static void a_directory_that_cannot_be_made_is_an_error(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct store *store;

	CHECK_INT(store_open("/nonexistent/data", &fixture_options, &store, &err), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM,
		"making the directory /nonexistent/data: No such file or directory");
}

static const struct test_case cases[] = {
	{ "an item that is put is read back", an_item_that_is_put_is_read_back },
	{ "a delete of nothing changes nothing", a_delete_of_nothing_changes_nothing },
	{ "a deleted item is gone", a_deleted_item_is_gone },
	{ "a second write modifies, and its stamp is greater",
		a_second_write_modifies_and_its_stamp_is_greater },
	{ "a stamp is greater than all before it, whatever the clock",
		a_stamp_is_greater_than_all_before_it_whatever_the_clock },
	{ "the same item again is no change, in any order of attributes",
		the_same_item_again_is_no_change_in_any_order_of_attributes },
	{ "own text is kept until a write that brings none",
		own_text_is_kept_until_a_write_that_brings_none },
	{ "a touch sets the mtime and nothing else", a_touch_sets_the_mtime_and_nothing_else },
	{ "the old row is returned when it is wanted", the_old_row_is_returned_when_it_is_wanted },
	{ "a put that expects absence fails on an item",
		a_put_that_expects_absence_fails_on_an_item },
	{ "a put that expects a stamp fails on another one",
		a_put_that_expects_a_stamp_fails_on_another_one },
	{ "a put that expects presence does nothing without",
		a_put_that_expects_presence_does_nothing_without },
	{ "large items and long keys are kept", large_items_and_long_keys_are_kept },
	{ "a failed body leaves nothing", a_failed_body_leaves_nothing },
	{ "what is written is there after closing and opening",
		what_is_written_is_there_after_closing_and_opening },
	{ "a second store on a directory names the first",
		a_second_store_on_a_directory_names_the_first },
	{ "a directory that cannot be made is an error",
		a_directory_that_cannot_be_made_is_an_error },
};

TEST_MAIN(cases)
