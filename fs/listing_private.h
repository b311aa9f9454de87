/* What listing.c, which goes through the entries, and listing_source.c, which
 * fetches them, share. */
#pragma once

#include "listing.h"

#include "base/buf.h"
#include <pthread.h>

#define BATCH_ENTRIES   256
#define CHECKPOINTS_MAX 256
#define HASH_BITS       24

/* In the order of the listing. */
enum source { SOURCE_DOTS, SOURCE_STORED, SOURCE_EPHEMERAL, SOURCE_SCRATCH, SOURCE_COUNT };

/* Where a listing stands: after the entry of this key in this source. An absent
 * key is the source's beginning. */
struct position {
	enum source source;
	struct slice key; /* a row key, or a name */
};

struct batch {
	struct arena arena;
	struct position start; /* before its first entry */
	struct position end; /* after its last one */
	uint64_t first; /* ordinal of its first entry */
	struct listing_entry *entries;
	struct slice *keys; /* of each entry, as a position has it */
	uint64_t changes; /* node_changes() before it was read */
	enum source source; /* of all of them */
	struct slice resume; /* of one not filled yet: the key to go on after */
	size_t count;
	bool is_last; /* of its source: to look what follows would cost, and find nothing */
};

struct checkpoint {
	uint64_t ordinal; /* of the entry after it */
	enum source source;
	struct buf key;
	bool has_key;
};

struct listing {
	struct filesystem *fs;
	struct caller caller;
	struct node *directory;
	unsigned references; /* the open directory's, and one for each request at work */
	pthread_mutex_t mutex;
	struct batch *current, *previous;
	struct batch *filling; /* or NULL */
	uint64_t filling_for; /* the cookie whose entry will be in it */
	struct checkpoint checkpoints[CHECKPOINTS_MAX];
	size_t checkpoint_count, checkpoint_every, batches_since;
	uint64_t next_cookie; /* of the entry given last: reading on */
	struct listing *older, *newer; /* in filesystem.listings */
	struct fuse_req *request; /* of the read under way, or NULL */
	int64_t pause_ns; /* before what is paused goes on */
	bool slow;
	bool may_pause;
};

/* Adds an entry of the directory's own source to the batch, while
 * batch->count < BATCH_ENTRIES; name and key live in the batch's arena. */
struct listing_entry *listing_add(
	struct batch *batch, enum node_kind kind, struct slice name, struct slice key);
/* Whether a source that searches is to return LISTING_PAUSED: the batch will be
 * filled on from behind the key. */
bool listing_pause(struct listing *listing, struct batch *batch, struct slice key);
/* The same for one that the engine has just refused throughput. */
bool listing_wait(struct listing *listing, struct batch *batch, struct slice key);
/* Adds the tables behind the one of that name, or from the first. */
int listing_add_tables(struct listing *listing, struct batch *batch, struct slice after,
	struct error *err) NODISCARD;
/* Fetches entries of one source from the position on; none at its end. 0, -1, or
 * LISTING_PAUSED. */
int listing_fill(struct listing *listing, struct batch *batch, const struct position *position,
	struct error *err) NODISCARD;
