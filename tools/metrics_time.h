/* Times and lengths of time, as they are written on the command line. */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <stdint.h>

#define SECOND_NS 1000000000LL

/* "90s", "30m", "1h", "2d", "1w", or several of them together: "1h30m". More than
 * nothing. option names it in messages. */
int duration_parse(
	const char *option, const char *text, int64_t *ret_ns, struct error *err) NODISCARD;

/* How long ago, as a length of time; "now"; or a time: "2026-11-22",
 * "2026-11-22T12:30", "2026-11-22T12:30:15", in local time unless a "Z" stands
 * behind it. */
int time_parse(const char *option, const char *text, int64_t now_ns, int64_t *ret_ns,
	struct error *err) NODISCARD;

/* Appends what strftime() makes of a local time. */
void time_append(struct buf *buf, const char *format, int64_t ns);
/* Appends a length of time in the largest units that are whole: "90s", "5m". */
void duration_append(struct buf *buf, int64_t ns);
