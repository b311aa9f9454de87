#undef NDEBUG
#include "store_fixture.h"

#include "base/hash.h"
#include "store/journal.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

/* A store's fixture and a journal in it. */
struct journaling {
	struct fixture f;
	struct journal *journal;
};

static void open_journal(struct journaling *j)
{
	CHECK_OK(journal_open(j->f.store, "test", &j->journal, &j->f.err), &j->f.err);
}

static struct journaling journaling_new(void)
{
	struct journaling j = { fixture_new(), NULL };

	open_journal(&j);
	return j;
}

static void journaling_close(struct journaling *j)
{
	journal_close(j->journal);
	j->journal = NULL;
	fixture_close(&j->f);
}

static void journaling_release(struct journaling *j)
{
	journaling_close(j);
	fixture_release(&j->f);
}

static void reopen(struct journaling *j)
{
	journaling_close(j);
	fixture_open(&j->f);
	open_journal(j);
}

static void append(struct journaling *j, struct slice lines)
{
	CHECK_OK(journal_append(j->journal, lines, DURABLE_PROCESS, &j->f.err), &j->f.err);
}

/* Lines of a length, the newline with it. */
static void append_lines(struct journaling *j, unsigned from, unsigned to, unsigned length)
{
	struct buf lines CLEANUP(buf_release) = BUF_INIT;

	for (unsigned i = from; i < to; i++)
		buf_appendf(&lines, "%0*u\n", (int)length - 1, i);
	append(j, buf_slice(&lines));
}

static struct slice read_from(struct journaling *j, uint64_t offset, size_t size)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(journal_read(j->journal, offset, size, &text, &j->f.err), &j->f.err);
	return arena_copy(&j->f.arena, buf_slice(&text));
}

static void trim(struct journaling *j, uint64_t max_bytes)
{
	CHECK_OK(journal_trim(j->journal, max_bytes, &j->f.err), &j->f.err);
}

static void count_problem(void *context, const char *problem)
{
	printf("# %s\n", problem);
	++*(int *)context;
}

static void check_whole(struct journaling *j)
{
	int problems = 0;

	CHECK_OK(journal_check(j->journal, count_problem, &problems, &j->f.err), &j->f.err);
	CHECK_INT(problems, 0);
}

static void a_new_journal_is_empty(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	CHECK_INT(journal_extent(j.journal).start, 0);
	CHECK_INT(journal_extent(j.journal).end, 0);
	CHECK_INT(read_from(&j, 0, 9).len, 0);
	CHECK_INT(read_from(&j, 7, 9).len, 0);
	append(&j, SLICE(""));
	CHECK_INT(journal_extent(j.journal).end, 0);
	check_whole(&j);
}

static void text_from_any_byte_is_that_of_the_whole(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct slice whole;

	append(&j, SLICE("one\ntwo\n"));
	append(&j, SLICE("\xC3\xA4\n"));
	append(&j, SLICE("four\n"));
	whole = read_from(&j, 0, SIZE_MAX);
	CHECK_TEXT(whole, "one\ntwo\n\xC3\xA4\nfour\n");
	CHECK_INT(journal_extent(j.journal).end, whole.len);
	for (uint64_t offset = 0; offset <= whole.len + 1; offset++) {
		size_t skip = offset < whole.len ? offset : whole.len;

		CHECK(slice_equal(read_from(&j, offset, SIZE_MAX), slice_skip(whole, skip)));
	}
}

static void a_read_ends_with_the_chunk_that_makes_it_long_enough(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	append(&j, SLICE("one\n"));
	append(&j, SLICE("two\n"));
	append(&j, SLICE("three\n"));
	CHECK_TEXT(read_from(&j, 0, 1), "one\n");
	CHECK_TEXT(read_from(&j, 0, 4), "one\n");
	CHECK_TEXT(read_from(&j, 0, 5), "one\ntwo\n");
	CHECK_TEXT(read_from(&j, 2, 3), "e\ntwo\n");
}

static void much_text_lies_in_chunks_of_whole_lines(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	append_lines(&j, 0, 10000, 100);
	CHECK_INT(journal_extent(j.journal).end, 1000000);
	CHECK_INT(read_from(&j, 0, 1).len, 65500);
	CHECK_INT(read_from(&j, 0, SIZE_MAX).len, 1000000);
	check_whole(&j);
}

static void a_line_longer_than_a_chunk_stays_whole(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	append_lines(&j, 0, 3, 90000);
	CHECK_INT(read_from(&j, 0, 1).len, 90000);
	CHECK_INT(read_from(&j, 90000, 1).len, 90000);
	CHECK_INT(read_from(&j, 179999, 2).len, 90001);
	check_whole(&j);
}

static void trimming_takes_the_oldest_and_moves_nothing(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct journal_extent extent;

	append_lines(&j, 0, 10000, 100);
	trim(&j, 300000);
	extent = journal_extent(j.journal);
	CHECK_INT(extent.end, 1000000);
	CHECK_INT(extent.start, 720500); /* the first chunk's end from which on it fits */
	CHECK_INT(read_from(&j, extent.start, SIZE_MAX).len, 279500);
	CHECK_INT(strtoul(read_from(&j, 900000, 1).data, NULL, 10), 9000);
	trim(&j, 300000);
	CHECK_INT(journal_extent(j.journal).start, 720500);
	check_whole(&j);
}

static void what_was_trimmed_is_a_clear_error(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	append_lines(&j, 0, 2000, 100);
	trim(&j, 50000);
	CHECK_INT(journal_read(j.journal, 10, 10, &text, &j.f.err), -1);
	CHECK_ERROR(&j.f.err, ERROR_TRIMMED_DATA,
		"the lines at byte 10 of the log are gone: the oldest ones make room for new ones");
	CHECK_INT(text.len, 0);
}

static void the_newest_chunk_stays_and_with_it_the_end(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	append_lines(&j, 0, 700, 100);
	append_lines(&j, 700, 1000, 100);
	trim(&j, 0);
	CHECK_INT(journal_extent(j.journal).start, 70000);
	reopen(&j);
	CHECK_INT(journal_extent(j.journal).start, 70000);
	CHECK_INT(journal_extent(j.journal).end, 100000);
	append(&j, SLICE("next\n"));
	CHECK_TEXT(read_from(&j, 100000, 9), "next\n");
	check_whole(&j);
}

static void more_chunks_than_a_batch_are_trimmed(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	for (unsigned i = 0; i < 1200; i++)
		append_lines(&j, i, i + 1, 10);
	trim(&j, 100);
	CHECK_INT(journal_extent(j.journal).start, 11900);
	CHECK_INT(journal_extent(j.journal).end, 12000);
	check_whole(&j);
}

static unsigned long long size_of_file(struct journaling *j)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;
	struct stat st;

	buf_appendf(&path, "%s/journal-test.db", j->f.path);
	CHECK_OK(store_flush(j->f.store, &j->f.err), &j->f.err);
	journaling_close(j);
	CHECK_INT(stat(buf_string(&path), &st), 0);
	return (unsigned long long)st.st_size;
}

static void lines_that_are_alike_take_little_room(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	append_lines(&j, 0, 10000, 500);
	CHECK(size_of_file(&j) < 500000);
}

static void what_cannot_be_packed_comes_back_too(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct buf noise CLEANUP(buf_release) = BUF_INIT;

	for (uint64_t i = 0; i < 100000; i++) {
		uint64_t hash = hash64(slice_of((const char *)&i, sizeof(i)));

		buf_append(&noise, &hash, sizeof(hash));
	}
	buf_append_char(&noise, '\n');
	append(&j, buf_slice(&noise));
	CHECK(slice_equal(read_from(&j, 0, SIZE_MAX), buf_slice(&noise)));
	check_whole(&j);
}

static void it_is_there_when_the_store_is_opened_again(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();

	append(&j, SLICE("one\n"));
	reopen(&j);
	append(&j, SLICE("two\n"));
	reopen(&j);
	CHECK_TEXT(read_from(&j, 0, SIZE_MAX), "one\ntwo\n");
}

static void journals_of_two_names_are_two(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct journal *other;

	CHECK_OK(journal_open(j.f.store, "other", &other, &j.f.err), &j.f.err);
	append(&j, SLICE("one\n"));
	CHECK_INT(journal_extent(other).end, 0);
	journal_close(other);
}

static void the_store_looks_at_its_journals(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	append(&j, SLICE("one\n"));
	append_lines(&j, 0, 100, 100);
	CHECK_INT(fixture_check(&j.f, &text).problems, 0);
	append(&j, SLICE("half a line"));
	append(&j, SLICE("two\n"));
	CHECK_INT(fixture_check(&j.f, &text).problems, 1);
	CHECK(strstr(buf_string(&text), "log test: a journal's chunk at 10004 ends within a line"));
}

#define LINES  2000
#define LENGTH 200

struct following {
	struct journaling *j;
	atomic_bool done;
	int errors;
};

/* Reads as tail does, and looks that lines come whole and in order. */
static void *follow(void *context)
{
	struct following *following = context;
	uint64_t offset = 0;
	bool done = false;

	while (!done) {
		struct buf text CLEANUP(buf_release) = BUF_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;

		done = following->done;
		if (journal_read(following->j->journal, offset, 1000, &text, &err) < 0)
			following->errors++;
		if (text.len % LENGTH)
			following->errors++;
		for (size_t i = 0; i + LENGTH <= text.len; i += LENGTH) {
			if (strtoul(text.data + i, NULL, 10) != (offset + i) / LENGTH)
				following->errors++;
		}
		offset += text.len;
		done = done && !text.len;
	}
	if (offset != (uint64_t)LINES * LENGTH)
		following->errors++;
	return NULL;
}

static void a_reader_sees_whole_lines_while_it_grows(void)
{
	struct journaling j CLEANUP(journaling_release) = journaling_new();
	struct following following = { .j = &j };
	pthread_t thread;

	CHECK_INT(pthread_create(&thread, NULL, follow, &following), 0);
	for (unsigned i = 0; i < LINES; i += 10)
		append_lines(&j, i, i + 10, LENGTH);
	following.done = true;
	pthread_join(thread, NULL);
	CHECK_INT(following.errors, 0);
}

static const struct test_case cases[] = {
	{ "a new journal is empty", a_new_journal_is_empty },
	{ "text from any byte is that of the whole", text_from_any_byte_is_that_of_the_whole },
	{ "a read ends with the chunk that makes it long enough",
		a_read_ends_with_the_chunk_that_makes_it_long_enough },
	{ "much text lies in chunks of whole lines", much_text_lies_in_chunks_of_whole_lines },
	{ "a line longer than a chunk stays whole", a_line_longer_than_a_chunk_stays_whole },
	{ "trimming takes the oldest and moves nothing",
		trimming_takes_the_oldest_and_moves_nothing },
	{ "what was trimmed is a clear error", what_was_trimmed_is_a_clear_error },
	{ "the newest chunk stays, and with it the end",
		the_newest_chunk_stays_and_with_it_the_end },
	{ "more chunks than a batch are trimmed", more_chunks_than_a_batch_are_trimmed },
	{ "lines that are alike take little room", lines_that_are_alike_take_little_room },
	{ "what can't be packed comes back too", what_cannot_be_packed_comes_back_too },
	{ "it is there when the store is opened again",
		it_is_there_when_the_store_is_opened_again },
	{ "journals of two names are two", journals_of_two_names_are_two },
	{ "the store looks at its journals", the_store_looks_at_its_journals },
	{ "a reader sees whole lines while it grows", a_reader_sees_whole_lines_while_it_grows },
};

int main(void)
{
	return test_run(cases, ARRAY_SIZE(cases));
}
