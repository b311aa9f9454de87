#include "metrics_time.h"

#include <time.h>

#define MAX_NS (10LL * 366 * 24 * 3600 * SECOND_NS) /* ten years */

static const struct unit {
	char letter;
	int64_t seconds;
} units[] = {
	{ 'w', 7 * 24 * 3600 },
	{ 'd', 24 * 3600 },
	{ 'h', 3600 },
	{ 'm', 60 },
	{ 's', 1 },
};

static const struct unit *find_unit(char letter)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (units[i].letter == letter)
			return &units[i];
	}
	return NULL;
}

/* Takes a number and its unit off the text. */
static bool take_part(const char **text, int64_t *ret_ns)
{
	const struct unit *unit;
	int64_t value = 0;
	const char *c = *text;

	for (; *c >= '0' && *c <= '9' && value < MAX_NS / SECOND_NS; c++)
		value = 10 * value + (*c - '0');
	unit = c > *text ? find_unit(*c) : NULL;
	if (!unit || value > MAX_NS / SECOND_NS / unit->seconds)
		return false;
	*ret_ns += value * unit->seconds * SECOND_NS;
	*text = c + 1;
	return true;
}

static bool read_duration(const char *text, int64_t *ret_ns)
{
	int64_t ns = 0;

	while (*text) {
		if (!take_part(&text, &ns))
			return false;
	}
	*ret_ns = ns;
	return ns > 0;
}

int duration_parse(const char *option, const char *text, int64_t *ret_ns, struct error *err)
{
	if (read_duration(text, ret_ns))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"%s cannot be '%s': a length of time is expected, as 90s, 30m, 1h, 2d or 1w",
		option, text);
}

static bool read_time(const char *text, int64_t *ret_ns)
{
	static const char *const formats[] = { "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
		"%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d" };

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm tm = { .tm_isdst = -1 };
		const char *end = strptime(text, formats[i], &tm);
		bool utc = end && strcmp(end, "Z") == 0;

		if (!end || (*end && !utc))
			continue;
		*ret_ns = (utc ? timegm(&tm) : mktime(&tm)) * SECOND_NS;
		return *ret_ns >= 0;
	}
	return false;
}

int time_parse(
	const char *option, const char *text, int64_t now_ns, int64_t *ret_ns, struct error *err)
{
	int64_t ago;

	if (strcmp(text, "now") == 0) {
		*ret_ns = now_ns;
		return 0;
	}
	if (read_duration(text, &ago)) {
		*ret_ns = now_ns - ago;
		return 0;
	}
	if (read_time(text, ret_ns))
		return 0;
	return error_set(err, ERROR_VALIDATION,
		"%s cannot be '%s': expected is how long ago, as 30m, 1h, 2d or 1w, or a time, as "
		"2026-11-22T12:30",
		option, text);
}

void time_append(struct buf *buf, const char *format, int64_t ns)
{
	time_t seconds = (time_t)(ns / SECOND_NS);
	char *room = buf_reserve(buf, 64);
	struct tm tm;

	localtime_r(&seconds, &tm);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf->len += strftime(room, 64, format, &tm);
#pragma GCC diagnostic pop
}

void duration_append(struct buf *buf, int64_t ns)
{
	int64_t seconds = ns / SECOND_NS;

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds % units[i].seconds == 0) {
			buf_appendf(buf, "%lld%c", (long long)(seconds / units[i].seconds),
				units[i].letter);
			return;
		}
	}
}
