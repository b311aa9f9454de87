#include "monitor/alarms_check.h"

#include "monitor/alarm.h"
#include "store/alarm_file.h"

struct alarms_look {
	check_report *report;
	void *context;
	uint64_t problems;
};

static void problem(void *context, const char *text)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct alarms_look *look = context;

	buf_appendf(&line, "alarms: %s", text);
	look->report(look->context, SLICE(""), buf_string(&line));
	look->problems++;
}

static int look_at_alarm(void *context, struct slice name, struct slice bytes, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error damage CLEANUP(error_release) = ERROR_INIT;
	struct alarm alarm;

	(void)err;
	if (alarm_decode(name, bytes, &arena, &alarm, &damage) < 0)
		problem(context, damage.message);
	return 0;
}

static int look_at_file(struct store *store, struct alarms_look *look, struct error *err)
{
	struct alarm_file *file;
	int r;

	TRY(r = alarm_file_verify(store, problem, look, err));
	if (r == ALARM_FILE_DAMAGED)
		problem(look, "the file alarms.db is damaged: remove it while nothing serves the "
			      "directory, and put the alarms again");
	if (r != 0)
		return 0;
	TRY(alarm_file_open(store, &file, err));
	r = alarm_file_visit(file, look_at_alarm, look, err);
	alarm_file_close(file);
	return r;
}

int alarms_check(struct store *store, check_report *report, void *context, uint64_t *problems,
	struct error *err)
{
	struct alarms_look look = { .report = report, .context = context };
	int r = look_at_file(store, &look, err);

	*problems += look.problems;
	return r;
}
