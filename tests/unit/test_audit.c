#undef NDEBUG
#include "api_fixture.h"

#include "api/audit_event.h"
#include "api/audit_line.h"
#include "api/audit_parameters.h"
#include "api/audit_record.h"
#include "base/text.h"

#include <jansson.h>
#include <pthread.h>

#define SECRET "s3cr3t"

/* An engine with that log, and a table as api_new() makes it. */
static struct door audited(struct engine_options options)
{
	struct door door = api_new();

	options.relaxed_durability = true;
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	return door;
}

static struct door data_audited(void)
{
	return audited((struct engine_options){ .audit = AUDIT_DATA });
}

/* By the API's door, for a caller. */
static int call_as(struct door *door, const struct request_caller *caller, enum operation_id id,
	const char *json)
{
	const struct operation *operation = &operations[id];
	struct request request = {
		.operation = id,
		.door = DOOR_API,
		.caller = caller,
		.id = SLICE("REQUESTID"),
		.as_json = true,
		.arena = &door->arena,
		.output = arena_alloc_zero(&door->arena, operation->output->size),
	};
	void *input = arena_alloc_zero(&door->arena, operation->input->size);

	TRY(wire_read(
		operation->input, door_json(&door->arena, json), &door->arena, input, &door->err));
	request.input = input;
	return engine_run(door->engine, &request, &door->err);
}

static void call(struct door *door, enum operation_id id, const char *json)
{
	CHECK_OK(call_as(door, NULL, id, json), &door->err);
}

/* Whether it succeeds or not. */
static void try(struct door *door, enum operation_id id, const char *json)
{
	if (call_as(door, NULL, id, json) < 0)
		error_release(&door->err);
}

static size_t first_line_length(struct slice text)
{
	const char *end = memchr(text.data, '\n', text.len);

	return end ? (size_t)(end - text.data) + 1 : 0;
}

static bool begins_with_call(struct slice text, const char *name)
{
	return memmem(text.data, first_line_length(text), name, strlen(name));
}

/* All lines but that of the table's making. What was queued before a call of the
 * control plane is there when that is answered; its own line is left out. */
static struct slice lines_of(struct door *door)
{
	struct read_log_input input = { LOG_AUDIT, 0, SIZE_MAX };
	struct find_log_input find = { LOG_AUDIT };
	struct find_log_output found;
	struct read_log_output output;
	struct slice text, last;

	call(door, OPERATION_DESCRIBE_LIMITS, "{}");
	CHECK_OK(door_run(door, OPERATION_LOCAL_FIND_LOG, &find, &found), &door->err);
	input.offset = found.start;
	CHECK_OK(door_run(door, OPERATION_LOCAL_READ_LOG, &input, &output), &door->err);
	text = output.text;
	if (begins_with_call(text, "CreateTable"))
		text = slice_skip(text, first_line_length(text));
	for (last = text; last.len > first_line_length(last);)
		last = slice_skip(last, first_line_length(last));
	if (begins_with_call(last, "DescribeLimits"))
		text.len -= last.len;
	return text;
}

static size_t count_of(struct slice text, const char *part)
{
	size_t count = 0;
	const char *at;

	while ((at = memmem(text.data, text.len, part, strlen(part)))) {
		text = slice_skip(text, (size_t)(at - text.data) + strlen(part));
		count++;
	}
	return count;
}

static bool has(struct slice text, const char *part)
{
	return count_of(text, part) > 0;
}

/* The last line as JSON. */
static json_t *last_line(struct door *door)
{
	struct slice text = lines_of(door);
	const char *start = NULL;
	json_t *line;

	CHECK(text.len);
	start = memrchr(text.data, '\n', text.len - 1);
	start = start ? start + 1 : text.data;
	line = json_loadb(start, (size_t)(text.data + text.len - start), 0, NULL);
	CHECK(line);
	return line;
}

static void check_member(const json_t *line, const char *name, const char *expected)
{
	char *text = json_dumps(json_object_get(line, name), JSON_ENCODE_ANY | JSON_COMPACT);
	struct slice actual = slice_from_string(text);

	CHECK_TEXT(slice_present(actual) ? actual : SLICE("absent"), expected);
	free(text);
}

/* Parameters */

static void check_redacted(const char *statement, const char *expected)
{
	struct buf buf CLEANUP(buf_release) = BUF_INIT;

	audit_redact_statement(slice_from_string(statement), &buf);
	CHECK_TEXT(buf_slice(&buf), expected);
}

static void literals_of_a_statement_are_redacted(void)
{
	check_redacted("SELECT * FROM Music WHERE Artist = 'Acme Band'",
		"SELECT * FROM Music WHERE Artist = ***(Redacted)");
	check_redacted("SELECT a.b[2] FROM \"Mu''sic\".\"Ix\" WHERE x1 IN ['it''s', 'b', -1.5e-3]",
		"SELECT a.b[***(Redacted)] FROM \"Mu''sic\".\"Ix\" WHERE x1 IN "
		"[***(Redacted), ***(Redacted), -***(Redacted)]");
	check_redacted("INSERT INTO T VALUE {'a': 'x', 'n': 10, 't': true, 's': <<'v'>>}",
		"INSERT INTO T VALUE {***(Redacted): ***(Redacted), ***(Redacted): "
		"***(Redacted), ***(Redacted): true, ***(Redacted): <<***(Redacted)>>}");
	check_redacted("UPDATE T SET a=? -- s3cr3t\nWHERE pk=`s3cr3t`/* s3cr3t */ AND b > .5",
		"UPDATE T SET a=? \nWHERE pk=***(Redacted) AND b > ***(Redacted)");
}

static void what_is_not_ended_is_redacted_to_the_end(void)
{
	check_redacted("DELETE FROM T WHERE a = 'x AND b = c", "DELETE FROM T WHERE a = "
							       "***(Redacted)");
	check_redacted("a = 'it''", "a = ***(Redacted)");
	check_redacted("a /* x", "a ");
	check_redacted("a -- x", "a ");
	check_redacted("a = 12s3cr3t", "a = ***(Redacted)");
	check_redacted("", "");
}

static void check_parameters(
	enum operation_id id, bool items, const char *json, const char *expected)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf buf CLEANUP(buf_release) = BUF_INIT;
	const struct audit_style style = { .items = items };
	const struct request_shape *shape = operations[id].input;
	void *input = arena_alloc_zero(&arena, shape->size);

	CHECK_OK(wire_read(shape, door_json(&arena, json), &arena, input, &err), &err);
	audit_append_parameters(&style, shape, input, &buf);
	CHECK_TEXT(buf_slice(&buf), door_json(&arena, expected).data);
}

static void items_and_keys_are_lists_of_names(void)
{
	check_parameters(OPERATION_PUT_ITEM, false,
		"{'TableName': 'T', 'Item': {'pk': {'S': 'a'}, 'n': {'N': '1'}},"
		"'ConditionExpression': 'a = :v', 'ExpressionAttributeValues': {':v': {'S': 'b'}}}",
		"{'tableName':'T','item':['pk','n'],'conditionExpression':'a = :v',"
		"'expressionAttributeValues':[':v']}");
	check_parameters(OPERATION_BATCH_GET_ITEM, false,
		"{'RequestItems': {'T': {'Keys': [{'pk': {'S': 'a'}}, {'pk': {'S': 'b'}}],"
		"'ConsistentRead': true}}}",
		"{'requestItems':{'T':{'keys':[['pk'],['pk']],'consistentRead':true}}}");
	check_parameters(OPERATION_QUERY, false,
		"{'TableName': 'T', 'KeyConditions': {'pk': {'ComparisonOperator': 'EQ',"
		"'AttributeValueList': [{'S': 'a'}]}}, 'Limit': 5,"
		"'ExpressionAttributeNames': {'#a': 'b'}}",
		"{'tableName':'T','limit':5,'keyConditions':{'pk':{'comparisonOperator':'EQ'}},"
		"'expressionAttributeNames':{'#a':'b'}}");
}

static void items_are_shown_when_asked_for(void)
{
	check_parameters(OPERATION_PUT_ITEM, true,
		"{'TableName': 'T', 'Item': {'pk': {'S': 'a'}, 'n': {'N': '1'}}}",
		"{'tableName':'T','item':{'pk':{'S':'a'},'n':{'N':'1'}}}");
	check_parameters(OPERATION_EXECUTE_STATEMENT, true,
		"{'Statement': 'SELECT * FROM T WHERE pk=1', 'Parameters': [{'S': 'a'}],"
		"'NextToken': 'x'}",
		"{'statement':'SELECT * FROM T WHERE pk=1','parameters':[{'S':'a'}],"
		"'nextToken':'x'}");
}

/* Fills a struct of any shape, each place with the secret. */

static void fill_shape(const struct request_shape *shape, void *input, struct arena *arena);

static struct value *secret_value(struct arena *arena)
{
	struct value *value = arena_alloc_zero(arena, sizeof(*value));

	*value = value_of_string(SECRET);
	return value;
}

static struct map *secret_map(struct arena *arena)
{
	struct member member = { SLICE("name"), *secret_value(arena) };

	return map_of(arena, &member, 1);
}

static struct request_list list_of(const void *item)
{
	return (struct request_list){ true, 1, item };
}

static const void *filled(const struct request_shape *shape, struct arena *arena)
{
	void *item = arena_alloc_zero(arena, shape->size);

	fill_shape(shape, item, arena);
	return item;
}

/* Of a map: its name stands before what the shape has rows for. */
static const void *named(const struct request_shape *shape, struct arena *arena)
{
	struct slice *item = arena_alloc_zero(arena, shape->size);

	fill_shape(shape, item, arena);
	*item = SLICE("name");
	return item;
}

static void fill_string(const struct field *field, struct slice *ret)
{
	*ret = SLICE("text");
	if (strcmp(field->name, "NextToken") == 0)
		*ret = SLICE(SECRET);
	if (strcmp(field->name, "Statement") == 0)
		*ret = SLICE("SELECT * FROM T WHERE a = '" SECRET "'");
}

static void fill_field(const struct field *field, void *member, struct arena *arena)
{
	static const struct name_placeholder placeholder = { SLICE("#n"), SLICE("name") };
	static const struct named_double number = { SLICE("name"), 1.5 };
	struct named_list *list;
	struct named_items *items;

	switch (field->type) {
	case FIELD_STRING:
	case FIELD_ENUM:
		fill_string(field, member);
		return;
	case FIELD_INTEGER:
	case FIELD_LONG:
		*(struct optional_integer *)member = (struct optional_integer){ true, 1 };
		return;
	case FIELD_BOOLEAN:
		*(struct optional_boolean *)member = (struct optional_boolean){ true, true };
		return;
	case FIELD_DOUBLE:
		*(struct optional_double *)member = (struct optional_double){ true, 1.5 };
		return;
	case FIELD_TIMESTAMP:
		*(int64_t *)member = 1000000000;
		return;
	case FIELD_STRUCT:
		*(const void **)member = filled(field->shape, arena);
		return;
	case FIELD_LIST:
		*(struct request_list *)member =
			list_of(field->shape ? filled(field->shape, arena) : &placeholder.name);
		return;
	case FIELD_MAP:
		*(struct request_list *)member = list_of(named(field->shape, arena));
		return;
	case FIELD_ATTRIBUTES:
		*(const void **)member = secret_map(arena);
		return;
	case FIELD_ITEMS:
		*(struct request_list *)member = list_of(secret_map(arena));
		return;
	case FIELD_VALUES:
		*(struct request_list *)member = list_of(secret_value(arena));
		return;
	case FIELD_VALUE:
		*(const void **)member = secret_value(arena);
		return;
	case FIELD_STRING_MAP:
		*(struct request_list *)member = list_of(&placeholder);
		return;
	case FIELD_LIST_MAP:
		list = arena_alloc_zero(arena, sizeof(*list));
		*list = (struct named_list){ SLICE("name"), list_of(filled(field->shape, arena)) };
		*(struct request_list *)member = list_of(list);
		return;
	case FIELD_ITEMS_MAP:
		items = arena_alloc_zero(arena, sizeof(*items));
		*items = (struct named_items){ SLICE("name"), list_of(secret_map(arena)) };
		*(struct request_list *)member = list_of(items);
		return;
	case FIELD_DOUBLES:
		*(struct request_list *)member = list_of(&number.value);
		return;
	case FIELD_DOUBLE_MAP:
		*(struct request_list *)member = list_of(&number);
		return;
	case FIELD_JSON:
		*(struct slice *)member = SLICE("\"" SECRET "\"");
		return;
	case FIELD_UNSUPPORTED:
		return;
	}
}

static void fill_shape(const struct request_shape *shape, void *input, struct arena *arena)
{
	for (size_t i = 0; i < shape->count; i++)
		fill_field(&shape->fields[i], (char *)input + shape->fields[i].offset, arena);
}

static void check_hidden(const struct request_shape *shape, bool unread)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf hidden CLEANUP(buf_release) = BUF_INIT;
	const struct audit_style style = { .unread = unread };
	json_t *parsed;

	audit_append_parameters(&style, shape, filled(shape, &arena), &hidden);
	if (has(buf_slice(&hidden), SECRET))
		printf("# %s: %s\n", shape->name, buf_string(&hidden));
	CHECK(!has(buf_slice(&hidden), SECRET));
	parsed = json_loads(buf_string(&hidden), 0, NULL);
	if (!parsed)
		printf("# %s: %s\n", shape->name, buf_string(&hidden));
	CHECK(parsed);
	json_decref(parsed);
}

static void no_shape_of_any_operation_shows_a_value(void)
{
	for (size_t i = 0; i < OPERATION_COUNT; i++) {
		if (!operations[i].name)
			continue;
		check_hidden(operations[i].input, false);
		check_hidden(operations[i].input, true);
		check_hidden(operations[i].output, false);
	}
}

static void a_value_is_found_where_it_is_shown(void)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct buf shown CLEANUP(buf_release) = BUF_INIT;
	const struct request_shape *shape = operations[OPERATION_TRANSACT_WRITE_ITEMS].input;
	const struct audit_style style = { .items = true };

	audit_append_parameters(&style, shape, filled(shape, &arena), &shown);
	CHECK_INT(count_of(buf_slice(&shown), SECRET), 8); /* item or key, and values, of four */
}

/* Lines */

static void a_line_tells_what_cloudtrail_would(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	const struct request_caller caller = {
		.access_key = SLICE("AKIA"),
		.user = SLICE("al\"ice"),
		.address = SLICE("192.0.2.1"),
		.user_agent = SLICE("aws-cli/2"),
	};
	json_t *line;

	CHECK_OK(call_as(&door, &caller, PUT, "{" T "'Item': {" A1 ", 'v': {'S': 'x'}}}"),
		&door.err);
	line = last_line(&door);
	check_member(line, "eventVersion", "\"1.08\"");
	check_member(line, "userIdentity",
		"{\"type\":\"IAMUser\",\"principalId\":\"AKIA\",\"arn\":"
		"\"arn:aws:iam::123456789012:user/al\\\"ice\",\"accountId\":\"123456789012\","
		"\"accessKeyId\":\"AKIA\",\"userName\":\"al\\\"ice\"}");
	check_member(line, "eventSource", "\"dynamodb.amazonaws.com\"");
	check_member(line, "eventName", "\"PutItem\"");
	check_member(line, "awsRegion", "\"us-east-1\"");
	check_member(line, "sourceIPAddress", "\"192.0.2.1\"");
	check_member(line, "userAgent", "\"aws-cli/2\"");
	check_member(line, "errorCode", "absent");
	check_member(line, "requestParameters",
		"{\"tableName\":\"Tab\",\"item\":[\"pk\",\"sk\",\"v\"]}");
	check_member(line, "responseElements", "null");
	check_member(line, "requestID", "\"REQUESTID\"");
	check_member(line, "readOnly", "false");
	check_member(line, "resources",
		"[{\"accountId\":\"123456789012\",\"type\":\"AWS::DynamoDB::Table\",\"ARN\":"
		"\"arn:aws:dynamodb:us-east-1:123456789012:table/Tab\"}]");
	check_member(line, "eventType", "\"AwsApiCall\"");
	check_member(line, "apiVersion", "\"2012-08-10\"");
	check_member(line, "managementEvent", "false");
	check_member(line, "recipientAccountId", "\"123456789012\"");
	check_member(line, "eventCategory", "\"Data\"");
	CHECK_INT(json_string_length(json_object_get(line, "eventID")), 36);
	CHECK_INT(json_string_length(json_object_get(line, "eventTime")),
		strlen("2026-11-22T22:32:41Z"));
	json_decref(line);
}

static void a_local_user_is_told_by_ids(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	const struct request_caller caller = { .local = true, .uid = 0, .gid = 7, .pid = 42 };
	const struct request_caller unknown = { .access_key = SLICE("any") };
	json_t *line;

	CHECK_OK(call_as(&door, &caller, GET, "{" T KEY1 "}"), &door.err);
	line = last_line(&door);
	check_member(line, "userIdentity",
		"{\"type\":\"LocalUser\",\"principalId\":\"0\",\"userName\":\"root\",\"uid\":0,"
		"\"gid\":7,\"pid\":42}");
	check_member(line, "readOnly", "true");
	json_decref(line);
	CHECK_OK(call_as(&door, &unknown, GET, "{" T KEY1 "}"), &door.err);
	line = last_line(&door);
	check_member(line, "userIdentity", "{\"type\":\"Unknown\",\"accessKeyId\":\"any\"}");
	json_decref(line);
}

static void a_failure_is_told(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	json_t *line;

	CHECK_INT(call_as(&door, NULL, PUT,
			  "{" T "'Item': {" A1 "}, 'ConditionExpression': 'attribute_exists(pk)'}"),
		-1);
	error_release(&door.err);
	line = last_line(&door);
	check_member(line, "errorCode", "\"ConditionalCheckFailedException\"");
	check_member(line, "errorMessage", "\"The conditional request failed\"");
	json_decref(line);
}

static void the_control_plane_tells_its_answer(void)
{
	struct door door CLEANUP(door_release) = audited((struct engine_options){ 0 });
	json_t *line;

	call(&door, OPERATION_UPDATE_TIME_TO_LIVE,
		"{" T "'TimeToLiveSpecification': {'Enabled': true, 'AttributeName': 'e'}}");
	line = last_line(&door);
	check_member(line, "eventName", "\"UpdateTimeToLive\"");
	check_member(line, "responseElements",
		"{\"timeToLiveSpecification\":{\"enabled\":true,\"attributeName\":\"e\"}}");
	check_member(line, "managementEvent", "true");
	check_member(line, "eventCategory", "\"Management\"");
	json_decref(line);
	call(&door, OPERATION_DESCRIBE_TABLE, "{'TableName': 'Tab'}");
	line = last_line(&door);
	check_member(line, "eventName", "\"DescribeTable\"");
	check_member(line, "responseElements", "null");
	check_member(line, "readOnly", "true");
	json_decref(line);
}

static void what_is_no_utf8_does_not_break_a_line(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	const struct request_caller caller = { .user_agent = SLICE("a\xFF\"\n") };
	json_t *line;

	CHECK_OK(call_as(&door, &caller, GET, "{" T KEY1 "}"), &door.err);
	line = last_line(&door);
	check_member(line, "userAgent", "\"a?\\\"\\n\"");
	json_decref(line);
}

static void long_parameters_are_left_out(void)
{
	struct door door CLEANUP(door_release) =
		audited((struct engine_options){ .audit = AUDIT_DATA, .audit_items = true });
	struct buf json CLEANUP(buf_release) = BUF_INIT;
	json_t *line;

	buf_append_string(&json, "{" T "'Item': {" A1 ", 'v': {'S': '");
	for (unsigned i = 0; i < AUDIT_PARAMETERS_BYTES; i++)
		buf_append_char(&json, 'x');
	buf_append_string(&json, "'}}}");
	call(&door, PUT, buf_string(&json));
	line = last_line(&door);
	check_member(line, "requestParameters", "{\"omitted\":\"longer than 102400 bytes\"}");
	json_decref(line);
}

/* What is logged */

static void only_the_control_plane_is_logged_by_default(void)
{
	struct door door CLEANUP(door_release) = audited((struct engine_options){ 0 });
	struct slice lines;

	call(&door, PUT, "{" T "'Item': {" A1 "}}");
	call(&door, GET, "{" T KEY1 "}");
	call(&door, OPERATION_LIST_STREAMS, "{}");
	lines = lines_of(&door);
	CHECK_INT(count_of(lines, "\n"), 1);
	CHECK(has(lines, "ListStreams"));
}

static void nothing_is_logged_when_it_is_off(void)
{
	struct door door CLEANUP(door_release) =
		audited((struct engine_options){ .audit = AUDIT_OFF });

	call(&door, PUT, "{" T "'Item': {" A1 "}}");
	CHECK_INT(lines_of(&door).len, 0);
}

static void who_is_turned_away_is_logged_by_default(void)
{
	struct door door CLEANUP(door_release) = audited((struct engine_options){ 0 });
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const struct request_caller caller = { .access_key = SLICE("AKIA") };
	struct audit_call refusal = {
		.operation = &operations[OPERATION_GET_ITEM],
		.door = DOOR_API,
		.caller = &caller,
		.err = &err,
	};
	struct slice lines;

	error_set(&err, ERROR_INVALID_SIGNATURE, "no");
	engine_note_refusal(door.engine, &refusal);
	error_release(&err);
	error_set(&err, ERROR_NOT_JSON, "no");
	engine_note_refusal(door.engine, &refusal);
	error_release(&err);
	error_set(&err, ERROR_UNKNOWN_OPERATION, "no");
	refusal.operation = NULL;
	refusal.name = SLICE("DynamoDB_20120810.Fly");
	engine_note_refusal(door.engine, &refusal);
	lines = lines_of(&door);
	CHECK_INT(count_of(lines, "\n"), 2);
	CHECK(has(lines, "\"eventName\":\"GetItem\""));
	CHECK(has(lines, "\"errorCode\":\"InvalidSignatureException\""));
	CHECK(has(lines, "\"eventName\":\"DynamoDB_20120810.Fly\""));
}

static void what_the_mount_looks_up_is_not_logged(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	const struct value pk = value_of_string("a"), sk = value_of_number(1);
	const struct map *key = door_key(&door, pk, sk);
	struct get_item_input get = { .table_name = SLICE("Tab"), .key = key, .facts_only = true };
	struct scan_input scan = { .table_name = SLICE("Tab"), .facts_only = true };
	struct put_item_input put = { .table_name = SLICE("Tab"), .item = key, .check_only = true };
	struct describe_table_input describe = { SLICE("Tab") };
	struct list_partitions_input list = { .table_name = SLICE("Tab"), .limit = 9 };
	struct get_item_output got = { 0 };
	struct query_output scanned = { 0 };
	struct put_item_output stored = { 0 };
	struct describe_table_output described = { 0 };
	struct list_partitions_output listed = { 0 };

	CHECK_OK(door_run(&door, GET, &get, &got), &door.err);
	CHECK_OK(door_run(&door, SCAN, &scan, &scanned), &door.err);
	CHECK_OK(door_run(&door, PUT, &put, &stored), &door.err);
	CHECK_OK(door_run(&door, OPERATION_DESCRIBE_TABLE, &describe, &described), &door.err);
	CHECK_OK(door_run(&door, OPERATION_LOCAL_LIST_PARTITIONS, &list, &listed), &door.err);
	CHECK_INT(lines_of(&door).len, 0);
	get.facts_only = false;
	CHECK_OK(door_run(&door, GET, &get, &got), &door.err);
	CHECK_INT(count_of(lines_of(&door), "\"GetItem\""), 1);
}

static void writes_of_the_mount_have_the_names_of_the_api(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	const struct map *a = door_key(&door, value_of_string("a"), value_of_number(1));
	const struct map *b = door_key(&door, value_of_string("b"), value_of_number(2));
	struct item_write writes[] = {
		{ .kind = ITEM_PUT, .table_name = SLICE("Tab"), .item = a },
		{ .kind = ITEM_PUT, .table_name = SLICE("Tab"), .item = b },
	};
	struct error errors[2] = { ERROR_INIT, ERROR_INIT };
	struct write_items_input batch = { writes, 2, errors, false };
	struct write_items_output output = { 0 };
	struct slice lines;
	json_t *line;

	door_write(&door, writes, 1);
	line = last_line(&door);
	check_member(line, "eventName", "\"PutItem\"");
	check_member(line, "requestParameters", "{\"tableName\":\"Tab\",\"item\":[\"pk\",\"sk\"]}");
	json_decref(line);
	door_write(&door, writes, 2);
	line = last_line(&door);
	check_member(line, "eventName", "\"TransactWriteItems\"");
	check_member(line, "requestParameters",
		"{\"requestItems\":[{\"operation\":\"Put\",\"tableName\":\"Tab\",\"item\":[\"pk\","
		"\"sk\"]},{\"operation\":\"Put\",\"tableName\":\"Tab\",\"item\":[\"pk\",\"sk\"]}]}");
	json_decref(line);
	CHECK_OK(door_run(&door, OPERATION_LOCAL_WRITE_ITEMS, &batch, &output), &door.err);
	line = last_line(&door);
	check_member(line, "eventName", "\"BatchWriteItem\"");
	check_member(line, "requestParameters", "{\"putRequests\":2,\"deleteRequests\":0}");
	json_decref(line);
	writes[0].kind = ITEM_DELETE;
	door_write(&door, writes, 1);
	lines = lines_of(&door);
	CHECK(has(lines, "\"eventName\":\"DeleteItem\""));
	CHECK_INT(count_of(lines, "\"resources\":[{"), 4);
}

/* Secrets in every place of requests that work, and of such that do not. */
static const struct {
	enum operation_id id;
	const char *json;
} secrets[] = {
	{ PUT, "{" T "'Item': {" A1 ", 'v': {'S': 's3cr3t'}, 'm': {'M': {'x': {'L': [{'S': "
	       "'s3cr3t'}]}}}, 's': {'SS': ['s3cr3t']}}, 'ReturnValues': 'ALL_OLD'}" },
	{ PUT, "{" T "'Item': {'pk': {'S': 's3cr3t'}, 'sk': {'N': '2'}, 'g': {'S': 's3cr3t'}, "
	       "'h': {'N': '1'}}}" },
	{ PUT, "{" T "'Item': {" A1 "}, 'ConditionExpression': 'v = :v', "
	       "'ExpressionAttributeValues': {':v': {'S': 's3cr3t'}}}" },
	{ PUT, "{" T "'Item': {" A1 "}, 'Expected': {'v': {'Value': {'S': 's3cr3t'}}}}" },
	{ PUT, "{" T "'Item': {" A1 "}, 'Expected': {'v': {'ComparisonOperator': 'IN', "
	       "'AttributeValueList': [{'S': 's3cr3t'}]}}}" },
	{ PUT, "{" T "'Item': {'pk': {'N': 's3cr3t'}}}" },
	{ PUT, "{" T "'Item': {'pk': {'N': '1'}, 's3': {'S': 's3cr3t'}}}" },
	{ PUT, "{" T "'Item': {" A1 "}, 'ConditionExpression': 'v = s3cr3t 1'}" },
	{ PUT, "{" T "'Item': {" A1 ", 's': {'SS': ['s3cr3t', 's3cr3t']}}}" },
	{ PUT, "{" T "'Item': {" A1 ", 's': {'NS': ['s3cr3t']}}}" },
	{ PUT, "{" T "'Item': {" A1 ", 's': {'B': 's3cr3t'}}}" },
	{ GET, "{" T "'Key': {'pk': {'S': 's3cr3t'}, 'sk': {'N': '2'}}}" },
	{ GET, "{" T "'Key': {'pk': {'S': 's3cr3t'}}}" },
	{ GET, "{" T "'Key': {'pk': {'S': 's3cr3t'}, 'sk': {'S': 's3cr3t'}}}" },
	{ UPDATE, "{" T KEY1 ", 'UpdateExpression': 'SET v = :v', 'ExpressionAttributeValues': "
		  "{':v': {'S': 's3cr3t'}}, 'ReturnValues': 'ALL_NEW'}" },
	{ UPDATE, "{" T KEY1 ", 'UpdateExpression': 'SET v = s3cr3t!', "
		  "'ExpressionAttributeValues': {':v': {'S': 's3cr3t'}}}" },
	{ UPDATE, "{" T KEY1 ", 'UpdateExpression': 'ADD v :v', 'ExpressionAttributeValues': "
		  "{':v': {'S': 's3cr3t'}}}" },
	{ UPDATE, "{" T KEY1 ", 'AttributeUpdates': {'v': {'Action': 'PUT', 'Value': {'S': "
		  "'s3cr3t'}}}}" },
	{ DELETE, "{" T "'Key': {'pk': {'S': 's3cr3t'}, 'sk': {'N': '2'}}, "
		  "'ConditionExpression': 'v = :v', 'ExpressionAttributeValues': {':v': {'S': "
		  "'s3cr3t'}}, 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}" },
	{ QUERY, "{" T "'KeyConditionExpression': 'pk = :p', 'FilterExpression': 'v = :v', "
		 "'ExpressionAttributeValues': {':p': {'S': 's3cr3t'}, ':v': {'S': 's3cr3t'}}, "
		 "'ExclusiveStartKey': {'pk': {'S': 's3cr3t'}, 'sk': {'N': '1'}}}" },
	{ QUERY, "{" T "'KeyConditionExpression': 'pk = s3cr3t ('}" },
	{ QUERY, "{" T "'KeyConditions': {'pk': {'ComparisonOperator': 'EQ', "
		 "'AttributeValueList': [{'S': 's3cr3t'}]}}, 'QueryFilter': {'v': "
		 "{'ComparisonOperator': 'EQ', 'AttributeValueList': [{'S': 's3cr3t'}]}}}" },
	{ QUERY, "{" T "'IndexName': 'all', 'KeyConditionExpression': 'g = :p', "
		 "'ExpressionAttributeValues': {':p': {'S': 's3cr3t'}}, 'ExclusiveStartKey': "
		 "{'pk': {'S': 's3cr3t'}, 'sk': {'N': '1'}, 'g': {'S': 's3cr3t'}}}" },
	{ SCAN, "{" T "'FilterExpression': 'v = :v', 'ExpressionAttributeValues': {':v': {'S': "
		"'s3cr3t'}}, 'ExclusiveStartKey': {'pk': {'S': 's3cr3t'}, 'sk': {'N': '1'}}}" },
	{ SCAN, "{" T "'ScanFilter': {'v': {'ComparisonOperator': 'EQ', 'AttributeValueList': "
		"[{'S': 's3cr3t'}]}}}" },
	{ SCAN, "{" T "'ExclusiveStartKey': {'pk': {'S': 's3cr3t'}}}" },
	{ OPERATION_BATCH_GET_ITEM, "{'RequestItems': {'Tab': {'Keys': [{'pk': {'S': 's3cr3t'}, "
				    "'sk': {'N': '2'}}]}}}" },
	{ OPERATION_BATCH_WRITE_ITEM, "{'RequestItems': {'Tab': [{'PutRequest': {'Item': {" A1
				      ", 'v': {'S': 's3cr3t'}}}}, {'DeleteRequest': {'Key': "
				      "{'pk': {'S': 's3cr3t'}, 'sk': {'N': '2'}}}}]}}" },
	{ OPERATION_BATCH_WRITE_ITEM, "{'RequestItems': {'Tab': [{'PutRequest': {'Item': {'pk': "
				      "{'S': 's3cr3t'}}}}]}}" },
	{ OPERATION_TRANSACT_GET_ITEMS, "{'TransactItems': [{'Get': {" T "'Key': {'pk': {'S': "
					"'s3cr3t'}, 'sk': {'N': '2'}}}}]}" },
	{ OPERATION_TRANSACT_WRITE_ITEMS,
		"{'TransactItems': [{'Put': {" T "'Item': {" A1 ", 'v': {'S': 's3cr3t'}}}}, "
		"{'Update': {" T "'Key': {'pk': {'S': 's3cr3t'}, 'sk': {'N': '3'}}, "
		"'UpdateExpression': 'SET v = :v', 'ExpressionAttributeValues': {':v': {'S': "
		"'s3cr3t'}}}}, {'Delete': {" T "'Key': {'pk': {'S': 's3cr3t'}, 'sk': {'N': "
		"'4'}}}}, {'ConditionCheck': {" T "'Key': {'pk': {'S': 's3cr3t'}, 'sk': {'N': "
		"'5'}}, 'ConditionExpression': 'v = :v', 'ExpressionAttributeValues': {':v': "
		"{'S': 's3cr3t'}}, 'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}}]}" },
	{ OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'SELECT * FROM Tab WHERE pk = ? AND v = ?', 'Parameters': [{'S': "
		"'s3cr3t'}, {'S': 's3cr3t'}], 'NextToken': 's3cr3t'}" },
	{ OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'UPDATE Tab SET v = \\u0027s3cr3t\\u0027 WHERE pk = "
		"\\u0027s3cr3t\\u0027 AND sk = 1 -- s3cr3t'}" },
	{ OPERATION_EXECUTE_STATEMENT, "{'Statement': 'INSERT INTO Tab VALUE {\\u0027pk\\u0027: "
				       "\\u0027s3cr3t\\u0027, \\u0027sk\\u0027: 9}'}" },
	{ OPERATION_EXECUTE_STATEMENT, "{'Statement': 'SELECT s3cr3t s3cr3t FROM'}" },
	{ OPERATION_EXECUTE_STATEMENT,
		"{'Statement': 'SELECT * FROM Tab WHERE pk = \\u0022s3cr3t\\u0022 s3cr3t'}" },
	{ OPERATION_BATCH_EXECUTE_STATEMENT,
		"{'Statements': [{'Statement': 'SELECT * FROM Tab WHERE pk = "
		"\\u0027s3cr3t\\u0027 AND sk = 1'}, {'Statement': 'DELETE FROM Tab WHERE pk = ? "
		"AND sk = ?', 'Parameters': [{'S': 's3cr3t'}, {'N': '1'}]}]}" },
	{ OPERATION_BATCH_EXECUTE_STATEMENT,
		"{'Statements': [{'Statement': 'SELECT * FROM Tab WHERE pk = "
		"\\u0027a\\u0027 AND sk = 1'}, {'Statement': 'INSERT INTO Tab VALUE "
		"{\\u0022pk\\u0022: \\u0022s3cr3t\\u0022}'}]}" },
	{ OPERATION_EXECUTE_TRANSACTION,
		"{'TransactStatements': [{'Statement': 'UPDATE Tab SET v = "
		"\\u0027s3cr3t\\u0027 WHERE pk = ? AND sk = 1', 'Parameters': [{'S': "
		"'s3cr3t'}]}]}" },
};

static size_t run_secrets(bool items, size_t *ret_lines)
{
	struct door door CLEANUP(door_release) =
		audited((struct engine_options){ .audit = AUDIT_DATA, .audit_items = items });
	struct slice lines;

	for (size_t i = 0; i < ARRAY_SIZE(secrets); i++)
		try(&door, secrets[i].id, secrets[i].json);
	lines = lines_of(&door);
	*ret_lines = count_of(lines, "\n");
	if (!items && has(lines, SECRET))
		printf("# %.*s\n", SLICE_ARG(lines));
	return count_of(lines, SECRET);
}

static void no_value_of_any_request_is_in_the_log(void)
{
	size_t lines;

	CHECK_INT(run_secrets(false, &lines), 0);
	/* What can't be read as a request does not come to the engine. */
	CHECK(lines + 4 >= ARRAY_SIZE(secrets));
	CHECK(run_secrets(true, &lines) > ARRAY_SIZE(secrets));
}

static void lines_that_are_lost_are_counted_by_a_line(void)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	struct audit_writer writer;
	json_t *told;

	audit_writer_init(&writer, SLICE("us-east-1"), SLICE("123456789012"));
	audit_append_loss(&writer, 7, 0, &line);
	audit_writer_release(&writer);
	CHECK(line.len && line.data[line.len - 1] == '\n');
	told = json_loadb(line.data, line.len, 0, NULL);
	CHECK(told);
	check_member(told, "eventName", "\"LinesLost\"");
	check_member(told, "eventTime", "\"1970-01-01T00:00:00Z\"");
	check_member(told, "additionalEventData", "{\"lines\":7}");
	json_decref(told);
}

/* The queue */

#define THREADS 4
#define CALLS   500

static void *get_many(void *context)
{
	struct door *door = context;
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	for (int i = 0; i < CALLS; i++) {
		struct get_item_input input = {
			.table_name = SLICE("Tab"),
			.key = map_of(&arena,
				(struct member[]){ { SLICE("pk"), value_of_string("a") },
					{ SLICE("sk"), value_of_number(i) } },
				2),
		};
		struct get_item_output output = { 0 };
		struct request request = {
			.operation = OPERATION_GET_ITEM,
			.door = DOOR_API,
			.arena = &arena,
			.input = &input,
			.output = &output,
		};

		if (engine_run(door->engine, &request, &err) < 0)
			return context;
	}
	return NULL;
}

static void every_call_of_many_threads_has_a_line(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	pthread_t threads[THREADS];
	void *failed;

	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_create(&threads[i], NULL, get_many, &door), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &failed);
		CHECK(!failed);
	}
	CHECK_INT(count_of(lines_of(&door), "\"GetItem\""), THREADS * CALLS);
}

static void lines_are_there_after_the_engine_was_closed(void)
{
	struct door door CLEANUP(door_release) = data_audited();
	struct engine_options options = { .audit = AUDIT_DATA };

	call(&door, GET, "{" T KEY1 "}");
	engine_close(door.engine);
	CHECK_OK(engine_open(door.path, &options, &door.engine, &door.err), &door.err);
	CHECK_INT(count_of(lines_of(&door), "\"GetItem\""), 1);
}

static void the_oldest_lines_make_room(void)
{
	struct door door CLEANUP(door_release) =
		audited((struct engine_options){ .audit = AUDIT_DATA, .audit_bytes = 100000 });
	struct slice lines;
	json_t *line;

	for (int i = 0; i < 1000; i++)
		call(&door, GET, "{" T KEY1 "}");
	lines = lines_of(&door);
	CHECK(lines.len <= 100000);
	CHECK(lines.len > 30000); /* a chunk goes as a whole */
	line = json_loadb(lines.data, lines.len, JSON_DISABLE_EOF_CHECK, NULL);
	CHECK(line);
	json_decref(line);
}

static const struct test_case cases[] = {
	{ "lines that are lost are counted by a line", lines_that_are_lost_are_counted_by_a_line },
	{ "literals of a statement are redacted", literals_of_a_statement_are_redacted },
	{ "what is not ended is redacted to the end", what_is_not_ended_is_redacted_to_the_end },
	{ "items and keys are lists of names", items_and_keys_are_lists_of_names },
	{ "items are shown when asked for", items_are_shown_when_asked_for },
	{ "no shape of any operation shows a value", no_shape_of_any_operation_shows_a_value },
	{ "a value is found where it is shown", a_value_is_found_where_it_is_shown },
	{ "a line tells what CloudTrail would", a_line_tells_what_cloudtrail_would },
	{ "a local user is told by ids", a_local_user_is_told_by_ids },
	{ "a failure is told", a_failure_is_told },
	{ "the control plane tells its answer", the_control_plane_tells_its_answer },
	{ "what is no UTF-8 does not break a line", what_is_no_utf8_does_not_break_a_line },
	{ "long parameters are left out", long_parameters_are_left_out },
	{ "only the control plane is logged by default",
		only_the_control_plane_is_logged_by_default },
	{ "nothing is logged when it is off", nothing_is_logged_when_it_is_off },
	{ "who is turned away is logged by default", who_is_turned_away_is_logged_by_default },
	{ "what the mount looks up is not logged", what_the_mount_looks_up_is_not_logged },
	{ "writes of the mount have the names of the API",
		writes_of_the_mount_have_the_names_of_the_api },
	{ "no value of any request is in the log", no_value_of_any_request_is_in_the_log },
	{ "every call of many threads has a line", every_call_of_many_threads_has_a_line },
	{ "lines are there after the engine was closed",
		lines_are_there_after_the_engine_was_closed },
	{ "the oldest lines make room", the_oldest_lines_make_room },
};

int main(void)
{
	return test_run(cases, ARRAY_SIZE(cases));
}
