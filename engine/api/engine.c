#include "api/engine.h"

#include "api/access.h"
#include "api/audit_event.h"
#include "api/bucket.h"
#include "api/export_job.h"
#include "api/import_job.h"
#include "api/job.h"
#include "api/op_hot_backup.h"
#include "api/operations.h"
#include "api/system_backup.h"
#include "api/validate.h"
#include "base/clock.h"
#include "base/memory.h"
#include "monitor/alarms_check.h"
#include "store/check.h"
#include "store/store.h"

static int open_audit(
	struct engine *engine, const struct engine_options *options, struct error *err)
{
	const struct audit_options audit = {
		.store = engine->store,
		.mode = options->audit,
		.items = options->audit_items,
		.max_bytes = options->audit_bytes,
		.region = engine->region,
		.account = engine->account,
	};

	return audit_open(&audit, &engine->audit, err);
}

static int check_buckets(const struct engine *engine, struct error *err)
{
	if (!engine->buckets)
		return 0;
	return bucket_check_apart(engine->buckets, store_path(engine->store), err);
}

int engine_open(const char *path, const struct engine_options *options, struct engine **ret,
	struct error *err)
{
	struct store_options store_options = {
		.cache_bytes = options->cache_bytes,
		.ttl_interval_seconds = options->ttl_interval_seconds,
		.region = options->region,
		.key_file = options->key_file,
	};
	struct monitor_options monitor_options = { .enforce_capacity = options->enforce_capacity };
	struct store *store;
	struct engine *engine;

	TRY(store_open(path, &store_options, &store, err));
	monitor_options.store = store;
	engine = memory_new_zero(sizeof(*engine));
	engine->store = store;
	engine->hot_backup = hot_backup_job_new(store);
	engine->durability[DOOR_MOUNT] =
		options->strict_durability ? DURABLE_POWER : DURABLE_PROCESS;
	engine->durability[DOOR_API] =
		options->relaxed_durability ? DURABLE_PROCESS : DURABLE_POWER;
	engine->finish_jobs = options->finish_jobs;
	engine->buckets = options->buckets;
	engine->region = slice_from_string(options->region ? options->region : "us-east-1");
	engine->account = slice_from_string(options->account ? options->account : "123456789012");
	pthread_mutex_init(&engine->root_mutex, NULL);
	if (check_buckets(engine, err) < 0 || access_open_root(engine, err) < 0 ||
		monitor_open(&monitor_options, &engine->monitor, err) < 0) {
		engine_close(engine);
		return -1;
	}
	if (open_audit(engine, options, err) < 0 || job_queue_open(store, &engine->jobs, err) < 0 ||
		export_tidy(engine, err) < 0 || import_tidy(engine, err) < 0 ||
		system_backup_resume(engine, err) < 0) {
		engine_close(engine);
		return -1;
	}
	*ret = engine;
	return 0;
}

void engine_close(struct engine *engine)
{
	hot_backup_job_free(engine->hot_backup);
	job_queue_close(engine->jobs, engine->finish_jobs);
	audit_close(engine->audit);
	monitor_close(engine->monitor);
	store_close(engine->store);
	pthread_mutex_destroy(&engine->root_mutex);
	free(engine);
}

bool engine_is_encrypted(const struct engine *engine)
{
	return store_is_encrypted(engine->store);
}

static int run_checked(struct engine *engine, const struct operation *operation,
	struct request *request, struct error *err)
{
	if (operation->input && validate_input(operation->input, request->input, err) < 0)
		return access_prefer_denial(engine, request, err);
	TRY(access_check(engine, request, err));
	return operation->run(engine, request, err);
}

/* Tells the monitors of a call of the service's API, by the name that the audit log
 * has for it. What is none there, as a look of the mount, counts if it used
 * anything; and whoever looks at the monitors is none of what they watch. */
static void monitor_call(struct engine *engine, const struct audit_call *ended)
{
	struct audit_event event = { 0 };
	bool named = audit_event_of(ended, &event);
	const struct call call = {
		.operation = named && ended->operation ? event.name.data : NULL,
		.begun_ns = ended->begun_ns,
		.duration_ns = clock_realtime_ns() - ended->begun_ns,
		.err = ended->err,
		.tables = ended->tables,
		.table_count = ended->table_count,
	};

	if (ended->operation && ended->operation->kind == OPERATION_MONITOR)
		return;
	if (named || call.table_count)
		monitor_note(engine->monitor, &call);
}

static void note_call(struct engine *engine, const struct request *request, int64_t begun_ns,
	const struct error *err)
{
	const struct audit_call call = {
		.operation = &operations[request->operation],
		.door = request->door,
		.caller = request->caller,
		.request_id = request->id,
		.begun_ns = begun_ns,
		.asked_by_name = request->as_json,
		.input = request->input,
		.output = request->output,
		.err = err,
		.tables = request->usage->tables,
		.table_count = request->usage->count,
	};

	monitor_call(engine, &call);
	audit_note(engine->audit, &call);
}

void engine_note_refusal(struct engine *engine, const struct audit_call *call)
{
	monitor_call(engine, call);
	audit_note(engine->audit, call);
}

int engine_run(struct engine *engine, struct request *request, struct error *err)
{
	const struct operation *operation = &operations[request->operation];
	struct usage usage CLEANUP(usage_release) = USAGE_INIT;
	int64_t begun_ns = clock_realtime_ns();
	int r;

	usage.engine = engine;
	request->usage = &usage;
	r = run_checked(engine, operation, request, err);
	note_call(engine, request, begun_ns, r < 0 ? err : NULL);
	request->wait_ns = usage.wait_ns;
	request->usage = NULL;
	if (engine->settle && request->door == DOOR_API && operation->kind != OPERATION_READ &&
		operation->kind != OPERATION_STREAM && operation->kind != OPERATION_MONITOR)
		engine->settle(engine->settle_context);
	return r;
}

void engine_watch_settle(struct engine *engine, engine_settle *settle, void *context)
{
	engine->settle = settle;
	engine->settle_context = context;
}

void engine_watch(struct engine *engine, change_watcher *watcher, void *context)
{
	store_watch(engine->store, watcher, context);
}

void engine_keep_streams(struct engine *engine, stream_keeper *keeper, void *context)
{
	store_keep_streams(engine->store, keeper, context);
}

int engine_find_table(
	struct engine *engine, struct slice name, struct table **ret, struct error *err)
{
	int r = table_find(engine->store, name, ret, err);

	TRY(r);
	if (r != TABLE_ABSENT && !table_in_transition(*ret))
		return 0;
	if (r != TABLE_ABSENT)
		table_unrefp(ret);
	return error_set(err, ERROR_TABLE_NOT_FOUND, "Requested resource not found");
}

int engine_check(const char *path, const char *key_file, engine_check_report *report, void *context,
	struct engine_check_totals *ret, struct error *err)
{
	struct store_options options = { .read_only_check = true, .key_file = key_file };
	struct check_totals totals = { 0 };
	struct store *store;
	int r;

	TRY(store_open(path, &options, &store, err));
	r = store_check(store, report, context, &totals, err);
	if (r == 0)
		r = alarms_check(store, report, context, &totals.problems, err);
	store_close(store);
	*ret = (struct engine_check_totals){ totals.tables, totals.items, totals.bytes,
		totals.problems };
	return r;
}
