#undef NDEBUG
#include "store/store_private.h"
#include "store/token.h"
#include "store_fixture.h"

#define SECOND 1000000000LL
#define START  (1000 * SECOND) /* of the simulated clock */

struct use {
	struct slice token, content;
	int64_t now_ns;
	bool abort;
};

static int use_body(struct txn *txn, void *context, struct error *err)
{
	const struct use *use = context;
	int r = token_use(txn, use->token, use->content, use->now_ns, err);

	return r >= 0 && use->abort ? error_set(err, ERROR_VALIDATION, "given up") : r;
}

static int run_use(struct fixture *f, struct use use)
{
	return txn_run(f->store, TXN_WRITE, DURABLE_PROCESS, &f->arena, use_body, &use, &f->err);
}

static int use(struct fixture *f, const char *token, const char *content, int64_t now_ns)
{
	int r = run_use(f, (struct use){ slice_from_string(token), slice_from_string(content),
				   now_ns, false });

	CHECK_OK(r, &f->err);
	return r;
}

/* The entries in the file: two for each token that is remembered. */
static int count_entries(struct fixture *f)
{
	DBT key = { .flags = 0 }, data = { .flags = 0 };
	int count = 0;
	DBC *cursor;

	CHECK_INT(f->store->tokens->cursor(f->store->tokens, NULL, &cursor, 0), 0);
	while (cursor->get(cursor, &key, &data, DB_NEXT) == 0)
		count++;
	CHECK_INT(cursor->close(cursor), 0);
	return count;
}

/* Uses so many tokens that nobody used before, all at that time. */
static void use_many(struct fixture *f, const char *prefix, int count, int64_t now_ns)
{
	for (int i = 0; i < count; i++) {
		struct slice token = arena_printf(&f->arena, "%s-%d", prefix, i);

		CHECK_INT(use(f, token.data, "content", now_ns), 0);
	}
}

static void a_token_is_new_only_once(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "token", "content", START), TOKEN_SAME);
	CHECK_INT(use(&f, "token", "content", START + SECOND), TOKEN_SAME);
}

static void a_token_with_another_content_is_told(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "token", "Content", START), TOKEN_OTHER);
	CHECK_INT(use(&f, "token", "", START), TOKEN_OTHER);
	CHECK_INT(use(&f, "token", "content", START), TOKEN_SAME);
}

static void tokens_do_not_meet(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "toke", "content", START), 0);
	CHECK_INT(use(&f, "tokens", "other", START), 0);
	CHECK_INT(use(&f, "Token", "content", START), 0);
	CHECK_INT(use(&f, "", "content", START), 0);
	CHECK_INT(use(&f, "token", "content", START), TOKEN_SAME);
}

/* Entries by token and by age are told apart by their first character. */
static void a_token_may_look_like_an_entry(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "A", "content", START), 0);
	CHECK_INT(use(&f, "T", "content", START), 0);
	CHECK_INT(use(&f, "Ttoken", "content", START), 0);
	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "Ttoken", "content", START), TOKEN_SAME);
	CHECK_INT(count_entries(&f), 8);
}

static void a_token_lives_ten_minutes(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "token", "content", START + 600 * SECOND - 1), TOKEN_SAME);
	CHECK_INT(use(&f, "token", "other", START + 600 * SECOND - 1), TOKEN_OTHER);
	CHECK_INT(use(&f, "token", "other", START + 600 * SECOND), 0);
}

static void a_use_does_not_make_a_token_live_longer(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "token", "content", START + 599 * SECOND), TOKEN_SAME);
	CHECK_INT(use(&f, "token", "content", START + 601 * SECOND), 0);
}

static void a_second_life_lasts_ten_minutes_too(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int64_t again = START + 900 * SECOND;

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "token", "other", again), 0);
	CHECK_INT(use(&f, "token", "other", again + 599 * SECOND), TOKEN_SAME);
	CHECK_INT(use(&f, "token", "other", again + 600 * SECOND), 0);
	CHECK_INT(count_entries(&f), 2);
}

static void a_clock_that_went_back_forgets_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	CHECK_INT(use(&f, "token", "content", START - 700 * SECOND), TOKEN_SAME);
	CHECK_INT(count_entries(&f), 2);
}

static void old_tokens_are_forgotten_by_those_that_come(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	use_many(&f, "old", 3, START);
	CHECK_INT(count_entries(&f), 6);
	CHECK_INT(use(&f, "new", "content", START + 600 * SECOND), 0);
	CHECK_INT(count_entries(&f), 2);
}

static void only_old_tokens_are_forgotten(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	use_many(&f, "old", 3, START);
	use_many(&f, "young", 3, START + SECOND);
	CHECK_INT(use(&f, "new", "content", START + 600 * SECOND), 0);
	CHECK_INT(count_entries(&f), 8);
	CHECK_INT(use(&f, "young-1", "content", START + 600 * SECOND), TOKEN_SAME);
}

/* One use works off some of a backlog, never all of it. */
static void a_backlog_is_forgotten_a_few_at_a_time(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int64_t later = START + 700 * SECOND;
	int before;

	use_many(&f, "old", 100, START);
	CHECK_INT(count_entries(&f), 200);
	for (before = 200; before > 2 * 20; before = count_entries(&f)) {
		CHECK_INT(use(&f, "new", "content", later), before == 200 ? 0 : TOKEN_SAME);
		CHECK(count_entries(&f) < before);
		CHECK(count_entries(&f) >= before - 2 * 20);
	}
}

static void what_is_kept_is_bounded_by_ten_minutes_of_use(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int64_t now = START;

	use_many(&f, "burst", 50, now);
	for (int i = 0; i < 60; i++) {
		struct slice token = arena_printf(&f.arena, "token-%d", i);

		CHECK_INT(use(&f, token.data, "content", now), 0);
		now += 60 * SECOND;
	}
	CHECK_INT(count_entries(&f), 2 * 10);
}

/* A token whose turn to be forgotten has not come is old all the same. */
static void an_old_token_in_a_backlog_is_new(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	int64_t later = START + 700 * SECOND;

	use_many(&f, "old", 100, START);
	CHECK_INT(use(&f, "old-99", "other", later), 0);
	CHECK_INT(use(&f, "old-99", "other", later), TOKEN_SAME);
	for (int i = 0; i < 20; i++)
		CHECK_INT(use(&f, "old-99", "other", later), TOKEN_SAME);
	CHECK_INT(count_entries(&f), 2);
}

static void a_transaction_that_is_given_up_notes_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct use given_up = { SLICE("token"), SLICE("content"), START, true };

	CHECK_INT(run_use(&f, given_up), -1);
	CHECK_ERROR(&f.err, ERROR_VALIDATION, "given up");
	CHECK_INT(count_entries(&f), 0);
	CHECK_INT(use(&f, "token", "other", START), 0);
}

static void a_transaction_that_is_given_up_forgets_nothing(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct use given_up = { SLICE("token"), SLICE("content"), START + 700 * SECOND, true };

	use_many(&f, "old", 3, START);
	CHECK_INT(run_use(&f, given_up), -1);
	error_release(&f.err);
	CHECK_INT(count_entries(&f), 6);
	CHECK_INT(use(&f, "old-0", "content", START), TOKEN_SAME);
}

static void tokens_are_known_after_the_store_was_closed(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();

	CHECK_INT(use(&f, "token", "content", START), 0);
	fixture_close(&f);
	fixture_open(&f);
	CHECK_INT(use(&f, "token", "content", START + SECOND), TOKEN_SAME);
	CHECK_INT(use(&f, "token", "other", START + SECOND), TOKEN_OTHER);
	CHECK_INT(use(&f, "token", "other", START + 600 * SECOND), 0);
}

static void tokens_of_any_bytes_are_told_apart(void)
{
	struct fixture f CLEANUP(fixture_release) = fixture_new();
	struct use first = { slice_of("a\0b", 3), slice_of("c\0d", 3), START, false };
	struct use other = first;

	CHECK_OK(run_use(&f, first), &f.err);
	CHECK_INT(run_use(&f, first), TOKEN_SAME);
	other.content = slice_of("c\0e", 3);
	CHECK_INT(run_use(&f, other), TOKEN_OTHER);
	other.token = slice_of("a\0c", 3);
	CHECK_INT(run_use(&f, other), 0);
}

static const struct test_case cases[] = {
	{ "a token is new only once", a_token_is_new_only_once },
	{ "a token with another content is told", a_token_with_another_content_is_told },
	{ "tokens do not meet", tokens_do_not_meet },
	{ "a token may look like an entry", a_token_may_look_like_an_entry },
	{ "a token lives ten minutes", a_token_lives_ten_minutes },
	{ "a use does not make a token live longer", a_use_does_not_make_a_token_live_longer },
	{ "a second life lasts ten minutes too", a_second_life_lasts_ten_minutes_too },
	{ "a clock that went back forgets nothing", a_clock_that_went_back_forgets_nothing },
	{ "old tokens are forgotten by those that come",
		old_tokens_are_forgotten_by_those_that_come },
	{ "only old tokens are forgotten", only_old_tokens_are_forgotten },
	{ "a backlog is forgotten a few at a time", a_backlog_is_forgotten_a_few_at_a_time },
	{ "what is kept is bounded by ten minutes of use",
		what_is_kept_is_bounded_by_ten_minutes_of_use },
	{ "an old token in a backlog is new", an_old_token_in_a_backlog_is_new },
	{ "a transaction that is given up notes nothing",
		a_transaction_that_is_given_up_notes_nothing },
	{ "a transaction that is given up forgets nothing",
		a_transaction_that_is_given_up_forgets_nothing },
	{ "tokens are known after the store was closed",
		tokens_are_known_after_the_store_was_closed },
	{ "tokens of any bytes are told apart", tokens_of_any_bytes_are_told_apart },
};
TEST_MAIN(cases)
