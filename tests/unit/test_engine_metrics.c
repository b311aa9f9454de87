/* GetMetricStatistics and ListMetrics, and what calls count, through the engine. */
#undef NDEBUG
#include "base/clock.h"
#include "engine_fixture.h"

static void put(struct door *door, int number)
{
	struct buf json CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&json, "{'TableName':'Movies','Item':{'pk':{'S':'k%d'}}}", number);
	CHECK_CALL(door, OPERATION_PUT_ITEM, buf_string(&json));
}

/* Asks for a metric from an hour ago to a minute hence, in one datapoint. */
static int ask_statistics(struct door *door, const char *members)
{
	int64_t now = clock_realtime_ns() / 1000000000;
	struct buf json CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&json,
		"{'Namespace':'AWS/DynamoDB','StartTime':%lld,'EndTime':%lld,'Period':7200,%s}",
		(long long)now - 3600, (long long)now + 60, members);
	return door_call(door, OPERATION_GET_METRIC_STATISTICS, buf_string(&json));
}

#define CHECK_STATISTICS(door, members) CHECK_OK(ask_statistics(door, members), &(door)->err)

/* Whether the answer has that text; apostrophes stand for double quotes. */
static bool answers(struct door *door, const char *part)
{
	struct slice json = door_json(&door->arena, part);

	return memmem(door->answer.data, door->answer.len, json.data, json.len);
}

#define WRITES \
	"'MetricName':'ConsumedWriteCapacityUnits'," \
	"'Dimensions':[{'Name':'TableName','Value':'Movies'}],"

static void a_metric_tells_the_statistics_that_are_asked_for(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "Movies", "S", NULL);
	for (int i = 0; i < 5; i++)
		put(&door, i);
	CHECK_STATISTICS(&door, WRITES "'Statistics':['Sum','SampleCount','Minimum']");
	CHECK(answers(&door, "{'Label':'ConsumedWriteCapacityUnits','Datapoints':[{'Timestamp':"));
	CHECK(answers(&door, "'SampleCount':5.0,'Sum':5.0,'Minimum':1.0,'Unit':'Count'}]}"));
	CHECK_STATISTICS(&door, WRITES "'ExtendedStatistics':['p50','p99.9']");
	CHECK(answers(&door, "'Unit':'Count','ExtendedStatistics':{'p50':1.0,'p99.9':1.0}}]}"));
}

static void what_nobody_published_has_no_datapoints(void)
{
	static const char *const members[] = {
		"'MetricName':'Nothing','Statistics':['Sum']",
		"'MetricName':'ConsumedWriteCapacityUnits','Statistics':['Sum']",
		"'MetricName':'ConsumedWriteCapacityUnits','Statistics':['Sum'],"
		"'Dimensions':[{'Name':'TableName','Value':'Books'}]",
		"'MetricName':'ConsumedWriteCapacityUnits','Statistics':['Sum'],"
		"'Dimensions':[{'Name':'Table','Value':'Movies'}]",
		WRITES "'Statistics':['Sum'],'Unit':'Bytes'",
	};
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "Movies", "S", NULL);
	put(&door, 1);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		CHECK_STATISTICS(&door, members[i]);
		CHECK(answers(&door, "'Datapoints':[]"));
	}
}

static void a_request_that_makes_no_sense_is_refused(void)
{
	static const struct {
		const char *members;
		enum error_class class;
		const char *message;
	} rows[] = {
		{ "'StartTime':100,'EndTime':200,'Period':60", ERROR_PARAMETER_MISSING,
			"The parameter Statistics or the parameter ExtendedStatistics must be "
			"specified." },
		{ "'StartTime':100,'EndTime':200,'Period':60,'Statistics':['Sum'],"
		  "'ExtendedStatistics':['p9']",
			ERROR_PARAMETER_COMBINATION,
			"The parameters Statistics and ExtendedStatistics must not both be "
			"specified." },
		{ "'StartTime':100,'EndTime':200,'Period':60,'Statistics':['Sum','Median']",
			ERROR_PARAMETER_VALUE,
			"The parameter Statistics.member.2 must be a value in the set [ Minimum, "
			"Maximum, Average, SampleCount, Sum ]." },
		{ "'StartTime':100,'EndTime':200,'Period':90,'Statistics':['Sum']",
			ERROR_PARAMETER_VALUE, "The parameter Period must be a multiple of 60." },
		{ "'StartTime':200,'EndTime':200,'Period':60,'Statistics':['Sum']",
			ERROR_PARAMETER_VALUE,
			"The parameter StartTime must not equal parameter EndTime." },
		{ "'StartTime':300,'EndTime':200,'Period':60,'Statistics':['Sum']",
			ERROR_PARAMETER_VALUE,
			"The parameter StartTime must be less than the parameter EndTime." },
		{ "'StartTime':60,'EndTime':86520,'Period':60,'Statistics':['Sum']",
			ERROR_PARAMETER_COMBINATION,
			"You have requested up to 1441 datapoints, which exceeds the limit of "
			"1,440. You may reduce the datapoints requested by increasing Period, or "
			"decreasing the time range." },
	};
	struct door door CLEANUP(door_release) = door_new();

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct buf json CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&json, "{'Namespace':'AWS/DynamoDB','MetricName':'UserErrors',%s}",
			rows[i].members);
		CHECK_REFUSED(&door, OPERATION_GET_METRIC_STATISTICS, buf_string(&json),
			rows[i].class, rows[i].message);
	}
	CHECK_INVALID(&door, OPERATION_GET_METRIC_STATISTICS,
		"{'Namespace':'AWS/DynamoDB','MetricName':'UserErrors','StartTime':1,'EndTime':2}",
		"1 validation error detected: Value null at 'period' failed to satisfy "
		"constraint: Member must not be null");
}

static void a_percentile_is_between_0_and_100(void)
{
	static const char *const names[] = { "p101", "p", "p1.", "p.5", "p100.01", "tm99", "99",
		"p-1", "p1e1" };
	struct door door CLEANUP(door_release) = door_new();

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		struct buf members CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&members, WRITES "'ExtendedStatistics':['%s']", names[i]);
		CHECK_INT(ask_statistics(&door, buf_string(&members)), -1);
		CHECK_INT(door.err.class, ERROR_PARAMETER_VALUE);
		error_release(&door.err);
	}
	CHECK_STATISTICS(&door, WRITES "'ExtendedStatistics':['p0','p0.0','p100','p99.99']");
}

static void the_series_there_are_are_listed(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_ANSWER(&door, OPERATION_LIST_METRICS, "{}", "{'Metrics':[]}");
	door_create_table(&door, "Movies", "S", NULL);
	put(&door, 1);
	CHECK_ANSWER(&door, OPERATION_LIST_METRICS,
		"{'Dimensions':[{'Name':'TableName'}],'RecentlyActive':'PT3H'}",
		"{'Metrics':[{'Namespace':'AWS/DynamoDB','MetricName':'ConsumedWriteCapacityUnits',"
		"'Dimensions':[{'Name':'TableName','Value':'Movies'}]},"
		"{'Namespace':'AWS/DynamoDB','MetricName':'SuccessfulRequestLatency',"
		"'Dimensions':[{'Name':'TableName','Value':'Movies'},"
		"{'Name':'Operation','Value':'PutItem'}]}]}");
	CHECK_ANSWER(&door, OPERATION_LIST_METRICS,
		"{'MetricName':'ConsumedWriteCapacityUnits','Dimensions':[{'Name':'TableName',"
		"'Value':'Books'}]}",
		"{'Metrics':[]}");
	CHECK_ANSWER(&door, OPERATION_LIST_METRICS, "{'Namespace':'AWS/EC2'}", "{'Metrics':[]}");
}

static size_t count_listed(const struct door *door)
{
	struct slice rest = buf_slice(&door->answer);
	size_t count = 0;
	const char *found;

	while ((found = memmem(rest.data, rest.len, "\"MetricName\"", 12))) {
		count++;
		rest = slice_skip(rest, (size_t)(found - rest.data) + 12);
	}
	return count;
}

/* The token of the last answer, with its apostrophes; NULL when it has none. */
static struct slice next_token(struct door *door)
{
	static const char member[] = "\"NextToken\":\"";
	const char *token = memmem(door->answer.data, door->answer.len, member, strlen(member));

	if (!token)
		return (struct slice){ 0 };
	token += strlen(member);
	return arena_copy(&door->arena, slice_of(token, (size_t)(strchr(token, '"') - token)));
}

static void many_series_come_in_pages(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice token = SLICE("");
	size_t count = 0, pages = 0;

	for (int i = 0; i < 520; i++) {
		struct buf name CLEANUP(buf_release) = BUF_INIT,
				json CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&name, "Table%d", i);
		door_create_table(&door, buf_string(&name), "S", NULL);
		buf_appendf(&json, "{'TableName':'%s','Item':{'pk':{'S':'k'}}}", buf_string(&name));
		CHECK_CALL(&door, OPERATION_PUT_ITEM, buf_string(&json));
	}
	do {
		struct buf json CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&json, "{'MetricName':'ConsumedWriteCapacityUnits'%s%.*s%s}",
			pages ? ",'NextToken':'" : "", SLICE_ARG(token), pages ? "'" : "");
		CHECK_CALL(&door, OPERATION_LIST_METRICS, buf_string(&json));
		count += count_listed(&door);
		token = next_token(&door);
		pages++;
	} while (slice_present(token));
	CHECK_INT(count, 520);
	CHECK_INT(pages, 2);
	CHECK_REFUSED(&door, OPERATION_LIST_METRICS, "{'NextToken':'?'}", ERROR_PARAMETER_VALUE,
		"Invalid nextToken");
}

static void errors_and_failed_conditions_are_counted(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "Movies", "S", NULL);
	put(&door, 1);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(door_call(&door, OPERATION_PUT_ITEM,
				  "{'TableName':'Movies','Item':{'pk':{'S':'k1'}},"
				  "'ConditionExpression':'attribute_not_exists(pk)'}"),
			-1);
		error_release(&door.err);
	}
	CHECK_INT(door_call(&door, OPERATION_PUT_ITEM, "{'TableName':'Movies','Item':{}}"), -1);
	error_release(&door.err);
	CHECK_INT(door_call(&door, OPERATION_SCAN, "{'TableName':'Books'}"), -1);
	error_release(&door.err);
	CHECK_STATISTICS(&door, "'MetricName':'UserErrors','Statistics':['Sum']");
	CHECK(answers(&door, "'Sum':2.0"));
	CHECK_STATISTICS(&door,
		"'MetricName':'ConditionalCheckFailedRequests','Statistics':['Sum'],"
		"'Dimensions':[{'Name':'TableName','Value':'Movies'}]");
	CHECK(answers(&door, "'Sum':3.0"));
}

static void who_looks_at_metrics_is_none_of_them(void)
{
	struct door door CLEANUP(door_release) = door_new();

	for (int i = 0; i < 3; i++)
		CHECK_CALL(&door, OPERATION_LIST_METRICS, "{}");
	CHECK_INT(door_call(&door, OPERATION_LIST_METRICS, "{'RecentlyActive':'x'}"), -1);
	error_release(&door.err);
	CHECK_ANSWER(&door, OPERATION_LIST_METRICS, "{}", "{'Metrics':[]}");
}

static struct slice metrics_text(struct door *door, const char *table)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;

	engine_append_metrics(door->engine, slice_from_string(table), &text);
	return arena_copy(&door->arena, buf_slice(&text));
}

static void a_program_that_watches_gets_prometheus_text(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice text;

	door_create_table(&door, "Movies", "S", NULL);
	put(&door, 1);
	put(&door, 2);
	text = metrics_text(&door, "Movies");
	CHECK(slice_starts_with(text,
		SLICE("# HELP dynamodb_consumed_write_capacity_units_total Write capacity units "
		      "that requests consumed.\n"
		      "# TYPE dynamodb_consumed_write_capacity_units_total counter\n"
		      "dynamodb_consumed_write_capacity_units_total{table=\"Movies\"} 2.0\n"
		      "# HELP dynamodb_successful_request_latency_seconds ")));
	CHECK(slice_ends_with(
		text, SLICE("dynamodb_successful_request_latency_seconds_count{table=\"Movies\","
			    "operation=\"PutItem\"} 2.0\n")));
	CHECK_TEXT(metrics_text(&door, "Books"), "");
	CHECK(memmem(metrics_text(&door, NULL).data, metrics_text(&door, NULL).len,
		"operation=\"CreateTable\"", strlen("operation=\"CreateTable\"")));
}

static void provisioned_throughput_is_a_gauge(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice text;

	CHECK_CALL(&door, OPERATION_CREATE_TABLE,
		"{'TableName':'Movies','AttributeDefinitions':[{'AttributeName':'pk',"
		"'AttributeType':'S'}],'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'}],"
		"'ProvisionedThroughput':{'ReadCapacityUnits':4000,'WriteCapacityUnits':20}}");
	text = metrics_text(&door, "Movies");
	CHECK_TEXT(text,
		"# HELP dynamodb_provisioned_read_capacity_units Read capacity units that are "
		"provisioned.\n"
		"# TYPE dynamodb_provisioned_read_capacity_units gauge\n"
		"dynamodb_provisioned_read_capacity_units{table=\"Movies\"} 4000.0\n"
		"# HELP dynamodb_provisioned_write_capacity_units Write capacity units that are "
		"provisioned.\n"
		"# TYPE dynamodb_provisioned_write_capacity_units gauge\n"
		"dynamodb_provisioned_write_capacity_units{table=\"Movies\"} 20.0\n");
	text = metrics_text(&door, NULL);
	CHECK(memmem(text.data, text.len,
		"\ndynamodb_account_provisioned_read_capacity_utilization_percent 5.0\n",
		strlen("\ndynamodb_account_provisioned_read_capacity_utilization_percent 5.0\n")));
	CHECK(memmem(text.data, text.len,
		"\ndynamodb_max_provisioned_table_read_capacity_utilization_percent 10.0\n",
		strlen("\ndynamodb_max_provisioned_table_read_capacity_utilization_percent "
		       "10.0\n")));
}

static const struct test_case cases[] = {
	{ "a metric tells the statistics that are asked for",
		a_metric_tells_the_statistics_that_are_asked_for },
	{ "what nobody published has no datapoints", what_nobody_published_has_no_datapoints },
	{ "a request that makes no sense is refused", a_request_that_makes_no_sense_is_refused },
	{ "a percentile is between 0 and 100", a_percentile_is_between_0_and_100 },
	{ "the series there are are listed", the_series_there_are_are_listed },
	{ "many series come in pages", many_series_come_in_pages },
	{ "errors and failed conditions are counted", errors_and_failed_conditions_are_counted },
	{ "who looks at metrics is none of them", who_looks_at_metrics_is_none_of_them },
	{ "a program that watches gets Prometheus text",
		a_program_that_watches_gets_prometheus_text },
	{ "provisioned throughput is a gauge", provisioned_throughput_is_a_gauge },
};

TEST_MAIN(cases)
