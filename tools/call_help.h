/* What the table of operations tells people. */
#pragma once

#include "api/request.h"
#include "base/buf.h"

/* Appends the names of all operations, each with its line of help. */
void call_append_list(struct buf *buf);
/* Appends what an operation does, and the members of its request and its answer
 * with their types, limits and values, a line each. */
void call_append_help(const struct operation *operation, struct buf *buf);
/* Appends "; did you mean A or B?", when there are names like it. */
void call_append_nearest(const char *name, struct buf *buf);
