/*
 * ExportTableToPointInTime, DescribeExport, ListExports.
 *
 * The moment is pinned before the answer; a job writes the files. Source: Developer
 * Guide, "DynamoDB data export to Amazon S3: how it works".
 */
#include "api/arn.h"
#include "api/bucket.h"
#include "api/export_job.h"
#include "api/shapes_export.h"
#include "api/source_table.h"

#include "base/clock.h"
#include "store/recovery.h"

#define DAY_NS (24LL * 60 * 60 * 1000000000)

/* What can be said of the request before its table is looked for. */

static int check_span(const struct export_table_input *in, struct error *err)
{
	bool incremental = slice_equal_string(in->type, "INCREMENTAL_EXPORT");

	if (incremental && in->export_time)
		return error_set(err, ERROR_VALIDATION,
			"ExportTime cannot be specified with ExportType INCREMENTAL_EXPORT");
	if (!incremental && in->span)
		return error_set(err, ERROR_VALIDATION,
			"IncrementalExportSpecification can only be specified with ExportType "
			"INCREMENTAL_EXPORT");
	if (incremental && (!in->span || !in->span->from_time))
		return error_set(err, ERROR_VALIDATION,
			"ExportFromTime must be specified with ExportType INCREMENTAL_EXPORT");
	return 0;
}

static int check_input(
	struct engine *engine, const struct export_table_input *in, struct error *err)
{
	if (slice_equal_string(in->format, "ION"))
		return error_set(err, ERROR_VALIDATION,
			"ExportFormat ION is not supported here: use DYNAMODB_JSON");
	TRY(check_span(in, err));
	TRY(bucket_check_root(engine->buckets, err));
	TRY(bucket_check_name(in->bucket, err));
	return bucket_check_prefix(in->prefix, err);
}

/* Tokens. */

#define EXPORT_REPLAYED 1
/* Looks for the export that the token has begun: 0, or EXPORT_REPLAYED. */
static int find_replay(struct engine *engine, const struct export_table_input *in,
	struct arena *arena, const struct export_description **ret, struct error *err)
{
	const struct export_record *records;
	struct transfer_list list;
	struct slice hash = transfer_hash(&shape_export_table_input, in, arena);
	int64_t since = clock_realtime_ns() - TRANSFER_TOKEN_NS;

	if (!slice_present(in->client_token))
		return 0;
	TRY(transfer_read_all(engine->store, LEDGER_EXPORT, arena, &list, err));
	records = (const void *)list.records;
	for (size_t i = 0; i < list.count; i++) {
		const struct export_description *found = records[i].description;

		if (!slice_equal(found->client_token, in->client_token) ||
			found->start_time < since)
			continue;
		if (!slice_equal(records[i].request, hash))
			return error_set(err, ERROR_EXPORT_CONFLICT,
				"There was a conflict when writing to the specified S3 bucket: the "
				"ClientToken was used with other parameters");
		*ret = found;
		return EXPORT_REPLAYED;
	}
	return 0;
}

/* Times. */

static int out_of_range(
	const struct table *table, const char *name, int64_t wanted, int64_t now, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&text, "Invalid %s: ", name);
	clock_append_iso(&text, wanted);
	buf_append_string(&text, " is not between ");
	clock_append_iso(&text, source_table_earliest(table_description(table), now));
	buf_append_string(&text, " and ");
	clock_append_iso(&text, now);
	return error_set(err, ERROR_EXPORT_TIME, "%s", buf_string(&text));
}

static int check_time(
	const struct table *table, const char *name, int64_t wanted, int64_t now, struct error *err)
{
	if (wanted >= source_table_earliest(table_description(table), now) && wanted <= now)
		return 0;
	return out_of_range(table, name, wanted, now, err);
}

/* What is asked for, with what is left out filled in. */
struct moment {
	int64_t now;
	uint64_t pin; /* or SNAPSHOT_NOW */
	struct export_span span; /* of an incremental one */
};

static int choose_span(const struct table *table, const struct export_span *in, struct moment *ret,
	struct error *err)
{
	int64_t earliest = recovery_earliest(table_description(table), ret->now);

	ret->span = *in;
	if (!ret->span.to_time)
		ret->span.to_time =
			in->from_time + DAY_NS < ret->now ? in->from_time + DAY_NS : ret->now;
	if (!slice_present(ret->span.view))
		ret->span.view = SLICE("NEW_AND_OLD_IMAGES");
	TRY(check_time(table, "ExportFromTime", ret->span.from_time, ret->now, err));
	TRY(check_time(table, "ExportToTime", ret->span.to_time, ret->now, err));
	if (ret->span.from_time >= ret->span.to_time)
		return error_set(err, ERROR_EXPORT_TIME,
			"Invalid ExportFromTime: it must be before ExportToTime");
	if (ret->span.to_time - ret->span.from_time > DAY_NS)
		return error_set(err, ERROR_EXPORT_TIME,
			"Invalid ExportFromTime: it is more than 24 hours before ExportToTime");
	ret->pin = (uint64_t)(ret->span.from_time > earliest ? ret->span.from_time - 1 : earliest);
	return 0;
}

static int choose_moment(const struct table *table, const struct export_table_input *in,
	struct moment *ret, struct error *err)
{
	*ret = (struct moment){ .now = clock_realtime_ns(), .pin = SNAPSHOT_NOW };
	TRY(source_table_check_recovery(table, err));
	if (in->span)
		return choose_span(table, in->span, ret, err);
	if (!in->export_time)
		return 0;
	ret->pin = (uint64_t)in->export_time;
	return check_time(table, "ExportTime", in->export_time, ret->now, err);
}

static int pin(struct table *table, const struct moment *moment, struct export_job *export,
	struct error *err)
{
	int r;

	TRY(r = snapshot_open(table, moment->pin, &export->snapshot, err));
	if (r == TABLE_ABSENT)
		return source_table_absent(table_description(table)->name, err);
	if (r == SNAPSHOT_GONE)
		return out_of_range(
			table, "ExportTime", (int64_t)moment->pin, clock_realtime_ns(), err);
	return 0;
}

/* Beginning. */

static struct export_description describe_new(struct engine *engine, struct table *table,
	const struct export_table_input *in, struct slice id, const struct moment *moment,
	uint64_t pinned, struct arena *arena)
{
	const struct table_description *description = table_description(table);
	struct export_span *span = arena_alloc(arena, sizeof(*span));

	*span = moment->span;
	return (struct export_description){
		.export_arn = arn_of_part(engine, description->name, "export", id, arena),
		.export_status = SLICE("IN_PROGRESS"),
		.start_time = moment->now,
		.table_arn = arn_of_table(engine, description->name, arena),
		.table_id = arena_copy(arena, description->id),
		.export_time = in->span ? moment->span.to_time : (int64_t)pinned,
		.client_token = in->client_token,
		.bucket = in->bucket,
		.bucket_owner = in->bucket_owner,
		.prefix = in->prefix,
		.sse_algorithm = in->sse_algorithm,
		.sse_kms_key_id = in->sse_kms_key_id,
		.format = SLICE("DYNAMODB_JSON"),
		.type = in->span ? SLICE("INCREMENTAL_EXPORT") : SLICE("FULL_EXPORT"),
		.span = in->span ? span : NULL,
	};
}

static int note(struct engine *engine, struct request *request, struct table *table,
	const struct moment *moment, struct export_job *export, struct export_description *ret,
	struct error *err)
{
	const struct export_table_input *in = request->input;
	struct export_record record = {
		.description = ret,
		.request = transfer_hash(&shape_export_table_input, in, request->arena),
	};
	struct slice id;

	TRY(ledger_make_id(request->arena, moment->now, &id, err));
	*ret = describe_new(
		engine, table, in, id, moment, export->snapshot.pin.stamp, request->arena);
	TRY(transfer_save(
		engine->store, LEDGER_EXPORT, id, &record, engine->durability[request->door], err));
	return export_job_load(export, id, err);
}

static int begin(struct engine *engine, struct request *request, struct export_job *export,
	struct export_description *ret, struct error *err)
{
	const struct export_table_input *in = request->input;
	struct table *table CLEANUP(table_unrefp) = NULL;
	struct moment moment;

	TRY(source_table_find_arn(engine, request, in->table_arn, &table, err));
	TRY(choose_moment(table, in, &moment, err));
	TRY(job_admit(engine->jobs, JOB_EXPORT, err));
	TRY(pin(table, &moment, export, err));
	return note(engine, request, table, &moment, export, ret, err);
}

int run_export_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct export_table_input *in = request->input;
	struct export_output *out = request->output;
	struct export_description *description = arena_alloc(request->arena, sizeof(*description));
	struct export_job *export;
	int r;

	TRY(arn_check(engine, request, in->table_arn, err));
	TRY(check_input(engine, in, err));
	TRY(r = find_replay(engine, in, request->arena, &out->export_description, err));
	if (r == EXPORT_REPLAYED)
		return 0;
	export = export_job_new(engine);
	if (begin(engine, request, export, description, err) < 0) {
		export_job_free(export);
		return -1;
	}
	out->export_description = description;
	job_submit(engine->jobs, &export->job);
	return 0;
}

int run_describe_export(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_export_input *in = request->input;
	struct export_output *out = request->output;
	struct export_record record = { 0 };
	struct slice table, id;
	int r = LEDGER_ABSENT;

	if (arn_split(engine, in->export_arn, "export", &table, &id))
		TRY(r = transfer_get(
			    engine->store, LEDGER_EXPORT, id, request->arena, &record, err));
	if (r == LEDGER_ABSENT || !slice_equal(record.description->export_arn, in->export_arn))
		return error_set(err, ERROR_EXPORT_NOT_FOUND, "Export not found: %.*s",
			SLICE_ARG(in->export_arn));
	out->export_description = record.description;
	return 0;
}

int run_list_exports(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_exports_input *in = request->input;
	struct list_exports_output *out = request->output;
	size_t limit = in->max_results.present ? (size_t)in->max_results.value : TRANSFER_PAGE_MAX;
	struct export_summary_facts *facts;
	const struct export_record *records;
	struct transfer_list list;
	size_t at, count = 0, last = 0;

	TRY(transfer_read_all(engine->store, LEDGER_EXPORT, request->arena, &list, err));
	TRY(transfer_find_page(&list, in->next_token, &at, err));
	records = (const void *)list.records;
	facts = arena_alloc_array(request->arena, limit, sizeof(*facts));
	for (; at < list.count; at++) {
		const struct export_description *found = records[at].description;

		if (slice_present(in->table_arn) && !slice_equal(in->table_arn, found->table_arn))
			continue;
		if (count == limit) {
			out->next_token = transfer_page_token(list.ids[last], request->arena);
			break;
		}
		last = at;
		facts[count++] = (struct export_summary_facts){
			.export_arn = found->export_arn,
			.export_status = found->export_status,
			.type = found->type,
		};
	}
	out->export_summaries = (struct request_list){ true, count, facts };
	return 0;
}
