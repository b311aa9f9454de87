/*
 * The one write path. Every change of an item, from whatever door, goes
 * through write_apply(), in one transaction:
 *
 *	old row -> expectation -> decision -> new item -> admission -> row -> indexes
 *		-> history -> stream -> counts
 *
 * (a put's item is checked against the indexes before all of this, an update's
 * when it is made).
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
	WRITE_UPDATE, /* the decision makes the new item */
	WRITE_CHECK, /* changes nothing: a condition on the item */
	WRITE_TOUCH, /* sets mtime, nothing else, not even the stamp; WRITE_ABSENT without a row */
};

enum write_expect {
	EXPECT_ANY,
	EXPECT_ABSENT, /* else ERROR_ITEM_EXISTS */
	EXPECT_STAMP, /* there, with this stamp; else ERROR_ITEM_CHANGED */
	EXPECT_PRESENT /* else outcome WRITE_ABSENT, nothing done */
};

/* Looks at the old item (NULL: there is none) and may fail, which is how a
 * condition fails, or with WRITE_UPDATE makes the new item: validated and
 * holding its key, in the arena. *ret_item is the action's item when called.
 * 0, or WRITE_SKIPPED to leave everything as it is. May run more than once. */
#define WRITE_SKIPPED 2
typedef int write_decide(void *context, const struct map *old, struct arena *arena,
	const struct map **ret_item, struct error *err);

struct index_write;
/* Looks at what is about to change in the indexes, one of each that is shown, and
 * may fail, before anything is written. May run more than once. */
typedef int write_admit(
	void *context, const struct index_write *writes, size_t count, struct error *err);

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
	write_decide *decide; /* or NULL; not with WRITE_TOUCH */
	void *decide_context;
	write_admit *admit; /* or NULL */
	void *admit_context;
	bool want_units; /* fill result.indexes */
	bool restored; /* it was in a table before: what does not fit an index stays out of it */
	bool expired; /* deleted by time to live: its stream record tells so */
};

/* What a write did to one index: for consumed capacity. */
struct index_write {
	struct slice name;
	bool local;
	uint32_t old_size, new_size; /* projected, in bytes; 0: no entry */
	bool moved; /* another key: a delete and a put */
	bool changed; /* false: the entry and what it projects stayed the same */
	struct slice partition; /* of the new entry, or of the one that went (key_layout.h); of
				 * a global index */
};

#define WRITE_ABSENT 1

struct write_result {
	enum change_kind change;
	bool had_old;
	struct row old; /* with want_old: in the transaction's arena */
	struct row_meta meta; /* of the new row; zero after a delete */
	uint32_t old_size; /* item size before; 0: there was none */
	/* With want_old or decide: the items before and after, decoded, in
	 * the transaction's arena; NULL: none. What was left as it is, is both. */
	const struct map *old_item;
	const struct map *new_item;
	const struct index_write *indexes; /* with want_units, one for each index */
	size_t index_count;
};

/* Applies one action within a write transaction: 0, WRITE_ABSENT or
 * WRITE_SKIPPED. When it fails, had_old and old_size of *ret tell what it met,
 * if it came so far. The messages of failed expectations are "The conditional
 * request failed". An action that fails has changed nothing, so that the body
 * may go on to look at others before it fails. Goes by the table's newest
 * description, whatever version the action holds. */
int write_apply(struct txn *txn, const struct write_action *action, struct write_result *ret,
	struct error *err) NODISCARD;
