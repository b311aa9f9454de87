/* CloudWatch's operations on alarms, as a client asks them. */
#undef NDEBUG
#include "engine_fixture.h"

#include <jansson.h>

#define PUT       OPERATION_PUT_METRIC_ALARM
#define DESCRIBE  OPERATION_DESCRIBE_ALARMS
#define HISTORY   OPERATION_DESCRIBE_ALARM_HISTORY
#define DELETE    OPERATION_DELETE_ALARMS
#define SET_STATE OPERATION_SET_ALARM_STATE

#define TABLE "'Dimensions': [{'Name': 'TableName', 'Value': 'Tab'}]"
#define RULE  "'ComparisonOperator': 'GreaterThanThreshold', 'EvaluationPeriods': 3"
#define TREATING(missing, name, more) \
	"{'AlarmName': '" name "', 'MetricName': 'ConsumedReadCapacityUnits', " TABLE \
	", 'Statistic': 'Sum', 'Period': 60, " RULE \
	", 'Threshold': 5, 'TreatMissingData': '" missing "'" more "}"
/* Nothing was measured: the one alarms at once, the other keeps what it is given. */
#define ALARM(name, more) TREATING("breaching", name, more)
#define QUIET(name, more) TREATING("ignore", name, more)

/* The answer, parsed. */
static json_t *ask(struct door *door, enum operation_id id, const char *json)
{
	json_t *root;

	CHECK_CALL(door, id, json);
	root = json_loadb(door->answer.data, door->answer.len, 0, NULL);
	CHECK(root);
	return root;
}

static const char *text_at(const json_t *node, const char *name)
{
	const char *text = json_string_value(json_object_get(node, name));

	return text ? text : "";
}

/* One member of each element: "a b c". */
static struct slice members(struct door *door, enum operation_id id, const char *json,
	const char *list, const char *member)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	json_t *root = ask(door, id, json), *element;
	size_t i;

	json_array_foreach(json_object_get(root, list), i, element)
	{
		buf_appendf(&buf, "%s%s", i ? " " : "", text_at(element, member));
	}
	json_decref(root);
	return arena_copy(&door->arena, buf_slice(&buf));
}

static struct slice names(struct door *door, const char *json)
{
	return members(door, DESCRIBE, json, "MetricAlarms", "AlarmName");
}

static void put_all(struct door *door, const char *const *requests)
{
	for (; *requests; requests++)
		CHECK_CALL(door, PUT, *requests);
}

static void what_is_put_is_described(void)
{
	struct door door CLEANUP(door_release) = door_new();
	json_t *root, *alarm;

	CHECK_ANSWER(&door, PUT,
		ALARM("busy", ", 'AlarmDescription': 'd', 'AlarmActions': ['arn:x'], "
			      "'ActionsEnabled': false, 'DatapointsToAlarm': 2, 'Unit': 'Count'"),
		"{}");
	root = ask(&door, DESCRIBE, "{}");
	alarm = json_array_get(json_object_get(root, "MetricAlarms"), 0);
	CHECK(json_real_value(json_object_get(alarm, "StateUpdatedTimestamp")) > 1.7e9);
	CHECK(json_real_value(json_object_get(alarm, "AlarmConfigurationUpdatedTimestamp")) >
		1.7e9);
	CHECK(strstr(text_at(alarm, "StateReasonData"), "\"recentDatapoints\":[]"));
	json_object_del(alarm, "StateUpdatedTimestamp");
	json_object_del(alarm, "AlarmConfigurationUpdatedTimestamp");
	json_object_del(alarm, "StateReasonData");
	{
		char *text CLEANUP(cleanup_free) = json_dumps(alarm, JSON_COMPACT);

		CHECK_TEXT(slice_from_string(text),
			door_json(&door.arena,
				"{'AlarmName':'busy','AlarmArn':'arn:aws:cloudwatch:us-east-1:"
				"123456789012:alarm:busy','AlarmDescription':'d','MetricName':"
				"'ConsumedReadCapacityUnits','Namespace':'AWS/DynamoDB',"
				"'Statistic':'Sum','Dimensions':[{'Name':'TableName','Value':"
				"'Tab'}],'Period':60,'Unit':'Count','EvaluationPeriods':3,"
				"'DatapointsToAlarm':2,'Threshold':5.0,'ComparisonOperator':"
				"'GreaterThanThreshold','TreatMissingData':'breaching',"
				"'ActionsEnabled':false,'OKActions':[],'AlarmActions':['arn:x'],"
				"'InsufficientDataActions':[],'StateValue':'ALARM','StateReason':"
				"'Threshold Crossed: no datapoints were received for 3 periods and "
				"3 missing datapoints were treated as [Breaching].'}")
				.data);
	}
	json_decref(root);
}

static void members_that_were_left_out_stay_so(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, PUT,
		"{'AlarmName': 'slow', 'MetricName': 'SuccessfulRequestLatency', 'Dimensions': ["
		"{'Name': 'Operation', 'Value': 'GetItem'}, {'Name': 'TableName', 'Value': 'T'}],"
		"'ExtendedStatistic': 'p99.9', 'Period': 300, " RULE ", 'Threshold': 0.25}");
	CHECK_CALL(&door, DESCRIBE, "{}");
	CHECK(strstr(buf_string(&door.answer), "\"ExtendedStatistic\":\"p99.9\""));
	CHECK(strstr(buf_string(&door.answer), "\"Threshold\":0.25,"));
	CHECK(!strstr(buf_string(&door.answer), "\"Statistic\""));
	CHECK(!strstr(buf_string(&door.answer), "DatapointsToAlarm"));
	CHECK(!strstr(buf_string(&door.answer), "TreatMissingData"));
	CHECK(!strstr(buf_string(&door.answer), "Description"));
}

static void alarms_are_told_by_what_is_asked(void)
{
	static const char *const requests[] = {
		ALARM("web-2", ", 'OKActions': ['arn:page:ops']"),
		ALARM("db", ", 'AlarmActions': ['arn:mail:ops']"),
		QUIET("web-1", ""),
		NULL,
	};
	struct door door CLEANUP(door_release) = door_new();

	put_all(&door, requests);
	CHECK_CALL(&door, SET_STATE,
		"{'AlarmName': 'web-1', 'StateValue': 'OK', 'StateReason': 'well'}");
	CHECK_TEXT(names(&door, "{}"), "db web-1 web-2");
	CHECK_TEXT(names(&door, "{'AlarmNamePrefix': 'web'}"), "web-1 web-2");
	CHECK_TEXT(names(&door, "{'AlarmNames': ['web-2', 'none', 'db']}"), "db web-2");
	CHECK_TEXT(names(&door, "{'StateValue': 'OK'}"), "web-1");
	CHECK_TEXT(names(&door, "{'ActionPrefix': 'arn:mail'}"), "db");
	CHECK_TEXT(names(&door, "{'AlarmTypes': ['CompositeAlarm']}"), "");
	CHECK_TEXT(names(&door, "{'AlarmTypes': ['CompositeAlarm', 'MetricAlarm']}"),
		"db web-1 web-2");
}

static void pages_follow_each_other(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct buf all CLEANUP(buf_release) = BUF_INIT;
	struct slice token = { NULL, 0 };
	int pages = 0;

	for (int i = 0; i < 7; i++) {
		struct buf json CLEANUP(buf_release) = BUF_INIT;

		buf_appendf(&json, ALARM("%c", ""), 'a' + i);
		CHECK_CALL(&door, PUT, buf_string(&json));
	}
	do {
		struct buf json CLEANUP(buf_release) = BUF_INIT;
		json_t *root;

		buf_append_string(&json, "{'MaxRecords': 3");
		if (slice_present(token))
			buf_appendf(&json, ", 'NextToken': '%.*s'", SLICE_ARG(token));
		buf_append_char(&json, '}');
		buf_append_slice(&all, names(&door, buf_string(&json)));
		buf_append_char(&all, '|');
		root = ask(&door, DESCRIBE, buf_string(&json));
		token = arena_copy(&door.arena,
			slice_from_string(json_string_value(json_object_get(root, "NextToken"))));
		json_decref(root);
		pages++;
	} while (slice_present(token));
	CHECK_INT(pages, 3);
	CHECK_TEXT(buf_slice(&all), "a b c|d e f|g|");
}

static void what_makes_no_sense_is_refused(void)
{
	struct door door CLEANUP(door_release) = door_new();

	CHECK_INVALID(&door, PUT, "{'AlarmName': 'a'}",
		"2 validation errors detected: Value null at 'evaluationPeriods' failed to "
		"satisfy constraint: Member must not be null; Value null at 'comparisonOperator' "
		"failed to satisfy constraint: Member must not be null");
	CHECK_REFUSED(&door, PUT, "{'AlarmName': 'a', " RULE "}", ERROR_PARAMETER_MISSING,
		"Threshold is missing");
	CHECK_REFUSED(&door, PUT, ALARM("a", ", 'Namespace': 'AWS/EC2'"), ERROR_PARAMETER_VALUE,
		"Namespace is AWS/EC2: the metrics that there are are those of AWS/DynamoDB");
	CHECK_REFUSED(&door, PUT,
		"{'AlarmName': 'a', 'MetricName': 'UserErrors', 'Threshold': 1, " RULE
		", 'Dimensions': [{'Name': 'Table', 'Value': 'x'}]}",
		ERROR_PARAMETER_VALUE,
		"AWS/DynamoDB has no dimension Table: those there are are TableName, "
		"GlobalSecondaryIndexName, Operation and StreamLabel");
	CHECK_REFUSED(&door, PUT,
		"{'AlarmName': 'a', 'MetricName': 'UserErrors', 'Threshold': 1, " RULE
		", 'Dimensions': [{'Name': 'TableName', 'Value': 'x'}, {'Name': 'TableName', "
		"'Value': 'y'}]}",
		ERROR_PARAMETER_VALUE, "Dimensions has TableName twice");
	CHECK_INVALID(&door, PUT, ALARM("a", ", 'Tags': []"),
		"Tags is not supported by this version yet");
	CHECK_INVALID(&door, PUT, ALARM("a", ", 'Metrics': []"),
		"Metrics is not supported by this version yet");
	CHECK_REFUSED(&door, DESCRIBE, "{'AlarmNames': ['a'], 'AlarmNamePrefix': 'a'}",
		ERROR_PARAMETER_COMBINATION, "AlarmNames and AlarmNamePrefix exclude each other");
	CHECK_REFUSED(&door, DESCRIBE, "{'NextToken': '!'}", ERROR_INVALID_NEXT_TOKEN,
		"The next token is invalid");
	CHECK_REFUSED(&door, HISTORY, "{'NextToken': '12x'}", ERROR_INVALID_NEXT_TOKEN,
		"The next token is invalid");
	CHECK_REFUSED(&door, DELETE, "{'AlarmNames': ['a']}", ERROR_ALARM_NOT_FOUND,
		"there is no alarm a");
	CHECK_REFUSED(&door, SET_STATE, "{'AlarmName': 'a', 'StateValue': 'OK', 'StateReason': ''}",
		ERROR_ALARM_NOT_FOUND, "there is no alarm a");
	CHECK_CALL(&door, PUT, ALARM("a", ""));
	CHECK_REFUSED(&door, SET_STATE,
		"{'AlarmName': 'a', 'StateValue': 'OK', 'StateReason': '', 'StateReasonData': "
		"'{'}",
		ERROR_INVALID_FORMAT, "StateReasonData is no JSON");
	CHECK_TEXT(names(&door, "{}"), "a");
}

static void the_longest_and_strangest_values_are_kept(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct buf json CLEANUP(buf_release) = BUF_INIT;
	char value[1025] = "";

	memset(value, 'v', sizeof(value) - 1);
	buf_appendf(&json,
		"{'AlarmName': 'a', 'MetricName': 'ConsumedReadCapacityUnits', 'Statistic': 'Sum', "
		"'Period': 60, 'Threshold': 5, " RULE ", 'AlarmDescription': '\\u0000x', "
		"'Dimensions': [{'Name': 'TableName', 'Value': '%s'}, {'Name': "
		"'GlobalSecondaryIndexName', 'Value': '%s'}]}",
		value, value);
	CHECK_CALL(&door, PUT, buf_string(&json));
	CHECK_CALL(&door, SET_STATE,
		"{'AlarmName': 'a', 'StateValue': 'OK', 'StateReason': '\\u0000y'}");
	CHECK_CALL(&door, DESCRIBE, "{}");
	CHECK(strstr(buf_string(&door.answer), "\"\\u0000x\""));
	CHECK(strstr(buf_string(&door.answer), value));
	CHECK_CALL(&door, HISTORY, "{'AlarmName': 'a', 'HistoryItemType': 'StateUpdate'}");
	CHECK(strstr(buf_string(&door.answer), "Alarm updated from INSUFFICIENT_DATA to OK"));
}

static struct slice summaries(struct door *door, const char *json)
{
	return members(door, HISTORY, json, "AlarmHistoryItems", "HistorySummary");
}

static void the_history_tells_what_happened(void)
{
	struct door door CLEANUP(door_release) = door_new();
	json_t *root, *item;

	CHECK_CALL(&door, PUT, QUIET("a", ""));
	CHECK_CALL(&door, PUT, QUIET("b", ""));
	CHECK_CALL(&door, SET_STATE,
		"{'AlarmName': 'a', 'StateValue': 'ALARM', 'StateReason': 'a drill'}");
	CHECK_CALL(&door, SET_STATE,
		"{'AlarmName': 'a', 'StateValue': 'OK', 'StateReason': 'a drill'}");
	CHECK_CALL(&door, DELETE, "{'AlarmNames': ['a']}");
	CHECK_TEXT(summaries(&door, "{'AlarmName': 'a'}"),
		"Alarm \"a\" deleted Alarm updated from ALARM to OK Alarm updated from "
		"INSUFFICIENT_DATA to ALARM Alarm \"a\" created");
	CHECK_TEXT(summaries(&door, "{'AlarmName': 'a', 'ScanBy': 'TimestampAscending', "
				    "'HistoryItemType': 'ConfigurationUpdate'}"),
		"Alarm \"a\" created Alarm \"a\" deleted");
	CHECK_TEXT(summaries(&door, "{'StartDate': 4000000000}"), "");
	CHECK_TEXT(summaries(&door, "{'EndDate': 1000000000}"), "");
	CHECK_TEXT(summaries(&door, "{'HistoryItemType': 'Action'}"), "");
	root = ask(&door, HISTORY, "{'HistoryItemType': 'StateUpdate', 'MaxRecords': 1}");
	item = json_array_get(json_object_get(root, "AlarmHistoryItems"), 0);
	CHECK_TEXT(slice_from_string(text_at(item, "AlarmType")), "MetricAlarm");
	CHECK_TEXT(slice_from_string(text_at(item, "HistoryData")),
		door_json(&door.arena,
			"{'version':'1.0','oldState':{'stateValue':'ALARM'},'newState':{"
			"'stateValue':'OK','stateReason':'a drill','stateReasonData':{'version':"
			"'1.0','evaluatedDatapoints':[]}}}")
			.data);
	CHECK(json_real_value(json_object_get(item, "Timestamp")) > 1.7e9);
	json_decref(root);
}

/* In both directions. */
static void pages_of_the_history_follow_each_other(void)
{
	static const char *const orders[] = { "TimestampAscending", "TimestampDescending" };
	static const char *const expected[] = { "created ALARM updated deleted ",
		"deleted updated ALARM created " };
	struct door door CLEANUP(door_release) = door_new();

	CHECK_CALL(&door, PUT, ALARM("a", ""));
	CHECK_CALL(&door, PUT, ALARM("a", ""));
	CHECK_CALL(&door, DELETE, "{'AlarmNames': ['a']}");
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct buf all CLEANUP(buf_release) = BUF_INIT;
		struct slice token = { NULL, 0 };

		do {
			struct buf json CLEANUP(buf_release) = BUF_INIT;
			json_t *root;
			const char *summary;

			buf_appendf(&json, "{'MaxRecords': 1, 'ScanBy': '%s'", orders[i]);
			if (slice_present(token))
				buf_appendf(&json, ", 'NextToken': '%.*s'", SLICE_ARG(token));
			buf_append_char(&json, '}');
			root = ask(&door, HISTORY, buf_string(&json));
			summary = text_at(
				json_array_get(json_object_get(root, "AlarmHistoryItems"), 0),
				"HistorySummary");
			buf_appendf(&all, "%s ", strrchr(summary, ' ') + 1);
			token = arena_copy(&door.arena,
				slice_from_string(
					json_string_value(json_object_get(root, "NextToken"))));
			json_decref(root);
		} while (slice_present(token));
		CHECK_TEXT(buf_slice(&all), expected[i]);
	}
}

static const struct test_case cases[] = {
	{ "what is put is described", what_is_put_is_described },
	{ "members that were left out stay so", members_that_were_left_out_stay_so },
	{ "alarms are told by what is asked", alarms_are_told_by_what_is_asked },
	{ "pages follow each other", pages_follow_each_other },
	{ "what makes no sense is refused", what_makes_no_sense_is_refused },
	{ "the longest and strangest values are kept", the_longest_and_strangest_values_are_kept },
	{ "the history tells what happened", the_history_tells_what_happened },
	{ "pages of the history follow each other", pages_of_the_history_follow_each_other },
};
TEST_MAIN(cases)
