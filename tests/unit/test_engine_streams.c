#undef NDEBUG
#include "engine_fixture.h"

#include "api/operations.h"
#include "api/shard_iterator.h"
#include "base/clock.h"
#include "store/stream.h"

#define ACCOUNT "arn:aws:dynamodb:us-east-1:123456789012:table/"

/* The first string member of that name in the answer, or an absent slice. */
static struct slice find_member(struct door *door, const char *name)
{
	struct buf member CLEANUP(buf_release) = BUF_INIT;
	struct slice rest = arena_copy(&door->arena, buf_slice(&door->answer));
	const char *at, *end;

	buf_appendf(&member, "\"%s\":\"", name);
	at = memmem(rest.data, rest.len, member.data, member.len);
	if (!at)
		return slice_of(NULL, 0);
	rest = slice_skip(rest, (size_t)(at - rest.data) + member.len);
	end = memchr(rest.data, '"', rest.len);
	CHECK(end);
	return arena_copy(&door->arena, slice_of(rest.data, (size_t)(end - rest.data)));
}

static size_t count_records(struct door *door)
{
	struct slice rest = buf_slice(&door->answer);
	const char *at;
	size_t count = 0;

	while ((at = memmem(rest.data, rest.len, "\"eventID\"", 9))) {
		rest = slice_skip(rest, (size_t)(at - rest.data) + 9);
		count++;
	}
	return count;
}

/* A table with a stream; the stream's ARN. */
static struct slice create_table(struct door *door, const char *name, const char *view)
{
	struct slice json = arena_printf(&door->arena,
		"{'TableName':'%s','BillingMode':'PAY_PER_REQUEST',"
		"'AttributeDefinitions':[{'AttributeName':'pk','AttributeType':'S'}],"
		"'KeySchema':[{'AttributeName':'pk','KeyType':'HASH'}],"
		"'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'%s'}}",
		name, view);

	CHECK_CALL(door, OPERATION_CREATE_TABLE, json.data);
	return find_member(door, "LatestStreamArn");
}

static void put(struct door *door, const char *table, const char *pk, const char *v)
{
	struct slice json = arena_printf(&door->arena,
		"{'TableName':'%s','Item':{'pk':{'S':'%s'},'v':{'S':'%s'}}}", table, pk, v);

	CHECK_CALL(door, OPERATION_PUT_ITEM, json.data);
}

static void disable_stream(struct door *door, const char *table)
{
	struct slice json = arena_printf(&door->arena,
		"{'TableName':'%s','StreamSpecification':{'StreamEnabled':false}}", table);

	CHECK_CALL(door, OPERATION_UPDATE_TABLE, json.data);
}

static int describe(struct door *door, struct slice arn, const char *more)
{
	struct slice json =
		arena_printf(&door->arena, "{'StreamArn':'%.*s'%s}", SLICE_ARG(arn), more);

	return door_call(door, OPERATION_DESCRIBE_STREAM, json.data);
}

static struct slice shard_of(struct door *door, struct slice arn)
{
	CHECK_OK(describe(door, arn, ""), &door->err);
	return find_member(door, "ShardId");
}

/* Asks for an iterator; `more` goes on after the type. */
static int ask_iterator(struct door *door, struct slice arn, const char *type, const char *more)
{
	struct slice shard = shard_of(door, arn);
	struct slice json = arena_printf(&door->arena,
		"{'StreamArn':'%.*s','ShardId':'%.*s','ShardIteratorType':'%s'%s}", SLICE_ARG(arn),
		SLICE_ARG(shard), type, more);

	return door_call(door, OPERATION_GET_SHARD_ITERATOR, json.data);
}

static struct slice iterator(struct door *door, struct slice arn, const char *type)
{
	CHECK_OK(ask_iterator(door, arn, type, ""), &door->err);
	return find_member(door, "ShardIterator");
}

static struct slice iterator_at(
	struct door *door, struct slice arn, const char *type, struct slice number)
{
	struct slice more =
		arena_printf(&door->arena, ",'SequenceNumber':'%.*s'", SLICE_ARG(number));

	CHECK_OK(ask_iterator(door, arn, type, more.data), &door->err);
	return find_member(door, "ShardIterator");
}

static int get_records(struct door *door, struct slice position, const char *more)
{
	struct slice json =
		arena_printf(&door->arena, "{'ShardIterator':'%.*s'%s}", SLICE_ARG(position), more);

	return door_call(door, OPERATION_GET_RECORDS, json.data);
}

static struct slice label_of(struct slice arn)
{
	const char *at;

	CHECK(slice_present(arn));
	at = memrchr(arn.data, '/', arn.len);
	CHECK(at);
	return slice_skip(arn, (size_t)(at + 1 - arn.data));
}

static void an_arn_is_the_table_s_and_a_label(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "KEYS_ONLY");

	CHECK(slice_starts_with(arn, SLICE(ACCOUNT "Strm/stream/")));
	CHECK_INT(label_of(arn).len, strlen("2026-11-22T12:36:45.123"));
	CHECK_TEXT(label_of(arn), find_member(&door, "LatestStreamLabel").data);
}

static void streams_are_listed_by_table_and_page(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice b = create_table(&door, "Bbb", "KEYS_ONLY");
	struct slice a = create_table(&door, "Aaa", "KEYS_ONLY"), json;

	CHECK_CALL(&door, OPERATION_LIST_STREAMS, "{'Limit':1}");
	CHECK_TEXT(find_member(&door, "StreamArn"), a.data);
	CHECK_TEXT(find_member(&door, "LastEvaluatedStreamArn"), a.data);
	json = arena_printf(&door.arena, "{'ExclusiveStartStreamArn':'%s'}", a.data);
	CHECK_CALL(&door, OPERATION_LIST_STREAMS, json.data);
	CHECK_TEXT(find_member(&door, "StreamArn"), b.data);
	CHECK(!slice_present(find_member(&door, "LastEvaluatedStreamArn")));
	CHECK_CALL(&door, OPERATION_LIST_STREAMS, "{'TableName':'Bbb'}");
	CHECK_TEXT(find_member(&door, "StreamArn"), b.data);
	CHECK_ANSWER(&door, OPERATION_LIST_STREAMS, "{'TableName':'Nope'}", "{'Streams':[]}");
}

static void a_stream_is_described_with_its_one_shard(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE"), shard;

	CHECK_OK(describe(&door, arn, ""), &door.err);
	CHECK_TEXT(find_member(&door, "StreamStatus"), "ENABLED");
	CHECK_TEXT(find_member(&door, "StreamViewType"), "NEW_IMAGE");
	CHECK_TEXT(find_member(&door, "TableName"), "Strm");
	CHECK_TEXT(find_member(&door, "AttributeName"), "pk");
	CHECK_INT(find_member(&door, "StartingSequenceNumber").len, 21);
	CHECK(!slice_present(find_member(&door, "EndingSequenceNumber")));
	shard = find_member(&door, "ShardId");
	CHECK_INT(shard.len, strlen("shardId-00000001414576573621-f55eea83"));
	CHECK(slice_starts_with(shard, SLICE("shardId-0000000")));
	/* After it there is no other one. */
	CHECK_OK(describe(&door, arn,
			 arena_printf(&door.arena, ",'ExclusiveStartShardId':'%s'", shard.data)
				 .data),
		&door.err);
	CHECK(!slice_present(find_member(&door, "ShardId")));
}

static void what_is_no_stream_is_not_found(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice unknown = SLICE(ACCOUNT "Strm/stream/2020-01-01T00:00:00.000");

	create_table(&door, "Strm", "KEYS_ONLY");
	CHECK_INT(describe(&door, unknown, ""), -1);
	CHECK_ERROR(&door.err, ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Stream: " ACCOUNT
		"Strm/stream/2020-01-01T00:00:00.000 not found");
	CHECK_INT(describe(&door, SLICE("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq"), ""), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Invalid StreamArn");
}

static void an_arn_without_a_table_is_none(void)
{
	struct door door CLEANUP(door_release) = door_new();

	create_table(&door, "Strm", "KEYS_ONLY");
	CHECK_INT(describe(&door, SLICE(ACCOUNT "stream/2020-01-01T00:00:00.000"), ""), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Invalid StreamArn");
}

static void another_region_s_stream_is_not_found(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "KEYS_ONLY");
	struct slice other = arena_printf(&door.arena,
		"arn:aws:dynamodb:eu-west-1:123456789012:table/Strm/stream/%s", label_of(arn).data);

	CHECK_INT(describe(&door, other, ""), -1);
	CHECK_INT(door.err.class, ERROR_TABLE_NOT_FOUND);
	error_release(&door.err);
}

static void records_come_in_pages_from_the_trim_horizon(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_AND_OLD_IMAGES"), next;

	for (int i = 0; i < 3; i++)
		put(&door, "Strm", "a", (const char *[]){ "x", "y", "z" }[i]);
	CHECK_OK(get_records(&door, iterator(&door, arn, "TRIM_HORIZON"), ",'Limit':2"), &door.err);
	CHECK_INT(count_records(&door), 2);
	next = find_member(&door, "NextShardIterator");
	CHECK_OK(get_records(&door, next, ""), &door.err);
	CHECK_INT(count_records(&door), 1);
	CHECK_TEXT(find_member(&door, "eventName"), "MODIFY");
	next = find_member(&door, "NextShardIterator");
	CHECK_OK(get_records(&door, next, ""), &door.err);
	CHECK_INT(count_records(&door), 0);
	CHECK(slice_starts_with(buf_slice(&door.answer), SLICE("{\"Records\":[],")));
	CHECK(slice_present(find_member(&door, "NextShardIterator")));
}

static void a_record_has_the_service_s_members(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_AND_OLD_IMAGES"), answer;

	put(&door, "Strm", "a", "x");
	CHECK_OK(get_records(&door, iterator(&door, arn, "TRIM_HORIZON"), ""), &door.err);
	CHECK_INT(find_member(&door, "eventID").len, 32);
	CHECK_TEXT(find_member(&door, "eventName"), "INSERT");
	CHECK_TEXT(find_member(&door, "eventVersion"), "1.1");
	CHECK_TEXT(find_member(&door, "eventSource"), "aws:dynamodb");
	CHECK_TEXT(find_member(&door, "awsRegion"), "us-east-1");
	CHECK_INT(find_member(&door, "SequenceNumber").len, 21);
	CHECK_TEXT(find_member(&door, "StreamViewType"), "NEW_AND_OLD_IMAGES");
	answer = buf_slice(&door.answer);
	CHECK(memmem(answer.data, answer.len, "\"SizeBytes\":8", 13));
	CHECK(memmem(
		answer.data, answer.len, "\"Keys\":{\"pk\":{\"S\":\"a\"}},\"NewImage\":{", 35));
	CHECK(!memmem(answer.data, answer.len, "OldImage", 8));
	CHECK(!memmem(answer.data, answer.len, "userIdentity", 12));
}

static void latest_is_after_what_there_is(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE"), latest;

	put(&door, "Strm", "a", "before");
	latest = iterator(&door, arn, "LATEST");
	CHECK_OK(get_records(&door, latest, ""), &door.err);
	CHECK_INT(count_records(&door), 0);
	put(&door, "Strm", "a", "after");
	CHECK_OK(get_records(&door, latest, ""), &door.err);
	CHECK_INT(count_records(&door), 1);
}

static void a_sequence_number_tells_where_to_begin(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE"), first;

	put(&door, "Strm", "a", "1");
	put(&door, "Strm", "b", "2");
	CHECK_OK(get_records(&door, iterator(&door, arn, "TRIM_HORIZON"), ""), &door.err);
	first = find_member(&door, "SequenceNumber");
	CHECK_OK(get_records(&door, iterator_at(&door, arn, "AT_SEQUENCE_NUMBER", first), ""),
		&door.err);
	CHECK_INT(count_records(&door), 2);
	CHECK_OK(get_records(&door, iterator_at(&door, arn, "AFTER_SEQUENCE_NUMBER", first), ""),
		&door.err);
	CHECK_INT(count_records(&door), 1);
}

/* What DescribeStream tells is where a consumer may begin, also of an empty one. */
static void an_empty_shard_can_be_read_from_its_start(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE"), start, position;

	CHECK_OK(describe(&door, arn, ""), &door.err);
	start = find_member(&door, "StartingSequenceNumber");
	position = iterator_at(&door, arn, "AT_SEQUENCE_NUMBER", start);
	put(&door, "Strm", "a", "1");
	CHECK_OK(get_records(&door, position, ""), &door.err);
	CHECK_INT(count_records(&door), 1);
}

static void a_wrong_sequence_number_is_refused(void)
{
	static const struct {
		const char *type, *more, *message;
	} wrong[] = {
		{ "AT_SEQUENCE_NUMBER", "",
			"One or more parameter values were invalid: Invalid SequenceNumber" },
		{ "AT_SEQUENCE_NUMBER", ",'SequenceNumber':'x00000000000000000000'",
			"One or more parameter values were invalid: Invalid SequenceNumber" },
		{ "LATEST", ",'SequenceNumber':'100000000000000000000'",
			"One or more parameter values were invalid: SequenceNumber should not be "
			"passed for this iterator type" },
		{ "AT_SEQUENCE_NUMBER", ",'SequenceNumber':'100000000000000000001'",
			"Invalid SequenceNumber for the shard" },
		{ "AFTER_SEQUENCE_NUMBER", ",'SequenceNumber':'999999999999999999999'",
			"Invalid SequenceNumber for the shard" },
	};
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE");

	put(&door, "Strm", "a", "1");
	put(&door, "Strm", "a", "2");
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CHECK_INT(ask_iterator(&door, arn, wrong[i].type, wrong[i].more), -1);
		CHECK_ERROR(&door.err, ERROR_VALIDATION, wrong[i].message);
	}
}

/* As the worker does it in a day. */
static void trim_all(struct door *door)
{
	int64_t tomorrow = clock_realtime_ns() + (STREAM_RETENTION_SECONDS + 1) * 1000000000LL;

	CHECK_OK(stream_trim(door->engine->store, tomorrow, &door->err), &door->err);
}

static void what_was_trimmed_cannot_be_read(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE"), horizon, first, more;

	put(&door, "Strm", "a", "1");
	horizon = iterator(&door, arn, "TRIM_HORIZON");
	CHECK_OK(get_records(&door, horizon, ""), &door.err);
	first = find_member(&door, "SequenceNumber");
	more = arena_printf(&door.arena, ",'SequenceNumber':'%s'", first.data);
	trim_all(&door);
	put(&door, "Strm", "a", "2");
	CHECK_INT(get_records(&door, horizon, ""), -1);
	CHECK_ERROR(&door.err, ERROR_TRIMMED_DATA,
		"The data you are trying to access has been trimmed.");
	CHECK_INT(ask_iterator(&door, arn, "AFTER_SEQUENCE_NUMBER", more.data), -1);
	CHECK_ERROR(&door.err, ERROR_TRIMMED_DATA,
		"The data you are trying to access has been trimmed.");
	CHECK_OK(get_records(&door, iterator(&door, arn, "TRIM_HORIZON"), ""), &door.err);
	CHECK_INT(count_records(&door), 1);
}

static void an_unknown_shard_does_not_exist(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE");
	struct slice json = arena_printf(&door.arena,
		"{'StreamArn':'%s','ShardId':'shardId-00000000000000000000-abcdefgh',"
		"'ShardIteratorType':'LATEST'}",
		arn.data);

	CHECK_REFUSED(&door, OPERATION_GET_SHARD_ITERATOR, json.data, ERROR_TABLE_NOT_FOUND,
		"Requested resource not found: Shard does not exist");
}

static void a_closed_shard_ends(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE"), last, next;

	put(&door, "Strm", "a", "1");
	put(&door, "Strm", "a", "2");
	disable_stream(&door, "Strm");
	put(&door, "Strm", "a", "3");
	CHECK_OK(describe(&door, arn, ""), &door.err);
	CHECK_TEXT(find_member(&door, "StreamStatus"), "DISABLED");
	last = find_member(&door, "EndingSequenceNumber");
	CHECK_OK(get_records(&door, iterator(&door, arn, "TRIM_HORIZON"), ",'Limit':1"), &door.err);
	next = find_member(&door, "NextShardIterator");
	CHECK(slice_present(next));
	CHECK_OK(get_records(&door, next, ""), &door.err);
	CHECK_INT(count_records(&door), 1);
	CHECK_TEXT(find_member(&door, "SequenceNumber"), last.data);
	CHECK(!slice_present(find_member(&door, "NextShardIterator")));
}

static void a_deleted_table_s_stream_can_be_read(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE");

	put(&door, "Strm", "a", "1");
	CHECK_CALL(&door, OPERATION_DELETE_TABLE, "{'TableName':'Strm'}");
	CHECK_OK(get_records(&door, iterator(&door, arn, "TRIM_HORIZON"), ""), &door.err);
	CHECK_INT(count_records(&door), 1);
	CHECK_CALL(&door, OPERATION_LIST_STREAMS, "{'TableName':'Strm'}");
	CHECK_TEXT(find_member(&door, "StreamArn"), arn.data);
}

static void an_iterator_begins_with_the_arn_and_is_checked(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "NEW_IMAGE");
	struct slice position = iterator(&door, arn, "LATEST"), changed;

	CHECK(slice_starts_with(position, arn));
	CHECK(slice_starts_with(slice_skip(position, arn.len), SLICE("|1|")));
	changed = arena_copy(&door.arena, position);
	((char *)changed.data)[arn.len + 4] ^= 1;
	CHECK_INT(get_records(&door, changed, ""), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Invalid ShardIterator");
	CHECK_INT(get_records(&door, SLICE("nonsense"), ""), -1);
	CHECK_ERROR(&door.err, ERROR_VALIDATION, "Invalid ShardIterator");
}

static void an_iterator_lives_15_minutes(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	int64_t made = clock_realtime_ns(), end = made + 15 * 60 * 1000000000LL;
	struct slice arn;
	uint64_t offset;

	shard_iterator_append(&text, SLICE("arn"), 4711, made);
	CHECK_OK(shard_iterator_parse(buf_slice(&text), end, &arn, &offset, &err), &err);
	CHECK_TEXT(arn, "arn");
	CHECK_INT(offset, 4711);
	CHECK_INT(shard_iterator_parse(buf_slice(&text), end + 1, &arn, &offset, &err), -1);
	CHECK_ERROR(&err, ERROR_EXPIRED_ITERATOR,
		"The provided iterator exceeds the maximum age allowed.");
}

#define TTL(enabled, name) \
	"{'TableName':'Strm','TimeToLiveSpecification':{'Enabled':" enabled \
	",'AttributeName':'" name "'}}"
#define TTL_ANSWER(enabled, name) \
	"{'TimeToLiveSpecification':{'Enabled':" enabled ",'AttributeName':'" name "'}}"

static void time_to_live_is_enabled_and_disabled(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "Strm", "S", NULL);
	CHECK_ANSWER(&door, OPERATION_DESCRIBE_TIME_TO_LIVE, "{'TableName':'Strm'}",
		"{'TimeToLiveDescription':{'TimeToLiveStatus':'DISABLED'}}");
	CHECK_ANSWER(
		&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("true", "x"), TTL_ANSWER("true", "x"));
	CHECK_ANSWER(&door, OPERATION_DESCRIBE_TIME_TO_LIVE, "{'TableName':'Strm'}",
		"{'TimeToLiveDescription':{'TimeToLiveStatus':'ENABLED','AttributeName':'x'}}");
	CHECK_ANSWER(
		&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("false", "x"), TTL_ANSWER("false", "x"));
	CHECK_ANSWER(&door, OPERATION_DESCRIBE_TIME_TO_LIVE, "{'TableName':'Strm'}",
		"{'TimeToLiveDescription':{'TimeToLiveStatus':'DISABLED'}}");
}

static void time_to_live_is_not_changed_twice(void)
{
	struct door door CLEANUP(door_release) = door_new();

	door_create_table(&door, "Strm", "S", NULL);
	CHECK_INVALID(&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("false", "x"),
		"TimeToLive is already disabled");
	CHECK_CALL(&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("true", "x"));
	CHECK_INVALID(&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("true", "x"),
		"TimeToLive is already enabled");
	CHECK_INVALID(&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("true", "y"),
		"TimeToLive is active on a different AttributeName: current AttributeName is x");
	CHECK_INVALID(&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("false", "y"),
		"TimeToLive is active on a different AttributeName: current AttributeName is x");
	CHECK_REFUSED(&door, OPERATION_DESCRIBE_TIME_TO_LIVE, "{'TableName':'Nope'}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found: Table: Nope not found");
}

/* By the worker, within seconds. */
static void an_expired_item_goes_by_itself(void)
{
	struct door door CLEANUP(door_release) = door_new();
	struct slice arn = create_table(&door, "Strm", "OLD_IMAGE"), position, answer;
	size_t removed = 0;

	position = iterator(&door, arn, "LATEST");
	CHECK_CALL(&door, OPERATION_UPDATE_TIME_TO_LIVE, TTL("true", "x"));
	CHECK_CALL(&door, OPERATION_PUT_ITEM,
		arena_printf(&door.arena,
			"{'TableName':'Strm','Item':{'pk':{'S':'a'},'x':{'N':'%lld'}}}",
			(long long)(clock_realtime_ns() / 1000000000 - 1))
			.data);
	for (int i = 0; i < 1500 && removed < 2; i++) {
		usleep(10000);
		CHECK_OK(get_records(&door, position, ""), &door.err);
		removed = count_records(&door);
	}
	CHECK_INT(removed, 2);
	answer = buf_slice(&door.answer);
	CHECK(memmem(answer.data, answer.len, "\"REMOVE\"", 8));
	CHECK_TEXT(find_member(&door, "PrincipalId"), "dynamodb.amazonaws.com");
	CHECK_TEXT(find_member(&door, "Type"), "Service");
}

static const struct test_case cases[] = {
	{ "an ARN is the table's and a label", an_arn_is_the_table_s_and_a_label },
	{ "streams are listed by table and page", streams_are_listed_by_table_and_page },
	{ "a stream is described with its one shard", a_stream_is_described_with_its_one_shard },
	{ "what is no stream is not found", what_is_no_stream_is_not_found },
	{ "an ARN without a table is none", an_arn_without_a_table_is_none },
	{ "another region's stream is not found", another_region_s_stream_is_not_found },
	{ "records come in pages from the trim horizon",
		records_come_in_pages_from_the_trim_horizon },
	{ "a record has the service's members", a_record_has_the_service_s_members },
	{ "LATEST is after what there is", latest_is_after_what_there_is },
	{ "a sequence number tells where to begin", a_sequence_number_tells_where_to_begin },
	{ "an empty shard can be read from its start", an_empty_shard_can_be_read_from_its_start },
	{ "a wrong sequence number is refused", a_wrong_sequence_number_is_refused },
	{ "what was trimmed cannot be read", what_was_trimmed_cannot_be_read },
	{ "an unknown shard does not exist", an_unknown_shard_does_not_exist },
	{ "a closed shard ends", a_closed_shard_ends },
	{ "a deleted table's stream can be read", a_deleted_table_s_stream_can_be_read },
	{ "an iterator begins with the ARN and is checked",
		an_iterator_begins_with_the_arn_and_is_checked },
	{ "an iterator lives 15 minutes", an_iterator_lives_15_minutes },
	{ "time to live is enabled and disabled", time_to_live_is_enabled_and_disabled },
	{ "time to live is not changed twice", time_to_live_is_not_changed_twice },
	{ "an expired item goes by itself", an_expired_item_goes_by_itself },
};

TEST_MAIN(cases)
