#undef NDEBUG
/* Conversions while others write and read, are killed, or find damage. */
#include "class_fixture.h"

#include "base/clock.h"
#include "store/index_private.h"
#include "store/store_private.h"
#include "store/stream.h"
#include "store/ttl.h"

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#define ROWS_MAX   1500
#define ROWS       (500 + (int)test_rounds(1000)) /* enough for a dictionary */
#define PARTITIONS 37
#define WRITERS    2

/* A version of an item of a model: 0 when there is none. */
static struct map model_item(struct arena *arena, int64_t n, unsigned version)
{
	struct map item = { arena_alloc_array(arena, 5, sizeof(struct member)), 0 };

	add_member(&item, "pk", text_value(arena_printf(arena, "p%d", (int)(n % PARTITIONS)).data));
	add_member(&item, "sk", number_value(n));
	add_member(&item, "n", number_value(version));
	if (version % 2)
		add_member(&item, "g", text_value("x"));
	add_member(&item, "v", text_value(text_of(arena, n + version * 1000003LL)));
	return item;
}

static void model_write(struct fixture *f, int64_t n, unsigned version)
{
	struct map item = model_item(&f->arena, n, version ? version : 1);
	struct fixture_write write = {
		.action = {
			.kind = version ? WRITE_PUT : WRITE_DELETE,
			.table = f->table,
			.row_key = fixture_key_of(f->table, &f->arena, &item),
			.item = &item,
		},
	};

	CHECK_OK(fixture_apply(f, &write), &f->err);
}

static unsigned number_to_unsigned(const struct number *number)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	number_format(number, &text);
	return (unsigned)strtoul(buf_string(&text), NULL, 10);
}

/* The version that is stored; an item that is none of the model's fails. */
static unsigned model_read(struct fixture *f, int64_t n)
{
	struct map key_of = model_item(&f->arena, n, 1), item, expected;
	struct fixture_get get = { f->table, fixture_key_of(f->table, &f->arena, &key_of),
		{ .key = SLICE("") } };
	const struct value *version;
	unsigned number;
	int r = txn_run(
		f->store, TXN_READ, DURABLE_PROCESS, &f->arena, fixture_get_body, &get, &f->err);

	CHECK_OK(r, &f->err);
	if (r == ROW_ABSENT)
		return 0;
	CHECK_OK(item_decode(&f->arena, get.row.item, &item, &f->err), &f->err);
	version = map_find(&item, SLICE("n"));
	CHECK(version);
	number = number_to_unsigned(&version->number);
	expected = model_item(&f->arena, n, number);
	CHECK(map_equal(&item, &expected));
	return number;
}

static struct fixture fixture_with_model(unsigned *versions)
{
	const struct index_description indexes[] = { index_global("byg"), index_local("bypk") };
	struct fixture f = fixture_new();

	index_table(&f, indexes, 1);
	for (int64_t n = 0; n < ROWS; n++) {
		model_write(&f, n, 1);
		versions[n] = 1;
	}
	return f;
}

static void expect_model(struct fixture *f, const unsigned *versions)
{
	for (int64_t n = 0; n < ROWS; n++) {
		struct arena_mark mark = arena_mark(&f->arena);

		CHECK_INT(model_read(f, n), versions[n]);
		arena_reset(&f->arena, mark);
	}
}

struct load {
	struct fixture *f;
	unsigned *versions;
	unsigned number; /* of the writer */
	atomic_bool *stop;
	void (*run)(struct load *load, struct fixture *own);
	uint64_t done;
};

static void *load_main(void *context)
{
	struct load *load = context;
	struct fixture own = {
		.store = load->f->store,
		.table = load->f->table,
		.arena = ARENA_INIT,
		.err = ERROR_INIT,
	};

	load->run(load, &own);
	arena_release(&own.arena);
	return NULL;
}

/* Each writer has rows of its own. */
static void write_some(struct load *load, struct fixture *own)
{
	unsigned seed = load->number;

	while (!*load->stop) {
		int64_t n = rand_r(&seed) % (ROWS / WRITERS) * WRITERS + load->number;
		unsigned version = rand_r(&seed) % 5 ? load->versions[n] + 1 : 0;

		model_write(own, n, version);
		load->versions[n] = version;
		load->done++;
		arena_reset(&own->arena, (struct arena_mark){ NULL, 0 });
	}
}

/* By key, by a cursor and through an index: what is found is some version. */
static void read_some(struct load *load, struct fixture *own)
{
	unsigned seed = 99;

	while (!*load->stop) {
		model_read(own, rand_r(&seed) % ROWS);
		if (load->done++ % 64 == 0) {
			read_all(own);
			index_rows(own, "byg");
		}
		arena_reset(&own->arena, (struct arena_mark){ NULL, 0 });
	}
}

static void conversions_under_load_lose_and_change_nothing(void)
{
	unsigned versions[ROWS_MAX];
	struct fixture f CLEANUP(fixture_release) = fixture_with_model(versions);
	struct table *held CLEANUP(table_unrefp) = table_ref(f.table);
	struct fixture of_load = { .store = f.store, .table = held };
	pthread_t threads[WRITERS + 1];
	struct load loads[WRITERS + 1];
	atomic_bool stop = false;

	for (unsigned i = 0; i <= WRITERS; i++) {
		loads[i] = (struct load){
			.f = &of_load,
			.versions = versions,
			.number = i,
			.stop = &stop,
			.run = i < WRITERS ? write_some : read_some,
		};
		CHECK_INT(pthread_create(&threads[i], NULL, load_main, &loads[i]), 0);
	}
	for (unsigned i = 0; i < 2 * test_rounds(3); i++) {
		class_change(&f, i % 2 ? STANDARD : INFREQUENT);
		class_wait(&f);
	}
	stop = true;
	for (unsigned i = 0; i <= WRITERS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(loads[i].done > 10);
	}
	expect_model(&f, versions);
	expect_sound(&f);
}

/* What a process that will be killed has told of: row and version. */
struct told {
	int32_t n;
	uint32_t version;
};

static void write_and_tell(struct fixture *f, int pipe_end, unsigned *versions, unsigned seed)
{
	for (int i = 0;; i++) {
		struct told told = { rand_r(&seed) % ROWS, 0 };

		told.version = rand_r(&seed) % 6 ? versions[told.n] + 1 : 0;
		model_write(f, told.n, told.version);
		versions[told.n] = told.version;
		CHECK_INT(write(pipe_end, &told, sizeof(told)), sizeof(told));
		arena_release(&f->arena);
		if (i % 300 == 150)
			class_change(f, i / 300 % 2 ? STANDARD : INFREQUENT);
	}
}

static pid_t start_writer(struct fixture *f, unsigned *versions, unsigned seed, int *ret_pipe)
{
	int pipe_ends[2];
	pid_t child;

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
		write_and_tell(&own, pipe_ends[1], versions, seed);
		_exit(2);
	}
	close(pipe_ends[1]);
	*ret_pipe = pipe_ends[0];
	return child;
}

/* Reads what was told till the end; the process is killed at some of it. */
static void hear_and_kill(pid_t child, int pipe_end, unsigned *versions, unsigned count)
{
	struct told told;
	int status;

	for (unsigned heard = 0; read(pipe_end, &told, sizeof(told)) == sizeof(told); heard++) {
		versions[told.n] = told.version;
		if (heard == count)
			kill(child, SIGKILL);
	}
	close(pipe_end);
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* The last write before the end may be there or not. */
static void adopt_last(struct fixture *f, unsigned *versions)
{
	size_t differing = 0;

	for (int64_t n = 0; n < ROWS; n++) {
		unsigned stored = model_read(f, n);

		if (stored != versions[n]) {
			CHECK(stored == versions[n] + 1 || stored == 0);
			differing++;
		}
		versions[n] = stored;
		arena_reset(&f->arena, (struct arena_mark){ NULL, 0 });
	}
	CHECK(differing <= 1);
}

static void a_conversion_goes_on_after_kill_9(void)
{
	unsigned versions[ROWS_MAX];
	struct fixture f CLEANUP(fixture_release) = fixture_with_model(versions);

	for (unsigned round = 0; round < test_rounds(6); round++) {
		int pipe_end;
		pid_t child;

		fixture_close(&f);
		arena_release(&f.arena);
		child = start_writer(&f, versions, round, &pipe_end);
		hear_and_kill(child, pipe_end, versions, 160 + round * 171);
		open_idle(&f);
		adopt_last(&f, versions);
		CHECK_INT(fixture_check(&f, NULL).problems, 0);
		fixture_close(&f);
		fixture_open(&f);
		table_unref(f.table);
		f.table = fixture_find(&f, "I");
		class_wait(&f);
		expect_model(&f, versions);
		expect_sound(&f);
	}
}

static void indexes_and_counts_stay_as_they_are(void)
{
	unsigned versions[ROWS_MAX];
	struct fixture f CLEANUP(fixture_release) = fixture_with_model(versions);
	struct slice rows = index_rows(&f, "byg");
	struct index_counts entries = index_counts(&f, "byg");
	struct table_counts before = fixture_exact_counts(&f), after;

	for (int i = 0; i < 2; i++) {
		class_change(&f, i ? STANDARD : INFREQUENT);
		class_wait(&f);
		CHECK(slice_equal(index_rows(&f, "byg"), rows));
		CHECK_INT(index_counts(&f, "byg").bytes, entries.bytes);
		after = fixture_exact_counts(&f);
		CHECK_INT(after.items, before.items);
		CHECK_INT(after.bytes, before.bytes);
		CHECK_INT(after.modified, before.modified);
	}
	expect_sound(&f);
}

static void count_row_changes(void *context, const struct change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		*(size_t *)context += slice_present(changes[i].row_key);
}

static void a_conversion_is_no_change_to_streams_and_watchers(void)
{
	struct table_description description = {
		.name = SLICE("I"),
		.key = { .partition = { SLICE("pk"), VALUE_S }, .sort = { SLICE("sk"), VALUE_N } },
		.stream_view = STREAM_NEW_AND_OLD_IMAGES,
	};
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct stream_description stream;
	struct stream_extent before, after;
	size_t changes = 0;

	CHECK_INT(table_create(f.store, &description, true, &f.arena, DURABLE_PROCESS, &f.err), 0);
	table_unref(f.table);
	f.table = fixture_find(&f, "I");
	for (int i = 0; i < ROWS; i++)
		put_text(&f, i);
	CHECK_INT(stream_find(
			  f.store, SLICE("I"), description.stream_label, &f.arena, &stream, &f.err),
		0);
	CHECK_INT(stream_extent(f.store, &stream, &before, &f.err), 0);
	store_watch(f.store, count_row_changes, &changes);
	class_change(&f, INFREQUENT);
	class_wait(&f);
	class_change(&f, STANDARD);
	class_wait(&f);
	store_watch(f.store, NULL, NULL);
	CHECK_INT(changes, 0);
	CHECK_INT(stream_extent(f.store, &stream, &after, &f.err), 0);
	CHECK(memcmp(&before, &after, sizeof(before)) == 0);
}

static int set_ttl_body(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	(void)txn, (void)context, (void)err;
	table->ttl_attribute = SLICE("n");
	return 0;
}

static void what_expires_goes_from_compressed_rows_too(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(0);
	int64_t now = 4000000000; /* later than the real time: the worker finds nothing */
	uint64_t deleted;

	CHECK_INT(table_update(f.store, SLICE("I"), &f.arena, DURABLE_PROCESS, set_ttl_body, NULL,
			  &f.err),
		0);
	index_refresh(&f);
	for (int i = 0; i < ROWS; i++)
		index_put(&f, i, NULL, now + (i % 2 ? 1000 : -1000), text_of(&f.arena, i));
	open_idle(&f);
	class_change(&f, INFREQUENT);
	class_convert(&f, 3);
	CHECK_OK(ttl_expire(f.store, now * 1000000000, &deleted, &f.err), &f.err);
	CHECK_INT(deleted, ROWS / 2);
	class_convert(&f, INT_MAX);
	CHECK_INT(class_rows(&f).compressed, ROWS / 2);
	expect_sound(&f);
}

/* Two writes of which the second fails. */
static int write_two_body(struct txn *txn, void *context, struct error *err)
{
	struct fixture_write *writes = context;

	TRY(write_apply(txn, &writes[0].action, &writes[0].result, err));
	return write_apply(txn, &writes[1].action, &writes[1].result, err);
}

static void a_transaction_that_fails_leaves_compressed_rows_as_they_were(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(20);
	struct map item = index_item(&f.arena, 3, NULL, NO_N, text_of(&f.arena, 1000));
	struct fixture_write writes[2];
	struct reading before;

	class_change(&f, INFREQUENT);
	class_wait(&f);
	before = read_all(&f);
	writes[0] = writes[1] = (struct fixture_write){
		.action = {
			.kind = WRITE_PUT,
			.table = f.table,
			.row_key = fixture_key_of(f.table, &f.arena, &item),
			.item = &item,
		},
	};
	writes[1].action.expect = EXPECT_ABSENT;
	CHECK_INT(txn_run(f.store, TXN_WRITE, DURABLE_PROCESS, &f.arena, write_two_body, writes,
			  &f.err),
		-1);
	CHECK_INT(f.err.class, ERROR_ITEM_EXISTS);
	error_release(&f.err);
	expect_equal(read_all(&f), before);
	expect_sound(&f);
}

/* Changes a byte in the record of a row, counted from its end. */
static void damage(struct fixture *f, int64_t sk, size_t from_end)
{
	DB *file = f->table->body->file;
	DBT key = bdb_input(fixture_key(f->table, &f->arena, "a", sk));
	DBT data = { .flags = DB_DBT_MALLOC };
	char *bytes;

	CHECK_INT(file->get(file, NULL, &key, &data, 0), 0);
	bytes = data.data;
	bytes[data.size - from_end] = (char)(bytes[data.size - from_end] ^ 0xFF);
	data.flags = 0;
	CHECK_INT(file->put(file, NULL, &key, &data, DB_AUTO_COMMIT), 0);
	free(bytes);
}

static void a_damaged_row_is_an_error_and_is_passed_over(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct row row;

	open_idle(&f);
	class_change(&f, INFREQUENT);
	class_convert(&f, INT_MAX);
	damage(&f, 7, 3);
	CHECK_INT(fixture_get(&f, "a", 7, &row), -1);
	CHECK_ERROR(&f.err, ERROR_CORRUPT, "a stored row does not decompress");
	CHECK_INT(fixture_check(&f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "does not decompress"));
	class_change(&f, STANDARD);
	class_convert(&f, INT_MAX);
	CHECK_INT(class_rows(&f).compressed, 1);
	CHECK_INT(class_rows(&f).whole, ROWS - 1);
	put_text(&f, 8);
}

static void a_dictionary_that_is_missing_is_reported(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_with_texts(ROWS);
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	uint32_t removed;

	class_change(&f, INFREQUENT);
	class_wait(&f);
	open_idle(&f);
	CHECK_INT(f.store->dictionaries->truncate(f.store->dictionaries, NULL, &removed, 0), 0);
	CHECK_INT(removed, 1);
	CHECK_INT(fixture_check(&f, &text).problems, ROWS);
	CHECK(strstr(buf_string(&text), "dictionary 1 of table"));
}

static const struct test_case cases[] = {
	{ "conversions under load lose and change nothing",
		conversions_under_load_lose_and_change_nothing },
	{ "a conversion goes on after kill -9", a_conversion_goes_on_after_kill_9 },
	{ "indexes and counts stay as they are", indexes_and_counts_stay_as_they_are },
	{ "a conversion is no change to streams and watchers",
		a_conversion_is_no_change_to_streams_and_watchers },
	{ "what expires goes from compressed rows too",
		what_expires_goes_from_compressed_rows_too },
	{ "a transaction that fails leaves compressed rows as they were",
		a_transaction_that_fails_leaves_compressed_rows_as_they_were },
	{ "a damaged row is an error and is passed over",
		a_damaged_row_is_an_error_and_is_passed_over },
	{ "a dictionary that is missing is reported", a_dictionary_that_is_missing_is_reported },
};

TEST_MAIN(cases)
