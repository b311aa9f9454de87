#undef NDEBUG
#include "monitor/alarms.h"
#include "monitor/alarms_check.h"
#include "store/alarm_file.h"
#include "store_fixture.h"

#include <pthread.h>

/* Minutes of a day that began at a whole day, and so at a whole hour. */
#define DAY_NS    (20000LL * 86400 * 1000000000LL)
#define AT(m)     (DAY_NS + (m)*MINUTE_NS)
#define MOMENT(m) (AT(m) + 3000000000LL) /* within it */

#define LOG_MAX 65536

struct watch_post {
	struct fixture f;
	struct metrics *metrics;
	struct alarms *alarms;
};

static void post_open(struct watch_post *post)
{
	struct alarms_options options = { .store = post->f.store, .log_max = LOG_MAX };

	options.metrics = post->metrics = metrics_open(post->f.store);
	CHECK_OK(alarms_open(&options, &post->alarms, &post->f.err), &post->f.err);
}

static struct watch_post post_new(void)
{
	struct watch_post post = { .f = fixture_new() };

	post_open(&post);
	return post;
}

static void post_close(struct watch_post *post, int64_t now_ns)
{
	alarms_close(post->alarms);
	metrics_close(post->metrics, now_ns);
}

static void post_restart(struct watch_post *post, int64_t now_ns)
{
	post_close(post, now_ns);
	fixture_close(&post->f);
	fixture_open(&post->f);
	post_open(post);
}

static void post_release(struct watch_post *post)
{
	post_close(post, AT(0));
	fixture_release(&post->f);
}

/* Reads of table T above 100 in three of five minutes. */
static struct alarm reads(const char *name)
{
	return (struct alarm){
		.name = slice_from_string(name),
		.metric = SLICE("ConsumedReadCapacityUnits"),
		.dimensions[DIMENSION_TABLE] = SLICE("T"),
		.statistic = SLICE("Sum"),
		.period = 60,
		.evaluation_periods = 5,
		.datapoints_to_alarm = 3,
		.comparison_operator = SLICE("GreaterThanThreshold"),
		.threshold = 100,
		.treat_missing_data = SLICE("notBreaching"),
	};
}

static void put(struct watch_post *post, const struct alarm *alarm, int64_t now_ns)
{
	CHECK_OK(alarms_put(post->alarms, alarm, now_ns, DURABLE_PROCESS, &post->f.err),
		&post->f.err);
}

static void read_units(struct watch_post *post, double units, int64_t now_ns)
{
	const struct metric_series series = {
		.metric = METRIC_CONSUMED_READ_CAPACITY_UNITS,
		.dimensions[DIMENSION_TABLE] = SLICE("T"),
	};

	metrics_add(post->metrics, &series, units, now_ns);
}

static void step(struct watch_post *post, int64_t now_ns)
{
	CHECK_OK(metrics_step(post->metrics, now_ns, &post->f.err), &post->f.err);
	CHECK_OK(alarms_step(post->alarms, now_ns, &post->f.err), &post->f.err);
}

static struct alarm find(struct watch_post *post, const char *name)
{
	struct alarm alarm;

	CHECK_INT(alarms_find(post->alarms, slice_from_string(name), &post->f.arena, &alarm,
			  &post->f.err),
		0);
	return alarm;
}

static enum alarm_state state(struct watch_post *post, const char *name)
{
	return find(post, name).state;
}

static struct slice log_text(struct watch_post *post)
{
	struct journal *journal = alarms_journal(post->alarms);
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	CHECK_OK(
		journal_read(journal, journal_extent(journal).start, SIZE_MAX, &text, &post->f.err),
		&post->f.err);
	return arena_copy(&post->f.arena, buf_slice(&text));
}

/* The lines' times and changes: "00:00 created, 00:00 OK, 10:03 ALARM". */
static struct slice story(struct watch_post *post)
{
	struct buf story CLEANUP(buf_release) = BUF_INIT;
	struct slice text = log_text(post);

	while (text.len) {
		const char *end = memchr(text.data, '\n', text.len);
		json_t *line = json_loadb(text.data, (size_t)(end - text.data), 0, NULL);
		const char *what = json_string_value(json_object_get(line, "new"));

		CHECK(line);
		if (!what)
			what = json_string_value(json_object_get(line, "change"));
		buf_appendf(&story, "%s%.5s %s", story.len ? ", " : "",
			json_string_value(json_object_get(line, "time")) + strlen("2024-10-04T"),
			what);
		json_decref(line);
		text = slice_skip(text, (size_t)(end - text.data) + 1);
	}
	return arena_copy(&post->f.arena, buf_slice(&story));
}

static void a_new_alarm_has_insufficient_data(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");

	alarm.treat_missing_data = SLICE("missing");
	put(&post, &alarm, MOMENT(0));
	alarm = find(&post, "a");
	CHECK_INT(alarm.state, ALARM_STATE_INSUFFICIENT_DATA);
	CHECK_TEXT(alarm.reason, "Unchecked: Initial alarm creation");
	CHECK_INT(alarm.state_ns, MOMENT(0));
	CHECK_INT(alarm.configured_ns, MOMENT(0));
	CHECK_TEXT(story(&post), "00:00 created");
	post_release(&post);
}

/* 60 units a minute, 200 from 10:00 to 10:29: three breaching minutes are over at
 * 10:03, fewer than three are left of the five before 10:33. */
static void a_day_brings_the_alarm_on_and_off_at_the_right_minutes(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("busy");

	put(&post, &alarm, AT(0));
	for (int minute = 0; minute < 1440; minute++) {
		bool burst = minute >= 600 && minute < 630;

		if (minute)
			step(&post, AT(minute));
		if (minute == 615)
			post_restart(&post, MOMENT(minute));
		for (int second = 0; second < 4; second++)
			read_units(&post, burst ? 50 : 15, AT(minute) + second * 15000000000LL);
		CHECK_INT(state(&post, "busy"),
			minute >= 603 && minute < 633 ? ALARM_STATE_ALARM : ALARM_STATE_OK);
	}
	CHECK_TEXT(story(&post), "00:00 created, 00:00 OK, 10:03 ALARM, 10:33 OK");
	post_release(&post);
}

/* A period of five minutes ends with every minute. */
static void a_longer_period_slides_by_the_minute(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("sliding");

	alarm.period = 300;
	alarm.evaluation_periods = alarm.datapoints_to_alarm = 1;
	put(&post, &alarm, AT(0));
	read_units(&post, 101, MOMENT(10));
	for (int minute = 1; minute < 20; minute++) {
		step(&post, AT(minute));
		CHECK_INT(state(&post, "sliding"),
			minute > 10 && minute <= 15 ? ALARM_STATE_ALARM : ALARM_STATE_OK);
		if (minute > 10)
			read_units(&post, 0, MOMENT(minute));
	}
	post_release(&post);
}

static void a_percentile_is_judged(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = {
		.name = SLICE("slow"),
		.metric = SLICE("SuccessfulRequestLatency"),
		.dimensions[DIMENSION_TABLE] = SLICE("T"),
		.dimensions[DIMENSION_OPERATION] = SLICE("GetItem"),
		.extended_statistic = SLICE("p90"),
		.period = 60,
		.evaluation_periods = 1,
		.comparison_operator = SLICE("GreaterThanOrEqualToThreshold"),
		.threshold = 50,
	};
	const struct metric_series series = {
		.metric = METRIC_SUCCESSFUL_REQUEST_LATENCY,
		.dimensions = { [DIMENSION_TABLE] = SLICE("T"),
			[DIMENSION_OPERATION] = SLICE("GetItem") },
	};

	for (int i = 0; i < 100; i++)
		metrics_add(post.metrics, &series, i < 90 ? 5 : 64, MOMENT(0));
	for (int i = 0; i < 100; i++)
		metrics_add(post.metrics, &series, i < 89 ? 5 : 64, MOMENT(1));
	put(&post, &alarm, MOMENT(1));
	CHECK_INT(state(&post, "slow"), ALARM_STATE_OK);
	step(&post, AT(2));
	CHECK_INT(state(&post, "slow"), ALARM_STATE_ALARM);
	post_release(&post);
}

static void where_nothing_is_said_missing_data_leave_the_state(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("quiet");

	alarm.treat_missing_data = (struct slice){ NULL, 0 };
	alarm.evaluation_periods = alarm.datapoints_to_alarm = 1;
	read_units(&post, 101, MOMENT(0));
	put(&post, &alarm, MOMENT(1));
	CHECK_INT(state(&post, "quiet"), ALARM_STATE_ALARM);
	for (int minute = 2; minute < 30; minute++)
		step(&post, AT(minute));
	CHECK_INT(state(&post, "quiet"), ALARM_STATE_ALARM);
	read_units(&post, 99, MOMENT(30));
	step(&post, AT(31));
	CHECK_INT(state(&post, "quiet"), ALARM_STATE_OK);
	CHECK_TEXT(story(&post), "00:01 created, 00:01 ALARM, 00:31 OK");
	post_release(&post);
}

static void the_minute_under_way_does_not_count(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");

	alarm.evaluation_periods = alarm.datapoints_to_alarm = 1;
	read_units(&post, 1000, MOMENT(5));
	put(&post, &alarm, MOMENT(5));
	CHECK_INT(state(&post, "a"), ALARM_STATE_OK);
	put(&post, &alarm, MOMENT(6));
	CHECK_INT(state(&post, "a"), ALARM_STATE_ALARM);
	post_release(&post);
}

static void the_reason_tells_the_datapoints(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");

	for (int minute = 0; minute < 3; minute++)
		read_units(&post, 101.5 + minute, MOMENT(minute));
	put(&post, &alarm, MOMENT(3));
	alarm = find(&post, "a");
	CHECK_TEXT(alarm.reason,
		"Threshold Crossed: 3 out of the last 5 datapoints [101.5 (04/10/24 00:00:00), "
		"102.5 (04/10/24 00:01:00), 103.5 (04/10/24 00:02:00)] were greater than the "
		"threshold (100.0) and 2 missing datapoints were treated as [NonBreaching] "
		"(minimum 3 datapoints for OK -> ALARM transition).");
	CHECK_TEXT(alarm.reason_data,
		"{\"version\":\"1.0\",\"queryDate\":\"2024-10-04T00:03:03.000Z\","
		"\"startDate\":\"2024-10-04T00:00:00.000Z\",\"statistic\":\"Sum\",\"period\":60,"
		"\"recentDatapoints\":[101.5,102.5,103.5],\"threshold\":100.0,"
		"\"evaluatedDatapoints\":["
		"{\"timestamp\":\"2024-10-04T00:00:00.000Z\",\"sampleCount\":1.0,\"value\":101.5},"
		"{\"timestamp\":\"2024-10-04T00:01:00.000Z\",\"sampleCount\":1.0,\"value\":102.5},"
		"{\"timestamp\":\"2024-10-04T00:02:00.000Z\",\"sampleCount\":1.0,\"value\":103.5}]}");
	CHECK(strstr(log_text(&post).data,
		"\"old\":\"INSUFFICIENT_DATA\",\"new\":\"ALARM\",\"reason\":\"Threshold Crossed: "));
	CHECK(strstr(log_text(&post).data,
		"\"datapoints\":[{\"time\":\"2024-10-04T00:00:00.000Z\",\"value\":101.5,\"samples\""
		":1.0},"));
	post_release(&post);
}

static void another_definition_keeps_the_state(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");

	alarm.treat_missing_data = SLICE("breaching");
	put(&post, &alarm, MOMENT(0));
	CHECK_INT(state(&post, "a"), ALARM_STATE_ALARM);
	alarm.treat_missing_data = SLICE("ignore");
	alarm.threshold = 7;
	put(&post, &alarm, MOMENT(9));
	alarm = find(&post, "a");
	CHECK_INT(alarm.state, ALARM_STATE_ALARM);
	CHECK_INT(alarm.state_ns, MOMENT(0));
	CHECK_INT(alarm.configured_ns, MOMENT(9));
	CHECK(alarm.threshold == 7);
	CHECK_TEXT(story(&post), "00:00 created, 00:00 ALARM, 00:09 updated");
	post_release(&post);
}

static void a_state_that_is_set_lasts_until_the_next_look(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");

	put(&post, &alarm, MOMENT(0));
	CHECK_OK(alarms_set_state(post.alarms, SLICE("a"), ALARM_STATE_ALARM, SLICE("a drill"),
			 (struct slice){ NULL, 0 }, MOMENT(1), DURABLE_PROCESS, &post.f.err),
		&post.f.err);
	alarm = find(&post, "a");
	CHECK_INT(alarm.state, ALARM_STATE_ALARM);
	CHECK_TEXT(alarm.reason, "a drill");
	step(&post, AT(2));
	CHECK_INT(state(&post, "a"), ALARM_STATE_OK);
	CHECK_TEXT(story(&post), "00:00 created, 00:00 OK, 00:01 ALARM, 00:02 OK");
	post_release(&post);
}

static void alarms_survive_a_restart_as_they_were(void)
{
	static const struct slice topics[] = { SLICE("arn:one"), SLICE("arn:\"two\"") };
	struct watch_post post = post_new();
	struct buf before CLEANUP(buf_release) = BUF_INIT, after CLEANUP(buf_release) = BUF_INIT;
	struct alarm alarm = reads("a");

	alarm.description = SLICE("é \"quoted\" \0 \x01");
	alarm.actions_disabled = true;
	alarm.alarm_actions = (struct alarm_actions){ 2, topics };
	alarm.threshold = 0.1 + 0.2;
	put(&post, &alarm, MOMENT(0));
	alarm = find(&post, "a");
	alarm_encode(&alarm, &before);
	post_restart(&post, MOMENT(1));
	alarm = find(&post, "a");
	alarm_encode(&alarm, &after);
	CHECK_TEXT(buf_slice(&after), buf_string(&before));
	CHECK(alarm.actions_disabled);
	CHECK_INT(alarm.alarm_actions.count, 2);
	CHECK_TEXT(alarm.alarm_actions.names[1], "arn:\"two\"");
	CHECK(alarm.threshold == 0.1 + 0.2);
	step(&post, AT(2));
	CHECK_TEXT(story(&post), "00:00 created, 00:00 OK");
	post_release(&post);
}

/* An alarm named for each of them. */
static void put_letters(struct watch_post *post, const char *letters)
{
	for (; *letters; letters++) {
		struct alarm alarm = reads("");

		alarm.name = slice_of(letters, 1);
		put(post, &alarm, MOMENT(0));
	}
}

static void all_that_are_named_are_deleted_or_none(void)
{
	const struct slice names[] = { SLICE("a"), SLICE("c"), SLICE("a"), SLICE("z") };
	struct watch_post post = post_new();
	struct alarm *left;
	size_t count;

	put_letters(&post, "abc");
	CHECK(alarms_delete(post.alarms, names, 4, MOMENT(1), DURABLE_PROCESS, &post.f.err) < 0);
	CHECK_ERROR(&post.f.err, ERROR_ALARM_NOT_FOUND, "there is no alarm z");
	CHECK_INT(state(&post, "a"), ALARM_STATE_OK);
	CHECK_OK(alarms_delete(post.alarms, names, 3, MOMENT(1), DURABLE_PROCESS, &post.f.err),
		&post.f.err);
	post_restart(&post, MOMENT(2));
	CHECK_OK(alarms_list(post.alarms, (struct slice){ NULL, 0 }, 10, &post.f.arena, &left,
			 &count, &post.f.err),
		&post.f.err);
	CHECK_INT(count, 1);
	CHECK_TEXT(left[0].name, "b");
	CHECK(slice_ends_with(story(&post), SLICE("00:01 deleted, 00:01 deleted")));
	post_release(&post);
}

static void a_list_goes_on_behind_a_name(void)
{
	struct watch_post post = post_new();
	struct alarm *listed;
	size_t count;

	put_letters(&post, "dbac");
	CHECK_OK(alarms_list(
			 post.alarms, SLICE("aa"), 2, &post.f.arena, &listed, &count, &post.f.err),
		&post.f.err);
	CHECK_INT(count, 2);
	CHECK_TEXT(listed[0].name, "b");
	CHECK_TEXT(listed[1].name, "c");
	post_release(&post);
}

/* Seven days of a period of an hour or more. */
static void what_spans_days_is_judged_by_the_hour(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");

	alarm.period = 3600;
	alarm.evaluation_periods = 168;
	alarm.datapoints_to_alarm = 1;
	put(&post, &alarm, MOMENT(0));
	read_units(&post, 1000, MOMENT(30));
	for (int minute = 31; minute <= 60; minute++) {
		CHECK_INT(state(&post, "a"), ALARM_STATE_OK);
		step(&post, AT(minute));
	}
	CHECK_INT(state(&post, "a"), ALARM_STATE_ALARM);
	post_release(&post);
}

static void the_log_is_bounded_and_ends_with_the_newest(void)
{
	struct watch_post post = post_new();
	struct alarm alarm = reads("a");
	struct journal_extent extent;

	put(&post, &alarm, MOMENT(0));
	for (int i = 0; i < 700; i++)
		CHECK_OK(alarms_set_state(post.alarms, SLICE("a"),
				 i % 2 ? ALARM_STATE_OK : ALARM_STATE_ALARM, SLICE("a drill"),
				 (struct slice){ NULL, 0 }, MOMENT(i / 10), DURABLE_PROCESS,
				 &post.f.err),
			&post.f.err);
	extent = journal_extent(alarms_journal(post.alarms));
	CHECK(extent.start > 0);
	CHECK(extent.end - extent.start <= LOG_MAX);
	CHECK(extent.end - extent.start > LOG_MAX - 1024);
	CHECK(slice_ends_with(story(&post), SLICE("01:09 OK")));
	post_release(&post);
}

#define ROUNDS 100

static void *put_and_delete(void *context)
{
	struct watch_post *post = context;
	const struct slice name = SLICE("now and then");
	struct alarm alarm = reads("now and then");

	for (int i = 0; i < ROUNDS; i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		alarm.threshold = i;
		if (alarms_put(post->alarms, &alarm, MOMENT(i), DURABLE_PROCESS, &err) < 0 ||
			alarms_delete(post->alarms, &name, 1, MOMENT(i), DURABLE_PROCESS, &err) < 0)
			return context;
	}
	return NULL;
}

static void *list_all(void *context)
{
	struct watch_post *post = context;

	for (int i = 0; i < 10 * ROUNDS; i++) {
		struct arena arena CLEANUP(arena_release) = ARENA_INIT;
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct alarm *alarms;
		size_t count;

		if (alarms_list(post->alarms, (struct slice){ NULL, 0 }, 10, &arena, &alarms,
			    &count, &err) < 0 ||
			count < 1 || count > 2)
			return context;
	}
	return NULL;
}

static void *step_on(void *context)
{
	struct watch_post *post = context;

	for (int i = 0; i < ROUNDS; i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;

		if (alarms_step(post->alarms, AT(i), &err) < 0)
			return context;
	}
	return NULL;
}

static void who_changes_reads_and_judges_at_once_sees_whole_alarms(void)
{
	static void *(*const works[])(void *) = { put_and_delete, list_all, list_all, step_on };
	struct watch_post post = post_new();
	struct alarm alarm = reads("always");
	pthread_t threads[ARRAY_SIZE(works)];

	put(&post, &alarm, MOMENT(0));
	for (size_t i = 0; i < ARRAY_SIZE(works); i++)
		CHECK_INT(pthread_create(&threads[i], NULL, works[i], &post), 0);
	for (size_t i = 0; i < ARRAY_SIZE(works); i++) {
		void *failed;

		pthread_join(threads[i], &failed);
		CHECK(!failed);
	}
	CHECK_INT(state(&post, "always"), ALARM_STATE_OK);
	post_release(&post);
}

static void check_refused(struct alarm alarm, enum error_class class, const char *message)
{
	struct watch_post post = post_new();
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct alarm found;

	CHECK(alarms_put(post.alarms, &alarm, MOMENT(0), DURABLE_PROCESS, &post.f.err) < 0);
	CHECK_ERROR(&post.f.err, class, message);
	CHECK_INT(alarms_find(post.alarms, alarm.name, &arena, &found, &post.f.err), ALARM_ABSENT);
	CHECK_INT(story(&post).len, 0);
	post_release(&post);
}

#define CHECK_REFUSED(class, message, ...) \
	do { \
		struct alarm alarm = reads("a"); \
		__VA_ARGS__; \
		check_refused(alarm, class, message); \
	} while (0)

static void an_alarm_without_sense_is_refused_and_changes_nothing(void)
{
	CHECK_REFUSED(ERROR_PARAMETER_MISSING, "MetricName is missing",
		alarm.metric = (struct slice){ NULL, 0 });
	CHECK_REFUSED(ERROR_PARAMETER_VALUE, "MetricName is Reads: AWS/DynamoDB has no such metric",
		alarm.metric = SLICE("Reads"));
	CHECK_REFUSED(ERROR_PARAMETER_COMBINATION,
		"ConsumedReadCapacityUnits comes by TableName, or by TableName and "
		"GlobalSecondaryIndexName: there is none with these Dimensions",
		alarm.dimensions[DIMENSION_TABLE] = (struct slice){ NULL, 0 });
	CHECK_REFUSED(ERROR_PARAMETER_VALUE,
		"Unit of ConsumedReadCapacityUnits is Count, not Bytes",
		alarm.unit = SLICE("Bytes"));
	CHECK_REFUSED(ERROR_PARAMETER_COMBINATION,
		"Statistic and ExtendedStatistic exclude each other",
		alarm.extended_statistic = SLICE("p99"));
	CHECK_REFUSED(ERROR_PARAMETER_MISSING,
		"Statistic is missing; or, for a percentile, ExtendedStatistic",
		alarm.statistic = (struct slice){ NULL, 0 });
	CHECK_REFUSED(ERROR_PARAMETER_VALUE,
		      "ExtendedStatistic is p101: it is to be a percentile from p0 to p100",
		      alarm.statistic = (struct slice){ NULL, 0 };
		      alarm.extended_statistic = SLICE("p101"));
	CHECK_REFUSED(ERROR_PARAMETER_COMBINATION,
		"EvaluateLowSampleCountPercentile goes with a percentile as ExtendedStatistic only",
		alarm.evaluate_low_sample_count_percentile = SLICE("ignore"));
	CHECK_REFUSED(ERROR_PARAMETER_MISSING, "Period is missing", alarm.period = 0);
	CHECK_REFUSED(ERROR_PARAMETER_VALUE,
		"a Period of 10 is for metrics of high resolution: those of AWS/DynamoDB come once "
		"a minute",
		alarm.period = 10);
	CHECK_REFUSED(ERROR_PARAMETER_VALUE, "Period is 61: it is to be a multiple of 60 seconds",
		alarm.period = 61);
	CHECK_REFUSED(ERROR_PARAMETER_VALUE, "Period is 172800: it is a day at most, 86400 seconds",
		alarm.period = 172800);
	CHECK_REFUSED(ERROR_PARAMETER_COMBINATION,
		"Metrics cannot be checked across more than a day (EvaluationPeriods * Period must "
		"be <= 86400)",
		alarm.evaluation_periods = 1441);
	CHECK_REFUSED(
		ERROR_PARAMETER_COMBINATION,
		"Metrics cannot be checked across more than seven days (EvaluationPeriods * Period "
		"must be <= 604800)",
		alarm.period = 3600;
		alarm.evaluation_periods = 169);
	CHECK_REFUSED(ERROR_PARAMETER_MISSING, "EvaluationPeriods is missing",
		alarm.evaluation_periods = 0);
	CHECK_REFUSED(ERROR_PARAMETER_COMBINATION,
		"DatapointsToAlarm, 6, is more than EvaluationPeriods, 5",
		alarm.datapoints_to_alarm = 6);
	CHECK_REFUSED(ERROR_PARAMETER_VALUE,
		"ComparisonOperator is LessThanLowerThreshold: it is to be "
		"GreaterThanOrEqualToThreshold, GreaterThanThreshold, LessThanThreshold or "
		"LessThanOrEqualToThreshold",
		alarm.comparison_operator = SLICE("LessThanLowerThreshold"));
	CHECK_REFUSED(ERROR_PARAMETER_VALUE,
		"TreatMissingData is NotBreaching: it is to be breaching, notBreaching, ignore or "
		"missing",
		alarm.treat_missing_data = SLICE("NotBreaching"));
	CHECK_REFUSED(ERROR_PARAMETER_VALUE, "AlarmName holds a control character",
		alarm.name = SLICE("a\n"));
}

static void a_malformed_alarm_is_told_of(void)
{
	static const char *const wrong[] = { "", "[]", "{\"StateValue\":\"OK\"}",
		"{\"StateValue\":\"Ok\"}", "{\"Period\":\"60\",\"StateValue\":\"OK\"}" };
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct alarm alarm;

		CHECK(alarm_decode(SLICE("a"), slice_from_string(wrong[i]), &arena, &alarm, &err) <
			0);
		CHECK_ERROR(&err, ERROR_CORRUPT,
			"the alarm a is malformed, and left out until it is put again");
	}
}

/* What another program, or a fault of the disk, has made of an alarm. */
static void spoil(struct fixture *f, struct slice name)
{
	const struct alarm_write write = { name, SLICE("{\"StateValue\":\"Ok\"}") };
	struct alarm_file *file;
	struct journal *journal;

	CHECK_OK(alarm_file_open(f->store, &file, &f->err), &f->err);
	CHECK_OK(journal_open(f->store, "alarms", &journal, &f->err), &f->err);
	CHECK_OK(alarm_file_write(file, &write, 1, journal, SLICE("\n"), DURABLE_PROCESS, &f->err),
		&f->err);
	journal_close(journal);
	alarm_file_close(file);
}

static void keep_problem(void *context, struct slice table_name, const char *problem)
{
	CHECK_INT(table_name.len, 0);
	buf_append_string(context, problem);
}

static struct slice check_problems(struct fixture *f)
{
	struct buf told CLEANUP(buf_release) = BUF_INIT;
	uint64_t problems = 0;

	CHECK_OK(alarms_check(f->store, keep_problem, &told, &problems, &f->err), &f->err);
	CHECK_INT(problems, told.len > 0);
	return arena_copy(&f->arena, buf_slice(&told));
}

static void a_malformed_alarm_holds_up_no_start(void)
{
	struct watch_post post = post_new();
	const struct alarm a = reads("a"), b = reads("b");

	put(&post, &a, AT(0));
	put(&post, &b, AT(0));
	post_close(&post, AT(1));
	CHECK_TEXT(check_problems(&post.f), "");
	spoil(&post.f, SLICE("a"));
	CHECK_TEXT(check_problems(&post.f),
		"alarms: the alarm a is malformed, and left out until it is put again");
	post_open(&post);
	CHECK_INT(alarms_find(post.alarms, SLICE("a"), &post.f.arena, &(struct alarm){ 0 },
			  &post.f.err),
		ALARM_ABSENT);
	CHECK_INT(state(&post, "b"), ALARM_STATE_OK);
	step(&post, MOMENT(1));
	put(&post, &a, AT(2));
	post_close(&post, AT(2));
	CHECK_TEXT(check_problems(&post.f), "");
	post_open(&post);
	CHECK_INT(find(&post, "a").period, 60);
	post_release(&post);
}

static const struct test_case cases[] = {
	{ "a new alarm has insufficient data", a_new_alarm_has_insufficient_data },
	{ "a day brings the alarm on and off at the right minutes",
		a_day_brings_the_alarm_on_and_off_at_the_right_minutes },
	{ "a longer period slides by the minute", a_longer_period_slides_by_the_minute },
	{ "a percentile is judged", a_percentile_is_judged },
	{ "where nothing is said missing data leave the state",
		where_nothing_is_said_missing_data_leave_the_state },
	{ "the minute under way does not count", the_minute_under_way_does_not_count },
	{ "the reason tells the datapoints", the_reason_tells_the_datapoints },
	{ "another definition keeps the state", another_definition_keeps_the_state },
	{ "a state that is set lasts until the next look",
		a_state_that_is_set_lasts_until_the_next_look },
	{ "alarms survive a restart as they were", alarms_survive_a_restart_as_they_were },
	{ "all that are named are deleted or none", all_that_are_named_are_deleted_or_none },
	{ "a list goes on behind a name", a_list_goes_on_behind_a_name },
	{ "what spans days is judged by the hour", what_spans_days_is_judged_by_the_hour },
	{ "the log is bounded and ends with the newest",
		the_log_is_bounded_and_ends_with_the_newest },
	{ "who changes, reads and judges at once sees whole alarms",
		who_changes_reads_and_judges_at_once_sees_whole_alarms },
	{ "an alarm without sense is refused and changes nothing",
		an_alarm_without_sense_is_refused_and_changes_nothing },
	{ "a malformed alarm is told of", a_malformed_alarm_is_told_of },
	{ "a malformed alarm holds up no start", a_malformed_alarm_holds_up_no_start },
};
TEST_MAIN(cases)
