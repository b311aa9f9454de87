/*
 * The window onto an answer: the part of it that was made and can be read.
 *
 * A session's descriptor has one offset, for what is written and for what is
 * read. After a question of N bytes a shell reads from N, a program with
 * pread() from 0, and who asks his tenth question from wherever he is by then.
 * So the first read after a question says where the answer stands.
 *
 * Invariants:
 * 1. Byte i of the answer is read at the offset origin + i. A read before the
 *    origin moves it there: the answer begins again.
 * 2. The text is the answer from `start` on. What was read is kept for at least
 *    WINDOW_KEPT bytes: who reads lines (bash's read, head) reads ahead and then
 *    puts the offset back. A whole answer is kept whole.
 */
#pragma once

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define WINDOW_KEPT ((size_t)128 << 10)

struct answer_window {
	struct buf text;
	uint64_t start; /* where in the answer the text begins */
	off_t origin;
	bool placed; /* the origin is known */
	bool whole; /* nothing of it is dropped */
};

enum window_outcome {
	WINDOW_READY, /* the text has what is asked for */
	WINDOW_SHORT, /* more of the answer must be appended first */
	WINDOW_PASSED, /* it has been dropped, and is not the beginning */
	WINDOW_REWOUND, /* empty again: the answer must be made from its beginning */
};

/* Empties it, for another answer. */
void answer_window_clear(struct answer_window *window);
/* Goes to the offset of a read, and drops what is far behind it. */
enum window_outcome answer_window_seek(struct answer_window *window, off_t offset);
/* What the text has from the offset on, after WINDOW_READY; borrowed. */
struct slice answer_window_at(const struct answer_window *window, off_t offset);
