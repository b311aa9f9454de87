/*
 * Histograms: how often which value came, on a logarithmic scale.
 *
 * Invariants:
 * 1. A doubling of the value has 1 << HISTOGRAM_BITS buckets of equal width, so
 *    that the greatest value of a bucket is less than HISTOGRAM_ERROR above its
 *    least one, in proportion. A value is told as its bucket's least: it is never
 *    told too high, and whole and half numbers up to 128 are told exactly.
 * 2. Values below HISTOGRAM_LEAST are told as 0, those above HISTOGRAM_MOST as
 *    that.
 * 3. Memory goes by the buckets between the least and the greatest value, and so
 *    has a bound: 4 bytes for each of HISTOGRAM_BUCKETS at most. Counts stop at
 *    their type's limit.
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
#define HISTOGRAM_BUCKETS (64 * (1 << HISTOGRAM_BITS) + 2)

struct histogram {
	uint64_t count, zeros;
	double sum, minimum, maximum; /* of all values; 0 when there are none */
	uint32_t *counts; /* of the buckets first, first + 1, ... */
	unsigned first, length;
};

#define HISTOGRAM_INIT ((struct histogram){ 0 })

void histogram_release(struct histogram *histogram);
/* value is at least 0. */
void histogram_add(struct histogram *histogram, double value);
void histogram_merge(struct histogram *histogram, const struct histogram *other);
/* The least value which, in order of size, percent of all reach: the nearest
 * rank. 0 when there are none. The true one is between it and the same times 1 +
 * HISTOGRAM_ERROR. */
double histogram_percentile(const struct histogram *histogram, double percent);
/* How many values are told as at most that limit. */
uint64_t histogram_count_to(const struct histogram *histogram, double limit);

/* Its bytes, for keeping. */
void histogram_encode(const struct histogram *histogram, struct buf *buf);
/* Reads one off the slice: false when these are not the bytes of one. */
bool histogram_decode(struct slice *bytes, struct histogram *ret);
