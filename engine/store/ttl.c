#include "store/ttl.h"

#include <endian.h>

/* The whole seconds of a number: false when it is negative, or beyond any time
 * that will come. */
static bool to_seconds(const struct number *number, uint64_t *ret)
{
	number_coefficient seconds = number->coefficient;
	int exponent = number->exponent;

	if (number->negative)
		return false;
	for (; exponent < 0 && seconds; exponent++)
		seconds /= 10; /* a fraction is cut off */
	for (; exponent > 0 && seconds && seconds <= INT64_MAX; exponent--)
		seconds *= 10;
	*ret = (uint64_t)seconds;
	return seconds <= INT64_MAX;
}

bool ttl_expiry(struct slice attribute, const struct map *item, uint64_t *ret_seconds)
{
	const struct value *value = map_find(item, attribute);

	return value && value->type == VALUE_N && to_seconds(&value->number, ret_seconds);
}

void ttl_bound_encode(uint64_t seconds, struct buf *buf)
{
	uint64_t bytes = htobe64(seconds);

	buf_append(buf, &bytes, sizeof(bytes));
}

bool ttl_entry_encode(
	struct slice attribute, const struct map *item, struct slice row_key, struct buf *buf)
{
	uint64_t seconds;

	if (!ttl_expiry(attribute, item, &seconds))
		return false;
	ttl_bound_encode(seconds, buf);
	buf_append_slice(buf, row_key);
	return true;
}
