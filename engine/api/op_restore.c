/*
 * RestoreTableFromBackup, RestoreTableToPointInTime.
 *
 * A backup is verified before the answer, so that a damaged one is told of. The
 * target is made at once, CREATING; a job fills it and makes it ACTIVE, or removes
 * it when that fails.
 */
#include "api/arn.h"
#include "api/backup_describe.h"
#include "api/job.h"
#include "api/restore_design.h"
#include "api/source_table.h"
#include "api/table_describe.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/restore.h"

struct restore_job {
	struct job job;
	struct engine *engine;
	struct table *target;
	struct arena arena; /* of what the backup holds */
	struct backup backup; /* the source, or */
	struct snapshot snapshot; /* this one */
	struct backup_reader reader;
};

static int take_rows(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err)
{
	struct restore_job *restore = context;

	return restore_rows(txn, restore->target, rows, count, err);
}

/* The next chunk, as snapshot_next(). */
static int copy_chunk(struct restore_job *restore, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	if (restore->snapshot.table)
		return snapshot_next(&restore->snapshot, &arena, take_rows, restore, err);
	return backup_reader_next(&restore->reader, &arena, take_rows, restore, err);
}

/* Whoever sees the table ACTIVE may delete the backup, or the table it is of. */
static void let_go_of_source(struct restore_job *restore)
{
	snapshot_close(&restore->snapshot);
	backup_reader_close(&restore->reader);
	job_let_go(&restore->job);
}

static int copy_rows(struct restore_job *restore, struct error *err)
{
	int r = 0;

	if (!restore->snapshot.table)
		TRY(backup_reader_open(
			restore->engine->store, &restore->backup, &restore->reader, err));
	while (r != SNAPSHOT_END) {
		if (job_stopping(&restore->job))
			return error_set(err, ERROR_SYSTEM, "the server was stopped");
		TRY(store_check_room(restore->engine->store, err));
		TRY(r = copy_chunk(restore, err));
		job_nap();
	}
	let_go_of_source(restore);
	return restore_finish(restore->target, DURABLE_POWER, err);
}

static int abandon(void *context, struct error *err)
{
	const struct restore_job *restore = context;

	return restore_abandon(restore->target, err);
}

static void run_restore(struct job *job)
{
	struct restore_job *restore = (struct restore_job *)job;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (copy_rows(restore, &err) == 0)
		return;
	log_warning("table %.*s was not restored: %s",
		SLICE_ARG(table_description(restore->target)->name), err.message);
	job_take_back(job, abandon, restore);
}

static void free_restore(struct job *job)
{
	struct restore_job *restore = (struct restore_job *)job;

	snapshot_close(&restore->snapshot);
	backup_reader_close(&restore->reader);
	table_unref(restore->target);
	arena_release(&restore->arena);
	free(restore);
}

static struct restore_job *job_new(struct engine *engine)
{
	struct restore_job *restore = memory_new_zero(sizeof(*restore));

	restore->job = (struct job){
		.kind = JOB_RESTORE,
		.run = run_restore,
		.free = free_restore,
	};
	restore->engine = engine;
	return restore;
}

static int target_exists(struct engine *engine, struct slice name, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;

	TRY(table_find(engine->store, name, &table, err));
	if (table && table_description(table)->creating)
		return error_set(
			err, ERROR_SOURCE_IN_USE, "Table is being created: %.*s", SLICE_ARG(name));
	return error_set(err, ERROR_TARGET_EXISTS, "Table already exists: %.*s", SLICE_ARG(name));
}

static int check_target(struct engine *engine, struct slice name, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;
	int r;

	TRY(r = table_find(engine->store, name, &table, err));
	return r == TABLE_ABSENT ? 0 : target_exists(engine, name, err);
}

static int make_target(struct engine *engine, struct request *request,
	struct table_description *description, struct restore_job *restore, struct error *err)
{
	enum durability durability = engine->durability[request->door];
	int r;

	TRY(r = table_create(engine->store, description, false, request->arena, durability, err));
	if (r == TABLE_EXISTS)
		return target_exists(engine, description->name, err);
	TRY(r = table_find(engine->store, description->name, &restore->target, err));
	if (r == TABLE_ABSENT)
		return error_set(err, ERROR_SYSTEM, "the new table is gone");
	return 0;
}

static void answer(struct engine *engine, struct request *request, struct restore_job *restore)
{
	struct restore_output *out = request->output;

	out->table_description =
		describe_table(engine, restore->target, "CREATING", request->arena);
	job_submit(engine->jobs, &restore->job);
}

/* From a backup. */

static int find_sound_backup(struct engine *engine, const struct restore_from_backup_input *in,
	struct arena *arena, struct backup *ret, struct error *err)
{
	TRY(backup_find(engine, in->backup_arn, arena, ret, err));
	if (ret->status == BACKUP_CREATING)
		return error_set(err, ERROR_BACKUP_IN_USE,
			"There is another ongoing conflicting backup control plane operation on "
			"the table. The backup is either being created, deleted or restored to a "
			"table.");
	return backup_verify(engine->store, ret, err);
}

static int begin_from_backup(struct engine *engine, struct request *request,
	struct restore_job *restore, struct error *err)
{
	const struct restore_from_backup_input *in = request->input;
	struct table_description description;
	struct backup backup;

	TRY(check_target(engine, in->target_table_name, err));
	TRY(find_sound_backup(engine, in, request->arena, &backup, err));
	TRY(design_restored(
		engine, &backup.table, &in->overrides, request->arena, &description, err));
	description.name = in->target_table_name;
	description.restored_from_backup = in->backup_arn;
	description.restored_from_table = arn_of_table(engine, backup.table.name, request->arena);
	description.restored_ns = backup.created_ns;
	TRY(job_admit(engine->jobs, JOB_RESTORE, err));
	restore->backup = backup_dup(&backup, &restore->arena);
	restore->job.subject = restore->backup.id;
	return make_target(engine, request, &description, restore, err);
}

int run_restore_from_backup(struct engine *engine, struct request *request, struct error *err)
{
	struct restore_job *restore = job_new(engine);

	if (begin_from_backup(engine, request, restore, err) < 0) {
		free_restore(&restore->job);
		return -1;
	}
	answer(engine, request, restore);
	return 0;
}

/* To a point in time. */

static int find_source(struct engine *engine, const struct request *request,
	const struct restore_to_point_in_time_input *in, struct table **ret, struct error *err)
{
	bool by_arn = slice_present(in->source_table_arn);

	if (by_arn == slice_present(in->source_table_name))
		return error_set(err, ERROR_VALIDATION,
			"Exactly one of SourceTableArn and SourceTableName must be specified");
	if (by_arn)
		return source_table_find_arn(engine, request, in->source_table_arn, ret, err);
	return source_table_find(engine, in->source_table_name, ret, err);
}

static int out_of_range(const struct table *table, int64_t wanted, int64_t now, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&text,
		"An invalid restore time was specified. RestoreDateTime must be between "
		"EarliestRestorableDateTime and LatestRestorableDateTime: ");
	clock_append_iso(&text, wanted);
	buf_append_string(&text, " is not between ");
	clock_append_iso(&text, source_table_earliest(table_description(table), now));
	buf_append_string(&text, " and ");
	clock_append_iso(&text, now);
	return error_set(err, ERROR_RESTORE_TIME, "%s", buf_string(&text));
}

/* The moment, or SNAPSHOT_NOW. */
static int choose_moment(const struct restore_to_point_in_time_input *in, const struct table *table,
	uint64_t *ret, struct error *err)
{
	int64_t now = clock_realtime_ns();
	bool latest = in->use_latest_restorable_time.value;

	TRY(source_table_check_recovery(table, err));
	if (latest == (in->restore_date_time != 0))
		return error_set(err, ERROR_VALIDATION,
			"Exactly one of RestoreDateTime and UseLatestRestorableTime must be "
			"specified");
	*ret = SNAPSHOT_NOW;
	if (latest)
		return 0;
	if (in->restore_date_time < source_table_earliest(table_description(table), now) ||
		in->restore_date_time > now)
		return out_of_range(table, in->restore_date_time, now, err);
	*ret = (uint64_t)in->restore_date_time;
	return 0;
}

static int pin(struct table *table, uint64_t moment, struct restore_job *restore, struct error *err)
{
	int r;

	TRY(r = snapshot_open(table, moment, &restore->snapshot, err));
	if (r == TABLE_ABSENT)
		return source_table_absent(table_description(table)->name, err);
	if (r == SNAPSHOT_GONE)
		return out_of_range(table, (int64_t)moment, clock_realtime_ns(), err);
	return 0;
}

static int begin_to_point_in_time(struct engine *engine, struct request *request,
	struct restore_job *restore, struct error *err)
{
	const struct restore_to_point_in_time_input *in = request->input;
	struct table *source CLEANUP(table_unrefp) = NULL;
	struct table_description description;
	uint64_t moment;

	TRY(find_source(engine, request, in, &source, err));
	TRY(choose_moment(in, source, &moment, err));
	TRY(check_target(engine, in->target_table_name, err));
	TRY(design_restored(engine, table_description(source), &in->overrides, request->arena,
		&description, err));
	TRY(job_admit(engine->jobs, JOB_RESTORE, err));
	TRY(pin(source, moment, restore, err));
	description.name = in->target_table_name;
	description.restored_from_table =
		arn_of_table(engine, table_description(source)->name, request->arena);
	description.restored_ns = (int64_t)restore->snapshot.pin.stamp;
	return make_target(engine, request, &description, restore, err);
}

int run_restore_to_point_in_time(struct engine *engine, struct request *request, struct error *err)
{
	struct restore_job *restore = job_new(engine);

	if (begin_to_point_in_time(engine, request, restore, err) < 0) {
		free_restore(&restore->job);
		return -1;
	}
	answer(engine, request, restore);
	return 0;
}
