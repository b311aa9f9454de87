/*
 * The streams of an open store: the registry is all in memory, files are opened
 * when a stream is first asked for.
 *
 * What changes about a stream is its state. `now` is what is committed, `next`
 * what the write transaction under way makes of it: stream_change() begins with
 * a copy, and the end of the transaction makes `next` what is `now`, or forgets
 * it. So readers see no more than what is committed.
 */
#pragma once

#include "store/bdb.h"
#include "store/stream.h"
#include "store/txn_private.h"
#include <pthread.h>
#include <stdatomic.h>

struct stream_state {
	bool registered; /* false: not yet, or no more */
	int64_t ended_ns; /* 0 while enabled */
	uint64_t start, end; /* offsets: of the first record, after the last one */
	uint64_t last; /* of the last record; equal to end when there is none */
	int64_t oldest_ns; /* time of the first record; 0: not known */
	int64_t newest_ns; /* of the last one; 0 when there is none */
};

struct stream {
	struct store *store;
	atomic_uint references;
	struct arena arena; /* of the description */
	struct stream_description description; /* but for ended_ns and enabled */
	/* Under the set's lock; `now` is changed under the writer mutex too. */
	DB *file; /* NULL till stream_get() */
	struct stream_state now;
	bool removed; /* its file goes with the last reference */
	/* Under the writer mutex. */
	struct txn_end txn_end;
	bool changing;
	struct stream_state next;
};

struct stream_set {
	DB *registry;
	pthread_mutex_t lock;
	struct stream **streams; /* in byte order of id; a reference each */
	size_t count;
	size_t capacity;
};

void stream_set_init(struct stream_set *set);
/* Opens the registry, loads it, and removes files of streams that are not in
 * it: what is left of removals when the process ended. */
int stream_set_open(struct store *store, struct error *err) NODISCARD;
void stream_set_release(struct stream_set *set);
/* References to all streams, in order of id: an array to be freed. */
struct stream **stream_set_all(struct store *store, size_t *ret_count);

/* A stream that is in no set yet. */
struct stream *stream_new(struct store *store, const struct stream_description *description);
void stream_unref(struct stream *stream);
void stream_unrefp(struct stream **stream); /* for CLEANUP; NULL is allowed */
/* A new reference to the stream of that id, its file open: 0 or STREAM_ABSENT. */
int stream_get(
	struct store *store, struct slice id, struct stream **ret, struct error *err) NODISCARD;
/* Opens its file unless it is open, and learns where it ends. */
int stream_open(struct stream *stream, struct error *err) NODISCARD;
/* The name of its file within the data directory, in the buffer. */
const char *stream_file_name(struct slice id, struct buf *buf);

/* A copy of the description as it is now, in the arena; under the set's lock. */
struct stream_description stream_describe_locked(struct stream *stream, struct arena *arena);
/* What is committed. */
struct stream_state stream_state(struct stream *stream);
/* The state to change within a write transaction, of a stream whose file is
 * open and which was not removed. One that is new comes into the set with the commit, which steals
 * the reference, and goes when the transaction fails. */
struct stream_state *stream_change(struct txn *txn, struct stream *stream);
