/*
 * The nodes that the kernel knows: one for each name it has looked up.
 *
 * Invariants:
 * 1. A node lives while the kernel holds lookups on it, or a handle is open on
 *    it, or a child of it lives. Its address is the kernel's node id.
 * 2. (parent, name, owner of scratch) names at most one node in the table.
 * 3. A node's name, parent and key change only by node_move(); they are read
 *    only through node_load(), which copies them under the table's lock.
 * 4. The number of nodes is bounded: beyond its limit the kernel is asked to
 *    let go of the oldest (invalidate.h), so that the listing of a large
 *    directory leaves nothing behind.
 */
#pragma once

#include "base/arena.h"
#include "mount_table.h"
#include "path.h"
#include <pthread.h>
#include <stdint.h>
#include <sys/types.h>

#define NODE_LIMIT_DEFAULT 131072

struct node;
struct node_table;

/* What a node was when it was loaded: a copy in the arena, the table counted. */
struct node_view {
	struct node *node;
	enum node_kind kind;
	struct slice name;
	struct mount_table *table; /* NULL at the root and what is in it */
	struct slice row_key; /* item; partition: its prefix; absent: not known yet */
	struct slice partition_name; /* of an item or scratch file below a partition */
	uint64_t inode; /* st_ino */
	uid_t owner; /* of scratch */
	bool named; /* found by its name: not removed, not replaced */
};

void node_view_release(struct node_view *view);

/* What names a node. */
struct node_identity {
	enum node_kind kind;
	struct slice name;
	struct mount_table *table; /* borrowed; the node takes its own reference */
	struct slice row_key;
	uid_t owner;
};

/* Told the parent and name of nodes that the kernel should forget. One that it
 * keeps all the same is told again later. */
typedef void node_evictor(void *context, uint64_t parent_id, struct slice name);

/* "limit" is of invariant 4. */
struct node_table *node_table_new(node_evictor *evictor, void *context, size_t limit);
void node_table_free(struct node_table *table);
struct node *node_root(struct node_table *table);

static inline uint64_t node_id(const struct node *node)
{
	return (uint64_t)(uintptr_t)node;
}

/* The node of an id of the kernel's; FUSE_ROOT_ID is the root. */
struct node *node_of_id(struct node_table *table, uint64_t id);

/* Finds or makes the child and counts one lookup of the kernel's. */
struct node *node_lookup(
	struct node_table *table, struct node *parent, const struct node_identity *identity);
/* Takes back lookups of the kernel's. */
void node_forget(struct node_table *table, struct node *node, uint64_t count);
/* Holds and lets go, for handles. */
struct node *node_ref(struct node_table *table, struct node *node);
void node_unref(struct node_table *table, struct node *node);

/* The parent, counted. */
struct node *node_parent(struct node_table *table, struct node *node);

/* Copies what the node is. */
void node_load(
	struct node_table *table, struct node *node, struct arena *arena, struct node_view *ret);
/* Gives a node another place and key after a rename: what stood there loses
 * its name. */
void node_move(struct node_table *table, struct node *node, struct node *parent,
	const struct node_identity *identity);
/* The key of an item that was found or stored under a hashed name. */
void node_set_row_key(struct node_table *table, struct node *node, struct slice row_key);
/* The table that was announced and now exists. */
void node_set_table(struct node_table *table, struct node *node, struct mount_table *mount_table);
/* Takes the name away: the next lookup makes another node. */
void node_unname(struct node_table *table, struct node *node);

/* The node of an item, if the kernel knows it: a reference, or NULL. */
struct node *node_find_item(struct node_table *table, uint64_t inode);
/* The named child, if the kernel knows it: a reference, or NULL. */
struct node *node_find_child(
	struct node_table *table, struct node *parent, struct slice name, uid_t owner);
/* Parent and name for an invalidation; false when it has none. */
bool node_place(struct node_table *table, struct node *node, struct arena *arena,
	uint64_t *ret_parent_id, struct slice *ret_name);
/* "Movies/2013/Rush.json", in the arena; "" for the root. */
struct slice node_path(struct node_table *table, struct node *node, struct arena *arena);

/* A stable inode number. */
uint64_t node_item_inode(struct slice table_id, struct slice row_key);

/* Counts the changes of items that were told of. Facts that were read before a
 * change and put into a node after it are out of date, and nobody will say so:
 * whoever reads facts for a new node compares this before and after. */
uint64_t node_changes(struct node_table *table);
void node_count_change(struct node_table *table);
/* The nodes of a table and in it, also as transactions see them, of an empty id
 * those of no stored table: references, in the arena. */
struct node **node_list_of_table(
	struct node_table *table, struct slice table_id, struct arena *arena, size_t *ret_count);
/* Marks the tables of that id as dropped. */
void node_drop_table(struct node_table *table, struct slice table_id);

/* The draft state of an item's node, guarded by the node table's lock. */
struct node_drafts {
	unsigned open; /* drafts with changes that are not committed */
	bool hidden; /* the newest one was refused: a new file is not found */
	size_t newest_size; /* of the newest one's text */
	int64_t newest_mtime;
	int64_t wanted_mtime; /* set by utimensat() since the last write; 0: none */
};

void node_draft_begin(struct node_table *table, struct node *node);
/* After a write: it is visible again, and the time wanted before is over. */
void node_draft_update(struct node_table *table, struct node *node, size_t size, int64_t mtime);
void node_draft_hide(struct node_table *table, struct node *node);
/* Sets the time that an open draft shall be stored with; false without one. It
 * is the node's, as the kernel does not say by which open file it came. */
bool node_draft_set_mtime(struct node_table *table, struct node *node, int64_t mtime);
void node_draft_end(struct node_table *table, struct node *node);
struct node_drafts node_drafts(struct node_table *table, struct node *node);

/* Notes the version of an item whose pages the kernel is going to hold; whether
 * they were those already. */
bool node_pages_current(struct node_table *table, struct node *node, uint64_t stamp);
