/*
 * A journal: an append-only text log of the data directory, of whole lines, that
 * is bounded by its size.
 *
 *	DATA/journal-NAME.db	u64 offset, big-endian -> a chunk of whole lines:
 *				u32 length of its text, little-endian, and the text,
 *				or, when that is shorter, the same by zstd
 *
 * It lies in the environment, so that recovery and encryption cover it as they
 * cover tables. Lines are alike: packed they cost the log an eighth, and so does
 * what checks its sums.
 *
 * Invariants:
 * 1. A byte's offset is how many bytes were ever written before it. It never
 *    changes; old chunks go from the front, and the newest one stays, so that the
 *    end is known from the file alone.
 * 2. The chunks between start and end leave no gap, and each ends with a newline:
 *    lines are appended whole or not at all.
 * 3. A reader sees what is committed, and nothing else.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "store/store.h"

struct journal;
struct txn;

struct journal_extent {
	uint64_t start; /* offset of the oldest byte that is kept */
	uint64_t end; /* after the newest one; equal to start when there is none */
	int64_t modified_ns; /* when lines came last; before any did, when it was opened */
};

/* Opens the journal of that name, made if there is none. It must be closed before
 * the store is. */
int journal_open(
	struct store *store, const char *name, struct journal **ret, struct error *err) NODISCARD;
void journal_close(struct journal *journal); /* NULL is allowed */

/* Appends lines, each with its newline, in one transaction; none is fine. */
int journal_append(struct journal *journal, struct slice lines, enum durability durability,
	struct error *err) NODISCARD;
/* The same within a write transaction, once in each. */
int journal_append_in(
	struct journal *journal, struct txn *txn, struct slice lines, struct error *err) NODISCARD;
struct journal_extent journal_extent(struct journal *journal);
/* Appends to the buffer the text from a byte on: at least size bytes and no more
 * chunks than that takes, or as much as there is; nothing at the end and beyond.
 * ERROR_TRIMMED_DATA when that byte is gone. */
int journal_read(struct journal *journal, uint64_t offset, size_t size, struct buf *ret,
	struct error *err) NODISCARD;
/* Removes chunks from the front until no more than so many bytes are left, or the
 * newest chunk alone. */
int journal_trim(struct journal *journal, uint64_t max_bytes, struct error *err) NODISCARD;

/* Called once for each problem found, with one line of text. */
typedef void journal_report(void *context, const char *problem);
/* Looks whether every chunk is as the invariants say. */
int journal_check(struct journal *journal, journal_report *report, void *context,
	struct error *err) NODISCARD;
