#include "api/export_job.h"

#include "api/bucket.h"
#include "api/export_writer.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/item.h"
#include "model/key.h"
#include "model/typed.h"
#include "store/changes.h"

/* One run. */
struct writing {
	struct export_job *export;
	int bucket;
	struct export_writer writer;
	struct changes changes; /* of an incremental one */
	const struct row *rows; /* of the chunk, in its arena */
	const struct row_change *row_changes;
	size_t count;
	int64_t bytes; /* of items that were read */
};

struct export_job *export_job_new(struct engine *engine)
{
	struct export_job *export = memory_new_zero(sizeof(*export));

	export->engine = engine;
	return export;
}

void export_job_free(struct export_job *export)
{
	snapshot_close(&export->snapshot);
	arena_release(&export->arena);
	free(export);
}

static int save(struct export_job *export, struct error *err)
{
	export->record.description = &export->description;
	return transfer_save(export->engine->store, LEDGER_EXPORT, export->id, &export->record,
		DURABLE_POWER, err);
}

static bool is_incremental(const struct export_description *description)
{
	return slice_equal_string(description->type, "INCREMENTAL_EXPORT");
}

/* The prefix with one '/' at its end, or nothing. */
static struct slice root_of(const struct export_description *description, struct arena *arena)
{
	struct slice prefix = description->prefix;

	while (slice_ends_with(prefix, SLICE("/")))
		prefix.len--;
	return arena_printf(arena, "%.*s%s", SLICE_ARG(prefix), prefix.len ? "/" : "");
}

struct slice export_directory(
	const struct export_description *description, struct slice id, struct arena *arena)
{
	return arena_printf(arena, "%.*s" EXPORT_DIRECTORY "/%.*s/",
		SLICE_ARG(root_of(description, arena)), SLICE_ARG(id));
}

/* Where its data lies in the end: all incremental exports of a prefix share it. */
static struct slice data_directory(struct export_job *export)
{
	const struct export_description *description = &export->description;
	struct arena *arena = &export->arena;

	if (is_incremental(description))
		return arena_printf(arena, "%.*s" EXPORT_DIRECTORY "/" EXPORT_DATA "/",
			SLICE_ARG(root_of(description, arena)));
	return arena_printf(arena, "%.*s" EXPORT_DATA "/",
		SLICE_ARG(export_directory(description, export->id, arena)));
}

/* Lines. */

static int append_item(const struct row *row, struct buf *text, struct error *err)
{
	buf_append_string(text, "{\"Item\":");
	TRY(typed_append_item(text, row->item, err));
	buf_append_string(text, "}\n");
	return 0;
}

static int take_rows(
	struct txn *txn, void *context, const struct row *rows, size_t count, struct error *err)
{
	struct writing *writing = context;

	(void)txn, (void)err;
	writing->rows = rows;
	writing->count = count;
	return 0;
}

static int write_rows(struct writing *writing, struct error *err)
{
	for (size_t i = 0; i < writing->count; i++) {
		writing->bytes += writing->rows[i].meta.item_size;
		TRY(append_item(&writing->rows[i], &writing->writer.text, err));
	}
	return export_writer_flush(&writing->writer, writing->count, err);
}

static int append_keys(const struct writing *writing, const struct row_change *change,
	struct arena *arena, struct buf *text, struct error *err)
{
	const struct key_schema *schema = &table_description(writing->export->snapshot.table)->key;
	struct key key;
	struct map keys;

	TRY(key_decode(schema, change->row_key, arena, &key, err));
	keys = key_to_map(schema, &key, arena);
	buf_append_string(text, "\"Keys\":");
	typed_append_map(text, &keys);
	return 0;
}

static int append_change(const struct writing *writing, const struct row_change *change,
	struct arena *arena, struct buf *text, struct error *err)
{
	struct slice view = writing->export->description.span->view;

	buf_appendf(text, "{\"Metadata\":{\"WriteTimestampMicros\":{\"N\":\"%llu\"}},",
		(unsigned long long)(change->stamp / 1000));
	TRY(append_keys(writing, change, arena, text, err));
	if (change->has_new) {
		buf_append_string(text, ",\"NewImage\":");
		TRY(typed_append_item(text, change->new.item, err));
	}
	if (change->had_old && slice_equal_string(view, "NEW_AND_OLD_IMAGES")) {
		buf_append_string(text, ",\"OldImage\":");
		TRY(typed_append_item(text, change->old.item, err));
	}
	buf_append_string(text, "}\n");
	return 0;
}

static int take_changes(struct txn *txn, void *context, const struct row_change *changes,
	size_t count, struct error *err)
{
	struct writing *writing = context;

	(void)txn, (void)err;
	writing->row_changes = changes;
	writing->count = count;
	return 0;
}

static int write_changes(struct writing *writing, struct arena *arena, struct error *err)
{
	for (size_t i = 0; i < writing->count; i++) {
		const struct row_change *change = &writing->row_changes[i];

		writing->bytes += change->has_new ? change->new.meta.item_size : 0;
		writing->bytes += change->had_old ? change->old.meta.item_size : 0;
		TRY(append_change(writing, change, arena, &writing->writer.text, err));
	}
	return export_writer_flush(&writing->writer, writing->count, err);
}

/* The next chunk, as snapshot_next(). */
static int write_chunk(struct writing *writing, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct export_job *export = writing->export;
	int r;

	if (is_incremental(&export->description)) {
		TRY(r = changes_next(&writing->changes, &arena, take_changes, writing, err));
		TRY(write_changes(writing, &arena, err));
	} else {
		TRY(r = snapshot_next(&export->snapshot, &arena, take_rows, writing, err));
		TRY(write_rows(writing, err));
	}
	return r;
}

static int write_data(struct writing *writing, struct error *err)
{
	int r = 0;

	while (r != SNAPSHOT_END) {
		if (job_stopping(&writing->export->job))
			return error_set(err, ERROR_SYSTEM, "the server was stopped");
		TRY(r = write_chunk(writing, err));
		job_nap();
	}
	return export_writer_end_data(&writing->writer, err);
}

static int share_data(struct writing *writing, struct error *err)
{
	struct slice key = data_directory(writing->export);
	int shared = -1;

	TRY(bucket_make_directory(writing->bucket, key, &shared, err));
	return export_writer_share_data(&writing->writer, shared, err);
}

static void summarise(struct writing *writing, struct export_summary *ret)
{
	const struct export_description *description = &writing->export->description;

	*ret = (struct export_summary){
		.table_arn = description->table_arn,
		.table_id = description->table_id,
		.export_id = writing->export->id,
		.start_ns = description->start_time,
		.end_ns = clock_realtime_ns(),
		.export_ns = description->export_time,
		.incremental = is_incremental(description),
		.bucket = description->bucket,
		.prefix = description->prefix,
		.root = root_of(description, &writing->export->arena),
		.sse_algorithm = description->sse_algorithm,
		.sse_kms_key = description->sse_kms_key_id,
		.items = writing->writer.items,
		.bytes = (uint64_t)writing->bytes,
	};
	if (!ret->incremental)
		return;
	ret->from_ns = description->span->from_time;
	ret->to_ns = description->span->to_time;
	ret->view = description->span->view;
}

static int write_export(struct writing *writing, struct error *err)
{
	struct export_job *export = writing->export;
	struct slice key = export_directory(&export->description, export->id, &export->arena);
	struct export_summary summary;
	int directory = -1;

	TRY(bucket_make_directory(writing->bucket, key, &directory, err));
	TRY(export_writer_open(
		&writing->writer, directory, data_directory(export), &export->arena, err));
	TRY(write_data(writing, err));
	summarise(writing, &summary);
	if (summary.incremental)
		TRY(share_data(writing, err));
	TRY(export_writer_finish(&writing->writer, &summary, err));
	export->description.end_time = summary.end_ns;
	export->description.item_count = (struct optional_integer){ true, (int64_t)summary.items };
	export->description.billed_size_bytes =
		(struct optional_integer){ true, (int64_t)summary.bytes };
	export->description.export_manifest =
		arena_printf(&export->arena, "%.*s" EXPORT_SUMMARY EXPORT_MANIFEST, SLICE_ARG(key));
	export->description.export_status = SLICE("COMPLETED");
	return 0;
}

/* How it ended. */

static const char *failure_code(const struct error *err)
{
	return err->class == ERROR_ACCESS_DENIED ? "S3AccessDenied" : "InternalServerError";
}

static void fail(struct export_job *export, const char *code, const char *message)
{
	export->description.export_status = SLICE("FAILED");
	export->description.end_time = clock_realtime_ns();
	export->description.failure_code = slice_from_string(code);
	export->description.failure_message =
		arena_copy(&export->arena, slice_from_string(message));
}

static void remove_partial(struct writing *writing)
{
	struct export_job *export = writing->export;
	struct slice key = export_directory(&export->description, export->id, &export->arena);
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (bucket_remove_directory(writing->bucket, key, &err) < 0)
		log_warning("export %.*s: %s", SLICE_ARG(export->id), err.message);
}

static void write_to_bucket(struct writing *writing)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int r = write_export(writing, &err);

	if (r < 0)
		export_writer_unshare_data(&writing->writer);
	export_writer_release(&writing->writer);
	changes_release(&writing->changes);
	if (r == 0)
		return;
	remove_partial(writing);
	fail(writing->export, failure_code(&err), err.message);
}

static int save_end(void *context, struct error *err)
{
	return save(context, err);
}

static void run_export(struct job *job)
{
	struct export_job *export = (struct export_job *)job;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct writing writing = {
		.export = export,
		.bucket = -1,
		.writer = { .directory = -1, .data = -1, .shared = -1 },
		.changes.snapshot = &export->snapshot,
	};
	int r = bucket_open(
		export->engine->buckets, export->description.bucket, &writing.bucket, &err);

	if (is_incremental(&export->description))
		writing.changes.until = (uint64_t) export->description.span->to_time;
	if (r == BUCKET_ABSENT)
		fail(export, "S3NoSuchBucket", "The specified bucket does not exist");
	else if (r < 0)
		fail(export, failure_code(&err), err.message);
	else
		write_to_bucket(&writing);
	cleanup_close(&writing.bucket);
	snapshot_close(&export->snapshot);
	job_take_back(job, save_end, export);
}

static void free_export(struct job *job)
{
	export_job_free((struct export_job *)job);
}

int export_job_load(struct export_job *export, struct slice id, struct error *err)
{
	int r;

	export->job = (struct job){ .kind = JOB_EXPORT, .run = run_export, .free = free_export };
	export->id = arena_copy(&export->arena, id);
	TRY(r = transfer_get(export->engine->store, LEDGER_EXPORT, id, &export->arena,
		    &export->record, err));
	if (r == LEDGER_ABSENT)
		return error_set(err, ERROR_SYSTEM, "the new export is gone");
	export->description = *export->record.description;
	return 0;
}

/* What was interrupted. */

static int tidy_export(struct export_job *export, struct error *err)
{
	const char *buckets = export->engine->buckets;
	struct writing writing = { .export = export, .bucket = -1 };
	struct error unopened CLEANUP(error_release) = ERROR_INIT;

	if (buckets &&
		bucket_open(buckets, export->description.bucket, &writing.bucket, &unopened) == 0)
		remove_partial(&writing);
	cleanup_close(&writing.bucket);
	fail(export, "InternalServerError", "the server was stopped");
	return save(export, err);
}

int export_tidy(struct engine *engine, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct export_record *records;
	struct transfer_list list;

	TRY(transfer_read_all(engine->store, LEDGER_EXPORT, &arena, &list, err));
	records = (const void *)list.records;
	for (size_t i = 0; i < list.count; i++) {
		struct export_job export = { .engine = engine, .arena = ARENA_INIT };
		int r;

		if (!slice_equal_string(records[i].description->export_status, "IN_PROGRESS"))
			continue;
		export.id = list.ids[i];
		export.record = records[i];
		export.description = *records[i].description;
		r = tidy_export(&export, err);
		arena_release(&export.arena);
		TRY(r);
	}
	return transfer_expire(engine->store, clock_realtime_ns(), err);
}
