#undef NDEBUG
#include "rejection.h"
#include "test.h"

#include <errno.h>
#include <pthread.h>

#define ALICE 1000
#define BOB   1001

static void cleanup_log(struct rejection_log **log)
{
	rejection_log_free(*log);
}

static void record_errno(struct rejection_log *log, uid_t uid, const char *path, int errnum)
{
	rejection_record(
		log, uid, &(struct rejection){ .path = slice_from_string(path), .errnum = errnum });
}

/* A draft of so many bytes, all of them the letter. */
static void record_draft(struct rejection_log *log, char letter, size_t len)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_resize(&text, len);
	memset(text.data, letter, len);
	rejection_record(log, ALICE,
		&(struct rejection){
			.path = SLICE("x"),
			.errnum = EINVAL,
			.text = buf_slice(&text),
			.keep_text = true,
		});
}

static bool line_is_time(struct slice line)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ ";

	if (line.len < sizeof(shape) - 1)
		return false;
	for (size_t i = 0; i < sizeof(shape) - 1; i++) {
		bool digit = line.data[i] >= '0' && line.data[i] <= '9';

		if (shape[i] == 'd' ? !digit : line.data[i] != shape[i])
			return false;
	}
	return true;
}

/* What the user reads, with the time of each entry replaced by "TIME ". */
static void read_timeless(struct rejection_log *log, uid_t uid, struct buf *buf)
{
	struct buf read CLEANUP(buf_release) = BUF_INIT;
	struct slice rest;

	rejection_read(log, uid, &read);
	rest = buf_slice(&read);
	while (rest.len) {
		const char *end = memchr(rest.data, '\n', rest.len);
		size_t len;

		if (line_is_time(rest)) {
			buf_append_string(buf, "TIME ");
			rest = slice_skip(rest, strlen("2026-11-22T12:36:45.123Z "));
		}
		len = end ? (size_t)(end - rest.data) + 1 : rest.len;
		buf_append_slice(buf, slice_of(rest.data, len));
		rest = slice_skip(rest, len);
	}
}

static void check_read(struct rejection_log *log, uid_t uid, const char *expected)
{
	struct buf read CLEANUP(buf_release) = BUF_INIT;

	read_timeless(log, uid, &read);
	CHECK_TEXT(buf_slice(&read), expected);
}

static size_t count_occurrences(struct slice text, const char *what)
{
	size_t len = strlen(what), count = 0;
	const char *found;

	while ((found = memmem(text.data, text.len, what, len))) {
		text = slice_skip(text, (size_t)(found - text.data) + len);
		count++;
	}
	return count;
}

static size_t count_letter(struct slice text, char letter)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++)
		count += text.data[i] == letter;
	return count;
}

static void a_rejection_tells_what_and_where(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct slice text = SLICE("{\n  \"year\": 2013,\n  \"rating\": 8..3,\n}\n");

	error_set(&err, ERROR_VALIDATION, "not a number");
	error_set_place(&err, error_place_at(text, 31));
	rejection_record(log, ALICE,
		&(struct rejection){
			.path = SLICE("Movies/2013/Rush.json"),
			.err = &err,
			.errnum = EINVAL,
			.text = text,
		});
	check_read(log, ALICE,
		"TIME EINVAL ValidationException\n"
		"path: Movies/2013/Rush.json\n"
		"message: not a number\n"
		"line 3, column 14:\n"
		"  \"rating\": 8..3,\n"
		"             ^\n");
}

static void an_abandoned_draft_goes_in_byte_for_byte(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct error err CLEANUP(error_release) = ERROR_INIT;

	error_set(&err, ERROR_SERIALIZATION, "the text ends early");
	rejection_record(log, ALICE,
		&(struct rejection){
			.path = SLICE("a.json"),
			.err = &err,
			.errnum = EINVAL,
			.text = SLICE("{\"a\":\t\x01\xFF\n"),
			.keep_text = true,
		});
	check_read(log, ALICE,
		"TIME EINVAL SerializationException\n"
		"path: a.json\n"
		"message: the text ends early\n"
		"draft, 9 bytes:\n"
		"{\"a\":\t\x01\xFF\n\n");
}

static void an_errno_alone_is_explained(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();

	record_errno(log, ALICE, "a", EDQUOT);
	check_read(log, ALICE, "TIME EDQUOT\npath: a\nmessage: Disk quota exceeded\n");
}

static void paths_and_messages_stay_on_their_lines(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct error err CLEANUP(error_release) = ERROR_INIT;

	error_set(&err, ERROR_NOT_PERMITTED, "no\nway");
	rejection_record(log, ALICE,
		&(struct rejection){ .path = SLICE("a\nb"), .err = &err, .errnum = EPERM });
	check_read(
		log, ALICE, "TIME EPERM ValidationException\npath: a\\x0ab\nmessage: no\n  way\n");
}

static void entries_are_read_oldest_first_with_a_blank_line_between(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();

	record_errno(log, ALICE, "first", EPERM);
	record_errno(log, ALICE, "second", EROFS);
	check_read(log, ALICE,
		"TIME EPERM\npath: first\nmessage: Operation not permitted\n"
		"\n"
		"TIME EROFS\npath: second\nmessage: Read-only file system\n");
}

static void nobody_reads_anothers_rejections(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();

	record_errno(log, ALICE, "hers", EPERM);
	check_read(log, BOB, "");
	record_errno(log, BOB, "his", EROFS);
	check_read(log, BOB, "TIME EROFS\npath: his\nmessage: Read-only file system\n");
}

static void the_oldest_entries_go_when_there_are_too_many(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct buf read CLEANUP(buf_release) = BUF_INIT;
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	for (unsigned i = 0; i < REJECTION_COUNT_MAX + 3; i++) {
		buf_clear(&path);
		buf_appendf(&path, "<%u>", i);
		record_errno(log, ALICE, buf_string(&path), EPERM);
	}
	rejection_read(log, ALICE, &read);
	CHECK_INT(count_occurrences(buf_slice(&read), "path: "), REJECTION_COUNT_MAX);
	CHECK_INT(count_occurrences(buf_slice(&read), "<2>"), 0);
	CHECK_INT(count_occurrences(buf_slice(&read), "<3>"), 1);
	CHECK_INT(count_occurrences(buf_slice(&read), "<66>"), 1);
}

static void the_oldest_entries_go_when_they_are_too_large(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct buf read CLEANUP(buf_release) = BUF_INIT;

	for (char letter = 'U'; letter <= 'Z'; letter++)
		record_draft(log, letter, 1 << 20);
	rejection_read(log, ALICE, &read);
	CHECK(read.len <= REJECTION_BYTES_MAX);
	CHECK_INT(count_occurrences(buf_slice(&read), "path: "), 3);
	CHECK_INT(count_letter(buf_slice(&read), 'W'), 0);
	CHECK_INT(count_letter(buf_slice(&read), 'X'), 1 << 20);
}

static void the_newest_draft_is_kept_however_large(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct buf read CLEANUP(buf_release) = BUF_INIT;

	record_errno(log, ALICE, "older", EPERM);
	record_draft(log, 'Q', REJECTION_DRAFT_MAX);
	rejection_read(log, ALICE, &read);
	CHECK_INT(count_letter(buf_slice(&read), 'Q'), REJECTION_DRAFT_MAX);
	CHECK_INT(count_occurrences(buf_slice(&read), "older"), 0);
	record_errno(log, ALICE, "younger", EPERM);
	check_read(log, ALICE, "TIME EPERM\npath: younger\nmessage: Operation not permitted\n");
}

static void a_draft_beyond_the_bound_is_cut_and_says_so(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct buf read CLEANUP(buf_release) = BUF_INIT;

	record_draft(log, 'Q', REJECTION_DRAFT_MAX + 8);
	rejection_read(log, ALICE, &read);
	CHECK_INT(count_occurrences(
			  buf_slice(&read), "draft, 16777224 bytes, of them the first 16777216:\n"),
		1);
	CHECK_INT(count_letter(buf_slice(&read), 'Q'), REJECTION_DRAFT_MAX);
}

static void *record_and_read(void *data)
{
	struct rejection_log *log = data;

	for (unsigned i = 0; i < 200; i++) {
		struct buf read CLEANUP(buf_release) = BUF_INIT;

		record_errno(log, i % 2 ? ALICE : BOB, "a", EPERM);
		rejection_read(log, ALICE, &read);
		if (count_occurrences(buf_slice(&read), "path: a\n") > REJECTION_COUNT_MAX)
			return data;
	}
	return NULL;
}

static void threads_may_record_and_read_at_once(void)
{
	struct rejection_log *log CLEANUP(cleanup_log) = rejection_log_new();
	struct buf read CLEANUP(buf_release) = BUF_INIT;
	pthread_t threads[4];
	void *failed;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK_INT(pthread_create(&threads[i], NULL, record_and_read, log), 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		CHECK_INT(pthread_join(threads[i], &failed), 0);
		CHECK(!failed);
	}
	rejection_read(log, BOB, &read);
	CHECK_INT(count_occurrences(buf_slice(&read), "path: a\n"), REJECTION_COUNT_MAX);
}

static const struct test_case cases[] = {
	{ "a rejection tells what and where", a_rejection_tells_what_and_where },
	{ "an abandoned draft goes in byte for byte", an_abandoned_draft_goes_in_byte_for_byte },
	{ "an errno alone is explained", an_errno_alone_is_explained },
	{ "a path stays on its line, and lines of a message are indented",
		paths_and_messages_stay_on_their_lines },
	{ "entries are read oldest first, with a blank line between",
		entries_are_read_oldest_first_with_a_blank_line_between },
	{ "nobody reads another's rejections", nobody_reads_anothers_rejections },
	{ "the oldest entries go when there are too many",
		the_oldest_entries_go_when_there_are_too_many },
	{ "the oldest entries go when they are too large",
		the_oldest_entries_go_when_they_are_too_large },
	{ "the newest draft is kept, however large", the_newest_draft_is_kept_however_large },
	{ "a draft beyond the bound is cut and says so",
		a_draft_beyond_the_bound_is_cut_and_says_so },
	{ "threads may record and read at once", threads_may_record_and_read_at_once },
};

TEST_MAIN(cases)
