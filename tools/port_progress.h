/*
 * The line that tells on a terminal how far a long command is:
 *
 *	 42% [=========>           ]  1,234,567 items  210,000/s  0:12 left
 *
 * Drawn on standard error, a few times a second; not at all when that is no
 * terminal. What else is written there goes through progress_clear() first.
 */
#pragma once

#include "base/buf.h"

#include <stdint.h>

/* What there is to tell. */
struct progress_facts {
	const char *label; /* in front of it all; or NULL */
	bool in_bytes; /* so are the items, and told as such */
	uint64_t items;
	uint64_t done, total; /* of any unit; total 0: not known */
	uint64_t begun; /* done before this run */
	int64_t elapsed_ns;
	uint64_t items_per_second; /* of late */
};

/* Appends the line, of at most so many columns. */
void progress_append(struct buf *buf, const struct progress_facts *facts, size_t columns);

struct progress {
	const char *label; /* or NULL; to be set after progress_begin(), as: */
	bool in_bytes;
	bool shown; /* on a terminal */
	bool drawn;
	int64_t start_ns, last_ns;
	uint64_t done_at_start; /* of an earlier run */
	uint64_t rate_items; /* items when the rate was last looked at */
	int64_t rate_ns;
	uint64_t rate;
};

/* done: what an earlier run did already. */
void progress_begin(struct progress *progress, bool quiet, uint64_t items, uint64_t done);
/* Draws it if it is time to. */
void progress_show(struct progress *progress, uint64_t items, uint64_t done, uint64_t total);
/* Takes the line away. */
void progress_clear(struct progress *progress);

/* Appends a count with commas: 1,234,567. */
void progress_append_count(struct buf *buf, uint64_t count);
/* Appends a number of bytes in three digits: 1.23 GB. */
void progress_append_bytes(struct buf *buf, uint64_t bytes);
