/* What commands read and write: standard input, output and error. */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#define OUTPUT_CLOSED 1
/* Writes everything to standard output: 0, or OUTPUT_CLOSED when its reader is
 * gone, which is his good right. */
int output_write(struct slice text, struct error *err) NODISCARD;
/* Appends standard input, to its end. */
int input_read(struct buf *ret, struct error *err) NODISCARD;
/* An argument, or standard input when it is NULL or "-". */
int input_read_argument(const char *argument, struct buf *ret, struct error *err) NODISCARD;

/* Tells an error on standard error. When it has a place in the text (absent:
 * there is none), the line of the text follows with a caret. Returns the exit
 * status of a command that failed, 1. */
int output_error(const struct error *err, struct slice text);
