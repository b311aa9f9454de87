/* Token buckets, by a clock of our own. */
#undef NDEBUG
#include "monitor/bucket.h"
#include "test.h"

#define SECOND 1000000000LL

static void a_bucket_begins_with_five_minutes(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 10, 0);
	CHECK(bucket_level(&bucket, 0) == 3000);
	CHECK(bucket_is_full(&bucket, 0));
	CHECK(bucket_level(&bucket, 1000 * SECOND) == 3000);
}

static void it_fills_at_its_rate(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 10, 0);
	bucket_take(&bucket, 3000, 0);
	CHECK(bucket_level(&bucket, 0) == 0);
	CHECK(bucket_level(&bucket, SECOND / 2) == 5);
	CHECK(bucket_level(&bucket, 60 * SECOND) == 600);
	CHECK(!bucket_is_full(&bucket, 299 * SECOND));
	CHECK(bucket_is_full(&bucket, 300 * SECOND));
}

static void burst_is_used_beside_what_comes_in(void)
{
	struct bucket bucket;

	/* 25 units a second against a rate of 10: 3000 last for 200 seconds. */
	bucket_init(&bucket, 10, 0);
	for (int second = 0; second < 200; second++) {
		CHECK_INT(bucket_wait_ns(&bucket, 0, second * SECOND), 0);
		bucket_take(&bucket, 25, second * SECOND);
	}
	/* 3000 + 199 * 10 - 200 * 25 = -10. */
	CHECK(bucket_level(&bucket, 199 * SECOND) == -10);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 199 * SECOND), SECOND + 1);
}

static void a_debt_is_paid_before_anything_is_admitted(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 1, 0);
	bucket_take(&bucket, 299, 0);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 0), 0);
	bucket_take(&bucket, 400, 0); /* of one item of 400 KB */
	CHECK(bucket_level(&bucket, 0) == -399);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 0), 399 * SECOND + 1);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 100 * SECOND), 299 * SECOND + 1);
	CHECK(bucket_wait_ns(&bucket, 0, 399 * SECOND) > 0);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 399 * SECOND + 1), 0);
}

static void an_empty_bucket_does_not_admit(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 4, 0);
	bucket_take(&bucket, 1200, 0);
	CHECK(bucket_wait_ns(&bucket, 0, 0) > 0);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 1), 0);
}

static void what_is_pending_counts_as_taken(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 2, 0);
	CHECK_INT(bucket_wait_ns(&bucket, 599.5, 0), 0);
	CHECK_INT(bucket_wait_ns(&bucket, 600, 0), 1);
	CHECK_INT(bucket_wait_ns(&bucket, 610, 0), 5 * SECOND + 1);
	CHECK(bucket_level(&bucket, 0) == 600);
}

static void a_change_of_rate_keeps_what_is_unused(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 10, 0);
	bucket_take(&bucket, 2000, 0);
	bucket_set_rate(&bucket, 20, 0);
	CHECK(bucket_level(&bucket, 0) == 1000);
	CHECK(bucket_level(&bucket, 10 * SECOND) == 1200);
	bucket_set_rate(&bucket, 2, 10 * SECOND);
	CHECK(bucket_level(&bucket, 10 * SECOND) == 600);
	CHECK(bucket_level(&bucket, 20 * SECOND) == 600);
	bucket_set_rate(&bucket, 100, 20 * SECOND);
	CHECK(bucket_level(&bucket, 20 * SECOND) == 600);
	CHECK(bucket_level(&bucket, 21 * SECOND) == 700);
}

static void a_change_of_rate_keeps_a_debt(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 1, 0);
	bucket_take(&bucket, 500, 0);
	bucket_set_rate(&bucket, 100, 0);
	CHECK(bucket_level(&bucket, 0) == -200);
	CHECK_INT(bucket_wait_ns(&bucket, 0, 0), 2 * SECOND + 1);
}

static void without_a_rate_there_is_no_limit(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 0, 0);
	bucket_take(&bucket, 1e9, 0);
	CHECK_INT(bucket_wait_ns(&bucket, 1e9, 0), 0);
	CHECK(bucket_is_full(&bucket, 0));
	bucket_set_rate(&bucket, 5, SECOND);
	CHECK(bucket_level(&bucket, SECOND) == 1500);
	bucket_set_rate(&bucket, 0, SECOND);
	CHECK_INT(bucket_wait_ns(&bucket, 1, SECOND), 0);
}

static void a_clock_that_goes_back_fills_nothing(void)
{
	struct bucket bucket;

	bucket_init(&bucket, 1, 100 * SECOND);
	bucket_take(&bucket, 300, 100 * SECOND);
	CHECK(bucket_level(&bucket, 50 * SECOND) == 0);
	bucket_take(&bucket, 1, 50 * SECOND);
	CHECK(bucket_level(&bucket, 100 * SECOND) == -1);
	CHECK(bucket_level(&bucket, 102 * SECOND) == 1);
}

static const struct test_case cases[] = {
	{ "a bucket begins with five minutes", a_bucket_begins_with_five_minutes },
	{ "it fills at its rate", it_fills_at_its_rate },
	{ "burst is used beside what comes in", burst_is_used_beside_what_comes_in },
	{ "a debt is paid before anything is admitted",
		a_debt_is_paid_before_anything_is_admitted },
	{ "an empty bucket does not admit", an_empty_bucket_does_not_admit },
	{ "what is pending counts as taken", what_is_pending_counts_as_taken },
	{ "a change of rate keeps what is unused", a_change_of_rate_keeps_what_is_unused },
	{ "a change of rate keeps a debt", a_change_of_rate_keeps_a_debt },
	{ "without a rate there is no limit", without_a_rate_there_is_no_limit },
	{ "a clock that goes back fills nothing", a_clock_that_goes_back_fills_nothing },
};

TEST_MAIN(cases)
