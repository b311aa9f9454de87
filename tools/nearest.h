/* Names that may have been meant by one that is not known. */
#pragma once

#include "base/buf.h"

/* A list of names: the one at that place, "" for none there, NULL after the last. */
typedef const char *nearest_names(size_t at);

/* Appends "; did you mean A or B?" of those that are near, if any are. */
void nearest_append(const char *name, nearest_names *names, struct buf *buf);
