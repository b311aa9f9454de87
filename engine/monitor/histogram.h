/*
 * Histograms: how often which value came, on a logarithmic scale.
 *
 * Invariants:
 * 1. A doubling of the value has 1 << HISTOGRAM_BITS buckets of equal width, so
 *    that a value is less than HISTOGRAM_ERROR above the least one of its bucket,
 *    in proportion. It is told as that one: never too high, and exactly when it
 *    is a whole or half number up to 128.
 * 2. Values below HISTOGRAM_LEAST are told as 0, those above HISTOGRAM_MOST as
 *    that. The least and the greatest of all are kept as they are.
 * 3. Memory goes by the buckets between the least and the greatest value, and so
 *    has a bound: 8 bytes for each of HISTOGRAM_BUCKETS at most.
 */
#pragma once

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_BITS    7
#define HISTOGRAM_ERROR   (1.0 / (1 << HISTOGRAM_BITS))
#define HISTOGRAM_LEAST   0x1p-20
#define HISTOGRAM_MOST    0x1p44
#define HISTOGRAM_BUCKETS ((44 + 20) * (1 << HISTOGRAM_BITS) + 1)

struct histogram {
	uint64_t count, zeros;
	double sum, minimum, maximum; /* of all values; 0 when there are none */
	uint64_t *counts; /* of the buckets first, first + 1, ... */
	unsigned first, length;
};

#define HISTOGRAM_INIT ((struct histogram){ 0 })

void histogram_release(struct histogram *histogram);
/* The value is at least 0. */
void histogram_add(struct histogram *histogram, double value);
void histogram_merge(struct histogram *histogram, const struct histogram *other);
/* The nearest rank: the value that, in order of size, percent of all reach, as
 * it is told; 0 when there are none. */
double histogram_percentile(const struct histogram *histogram, double percent);
/* How many values are told as at most that limit. */
uint64_t histogram_count_to(const struct histogram *histogram, double limit);

/* Its bytes, for keeping. */
void histogram_encode(const struct histogram *histogram, struct buf *buf);
/* Takes one off the front of the slice, into an empty histogram: false when
 * these are not the bytes of one. */
bool histogram_decode(struct slice *bytes, struct histogram *ret);
