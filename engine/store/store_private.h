/* The parts of an open store, for store/ alone. */
#pragma once

#include "store/bdb.h"
#include "store/dictionary.h"
#include "store/encryption.h"
#include "store/pack.h"
#include "store/store.h"
#include "store/stream_set.h"
#include "store/watch.h"
#include "store/worker.h"
#include <pthread.h>

struct table;

/* The tables by name. The lock guards the array and the opening of handles. */
struct table_cache {
	pthread_mutex_t lock;
	struct table **tables; /* in byte order of name; a reference each */
	size_t count;
	size_t capacity;
};

struct store {
	char *path;
	char *region;
	int lock_fd;
	DB_ENV *env;
	struct password password; /* of a copy, too */
	DB *catalog; /* name -> description, see catalog.h */
	DB *counts; /* id -> counts, see count.h */
	DB *tokens; /* see token.h */
	DB *ledger; /* see ledger.h */
	DB *backfill; /* index id -> frontier, see backfill.h */
	DB *conversions; /* see convert.h */
	DB *dictionaries; /* see dictionary.h */
	DB *series; /* see series.h */
	pthread_mutex_t writer;
	uint64_t last_stamp; /* under writer */
	stream_keeper *keeper; /* under writer; or NULL */
	void *keeper_context;
	struct table_cache tables;
	struct packing packing;
	struct dictionary_cache dictionary_cache;
	struct stream_set streams;
	struct watch watch;
	struct worker worker;
};
