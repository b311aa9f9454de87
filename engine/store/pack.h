/*
 * Compressing and decompressing what a table's rows hold, with the contexts and
 * dictionaries that this takes at hand.
 *
 * Contexts of zstd are some 100 KB and slow to make. So there is one to compress,
 * the writer's, and as many to decompress as transactions read compressed rows at
 * once, of which a few stay when they have ended.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <pthread.h>
#include <stdint.h>

struct compressor;
struct decompressor;
struct dictionary;
struct store;
struct table;
struct table_body;
struct txn;

#define UNPACKERS_KEPT 8

/* A store's. */
struct packing {
	/* Under the writer mutex: */
	struct compressor *compressor; /* NULL: nothing was compressed yet */
	struct dictionary *dictionary; /* the one used last; a reference, or NULL */
	struct buf packed; /* memory for one body */
	/* Under the lock, a leaf: */
	pthread_mutex_t lock;
	struct decompressor *idle[UNPACKERS_KEPT];
	size_t idle_count;
};

void packing_init(struct packing *packing);
void packing_release(struct store *store);

/* A transaction's. */
struct unpacker {
	struct decompressor *decompressor; /* NULL: nothing was decompressed yet */
	struct dictionary *dictionary; /* the one used last; a reference, or NULL */
};

void unpacker_release(struct store *store, struct unpacker *unpacker);
/* Appends what was compressed with the table's dictionary of that number (0:
 * none), so many bytes of it. ERROR_CORRUPT when it is not, or there is no such
 * dictionary. */
int unpack(struct txn *txn, struct table *table, uint16_t dictionary, struct slice bytes,
	size_t length, struct buf *buf, struct error *err) NODISCARD;

/* Brings a record that is whole by itself into the form that rows of the table
 * are stored in, by its newest version; within a write transaction. */
int pack_record(struct txn *txn, const struct table_body *body, struct buf *record,
	struct error *err) NODISCARD;

#define PACKED_ALREADY 1
/* Makes of the record of a row the one that the table would store now. 0, or
 * PACKED_ALREADY when it is that. */
int pack_again(struct txn *txn, struct table *table, struct slice bytes, struct buf *ret,
	struct error *err) NODISCARD;
