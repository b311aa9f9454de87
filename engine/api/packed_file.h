/*
 * Objects of a bucket: text, packed as gzip or zstd, or as it is.
 *
 * Reading gives pieces of text; data that is damaged or cut off is an error.
 * Writing makes gzip.
 */
#pragma once

#include "base/error.h"
#include "base/slice.h"

enum packing { PACKING_GZIP, PACKING_ZSTD, PACKING_NONE };

struct packed_reader;

/* Takes the descriptor over, also when it fails. The name is for messages. */
int packed_reader_open(int fd, const char *name, enum packing packing, struct packed_reader **ret,
	struct error *err) NODISCARD;
/* NULL is allowed. */
void packed_reader_closep(struct packed_reader **reader);
/* The next piece, borrowed until the next call; none at the end. */
int packed_read(struct packed_reader *reader, struct slice *ret, struct error *err) NODISCARD;

struct packed_writer;

/* Makes a file in a directory. */
int packed_writer_create(
	int directory, const char *name, struct packed_writer **ret, struct error *err) NODISCARD;
int packed_write(struct packed_writer *writer, struct slice text, struct error *err) NODISCARD;
/* Everything is on disk after it. *ret_md5 is of the file's bytes. */
#define PACKED_MD5_LENGTH 16
int packed_writer_finish(
	struct packed_writer *writer, unsigned char *ret_md5, struct error *err) NODISCARD;
void packed_writer_closep(struct packed_writer **writer);
