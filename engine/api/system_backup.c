#include "api/system_backup.h"

#include "api/job.h"
#include "base/log.h"
#include "base/memory.h"
#include "store/backup.h"
#include "store/catalog.h"

#define NAME_ENDING "$DeletedTableBackup"

struct deletion_job {
	struct job job;
	struct store *store;
	struct table *table;
	struct slice backup; /* id, in the arena of the run */
};

static bool is_stopped(void *context)
{
	return job_stopping(context);
}

static int copy(struct deletion_job *deletion, struct arena *arena, struct error *err)
{
	struct table_description table = catalog_copy(table_description(deletion->table), arena);
	struct snapshot snapshot CLEANUP(snapshot_close) = { 0 };
	struct backup backup;
	int r;

	TRY(r = snapshot_open(deletion->table, SNAPSHOT_NOW, &snapshot, err));
	if (r == TABLE_ABSENT)
		return 0;
	table.deleting = false;
	deletion->backup = slice_of(NULL, 0);
	TRY(backup_begin(deletion->store, &table,
		arena_printf(arena, "%.*s" NAME_ENDING, SLICE_ARG(table.name)), BACKUP_SYSTEM,
		arena, DURABLE_PROCESS, &backup, err));
	return backup_copy(deletion->store, &backup, &snapshot, is_stopped, &deletion->job, err);
}

static int discard(void *context, struct error *err)
{
	const struct deletion_job *deletion = context;

	return backup_discard(deletion->store, deletion->backup, err);
}

static int delete_table(struct deletion_job *deletion, struct error *err)
{
	struct slice name = table_description(deletion->table)->name;
	int r;

	TRY(r = table_delete(deletion->store, name, false, DURABLE_POWER, err));
	if (r == TABLE_PINNED)
		return error_set(err, ERROR_IN_USE, "it is still read");
	return 0;
}

/* A backup that cannot be made, for want of space perhaps, does not keep the table
 * from being deleted. */
static void run_deletion(struct job *job)
{
	struct deletion_job *deletion = (struct deletion_job *)job;
	struct slice name = table_description(deletion->table)->name;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int r = copy(deletion, &arena, &err);

	if (r < 0 && slice_present(deletion->backup))
		job_take_back(job, discard, deletion);
	if (job_stopping(job))
		return;
	if (r < 0)
		log_warning("the backup of table %.*s, which is deleted, was not made: %s",
			SLICE_ARG(name), err.message);
	error_release(&err);
	if (delete_table(deletion, &err) < 0)
		log_warning("table %.*s was not deleted: %s", SLICE_ARG(name), err.message);
}

static void free_deletion(struct job *job)
{
	struct deletion_job *deletion = (struct deletion_job *)job;

	table_unref(deletion->table);
	free(deletion);
}

static void submit(struct engine *engine, struct table *table)
{
	struct deletion_job *deletion = memory_new_zero(sizeof(*deletion));

	deletion->job = (struct job){
		.kind = JOB_BACKUP,
		.run = run_deletion,
		.free = free_deletion,
	};
	deletion->store = engine->store;
	deletion->table = table_ref(table);
	job_submit(engine->jobs, &deletion->job);
}

static int mark(
	struct txn *txn, struct table_description *description, void *context, struct error *err)
{
	const struct table *table = context;

	(void)txn, (void)err;
	if (!slice_equal(description->id, table_description(table)->id))
		return TABLE_ABSENT;
	if (snapshot_pins(table))
		return TABLE_PINNED;
	description->deleting = true;
	return 0;
}

int system_backup_begin(struct engine *engine, const struct request *request, struct table *table,
	struct error *err)
{
	int r;

	TRY(job_admit(engine->jobs, JOB_BACKUP, err));
	TRY(r = table_update(engine->store, table_description(table)->name, request->arena,
		    engine->durability[request->door], mark, table, err));
	if (r == 0)
		submit(engine, table);
	return r;
}

static int resume(struct engine *engine, struct slice name, struct error *err)
{
	struct table *table CLEANUP(table_unrefp) = NULL;

	TRY(table_find(engine->store, name, &table, err));
	if (!table || !table_description(table)->deleting)
		return 0;
	TRY(job_admit(engine->jobs, JOB_BACKUP, err));
	submit(engine, table);
	return 0;
}

int system_backup_resume(struct engine *engine, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct slice *names;
	size_t count;
	bool more;

	TRY(table_list(
		engine->store, slice_of(NULL, 0), SIZE_MAX, &arena, &names, &count, &more, err));
	for (size_t i = 0; i < count; i++)
		TRY(resume(engine, names[i], err));
	return 0;
}
