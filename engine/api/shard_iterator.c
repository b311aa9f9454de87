#include "api/shard_iterator.h"
#include "base/hash.h"
#include "base/text.h"

#include <endian.h>

#define LIFE_NS (SHARD_ITERATOR_SECONDS * 1000000000LL)

static const struct slice separator = { "|1|", 3 };

struct payload {
	uint64_t offset;
	uint64_t made_ns;
	uint64_t hash;
};

static uint64_t hash_of(struct slice arn, const struct payload *payload)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;

	buf_append_slice(&bytes, arn);
	buf_append(&bytes, payload, offsetof(struct payload, hash));
	return htole64(hash64(buf_slice(&bytes)));
}

void shard_iterator_append(struct buf *buf, struct slice arn, uint64_t offset, int64_t now_ns)
{
	struct payload payload = {
		.offset = htole64(offset),
		.made_ns = htole64((uint64_t)now_ns),
	};

	payload.hash = hash_of(arn, &payload);
	buf_append_slice(buf, arn);
	buf_append_slice(buf, separator);
	base64_append(buf, slice_of((const char *)&payload, sizeof(payload)));
}

/* Splits it at the separator, and checks the hash. */
static bool parse(struct slice text, struct slice *ret_arn, struct payload *ret)
{
	struct buf bytes CLEANUP(buf_release) = BUF_INIT;
	const char *at = memmem(text.data, text.len, separator.data, separator.len);

	if (!at)
		return false;
	*ret_arn = slice_of(text.data, (size_t)(at - text.data));
	if (!base64_decode(&bytes, slice_skip(text, ret_arn->len + separator.len)) ||
		bytes.len != sizeof(*ret))
		return false;
	memcpy(ret, bytes.data, sizeof(*ret));
	return ret->hash == hash_of(*ret_arn, ret);
}

int shard_iterator_parse(struct slice text, int64_t now_ns, struct slice *ret_arn,
	uint64_t *ret_offset, struct error *err)
{
	struct payload payload;
	struct slice arn;

	if (!parse(text, &arn, &payload))
		return error_set(err, ERROR_VALIDATION, "Invalid ShardIterator");
	if (now_ns - (int64_t)le64toh(payload.made_ns) > LIFE_NS)
		return error_set(err, ERROR_EXPIRED_ITERATOR,
			"The provided iterator exceeds the maximum age allowed.");
	*ret_arn = arn;
	*ret_offset = le64toh(payload.offset);
	return 0;
}
