/* Rows of records by name and minute. */
#undef NDEBUG
#include "store/series.h"
#include "store_fixture.h"

static void join(struct slice old, struct slice add, struct buf *ret)
{
	buf_append_slice(ret, old);
	buf_append_char(ret, '+');
	buf_append_slice(ret, add);
}

static void put(struct fixture *f, const char *name, uint32_t minute, const char *record)
{
	const struct series_point point = {
		.name = slice_from_string(name),
		.minute = minute,
		.record = slice_from_string(record),
		.marks = (uint64_t)1 << record[0] % 64,
	};

	CHECK_OK(series_merge(f->store, &point, 1, join, &f->err), &f->err);
}

/* What there is, as "minute=record ...". */
static struct slice read_all(struct fixture *f, const char *name, uint32_t from, uint32_t until)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct series_record *records;
	size_t count;

	do {
		CHECK_OK(series_read(f->store, slice_from_string(name), from, until, &f->arena,
				 &records, &count, &f->err),
			&f->err);
		for (size_t i = 0; i < count; i++)
			buf_appendf(&text, "%s%u=%.*s", text.len ? " " : "", records[i].minute,
				SLICE_ARG(records[i].record));
		if (count)
			from = records[count - 1].minute + 1;
	} while (count);
	return arena_copy(&f->arena, buf_slice(&text));
}

static struct slice names_since(struct fixture *f, uint32_t since)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct series_name *names;
	size_t count;

	CHECK_OK(series_list(f->store, since, &f->arena, &names, &count, &f->err), &f->err);
	for (size_t i = 0; i < count; i++)
		buf_appendf(&text, "%s%.*s", i ? " " : "", SLICE_ARG(names[i].name));
	return arena_copy(&f->arena, buf_slice(&text));
}

static void records_come_in_order_of_time(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, "a", 300, "c");
	put(&f, "a", 2, "a");
	put(&f, "a", 255, "b");
	CHECK_TEXT(read_all(&f, "a", 0, UINT32_MAX), "2=a 255=b 300=c");
	CHECK_TEXT(read_all(&f, "a", 2, 300), "2=a 255=b");
	CHECK_TEXT(read_all(&f, "a", 3, 255), "");
}

static void a_name_that_begins_another_is_a_series_of_its_own(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, "a", 1, "x");
	put(&f, "ab", 1, "y");
	put(&f, "", 1, "z");
	CHECK_TEXT(read_all(&f, "a", 0, UINT32_MAX), "1=x");
	CHECK_TEXT(read_all(&f, "ab", 0, UINT32_MAX), "1=y");
	CHECK_TEXT(read_all(&f, "", 0, UINT32_MAX), "1=z");
	CHECK_TEXT(read_all(&f, "b", 0, UINT32_MAX), "");
}

static void what_comes_again_for_a_minute_is_merged(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	put(&f, "a", 7, "x");
	put(&f, "a", 7, "y");
	fixture_close(&f);
	fixture_open(&f);
	put(&f, "a", 7, "z");
	CHECK_TEXT(read_all(&f, "a", 0, UINT32_MAX), "7=x+y+z");
}

static void many_are_read_a_part_at_a_time(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct series_record *records;
	size_t count, sum = 0;

	for (uint32_t i = 0; i < 2000; i += 100) {
		struct series_point points[100];

		for (uint32_t j = 0; j < 100; j++)
			points[j] = (struct series_point){ SLICE("a"), i + j, SLICE("x"), 1 };
		CHECK_OK(series_merge(f.store, points, 100, join, &f.err), &f.err);
	}
	for (uint32_t from = 0;; from = records[count - 1].minute + 1) {
		CHECK_OK(series_read(f.store, SLICE("a"), from, 1999, &f.arena, &records, &count,
				 &f.err),
			&f.err);
		if (!count)
			break;
		CHECK_INT(records[0].minute, from);
		CHECK(count < 1999);
		sum += count;
	}
	CHECK_INT(sum, 1999);
}

static void names_are_listed_with_their_marks_since_a_minute(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct series_name *names;
	size_t count;

	put(&f, "b", 10, "A");
	put(&f, "b", 11, "B");
	put(&f, "a", 20, "A");
	CHECK_TEXT(names_since(&f, 0), "a b");
	CHECK_TEXT(names_since(&f, 11), "a b");
	CHECK_TEXT(names_since(&f, 12), "a");
	CHECK_TEXT(names_since(&f, 21), "");
	CHECK_OK(series_list(f.store, 0, &f.arena, &names, &count, &f.err), &f.err);
	CHECK_INT(names[0].marks, 1u << 1);
	CHECK_INT(names[1].marks, 1u << 1 | 1u << 2);
}

static void old_records_are_trimmed_and_empty_series_forgotten(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	for (uint32_t i = 0; i < 1300; i++)
		put(&f, "old", i, "x");
	put(&f, "new", 1299, "x");
	put(&f, "new", 1300, "y");
	put(&f, "new", 1301, "z");
	CHECK_OK(series_trim(f.store, 1300, &f.err), &f.err);
	CHECK_TEXT(read_all(&f, "new", 0, UINT32_MAX), "1300=y 1301=z");
	CHECK_TEXT(read_all(&f, "old", 0, UINT32_MAX), "");
	CHECK_TEXT(names_since(&f, 0), "new");
	CHECK_OK(series_trim(f.store, 5000, &f.err), &f.err);
	CHECK_TEXT(names_since(&f, 0), "");
}

static const struct test_case cases[] = {
	{ "records come in order of time", records_come_in_order_of_time },
	{ "a name that begins another is a series of its own",
		a_name_that_begins_another_is_a_series_of_its_own },
	{ "what comes again for a minute is merged", what_comes_again_for_a_minute_is_merged },
	{ "many are read a part at a time", many_are_read_a_part_at_a_time },
	{ "names are listed with their marks since a minute",
		names_are_listed_with_their_marks_since_a_minute },
	{ "old records are trimmed and empty series forgotten",
		old_records_are_trimmed_and_empty_series_forgotten },
};

TEST_MAIN(cases)
