/*
 * The words that switch a table's stream: a view type, or NONE or OFF, in either
 * case.
 */
#pragma once

#include "filesystem.h"

#define STREAM_SWITCH_INCOMPLETE 1
/* Reads what was written: 0 and the view type (static; absent: off), or
 * STREAM_SWITCH_INCOMPLETE when it is blank or a word may still come of it. */
int stream_switch_read(struct slice text, struct slice *ret, struct error *err) NODISCARD;
/* Whether what was written ends within a word; then the error is set. */
bool stream_switch_is_cut(struct slice text, struct error *err);
/* Enables the table's stream with a view type, or disables it; as it is already,
 * that changes nothing. */
int stream_switch(struct filesystem *fs, const struct mount_table *table, struct slice view,
	struct error *err) NODISCARD;
