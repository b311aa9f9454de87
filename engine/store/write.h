/*
 * The one write path. Every change of an item, from whatever door, goes
 * through write_apply(), in one transaction:
 *
 *	old row -> expectation -> new item -> row (-> indexes -> stream) -> counts
 *
 * Invariants:
 * 1. An item is stored only if it passed item_validate() and its key is the
 *    row key.
 * 2. Counts and watchers learn of a change after its commit, and of each
 *    committed change exactly once.
 * 3. A write of an equal item is no change of data (CHANGE_NONE): it may change
 *    mtime, stamp and own text, but is not counted and makes no record on a
 *    stream.
 * 4. Stamps grow: a row's new stamp is greater than its old one.
 */
#pragma once

#include "store/row.h"

enum write_kind {
	WRITE_PUT,
	WRITE_DELETE,
	WRITE_TOUCH, /* sets mtime, nothing else, not even the stamp; WRITE_ABSENT without a row */
};

enum write_expect {
	EXPECT_ANY,
	EXPECT_ABSENT, /* else ERROR_ITEM_EXISTS */
	EXPECT_STAMP, /* there, with this stamp; else ERROR_ITEM_CHANGED */
	EXPECT_PRESENT /* else outcome WRITE_ABSENT, nothing done */
};

struct write_action {
	enum write_kind kind;
	enum write_expect expect;
	uint64_t expected_stamp;
	struct table *table;
	struct slice row_key;
	const struct map *item; /* WRITE_PUT: validated, holding its key */
	struct slice own_text; /* absent: none */
	int64_t mtime_ns; /* 0: now */
	bool want_old; /* fill result.old */
};

#define WRITE_ABSENT 1

struct write_result {
	enum change_kind change;
	bool had_old;
	struct row old; /* with want_old: in the transaction's arena */
	struct row_meta meta; /* of the new row; zero after a delete */
};

/* Applies one action within a write transaction: 0 or WRITE_ABSENT. The
 * messages of failed expectations are "The conditional request failed". */
int write_apply(struct txn *txn, const struct write_action *action, struct write_result *ret,
	struct error *err) NODISCARD;
