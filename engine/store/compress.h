/*
 * zstd, as records need it: small pieces, alone or with a dictionary that tells
 * what such pieces have in common.
 *
 * Each piece is a zstd frame that names its length and no dictionary.
 * Source: RFC 8878; zstd.h, "Bulk processing dictionary API".
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>

/* A dictionary made ready. Its half for compressing is made by the first use
 * of it: that is for one thread at a time; the other half is for any number. */
struct compress_dictionary;

struct compress_dictionary *compress_dictionary_new(struct slice bytes);
/* NULL is allowed, here and below. */
void compress_dictionary_free(struct compress_dictionary *dictionary);

/* For one thread at a time. */
struct compressor;

struct compressor *compressor_new(void);
void compressor_free(struct compressor *compressor);
/* Appends the bytes compressed; false, with nothing appended, when that is not
 * worth while. The dictionary may be NULL. */
bool compressor_run(struct compressor *compressor, struct compress_dictionary *dictionary,
	struct slice bytes, struct buf *buf);

/* For one thread at a time. */
struct decompressor;

struct decompressor *decompressor_new(void);
void decompressor_free(struct decompressor *decompressor);
/* Appends what was compressed with the same dictionary, so many bytes of it;
 * false, with nothing appended, when the bytes are no such thing. */
bool decompressor_run(struct decompressor *decompressor,
	const struct compress_dictionary *dictionary, struct slice bytes, size_t length,
	struct buf *buf) NODISCARD;

/* Makes a dictionary of at most `most` bytes from samples that lie one after
 * the other; false when they have too little in common, or are too few. */
bool compress_train(struct slice samples, const size_t *lengths, size_t count, size_t most,
	struct buf *buf) NODISCARD;
