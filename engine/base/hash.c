#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t hash64(struct slice bytes)
{
	return XXH3_64bits(bytes.data, bytes.len);
}
