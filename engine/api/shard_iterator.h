/*
 * Shard iterators: ARN|1|what the client need not know, base64 of
 *
 *	u64 offset	where reading goes on (store/stream.h), little-endian
 *	i64 time made	ns
 *	u64 hash	of all that stands before, so that no other text passes
 *
 * Nothing is kept of them here. Source: API Reference, GetShardIterator: "A
 * shard iterator expires 15 minutes after it is returned to the requester."
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#define SHARD_ITERATOR_SECONDS (15 * 60)

void shard_iterator_append(struct buf *buf, struct slice arn, uint64_t offset, int64_t now_ns);
/* The ARN borrows from the text. ERROR_VALIDATION "Invalid ShardIterator",
 * ERROR_EXPIRED_ITERATOR. */
int shard_iterator_parse(struct slice text, int64_t now_ns, struct slice *ret_arn,
	uint64_t *ret_offset, struct error *err) NODISCARD;
