/*
 * What the parts of the mount share, and how they answer.
 *
 * File operations return 0 or -errno. What DynamoDB or the grammar refuses goes
 * through filesystem_reject(): the one place where an error of the engine
 * becomes an errno and is written to the caller's .error.
 *
 * Lock order, from the first to the last: a listing's mutex; a handle's (of
 * .import first the feeding one, then the importer's, then the handle's own); the
 * lists of handles and listings; that of the transactions; a transaction's; ephemerals;
 * open streams' (which a write transaction takes too); the node table's; the rejections';
 * the invalidator's queue. Leaves: a stream's text, the followers', the kept
 * questions', who waits for throughput. None but a handle's and a listing's is held while the
 * engine runs, none but a handle's while the kernel is answered.
 */
#pragma once

#include "api/engine.h"
#include "base/arena.h"
#include "node.h"
#include <stdatomic.h>
#include <sys/types.h>

struct backpressure;
struct ephemerals;
struct executor;
struct filesystem;
struct follow;
struct handle;
struct invalidator;
struct kept_questions;
struct listing;
struct open_streams;
struct rejection_log;
struct scratch;
struct transactions;

struct filesystem {
	struct engine *engine;
	struct node_table *nodes;
	struct scratch *scratch;
	struct rejection_log *rejections;
	struct kept_questions *kept_questions;
	struct ephemerals *ephemerals;
	struct invalidator *invalidator;
	struct executor *executor;
	struct backpressure *backpressure; /* who waits for throughput */
	struct transactions *transactions;
	struct open_streams *streams; /* of .stream */
	struct follow *follow; /* who waits for a change */
	atomic_bool ending; /* the last request came: long work stops */
	atomic_uint access_changes; /* of owners and modes, so far */
	atomic_bool long_turn; /* a session has the turn to read a long text */
	atomic_size_t long_bytes; /* of long texts that sessions have collected */
	pthread_mutex_t handles_mutex;
	struct handle *handles; /* all that are open */
	struct listing *listings;
	uid_t owner;
	gid_t group;
	int64_t started_ns;
};

/* Who asks. */
struct caller {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* 0: not known */
};

/* Writes a failure to the caller's .error, forgets it, and returns its
 * negative errno. The text is what was rejected, for the caret; absent where
 * there is none. */
int filesystem_reject(struct filesystem *fs, const struct caller *caller, struct node *node,
	struct error *err, struct slice text);
/* The same for a name in a directory. */
int filesystem_reject_name(struct filesystem *fs, const struct caller *caller,
	struct node *directory, struct slice name, struct error *err);
/* And with the text that was to be stored there. */
int filesystem_reject_text(struct filesystem *fs, const struct caller *caller,
	struct node *directory, struct slice name, struct error *err, struct slice text);
/* For what the user may not do to these files: sets the error and rejects. */
int filesystem_refuse(struct filesystem *fs, const struct caller *caller, struct node *directory,
	struct slice name, const char *reason);
