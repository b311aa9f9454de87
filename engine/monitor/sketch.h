/*
 * A sketch: the heaviest keys of a stream of weighted keys, in bounded memory.
 *
 * It is Space-Saving: of k counters each belongs to a key; a key that has none
 * takes over the least one, and what that had counted becomes its error.
 *
 * Invariants, N being the weight of all that was added:
 * 1. The counters' counts add up to N.
 * 2. No count is less than what was added for its key, and none is more than its
 *    error above that. No error is more than N / k.
 * 3. A key without a counter was added no more than the least count, so every key
 *    with more than N / k has a counter.
 * 4. A key longer than SKETCH_KEY_MAX is counted by its hash as any other, but only
 *    its beginning is kept.
 *
 * Source: Metwally, Agrawal, El Abbadi, "Efficient Computation of Frequent and
 * Top-k Elements in Data Streams", 2005, with weights.
 */
#pragma once

#include "base/slice.h"
#include <stddef.h>
#include <stdint.h>

#define SKETCH_KEY_MAX 256 /* bytes of a key that are kept */

struct sketch;

struct sketch_entry {
	struct slice key; /* borrowed until the next change; its beginning */
	uint64_t hash; /* of all of it */
	size_t length; /* of all of it */
	double count, error;
};

struct sketch *sketch_new(size_t capacity) __attribute__((returns_nonnull));
void sketch_free(struct sketch *sketch); /* NULL is allowed */
void sketch_clear(struct sketch *sketch);

/* The weight is more than 0. */
void sketch_add(struct sketch *sketch, struct slice key, double weight);

/* The counters that are taken, in no order. */
size_t sketch_count(const struct sketch *sketch);
struct sketch_entry sketch_at(const struct sketch *sketch, size_t i);
/* The counter of the key with that hash and length; false when it has none. */
bool sketch_find(
	const struct sketch *sketch, uint64_t hash, size_t length, struct sketch_entry *ret);
/* The weight of all that was added. */
double sketch_total(const struct sketch *sketch);
/* What a key without a counter may have had at most. */
double sketch_missed(const struct sketch *sketch);
/* Bytes of memory, at most. */
size_t sketch_size(size_t capacity);
