#undef NDEBUG
#include "answer_window.h"
#include "test.h"

static void append(struct answer_window *window, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_append_char(
			&window->text, (char)('a' + (window->start + window->text.len) % 26));
}

/* Whether the window has the answer's byte of that position at the offset. */
static void check_at(const struct answer_window *window, off_t offset, uint64_t position)
{
	struct slice text = answer_window_at(window, offset);

	CHECK(text.len > 0);
	CHECK_INT(text.data[0], 'a' + (int)(position % 26));
}

static void the_first_read_places_the_answer(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };

	append(&window, 10);
	CHECK_INT(answer_window_seek(&window, 100), WINDOW_READY);
	check_at(&window, 100, 0);
	CHECK_INT(answer_window_at(&window, 100).len, 10);
	CHECK_INT(answer_window_seek(&window, 109), WINDOW_READY);
	check_at(&window, 109, 9);
	CHECK_INT(answer_window_seek(&window, 110), WINDOW_SHORT);
}

static void a_read_before_the_beginning_begins_again(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };

	append(&window, 10);
	CHECK_INT(answer_window_seek(&window, 100), WINDOW_READY);
	CHECK_INT(answer_window_seek(&window, 0), WINDOW_READY);
	check_at(&window, 0, 0);
	CHECK_INT(answer_window_seek(&window, 100), WINDOW_SHORT);
}

/* Reads on in small steps, to the position. */
static void read_to(struct answer_window *window, off_t origin, uint64_t position)
{
	for (uint64_t at = 0; at < position; at += 1000) {
		if (answer_window_seek(window, origin + (off_t)at) == WINDOW_SHORT)
			append(window, 5000);
		CHECK_INT(answer_window_seek(window, origin + (off_t)at), WINDOW_READY);
		check_at(window, origin + (off_t)at, at);
	}
}

static void a_long_answer_takes_little_memory(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };

	read_to(&window, 7, 100 * WINDOW_KEPT);
	CHECK(window.text.capacity < 8 * WINDOW_KEPT);
}

static void what_was_just_read_is_read_again(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };
	uint64_t end = 10 * WINDOW_KEPT;

	read_to(&window, 7, end);
	CHECK_INT(answer_window_seek(&window, 7 + (off_t)(end - WINDOW_KEPT)), WINDOW_READY);
	check_at(&window, 7 + (off_t)(end - WINDOW_KEPT), end - WINDOW_KEPT);
	CHECK_INT(answer_window_seek(&window, 7 + (off_t)(end - 1)), WINDOW_READY);
}

static void what_was_dropped_is_passed(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };

	read_to(&window, 7, 10 * WINDOW_KEPT);
	CHECK_INT(answer_window_seek(&window, 8), WINDOW_PASSED);
	CHECK_INT(answer_window_seek(&window, 7 + 9 * WINDOW_KEPT + 5), WINDOW_READY);
}

static void the_beginning_is_made_anew_when_it_was_dropped(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };

	read_to(&window, 7, 10 * WINDOW_KEPT);
	CHECK_INT(answer_window_seek(&window, 7), WINDOW_REWOUND);
	CHECK_INT(window.text.len, 0);
	CHECK_INT(answer_window_seek(&window, 7), WINDOW_SHORT);
	read_to(&window, 7, 3 * WINDOW_KEPT);
	CHECK_INT(answer_window_seek(&window, 0), WINDOW_REWOUND);
	read_to(&window, 0, 3 * WINDOW_KEPT);
}

static void a_whole_answer_is_kept_whole(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { .whole = true };

	append(&window, 10 * WINDOW_KEPT);
	CHECK_INT(answer_window_seek(&window, 3), WINDOW_READY);
	CHECK_INT(answer_window_seek(&window, 3 + 9 * WINDOW_KEPT), WINDOW_READY);
	CHECK_INT(answer_window_seek(&window, 4), WINDOW_READY);
	check_at(&window, 4, 1);
}

static void a_read_far_ahead_lets_what_lies_between_pass(void)
{
	struct answer_window window CLEANUP(answer_window_clear) = { 0 };
	off_t ahead = 20 * WINDOW_KEPT;

	append(&window, 10);
	CHECK_INT(answer_window_seek(&window, 0), WINDOW_READY);
	while (answer_window_seek(&window, ahead) == WINDOW_SHORT)
		append(&window, 5000);
	check_at(&window, ahead, (uint64_t)ahead);
	CHECK(window.text.capacity < 8 * WINDOW_KEPT);
}

static const struct test_case cases[] = {
	{ "the first read places the answer", the_first_read_places_the_answer },
	{ "a read before the beginning begins again", a_read_before_the_beginning_begins_again },
	{ "a long answer takes little memory", a_long_answer_takes_little_memory },
	{ "what was just read is read again", what_was_just_read_is_read_again },
	{ "what was dropped is passed", what_was_dropped_is_passed },
	{ "the beginning is made anew when it was dropped",
		the_beginning_is_made_anew_when_it_was_dropped },
	{ "a whole answer is kept whole", a_whole_answer_is_kept_whole },
	{ "a read far ahead lets what lies between pass",
		a_read_far_ahead_lets_what_lies_between_pass },
};

TEST_MAIN(cases)
