#include "api/engine.h"
#include "store/hot_backup.h"

struct watcher {
	engine_restore_step *step;
	void *context;
};

static bool take_step(void *context, enum hot_backup_phase phase, uint64_t done, uint64_t total)
{
	const struct watcher *watcher = context;

	return watcher->step(watcher->context, hot_backup_phase_names[phase], done, total);
}

int engine_restore(const struct engine_restoration *restoration, engine_restore_step *step,
	void *context, struct engine_restore_totals *ret, struct error *err)
{
	const struct hot_backup_restoration what = {
		.backup = restoration->backup,
		.path = restoration->path,
		.key_file = restoration->key_file,
		.backup_key_file = restoration->backup_key_file,
	};
	struct watcher watcher = { step, context };
	struct hot_backup_totals totals;

	TRY(hot_backup_restore(
		&what, &(struct hot_backup_watcher){ take_step, &watcher }, &totals, err));
	*ret = (struct engine_restore_totals){ totals.files, totals.bytes, totals.tables,
		totals.items };
	return 0;
}
