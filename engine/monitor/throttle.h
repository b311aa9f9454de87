/*
 * Throttling: what tables and their global indexes may use of the throughput
 * that they are set to.
 *
 * Invariants:
 * 1. A table and each of its global indexes have a bucket for reads and one for
 *    writes (bucket.h). A local index uses its table's. Rates: the units of
 *    PROVISIONED; of PAY_PER_REQUEST the maximum on-demand units where they are
 *    set, else there is no limit.
 * 2. What a call used is taken when it has ended, by throttle_note(); while it
 *    runs, it counts what it has used itself against what there is.
 * 3. Buckets are made when they are first asked for, full, and follow the table's
 *    description by throttle_follow() alone: a request that runs on with an old
 *    one changes nothing.
 * 4. Buckets that are full again are forgotten, as they would be made again as
 *    they are: memory is bounded by what was used in the last minutes.
 *
 * Source: Developer Guide, "Provisioned capacity mode", "Maximum throughput for
 * on-demand tables", and "Global secondary indexes and throttling". Thread-safe;
 * times are of the monotonic clock.
 */
#pragma once

#include "monitor/call.h"
#include "store/table.h"

enum throttle_side { THROTTLE_READ, THROTTLE_WRITE, THROTTLE_SIDES };

struct throttle;

struct throttle *throttle_new(bool enforce);
void throttle_free(struct throttle *throttle);
/* Whether what is too much is refused; else it is only counted. */
bool throttle_enforces(const struct throttle *throttle);

/* The units a second that the description sets; 0: without limit. index NULL: of
 * the table itself. */
double throttle_rate(const struct table_description *table, const struct index_description *index,
	enum throttle_side side);

/* How long until a request on the table, or on that global index, would be
 * admitted: 0 when it is now. pending: what it has used of it so far. */
int64_t throttle_wait_ns(struct throttle *throttle, const struct table_description *table,
	const struct index_description *index, enum throttle_side side, double pending,
	int64_t now_ns);

/* Takes what the call used, but for what is counted as spared. */
void throttle_note(struct throttle *throttle, const struct call *call, int64_t now_ns);

/* Goes by a table's description from now on. Whoever changed it looks for the
 * newest one between begin and end, and hands that over, so that of two changes
 * the later one stays. */
void throttle_follow_begin(struct throttle *throttle);
void throttle_follow(
	struct throttle *throttle, const struct table_description *table, int64_t now_ns);
void throttle_follow_end(struct throttle *throttle);

/* Forgets what is full: to be called now and then. */
void throttle_step(struct throttle *throttle, int64_t now_ns);
/* Of how many tables there are buckets. */
size_t throttle_count(struct throttle *throttle);
