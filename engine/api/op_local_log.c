/*
 * What the mount needs of the engine's logs, for files that show them.
 */
#include "api/operations.h"

#include "monitor/alarms.h"
#include "store/journal.h"

static struct journal *journal_of(const struct engine *engine, enum engine_log log)
{
	switch (log) {
	case LOG_AUDIT:
		return audit_journal(engine->audit);
	case LOG_ALARMS:
		return alarms_journal(monitor_alarms(engine->monitor));
	}
	abort();
}

int run_find_log(struct engine *engine, struct request *request, struct error *err)
{
	const struct find_log_input *in = request->input;
	struct journal_extent extent = journal_extent(journal_of(engine, in->log));

	(void)err;
	*(struct find_log_output *)request->output =
		(struct find_log_output){ extent.start, extent.end, extent.modified_ns };
	return 0;
}

int run_read_log(struct engine *engine, struct request *request, struct error *err)
{
	const struct read_log_input *in = request->input;
	struct read_log_output *out = request->output;
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	TRY(journal_read(journal_of(engine, in->log), in->offset, in->size, &text, err));
	out->text = arena_copy(request->arena, buf_slice(&text));
	return 0;
}

/* For the command line. */
int run_read_audit(struct engine *engine, struct request *request, struct error *err)
{
	const struct read_audit_input *in = request->input;
	struct read_audit_output *out = request->output;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct journal *journal = audit_journal(engine->audit);
	struct journal_extent extent = journal_extent(journal);

	out->start = (struct optional_integer){ true, (int64_t)extent.start };
	out->end = (struct optional_integer){ true, (int64_t)extent.end };
	if (!in->offset.present)
		return 0;
	if (in->offset.value < 0 || in->size.value < 0)
		return error_set(err, ERROR_VALIDATION, "Offset and Size are not negative");
	TRY(journal_read(journal, (uint64_t)in->offset.value, (size_t)in->size.value, &text, err));
	if (text.len)
		out->text = arena_copy(request->arena, buf_slice(&text));
	return 0;
}
