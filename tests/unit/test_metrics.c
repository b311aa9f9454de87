/*
 * Metrics against figures computed by hand. Time is simulated: minute M of a
 * test begins at START + M minutes.
 */
#undef NDEBUG
#include "monitor/metrics.h"
#include "store/series.h"
#include "store/ttl.h"
#include "store_fixture.h"

#include <pthread.h>
#include <time.h>

#define START (29000000LL * MINUTE_NS)

static int64_t at(int64_t minute)
{
	return START + minute * MINUTE_NS;
}

struct recorder {
	struct fixture f;
	struct metrics *metrics;
};

static void recorder_release(struct recorder *r)
{
	metrics_close(r->metrics, at(0));
	fixture_release(&r->f);
}

static struct recorder recorder_new(void)
{
	struct recorder r = { .f = fixture_new() };

	r.metrics = metrics_open(r.f.store);
	return r;
}

/* Closes everything and opens it again. */
static void recorder_restart(struct recorder *r, int64_t now_ns)
{
	metrics_close(r->metrics, now_ns);
	fixture_close(&r->f);
	fixture_open(&r->f);
	r->metrics = metrics_open(r->f.store);
}

/* A call of one table. */
struct sample_call {
	struct call call;
	struct call_table table;
	struct call_index indexes[3];
};

static void note(struct recorder *r, struct sample_call *sample, int64_t ended_ns)
{
	sample->call.begun_ns = ended_ns - sample->call.duration_ns;
	if (slice_present(sample->table.name)) {
		sample->table.indexes = sample->indexes;
		sample->call.tables = &sample->table;
		sample->call.table_count = 1;
	}
	metrics_note(r->metrics, &sample->call);
}

static void note_get(struct recorder *r, const char *table, double units, double ms, int64_t now_ns)
{
	struct sample_call sample = {
		.call = { .operation = "GetItem", .duration_ns = (int64_t)(ms * 1e6) },
		.table = { .name = slice_from_string(table), .units.read = units },
	};

	note(r, &sample, now_ns);
}

#define OF(table_name, index_name, operation_name) \
	.dimensions = { \
		[DIMENSION_TABLE] = slice_from_string(table_name), \
		[DIMENSION_INDEX] = slice_from_string(index_name), \
		[DIMENSION_OPERATION] = slice_from_string(operation_name), \
	}

/* The datapoints of minutes [from, until). */
static size_t ask(struct recorder *r, const struct metric_series *series, int64_t from,
	int64_t until, unsigned period, struct metric_datapoint **ret)
{
	static const double percentiles[] = { 50, 90, 99.9 };
	struct metric_query query = {
		.series = *series,
		.start_ns = at(from),
		.end_ns = at(until),
		.period_minutes = period,
		.percentiles = percentiles,
		.percentile_count = 3,
	};
	size_t count;

	CHECK_OK(metrics_statistics(r->metrics, &query, &r->f.arena, ret, &count, &r->f.err),
		&r->f.err);
	return count;
}

/* All of it as one. */
static struct metric_datapoint ask_one(struct recorder *r, const struct metric_series *series)
{
	struct metric_datapoint *points;
	size_t count = ask(r, series, -20000, 40000, 60000, &points);

	CHECK(count <= 1);
	return count ? points[0] : (struct metric_datapoint){ 0 };
}

static double sum_of(struct recorder *r, struct metric_series series)
{
	return ask_one(r, &series).sum;
}

static const struct metric_series reads_of_t = {
	METRIC_CONSUMED_READ_CAPACITY_UNITS,
	{ [DIMENSION_TABLE] = { "T", 1 } },
};

static void each_metric_has_a_name_a_code_and_a_unit_of_its_own(void)
{
	for (unsigned i = 0; i < METRIC_COUNT; i++) {
		const struct metric_info *info = &metrics_info[i];

		CHECK(info->name && info->unit && info->help && info->scopes);
		CHECK(info->code < 64);
		CHECK_INT(metric_find(slice_from_string(info->name)), i);
		CHECK_INT(metric_find_code(info->code), i);
		CHECK(i == 0 || strcmp(metrics_info[i - 1].name, info->name) < 0);
	}
	CHECK_INT(metric_find(SLICE("consumedReadCapacityUnits")), METRIC_COUNT);
}

static void statistics_are_those_computed_by_hand(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;

	note_get(&r, "T", 0.5, 1, at(0));
	note_get(&r, "T", 2, 1, at(0) + MINUTE_NS - 1);
	note_get(&r, "T", 1, 1, at(0) + 5);
	note_get(&r, "T", 8, 1, at(2));
	CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), 2);
	CHECK(points[0].time_ns == at(0) && points[1].time_ns == at(2));
	CHECK(points[0].sample_count == 3);
	CHECK(points[0].sum == 3.5);
	CHECK(points[0].average == 3.5 / 3);
	CHECK(points[0].minimum == 0.5 && points[0].maximum == 2);
	CHECK(points[0].percentiles[0] == 1);
	CHECK(points[0].percentiles[1] == 2 && points[0].percentiles[2] == 2);
	CHECK(points[1].sample_count == 1 && points[1].sum == 8 && points[1].minimum == 8);
}

static void periods_count_from_the_start_and_the_end_is_not_among_them(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;

	for (int minute = 0; minute < 12; minute++)
		note_get(&r, "T", minute + 1, 1, at(minute));
	CHECK_INT(ask(&r, &reads_of_t, 3, 11, 5, &points), 2);
	CHECK(points[0].time_ns == at(3) && points[0].sum == 4 + 5 + 6 + 7 + 8);
	CHECK(points[1].time_ns == at(8) && points[1].sum == 9 + 10 + 11);
	CHECK(points[0].sample_count == 5 && points[0].average == 6);
}

static void a_call_counts_for_the_minute_in_which_it_ends(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;

	note_get(&r, "T", 1, 90000, at(5) + 1);
	CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), 1);
	CHECK(points[0].time_ns == at(5));
}

static void units_are_the_tables_with_its_local_indexes_or_a_global_indexs(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct sample_call sample = {
		.call = { .operation = "PutItem" },
		.table = { .name = SLICE("T"), .units.write = 2, .index_count = 3 },
		.indexes = {
			{ .name = SLICE("G"), .units.write = 3, .throttles.write = 1 },
			{ .name = SLICE("L"), .local = true, .units.write = 5 },
			{ .name = SLICE("H"), .units.read = 0.5 },
		},
	};

	note(&r, &sample, at(0));
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_CONSUMED_WRITE_CAPACITY_UNITS, OF("T", NULL, NULL) }) == 7);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_CONSUMED_WRITE_CAPACITY_UNITS, OF("T", "G", NULL) }) == 3);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_CONSUMED_WRITE_CAPACITY_UNITS, OF("T", "L", NULL) }) == 0);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_CONSUMED_READ_CAPACITY_UNITS, OF("T", "H", NULL) }) == 0.5);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_WRITE_THROTTLE_EVENTS, OF("T", NULL, NULL) }) == 0);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_WRITE_THROTTLE_EVENTS, OF("T", "G", NULL) }) == 1);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_THROTTLED_REQUESTS, OF("T", NULL, "PutItem") }) == 1);
}

static void a_batch_is_throttled_when_none_of_it_is_admitted(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct call_key keys[] = { { .throttles.write = 1 }, { .throttles.write = 1 } };
	struct sample_call sample = {
		.call = { .operation = "BatchWriteItem" },
		.table = { .name = SLICE("T"), .throttles.write = 2, .keys = keys, .key_count = 2 },
	};
	const struct metric_series throttled = { METRIC_THROTTLED_REQUESTS,
		OF("T", NULL, "BatchWriteItem") };

	note(&r, &sample, at(0));
	CHECK(sum_of(&r, throttled) == 1);
	keys[0] = (struct call_key){ .units.write = 1 };
	sample.table.throttles.write = 1;
	note(&r, &sample, at(0));
	CHECK(sum_of(&r, throttled) == 1);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_WRITE_THROTTLE_EVENTS, OF("T", NULL, NULL) }) == 3);
}

static void note_error(struct recorder *r, const char *table, enum error_class class)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct sample_call sample = {
		.call = { .operation = "PutItem", .err = &err },
		.table = { .name = slice_from_string(table) },
	};

	error_set(&err, class, "no");
	sample.table.failed_conditions = class == ERROR_CONDITION_FAILED;
	note(r, &sample, at(0));
}

static void errors_count_by_the_status_that_they_have_over_http(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();

	note_error(&r, "T", ERROR_VALIDATION);
	note_error(&r, NULL, ERROR_TABLE_NOT_FOUND);
	note_error(&r, "T", ERROR_CONDITION_FAILED);
	note_error(&r, "T", ERROR_SYSTEM);
	note_error(&r, "T", ERROR_NO_SPACE);
	note_error(&r, NULL, ERROR_SYSTEM);
	CHECK(sum_of(&r, (struct metric_series){ .metric = METRIC_USER_ERRORS }) == 2);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_SYSTEM_ERRORS, OF("T", NULL, "PutItem") }) == 2);
	CHECK(sum_of(&r, (struct metric_series){
				 METRIC_SYSTEM_ERRORS, OF(NULL, NULL, "PutItem") }) == 1);
	CHECK(sum_of(&r, (struct metric_series){ METRIC_CONDITIONAL_CHECK_FAILED_REQUESTS,
				 OF("T", NULL, NULL) }) == 1);
	CHECK(sum_of(&r, (struct metric_series){ METRIC_SUCCESSFUL_REQUEST_LATENCY,
				 OF("T", NULL, "PutItem") }) == 0);
}

static void latency_is_of_an_operation_and_its_table(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	const struct metric_series series = { METRIC_SUCCESSFUL_REQUEST_LATENCY,
		OF("T", NULL, "GetItem") };
	struct sample_call listing = {
		.call = { .operation = "ListTables", .duration_ns = 3000000 },
	};
	struct metric_datapoint point;

	for (int ms = 1; ms <= 100; ms++)
		note_get(&r, "T", 0.5, ms, at(0));
	note_get(&r, "U", 0.5, 1000, at(0));
	note(&r, &listing, at(0));
	point = ask_one(&r, &series);
	CHECK(point.sample_count == 100 && point.minimum == 1 && point.maximum == 100);
	CHECK(point.average == 50.5);
	CHECK(point.percentiles[0] == 50 && point.percentiles[1] == 90);
	CHECK(point.percentiles[2] == 100);
	CHECK(sum_of(&r, (struct metric_series){ METRIC_SUCCESSFUL_REQUEST_LATENCY,
				 OF(NULL, NULL, "ListTables") }) == 3);
}

static void what_is_returned_counts_by_operation_and_stream(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct sample_call query = {
		.call = { .operation = "Query" },
		.table = { .name = SLICE("T"), .returned_items = 3, .returned_bytes = 70 },
	};
	struct sample_call records = {
		.call = { .operation = "GetRecords" },
		.table = { .name = SLICE("T"),
			.stream_label = SLICE("2026"),
			.returned_records = 4,
			.returned_bytes = 900 },
	};
	struct metric_series series = { METRIC_RETURNED_ITEM_COUNT, OF("T", NULL, "Query") };

	note(&r, &query, at(0));
	query.table.returned_items = 0;
	query.table.returned_bytes = 0;
	note(&r, &query, at(0));
	note(&r, &records, at(0));
	CHECK(ask_one(&r, &series).average == 1.5);
	series.metric = METRIC_RETURNED_BYTES;
	CHECK(ask_one(&r, &series).sum == 70);
	series = (struct metric_series){ METRIC_RETURNED_BYTES, OF("T", NULL, "GetRecords") };
	series.dimensions[DIMENSION_STREAM] = SLICE("2026");
	CHECK(ask_one(&r, &series).sum == 900);
	series.metric = METRIC_RETURNED_RECORDS_COUNT;
	CHECK(ask_one(&r, &series).sum == 4);
}

static void a_reading_does_not_show_what_is_written_and_what_is_not(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;

	for (int minute = 0; minute < 5; minute++) {
		note_get(&r, "T", 1, 1, at(minute));
		CHECK_OK(metrics_step(r.metrics, at(minute), &r.f.err), &r.f.err);
		note_get(&r, "T", 2, 1, at(minute));
		CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), minute + 1);
		for (int i = 0; i <= minute; i++)
			CHECK(points[i].sum == 3 && points[i].sample_count == 2);
	}
}

static void a_minute_interrupted_by_a_restart_is_merged(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;

	note_get(&r, "T", 1, 1, at(0));
	note_get(&r, "T", 4, 1, at(0));
	recorder_restart(&r, at(0) + 1000);
	note_get(&r, "T", 16, 1, at(0) + 2000);
	CHECK_INT(ask(&r, &reads_of_t, 0, 1, 1, &points), 1);
	CHECK(points[0].sum == 21);
	recorder_restart(&r, at(0) + 3000);
	note_get(&r, "T", 64, 1, at(0) + 4000);
	CHECK_OK(metrics_step(r.metrics, at(1), &r.f.err), &r.f.err);
	CHECK_INT(ask(&r, &reads_of_t, 0, 1, 1, &points), 1);
	CHECK(points[0].sum == 85 && points[0].sample_count == 4);
	CHECK(points[0].minimum == 1 && points[0].maximum == 64);
	CHECK(points[0].percentiles[0] == 4);
}

static void a_late_call_counts_for_its_minute_when_that_was_written(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;

	note_get(&r, "T", 1, 1, at(0));
	CHECK_OK(metrics_step(r.metrics, at(1), &r.f.err), &r.f.err);
	note_get(&r, "T", 2, 1, at(1));
	note_get(&r, "T", 4, 1, at(0) + 10);
	CHECK_OK(metrics_step(r.metrics, at(2), &r.f.err), &r.f.err);
	CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), 2);
	CHECK(points[0].sum == 5 && points[1].sum == 2);
}

static void minutes_without_calls_write_nothing(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct series_name *names;
	size_t count;

	for (int minute = 0; minute < 30; minute++)
		CHECK_OK(metrics_step(r.metrics, at(minute), &r.f.err), &r.f.err);
	CHECK_OK(series_list(r.f.store, 0, &r.f.arena, &names, &count, &r.f.err), &r.f.err);
	CHECK_INT(count, 0);
}

static void figures_are_kept_for_fifteen_days(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	const int64_t kept = 15 * 24 * 60;
	struct metric_datapoint *points;
	struct metric_series *series;
	size_t count;

	note_get(&r, "T", 1, 1, at(0));
	note_get(&r, "U", 1, 1, at(0));
	note_get(&r, "T", 1, 1, at(1));
	CHECK_OK(metrics_step(r.metrics, at(kept), &r.f.err), &r.f.err);
	CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), 2);
	CHECK_OK(metrics_step(r.metrics, at(kept + 1), &r.f.err), &r.f.err);
	CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), 2);
	CHECK_OK(metrics_step(r.metrics, at(kept + 60), &r.f.err), &r.f.err);
	CHECK_INT(ask(&r, &reads_of_t, 0, 10, 1, &points), 0);
	CHECK_OK(metrics_list(r.metrics, 0, &r.f.arena, &series, &count, &r.f.err), &r.f.err);
	CHECK_INT(count, 0);
}

static void series_are_listed_by_what_came(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_series *series;
	size_t count;

	note_get(&r, "T", 1, 1, at(0));
	CHECK_OK(metrics_step(r.metrics, at(1), &r.f.err), &r.f.err);
	note_get(&r, "T", 1, 1, at(200));
	note_get(&r, "U", 1, 1, at(200));
	CHECK_OK(metrics_list(r.metrics, 0, &r.f.arena, &series, &count, &r.f.err), &r.f.err);
	CHECK_INT(count, 4);
	CHECK_INT(series[0].metric, METRIC_CONSUMED_READ_CAPACITY_UNITS);
	CHECK_TEXT(series[0].dimensions[DIMENSION_TABLE], "T");
	CHECK_TEXT(series[1].dimensions[DIMENSION_TABLE], "U");
	CHECK_INT(series[2].metric, METRIC_SUCCESSFUL_REQUEST_LATENCY);
	CHECK_TEXT(series[2].dimensions[DIMENSION_OPERATION], "GetItem");
	CHECK_INT(metric_scope(&series[2]), OF_OPERATION);
	recorder_restart(&r, at(200));
	CHECK_OK(metrics_list(r.metrics, at(200), &r.f.arena, &series, &count, &r.f.err), &r.f.err);
	CHECK_INT(count, 4);
	CHECK_OK(metrics_list(r.metrics, at(201), &r.f.arena, &series, &count, &r.f.err), &r.f.err);
	CHECK_INT(count, 0);
}

static void totals_are_of_the_process_and_never_fall(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_total *totals;
	double before = 0;
	size_t count;

	for (int minute = 0; minute < 10; minute++) {
		note_get(&r, "T", 2, 1, at(minute));
		CHECK_OK(metrics_step(r.metrics, at(minute), &r.f.err), &r.f.err);
		metrics_totals(r.metrics, SLICE("T"), &r.f.arena, &totals, &count);
		CHECK_INT(count, 2);
		CHECK_INT(totals[0].series.metric, METRIC_CONSUMED_READ_CAPACITY_UNITS);
		CHECK(totals[0].histogram->sum == before + 2);
		before = totals[0].histogram->sum;
	}
	metrics_totals(r.metrics, SLICE("U"), &r.f.arena, &totals, &count);
	CHECK_INT(count, 0);
	recorder_restart(&r, at(10));
	metrics_totals(r.metrics, (struct slice){ 0 }, &r.f.arena, &totals, &count);
	CHECK_INT(count, 0);
}

static void more_groups_than_there_is_room_for_are_left_out(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_series *series;
	size_t count;

	for (int i = 0; i < 17000; i++) {
		struct buf name CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&name, "T%d", i);
		note_get(&r, buf_string(&name), 1, 1, at(0));
	}
	CHECK_OK(metrics_step(r.metrics, at(1), &r.f.err), &r.f.err);
	CHECK_OK(metrics_list(r.metrics, 0, &r.f.arena, &series, &count, &r.f.err), &r.f.err);
	CHECK_INT(count, 16384);
}

static void items_that_expired_are_counted(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	const struct metric_series series = { METRIC_TIME_TO_LIVE_DELETED_ITEM_COUNT,
		OF("T", NULL, NULL) };
	struct metric_datapoint *points;

	metrics_add(r.metrics, &series, 3, at(4));
	CHECK_INT(ask(&r, &series, 0, 10, 1, &points), 1);
	CHECK(points[0].sum == 3 && points[0].time_ns == at(4));
	CHECK_INT(ttl_take_deleted(r.f.table), 0);
}

#define DAY (4 * 60 * (int)test_rounds(6))

/* Three tables, each with its own operations, DAY minutes, a few calls in each,
 * a restart now and then: every figure of the day is known. */
static void a_day_sums_up_exactly(void)
{
	static const char *const tables[] = { "Movies", "Users", "Orders" };
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct metric_datapoint *points;
	double units[3] = { 0 }, calls[3] = { 0 };

	for (int minute = 0; minute < DAY; minute++) {
		for (int i = 0; i < 3; i++) {
			for (int n = 0; n <= (minute + i) % 4; n++) {
				note_get(&r, tables[i], 0.5 * (1 + n), 1 + minute % 7, at(minute));
				units[i] += 0.5 * (1 + n);
				calls[i]++;
			}
		}
		CHECK_OK(metrics_step(r.metrics, at(minute + 1), &r.f.err), &r.f.err);
		if (minute % 100 == 50)
			recorder_restart(&r, at(minute + 1));
	}
	for (int i = 0; i < 3; i++) {
		const struct metric_series reads = { METRIC_CONSUMED_READ_CAPACITY_UNITS,
			OF(tables[i], NULL, NULL) };
		const struct metric_series latency = { METRIC_SUCCESSFUL_REQUEST_LATENCY,
			OF(tables[i], NULL, "GetItem") };
		double sum = 0;

		CHECK_INT(ask(&r, &reads, 0, DAY, DAY, &points), 1);
		CHECK(points[0].sum == units[i] && points[0].sample_count == calls[i]);
		CHECK(points[0].minimum == 0.5 && points[0].maximum == 2);
		CHECK_INT(ask(&r, &reads, 0, DAY, 1, &points), DAY);
		for (int minute = 0; minute < DAY; minute++) {
			CHECK(points[minute].time_ns == at(minute));
			CHECK(points[minute].sample_count == 1 + (minute + i) % 4);
			sum += points[minute].sum;
		}
		CHECK(sum == units[i]);
		CHECK_INT(ask(&r, &reads, 0, DAY, 60, &points), DAY / 60);
		CHECK_INT(ask(&r, &latency, 0, DAY, DAY, &points), 1);
		CHECK(points[0].sample_count == calls[i] && points[0].maximum == 7);
		CHECK(points[0].percentiles[0] == 4);
	}
}

#define THREADS 6
#define CALLS   test_rounds(20000) /* of each */

struct busy_thread {
	pthread_t thread;
	struct recorder *r;
	int number;
};

static void *note_many(void *context)
{
	struct busy_thread *busy = context;

	for (unsigned i = 0; i < CALLS; i++)
		note_get(busy->r, i % 2 ? "T" : "U", 1, 1, at(i / (CALLS / 10) + busy->number % 2));
	return NULL;
}

/* Minutes are written, and read, while calls of theirs still come. */
static void threads_lose_and_double_nothing(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	struct busy_thread threads[THREADS];
	const double sum = THREADS * CALLS / 2;

	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct busy_thread){ .r = &r, .number = i };
		CHECK_INT(pthread_create(&threads[i].thread, NULL, note_many, &threads[i]), 0);
	}
	for (int minute = 0; minute < 12; minute++) {
		struct metric_total *totals;
		size_t count;

		CHECK_OK(metrics_step(r.metrics, at(minute), &r.f.err), &r.f.err);
		metrics_totals(r.metrics, SLICE("T"), &r.f.arena, &totals, &count);
		CHECK(sum_of(&r, reads_of_t) <= sum);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i].thread, NULL);
	CHECK(sum_of(&r, reads_of_t) == sum);
	CHECK_OK(metrics_step(r.metrics, at(20), &r.f.err), &r.f.err);
	CHECK(sum_of(&r, reads_of_t) == sum);
	recorder_restart(&r, at(20));
	CHECK(sum_of(&r, reads_of_t) == sum);
}

/* It is in every request's path; the bound is far above what it costs, so that a
 * busy machine does not fail the test. */
static void a_call_costs_little(void)
{
	struct recorder r CLEANUP(recorder_release) = recorder_new();
	const unsigned calls = test_rounds(100000);
	struct timespec begin, end;
	double us;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
	for (unsigned i = 0; i < calls; i++)
		note_get(&r, "T", 0.5, 0.1 + i % 100 / 100.0, at(0));
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
	us = ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) /
	     calls / 1000;
	printf("# %.3f us a call\n", us);
	CHECK(us < 100);
}

static const struct test_case cases[] = {
	{ "each metric has a name, a code and a unit of its own",
		each_metric_has_a_name_a_code_and_a_unit_of_its_own },
	{ "statistics are those computed by hand", statistics_are_those_computed_by_hand },
	{ "periods count from the start and the end is not among them",
		periods_count_from_the_start_and_the_end_is_not_among_them },
	{ "a call counts for the minute in which it ends",
		a_call_counts_for_the_minute_in_which_it_ends },
	{ "units are the table's with its local indexes, or a global index's",
		units_are_the_tables_with_its_local_indexes_or_a_global_indexs },
	{ "a batch is throttled when none of it is admitted",
		a_batch_is_throttled_when_none_of_it_is_admitted },
	{ "errors count by the status that they have over HTTP",
		errors_count_by_the_status_that_they_have_over_http },
	{ "latency is of an operation and its table", latency_is_of_an_operation_and_its_table },
	{ "what is returned counts by operation and stream",
		what_is_returned_counts_by_operation_and_stream },
	{ "a reading does not show what is written and what is not",
		a_reading_does_not_show_what_is_written_and_what_is_not },
	{ "a minute interrupted by a restart is merged",
		a_minute_interrupted_by_a_restart_is_merged },
	{ "a late call counts for its minute when that was written",
		a_late_call_counts_for_its_minute_when_that_was_written },
	{ "minutes without calls write nothing", minutes_without_calls_write_nothing },
	{ "figures are kept for fifteen days", figures_are_kept_for_fifteen_days },
	{ "series are listed by what came", series_are_listed_by_what_came },
	{ "totals are of the process and never fall", totals_are_of_the_process_and_never_fall },
	{ "more groups than there is room for are left out",
		more_groups_than_there_is_room_for_are_left_out },
	{ "items that expired are counted", items_that_expired_are_counted },
	{ "a day sums up exactly", a_day_sums_up_exactly },
	{ "threads lose and double nothing", threads_lose_and_double_nothing },
	{ "a call costs little", a_call_costs_little },
};

TEST_MAIN(cases)
