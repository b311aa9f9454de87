/*
 * The bytes of one file or of standard input, gunzipped when they are gzip.
 *
 * Reading never waits longer than SOURCE_WAIT_MS, so that whoever reads can do
 * something else while a pipe is silent.
 */
#pragma once

#include "base/error.h"

struct source;

#define SOURCE_WAIT_MS 200

/* "-" is standard input. */
int source_open(const char *path, struct source **ret, struct error *err) NODISCARD;
void source_close(struct source *source);
const char *source_name(const struct source *source); /* for messages */
void source_closep(struct source **source);

#define SOURCE_IDLE 1
/* The next bytes, borrowed until the next call; none at the end. SOURCE_IDLE:
 * nothing came yet. Errors tell the file: it cannot be read, or its compressed
 * data is damaged or cut off. */
int source_read(struct source *source, struct slice *ret, struct error *err) NODISCARD;
/* Passes over the first bytes. An error when it has fewer. */
int source_skip(struct source *source, uint64_t bytes, struct error *err) NODISCARD;

/* Bytes of the file that were taken, as they lie there, and of the whole; 0: not
 * known. */
uint64_t source_taken(const struct source *source);
uint64_t source_size(const struct source *source);
/* The MD5 of the whole file, once it was read; false when some was passed over. */
#define MD5_LENGTH 16
bool source_md5(struct source *source, unsigned char *ret);
