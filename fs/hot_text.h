/*
 * The text of `.hot`: the keys of a table that are read, written and throttled
 * most, a line of JSON each.
 */
#pragma once

#include "base/buf.h"
#include "filesystem.h"

int hot_append_text(struct filesystem *fs, const struct mount_table *table, struct buf *buf,
	struct error *err) NODISCARD;
