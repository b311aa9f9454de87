#include "hot_progress.h"

#include "base/cleanup.h"

#include <stdio.h>

static const struct hot_progress_phase {
	const char *name, *label;
	bool in_bytes;
} phases[] = {
	{ "VERIFYING", "verifying the backup", true },
	{ "COPYING", "copying", true },
	{ "CHECKING", "checking the copy", false },
	{ "SUMMING", "summing the copy", true },
};

static const struct hot_progress_phase *find_phase(struct slice name)
{
	for (size_t i = 0; i < ARRAY_SIZE(phases); i++) {
		if (slice_equal_string(name, phases[i].name))
			return &phases[i];
	}
	return NULL;
}

static void tell_phase(const struct hot_progress_phase *phase, uint64_t total)
{
	struct buf amount CLEANUP(buf_release) = BUF_INIT;

	if (phase->in_bytes) {
		progress_append_bytes(&amount, total);
	} else {
		progress_append_count(&amount, total);
		buf_append_string(&amount, total == 1 ? " item" : " items");
	}
	fprintf(stderr, "%s: %s\n", phase->label, buf_string(&amount));
}

static void begin_phase(
	struct hot_progress *progress, const struct hot_progress_phase *phase, uint64_t total)
{
	progress_clear(&progress->bar);
	progress_begin(&progress->bar, progress->quiet, 0, 0);
	progress->bar.label = phase->label;
	progress->bar.in_bytes = phase->in_bytes;
	progress->phase = phase;
	if (!progress->quiet && !progress->bar.shown)
		tell_phase(phase, total);
}

void hot_progress_show(
	struct hot_progress *progress, struct slice phase_name, uint64_t done, uint64_t total)
{
	const struct hot_progress_phase *phase = find_phase(phase_name);

	if (!phase)
		return;
	if (phase != progress->phase)
		begin_phase(progress, phase, total);
	progress_show(&progress->bar, done, done, total);
}

void hot_progress_end(struct hot_progress *progress)
{
	progress_clear(&progress->bar);
}

void hot_progress_tell(const struct hot_progress *progress, const char *done,
	const struct hot_progress_totals *totals)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	if (progress->quiet)
		return;
	progress_append_count(&text, totals->files);
	buf_append_string(&text, " files, ");
	progress_append_bytes(&text, totals->bytes);
	buf_append_string(&text, "; ");
	progress_append_count(&text, totals->tables);
	buf_append_string(&text, totals->tables == 1 ? " table, " : " tables, ");
	progress_append_count(&text, totals->items);
	buf_append_string(&text, totals->items == 1 ? " item" : " items");
	printf("%s: %s, checked\n", done, buf_string(&text));
}
