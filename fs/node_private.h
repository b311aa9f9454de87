/* The insides of nodes and their table, for node.c and node_draft.c. */
#pragma once

#include "node.h"

#include <pthread.h>

struct node {
	struct node *parent; /* counted; NULL for the root */
	struct node *next_by_name, *next_by_inode;
	struct node *older, *newer; /* in order of making */
	uint64_t lookups; /* the kernel's */
	unsigned references; /* handles and children */
	enum node_kind kind;
	bool named; /* found by its name */
	uint64_t asked; /* table.lookups when the kernel was asked to forget it; 0: was not */
	uid_t owner;
	uint64_t inode;
	uint64_t pages_stamp;
	struct node_drafts drafts;
	struct mount_table *table;
	char *bytes; /* name, then row key */
	size_t name_len, row_key_len;
};

struct node_table {
	pthread_mutex_t mutex;
	struct node root;
	struct node **by_name, **by_inode;
	size_t buckets, count;
	size_t limit; /* of count, as node.h tells */
	uint64_t lookups; /* so far: the clock of evictions */
	struct node *oldest, *newest;
	node_evictor *evictor;
	void *evictor_context;
	uint64_t changes; /* atomic */
};
