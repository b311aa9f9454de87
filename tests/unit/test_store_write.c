#undef NDEBUG
#include "index_fixture.h"

#include "store/stream.h"

/* What decide() does, and saw. */
struct decision {
	int outcome; /* 0, WRITE_SKIPPED or -1 */
	struct map item; /* for an update; empty: none */
	bool called, had_old;
	struct slice old_v;
};

static int decide(void *context, const struct map *old, struct arena *arena,
	const struct map **ret_item, struct error *err)
{
	struct decision *decision = context;
	const struct value *v = old ? map_find(old, SLICE("v")) : NULL;

	decision->called = true;
	decision->had_old = old;
	decision->old_v = v ? arena_copy(arena, v->bytes) : slice_of(NULL, 0);
	if (decision->outcome < 0)
		return error_set(err, ERROR_CONDITION_FAILED, "The conditional request failed");
	if (decision->item.count)
		*ret_item = &decision->item;
	return decision->outcome;
}

/* One write of { "a", 1 }. */
static struct fixture_write make_write(
	struct fixture *f, enum write_kind kind, struct decision *decision)
{
	return (struct fixture_write){
		.action = {
			.kind = kind,
			.table = f->table,
			.row_key = fixture_key(f->table, &f->arena, "a", 1),
			.decide = decision ? decide : NULL,
			.decide_context = decision,
		},
	};
}

static void an_update_stores_what_the_decision_makes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct decision decision = { .item = fixture_item(&f.arena, "a", 1, SLICE("new")) };
	struct fixture_write write = make_write(&f, WRITE_UPDATE, &decision);

	CHECK_OK(fixture_apply(&f, &write), &f.err);
	CHECK_INT(write.result.change, CHANGE_INSERT);
	CHECK(!decision.had_old && !write.result.old_item);
	CHECK_TEXT(fixture_value(&f, "a", 1), "new");
	decision.item = fixture_item(&f.arena, "a", 1, SLICE("newer"));
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	CHECK_INT(write.result.change, CHANGE_MODIFY);
	CHECK(decision.had_old);
	CHECK_TEXT(decision.old_v, "new");
	CHECK_TEXT(map_find(write.result.old_item, SLICE("v"))->bytes, "new");
	CHECK_TEXT(map_find(write.result.new_item, SLICE("v"))->bytes, "newer");
	CHECK_INT(write.result.old_size, 11);
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	CHECK_INT(write.result.change, CHANGE_NONE);
	CHECK_TEXT(fixture_value(&f, "a", 1), "newer");
}

static void a_decision_that_fails_changes_nothing(void)
{
	static const enum write_kind kinds[] = { WRITE_PUT, WRITE_UPDATE, WRITE_DELETE,
		WRITE_CHECK };
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("new"));

	fixture_put(&f, "a", 1, "old");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct decision decision = { .outcome = -1 };
		struct fixture_write write = make_write(&f, kinds[i], &decision);

		write.action.item = &item;
		CHECK_INT(fixture_apply(&f, &write), -1);
		CHECK_ERROR(&f.err, ERROR_CONDITION_FAILED, "The conditional request failed");
		CHECK_TEXT(decision.old_v, "old");
		CHECK_TEXT(fixture_value(&f, "a", 1), "old");
	}
	CHECK_INT(fixture_check(&f, NULL).problems, 0);
}

static void a_decision_may_leave_everything_as_it_is(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct decision decision = { .outcome = WRITE_SKIPPED };
	struct fixture_write write = make_write(&f, WRITE_UPDATE, &decision);
	struct row row;

	CHECK_INT(fixture_apply(&f, &write), WRITE_SKIPPED);
	CHECK_INT(fixture_get(&f, "a", 1, &row), ROW_ABSENT);
	fixture_put(&f, "a", 1, "old");
	write = make_write(&f, WRITE_DELETE, &decision);
	CHECK_INT(fixture_apply(&f, &write), WRITE_SKIPPED);
	CHECK_TEXT(fixture_value(&f, "a", 1), "old");
	CHECK_TEXT(map_find(write.result.new_item, SLICE("v"))->bytes, "old");
}

static void a_put_and_a_delete_go_on_when_the_decision_agrees(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct map item = fixture_item(&f.arena, "a", 1, SLICE("new"));
	struct decision decision = { .outcome = 0 };
	struct fixture_write write = make_write(&f, WRITE_PUT, &decision);

	write.action.item = &item;
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	CHECK_TEXT(fixture_value(&f, "a", 1), "new");
	write = make_write(&f, WRITE_DELETE, &decision);
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	CHECK_INT(write.result.change, CHANGE_REMOVE);
	CHECK(!write.result.new_item && write.result.old_item);
	CHECK_INT(fixture_exact_counts(&f).items, 0);
}

static void the_decision_comes_after_the_expectation(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct decision decision = { .outcome = -1 };
	struct fixture_write write = make_write(&f, WRITE_UPDATE, &decision);

	write.action.expect = EXPECT_PRESENT;
	CHECK_INT(fixture_apply(&f, &write), WRITE_ABSENT);
	CHECK(!decision.called);
}

static void note_changes(void *context, const struct change *changes, size_t count)
{
	(void)changes;
	*(size_t *)context += count;
}

static void a_check_changes_nothing_and_tells_nobody(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct decision decision = { .outcome = 0 };
	struct fixture_write write = make_write(&f, WRITE_CHECK, &decision);
	size_t told = 0;
	uint64_t stamp;

	stamp = fixture_put(&f, "a", 1, "old").meta.stamp;
	store_watch(f.store, note_changes, &told);
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	store_watch(f.store, NULL, NULL);
	CHECK(decision.had_old && write.result.had_old);
	CHECK_INT(told, 0);
	write = make_write(&f, WRITE_CHECK, NULL);
	write.action.expect = EXPECT_STAMP;
	write.action.expected_stamp = stamp;
	CHECK_OK(fixture_apply(&f, &write), &f.err);
}

static void a_write_goes_by_the_newest_description(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct index_description index = index_global("byg");
	struct table *first;

	index_table(&f, NULL, 0);
	first = table_ref(f.table);
	index_change(&f, &index);
	table_unref(f.table);
	f.table = first;
	index_put(&f, 1, "x", 1, NULL);
	index_refresh(&f);
	CHECK_TEXT(index_rows(&f, "byg"), "1");
}

static void an_update_is_refused_for_a_wrong_index_key_only_when_it_changes_it(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	const struct index_description index = index_global("byg");
	struct map item = index_item(&f.arena, 1, NULL, NO_N, NULL);
	struct decision decision;
	struct write_result result;
	struct fixture_write write;

	index_table(&f, NULL, 0);
	add_member(&item, "g", number_value(5));
	CHECK_OK(index_try_put(&f, &item, &result), &f.err);
	index_change(&f, &index);
	index_wait(&f, "byg");
	decision = (struct decision){ .item = index_item(&f.arena, 1, NULL, 2, NULL) };
	add_member(&decision.item, "g", number_value(5));
	write = make_write(&f, WRITE_UPDATE, &decision);
	CHECK_OK(fixture_apply(&f, &write), &f.err);
	decision.item = index_item(&f.arena, 1, "", 2, NULL);
	CHECK_INT(fixture_apply(&f, &write), -1);
	CHECK_ERROR(&f.err, ERROR_KEY_EMPTY,
		"One or more parameter values are not valid. The update expression attempted to "
		"update a secondary index key to a value that is not supported. The AttributeValue "
		"for a key attribute cannot contain an empty string value.");
}

static struct table_description stream_description(void)
{
	return (struct table_description){
		.name = SLICE("S"),
		.key = { .partition = { SLICE("pk"), VALUE_S }, .sort = { SLICE("sk"), VALUE_N } },
		.stream_view = STREAM_NEW_AND_OLD_IMAGES,
	};
}

static size_t stream_length(struct fixture *f, bool *ret_enabled)
{
	struct stream_description *streams;
	struct stream_record *records;
	size_t count;

	CHECK_OK(stream_list(f->store, SLICE("S"), &f->arena, &streams, &count, &f->err), &f->err);
	CHECK_INT(count, 1);
	*ret_enabled = streams[0].enabled;
	CHECK_OK(stream_read(f->store, &streams[0], 0, 100, 1 << 20, &f->arena, &records, &count,
			 &f->err),
		&f->err);
	return count;
}

static void each_change_is_on_the_stream_once(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct table_description description = stream_description();
	bool enabled;

	CHECK_INT(table_create(f.store, &description, true, &f.arena, DURABLE_PROCESS, &f.err), 0);
	CHECK(slice_present(description.stream_id));
	table_unref(f.table);
	f.table = fixture_find(&f, "S");
	fixture_put(&f, "a", 1, "x");
	fixture_put(&f, "a", 1, "x"); /* changes nothing */
	fixture_put(&f, "a", 1, "y");
	fixture_delete(&f, "a", 1);
	fixture_delete(&f, "a", 1);
	CHECK_INT(stream_length(&f, &enabled), 3);
	CHECK(enabled);
	CHECK_INT(table_delete(f.store, SLICE("S"), false, DURABLE_PROCESS, &f.err), 0);
	CHECK_INT(stream_length(&f, &enabled), 3);
	CHECK(!enabled);
}

static const struct test_case cases[] = {
	{ "an update stores what the decision makes", an_update_stores_what_the_decision_makes },
	{ "a decision that fails changes nothing", a_decision_that_fails_changes_nothing },
	{ "a decision may leave everything as it is", a_decision_may_leave_everything_as_it_is },
	{ "a put and a delete go on when the decision agrees",
		a_put_and_a_delete_go_on_when_the_decision_agrees },
	{ "the decision comes after the expectation", the_decision_comes_after_the_expectation },
	{ "a check changes nothing and tells nobody", a_check_changes_nothing_and_tells_nobody },
	{ "a write goes by the newest description", a_write_goes_by_the_newest_description },
	{ "an update is refused for a wrong index key only when it changes it",
		an_update_is_refused_for_a_wrong_index_key_only_when_it_changes_it },
	{ "each change is on the stream once", each_change_is_on_the_stream_once },
};

TEST_MAIN(cases)
