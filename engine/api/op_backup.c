/*
 * CreateBackup, DescribeBackup, ListBackups, DeleteBackup.
 *
 * A backup is of the moment of its request: that is pinned before the answer, and
 * a job copies the rows of it. Source: Developer Guide, "On-demand backup".
 */
#include "api/arn.h"
#include "api/backup_describe.h"
#include "api/job.h"
#include "api/source_table.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/catalog.h"

#include <sys/statvfs.h>

#define LIST_BACKUPS_MAX 100

struct backup_job {
	struct job job;
	struct store *store;
	struct arena arena; /* of what the backup holds */
	struct backup backup;
	struct snapshot snapshot;
};

static bool is_stopped(void *context)
{
	return job_stopping(context);
}

static int discard(void *context, struct error *err)
{
	const struct backup_job *backup = context;

	return backup_discard(backup->store, backup->backup.id, err);
}

static void run_backup(struct job *job)
{
	struct backup_job *backup = (struct backup_job *)job;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int r = backup_copy(
		backup->store, &backup->backup, &backup->snapshot, is_stopped, job, &err);

	snapshot_close(&backup->snapshot);
	if (r == 0)
		return;
	log_warning("backup %.*s of table %.*s was not made: %s", SLICE_ARG(backup->backup.name),
		SLICE_ARG(backup->backup.table.name), err.message);
	job_take_back(job, discard, backup);
}

static void free_backup(struct job *job)
{
	struct backup_job *backup = (struct backup_job *)job;

	snapshot_close(&backup->snapshot);
	arena_release(&backup->arena);
	free(backup);
}

/* Rather than to find out in the midst. */
static int check_space(const struct engine *engine, struct table *table, struct error *err)
{
	struct table_counts counts;
	struct statvfs disk;

	table_counts(table, &counts);
	if (statvfs(store_path(engine->store), &disk) < 0 ||
		(uint64_t)disk.f_bavail * disk.f_frsize > (uint64_t)counts.bytes)
		return 0;
	return error_set(err, ERROR_NO_SPACE,
		"The disk has no room for a backup of %lld bytes of items",
		(long long)counts.bytes);
}

/* Pins the moment, and notes the backup. */
static int begin(struct engine *engine, struct request *request, struct backup_job *job,
	struct backup *ret, struct error *err)
{
	const struct create_backup_input *in = request->input;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct table_description description;
	int r;

	TRY(source_table_find(engine, in->table_name, &table, err));
	TRY(check_space(engine, table, err));
	TRY(job_admit(engine->jobs, JOB_BACKUP, err));
	TRY(r = snapshot_open(table, SNAPSHOT_NOW, &job->snapshot, err));
	if (r == TABLE_ABSENT)
		return source_table_absent(in->table_name, err);
	description = catalog_copy(table_description(table), request->arena);
	return backup_begin(engine->store, &description, in->backup_name, BACKUP_USER,
		request->arena, engine->durability[request->door], ret, err);
}

int run_create_backup(struct engine *engine, struct request *request, struct error *err)
{
	struct create_backup_output *out = request->output;
	struct backup_job *job = memory_new_zero(sizeof(*job));
	struct backup backup;

	job->job = (struct job){ .kind = JOB_BACKUP, .run = run_backup, .free = free_backup };
	job->store = engine->store;
	if (begin(engine, request, job, &backup, err) < 0) {
		free_backup(&job->job);
		return -1;
	}
	out->backup_details = describe_backup_details(engine, &backup, "CREATING", request->arena);
	job->backup = backup_dup(&backup, &job->arena);
	job_submit(engine->jobs, &job->job);
	return 0;
}

static int in_use(struct error *err)
{
	return error_set(err, ERROR_BACKUP_IN_USE,
		"There is another ongoing conflicting backup control plane operation on the "
		"table. The backup is either being created, deleted or restored to a table.");
}

int run_describe_backup(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_backup_input *in = request->input;
	struct describe_backup_output *out = request->output;
	struct backup backup;

	TRY(backup_find(engine, in->backup_arn, request->arena, &backup, err));
	out->backup_description =
		describe_backup(engine, &backup, backup_status_name(&backup), request->arena);
	return 0;
}

int run_delete_backup(struct engine *engine, struct request *request, struct error *err)
{
	const struct delete_backup_input *in = request->input;
	struct delete_backup_output *out = request->output;
	struct backup backup;

	TRY(backup_find(engine, in->backup_arn, request->arena, &backup, err));
	if (backup.status == BACKUP_CREATING || job_concerns(engine->jobs, backup.id))
		return in_use(err);
	TRY(backup_remove(engine->store, backup.id, engine->durability[request->door], err));
	out->backup_description = describe_backup(engine, &backup, "DELETED", request->arena);
	return 0;
}

/* Listing. */

static bool is_asked_for(const struct list_backups_input *in, const struct backup *backup)
{
	const char *type = backup_type_names[backup->type];

	if (backup_has_expired(backup, clock_realtime_ns()))
		return false;
	if (slice_present(in->table_name) && !slice_equal(in->table_name, backup->table.name))
		return false;
	if (slice_present(in->backup_type) && !slice_equal_string(in->backup_type, "ALL") &&
		!slice_equal_string(in->backup_type, type))
		return false;
	return backup->created_ns >= in->time_range_lower_bound &&
	       (!in->time_range_upper_bound || backup->created_ns < in->time_range_upper_bound);
}

/* The id after which to begin; absent: from the start. */
static int read_start(const struct engine *engine, const struct list_backups_input *in,
	struct slice *ret_id, struct error *err)
{
	struct slice table;

	*ret_id = slice_of(NULL, 0);
	if (!slice_present(in->exclusive_start_backup_arn) ||
		arn_split(engine, in->exclusive_start_backup_arn, "backup", &table, ret_id))
		return 0;
	return error_set(err, ERROR_VALIDATION, "Invalid ExclusiveStartBackupArn: %.*s",
		SLICE_ARG(in->exclusive_start_backup_arn));
}

int run_list_backups(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_backups_input *in = request->input;
	struct list_backups_output *out = request->output;
	size_t limit = in->limit.present ? (size_t)in->limit.value : LIST_BACKUPS_MAX;
	size_t count, found = 0;
	struct backup_summary *summaries;
	struct backup *backups;
	struct slice after;

	TRY(read_start(engine, in, &after, err));
	TRY(backup_list(engine->store, request->arena, &backups, &count, err));
	summaries = arena_alloc_array(request->arena, limit, sizeof(*summaries));
	for (size_t i = 0; i < count; i++) {
		if (slice_compare(backups[i].id, after) <= 0 || !is_asked_for(in, &backups[i]))
			continue;
		if (found == limit) {
			out->last_evaluated_backup_arn = summaries[found - 1].backup_arn;
			break;
		}
		describe_backup_summary(engine, &backups[i], &summaries[found++], request->arena);
	}
	out->backup_summaries = (struct request_list){ true, found, summaries };
	return 0;
}
