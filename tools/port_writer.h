/*
 * Writing the items of an import, many at a time, wherever the engine is.
 *
 * Records are gathered into batches; threads store them while the next ones are
 * read. To a remote engine go BatchWriteItem requests, several at once; the
 * engine in this process takes thousands of items in one transaction.
 *
 * Invariants:
 * 1. Batches are settled in the order of the input, on the caller's thread: a
 *    settled batch is stored, all of it but the entries that say why not, and so
 *    is everything before it.
 * 2. Of two records with one key the later one wins: the second is not sent
 *    before the first is stored.
 * 3. An item that the engine refuses is told alone: its batch is halved until
 *    it is found, and the others go in.
 * 4. What fails for a while (a conflict, a busy or restarted server) is tried
 *    again, ever more slowly. What fails for good ends the import: nothing from
 *    that batch on is settled.
 */
#pragma once

#include "api/import_reader.h"
#include "client.h"

/* A record of the input. */
struct port_entry {
	const struct map *item; /* NULL: refused before it was sent */
	struct error err; /* why it is not stored */
	struct slice text; /* as it was */
	uint64_t line;
	uint64_t key_hash;
	size_t part; /* of the input */
	struct import_position end;
};

struct port_batch {
	struct port_batch *next;
	struct arena arena;
	struct port_entry *entries;
	size_t count, capacity;
	size_t items; /* entries with an item */
	size_t bytes; /* of their texts */
	bool done;
	struct error failure;
};

/* Makes an item of a record's text, in the arena. */
typedef int writer_parse(
	void *context, struct slice text, struct arena *arena, struct map *ret, struct error *err);
typedef void writer_settle(void *context, const struct port_batch *batch);
/* Called now and then while the writer waits. */
typedef void writer_tick(void *context);

struct writer_options {
	struct client *client;
	const struct key_schema *key;
	writer_parse *parse;
	writer_settle *settle;
	writer_tick *tick;
	void *context; /* of all three */
};

struct writer;

struct writer *writer_new(const struct writer_options *options);
/* What was not settled is abandoned; requests under way are waited for. */
void writer_free(struct writer *writer);
void writer_freep(struct writer **writer);

/* Takes a record, or what is none and why; waits while too many are under way. */
void writer_take(struct writer *writer, size_t part, const struct import_record *record);
void writer_take_refused(struct writer *writer, size_t part, uint64_t line,
	const struct import_position *end, const struct error *err);
/* Sends what was taken, though it is not a full batch. */
void writer_flush(struct writer *writer);
/* Settles what is done, without waiting. */
void writer_poll(struct writer *writer);
/* Sends, waits for and settles everything. */
void writer_finish(struct writer *writer);
/* Settles what is under way, and sends nothing more. */
void writer_drain(struct writer *writer);
/* Ends all waiting to try again: what fails now, fails for good. */
void writer_hurry(struct writer *writer);
/* 0, or -1 with the failure that ended it. */
int writer_status(struct writer *writer, struct error *err) NODISCARD;
