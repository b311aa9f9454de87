#undef NDEBUG
#include "store_fixture.h"

#include "store/setting.h"

static int look_up(struct fixture *f, const char *name, struct slice *ret)
{
	int r = setting_read(f->store, slice_from_string(name), &f->arena, ret, &f->err);

	CHECK_OK(r, &f->err);
	return r;
}

static void keep(struct fixture *f, const char *name, const char *text)
{
	CHECK_OK(setting_write(f->store, slice_from_string(name), slice_from_string(text),
			 DURABLE_PROCESS, &f->arena, &f->err),
		&f->err);
}

static void a_setting_is_absent_until_it_is_written(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct slice text;

	CHECK_INT(look_up(&f, "one", &text), SETTING_ABSENT);
	keep(&f, "one", "first");
	keep(&f, "two", "second");
	keep(&f, "one", "third");
	CHECK_INT(look_up(&f, "one", &text), 0);
	CHECK_TEXT(text, "third");
	CHECK_INT(look_up(&f, "two", &text), 0);
	CHECK_TEXT(text, "second");
	CHECK_INT(look_up(&f, "on", &text), SETTING_ABSENT);
}

static void settings_outlive_the_store(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct slice text;

	keep(&f, "one", "kept");
	fixture_close(&f);
	fixture_open(&f);
	CHECK_INT(look_up(&f, "one", &text), 0);
	CHECK_TEXT(text, "kept");
}

static const struct test_case cases[] = {
	{ "a setting is absent until it is written", a_setting_is_absent_until_it_is_written },
	{ "settings outlive the store", settings_outlive_the_store },
};
TEST_MAIN(cases)
