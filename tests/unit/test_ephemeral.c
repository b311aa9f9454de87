#undef NDEBUG
#include "base/memory.h"
#include "ephemeral.h"
#include "test.h"

#include <pthread.h>

#define LIST_OF SLICE("id-1")

static void what_was_added_exists_until_it_is_removed(void)
{
	struct ephemerals *ephemerals = ephemerals_new();

	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("2013")));
	ephemeral_add(ephemerals, LIST_OF, SLICE("2013"));
	CHECK(ephemeral_exists(ephemerals, LIST_OF, SLICE("2013")));
	CHECK(ephemeral_remove(ephemerals, LIST_OF, SLICE("2013")));
	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("2013")));
	CHECK(!ephemeral_remove(ephemerals, LIST_OF, SLICE("2013")));
	ephemerals_free(ephemerals);
}

static void a_name_belongs_to_its_table(void)
{
	struct ephemerals *ephemerals = ephemerals_new();

	ephemeral_add(ephemerals, SLICE("ab"), SLICE("c"));
	CHECK(!ephemeral_exists(ephemerals, SLICE("a"), SLICE("bc")));
	CHECK(!ephemeral_exists(ephemerals, SLICE(""), SLICE("c")));
	CHECK(!ephemeral_remove(ephemerals, SLICE("a"), SLICE("c")));
	CHECK(ephemeral_exists(ephemerals, SLICE("ab"), SLICE("c")));
	ephemerals_free(ephemerals);
}

static void adding_again_changes_nothing(void)
{
	struct ephemerals *ephemerals = ephemerals_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice *names;
	size_t count;

	ephemeral_add(ephemerals, LIST_OF, SLICE("a"));
	ephemeral_add(ephemerals, LIST_OF, SLICE("b"));
	ephemeral_add(ephemerals, LIST_OF, SLICE("a"));
	names = ephemeral_list(ephemerals, LIST_OF, &arena, &count);
	CHECK_INT(count, 2);
	CHECK_TEXT(names[0], "a");
	CHECK_TEXT(names[1], "b");
	CHECK(ephemeral_remove(ephemerals, LIST_OF, SLICE("a")));
	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("a")));
	ephemerals_free(ephemerals);
}

static void a_list_is_one_tables_in_the_order_of_adding(void)
{
	struct ephemerals *ephemerals = ephemerals_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice *names;
	size_t count;

	ephemeral_add(ephemerals, LIST_OF, SLICE("c"));
	ephemeral_add(ephemerals, SLICE("other"), SLICE("x"));
	ephemeral_add(ephemerals, LIST_OF, SLICE("a"));
	ephemeral_add(ephemerals, LIST_OF, SLICE("b"));
	ephemeral_remove(ephemerals, LIST_OF, SLICE("a"));
	names = ephemeral_list(ephemerals, LIST_OF, &arena, &count);
	CHECK_INT(count, 2);
	CHECK_TEXT(names[0], "c");
	CHECK_TEXT(names[1], "b");
	/* The list is a copy. */
	ephemeral_remove(ephemerals, LIST_OF, SLICE("c"));
	CHECK_TEXT(names[0], "c");
	ephemeral_list(ephemerals, SLICE("none"), &arena, &count);
	CHECK_INT(count, 0);
	ephemerals_free(ephemerals);
}

static struct slice numbered(struct arena *arena, size_t number)
{
	return arena_printf(arena, "%zu", number);
}

static void beyond_the_limit_the_oldest_is_dropped(void)
{
	struct ephemerals *ephemerals = ephemerals_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice *names;
	size_t count;

	for (size_t i = 0; i < EPHEMERAL_LIMIT; i++)
		ephemeral_add(ephemerals, LIST_OF, numbered(&arena, i));
	CHECK(ephemeral_exists(ephemerals, LIST_OF, SLICE("0")));
	for (size_t i = 0; i < 3; i++)
		ephemeral_add(ephemerals, SLICE("other"), numbered(&arena, i));
	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("0")));
	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("2")));
	names = ephemeral_list(ephemerals, LIST_OF, &arena, &count);
	CHECK_INT(count, EPHEMERAL_LIMIT - 3);
	CHECK_TEXT(names[0], "3");
	ephemerals_free(ephemerals);
}

/* So many that they share buckets. */
static void many_tables_have_their_own(void)
{
	struct ephemerals *ephemerals = ephemerals_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	for (size_t i = 0; i < 10000; i++)
		ephemeral_add(ephemerals, numbered(&arena, i), SLICE("2013"));
	for (size_t i = 0; i < 10000; i++) {
		CHECK(ephemeral_exists(ephemerals, numbered(&arena, i), SLICE("2013")));
		CHECK(!ephemeral_exists(ephemerals, numbered(&arena, i + 10000), SLICE("2013")));
	}
	ephemerals_free(ephemerals);
}

static void a_dropped_table_has_none(void)
{
	struct ephemerals *ephemerals = ephemerals_new();

	ephemeral_add(ephemerals, LIST_OF, SLICE("a"));
	ephemeral_add(ephemerals, SLICE("other"), SLICE("a"));
	ephemeral_add(ephemerals, LIST_OF, SLICE("b"));
	ephemeral_remove_all(ephemerals, LIST_OF);
	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("a")));
	CHECK(!ephemeral_exists(ephemerals, LIST_OF, SLICE("b")));
	CHECK(ephemeral_exists(ephemerals, SLICE("other"), SLICE("a")));
	ephemerals_free(ephemerals);
}

struct hammer {
	struct ephemerals *ephemerals;
	size_t first;
	bool failed;
};

static void *hammer(void *data)
{
	struct hammer *hammer = data;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	for (size_t i = 0; i < 2000; i++) {
		struct slice name = numbered(&arena, hammer->first + i);
		size_t count;

		ephemeral_add(hammer->ephemerals, LIST_OF, name);
		hammer->failed |= !ephemeral_exists(hammer->ephemerals, LIST_OF, name);
		if (i % 500 == 0)
			ephemeral_list(hammer->ephemerals, LIST_OF, &arena, &count);
		if (i % 2)
			hammer->failed |= !ephemeral_remove(hammer->ephemerals, LIST_OF, name);
	}
	return NULL;
}

static void threads_may_use_it_at_once(void)
{
	struct ephemerals *ephemerals = ephemerals_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct hammer hammers[4];
	pthread_t threads[4];
	size_t count;

	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		hammers[i] = (struct hammer){ ephemerals, i * 10000, false };
		CHECK_INT(pthread_create(&threads[i], NULL, hammer, &hammers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		CHECK(!hammers[i].failed);
	ephemeral_list(ephemerals, LIST_OF, &arena, &count);
	CHECK_INT(count, 4 * 1000);
	ephemerals_free(ephemerals);
}

static void an_announced_table_has_an_owner_and_a_mode(void)
{
	struct ephemerals *ephemerals = ephemerals_new();
	struct table_access access = { true, 1, 2, 0750 }, found = { 0 };

	ephemeral_access(ephemerals, SLICE("Tab"), &found);
	CHECK(!found.known);
	ephemeral_announce(ephemerals, SLICE("Tab"), &access);
	CHECK(ephemeral_exists(ephemerals, SLICE(""), SLICE("Tab")));
	access.mode = 0700;
	ephemeral_announce(ephemerals, SLICE("Tab"), &access);
	ephemeral_access(ephemerals, SLICE("Tab"), &found);
	CHECK(found.known);
	CHECK_INT(found.uid, 1);
	CHECK_INT(found.mode, 0700);
	CHECK(ephemeral_remove(ephemerals, SLICE(""), SLICE("Tab")));
	ephemerals_free(ephemerals);
}

static const struct test_case cases[] = {
	{ "what was added exists until it is removed", what_was_added_exists_until_it_is_removed },
	{ "a name belongs to its table", a_name_belongs_to_its_table },
	{ "adding what is there changes nothing", adding_again_changes_nothing },
	{ "a list is one table's, in the order of adding",
		a_list_is_one_tables_in_the_order_of_adding },
	{ "beyond the limit the oldest is dropped", beyond_the_limit_the_oldest_is_dropped },
	{ "each of many tables has its own", many_tables_have_their_own },
	{ "a table that is dropped has none", a_dropped_table_has_none },
	{ "threads may use it at once", threads_may_use_it_at_once },
	{ "an announced table has an owner and a mode",
		an_announced_table_has_an_owner_and_a_mode },
};

TEST_MAIN(cases)
