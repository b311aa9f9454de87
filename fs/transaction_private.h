/* The inside of a transaction, for its life (transaction.c) and its end in a
 * commit (transaction_commit.c). */
#pragma once

#include "filesystem.h"
#include "ownership.h"
#include "transaction.h"
#include "transaction_overlay.h"

#include <pthread.h>

enum transaction_state {
	TRANSACTION_OPEN,
	TRANSACTION_COMMITTING,
	TRANSACTION_FAILED,
	/* Ended: */
	TRANSACTION_COMMITTED,
	TRANSACTION_ABORTED,
	TRANSACTION_EXPIRED,
	TRANSACTION_STATE_COUNT
};

struct transaction {
	unsigned references;
	struct filesystem *fs;
	struct transaction *next; /* in the order of their names; the registry's */
	struct slice name; /* owned */
	uint64_t number; /* no other one has had it */
	struct caller owner;
	struct principal principal; /* the owner, as he was then: his commit is judged by it */
	int64_t began_ns;
	pthread_mutex_t mutex; /* over all below */
	enum transaction_state state;
	int64_t used_ns; /* monotonic: when it was entered last */
	uint64_t last_stamp;
	struct overlay overlay;
	struct overlay_counts counts; /* of one that was committed */
	struct buf reasons; /* why it failed */
};

/* Ends it: its name is free when this returns. Once. */
void transaction_finish(struct transaction *transaction, enum transaction_state state);
