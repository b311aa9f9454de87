#undef NDEBUG
#include "store_fixture.h"

#include "store/store_private.h"
#include "store/table_private.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ROWS 5000

/* Runs in another process, which is killed once it has told the number of a
 * step, or has returned. It leaves by no other way: nothing is closed. */
typedef void child_main(struct fixture *f, int told);

static void child_run(struct fixture *f, child_main *run, int told)
{
	struct fixture own = { .path = f->path, .arena = ARENA_INIT, .err = ERROR_INIT };

	if (setjmp(test_failed))
		_exit(1);
	fixture_open(&own);
	run(&own, told);
	for (;;)
		pause();
}

static void tell(int told, int32_t step)
{
	CHECK_INT(write(told, &step, sizeof(step)), sizeof(step));
}

/* Runs the child on a closed store until it tells a step at or beyond `until`;
 * returns the last step that it told before it died. */
static int32_t kill_child_at(struct fixture *f, child_main *run, int32_t until)
{
	int32_t step = -1, last = -1;
	int pipe_ends[2], status;
	pid_t child;

	CHECK_INT(pipe2(pipe_ends, O_CLOEXEC), 0);
	fflush(stdout);
	child = fork();
	CHECK(child >= 0);
	if (child == 0) {
		close(pipe_ends[0]);
		child_run(f, run, pipe_ends[1]);
	}
	close(pipe_ends[1]);
	while (read(pipe_ends[0], &step, sizeof(step)) == sizeof(step)) {
		last = step;
		if (step >= until)
			kill(child, SIGKILL);
	}
	close(pipe_ends[0]);
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return last;
}

static void put_rows(struct fixture *f, int told)
{
	for (int32_t i = 0;; i++) {
		fixture_put(f, "a", i, "some text, so that pages fill");
		if (i % 3 == 0)
			fixture_delete(f, "a", i);
		tell(told, i);
		if (i % 100 == 0)
			arena_release(&f->arena);
	}
}

static void what_was_committed_survives_kill_9(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;
	struct check_totals totals;
	int32_t last;

	fixture_close(&f);
	last = kill_child_at(&f, put_rows, 1000);
	CHECK(last >= 1000);
	fixture_open(&f);
	for (int32_t i = 0; i <= last; i++)
		CHECK(slice_present(fixture_value(&f, "a", i)) == (i % 3 != 0));
	counts = fixture_exact_counts(&f);
	totals = fixture_check(&f, NULL);
	CHECK_INT(totals.problems, 0);
	CHECK_INT(counts.items, totals.items);
	CHECK_INT(counts.bytes, totals.bytes);
}

static void a_store_survives_being_killed_again_and_again(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_close(&f);
	for (int round = 0; round < 5; round++)
		CHECK(kill_child_at(&f, put_rows, 20 * round) >= 20 * round);
	fixture_open(&f);
	fixture_exact_counts(&f);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void wait_to_be_killed(struct fixture *f, int told)
{
	(void)f;
	tell(told, 0);
}

static void counts_stay_exact_when_nothing_was_written(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;

	fixture_put(&f, "a", 1, "x");
	fixture_close(&f);
	kill_child_at(&f, wait_to_be_killed, 0);
	CHECK_OK(store_open(f.path, &(struct store_options){ .read_only_check = true }, &f.store,
			 &f.err),
		&f.err);
	f.table = fixture_find(&f, "T");
	table_counts(f.table, &counts);
	CHECK(counts.exact);
	CHECK_INT(counts.items, 1);
}

static void put_once(struct fixture *f, int told)
{
	fixture_put(f, "a", 1, "x");
	tell(told, 0);
}

static void counts_are_not_exact_after_a_crash_until_recounted(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;

	fixture_close(&f);
	kill_child_at(&f, put_once, 0);
	CHECK_OK(store_open(f.path, &(struct store_options){ .read_only_check = true }, &f.store,
			 &f.err),
		&f.err);
	f.table = fixture_find(&f, "T");
	table_counts(f.table, &counts);
	CHECK(!counts.exact);
	fixture_close(&f);
	fixture_open(&f);
	CHECK_INT(fixture_exact_counts(&f).items, 1);
}

static bool counts_are_saved(struct fixture *f)
{
	bool saved;

	pthread_mutex_lock(&f->store->writer);
	saved = f->table->body->counters.saved;
	pthread_mutex_unlock(&f->store->writer);
	return saved;
}

static void put_and_rest(struct fixture *f, int told)
{
	fixture_put(f, "a", 1, "x");
	for (int i = 0; i < 10000 && !counts_are_saved(f); i++)
		usleep(1000);
	tell(told, 0);
}

static void counts_are_saved_when_the_store_comes_to_rest(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;

	fixture_close(&f);
	kill_child_at(&f, put_and_rest, 0);
	CHECK_OK(store_open(f.path, &(struct store_options){ .read_only_check = true }, &f.store,
			 &f.err),
		&f.err);
	f.table = fixture_find(&f, "T");
	table_counts(f.table, &counts);
	CHECK(counts.exact);
	CHECK_INT(counts.items, 1);
}

static int many_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture *f = context;
	struct arena_mark mark = arena_mark(txn_arena(txn));

	for (int i = 0; i < ROWS; i++) {
		struct map item = fixture_item(txn_arena(txn), "a", i, SLICE("x"));
		struct write_action action = {
			.kind = WRITE_PUT,
			.table = f->table,
			.row_key = fixture_key_of(f->table, txn_arena(txn), &item),
			.item = &item,
		};
		struct write_result result;

		TRY(write_apply(txn, &action, &result, err));
		arena_reset(txn_arena(txn), mark);
	}
	return 0;
}

static void put_many(struct fixture *f, int told)
{
	CHECK_OK(txn_run(f->store, TXN_WRITE, DURABLE_PROCESS, &f->arena, many_body, f, &f->err),
		&f->err);
	tell(told, 0);
}

static void *write_during_recount(void *context)
{
	struct fixture *f = context;
	struct fixture own = { .store = f->store, .table = f->table };
	unsigned seed = 1;

	/* On both sides of the frontier, and beyond the last row. */
	for (int i = 0; i < 1000; i++) {
		int64_t sk = rand_r(&seed) % (ROWS + 500);

		if (i % 2)
			fixture_put(&own, "a", sk, "longer than before");
		else
			fixture_delete(&own, "a", sk);
		arena_release(&own.arena);
	}
	return NULL;
}

static void a_recount_is_exact_among_writers(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_counts counts;
	struct check_totals totals;
	pthread_t writer;
	bool during;

	fixture_close(&f);
	kill_child_at(&f, put_many, 0);
	fixture_open(&f);
	table_counts(f.table, &counts);
	during = !counts.exact;
	CHECK_INT(pthread_create(&writer, NULL, write_during_recount, &f), 0);
	counts = fixture_exact_counts(&f);
	pthread_join(writer, NULL);
	CHECK(during);
	table_counts(f.table, &counts);
	totals = fixture_check(&f, NULL);
	CHECK_INT(totals.problems, 0);
	CHECK_INT(counts.items, totals.items);
	CHECK_INT(counts.bytes, totals.bytes);
}

static void delete_while_held(struct fixture *f, int told)
{
	CHECK_INT(table_delete(f->store, SLICE("T"), false, DURABLE_PROCESS, &f->err), 0);
	tell(told, 0);
}

static void a_file_left_by_a_deletion_goes_when_the_store_is_opened(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct stat status;

	fixture_put(&f, "a", 1, "x");
	buf_appendf(&path, "%s/table-%.*s.db", f.path, SLICE_ARG(table_description(f.table)->id));
	fixture_close(&f);
	kill_child_at(&f, delete_while_held, 0);
	CHECK_INT(stat(buf_string(&path), &status), 0);
	fixture_open(&f);
	CHECK(!f.table);
	CHECK_INT(stat(buf_string(&path), &status), -1);
}

static void create_and_die(struct fixture *f, int told)
{
	fixture_create_table(f, "U");
	tell(told, 0);
}

static void a_table_created_before_a_crash_is_there(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	fixture_close(&f);
	kill_child_at(&f, create_and_die, 0);
	fixture_open(&f);
	table_unref(f.table);
	f.table = fixture_find(&f, "U");
	fixture_put(&f, "a", 1, "x");
	CHECK_INT(fixture_exact_counts(&f).items, 1);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static const struct test_case cases[] = {
	{ "what was committed survives kill -9", what_was_committed_survives_kill_9 },
	{ "a store survives being killed again and again",
		a_store_survives_being_killed_again_and_again },
	{ "counts stay exact when nothing was written",
		counts_stay_exact_when_nothing_was_written },
	{ "counts are not exact after a crash until recounted",
		counts_are_not_exact_after_a_crash_until_recounted },
	{ "counts are saved when the store comes to rest",
		counts_are_saved_when_the_store_comes_to_rest },
	{ "a recount is exact among writers", a_recount_is_exact_among_writers },
	{ "a file left by a deletion goes when the store is opened",
		a_file_left_by_a_deletion_goes_when_the_store_is_opened },
	{ "a table created before a crash is there", a_table_created_before_a_crash_is_there },
};

TEST_MAIN(cases)
