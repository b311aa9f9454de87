/* Whole numbers of any size in the records of metrics: seven bits a byte, the
 * low ones first. */
#pragma once

#include "base/buf.h"
#include <stdbool.h>

static inline void varint_append(struct buf *buf, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		buf_append_char(buf, (char)(value | 0x80));
	buf_append_char(buf, (char)value);
}

/* Takes one off the front of the slice: false when there is none. */
static inline bool varint_take(struct slice *bytes, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && bytes->len; shift += 7) {
		unsigned char byte = (unsigned char)bytes->data[0];

		*bytes = slice_skip(*bytes, 1);
		value |= (uint64_t)(byte & 0x7F) << shift;
		if (!(byte & 0x80)) {
			*ret = value;
			return true;
		}
	}
	return false;
}
