#undef NDEBUG
/* Requests and their answers, without a socket but with an engine. */
#include "http_service.h"

#include "credentials.h"
#include "engine_fixture.h"
#include "http_gzip.h"

#define HEADERS 8
#define JSON    "application/x-amz-json-1.0"
#define SIGNED \
	"AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/dynamodb/aws4_request, " \
	"SignedHeaders=host;x-amz-date, Signature=00"
#define LIST      "DynamoDB_20120810.ListTables"
#define NOT_JSON  "{'__type':'com.amazon.coral.service#SerializationException'}"
#define NOT_KNOWN "{'__type':'com.amazon.coral.service#UnknownOperationException'}"
#define NOT_SIGNED \
	"{'__type':'com.amazon.coral.service#MissingAuthenticationTokenException'," \
	"'message':'Request is missing Authentication Token'}"
#define NOT_FOUND "<UnknownOperationException/>\n"

struct call {
	struct door door;
	struct http_service service;
	struct http_field headers[HEADERS];
	struct http_request request;
	struct http_answer answer;
};

static void call_release(struct call *call)
{
	buf_release(&call->answer.body);
	door_release(&call->door);
}

/* An empty request. */
static struct call call_new(void)
{
	struct call call = { .door = door_new(), .answer.body = BUF_INIT };

	call.service = (struct http_service){
		.engine = call.door.engine, .region = "us-east-1", .account = "123456789012"
	};
	return call;
}

static void header(struct call *call, const char *name, const char *value)
{
	struct http_fields *headers = &call->request.headers;

	CHECK(headers->count < HEADERS);
	call->headers[headers->count++] =
		(struct http_field){ slice_from_string(name), slice_from_string(value) };
}

/* Makes a call of an operation that nothing is wrong with. */
static void operation(struct call *call, const char *target)
{
	header(call, "Content-Type", JSON);
	header(call, "X-Amz-Target", target);
	header(call, "Authorization", SIGNED);
	header(call, "X-Amz-Date", "20260101T000000Z");
}

static void send(struct call *call, const char *method, const char *path, struct slice body)
{
	call->request.headers.items = call->headers;
	call->request.method = slice_from_string(method);
	call->request.path = slice_from_string(path);
	call->request.body = body;
	http_answer_clear(&call->answer);
	http_service_answer(&call->service, &call->request, &call->door.arena, &call->answer);
}

static void post(struct call *call, const char *json)
{
	send(call, "POST", "/", door_json(&call->door.arena, json));
}

#define CHECK_SAYS(call, expected_status, text) \
	do { \
		CHECK_INT((call)->answer.status, expected_status); \
		CHECK_TEXT(buf_slice(&(call)->answer.body), \
			door_json(&(call)->door.arena, text).data); \
	} while (0)

static const char *extra(const struct call *call, const char *name)
{
	for (size_t i = 0; i < call->answer.extra_count; i++) {
		if (strcmp(call->answer.extras[i].name, name) == 0)
			return call->answer.extras[i].value;
	}
	return "";
}

static void an_operation_is_run(void)
{
	struct call call CLEANUP(call_release) = call_new();

	door_create_table(&call.door, "Movies", "S", NULL);
	operation(&call, LIST);
	post(&call, "{}");
	CHECK_SAYS(&call, 200, "{'TableNames':['Movies']}");
	CHECK(strcmp(call.answer.content_type, JSON) == 0);
}

static void the_engine_s_errors_are_told(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, "DynamoDB_20120810.DescribeTable");
	post(&call, "{'TableName': 'Movies'}");
	CHECK_SAYS(&call, 400,
		"{'__type':'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException',"
		"'message':'Requested resource not found: Table: Movies not found'}");
}

static void a_wrong_type_is_told(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	post(&call, "{'Limit': 'x'}");
	CHECK_SAYS(&call, 400,
		"{'__type':'com.amazon.coral.service#SerializationException',"
		"'Message':'STRING_VALUE cannot be converted to Integer'}");
}

static void an_unknown_target_is_no_operation(void)
{
	static const char *const targets[] = { "", "ListTables", "DynamoDB_20120810.",
		"DynamoDB_20120810.ListTable", "DynamoDB_20111205.ListTables",
		"dynamodb_20120810.ListTables", "DynamoDBStreams_20120810.ListTables",
		"DynamoDB_20120810.ListStreams" };

	for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
		struct call call CLEANUP(call_release) = call_new();

		operation(&call, targets[i]);
		post(&call, "{}");
		CHECK_SAYS(&call, 400, NOT_KNOWN);
	}
}

static void operations_of_streams_have_a_target_of_their_own(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, "DynamoDBStreams_20120810.ListStreams");
	post(&call, "{'Limit': 'x'}");
	CHECK_SAYS(&call, 400,
		"{'__type':'com.amazon.coral.service#SerializationException',"
		"'Message':'STRING_VALUE cannot be converted to Integer'}");
}

static void a_request_must_be_signed_somehow(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	call.request.headers.count = 2;
	post(&call, "{}");
	CHECK_SAYS(&call, 400, NOT_SIGNED);
}

static void the_operation_is_looked_at_before_the_signature(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, "DynamoDB_20120810.Nothing");
	call.request.headers.count = 2;
	post(&call, "{}");
	CHECK_SAYS(&call, 400, NOT_KNOWN);
}

static void text_that_is_no_json_is_told_before_anything_else(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	post(&call, "{");
	CHECK_SAYS(&call, 400, NOT_JSON);
	call.request.headers.count = 2; /* unsigned */
	post(&call, "{");
	CHECK_SAYS(&call, 400, NOT_JSON);
	call.request.headers.count = 1; /* and without an operation */
	post(&call, "{");
	CHECK_SAYS(&call, 400, NOT_JSON);
}

static void a_missing_body_is_told_last(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	post(&call, "");
	CHECK_SAYS(&call, 400, NOT_JSON);
	call.request.headers.count = 2;
	post(&call, "");
	CHECK_SAYS(&call, 400, NOT_SIGNED);
}

static void a_packed_request_is_unpacked(void)
{
	struct call call CLEANUP(call_release) = call_new();
	struct buf body CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&body, "{}");
	gzip_pack(&body);
	operation(&call, LIST);
	header(&call, "Content-Encoding", "gzip");
	send(&call, "POST", "/", buf_slice(&body));
	CHECK_SAYS(&call, 200, "{'TableNames':[]}");
}

static void a_packed_request_that_grows_too_large_is_refused(void)
{
	struct call call CLEANUP(call_release) = call_new();
	struct buf body CLEANUP(buf_release) = BUF_INIT;

	buf_resize(&body, HTTP_BODY_MAX + 1);
	gzip_pack(&body);
	operation(&call, LIST);
	header(&call, "Content-Encoding", "gzip");
	send(&call, "POST", "/", buf_slice(&body));
	CHECK_INT(call.answer.status, 413);
}

static void a_long_answer_is_packed_when_that_is_accepted(void)
{
	struct call call CLEANUP(call_release) = call_new();
	struct buf body CLEANUP(buf_release) = BUF_INIT;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	for (int i = 0; i < 60; i++) {
		struct slice name = arena_printf(&call.door.arena, "a-table-of-the-test-%d", i);

		door_create_table(&call.door, name.data, "S", NULL);
	}
	operation(&call, LIST);
	post(&call, "{}");
	CHECK(!call.answer.gzipped);
	header(&call, "Accept-Encoding", "deflate, gzip");
	post(&call, "{'Limit': 1}");
	CHECK(!call.answer.gzipped);
	post(&call, "{}");
	CHECK(call.answer.gzipped);
	CHECK_INT(gzip_unpack(buf_slice(&call.answer.body), 1 << 20, &body, &err), 0);
	CHECK(slice_starts_with(buf_slice(&body), SLICE("{\"TableNames\":[\"a-table-")));
}

static void the_content_type_is_one_of_two_and_comes_back(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	call.headers[0].value = SLICE("application/json; charset=utf-8");
	post(&call, "{}");
	CHECK_INT(call.answer.status, 200);
	CHECK(strcmp(call.answer.content_type, "application/json") == 0);
	call.headers[0].value = SLICE("application/x-amz-json-1.1");
	post(&call, "{}");
	CHECK_SAYS(&call, 404, NOT_FOUND);
	CHECK(!call.answer.content_type);
}

static void other_methods_and_paths_are_not_found(void)
{
	static const struct {
		const char *method, *path;
	} requests[] = { { "PUT", "/" }, { "DELETE", "/" }, { "HEAD", "/" }, { "OPTIONS", "/" },
		{ "POST", "/x" }, { "GET", "/favicon.ico" } };
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
		send(&call, requests[i].method, requests[i].path, SLICE("{}"));
		CHECK_SAYS(&call, 404, NOT_FOUND);
	}
}

static void health_is_told_of_the_region(void)
{
	struct call call CLEANUP(call_release) = call_new();

	call.service.region = "eu-west-1";
	send(&call, "GET", "/", SLICE(""));
	CHECK_SAYS(&call, 200, "healthy: dynamodb.eu-west-1.amazonaws.com ");
}

static void a_browser_may_ask_first(void)
{
	struct call call CLEANUP(call_release) = call_new();

	header(&call, "Origin", "http://page");
	header(&call, "Access-Control-Request-Headers", "x-amz-target,authorization");
	header(&call, "Access-Control-Request-Method", "POST");
	send(&call, "OPTIONS", "/", SLICE(""));
	CHECK_SAYS(&call, 200, "");
	CHECK(strcmp(extra(&call, "Access-Control-Allow-Origin"), "*") == 0);
	CHECK(strcmp(extra(&call, "Access-Control-Allow-Headers"), "x-amz-target,authorization") ==
		0);
	CHECK(strcmp(extra(&call, "Access-Control-Allow-Methods"), "POST") == 0);
	CHECK(strcmp(extra(&call, "Access-Control-Max-Age"), "172800") == 0);
}

static void a_page_may_read_the_answer(void)
{
	struct call call CLEANUP(call_release) = call_new();

	operation(&call, LIST);
	header(&call, "Origin", "http://page");
	post(&call, "{}");
	CHECK(strcmp(extra(&call, "Access-Control-Allow-Origin"), "*") == 0);
	CHECK(strstr(extra(&call, "Access-Control-Expose-Headers"), "x-amzn-RequestId"));
}

static void credentials_freep(struct credentials **credentials)
{
	credentials_free(*credentials);
}

static void with_credentials_the_user_must_be_known(void)
{
	struct call call CLEANUP(call_release) = call_new();
	struct credentials *credentials CLEANUP(credentials_freep) = NULL;
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_OK(credentials_parse(SLICE("{\"Credentials\":[]}"), &credentials, &err), &err);
	call.service.credentials = credentials;
	operation(&call, LIST);
	post(&call, "{}");
	CHECK_SAYS(&call, 400,
		"{'__type':'com.amazon.coral.service#UnrecognizedClientException',"
		"'message':'The security token included in the request is invalid.'}");
}

static const struct test_case cases[] = {
	{ "an operation is run", an_operation_is_run },
	{ "the engine's errors are told", the_engine_s_errors_are_told },
	{ "a wrong type is told", a_wrong_type_is_told },
	{ "an unknown target is no operation", an_unknown_target_is_no_operation },
	{ "operations of streams have a target of their own",
		operations_of_streams_have_a_target_of_their_own },
	{ "a request must be signed somehow", a_request_must_be_signed_somehow },
	{ "the operation is looked at before the signature",
		the_operation_is_looked_at_before_the_signature },
	{ "text that is no JSON is told before anything else",
		text_that_is_no_json_is_told_before_anything_else },
	{ "a missing body is told last", a_missing_body_is_told_last },
	{ "a packed request is unpacked", a_packed_request_is_unpacked },
	{ "a packed request that grows too large is refused",
		a_packed_request_that_grows_too_large_is_refused },
	{ "a long answer is packed when that is accepted",
		a_long_answer_is_packed_when_that_is_accepted },
	{ "the content type is one of two, and comes back",
		the_content_type_is_one_of_two_and_comes_back },
	{ "other methods and paths are not found", other_methods_and_paths_are_not_found },
	{ "health is told of the region", health_is_told_of_the_region },
	{ "a browser may ask first", a_browser_may_ask_first },
	{ "a page may read the answer", a_page_may_read_the_answer },
	{ "with credentials the user must be known", with_credentials_the_user_must_be_known },
};
TEST_MAIN(cases)
