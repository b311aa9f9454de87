/*
 * A token bucket: what may be used of a throughput now.
 *
 * Invariants:
 * 1. It fills at its rate, up to BUCKET_SECONDS of it, and is full at first.
 *    Source: Developer Guide, "Burst capacity": five minutes of unused throughput
 *    are retained.
 * 2. It admits while there is anything in it. What is taken is known afterwards
 *    and may be more than there was: the level is then below zero, and the refill
 *    pays that debt before anything is admitted again.
 * 3. A change of rate keeps what is unused, as far as it fits.
 *
 * Pure: times are the caller's, in nanoseconds of any clock; one that goes back
 * fills nothing. Not thread-safe.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BUCKET_SECONDS 300

struct bucket {
	double rate; /* units a second; 0: without limit */
	double level; /* units, at time_ns */
	int64_t time_ns;
};

void bucket_init(struct bucket *bucket, double rate, int64_t now_ns);
void bucket_set_rate(struct bucket *bucket, double rate, int64_t now_ns);
double bucket_level(const struct bucket *bucket, int64_t now_ns);
bool bucket_is_full(const struct bucket *bucket, int64_t now_ns);
void bucket_take(struct bucket *bucket, double units, int64_t now_ns);
/* How long until it admits, if so many units are taken before: 0 when it does
 * now. */
int64_t bucket_wait_ns(const struct bucket *bucket, double pending, int64_t now_ns);
