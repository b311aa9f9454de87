#undef NDEBUG
#include "store_fixture.h"

#include "base/clock.h"
#include "store/store_private.h"
#include "store/table_private.h"
#include "store/txn_private.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

#define THREADS 4

static int put_in_body(
	struct txn *txn, struct table *table, const char *pk, int64_t sk, struct error *err)
{
	struct map item = fixture_item(txn_arena(txn), pk, sk, SLICE("from a body"));
	struct write_action action = {
		.kind = WRITE_PUT,
		.table = table,
		.row_key = fixture_key_of(table, txn_arena(txn), &item),
		.item = &item,
	};
	struct write_result result;

	return write_apply(txn, &action, &result, err);
}

/* Tells what the watcher was told. */
struct told {
	atomic_long changes;
	atomic_long inserted, removed;
};

static void count_changes(void *context, const struct change *changes, size_t count)
{
	struct told *told = context;

	told->changes += (long)count;
	for (size_t i = 0; i < count; i++) {
		told->inserted += changes[i].kind == CHANGE_INSERT;
		told->removed += changes[i].kind == CHANGE_REMOVE;
	}
}

/*
 * A deadlock: the body writes to a and then to b; another transaction, which
 * has more writes to lose, has written to b, c and d and now wants a.
 */
struct deadlock {
	struct store *store;
	struct table *a, *b, *c, *d;
	sem_t has_b, has_a;
	int runs;
};

static void put_raw(DB_TXN *bdb, struct table *table, const char *bytes)
{
	DBT data = bdb_input(slice_from_string(bytes));

	CHECK_INT(table->body->file->put(table->body->file, bdb, &data, &data, 0), 0);
}

static void *other_main(void *context)
{
	struct deadlock *deadlock = context;
	DB_ENV *env = deadlock->store->env;
	DB_TXN *bdb;

	CHECK_INT(env->txn_begin(env, NULL, &bdb, 0), 0);
	put_raw(bdb, deadlock->b, "raw");
	put_raw(bdb, deadlock->c, "raw");
	put_raw(bdb, deadlock->d, "raw");
	sem_post(&deadlock->has_b);
	sem_wait(&deadlock->has_a);
	put_raw(bdb, deadlock->a, "raw");
	CHECK_INT(bdb->commit(bdb, 0), 0);
	return NULL;
}

static int deadlock_body(struct txn *txn, void *context, struct error *err)
{
	struct deadlock *deadlock = context;

	deadlock->runs++;
	TRY(put_in_body(txn, deadlock->a, "a", 1, err));
	if (deadlock->runs == 1) {
		sem_wait(&deadlock->has_b);
		sem_post(&deadlock->has_a);
		usleep(50000); /* until the other one waits for a */
	}
	return put_in_body(txn, deadlock->b, "a", 1, err);
}

static void a_body_runs_again_after_a_deadlock(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct deadlock deadlock = { .store = f.store };
	struct told told = { 0 };
	struct table_counts counts;
	pthread_t other;

	fixture_create_table(&f, "B");
	fixture_create_table(&f, "C");
	fixture_create_table(&f, "D");
	deadlock.a = f.table;
	deadlock.b = fixture_find(&f, "B");
	deadlock.c = fixture_find(&f, "C");
	deadlock.d = fixture_find(&f, "D");
	sem_init(&deadlock.has_b, 0, 0);
	sem_init(&deadlock.has_a, 0, 0);
	store_watch(f.store, count_changes, &told);
	CHECK_INT(pthread_create(&other, NULL, other_main, &deadlock), 0);
	CHECK_OK(txn_run(f.store, TXN_WRITE, DURABLE_PROCESS, &f.arena, deadlock_body, &deadlock,
			 &f.err),
		&f.err);
	pthread_join(other, NULL);
	CHECK_INT(deadlock.runs, 2);
	CHECK_INT(told.changes, 2);
	table_counts(f.table, &counts);
	CHECK_INT(counts.inserted, 1);
	CHECK_TEXT(fixture_value(&f, "a", 1), "from a body");
	table_unref(deadlock.b);
	table_unref(deadlock.c);
	table_unref(deadlock.d);
}

static int conflicting_body(struct txn *txn, void *context, struct error *err)
{
	int *runs = context;

	(*runs)++;
	arena_alloc(txn_arena(txn), 100000);
	return error_set(err, ERROR_CONFLICT, "Transaction is ongoing for the item");
}

static void conflicts_without_end_are_given_up(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int runs = 0;

	CHECK_INT(txn_run(f.store, TXN_READ, DURABLE_PROCESS, &f.arena, conflicting_body, &runs,
			  &f.err),
		-1);
	CHECK_ERROR(&f.err, ERROR_CONFLICT, "Transaction is ongoing for the item");
	CHECK_INT(runs, TXN_TRIES);
}

#define MANY test_rounds(20000)

static int many_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture *f = context;
	struct arena_mark mark = arena_mark(txn_arena(txn));

	for (int64_t i = 0; i < MANY; i++) {
		struct slice pk = arena_printf(txn_arena(txn), "%" PRId64, i * 7919 % MANY);

		TRY(put_in_body(txn, f->table, pk.data, i, err));
		arena_reset(txn_arena(txn), mark);
	}
	return 0;
}

static void twenty_thousand_rows_fit_in_a_transaction(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct told told = { 0 };
	struct table_counts counts;

	store_watch(f.store, count_changes, &told);
	for (int i = 0; i < 2; i++)
		CHECK_OK(
			txn_run(f.store, TXN_WRITE, DURABLE_POWER, &f.arena, many_body, &f, &f.err),
			&f.err);
	table_counts(f.table, &counts);
	CHECK_INT(counts.items, MANY);
	CHECK_INT(told.changes, 2 * MANY);
	CHECK_INT(told.inserted, MANY);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

/* Threads that write and read at the same time. */
struct worker_thread {
	pthread_t thread;
	struct fixture *f;
	int number;
	long inserted, removed;
	const char *failure;
	atomic_bool *stop;
};

static void *writer_main(void *context)
{
	struct worker_thread *self = context;
	struct fixture own = { .store = self->f->store, .table = self->f->table };
	unsigned seed = (unsigned)self->number;

	for (unsigned i = 0; i < test_rounds(1500); i++) {
		int64_t sk = rand_r(&seed) % 200;
		struct map item = fixture_item(&own.arena, "a", sk, SLICE("x"));
		struct fixture_write write = {
			.action = {
				.kind = rand_r(&seed) % 3 ? WRITE_PUT : WRITE_DELETE,
				.table = own.table,
				.row_key = fixture_key_of(own.table, &own.arena, &item),
				.item = &item,
			},
		};

		if (fixture_apply(&own, &write) < 0)
			self->failure = "a write failed";
		self->inserted += write.result.change == CHANGE_INSERT;
		self->removed += write.result.change == CHANGE_REMOVE;
		arena_release(&own.arena);
	}
	return NULL;
}

struct order {
	struct table *table;
	bool backward;
	bool broken;
};

static int order_body(struct txn *txn, void *context, struct error *err)
{
	struct row_cursor *cursor CLEANUP(row_cursor_closep) = NULL;
	struct buf last CLEANUP(buf_release) = BUF_INIT;
	struct order *order = context;
	struct row_range range = { .backward = order->backward };
	struct row row;
	int r;

	TRY(row_cursor_open(txn, order->table, &range, ROW_FULL, &cursor, err));
	while ((r = row_cursor_next(cursor, &row, err)) == 0) {
		int sign = slice_compare(row.key, buf_slice(&last));

		if (last.len && (order->backward ? sign >= 0 : sign <= 0))
			order->broken = true;
		buf_clear(&last);
		buf_append_slice(&last, row.key);
	}
	return r < 0 ? -1 : row_cursor_close(cursor, err);
}

static void *reader_main(void *context)
{
	struct worker_thread *self = context;
	struct fixture own = { .store = self->f->store, .table = self->f->table };
	struct order order = { .table = own.table, .backward = self->number % 2 };

	while (!*self->stop) {
		if (txn_run(own.store, TXN_READ, DURABLE_PROCESS, &own.arena, order_body, &order,
			    &own.err) < 0)
			self->failure = "a scan failed";
		if (order.broken)
			self->failure = "a scan is out of order";
		error_release(&own.err);
		arena_release(&own.arena);
	}
	return NULL;
}

static void counts_and_watcher_are_exact_among_many_writers(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct worker_thread writers[THREADS], readers[2];
	struct told told = { 0 };
	struct table_counts counts;
	atomic_bool stop = false;
	long inserted = 0, removed = 0;

	store_watch(f.store, count_changes, &told);
	for (int i = 0; i < 2; i++) {
		readers[i] = (struct worker_thread){ .f = &f, .number = i, .stop = &stop };
		pthread_create(&readers[i].thread, NULL, reader_main, &readers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		writers[i] = (struct worker_thread){ .f = &f, .number = i };
		pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(writers[i].thread, NULL);
		CHECK(!writers[i].failure);
		inserted += writers[i].inserted;
		removed += writers[i].removed;
	}
	stop = true;
	for (int i = 0; i < 2; i++) {
		pthread_join(readers[i].thread, NULL);
		CHECK(!readers[i].failure);
	}
	table_counts(f.table, &counts);
	CHECK_INT(counts.inserted, inserted);
	CHECK_INT(counts.removed, removed);
	CHECK_INT(counts.items, inserted - removed);
	CHECK_INT(told.inserted, inserted);
	CHECK_INT(told.removed, removed);
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

#define SECOND_NS 1000000000u

struct stamps {
	uint64_t after, first, last;
};

static int stamps_body(struct txn *txn, void *context, struct error *err)
{
	struct stamps *stamps = context;

	(void)err;
	stamps->first = txn_next_stamp(txn, stamps->after);
	for (int i = 0; i < 1000; i++) {
		uint64_t stamp = txn_next_stamp(txn, 0);

		CHECK(stamp > stamps->last);
		stamps->last = stamp;
	}
	return 0;
}

static struct stamps take_stamps(struct fixture *f, uint64_t after)
{
	struct stamps stamps = { .after = after };

	CHECK_OK(txn_run(f->store, TXN_WRITE, DURABLE_PROCESS, &f->arena, stamps_body, &stamps,
			 &f->err),
		&f->err);
	CHECK_INT(stamps.first / SECOND_NS, stamps.last / SECOND_NS);
	return stamps;
}

static void stamps_of_a_transaction_are_of_one_second(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int64_t end = clock_realtime_ns() / SECOND_NS * SECOND_NS + SECOND_NS;
	struct timespec shortly_before = clock_to_timespec(end - 20000);
	struct stamps stamps;

	clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &shortly_before, NULL);
	stamps = take_stamps(&f, 0);
	CHECK(stamps.first >= (uint64_t)end);
	stamps = take_stamps(
		&f, (uint64_t)end + 100 * (uint64_t)SECOND_NS - 20); /* a clock went back */
	CHECK_INT(stamps.first, (uint64_t)end + 100 * (uint64_t)SECOND_NS);
}

static const struct test_case cases[] = {
	{ "a body runs again after a deadlock", a_body_runs_again_after_a_deadlock },
	{ "conflicts without end are given up", conflicts_without_end_are_given_up },
	{ "twenty thousand rows fit in a transaction", twenty_thousand_rows_fit_in_a_transaction },
	{ "counts and watcher are exact among many writers",
		counts_and_watcher_are_exact_among_many_writers },
	{ "stamps of a transaction are of one second", stamps_of_a_transaction_are_of_one_second },
};

TEST_MAIN(cases)
