/* Time. Nanoseconds since 1970-01-01 UTC unless a name says otherwise. */
#pragma once

#include "base/buf.h"
#include <stdint.h>
#include <time.h>

int64_t clock_realtime_ns(void);
int64_t clock_monotonic_ns(void);
struct timespec clock_to_timespec(int64_t ns);
int64_t clock_from_timespec(struct timespec time);
/* Appends "2026-11-22T12:36:45.123Z". */
void clock_append_iso(struct buf *buf, int64_t ns);
