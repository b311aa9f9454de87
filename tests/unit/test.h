/*
 * A unit test program is a table of named cases. It prints one line for each
 * in the Test Anything Protocol, and exits non-zero when one failed; a failed
 * check ends its case, not the program.
 */
#pragma once

#include "base/cleanup.h"
#include "base/error.h"
#include "base/slice.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct test_case {
	const char *name; /* a sentence about one behaviour */
	void (*run)(void);
};

static jmp_buf test_failed;

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition); \
			longjmp(test_failed, 1); \
		} \
	} while (0)

#define CHECK_INT(actual, expected) \
	do { \
		long long test_a = (long long)(actual), test_e = (long long)(expected); \
		if (test_a != test_e) { \
			printf("# %s:%d: %s is %lld, not %lld\n", __FILE__, __LINE__, #actual, \
				test_a, test_e); \
			longjmp(test_failed, 1); \
		} \
	} while (0)

/* Compares a slice with a C string. */
#define CHECK_TEXT(actual, expected) \
	do { \
		struct slice test_a = (actual); \
		const char *test_e = (expected); \
		if (!slice_equal_string(test_a, test_e)) { \
			printf("# %s:%d: %s is \"%.*s\", not \"%s\"\n", __FILE__, __LINE__, \
				#actual, SLICE_ARG(test_a), test_e); \
			longjmp(test_failed, 1); \
		} \
	} while (0)

/* Checks an error's class and message, and forgets it. */
#define CHECK_ERROR(err, expected_class, expected_message) \
	do { \
		CHECK_INT((err)->class, expected_class); \
		CHECK_TEXT(slice_from_string((err)->message), expected_message); \
		error_release(err); \
	} while (0)

#define CHECK_OK(call, err) \
	do { \
		if ((call) < 0) { \
			printf("# %s:%d: %s failed: %s\n", __FILE__, __LINE__, #call, \
				(err)->message); \
			longjmp(test_failed, 1); \
		} \
	} while (0)

static unsigned test_divisor = 1;

/* A number of rounds: "whole", or a part of it where each takes long (tests/run says so
 * for valgrind), but never none. */
static inline unsigned test_rounds(unsigned whole)
{
	return whole > test_divisor ? whole / test_divisor : 1;
}

static inline bool test_passes(const struct test_case *test)
{
	if (setjmp(test_failed))
		return false;
	test->run();
	return true;
}

static inline int test_run(const struct test_case *cases, size_t count)
{
	const char *divisor = getenv("DYNAMOUNT_TEST_DIVISOR");
	int failures = 0;

	if (divisor)
		test_divisor = (unsigned)strtoul(divisor, NULL, 10);
	printf("1..%zu\n", count);
	for (size_t i = 0; i < count; i++) {
		bool passed = test_passes(&cases[i]);

		printf("%s %zu - %s\n", passed ? "ok" : "not ok", i + 1, cases[i].name);
		fflush(stdout);
		failures += !passed;
	}
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define TEST_MAIN(cases) \
	int main(void) \
	{ \
		return test_run(cases, ARRAY_SIZE(cases)); \
	}
