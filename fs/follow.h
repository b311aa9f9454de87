/*
 * Waiting for the next record of a stream: where reads of `.follow` are parked,
 * and polls for them.
 *
 * A reader of `.follow` begins at the end that the stream's text has when it is
 * opened; that is the file's offset 0.
 *
 * Invariants:
 * 1. No thread that serves the kernel waits: a read that finds nothing is parked,
 *    and one thread of this module answers all of them. It begins with the first
 *    that is parked.
 * 2. A parked read is answered once: when there is text at its offset, when the
 *    stream has ended, when it is interrupted, and when the mount ends or is
 *    detached from its place, where no change would bring it back. It holds its
 *    file open.
 * 3. No wake-up is lost: a change is counted when it is told of, and who finds
 *    nothing parks with the count that it began with.
 * 4. Who waits keeps nothing from being trimmed.
 *
 * The watcher of changes only counts and wakes. The thread reads, once for all who
 * wait at the same offset (stream_text.h).
 */
#pragma once

#include "files.h"

struct follow_log;

/* A descriptor's part. */
struct follow_reader {
	struct handle *handle;
	struct follow_log *log; /* counted */
	uint64_t base; /* of the file in the text */
	/* Of the parking place: */
	uint64_t reached; /* in the text: what a poll asks for */
	unsigned parked;
};

struct follow *follow_new(struct filesystem *fs) __attribute__((returns_nonnull));
/* How to tell whether the mount is detached; the thread asks when mounts change. */
typedef bool follow_detached(void *context);
void follow_watch_mount(struct follow *follow, follow_detached *detached, void *context);
/* The watcher's part. */
void follow_changes(struct follow *follow, const struct change *changes, size_t count);
/* Answers all who wait and ends the thread. No read may come any more. */
void follow_end(struct follow *follow);
void follow_free(struct follow *follow);

/* Begins at the end of the stream that the table has enabled: 0 or -errno, -ENOENT
 * when there is none. */
int follow_open(struct filesystem *fs, const struct mount_table *table, struct handle *handle,
	struct follow_reader *reader);
void follow_close(struct filesystem *fs, struct follow_reader *reader);
/* Answers the request, now or, if it may wait, when there is something. */
void follow_read(struct filesystem *fs, fuse_req_t req, struct follow_reader *reader, size_t size,
	off_t offset, bool wait);
/* Whether a read where the last one ended would not wait. Else the poll (or NULL)
 * is notified when it no longer would; it is taken over in any case. */
bool follow_poll(struct filesystem *fs, struct follow_reader *reader, struct fuse_pollhandle *poll);
