/*
 * Bulk import: JSON Lines (plain or typed), a JSON array, or the lines of an S3
 * export ({"Item":{…}}), taken in pieces of any size.
 *
 * Items are read by whoever feeds and written by one thread of the importer's,
 * in transactions of some thousand, so that reading and writing use two cores.
 * A bad line is told and left out; the others go in. Later lines win over
 * earlier ones with the same key.
 */
#pragma once

#include "api/engine.h"
#include "base/buf.h"

struct importer;

struct importer_report {
	uint64_t imported;
	uint64_t rejected;
};

/* Told of a line that was left out: its number from 1 (of an array: the line
 * that its element begins on), what is wrong, with its place in the line.
 * Called from either thread, one call at a time. */
typedef void importer_reject(void *context, uint64_t line, const struct error *err);

/* The caller, whose slices must stay, is whom the writes are made for; NULL: the
 * process itself. */
struct importer *importer_new(struct engine *engine, struct slice table_name,
	const struct request_caller *caller, importer_reject *reject, void *context);
/* Everything fed is written first. */
void importer_free(struct importer *importer);

/* Takes a piece. Never waits: see importer_wait(). */
void importer_feed(struct importer *importer, struct slice piece);
/* Takes what has no line end yet if it is a whole item; with last, or tells
 * that it is none. */
void importer_finish_line(struct importer *importer, bool last);

/* Called back once, from the importer's thread or at once, when at most
 * `pending` batches are still to be written. One wait at a time. */
typedef void importer_ready(void *context);
void importer_wait(struct importer *importer, size_t pending, importer_ready *ready, void *context);

/* Batches that are still to be written. */
size_t importer_pending(struct importer *importer);

/* How it stands. *err is set when the engine failed (a full disk, a table
 * dropped): nothing more is taken then. */
int importer_report(
	struct importer *importer, struct importer_report *ret, struct error *err) NODISCARD;
