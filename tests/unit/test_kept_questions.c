#undef NDEBUG
#include "kept_questions.h"
#include "test.h"

#define ABSENT ((struct slice){ NULL, 0 })

static void put(
	struct kept_questions *kept, uid_t uid, const char *file, const char *text, int64_t now)
{
	struct kept_question question = { .text = slice_from_string(text) };

	kept_questions_put(kept, uid, slice_from_string(file), &question, now);
}

/* What is kept; "" for nothing. */
static void check_kept(
	struct kept_questions *kept, uid_t uid, const char *file, int64_t now, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct kept_question found = { .text = SLICE("") };
	bool known = kept_questions_find(kept, uid, slice_from_string(file), now, &arena, &found);

	CHECK_INT(known, *expected != '\0');
	CHECK_TEXT(found.text, expected);
}

static void freep(struct kept_questions **kept)
{
	kept_questions_free(*kept);
}

static void the_last_question_of_a_file_is_kept(void)
{
	struct kept_questions *kept CLEANUP(freep) = kept_questions_new();

	put(kept, 1, "a", "first", 0);
	put(kept, 1, "b", "other", 0);
	put(kept, 1, "a", "second", 0);
	check_kept(kept, 1, "a", 0, "second");
	check_kept(kept, 1, "b", 0, "other");
	check_kept(kept, 1, "c", 0, "");
	kept_questions_forget(kept, 1, SLICE("a"));
	kept_questions_forget(kept, 1, SLICE("a"));
	check_kept(kept, 1, "a", 0, "");
	check_kept(kept, 1, "b", 0, "other");
}

static void nobody_sees_anothers_question(void)
{
	struct kept_questions *kept CLEANUP(freep) = kept_questions_new();

	put(kept, 1, "a", "mine", 0);
	check_kept(kept, 2, "a", 0, "");
	put(kept, 2, "a", "yours", 0);
	check_kept(kept, 1, "a", 0, "mine");
	kept_questions_forget(kept, 2, SLICE("a"));
	check_kept(kept, 1, "a", 0, "mine");
}

static void a_question_is_forgotten_in_time(void)
{
	struct kept_questions *kept CLEANUP(freep) = kept_questions_new();

	put(kept, 1, "a", "old", 0);
	put(kept, 1, "b", "new", 10);
	check_kept(kept, 1, "a", KEPT_NS, "old");
	check_kept(kept, 1, "a", KEPT_NS + 1, "");
	check_kept(kept, 1, "b", KEPT_NS + 1, "new");
}

static void the_newest_questions_of_a_user_are_kept(void)
{
	struct kept_questions *kept CLEANUP(freep) = kept_questions_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	put(kept, 2, "a", "another's", 0);
	for (int i = 0; i <= KEPT_COUNT_MAX; i++)
		put(kept, 1, arena_printf(&arena, "%d", i).data, "text", 0);
	check_kept(kept, 1, "0", 0, "");
	check_kept(kept, 1, "1", 0, "text");
	check_kept(kept, 2, "a", 0, "another's");
}

static void answers_are_bounded_in_bytes_but_for_the_newest(void)
{
	struct kept_questions *kept CLEANUP(freep) = kept_questions_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct kept_question large = { .text = SLICE("large") };

	large.answer.len = KEPT_BYTES_MAX + 1;
	large.answer.data = arena_alloc_zero(&arena, large.answer.len);
	put(kept, 1, "a", "small", 0);
	kept_questions_put(kept, 1, SLICE("b"), &large, 0);
	check_kept(kept, 1, "a", 0, "");
	check_kept(kept, 1, "b", 0, "large");
	put(kept, 1, "a", "small", 0);
	check_kept(kept, 1, "a", 0, "small");
	check_kept(kept, 1, "b", 0, "");
}

static void an_answer_is_told_from_none(void)
{
	struct kept_questions *kept CLEANUP(freep) = kept_questions_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct kept_question question = { .text = SLICE("t"), .answer = SLICE("") }, found;

	kept_questions_put(kept, 1, SLICE("a"), &question, 0);
	question.answer = ABSENT;
	kept_questions_put(kept, 1, SLICE("b"), &question, 0);
	CHECK(kept_questions_find(kept, 1, SLICE("a"), 0, &arena, &found));
	CHECK(slice_present(found.answer));
	CHECK(kept_questions_find(kept, 1, SLICE("b"), 0, &arena, &found));
	CHECK(!slice_present(found.answer));
}

static const struct test_case cases[] = {
	{ "the last question of a file is kept", the_last_question_of_a_file_is_kept },
	{ "nobody sees another's question", nobody_sees_anothers_question },
	{ "a question is forgotten in time", a_question_is_forgotten_in_time },
	{ "the newest questions of a user are kept", the_newest_questions_of_a_user_are_kept },
	{ "answers are bounded in bytes, but for the newest",
		answers_are_bounded_in_bytes_but_for_the_newest },
	{ "an answer is told from none", an_answer_is_told_from_none },
};

TEST_MAIN(cases)
