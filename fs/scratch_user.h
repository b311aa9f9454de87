/*
 * One user's overlay of scratch files, as seen by the files that make up
 * fs/scratch: what it costs, its folders, its open files. Private to them.
 *
 * A path here is relative to the overlay: "Movies/2013/.files/.x.swp".
 *
 * Locks, in this order; a function that needs `names` held ends in _locked:
 * 1. scratch.creating  a user's first file; the list of users is only ever
 *                      prepended to, so reading it takes no lock
 * 2. user.names        the tree of names, and the list of open files
 * 3. file.size         what changes a size, so that its charge is exact
 * `names` and `size` are never held together.
 */
#pragma once

#include "scratch.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>

struct scratch_user {
	struct scratch_user *next;
	uid_t uid;
	int root; /* UID in the root of all users */
	int64_t limit;
	_Atomic int64_t used;
	_Atomic int64_t entries;
	pthread_mutex_t names;
	struct scratch_file *open; /* few: at most SCRATCH_OPEN_MAX */
	unsigned open_count;
	struct buf found; /* at start: directories that hold files, each ended by NUL */
};

/* Where the overlays of all users lie (scratch_root.c). */
struct scratch_root {
	int fd; /* of the directory */
	int memory; /* when it is in memory: of the directory that it lies in, and: */
	struct buf name; /* its name there; else empty */
};

/* DATA/scratch, made at need. */
NODISCARD int scratch_root_open(
	const char *data_directory, struct scratch_root *ret, struct error *err);
NODISCARD int scratch_root_open_in_memory(
	const char *data_directory, struct scratch_root *ret, struct error *err);
/* At the end: removes what a user leaves in memory. */
void scratch_root_forget(struct scratch_root *root, struct scratch_user *user);
void scratch_root_close(struct scratch_root *root);

/* 0 or a negative errno, from a call that returns -1 and sets errno. */
int scratch_result(int r);

/* The overlay of this user in the root, made at need; new. */
NODISCARD int scratch_user_new(int parent, uid_t uid, int64_t limit, struct scratch_user **ret);
void scratch_user_free(struct scratch_user *user);

/* All users, linked by next. */
struct scratch_user *scratch_users(struct scratch *scratch);
/* NULL when the user has no overlay. */
struct scratch_user *scratch_user_find(struct scratch *scratch, uid_t uid);
/* The same, made at need. */
NODISCARD int scratch_user_obtain(struct scratch *scratch, uid_t uid, struct scratch_user **ret);

/* False, with nothing charged, when the limit forbids it. */
NODISCARD bool scratch_user_charge(struct scratch_user *user, int64_t bytes);
void scratch_user_refund(struct scratch_user *user, int64_t bytes);
/* Turns what is on disk into what the user sees. */
void scratch_user_show(const struct scratch_user *user, struct stat *stat);

/* Before a name is made: charges its cost and makes the folders it lies in. */
NODISCARD int scratch_entry_begin_locked(
	struct scratch_user *user, struct buf *path, int64_t content);
/* When making it failed: takes both back. Returns r. */
int scratch_entry_abandon_locked(
	struct scratch_user *user, struct buf *path, int64_t content, int r);
/* When it is gone: its cost is given back, by the last close if it is open. */
void scratch_entry_gone_locked(struct scratch_user *user, const struct stat *stat);

/* Whether it is "." or "..". */
bool scratch_is_dots(const char *name);
/* To read the directory; new. */
NODISCARD int scratch_directory_open(int parent, const char *path, DIR **ret);

NODISCARD int scratch_folders_make_locked(struct scratch_user *user, struct buf *path);
/* Removes the folders that the path lies in, upwards until one is in use;
 * shortens the path. */
void scratch_folders_prune_locked(struct scratch_user *user, struct buf *path);

/* Calls visit for every file below the path, then removes the folders that are
 * empty. Returns the first failure; an absent path is none. */
NODISCARD int scratch_walk_locked(struct scratch_user *user, struct buf *path,
	int (*visit)(struct scratch_user *user, const char *path, const struct stat *stat));

/* The open file, new or shared. */
NODISCARD int scratch_file_open_locked(
	struct scratch_user *user, struct buf *path, int flags, struct scratch_file **ret);
/* Whether the inode is open; it is then marked as unlinked. */
bool scratch_file_unlinked_locked(struct scratch_user *user, ino_t inode);
