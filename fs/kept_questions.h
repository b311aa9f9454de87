/*
 * What was asked last, for who writes a question and reads the answer by another
 * command:
 *
 *	echo 'year = 2013' > Movies/.query; cat Movies/.query
 *
 * Invariants:
 * 1. Of each user one question for each file is kept: the last one. No other
 *    user sees it.
 * 2. It is forgotten after KEPT_NS; of a user the KEPT_COUNT_MAX newest are
 *    kept, and of these as many as fit into KEPT_BYTES_MAX, but always the
 *    newest.
 *
 * Every function may be called from any thread; times are clock_monotonic_ns().
 */
#pragma once

#include "base/arena.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define KEPT_NS        (300 * 1000000000LL)
#define KEPT_COUNT_MAX 16
#define KEPT_BYTES_MAX ((size_t)32 << 20)

struct kept_questions;

struct kept_question {
	struct slice text;
	/* What was answered, when it must not be asked again; else absent. */
	struct slice answer;
};

struct kept_questions *kept_questions_new(void) __attribute__((returns_nonnull));
void kept_questions_free(struct kept_questions *kept);

/* Keeps a copy, in the place of what was asked of the file before. */
void kept_questions_put(struct kept_questions *kept, uid_t uid, struct slice file,
	const struct kept_question *question, int64_t now);
void kept_questions_forget(struct kept_questions *kept, uid_t uid, struct slice file);
/* A copy in the arena; false when there is none. */
bool kept_questions_find(struct kept_questions *kept, uid_t uid, struct slice file, int64_t now,
	struct arena *arena, struct kept_question *ret);
