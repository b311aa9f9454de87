/* Items as files: attributes, whole texts and moves. Open files are in item_file.c,
 * behind files.h. */
#pragma once

#include "filesystem.h"

/* Fills the attributes of an item: 0, -ENOENT, or another failure. Timeout is
 * how long the kernel may keep them, in seconds. */
int item_attributes(
	struct filesystem *fs, const struct node_view *view, struct stat *ret, double *ret_timeout);
/* The access is its table's. */
void item_fill_attributes(const struct table_access *access, uint64_t inode,
	const struct item_facts *facts, struct stat *ret);
/* Of an open draft, to be stored with it, or else of the item. */
int item_set_mtime(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	int64_t mtime_ns);

/* Stores a whole text as the item of a place that may have no node yet: 0 or
 * -errno, the rejection written. mtime 0 means now. */
int item_save(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	struct node *directory, struct slice text, enum item_expectation expectation,
	int64_t mtime_ns);
/* Deletes an item: 0, REQUEST_ABSENT or -1. */
int item_delete(struct filesystem *fs, const struct mount_table *table, const struct key *key,
	struct error *err) NODISCARD;
/* truncate(2) by path: 0 or -errno, the rejection written. */
int item_cut(struct filesystem *fs, const struct caller *caller, const struct node_view *view,
	off_t size);
/* Moves an item to another place in one transaction. */
int item_move(struct filesystem *fs, const struct caller *caller, const struct node_view *from,
	const struct node_view *to, bool replace);

/* How long the kernel may keep what it knows of a table's items, in seconds:
 * changes by other doors are invalidated, but not in a transaction's view. */
double item_timeout(const struct mount_table *table);
