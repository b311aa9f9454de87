#undef NDEBUG
#include "index_fixture.h"

#include "store/backfill.h"
#include "store/index_private.h"
#include "store/table_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* More than two chunks of a back-fill; a third is not in its index. */
#define ROWS (3 * ((int)test_rounds(600) + 400))

/* Every third item is not in the index "byg". */
static void put_some(struct fixture *f, int64_t sk)
{
	index_put(f, sk, sk % 3 ? "x" : NULL, sk % 10, "some text");
}

/* A table "I" without an index, but with rows. */
static struct fixture fixture_with_items(int count)
{
	struct fixture f = fixture_new();

	index_table(&f, NULL, 0);
	for (int i = 0; i < count; i++)
		put_some(&f, i);
	return f;
}

static void expect_sound(struct fixture *f)
{
	CHECK(fixture_exact_counts(f).exact);
	CHECK_INT(fixture_check(f, NULL).problems, 0);
}

/* Opens the store without its worker, so that nothing is done by itself. */
static void open_idle(struct fixture *f, const char *table)
{
	fixture_close(f);
	CHECK_OK(store_open(f->path, &(struct store_options){ .read_only_check = true }, &f->store,
			 &f->err),
		&f->err);
	f->table = fixture_find(f, table);
}

static void an_index_on_an_empty_table_is_active_at_once(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(0);
	struct index_description index = index_global("byg");

	open_idle(&f, "I");
	index_change(&f, &index);
	CHECK_INT(table_find_index(f.table, index.name)->status, INDEX_ACTIVE);
	index_put(&f, 1, "x", 1, NULL);
	CHECK_TEXT(index_rows(&f, "byg"), "1");
}

static void an_index_on_a_table_with_rows_becomes_active(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");

	index_change(&f, &index);
	index_wait(&f, "byg");
	CHECK_INT(index_counts(&f, "byg").items, ROWS / 3 * 2);
	expect_sound(&f);
}

static void rows_that_are_not_fit_for_an_index_are_passed_over(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(0);
	struct index_description index = index_global("byg");
	struct map item = index_item(&f.arena, 1, "", 1, NULL);
	struct write_result result;

	CHECK_OK(index_try_put(&f, &item, &result), &f.err);
	item = index_item(&f.arena, 2, "x", NO_N, NULL);
	add_member(&item, "n", text_value("1"));
	CHECK_OK(index_try_put(&f, &item, &result), &f.err);
	index_put(&f, 3, "x", 1, NULL);
	index_change(&f, &index);
	index_wait(&f, "byg");
	CHECK_TEXT(index_rows(&f, "byg"), "3");
	expect_sound(&f);
}

struct writing {
	struct fixture *f;
	atomic_bool stop;
};

static void *write_meanwhile(void *context)
{
	struct writing *writing = context;
	struct fixture own = { .store = writing->f->store, .table = writing->f->table };
	unsigned seed = 1;

	/* On both sides of the frontier, and beyond the last row. */
	while (!writing->stop) {
		int64_t sk = rand_r(&seed) % (ROWS + 500);

		if (rand_r(&seed) % 2)
			put_some(&own, sk + rand_r(&seed) % 2);
		else
			fixture_delete(&own, "a", sk);
		arena_release(&own.arena);
	}
	return NULL;
}

static void a_back_fill_goes_on_among_writers(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	struct table *held CLEANUP(table_unrefp) = table_ref(f.table);
	struct fixture of_writer = { .store = f.store, .table = held };
	struct writing writing = { .f = &of_writer };
	pthread_t writer;

	/* The writer holds the version without the index all the time. */
	CHECK_INT(pthread_create(&writer, NULL, write_meanwhile, &writing), 0);
	index_change(&f, &index);
	index_wait(&f, "byg");
	usleep(10000);
	writing.stop = true;
	pthread_join(writer, NULL);
	expect_sound(&f);
	CHECK(index_counts(&f, "byg").items > 100);
}

static bool index_file_exists(struct fixture *f, struct slice id)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct stat status;

	buf_appendf(&path, "%s/index-%.*s.db", f->path, SLICE_ARG(id));
	return stat(buf_string(&path), &status) == 0;
}

/* The worker may hold a table for a moment. */
static void expect_file_goes(struct fixture *f, struct slice id)
{
	for (int i = 0; i < 500 && index_file_exists(f, id); i++)
		usleep(10000);
	CHECK(!index_file_exists(f, id));
}

static struct slice index_id(struct fixture *f, const char *name)
{
	return arena_copy(&f->arena, table_find_index(f->table, slice_from_string(name))->id);
}

static void an_index_is_dropped_with_its_file(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(10);
	struct index_description index = index_global("byg");
	struct index_walk walk = { .index = "byg" };
	struct table *held;
	struct slice id;

	index_change(&f, &index);
	index_wait(&f, "byg");
	id = index_id(&f, "byg");
	held = table_ref(f.table);
	index_drop(&f, "byg");
	CHECK(!table_find_index(f.table, SLICE("byg")));
	CHECK(index_file_exists(&f, id)); /* somebody holds the version that has it */
	table_unref(f.table);
	f.table = held;
	CHECK_INT(index_try_walk(&f, &walk), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, "The table does not have the specified index: byg");
	index_refresh(&f);
	expect_file_goes(&f, id);
	put_some(&f, 1);
	expect_sound(&f);
}

static void an_index_is_dropped_while_it_is_made(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	struct slice id;

	index_change(&f, &index);
	id = index_id(&f, "byg");
	index_drop(&f, "byg");
	expect_file_goes(&f, id);
	index_change(&f, &index);
	CHECK(!slice_equal(index_id(&f, "byg"), id));
	index_wait(&f, "byg");
	expect_sound(&f);
}

static void two_indexes_are_made_one_after_the_other(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description byg = index_global("byg"), byn = index_global("byn");

	byn.projection = PROJECTION_KEYS_ONLY;
	index_change(&f, &byg);
	index_change(&f, &byn);
	index_wait(&f, "byn");
	CHECK_INT(index_status(&f, "byg"), INDEX_ACTIVE);
	expect_sound(&f);
}

static void a_table_is_deleted_while_its_index_is_made(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	struct slice id;

	index_change(&f, &index);
	id = index_id(&f, "byg");
	CHECK_INT(table_delete(f.store, SLICE("I"), false, DURABLE_PROCESS, &f.err), 0);
	table_unref(f.table);
	f.table = fixture_find(&f, "T");
	expect_file_goes(&f, id);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static int set_ttl_body(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	(void)txn, (void)err;
	description->ttl_attribute = slice_from_string(context);
	return 0;
}

static void set_ttl(struct fixture *f, const char *attribute)
{
	CHECK_INT(table_update(f->store, SLICE("I"), &f->arena, DURABLE_PROCESS, set_ttl_body,
			  (void *)attribute, &f->err),
		0);
	index_refresh(f);
}

static size_t active_expiry_indexes(struct fixture *f)
{
	size_t count = 0;

	index_refresh(f);
	for (size_t i = 0; i < table_description(f->table)->index_count; i++) {
		const struct index_description *index = &table_description(f->table)->indexes[i];

		count += index->kind == INDEX_EXPIRY && index->status == INDEX_ACTIVE;
	}
	return count;
}

static void the_expiry_index_comes_and_goes_with_the_attribute(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);

	set_ttl(&f, "n");
	for (int i = 0; i < 600 && !active_expiry_indexes(&f); i++)
		usleep(10000);
	CHECK_INT(active_expiry_indexes(&f), 1);
	CHECK(table_expiry_index(f.table)->now.items > 0);
	CHECK(!table_find_index(f.table, SLICE("n")));
	expect_sound(&f);
	set_ttl(&f, "v");
	CHECK_INT(table_description(f.table)->index_count, 1);
	CHECK_TEXT(table_description(f.table)->indexes[0].name, "v");
	set_ttl(&f, NULL);
	CHECK_INT(table_description(f.table)->index_count, 0);
	CHECK(!table_expiry_index(f.table));
}

static void writes_behind_the_frontier_keep_the_index_and_others_leave_it(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	int64_t made;

	open_idle(&f, "I");
	index_change(&f, &index);
	CHECK_INT(backfill_step(f.table, &f.err), 0);
	CHECK_INT(index_status(&f, "byg"), INDEX_CREATING);
	made = index_counts(&f, "byg").items;
	CHECK(made > 100 && made < 500);
	index_put(&f, -1, "x", 1, NULL);
	CHECK_INT(index_counts(&f, "byg").items, made + 1);
	index_put(&f, ROWS + 1, "x", 1, NULL);
	CHECK_INT(index_counts(&f, "byg").items, made + 1);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
	while (!backfill_step(f.table, &f.err))
		;
	CHECK_INT(index_status(&f, "byg"), INDEX_ACTIVE);
	CHECK_INT(index_counts(&f, "byg").items, ROWS / 3 * 2 + 2);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void reopen(struct fixture *f)
{
	fixture_close(f);
	fixture_open(f);
	table_unref(f->table);
	f->table = fixture_find(f, "I");
}

static void a_back_fill_goes_on_where_it_was_when_the_store_is_opened(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	int64_t made;

	open_idle(&f, "I");
	index_change(&f, &index);
	CHECK_INT(backfill_step(f.table, &f.err), 0);
	made = index_counts(&f, "byg").items;
	open_idle(&f, "I");
	CHECK_INT(index_status(&f, "byg"), INDEX_CREATING);
	CHECK_INT(index_counts(&f, "byg").items, made);
	CHECK(f.table->indexes[0]->frontier.len > 0);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
	reopen(&f);
	index_wait(&f, "byg");
	CHECK_INT(index_counts(&f, "byg").items, ROWS / 3 * 2);
	expect_sound(&f);
}

/* Runs in a process that is killed once it tells that it has come so far. */
static void run_and_die(struct fixture *f, void (*run)(struct fixture *f, int told))
{
	int pipe_ends[2], status;
	pid_t child;
	char byte;

	fixture_close(f);
	CHECK_INT(pipe2(pipe_ends, O_CLOEXEC), 0);
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		struct fixture own = { .path = f->path, .arena = ARENA_INIT, .err = ERROR_INIT };

		if (setjmp(test_failed))
			_exit(1);
		fixture_open(&own);
		table_unref(own.table);
		own.table = fixture_find(&own, "I");
		run(&own, pipe_ends[1]);
		_exit(2);
	}
	close(pipe_ends[1]);
	CHECK_INT(read(pipe_ends[0], &byte, 1), 1);
	kill(child, SIGKILL);
	close(pipe_ends[0]);
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void tell_and_go_on(struct fixture *f, int told)
{
	CHECK_INT(write(told, "", 1), 1);
	for (int i = 0;; i++) {
		put_some(f, i % (ROWS + 500));
		fixture_delete(f, "a", (i * 7) % ROWS);
		if (i % 100 == 0)
			arena_release(&f->arena);
	}
}

static void index_and_die(struct fixture *f, int told)
{
	struct index_description index = index_global("byg");

	index_change(f, &index);
	while (index_counts(f, "byg").items < ROWS / 4)
		usleep(100);
	tell_and_go_on(f, told);
}

static void a_back_fill_goes_on_after_a_crash(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);

	run_and_die(&f, index_and_die);
	reopen(&f);
	index_wait(&f, "byg");
	expect_sound(&f);
}

static void write_and_die(struct fixture *f, int told)
{
	for (int i = 0; i < 200; i++)
		put_some(f, ROWS + i);
	tell_and_go_on(f, told);
}

static void indexes_and_their_counts_are_sound_after_a_crash(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	struct index_counts counts;

	index_change(&f, &index);
	index_wait(&f, "byg");
	run_and_die(&f, write_and_die);
	reopen(&f);
	expect_sound(&f);
	counts = index_counts(&f, "byg");
	CHECK(counts.items > 0 && counts.bytes > counts.items * 10);
}

static void put_and_die(struct fixture *f, int told)
{
	put_some(f, 1);
	CHECK_INT(write(told, "", 1), 1);
	pause();
}

static void a_recount_of_an_index_goes_with_the_writes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(ROWS);
	struct index_description index = index_global("byg");
	int r;

	index_change(&f, &index);
	index_wait(&f, "byg");
	run_and_die(&f, put_and_die);
	open_idle(&f, "I");
	CHECK_INT(count_step(f.table, &f.err), 0);
	index_put(&f, 2, "x", 2, "a longer text than before");
	index_put(&f, 4, NULL, 2, NULL);
	index_put(&f, ROWS - 1, "x", 2, "a longer text than before");
	index_put(&f, ROWS - 2, NULL, 2, NULL);
	while ((r = count_step(f.table, &f.err)) == 0)
		;
	CHECK_INT(r, COUNT_DONE);
	CHECK_INT(index_counts(&f, "byg").items, ROWS / 3 * 2 - 2);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void drop_and_die(struct fixture *f, int told)
{
	struct table *held = table_ref(f->table);

	index_drop(f, "byg"); /* its file stays, as its version is held */
	(void)held;
	tell_and_go_on(f, told);
}

static void a_file_left_by_a_dropped_index_goes_when_the_store_is_opened(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(100);
	struct index_description index = index_global("byg");
	struct slice id;

	index_change(&f, &index);
	index_wait(&f, "byg");
	id = index_id(&f, "byg");
	CHECK(index_file_exists(&f, id));
	run_and_die(&f, drop_and_die);
	reopen(&f);
	CHECK(!index_file_exists(&f, id));
	expect_sound(&f);
}

static int fail_body(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	TRY(index_change_body(txn, description, context, err));
	return error_set(err, ERROR_VALIDATION, "no");
}

static void an_update_that_fails_changes_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_items(10);
	struct index_description index = index_global("byg");

	CHECK_INT(table_update(f.store, SLICE("I"), &f.arena, DURABLE_PROCESS, fail_body, &index,
			  &f.err),
		-1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, "no");
	index_refresh(&f);
	CHECK_INT(table_description(f.table)->index_count, 0);
}

static const struct test_case cases[] = {
	{ "an index on an empty table is active at once",
		an_index_on_an_empty_table_is_active_at_once },
	{ "an index on a table with rows becomes active",
		an_index_on_a_table_with_rows_becomes_active },
	{ "rows that are not fit for an index are passed over",
		rows_that_are_not_fit_for_an_index_are_passed_over },
	{ "a back-fill goes on among writers", a_back_fill_goes_on_among_writers },
	{ "an index is dropped with its file", an_index_is_dropped_with_its_file },
	{ "an index is dropped while it is made", an_index_is_dropped_while_it_is_made },
	{ "two indexes are made one after the other", two_indexes_are_made_one_after_the_other },
	{ "a table is deleted while its index is made",
		a_table_is_deleted_while_its_index_is_made },
	{ "the expiry index comes and goes with the attribute",
		the_expiry_index_comes_and_goes_with_the_attribute },
	{ "writes behind the frontier keep the index, and others leave it",
		writes_behind_the_frontier_keep_the_index_and_others_leave_it },
	{ "a back-fill goes on where it was when the store is opened",
		a_back_fill_goes_on_where_it_was_when_the_store_is_opened },
	{ "a back-fill goes on after a crash", a_back_fill_goes_on_after_a_crash },
	{ "indexes and their counts are sound after a crash",
		indexes_and_their_counts_are_sound_after_a_crash },
	{ "a recount of an index goes with the writes",
		a_recount_of_an_index_goes_with_the_writes },
	{ "a file left by a dropped index goes when the store is opened",
		a_file_left_by_a_dropped_index_goes_when_the_store_is_opened },
	{ "an update that fails changes nothing", an_update_that_fails_changes_nothing },
};

TEST_MAIN(cases)
