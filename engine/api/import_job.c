#include "api/import_job.h"

#include "api/bucket.h"
#include "api/import_batch.h"
#include "api/import_reader.h"
#include "api/import_rows.h"
#include "api/packed_file.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/json.h"
#include "model/typed.h"
#include "store/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define SAVE_NS 1000000000LL /* how often the record tells how far it is */

enum input_format { INPUT_DYNAMODB_JSON, INPUT_ION, INPUT_CSV };

/* One run. */
struct reading {
	struct import_job *import;
	int bucket;
	enum input_format format;
	struct slice key; /* of the object at work */
	uint64_t index; /* of the record in it */
	struct import_batch batch;
	struct arena header_arena;
	struct import_columns columns; /* of CSV; none until the header is read */
	uint64_t records, errors, bytes;
	int log; /* -1: not yet made */
	int64_t saved_ns;
	struct error failure; /* of a callback */
};

struct import_job *import_job_new(struct engine *engine)
{
	struct import_job *import = memory_new_zero(sizeof(*import));

	import->engine = engine;
	return import;
}

void import_job_free(struct import_job *import)
{
	table_unref(import->table);
	arena_release(&import->arena);
	free(import);
}

static int save(struct import_job *import, struct error *err)
{
	import->record.description = &import->description;
	return transfer_save(import->engine->store, LEDGER_IMPORT, import->id, &import->record,
		DURABLE_POWER, err);
}

static void fail(struct import_job *import, const char *code, const char *message)
{
	import->description.import_status = SLICE("FAILED");
	import->description.end_time = clock_realtime_ns();
	import->description.failure_code = slice_from_string(code);
	import->description.failure_message =
		arena_copy(&import->arena, slice_from_string(message));
}

static struct optional_integer count_of(uint64_t count)
{
	return (struct optional_integer){ true, (int64_t)count };
}

static void tell_counts(struct reading *reading)
{
	struct import_description *description = &reading->import->description;

	description->error_count = count_of(reading->errors);
	description->processed_item_count = count_of(reading->records);
	description->processed_size_bytes = count_of(reading->bytes);
	description->imported_item_count = count_of(reading->batch.written);
}

/* The log of errors. */

static int open_log(struct reading *reading)
{
	struct buf path CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&path, "%s/aws-dynamodb", reading->import->engine->buckets);
	mkdir(buf_string(&path), 0777);
	buf_append_string(&path, "/imports");
	mkdir(buf_string(&path), 0777);
	buf_appendf(&path, "/%.*s.json", SLICE_ARG(reading->import->id));
	return open(buf_string(&path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
}

static void append_error(
	struct buf *line, const struct reading *reading, uint64_t index, const struct error *err)
{
	const struct import_description *description = &reading->import->description;

	buf_append_string(line, "{\"itemS3Pointer\":{\"bucket\":");
	json_append_string(line, description->source->bucket);
	buf_append_string(line, ",\"key\":");
	json_append_string(line, reading->key);
	buf_appendf(line, ",\"itemIndex\":%llu},\"importArn\":", (unsigned long long)index);
	json_append_string(line, description->import_arn);
	buf_append_string(line, ",\"errorMessages\":[");
	json_append_string(line, slice_from_string(err->message));
	buf_append_string(line, "]}\n");
}

/* Index is that of the record in the object, from 0. */
static void refuse_item(void *context, uint64_t index, const struct error *err)
{
	struct reading *reading = context;
	struct buf line CLEANUP(buf_release) = BUF_INIT;

	if (reading->errors++ > IMPORT_ERRORS_MAX)
		return;
	if (reading->log < 0)
		reading->log = open_log(reading);
	append_error(&line, reading, index, err);
	if (reading->log < 0 || write(reading->log, line.data, line.len) < 0)
		log_warning("import %.*s: %.*s", SLICE_ARG(reading->import->id), (int)line.len - 1,
			line.data);
}

/* Records. */

static int read_json(struct slice text, struct arena *arena, struct map *ret, struct error *err)
{
	struct json_document document CLEANUP(json_document_release) = { 0 };
	const json_t *item;

	TRY(json_parse(text, &document, err));
	item = json_object_get(document.root, "Item");
	if (!json_is_object(item))
		return error_set(err, ERROR_VALIDATION,
			"A line of DYNAMODB_JSON is {\"Item\":{…}}; this one has no Item");
	return typed_read_map(&document, item, arena, ret, err);
}

static int read_item(struct reading *reading, struct slice text, struct arena *arena,
	struct map *ret, struct error *err)
{
	if (reading->format == INPUT_CSV)
		return import_read_row(&reading->columns, table_description(reading->import->table),
			text, arena, ret, err);
	return read_json(text, arena, ret, err);
}

/* What has failed ends it after the callback. */
static void fail_reading(struct reading *reading, struct error *err)
{
	if (reading->failure.class == ERROR_NONE)
		error_move(&reading->failure, err);
	error_release(err);
}

static void take_header(struct reading *reading, struct slice text)
{
	struct error err = ERROR_INIT;

	if (import_read_header(text, reading->columns.delimiter, &reading->header_arena,
		    &reading->columns, &err) < 0)
		fail_reading(reading, &err);
}

static void take_record(void *context, const struct import_record *record)
{
	struct reading *reading = context;
	struct arena *arena = import_batch_arena(&reading->batch);
	struct error err = ERROR_INIT;
	struct arena_mark mark;
	struct map *item;

	if (reading->failure.class != ERROR_NONE)
		return;
	if (reading->format == INPUT_CSV && !reading->columns.count) {
		take_header(reading, record->text);
		return;
	}
	reading->records++;
	mark = arena_mark(arena);
	item = arena_alloc(arena, sizeof(*item));
	if (read_item(reading, record->text, arena, item, &err) < 0) {
		arena_reset(arena, mark);
		refuse_item(reading, reading->index, &err);
		error_release(&err);
	} else if (import_batch_add(&reading->batch, item, reading->index, record->text.len, &err) <
		   0) {
		fail_reading(reading, &err);
	}
	reading->index++;
}

static void refuse_text(void *context, uint64_t line, const struct error *err)
{
	struct reading *reading = context;

	(void)line;
	reading->records++;
	refuse_item(reading, reading->index++, err);
}

/* Objects. */

static void save_if_due(struct reading *reading)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (clock_monotonic_ns() - reading->saved_ns < SAVE_NS)
		return;
	tell_counts(reading);
	if (save(reading->import, &err) < 0)
		log_warning("import %.*s: %s", SLICE_ARG(reading->import->id), err.message);
	reading->saved_ns = clock_monotonic_ns();
}

static int check_going_on(struct reading *reading, struct error *err)
{
	if (reading->failure.class != ERROR_NONE)
		return error_move(err, &reading->failure);
	if (job_stopping(&reading->import->job))
		return error_set(err, ERROR_SYSTEM, "the server was stopped");
	if (reading->errors > IMPORT_ERRORS_MAX)
		return error_set(err, ERROR_LIMIT_EXCEEDED,
			"More than %d items failed validation checks", IMPORT_ERRORS_MAX);
	save_if_due(reading);
	return store_check_room(reading->import->engine->store, err);
}

/* Either kind of reader. */
struct cutter {
	struct csv_reader csv;
	struct import_reader lines;
};

static void cutter_init(struct cutter *cutter, struct reading *reading, char delimiter)
{
	csv_reader_init(&cutter->csv, NULL, delimiter, take_record, refuse_text, reading);
	import_reader_init(&cutter->lines, NULL, take_record, refuse_text, reading);
}

static void cutter_release(struct cutter *cutter)
{
	csv_reader_release(&cutter->csv);
	import_reader_release(&cutter->lines);
}

static void cutter_feed(struct cutter *cutter, const struct reading *reading, struct slice piece)
{
	if (reading->format == INPUT_CSV)
		csv_reader_feed(&cutter->csv, piece);
	else
		import_reader_feed(&cutter->lines, piece);
}

static void cutter_finish(struct cutter *cutter, const struct reading *reading)
{
	if (reading->format == INPUT_CSV)
		csv_reader_finish(&cutter->csv);
	else
		import_reader_finish(&cutter->lines, true);
}

static int read_pieces(struct reading *reading, struct packed_reader *file, struct cutter *cutter,
	struct error *err)
{
	struct slice piece = { NULL, 0 };

	for (;;) {
		TRY(check_going_on(reading, err));
		TRY(packed_read(file, &piece, err));
		if (!piece.len)
			break;
		reading->bytes += piece.len;
		cutter_feed(cutter, reading, piece);
	}
	cutter_finish(cutter, reading);
	TRY(import_batch_flush(&reading->batch, err));
	return check_going_on(reading, err);
}

static const struct csv_options *csv_options_of(const struct reading *reading)
{
	const struct input_format_options *options = reading->import->description.format_options;

	return options ? options->csv : NULL;
}

static char delimiter_of(const struct reading *reading)
{
	const struct csv_options *csv = csv_options_of(reading);

	return csv && slice_present(csv->delimiter) ? csv->delimiter.data[0] : ',';
}

/* A header that is given stands for those of the objects. */
static int begin_columns(struct reading *reading, struct error *err)
{
	const struct csv_options *csv = csv_options_of(reading);

	reading->columns = (struct import_columns){ .delimiter = delimiter_of(reading) };
	if (reading->format != INPUT_CSV || !csv || !csv->header_list.present)
		return 0;
	return import_name_columns(csv->header_list.items, csv->header_list.count,
		delimiter_of(reading), &reading->columns, err);
}

static enum packing packing_of(const struct import_description *description)
{
	int packing = enum_index(compression_names, description->compression);

	return packing < 0 ? PACKING_NONE : (enum packing)packing;
}

static int read_object(struct reading *reading, struct slice key, struct error *err)
{
	struct packed_reader *file CLEANUP(packed_reader_closep) = NULL;
	struct cutter cutter CLEANUP(cutter_release);
	int fd;

	cutter_init(&cutter, reading, delimiter_of(reading));
	reading->key = key;
	reading->index = 0;
	TRY(begin_columns(reading, err));
	TRY(bucket_open_object(reading->bucket, key, &fd, err));
	TRY(packed_reader_open(
		fd, key.data, packing_of(&reading->import->description), &file, err));
	return read_pieces(reading, file, &cutter, err);
}

/* An object that cannot be read is an error as an item is. */
static int read_object_or_count(struct reading *reading, struct slice key, struct error *err)
{
	struct error failure CLEANUP(error_release) = ERROR_INIT;

	if (read_object(reading, key, &failure) == 0)
		return 0;
	if (failure.class != ERROR_VALIDATION)
		return error_move(err, &failure);
	TRY(import_batch_flush(&reading->batch, err));
	refuse_item(reading, reading->index, &failure);
	return check_going_on(reading, err);
}

#define IMPORT_NO_OBJECTS 1
/* 0, IMPORT_NO_OBJECTS, or -1. */
static int read_objects(struct reading *reading, struct error *err)
{
	const struct bucket_source *source = reading->import->description.source;
	struct slice prefix = slice_present(source->prefix) ? source->prefix : SLICE("");
	struct slice *keys;
	size_t count = 0;

	TRY(bucket_list(reading->bucket, prefix, IMPORT_OBJECTS_MAX, &reading->import->arena, &keys,
		&count, err));
	for (size_t i = 0; i < count; i++)
		TRY(read_object_or_count(reading, keys[i], err));
	if (!count)
		return IMPORT_NO_OBJECTS;
	return restore_finish(reading->import->table, DURABLE_POWER, err);
}

/* How it ended. */

static void tell_failure(struct import_job *import, const struct error *err)
{
	if (err->class == ERROR_LIMIT_EXCEEDED)
		fail(import, "ItemValidationError", err->message);
	else
		fail(import,
			err->class == ERROR_ACCESS_DENIED ? "S3AccessDenied"
							  : "InternalServerError",
			err->message);
}

static void read_bucket(struct reading *reading)
{
	struct import_job *import = reading->import;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int r = read_objects(reading, &err);

	tell_counts(reading);
	if (r < 0)
		tell_failure(import, &err);
	else if (r == IMPORT_NO_OBJECTS)
		fail(import, "S3NoSuchKey", "No object of the bucket begins with the S3KeyPrefix");
	else
		import->description.import_status = SLICE("COMPLETED");
	if (r == 0)
		import->description.end_time = clock_realtime_ns();
}

static void import_from_bucket(struct import_job *import, int bucket)
{
	struct reading reading = {
		.import = import,
		.bucket = bucket,
		.format = (enum input_format)enum_index(
			input_format_names, import->description.format),
		.header_arena = ARENA_INIT,
		.log = -1,
		.failure = ERROR_INIT,
		.saved_ns = clock_monotonic_ns(),
	};

	import_batch_init(&reading.batch, import->engine, import->table, refuse_item, &reading);
	read_bucket(&reading);
	import_batch_release(&reading.batch);
	arena_release(&reading.header_arena);
	error_release(&reading.failure);
	cleanup_close(&reading.log);
}

static int abandon(void *context, struct error *err)
{
	const struct import_job *import = context;

	return restore_abandon(import->table, err);
}

static int save_end(void *context, struct error *err)
{
	return save(context, err);
}

static void settle(struct import_job *import)
{
	if (!slice_equal_string(import->description.import_status, "COMPLETED"))
		job_take_back(&import->job, abandon, import);
	job_take_back(&import->job, save_end, import);
}

static void run_import(struct job *job)
{
	struct import_job *import = (struct import_job *)job;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	int bucket CLEANUP(cleanup_close) = -1;
	int r = bucket_open(
		import->engine->buckets, import->description.source->bucket, &bucket, &err);

	if (r == BUCKET_ABSENT)
		fail(import, "S3NoSuchBucket", "The specified bucket does not exist");
	else if (r < 0)
		tell_failure(import, &err);
	else
		import_from_bucket(import, bucket);
	settle(import);
}

static void free_import(struct job *job)
{
	import_job_free((struct import_job *)job);
}

void import_job_abandon(struct import_job *import)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	if (import->table && restore_abandon(import->table, &err) < 0)
		log_warning("%s", err.message);
	import_job_free(import);
}

int import_job_load(struct import_job *import, struct slice id, struct error *err)
{
	int r;

	import->job = (struct job){ .kind = JOB_IMPORT, .run = run_import, .free = free_import };
	import->id = arena_copy(&import->arena, id);
	TRY(r = transfer_get(import->engine->store, LEDGER_IMPORT, id, &import->arena,
		    &import->record, err));
	if (r == LEDGER_ABSENT)
		return error_set(err, ERROR_SYSTEM, "the new import is gone");
	import->description = *import->record.description;
	return 0;
}

int import_tidy(struct engine *engine, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	const struct import_record_kept *records;
	struct transfer_list list;

	TRY(transfer_read_all(engine->store, LEDGER_IMPORT, &arena, &list, err));
	records = (const void *)list.records;
	for (size_t i = 0; i < list.count; i++) {
		struct import_job import = { .engine = engine, .arena = ARENA_INIT };
		int r;

		if (!slice_equal_string(records[i].description->import_status, "IN_PROGRESS"))
			continue;
		import.id = list.ids[i];
		import.record = records[i];
		import.description = *records[i].description;
		fail(&import, "InternalServerError", "the server was stopped");
		r = save(&import, err);
		arena_release(&import.arena);
		TRY(r);
	}
	return 0;
}
