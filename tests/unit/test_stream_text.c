#undef NDEBUG
#include "store_fixture.h"

#include "base/clock.h"
#include "store/stream.h"

#include <pthread.h>
#include <stdatomic.h>

#define RETENTION_NS (STREAM_RETENTION_SECONDS * 1000000000LL)

/* The fixture, its table "S" with a stream, which the short ways write to. */
static struct fixture stream_fixture(void)
{
	struct fixture f = fixture_new();
	struct table_description description = {
		.name = SLICE("S"),
		.key = {
			.partition = { SLICE("pk"), VALUE_S },
			.sort = { SLICE("sk"), VALUE_N },
		},
		.billing_mode = BILLING_PAY_PER_REQUEST,
		.stream_view = STREAM_NEW_IMAGE,
	};

	CHECK_INT(table_create(f.store, &description, true, &f.arena, DURABLE_PROCESS, &f.err), 0);
	table_unref(f.table);
	f.table = fixture_find(&f, "S");
	return f;
}

static struct stream_description only_stream(struct fixture *f)
{
	struct stream_description *list;
	size_t count;

	CHECK_OK(stream_list(f->store, SLICE("S"), &f->arena, &list, &count, &f->err), &f->err);
	CHECK_INT(count, 1);
	return list[0];
}

static struct slice text_from(struct fixture *f, uint64_t offset, size_t size)
{
	struct stream_description stream = only_stream(f);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	CHECK_INT(stream_read_text(f->store, &stream, offset, size, &text, &f->err), 0);
	return arena_copy(&f->arena, buf_slice(&text));
}

static struct stream_extent extent_of(struct fixture *f)
{
	struct stream_description stream = only_stream(f);
	struct stream_extent extent;

	CHECK_INT(stream_extent(f->store, &stream, &extent, &f->err), 0);
	return extent;
}

/* Where the line ends that begins at an offset. */
static uint64_t end_of_line(struct fixture *f, uint64_t offset)
{
	return offset + text_from(f, offset, 1).len;
}

static void check_trimmed(struct fixture *f, uint64_t offset)
{
	struct stream_description stream = only_stream(f);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	CHECK_INT(stream_read_text(f->store, &stream, offset, 1, &text, &f->err), -1);
	CHECK_INT(f->err.class, ERROR_TRIMMED_DATA);
	error_release(&f->err);
}

static void trim_all(struct fixture *f)
{
	CHECK_OK(stream_trim(f->store, clock_realtime_ns() + 2 * RETENTION_NS, &f->err), &f->err);
}

static void text_from_any_byte_is_that_of_the_whole(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	struct slice whole;

	for (int i = 0; i < 4; i++)
		fixture_put(&f, "a", i, "\xC3\xA4\n");
	whole = text_from(&f, 0, SIZE_MAX / 2);
	CHECK_INT(whole.len, extent_of(&f).end);
	for (uint64_t offset = 0; offset <= whole.len; offset++) {
		struct slice rest = text_from(&f, offset, SIZE_MAX / 2);

		CHECK(slice_equal(rest, slice_skip(whole, offset)));
	}
}

static void text_ends_with_the_line_that_makes_it_long_enough(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	uint64_t first, second;

	for (int i = 0; i < 4; i++)
		fixture_put(&f, "a", i, "x");
	first = end_of_line(&f, 0);
	second = end_of_line(&f, first);
	CHECK_INT(text_from(&f, 0, first).len, first);
	CHECK_INT(text_from(&f, 0, first + 1).len, second);
	CHECK_INT(text_from(&f, 5, first - 5).len, first - 5);
	CHECK_INT(text_from(&f, first - 1, 1).len, 1);
	CHECK_INT(text_from(&f, first - 1, 2).len, second - first + 1);
}

static void there_is_no_text_at_the_end_and_behind_it(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();

	CHECK_INT(text_from(&f, 0, 9).len, 0);
	fixture_put(&f, "a", 1, "x");
	CHECK_INT(text_from(&f, extent_of(&f).end, 9).len, 0);
	CHECK_INT(text_from(&f, extent_of(&f).end + 100, 9).len, 0);
}

static void more_records_than_one_run_has_make_one_text(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	struct slice whole;
	size_t lines = 0;

	for (int i = 0; i < 700; i++)
		fixture_put(&f, "a", i, "x");
	whole = text_from(&f, 0, SIZE_MAX / 2);
	for (size_t i = 0; i < whole.len; i++)
		lines += whole.data[i] == '\n';
	CHECK_INT(lines, 700);
	CHECK_INT(whole.len, extent_of(&f).end);
}

struct writer {
	struct fixture *f;
	atomic_bool done;
};

static void *write_many(void *context)
{
	struct writer *writer = context;

	for (unsigned i = 0; i < test_rounds(3000); i++)
		fixture_put(writer->f, "a", i, "x");
	atomic_store(&writer->done, true);
	return NULL;
}

static int read_last_byte(
	struct fixture *f, const struct stream_description *stream, char *ret, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct stream_extent extent;

	TRY(stream_extent(f->store, stream, &extent, err));
	TRY(stream_read_text(f->store, stream, extent.end - 1, 1, &text, err));
	*ret = text.len ? text.data[0] : '\0';
	return 0;
}

static void the_last_line_is_read_while_others_follow(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	struct writer writer = { .f = &f };
	struct stream_description stream = only_stream(&f);
	struct error err CLEANUP(error_release) = ERROR_INIT; /* the fixture's is the writer's */
	char last = '\n';
	pthread_t thread;
	int r = 0;

	fixture_put(&f, "a", 1, "x");
	CHECK_INT(pthread_create(&thread, NULL, write_many, &writer), 0);
	while (r == 0 && last == '\n' && !atomic_load(&writer.done))
		r = read_last_byte(&f, &stream, &last, &err);
	pthread_join(thread, NULL);
	CHECK_OK(r, &err);
	CHECK_INT(last, '\n');
}

static void what_was_trimmed_is_an_error_to_read(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	uint64_t end;

	fixture_put(&f, "a", 1, "x");
	end = extent_of(&f).end;
	trim_all(&f);
	CHECK_INT(extent_of(&f).start, end);
	CHECK_INT(text_from(&f, end, 1).len, 0);
	fixture_put(&f, "a", 2, "x");
	check_trimmed(&f, 0);
	check_trimmed(&f, end - 1);
	CHECK(text_from(&f, end, 1).len > 0);
}

/* A keeper that keeps from one offset on. */
static uint64_t keep_from(void *context, struct slice stream_id)
{
	const uint64_t *offset = context;

	return slice_present(stream_id) ? *offset : UINT64_MAX;
}

static void the_keeper_s_record_and_all_behind_it_stay(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	uint64_t first, keep;

	for (int i = 0; i < 4; i++)
		fixture_put(&f, "a", i, "x");
	first = end_of_line(&f, 0);
	keep = first + 3; /* within the second record */
	store_keep_streams(f.store, keep_from, &keep);
	trim_all(&f);
	CHECK_INT(extent_of(&f).start, first);
	keep = end_of_line(&f, first);
	trim_all(&f);
	CHECK_INT(extent_of(&f).start, keep);
	store_keep_streams(f.store, NULL, NULL);
	trim_all(&f);
	CHECK_INT(extent_of(&f).start, extent_of(&f).end);
}

static void the_keeper_asks_for_nothing_to_be_kept_less_than_24_hours(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	uint64_t keep = UINT64_MAX;

	fixture_put(&f, "a", 1, "x");
	store_keep_streams(f.store, keep_from, &keep);
	CHECK_OK(stream_trim(f.store, clock_realtime_ns() + RETENTION_NS / 2, &f.err), &f.err);
	CHECK_INT(extent_of(&f).start, 0);
	store_keep_streams(f.store, NULL, NULL);
}

static int disable(
	struct txn *txn, struct table_description *table, void *context, struct error *err)
{
	(void)context;
	return stream_disable(txn, table, err);
}

static void a_stream_that_ended_stays_while_its_records_are_kept(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	struct stream_description *list;
	uint64_t keep = 0;
	size_t count;

	fixture_put(&f, "a", 1, "x");
	CHECK_INT(
		table_update(f.store, SLICE("S"), &f.arena, DURABLE_PROCESS, disable, NULL, &f.err),
		0);
	store_keep_streams(f.store, keep_from, &keep);
	trim_all(&f);
	CHECK(text_from(&f, 0, 1).len > 0);
	keep = UINT64_MAX;
	trim_all(&f);
	CHECK_OK(stream_list(f.store, SLICE("S"), &f.arena, &list, &count, &f.err), &f.err);
	CHECK_INT(count, 0);
	store_keep_streams(f.store, NULL, NULL);
}

static void the_newest_record_s_time_is_known_after_opening_again(void)
{
	struct fixture f CLEANUP(fixture_release) = stream_fixture();
	int64_t newest;

	CHECK_INT(extent_of(&f).newest_ns, 0);
	fixture_put(&f, "a", 1, "x");
	newest = extent_of(&f).newest_ns;
	CHECK(newest > 0);
	fixture_close(&f);
	fixture_open(&f);
	CHECK_INT(extent_of(&f).newest_ns, newest);
	trim_all(&f);
	CHECK_INT(extent_of(&f).newest_ns, 0);
}

static const struct test_case cases[] = {
	{ "text from any byte is that of the whole", text_from_any_byte_is_that_of_the_whole },
	{ "text ends with the line that makes it long enough",
		text_ends_with_the_line_that_makes_it_long_enough },
	{ "there is no text at the end and behind it", there_is_no_text_at_the_end_and_behind_it },
	{ "more records than one run has make one text",
		more_records_than_one_run_has_make_one_text },
	{ "the last line is read while others follow", the_last_line_is_read_while_others_follow },
	{ "what was trimmed is an error to read", what_was_trimmed_is_an_error_to_read },
	{ "the keeper's record and all behind it stay",
		the_keeper_s_record_and_all_behind_it_stay },
	{ "the keeper asks for nothing to be kept less than 24 hours",
		the_keeper_asks_for_nothing_to_be_kept_less_than_24_hours },
	{ "a stream that ended stays while its records are kept",
		a_stream_that_ended_stays_while_its_records_are_kept },
	{ "the newest record's time is known after opening again",
		the_newest_record_s_time_is_known_after_opening_again },
};

TEST_MAIN(cases)
