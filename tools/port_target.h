/*
 * Files that an export writes: their text, plain or gzipped.
 *
 * Gzip is written in members, each whole by itself, so that the file can be cut
 * and gone on with between any two of them.
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include "port_source.h"

struct target {
	char *path; /* NULL: standard output */
	int fd;
	uint64_t bytes; /* written */
	uint64_t items; /* of these */
};

/* Begins a file, which is emptied if it is there; path NULL: standard output. */
int target_create(struct target *target, const char *path, struct error *err) NODISCARD;
/* Goes on with one after so many bytes. */
int target_reopen(struct target *target, const char *path, uint64_t bytes, uint64_t items,
	struct error *err) NODISCARD;
void target_release(struct target *target);

#define TARGET_CLOSED 1
/* Writes: 0, or TARGET_CLOSED when the reader of standard output is gone. */
int target_append(
	struct target *target, struct slice bytes, uint64_t items, struct error *err) NODISCARD;
/* All that was written is on disk then. */
int target_sync(struct target *target, struct error *err) NODISCARD;
/* The MD5 of a file. */
int target_md5(const struct target *target, unsigned char *ret, struct error *err) NODISCARD;

/* Appends the text as a member of gzip. */
void gzip_append(struct buf *buf, struct slice text);
