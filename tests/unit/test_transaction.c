#undef NDEBUG
#include "base/clock.h"
#include "fs_fixture.h"
#include "transaction.h"

/* Requests through a transaction, over an engine. The table "Tab" has items of
 * the partitions "a", "b", … with the sort keys 0, 1, … */

struct world {
	struct fixture f;
	struct mount_table *stored;
	struct transaction *transaction;
	struct mount_table *view; /* of the transaction */
};

static void begin_transaction(struct world *w)
{
	CHECK_OK(transaction_begin(&w->f.fs, &w->f.caller, SLICE("t"), &w->f.err), &w->f.err);
	w->transaction = transaction_find(&w->f.fs, SLICE("t"));
	CHECK(w->transaction);
	CHECK_OK(transaction_table(w->transaction, w->stored, &w->view, &w->f.err), &w->f.err);
}

static void world_begin(struct world *w)
{
	*w = (struct world){ 0 };
	fixture_begin(&w->f);
	w->f.fs.transactions = transactions_new(&w->f.fs, 0);
	CHECK_OK(table_make(&w->f.fs, SLICE("Tab"), SLICE("pk:S sk:N"), false, &w->f.err),
		&w->f.err);
	CHECK_INT(request_table(&w->f.fs, SLICE("Tab"), &w->stored, &w->f.err), 0);
	begin_transaction(w);
}

static void world_end(struct world *w)
{
	transactions_free(w->f.fs.transactions);
	transaction_unref(w->transaction);
	mount_table_unref(w->view);
	mount_table_unref(w->stored);
	fixture_end(&w->f);
}

#define WORLD(w) \
	struct world w CLEANUP(world_end); \
	world_begin(&w)

static struct key key_of(const char *partition, size_t sort)
{
	return (struct key){
		.partition = fixture_string(slice_from_string(partition)),
		.sort = fixture_number(sort),
	};
}

static void put(struct world *w, struct mount_table *table, const char *partition, size_t sort)
{
	struct arena *arena = &w->f.arena;
	struct key key = key_of(partition, sort);
	struct map item = key_to_map(&table->schema, &key, arena);
	struct put_item_input input = { .item = &item };
	struct item_facts facts;

	CHECK_OK(request_put(&w->f.fs, table, &input, arena, &facts, &w->f.err), &w->f.err);
}

static void take_away(
	struct world *w, struct mount_table *table, const char *partition, size_t sort)
{
	struct key key = key_of(partition, sort);

	CHECK_OK(request_delete(&w->f.fs, table, &key, &w->f.err), &w->f.err);
}

/* 0, REQUEST_ABSENT or -1. */
static int get(struct world *w, struct mount_table *table, const char *partition, size_t sort)
{
	struct key key = key_of(partition, sort);
	struct item_facts facts;
	const struct map *item;

	return request_item(&w->f.fs, table, &key, &w->f.arena, &item, &facts, &w->f.err);
}

/* The sort keys of a partition, in pages of that size. */
static void list(struct world *w, const char *partition, size_t limit, struct buf *ret)
{
	struct value value = fixture_string(slice_from_string(partition));
	struct query_output page = { 0 };
	struct key last;
	const struct key *after = NULL;

	do {
		CHECK_OK(request_partition_items(&w->f.fs, w->view, &value, after, limit,
				 &w->f.arena, &page, &w->f.err),
			&w->f.err);
		CHECK(page.items.count <= limit);
		for (size_t i = 0; i < page.items.count; i++) {
			last = page.rows[i].key;
			number_format(&last.sort.number, ret);
			buf_append_char(ret, ' ');
		}
		after = &last;
	} while (page.last_evaluated_key);
}

static size_t count_partitions(struct world *w, size_t limit)
{
	struct list_partitions_output page = { 0 };
	const struct value *after = NULL;
	struct value last;
	size_t count = 0;

	do {
		CHECK_OK(request_partitions(
				 &w->f.fs, w->view, after, limit, &w->f.arena, &page, &w->f.err),
			&w->f.err);
		CHECK(page.count <= limit);
		count += page.count;
		if (page.count)
			last = page.partitions[page.count - 1];
		after = &last;
	} while (page.more);
	return count;
}

static void check_commit(struct world *w)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(transaction_commit(w->transaction, &answer, &w->f.err), &w->f.err);
}

static void check_conflict(struct world *w)
{
	struct buf answer CLEANUP(buf_release) = BUF_INIT;

	CHECK_INT(transaction_commit(w->transaction, &answer, &w->f.err), -1);
	CHECK_INT(w->f.err.class, ERROR_TRANSACTION_CANCELED);
	error_release(&w->f.err);
	CHECK(memmem(answer.data, answer.len, "\"Path\":\"Tab/", 12));
}

static void what_is_put_is_seen_inside_until_the_commit(void)
{
	WORLD(w);

	put(&w, w.view, "a", 1);
	CHECK_INT(get(&w, w.view, "a", 1), 0);
	CHECK_INT(get(&w, w.stored, "a", 1), REQUEST_ABSENT);
	check_commit(&w);
	CHECK_INT(get(&w, w.stored, "a", 1), 0);
}

static void what_is_deleted_is_gone_inside_until_the_commit(void)
{
	WORLD(w);

	put(&w, w.stored, "a", 1);
	take_away(&w, w.view, "a", 1);
	CHECK_INT(get(&w, w.view, "a", 1), REQUEST_ABSENT);
	CHECK_INT(get(&w, w.stored, "a", 1), 0);
	check_commit(&w);
	CHECK_INT(get(&w, w.stored, "a", 1), REQUEST_ABSENT);
}

static void what_was_read_must_be_unchanged(void)
{
	WORLD(w);

	put(&w, w.stored, "a", 1);
	CHECK_INT(get(&w, w.view, "a", 1), 0);
	put(&w, w.stored, "a", 1);
	CHECK_INT(get(&w, w.view, "a", 1), -1);
	CHECK_INT(w.f.err.class, ERROR_ITEM_CHANGED);
	error_release(&w.f.err);
	check_conflict(&w);
}

static void what_was_not_found_must_stay_absent(void)
{
	WORLD(w);

	CHECK_INT(get(&w, w.view, "a", 1), REQUEST_ABSENT);
	put(&w, w.stored, "a", 1);
	check_conflict(&w);
}

static void a_partition_is_listed_in_pages_of_any_size(void)
{
	WORLD(w);

	for (size_t i = 0; i < 10; i++)
		put(&w, w.stored, "a", i);
	put(&w, w.view, "a", 12);
	put(&w, w.view, "b", 3);
	for (size_t i = 2; i < 8; i++)
		take_away(&w, w.view, "a", i);
	put(&w, w.view, "a", 5);
	for (size_t limit = 1; limit < 14; limit++) {
		struct buf sorts CLEANUP(buf_release) = BUF_INIT;

		list(&w, "a", limit, &sorts);
		CHECK_TEXT(buf_slice(&sorts), "0 1 5 8 9 12 ");
	}
}

static void partitions_come_and_go_with_what_is_put_and_deleted(void)
{
	WORLD(w);
	char name[] = "a";

	for (size_t i = 0; i < 10; i++, name[0]++)
		put(&w, w.stored, name, i);
	for (size_t i = 0; i < 5; i++, name[0]++)
		put(&w, w.view, name, i);
	take_away(&w, w.view, "a", 0);
	take_away(&w, w.view, "c", 2);
	take_away(&w, w.view, "d", 3);
	put(&w, w.view, "d", 9);
	for (size_t limit = 1; limit < 16; limit++)
		CHECK_INT(count_partitions(&w, limit), 13);
}

static void a_failed_one_can_only_be_read(void)
{
	WORLD(w);
	struct key key = key_of("a", 1);

	CHECK_INT(get(&w, w.view, "a", 1), REQUEST_ABSENT);
	put(&w, w.view, "a", 2);
	put(&w, w.stored, "a", 1);
	check_conflict(&w);
	check_conflict(&w);
	CHECK_INT(get(&w, w.view, "a", 2), 0);
	CHECK_INT(request_delete(&w.f.fs, w.view, &key, &w.f.err), -1);
	CHECK_INT(w.f.err.class, ERROR_TRANSACTION_CANCELED);
}

static void an_ended_one_is_not_there(void)
{
	WORLD(w);

	CHECK_OK(transaction_abort(w.transaction, &w.f.err), &w.f.err);
	CHECK(!transaction_find(&w.f.fs, SLICE("t")));
	CHECK_INT(get(&w, w.view, "a", 1), -1);
	CHECK_ERROR(&w.f.err, ERROR_TABLE_NOT_FOUND, "this transaction has ended: it was aborted");
	CHECK_INT(transaction_abort(w.transaction, &w.f.err), -1);
}

static void the_end_takes_empty_directories_along(void)
{
	WORLD(w);

	ephemeral_add(w.f.fs.ephemerals, w.view->id, SLICE("a"));
	ephemeral_add(w.f.fs.ephemerals, w.stored->id, SLICE("a"));
	CHECK_OK(transaction_abort(w.transaction, &w.f.err), &w.f.err);
	CHECK(!ephemeral_exists(w.f.fs.ephemerals, w.view->id, SLICE("a")));
	CHECK(ephemeral_exists(w.f.fs.ephemerals, w.stored->id, SLICE("a")));
}

static void one_that_is_left_alone_ends(void)
{
	WORLD(w);
	int64_t until = clock_monotonic_ns() + 20000000000LL;
	struct transaction *found = w.transaction;

	transactions_free(w.f.fs.transactions);
	w.f.fs.transactions = transactions_new(&w.f.fs, 1);
	transaction_unref(w.transaction);
	mount_table_unref(w.view);
	begin_transaction(&w);
	while ((found = transaction_find(&w.f.fs, SLICE("t"))) && clock_monotonic_ns() < until) {
		transaction_unref(found);
		usleep(50000);
	}
	CHECK(!found);
	CHECK_INT(get(&w, w.view, "a", 1), -1);
}

static void names_are_listed_by_user_and_in_order(void)
{
	WORLD(w);
	struct caller other = { w.f.caller.uid + 1, 0 };
	struct slice *names;
	size_t count;

	CHECK_OK(transaction_begin(&w.f.fs, &w.f.caller, SLICE("a"), &w.f.err), &w.f.err);
	CHECK_OK(transaction_begin(&w.f.fs, &other, SLICE("b"), &w.f.err), &w.f.err);
	names = transaction_list(&w.f.fs, w.f.caller.uid, &w.f.arena, &count);
	CHECK_INT(count, 2);
	CHECK_TEXT(names[0], "a");
	CHECK_TEXT(names[1], "t");
}

static const struct test_case cases[] = {
	{ "what is put is seen inside until the commit",
		what_is_put_is_seen_inside_until_the_commit },
	{ "what is deleted is gone inside until the commit",
		what_is_deleted_is_gone_inside_until_the_commit },
	{ "what was read must be unchanged", what_was_read_must_be_unchanged },
	{ "what was not found must stay absent", what_was_not_found_must_stay_absent },
	{ "a partition is listed in pages of any size",
		a_partition_is_listed_in_pages_of_any_size },
	{ "partitions come and go with what is put and deleted",
		partitions_come_and_go_with_what_is_put_and_deleted },
	{ "a failed one can only be read", a_failed_one_can_only_be_read },
	{ "an ended one is not there", an_ended_one_is_not_there },
	{ "the end takes empty directories along", the_end_takes_empty_directories_along },
	{ "one that is left alone ends", one_that_is_left_alone_ends },
	{ "names are listed by user and in order", names_are_listed_by_user_and_in_order },
};
TEST_MAIN(cases)
