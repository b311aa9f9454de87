/*
 * Listing a directory of any size at constant memory.
 *
 * A listing goes through its sources in turn: ".", "..", what the engine has,
 * ephemeral directories, the caller's scratch files. It fetches entries in
 * batches and keeps two of them: the current one and the one before.
 *
 * Invariants:
 * 1. A position is a source and the key of the entry last passed. It stays
 *    right whatever is created or removed meanwhile: an entry that is there
 *    during the whole listing is listed once.
 * 2. A cookie is an entry's ordinal in this listing and a piece of the hash of
 *    its name. Where it is among the two batches, which is always so when the
 *    kernel goes back for what it had no room for, its position is exact. Older ones (seekdir) are
 *    found by reading again from a checkpoint; when the entry has been removed
 *    since, the listing repeats some entries rather than skip any.
 * 3. A batch of a slow directory is filled in steps, and kept between them for
 *    who goes on from the same cookie: no number of long searches keeps others
 *    from the executor.
 *
 * DESIGN 4.6.
 */
#pragma once

#include "filesystem.h"
#include <sys/stat.h>
#include <sys/types.h>

struct listing;
struct fuse_req;

struct listing_entry {
	struct slice name;
	uint64_t cookie; /* to go on after this entry */
	enum node_kind kind;
	struct slice row_key; /* of an item or a partition, else absent */
	bool has_facts; /* of an item */
	struct item_facts facts;
	uint64_t changes; /* node_changes() before the facts were read */
	mode_t type; /* of scratch: regular or symbolic link */
};

struct listing *listing_open(
	struct filesystem *fs, const struct caller *caller, struct node *directory);
/* A hold on it, for a request at work; listing_close() gives one back. */
struct listing *listing_ref(struct listing *listing);
void listing_close(struct listing *listing);
/* Those that the kernel did not close, at the end of a mount. */
void listings_close(struct filesystem *fs);

#define LISTING_END    1
#define LISTING_PAUSED 2
/* Goes to where the cookie says (0: the beginning), and gives the entry there:
 * 0, LISTING_END or -1; of a slow directory also LISTING_PAUSED, to be called
 * again in another job. The entry's slices are valid until the next call. */
int listing_read(struct listing *listing, uint64_t cookie, struct listing_entry *ret,
	struct error *err) NODISCARD;
/* How long to leave it alone after LISTING_PAUSED. */
int64_t listing_pause_ns(const struct listing *listing);
/* There was no room for the entry after that cookie, which is asked for again. */
void listing_put_back(struct listing *listing, uint64_t cookie);
/* For one request (NULL: none that can be interrupted). */
void listing_lock(struct listing *listing, struct fuse_req *request);
void listing_unlock(struct listing *listing);
/* Whether nobody waits for the entries any more: reading may then fail. */
bool listing_interrupted(const struct listing *listing);
/* Whether reading may take long, and so is the executor's (directory_operations.h). */
bool listing_is_slow(const struct listing *listing);
