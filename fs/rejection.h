/*
 * What was rejected, for `.error`: each user's last rejections, with what was
 * wrong, where, and the text of drafts that could not be saved. A close() has
 * no better place to say it, and nothing typed is lost.
 *
 * Invariants:
 * 1. A user reads only his own rejections.
 * 2. Of each user the newest is kept whole, however large, and of the others
 *    as many of the latest as fit into REJECTION_COUNT_MAX entries and
 *    REJECTION_BYTES_MAX bytes, as they read.
 * 3. An entry is text from the start: what reading shows cannot change later.
 *
 * An entry reads as follows; a blank line stands between two:
 *
 *	2026-11-22T12:36:45.123Z EINVAL ValidationException
 *	path: Movies/2013/Rush.json
 *	message: One or more parameter values were invalid: ...
 *	line 3, column 14:
 *	  "rating": 8..3,
 *	             ^
 *	draft, 123 bytes:
 *	(the text, byte for byte, and a newline)
 *
 * Further lines of a message are indented, so that what a user wrote never looks
 * like an entry's own line.
 *
 * DESIGN 4.3 rule 4, 4.5. Every function may be called from any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "base/slice.h"

#include <sys/types.h>

#define REJECTION_COUNT_MAX 64
#define REJECTION_BYTES_MAX ((size_t)4 << 20)
/* Of a longer draft only so much is kept, and the entry says so. */
#define REJECTION_DRAFT_MAX ((size_t)16 << 20)

struct rejection_log;

/* All borrowed. */
struct rejection {
	struct slice path; /* in the mount */
	const struct error *err; /* NULL when there is nothing beyond errnum */
	int errnum; /* what the caller was answered, positive */
	struct slice text; /* the whole input, or absent */
	bool keep_text; /* an abandoned draft: its text goes in whole */
};

struct rejection_log *rejection_log_new(void) __attribute__((returns_nonnull));
void rejection_log_free(struct rejection_log *log);

/* Adds an entry for the user, as of now. */
void rejection_record(struct rejection_log *log, uid_t uid, const struct rejection *rejection);
/* Appends the user's entries, oldest first; nothing when there are none. */
void rejection_read(struct rejection_log *log, uid_t uid, struct buf *buf);
