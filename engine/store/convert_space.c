/*
 * Giving space back. Berkeley DB keeps pages that lost their rows, and half-empty
 * ones, in the file. DB->compact merges neighbours, which frees pages, and moves
 * the pages at the file's end to free ones before them, so that the file can be
 * cut.
 *
 * Invariants:
 * 1. A step deals with the rows of some pages, in a transaction under the writer
 *    mutex, which a reader of one of these pages waits for: some milliseconds.
 * 2. Whoever cuts the file sorts the list of its free pages first, each time. So a
 *    merge frees a bounded number of them before the file is cut: in steps that
 *    go through all of it, as its end lies anywhere in the order of keys. Pages may
 *    become full: with a fill factor those above it would not be moved either.
 *
 * Source: Berkeley DB API reference, DB->compact().
 */
#include "base/memory.h"
#include "store/convert_private.h"
#include "store/store_private.h"

/* Bytes of items in one step. What goes through the file to cut it finds most of it
 * done already. */
#define MERGE_BYTES  (128 << 10)
#define SHRINK_BYTES (512 << 10)
/* Rows, while it is not known how many bytes they have. */
#define ROWS_UNKNOWN 64

/* Which rows a step is about. */
struct stretch {
	DBT start, stop; /* keys; the memory is ours */
	bool has_start, last; /* it begins at a row; it goes to the end */
};

static void stretch_release(struct stretch *stretch)
{
	free(stretch->start.data);
	free(stretch->stop.data);
}

/* How many rows have so many bytes. */
static size_t rows_of(struct table *table, int64_t bytes)
{
	struct table_counts counts;

	table_counts(table, &counts);
	if (counts.bytes < counts.items || counts.items <= 0)
		return ROWS_UNKNOWN;
	return (size_t)(bytes / (counts.bytes / counts.items)) + 1;
}

/* Goes so many rows ahead: what Berkeley DB returned last. */
static int walk(DBC *cursor, struct stretch *stretch, size_t rows)
{
	DBT data = { .flags = DB_DBT_USERMEM | DB_DBT_PARTIAL };
	int r = cursor->get(cursor, &stretch->stop, &data, DB_SET_RANGE);

	while (r == 0 && rows--)
		r = cursor->get(cursor, &stretch->stop, &data, DB_NEXT);
	return r;
}

static int find_stretch(struct txn *txn, DB *file, struct slice after, size_t rows,
	struct stretch *ret, struct error *err)
{
	DBC *cursor;
	int closed, r = file->cursor(file, txn->bdb, &cursor, 0);

	if (r)
		return bdb_error(err, r, "opening a cursor");
	ret->start = (DBT){ .data = memory_copy_string(after.data, after.len),
		.size = (uint32_t)after.len };
	ret->stop = (DBT){ .data = memory_copy_string(after.data, after.len),
		.size = (uint32_t)after.len,
		.flags = DB_DBT_REALLOC };
	ret->has_start = after.len;
	r = walk(cursor, ret, rows);
	ret->last = r == DB_NOTFOUND;
	closed = cursor->close(cursor);
	if (r == DB_NOTFOUND)
		r = closed;
	return r ? bdb_error(err, r, "reading rows to be moved") : 0;
}

/* Compacts the rows after a key: *ret_to is the last one's, absent at the end. */
static int compact(struct txn *txn, const struct conversion_step *step, struct slice after,
	int64_t bytes, uint32_t flags, struct slice *ret_to, uint64_t *ret_freed, struct error *err)
{
	struct stretch stretch CLEANUP(stretch_release) = { .last = false };
	DB_COMPACT done = { .compact_pages_free = 0 };
	DB *file = step->body->file;
	int r;

	TRY(find_stretch(txn, file, after, rows_of(step->table, bytes), &stretch, err));
	r = file->compact(file, txn->bdb, stretch.has_start ? &stretch.start : NULL,
		stretch.last ? NULL : &stretch.stop, &done, flags, NULL);
	if (r)
		return bdb_error(err, r, "giving space back");
	*ret_freed = done.compact_pages_free;
	*ret_to =
		stretch.last ? slice_of(NULL, 0) : arena_copy(txn->arena, bdb_slice(&stretch.stop));
	return 0;
}

int convert_merge(struct txn *txn, struct conversion_step *step, struct error *err)
{
	struct slice to;
	uint64_t freed;

	TRY(compact(txn, step, step->frontier, MERGE_BYTES, 0, &to, &freed, err));
	step->free_pages += freed;
	step->frontier = slice_present(to) ? to : SLICE("");
	if (!slice_present(to))
		step->phase = CONVERSION_SHRINK;
	step->shrinking = step->phase == CONVERSION_MERGE && step->free_pages >= CONVERT_FREE_PAGES;
	return conversion_step_save(txn, step, err);
}

int convert_shrink(struct txn *txn, struct conversion_step *step, struct error *err)
{
	struct slice to;
	uint64_t freed;

	TRY(compact(txn, step, step->shrunk, SHRINK_BYTES, DB_FREE_SPACE, &to, &freed, err));
	step->shrunk = slice_present(to) ? to : SLICE("");
	if (slice_present(to)) {
		conversion_step_note(txn, step);
		return 0;
	}
	step->free_pages = 0;
	if (step->phase == CONVERSION_SHRINK) {
		step->phase = CONVERSION_DONE;
		step->visible = false;
	}
	step->shrinking = false;
	return conversion_step_save(txn, step, err);
}
