/*
 * ImportTable, DescribeImport, ListImports. Source: Developer Guide, "DynamoDB data
 * import from Amazon S3: how it works".
 */
#include "api/access.h"
#include "api/arn.h"
#include "api/bucket.h"
#include "api/import_job.h"
#include "api/shapes_export.h"
#include "api/table_design.h"

#include "base/clock.h"

/* What can be said of the request alone. */

static int check_format(const struct import_table_input *in, struct error *err)
{
	bool csv = slice_equal_string(in->format, "CSV");

	if (slice_equal_string(in->format, "ION"))
		return error_set(err, ERROR_VALIDATION,
			"InputFormat ION is not supported here: use DYNAMODB_JSON or CSV");
	if (!csv && in->format_options && in->format_options->csv)
		return error_set(err, ERROR_VALIDATION,
			"InputFormatOptions.Csv can only be specified with InputFormat CSV");
	return 0;
}

static int check_input(
	struct engine *engine, const struct import_table_input *in, struct error *err)
{
	TRY(check_format(in, err));
	TRY(bucket_check_root(engine->buckets, err));
	TRY(bucket_check_name(in->source->bucket, err));
	return bucket_check_prefix(in->source->prefix, err);
}

static int design(const struct engine *engine, const struct table_creation_parameters *in,
	struct arena *arena, struct table_description *ret, struct error *err)
{
	const struct create_table_input create = {
		.table_name = in->table_name,
		.billing_mode = in->billing_mode,
		.provisioned_throughput = in->provisioned_throughput,
		.key_schema = in->key_schema,
		.attribute_definitions = in->attribute_definitions,
		.global_secondary_indexes = in->global_secondary_indexes,
		.on_demand_throughput = in->on_demand_throughput,
	};

	TRY(design_table(&create, arena, ret, err));
	if (in->sse_specification)
		TRY(design_encryption(engine, in->sse_specification, arena, ret, err));
	ret->creating = true;
	return 0;
}

#define IMPORT_REPLAYED 1
/* Looks for the import that the token has begun: 0, or IMPORT_REPLAYED. */
static int find_replay(struct engine *engine, const struct import_table_input *in,
	struct arena *arena, const struct import_description **ret, struct error *err)
{
	const struct import_record_kept *records;
	struct slice hash = transfer_hash(&shape_import_table_input, in, arena);
	int64_t since = clock_realtime_ns() - TRANSFER_TOKEN_NS;
	struct transfer_list list;

	if (!slice_present(in->client_token))
		return 0;
	TRY(transfer_read_all(engine->store, LEDGER_IMPORT, arena, &list, err));
	records = (const void *)list.records;
	for (size_t i = 0; i < list.count; i++) {
		const struct import_description *found = records[i].description;

		if (!slice_equal(found->client_token, in->client_token) ||
			found->start_time < since)
			continue;
		if (!slice_equal(records[i].request, hash))
			return error_set(err, ERROR_IMPORT_CONFLICT,
				"There was a conflict when importing from the specified S3 source: "
				"the ClientToken was used with other parameters");
		*ret = found;
		return IMPORT_REPLAYED;
	}
	return 0;
}

/* Beginning. */

static struct slice log_group_arn(const struct engine *engine, struct arena *arena)
{
	return arena_printf(arena, "arn:aws:logs:%.*s:%.*s:log-group:" IMPORT_LOG_GROUP ":*",
		SLICE_ARG(engine->region), SLICE_ARG(engine->account));
}

static struct import_description describe_new(struct engine *engine,
	const struct import_table_input *in, const struct table_description *table, struct slice id,
	int64_t now, struct arena *arena)
{
	return (struct import_description){
		.import_arn = arn_of_part(engine, table->name, "import", id, arena),
		.import_status = SLICE("IN_PROGRESS"),
		.table_arn = arn_of_table(engine, table->name, arena),
		.table_id = table->id,
		.client_token = in->client_token,
		.source = in->source,
		.error_count = { true, 0 },
		.log_group_arn = log_group_arn(engine, arena),
		.format = in->format,
		.format_options = in->format_options,
		.compression = slice_present(in->compression) ? in->compression : SLICE("NONE"),
		.table = in->table,
		.start_time = now,
		.processed_size_bytes = { true, 0 },
		.processed_item_count = { true, 0 },
		.imported_item_count = { true, 0 },
	};
}

static int make_table(struct engine *engine, struct request *request,
	struct table_description *description, struct import_job *import, struct error *err)
{
	int r;

	TRY(r = table_create(engine->store, description, false, request->arena,
		    engine->durability[request->door], err));
	if (r == TABLE_EXISTS)
		return error_set(err, ERROR_TABLE_IN_USE, "Table already exists: %.*s",
			SLICE_ARG(description->name));
	TRY(r = table_find(engine->store, description->name, &import->table, err));
	return r == TABLE_ABSENT ? error_set(err, ERROR_SYSTEM, "the new table is gone") : 0;
}

/* The table comes first: one without a record is removed at the next start. */
static int begin(struct engine *engine, struct request *request, struct import_job *import,
	struct import_description *ret, struct error *err)
{
	const struct import_table_input *in = request->input;
	struct table_description description;
	struct import_record_kept record = { .description = ret };
	int64_t now = clock_realtime_ns();
	struct slice id;

	TRY(design(engine, in->table, request->arena, &description, err));
	access_describe(access_of_maker(request->principal), &description);
	TRY(job_admit(engine->jobs, JOB_IMPORT, err));
	TRY(ledger_make_id(request->arena, now, &id, err));
	TRY(make_table(engine, request, &description, import, err));
	*ret = describe_new(engine, in, &description, id, now, request->arena);
	record.request = transfer_hash(&shape_import_table_input, in, request->arena);
	TRY(transfer_save(
		engine->store, LEDGER_IMPORT, id, &record, engine->durability[request->door], err));
	return import_job_load(import, id, err);
}

int run_import_table(struct engine *engine, struct request *request, struct error *err)
{
	const struct import_table_input *in = request->input;
	struct import_output *out = request->output;
	struct import_description *description = arena_alloc(request->arena, sizeof(*description));
	struct import_job *import;
	int r;

	TRY(check_input(engine, in, err));
	TRY(r = find_replay(engine, in, request->arena, &out->import_table_description, err));
	if (r == IMPORT_REPLAYED)
		return 0;
	import = import_job_new(engine);
	if (begin(engine, request, import, description, err) < 0) {
		import_job_abandon(import);
		return -1;
	}
	out->import_table_description = description;
	job_submit(engine->jobs, &import->job);
	return 0;
}

int run_describe_import(struct engine *engine, struct request *request, struct error *err)
{
	const struct describe_import_input *in = request->input;
	struct import_output *out = request->output;
	struct import_record_kept record = { 0 };
	struct slice table, id;
	int r = LEDGER_ABSENT;

	if (arn_split(engine, in->import_arn, "import", &table, &id))
		TRY(r = transfer_get(
			    engine->store, LEDGER_IMPORT, id, request->arena, &record, err));
	if (r == LEDGER_ABSENT || !slice_equal(record.description->import_arn, in->import_arn))
		return error_set(err, ERROR_IMPORT_NOT_FOUND, "Import not found: %.*s",
			SLICE_ARG(in->import_arn));
	out->import_table_description = record.description;
	return 0;
}

static struct import_summary_facts summarise(const struct import_description *description)
{
	return (struct import_summary_facts){
		.import_arn = description->import_arn,
		.import_status = description->import_status,
		.table_arn = description->table_arn,
		.source = description->source,
		.log_group_arn = description->log_group_arn,
		.format = description->format,
		.start_time = description->start_time,
		.end_time = description->end_time,
	};
}

int run_list_imports(struct engine *engine, struct request *request, struct error *err)
{
	const struct list_imports_input *in = request->input;
	struct list_imports_output *out = request->output;
	size_t limit = in->page_size.present ? (size_t)in->page_size.value : TRANSFER_PAGE_MAX;
	struct import_summary_facts *facts;
	const struct import_record_kept *records;
	struct transfer_list list;
	size_t at, count = 0, last = 0;

	TRY(transfer_read_all(engine->store, LEDGER_IMPORT, request->arena, &list, err));
	TRY(transfer_find_page(&list, in->next_token, &at, err));
	records = (const void *)list.records;
	facts = arena_alloc_array(request->arena, limit, sizeof(*facts));
	for (; at < list.count; at++) {
		const struct import_description *found = records[at].description;

		if (slice_present(in->table_arn) && !slice_equal(in->table_arn, found->table_arn))
			continue;
		if (count == limit) {
			out->next_token = transfer_page_token(list.ids[last], request->arena);
			break;
		}
		last = at;
		facts[count++] = summarise(found);
	}
	out->import_summaries = (struct request_list){ true, count, facts };
	return 0;
}
