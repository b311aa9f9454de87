/* Reading the binary form of an item, byte by byte: its layout and rules stand in
 * item.h and item_codec.c. For model/ alone. */
#pragma once

#include "model/item.h"

/* Seven bits a byte: enough for any length below 32 GB. */
#define LENGTH_BYTES_MAX 5
/* The shortest value (type, payload length) and attribute (name length too). */
#define VALUE_BYTES_MIN     2
#define ATTRIBUTE_BYTES_MIN 3

/* The take_ functions consume the start of `in`; false when it is malformed. */
static inline bool take_length(struct slice *in, size_t *ret)
{
	size_t length = 0;

	for (size_t i = 0; i < LENGTH_BYTES_MAX && i < in->len; i++) {
		unsigned char byte = (unsigned char)in->data[i];

		length |= (size_t)(byte & 0x7F) << (7 * i);
		if (byte & 0x80)
			continue;
		if (!byte && i)
			return false;
		*in = slice_skip(*in, i + 1);
		*ret = length;
		return true;
	}
	return false;
}

static inline bool take_count(struct slice *in, size_t each_min, size_t *ret)
{
	return take_length(in, ret) && *ret <= in->len / each_min;
}

static inline bool take_bytes(struct slice *in, struct slice *ret)
{
	size_t length;

	if (!take_length(in, &length) || length > in->len)
		return false;
	*ret = slice_of(in->data, length);
	*in = slice_skip(*in, length);
	return true;
}

static inline bool take_payload(
	struct slice *in, enum value_type *ret_type, struct slice *ret_payload)
{
	unsigned char type;

	if (!in->len)
		return false;
	type = (unsigned char)in->data[0];
	if (type >= VALUE_TYPE_COUNT)
		return false;
	*ret_type = (enum value_type)type;
	*in = slice_skip(*in, 1);
	return take_bytes(in, ret_payload);
}
