#include "base/clock.h"

#define SECOND 1000000000LL

int64_t clock_from_timespec(struct timespec time)
{
	return time.tv_sec * SECOND + time.tv_nsec;
}

struct timespec clock_to_timespec(int64_t ns)
{
	struct timespec time = { .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };

	if (time.tv_nsec < 0) {
		time.tv_sec--;
		time.tv_nsec += SECOND;
	}
	return time;
}

int64_t clock_realtime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return clock_from_timespec(now);
}

int64_t clock_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return clock_from_timespec(now);
}

void clock_append_iso(struct buf *buf, int64_t ns)
{
	struct timespec time = clock_to_timespec(ns);
	struct tm utc;

	gmtime_r(&time.tv_sec, &utc);
	buf_appendf(buf, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", utc.tm_year + 1900, utc.tm_mon + 1,
		utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, time.tv_nsec / 1000000);
}
