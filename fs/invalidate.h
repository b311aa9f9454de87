/*
 * Telling the kernel what it must forget: entries and pages of items that
 * changed by another way than the kernel's own requests, and the oldest nodes
 * when there are too many.
 *
 * One thread sends everything from a queue, never a request's own thread:
 * the kernel may hold, for that request, the lock that the notification needs.
 * The queue is bounded; what does not fit is dropped when it is an eviction and
 * waited for when it is an invalidation.
 *
 * Source: libfuse's doc/README.notifications.
 */
#pragma once

#include "base/slice.h"
#include "filesystem.h"
#include <fuse_lowlevel.h>

struct invalidator *invalidator_new(struct filesystem *fs);
/* Starts sending; what was queued before goes out then. */
void invalidator_start(struct invalidator *invalidator, struct fuse_session *session);
/* Nothing is queued or waited for any more. */
void invalidator_end(struct invalidator *invalidator);
/* Waits for the thread, which may be in the kernel: the connection must be
 * aborted or unmounted first, and the session still be there. */
void invalidator_join(struct invalidator *invalidator);
void invalidator_free(struct invalidator *invalidator);

/* A node_evictor. */
void invalidate_entry(void *invalidator, uint64_t parent_id, struct slice name);
/* What the kernel knows of a node: attributes and pages. */
void invalidate_node(struct invalidator *invalidator, const struct node *node);
/* A change_watcher, with the file system as context. */
void invalidate_changes(void *fs, const struct change *changes, size_t count);

/* An engine_settle: waits until all that was queued is sent. A kernel that takes
 * long is not waited for beyond a second. */
void invalidate_settle(void *fs);

/* Around the writes of the kernel's own requests, which it knows of. */
void invalidate_own_begin(void);
void invalidate_own_end(void);
