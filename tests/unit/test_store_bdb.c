#undef NDEBUG
#include "store/bdb.h"
#include "test.h"

#include <errno.h>

static void a_deadlock_is_a_conflict(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, DB_LOCK_DEADLOCK, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_CONFLICT, "Transaction is ongoing for the item");
	CHECK_INT(bdb_error(&err, DB_LOCK_NOTGRANTED, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_CONFLICT, "Transaction is ongoing for the item");
}

static void a_full_disk_is_no_space(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, ENOSPC, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_NO_SPACE, "writing a row: No space left on device");
}

static void lack_of_memory_may_be_a_full_lock_table(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, ENOMEM, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM,
		"writing a row: out of memory, or too many locks in one transaction");
}

static void a_stopped_environment_comes_with_advice(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, DB_RUNRECOVERY, "writing a row"), -1);
	CHECK_ERROR(&err, ERROR_SYSTEM,
		"writing a row: the store stopped after an earlier failure; start again to "
		"recover it");
}

static void a_missing_page_is_corruption(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(bdb_error(&err, DB_PAGE_NOTFOUND, "reading a row"), -1);
	CHECK_INT(err.class, ERROR_CORRUPT);
}

static const struct test_case cases[] = {
	{ "a deadlock is a conflict", a_deadlock_is_a_conflict },
	{ "a full disk is no space", a_full_disk_is_no_space },
	{ "lack of memory may be a full lock table", lack_of_memory_may_be_a_full_lock_table },
	{ "a stopped environment comes with advice", a_stopped_environment_comes_with_advice },
	{ "a missing page is corruption", a_missing_page_is_corruption },
};

TEST_MAIN(cases)
