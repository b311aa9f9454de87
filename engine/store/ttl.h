/*
 * Time to live: an index of kind INDEX_EXPIRY, whose entries are
 *
 *	u64 expiry in epoch seconds, big-endian ‖ row key
 *
 * for the items whose attribute is a Number that counts; and a worker that
 * deletes what has expired through the one write path.
 *
 * Which values count (Developer Guide, "How DynamoDB Time to Live works"): a
 * top-level Number, epoch seconds (a fraction is cut off), in the past but not
 * more than five years.
 */
#pragma once

#include "base/buf.h"
#include "model/value.h"
#include "store/store.h"

#define TTL_EXPIRY_LENGTH  8 /* bytes before the row key */
#define TTL_OLDEST_SECONDS (5LL * 365 * 24 * 60 * 60)

/* Appends the entry of an item: false when it has none. */
bool ttl_entry_encode(
	struct slice attribute, const struct map *item, struct slice row_key, struct buf *buf);
/* When an item expires, in epoch seconds: false when its attribute does not count. */
bool ttl_expiry(struct slice attribute, const struct map *item, uint64_t *ret_seconds);
/* Appends what begins the entries of that second. */
void ttl_bound_encode(uint64_t seconds, struct buf *buf);
/* Deletes what has expired at now_ns, in batches, each its own transaction;
 * looks at each row again before it does. *ret_deleted counts, also on failure:
 * a table that fails does not keep the others. */
int ttl_expire(
	struct store *store, int64_t now_ns, uint64_t *ret_deleted, struct error *err) NODISCARD;

struct table;
/* How many items of a table were deleted so since the last call. */
uint64_t ttl_take_deleted(struct table *table);
