#undef NDEBUG
#include "stream_switch.h"
#include "test.h"

static int read_text(const char *text, struct slice *ret, struct error *err)
{
	return stream_switch_read(slice_from_string(text), ret, err);
}

static void every_view_type_is_a_word(void)
{
	static const char *const views[] = { "KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE",
		"NEW_AND_OLD_IMAGES" };
	struct error err = ERROR_INIT;
	struct slice view;

	for (size_t i = 0; i < ARRAY_SIZE(views); i++) {
		CHECK_INT(read_text(views[i], &view, &err), 0);
		CHECK_TEXT(view, views[i]);
	}
}

static void blanks_around_a_word_and_its_case_do_not_matter(void)
{
	struct error err = ERROR_INIT;
	struct slice view;

	CHECK_INT(read_text(" \tnew_Image\r\n", &view, &err), 0);
	CHECK_TEXT(view, "NEW_IMAGE");
}

static void none_and_off_have_no_view(void)
{
	struct error err = ERROR_INIT;
	struct slice view = SLICE("?");

	CHECK_INT(read_text("NONE\n", &view, &err), 0);
	CHECK(!slice_present(view));
	view = SLICE("?");
	CHECK_INT(read_text("off", &view, &err), 0);
	CHECK(!slice_present(view));
}

static void what_a_word_may_come_of_is_incomplete(void)
{
	static const char *const texts[] = { "", "\n", " ", "N", "NEW", "NEW_AND_OLD_IMAGE", "of" };
	struct error err = ERROR_INIT;
	struct slice view;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		CHECK_INT(read_text(texts[i], &view, &err), STREAM_SWITCH_INCOMPLETE);
}

static void a_wrong_word_is_refused_where_it_stands(void)
{
	static const char *const texts[] = { "  NEW\n", "  x", "  NEW_IMAGES", "  NONE x",
		"  NEW_IMAGE\nNONE\n" };
	struct slice view;

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		CHECK_INT(read_text(texts[i], &view, &err), -1);
		CHECK_INT(err.class, ERROR_VALIDATION);
		CHECK(strstr(err.message, "KEYS_ONLY, NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES"));
		CHECK(err.place.known);
		CHECK_INT(err.place.offset, 2);
	}
}

static void only_a_word_that_was_begun_is_cut(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK(!stream_switch_is_cut(SLICE(""), &err));
	CHECK(!stream_switch_is_cut(SLICE(" \n"), &err));
	CHECK(stream_switch_is_cut(SLICE("KEYS_"), &err));
	CHECK_INT(err.class, ERROR_VALIDATION);
}

static const struct test_case cases[] = {
	{ "every view type is a word", every_view_type_is_a_word },
	{ "blanks around a word and its case do not matter",
		blanks_around_a_word_and_its_case_do_not_matter },
	{ "NONE and OFF have no view", none_and_off_have_no_view },
	{ "what a word may come of is incomplete", what_a_word_may_come_of_is_incomplete },
	{ "a wrong word is refused where it stands", a_wrong_word_is_refused_where_it_stands },
	{ "only a word that was begun is cut", only_a_word_that_was_begun_is_cut },
};

TEST_MAIN(cases)
