/*
 * Who is told of changes, and the list of changes that a transaction gathers.
 *
 * Invariants:
 * 1. A call of the watcher holds no lock: it may read and write the store.
 * 2. After watch_set(NULL) has returned, the earlier watcher is not called.
 */
#pragma once

#include "base/buf.h"
#include "store/store.h"
#include <pthread.h>

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	change_watcher *watcher;
	void *context;
	size_t calls; /* under way */
};

void watch_init(struct watch *watch);
void watch_release(struct watch *watch);
/* NULL ends it, and waits for the calls under way. */
void watch_set(struct watch *watch, change_watcher *watcher, void *context);
/* Whether changes are worth gathering. */
bool watch_wanted(struct watch *watch);

/* Owns copies of the row keys; names and ids are borrowed. */
struct change_list {
	struct buf changes; /* struct change, the keys' data still to be set */
	struct buf keys; /* one after the other */
};

void change_list_release(struct change_list *list);
void change_list_add(struct change_list *list, const struct change *change);
/* Tells the watcher, if there are changes and a watcher. */
void watch_deliver(struct watch *watch, struct change_list *list);
