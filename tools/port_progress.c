#include "port_progress.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/error.h"

#include <stdio.h>
#include <sys/ioctl.h>

#define SECOND_NS   1000000000LL
#define DRAW_NS     (SECOND_NS / 8)
#define BAR_MIN     10
#define BAR_MAX     40
#define COLUMNS_ANY 80

void progress_append_count(struct buf *buf, uint64_t count)
{
	struct buf digits CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&digits, "%llu", (unsigned long long)count);
	for (size_t i = 0; i < digits.len; i++) {
		if (i && (digits.len - i) % 3 == 0)
			buf_append_char(buf, ',');
		buf_append_char(buf, digits.data[i]);
	}
}

void progress_append_bytes(struct buf *buf, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		buf_appendf(buf, "%u bytes", (unsigned)bytes);
		return;
	}
	for (; value >= 999.5 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	buf_appendf(buf, "%.*f %s", value < 9.995 ? 2 : value < 99.95 ? 1 : 0, value, units[unit]);
}

static void append_duration(struct buf *buf, uint64_t seconds)
{
	unsigned long long s = seconds;

	if (s >= 3600)
		buf_appendf(buf, "%llu:%02llu:%02llu", s / 3600, s / 60 % 60, s % 60);
	else
		buf_appendf(buf, "%llu:%02llu", s / 60, s % 60);
}

static void append_bar(struct buf *buf, double part, size_t width)
{
	size_t filled = (size_t)(part * (double)width);

	buf_append_char(buf, '[');
	for (size_t i = 0; i < width; i++)
		buf_append_char(buf, i < filled ? '=' : i == filled ? '>' : ' ');
	buf_append_string(buf, "]  ");
}

static void append_amounts(struct buf *buf, const struct progress_facts *facts)
{
	if (facts->in_bytes) {
		progress_append_bytes(buf, facts->items);
		buf_append_string(buf, "  ");
		progress_append_bytes(buf, facts->items_per_second);
	} else {
		progress_append_count(buf, facts->items);
		buf_append_string(buf, facts->items == 1 ? " item  " : " items  ");
		progress_append_count(buf, facts->items_per_second);
	}
	buf_append_string(buf, "/s");
}

/* What stands behind the bar. */
static void append_figures(struct buf *buf, const struct progress_facts *facts)
{
	double left;

	append_amounts(buf, facts);
	if (!facts->total || facts->done <= facts->begun)
		return;
	left = (double)facts->elapsed_ns / 1e9 * (double)(facts->total - facts->done) /
	       (double)(facts->done - facts->begun);
	buf_append_string(buf, "  ");
	append_duration(buf, (uint64_t)(left + 0.5));
	buf_append_string(buf, " left");
}

void progress_append(struct buf *buf, const struct progress_facts *facts, size_t columns)
{
	struct buf figures CLEANUP(buf_release) = BUF_INIT;
	size_t start = buf->len, taken;
	double part = 0;

	if (facts->total)
		part = (double)facts->done / (double)facts->total;
	append_figures(&figures, facts);
	if (facts->label)
		buf_appendf(buf, "%s ", facts->label);
	if (facts->total) {
		buf_appendf(buf, "%3u%% ", (unsigned)(part * 100));
		taken = buf->len - start + figures.len + strlen("[]  ");
		if (taken + BAR_MIN <= columns)
			append_bar(
				buf, part, columns - taken < BAR_MAX ? columns - taken : BAR_MAX);
	}
	buf_append_slice(buf, buf_slice(&figures));
	if (buf->len - start > columns)
		buf_resize(buf, start + columns);
}

void progress_begin(struct progress *progress, bool quiet, uint64_t items, uint64_t done)
{
	*progress = (struct progress){
		.shown = !quiet && isatty(STDERR_FILENO),
		.start_ns = clock_monotonic_ns(),
		.done_at_start = done,
		.rate_items = items,
	};
	progress->rate_ns = progress->start_ns;
}

static size_t terminal_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_col)
		return COLUMNS_ANY;
	return size.ws_col;
}

/* Looks at the rate each second. */
static void measure(struct progress *progress, uint64_t items, int64_t now_ns)
{
	int64_t passed = now_ns - progress->rate_ns;

	if (passed < SECOND_NS)
		return;
	progress->rate = (uint64_t)((double)(items - progress->rate_items) * 1e9 / (double)passed);
	progress->rate_items = items;
	progress->rate_ns = now_ns;
}

void progress_show(struct progress *progress, uint64_t items, uint64_t done, uint64_t total)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct progress_facts facts = {
		.label = progress->label,
		.in_bytes = progress->in_bytes,
		.items = items,
	};
	int64_t now_ns;

	if (!progress->shown)
		return;
	now_ns = clock_monotonic_ns();
	if (now_ns - progress->last_ns < DRAW_NS)
		return;
	progress->last_ns = now_ns;
	measure(progress, items, now_ns);
	facts.done = total && done > total ? total : done; /* it may have grown */
	facts.total = total;
	facts.begun = progress->done_at_start;
	facts.elapsed_ns = now_ns - progress->start_ns;
	facts.items_per_second = progress->rate;
	progress_append(&line, &facts, terminal_columns() - 1);
	fprintf(stderr, "\r%s\033[K", buf_string(&line));
	fflush(stderr);
	progress->drawn = true;
}

void progress_clear(struct progress *progress)
{
	if (!progress->drawn)
		return;
	fprintf(stderr, "\r\033[K");
	fflush(stderr);
	progress->drawn = false;
}
