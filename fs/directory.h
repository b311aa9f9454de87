/*
 * Names in directories: finding, making, removing and moving what they stand
 * for. Each returns 0 or -errno; refusals are in the caller's .error.
 */
#pragma once

#include "filesystem.h"
#include "path.h"
#include "scratch.h"
#include <sys/stat.h>

#define DIRECTORY_TIMEOUT 1.0 /* seconds: partitions come and go with items */

/* What a name in a directory is now. Release with directory_entry_release(). */
struct directory_entry {
	struct node_identity identity;
	struct mount_table *table; /* counted; identity.table is the same */
	struct stat attributes;
	double timeout;
	uint64_t changes; /* node_changes() before the attributes of an item were read */
};

void directory_entry_release(struct directory_entry *entry);

/* Finds a name: 0, or -ENOENT when there is nothing. The entry's slices live in
 * the arena. */
int directory_find(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct arena *arena,
	struct directory_entry *ret);
/* The same for a name that is to be created as a file: an item that does not
 * exist yet, or scratch. */
int directory_prepare(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct arena *arena,
	struct directory_entry *ret);
/* Attributes of a node that is known: 0 or -errno. */
int directory_attributes(struct filesystem *fs, const struct caller *caller,
	const struct node_view *view, struct stat *ret, double *ret_timeout);

/* The mode counts for a table. */
int directory_mkdir(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, mode_t mode);
int directory_rmdir(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name);
int directory_unlink(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name);
int directory_symlink(struct filesystem *fs, const struct caller *caller,
	const struct node_view *directory, struct slice name, struct slice target);
int directory_rename(struct filesystem *fs, const struct caller *caller,
	const struct node_view *from, struct slice from_name, const struct node_view *to,
	struct slice to_name, unsigned flags);

/* What was opened under a name keeps its node; the next file of the name gets
 * another one. */
void directory_forget_name(struct filesystem *fs, const struct node_view *directory,
	const struct node_identity *identity);
/* A partition that loses an item stays, maybe empty, until rmdir. */
void directory_keep_partition(struct filesystem *fs, const struct node_view *directory);

/* The place of a scratch file in the overlay, in the arena. */
struct scratch_path directory_scratch_path(struct filesystem *fs, const struct node_view *directory,
	struct slice name, struct arena *arena);
