/*
 * JSON straight from the binary form of values, which the plain and the typed
 * notation have in common. The functions append a payload (item_codec.h) and
 * return false when it is malformed. For model/ alone.
 */
#pragma once

#include "base/buf.h"
#include "model/value.h"

/* Takes one value off and appends it in its notation. */
typedef bool item_json_value(struct buf *buf, struct slice *in, unsigned level);

/* The digits alone. */
bool item_json_append_number(struct buf *buf, struct slice payload);
/* An S, N or B as a string. */
bool item_json_append_string(struct buf *buf, enum value_type type, struct slice payload);
bool item_json_append_boolean(struct buf *buf, struct slice payload);
/* The strings of a set. */
bool item_json_append_set(struct buf *buf, enum value_type set, struct slice payload);
bool item_json_append_list(
	struct buf *buf, struct slice payload, unsigned level, item_json_value *append_value);
/* The members of a map or an item. */
bool item_json_append_members(
	struct buf *buf, struct slice payload, unsigned level, item_json_value *append_value);
