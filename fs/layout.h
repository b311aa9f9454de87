/* JSON laid out for people, as jq does: two spaces, a line for each member. */
#pragma once

#include "base/buf.h"

/* Appends compact JSON so, with a final newline. No number or string is touched. */
void layout_append(struct slice compact, struct buf *buf);
