/*
 * Directories that are not the root, a table or a partition: one table of what
 * each kind of them does. Those three are lookup.c's, listing_source.c's and
 * directory.c's own.
 *
 * Functions return 0 or -errno, the rejection written, unless they take a
 * struct error.
 */
#pragma once

#include "base/buf.h"
#include "finder.h"
#include "listing.h"

struct batch;

struct directory_operations {
	/* Finds finder->name: fills ret->identity, with directory_identify() or by
	 * hand, and ret->timeout. Attributes that are left zero come from
	 * directory_attributes(). */
	int (*find)(const struct finder *finder, struct directory_entry *ret);
	/* Adds the entries that stand after a key of its own making (absent: from
	 * the first) to the batch, with listing_add(); none at the end. One that
	 * takes long asks listing_pause() in between. NULL: it is never listed, as
	 * .where. */
	int (*list)(struct listing *listing, struct batch *batch, const struct node_view *view,
		struct slice after, struct error *err) NODISCARD;
	/* Listing may take long: it is done by the executor, and ends when
	 * listing_interrupted(). */
	bool lists_slowly;
	bool holds_scratch; /* its users' scratch files are listed behind its own */
	bool read_only; /* a view: what would change anything in it is EROFS */
	/* NULL: not permitted. */
	int (*mkdir)(const struct finder *finder);
	int (*rmdir)(const struct finder *finder, const struct directory_entry *entry);
	/* Where a link in it leads, relative to this directory. */
	int (*append_target)(struct filesystem *fs, const struct node_view *link, struct buf *ret);
	/* Attributes of the directory itself beside those of its kind; NULL: none. */
	int (*attributes)(struct filesystem *fs, const struct caller *caller,
		const struct node_view *view, struct stat *ret);
};

/* Of a directory's kind; NULL for the three, and for what is no directory. */
const struct directory_operations *directory_operations_of(enum node_kind kind);
bool directory_is_read_only(enum node_kind kind);
/* Of the directory that links of that kind stand in; NULL for other kinds. */
const struct directory_operations *directory_operations_of_link(enum node_kind link);

/* Fills the identity: the name is the finder's, the table its directory's. */
void directory_identify(const struct finder *finder, enum node_kind kind, struct slice row_key,
	struct directory_entry *ret);

/* What each directory's source offers to the table. */
extern const struct directory_operations api_directory, indexes_directory, index_directory,
	index_partition_directory, where_directory, condition_directory;
extern const struct directory_operations alarms_directory;
extern const struct directory_operations transactions_directory, transaction_directory;
