/*
 * What a span of time did to the rows of a table, read in chunks as a snapshot is:
 * for each row that changed in it, how it was before the first of its changes and
 * after the last one.
 */
#pragma once

#include "store/snapshot.h"

struct row_change {
	struct slice row_key;
	uint64_t stamp; /* of the last change in the span */
	bool had_old, has_new; /* neither: it came and went */
	struct row old, new;
};

/* The span: what is newer than the snapshot's moment, before `until`. */
struct changes {
	struct snapshot *snapshot; /* borrowed; it pins the moment before the span */
	uint64_t until; /* stamp, exclusive; of the past */
	struct buf position; /* row key looked at last; empty: none */
};

void changes_release(struct changes *changes);
/* As snapshot_take(). */
typedef int changes_take(struct txn *txn, void *context, const struct row_change *changes,
	size_t count, struct error *err);
/* As snapshot_next(), SNAPSHOT_END included. */
int changes_next(struct changes *changes, struct arena *arena, changes_take *take, void *context,
	struct error *err) NODISCARD;
