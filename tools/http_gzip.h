/* gzip, as Content-Encoding names it: RFC 1952. */
#pragma once

#include "base/buf.h"
#include "base/error.h"

#define GZIP_TOO_LONG 1

/* Appends the bytes unpacked: 0, or GZIP_TOO_LONG when they are more than max,
 * or ERROR_SERIALIZATION when they are not gzip. */
int gzip_unpack(struct slice packed, size_t max, struct buf *ret, struct error *err) NODISCARD;
/* Replaces the bytes by their packed form. */
void gzip_pack(struct buf *bytes);
