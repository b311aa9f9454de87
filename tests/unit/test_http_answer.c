#undef NDEBUG
#include "http_answer.h"
#include "http_gzip.h"
#include "http_request.h"
#include "test.h"

static void http_answer_release(struct http_answer *answer)
{
	buf_release(&answer->body);
}

static void check_error(
	enum error_class class, const char *message, unsigned status, const char *expected)
{
	struct http_answer answer CLEANUP(http_answer_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	error_set(&err, class, "%s", message);
	http_answer_error(&answer, &err);
	CHECK_INT(answer.status, status);
	CHECK_TEXT(buf_slice(&answer.body), expected);
}

static void an_error_tells_its_type_and_message(void)
{
	check_error(ERROR_VALIDATION, "say \"x\"", 400,
		"{\"__type\":\"com.amazon.coral.validate#ValidationException\","
		"\"message\":\"say \\\"x\\\"\"}");
	check_error(ERROR_TABLE_NOT_FOUND, "gone", 400,
		"{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\","
		"\"message\":\"gone\"}");
}

static void some_errors_spell_the_member_otherwise(void)
{
	check_error(ERROR_SERIALIZATION, "x", 400,
		"{\"__type\":\"com.amazon.coral.service#SerializationException\","
		"\"Message\":\"x\"}");
	check_error(ERROR_ACCESS_DENIED, "x", 400,
		"{\"__type\":\"com.amazon.coral.service#AccessDeniedException\","
		"\"Message\":\"x\"}");
}

static void some_errors_have_no_message(void)
{
	check_error(ERROR_UNKNOWN_OPERATION, "x", 400,
		"{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"}");
	check_error(ERROR_NOT_JSON, "x", 400,
		"{\"__type\":\"com.amazon.coral.service#SerializationException\"}");
}

static void a_fault_of_ours_has_another_status(void)
{
	check_error(ERROR_SYSTEM, "x", 500,
		"{\"__type\":\"com.amazonaws.dynamodb.v20120810#InternalServerError\","
		"\"message\":\"x\"}");
}

static void an_error_takes_its_details_along(void)
{
	struct http_answer answer CLEANUP(http_answer_release) = { 0 };
	struct error err CLEANUP(error_release) = ERROR_INIT;

	buf_append_string(&answer.body, "half an answer");
	error_set(&err, ERROR_CONDITION_FAILED, "no");
	error_set_details(&err, SLICE("\"Item\":{}"));
	http_answer_error(&answer, &err);
	CHECK_TEXT(buf_slice(&answer.body),
		"{\"__type\":\"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException\","
		"\"message\":\"no\",\"Item\":{}}");
}

static void request_ids_are_unlike_and_of_the_service_s_form(void)
{
	struct http_ids ids = { 1, 2 };
	char first[HTTP_REQUEST_ID_LENGTH + 1], second[HTTP_REQUEST_ID_LENGTH + 1];

	http_ids_next(&ids, first);
	http_ids_next(&ids, second);
	CHECK_INT(strlen(first), 52);
	CHECK_INT(strspn(first, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 52);
	for (size_t i = 0; i < 52; i += 4)
		CHECK(memcmp(first + i, second + i, 4) != 0);
}

static void packed_bytes_unpack_to_the_same(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	struct buf packed CLEANUP(buf_release) = BUF_INIT;
	struct buf unpacked CLEANUP(buf_release) = BUF_INIT;

	for (size_t i = 0; i < 100000; i++)
		buf_appendf(&text, "%zu,", i);
	buf_append_slice(&packed, buf_slice(&text));
	gzip_pack(&packed);
	CHECK(packed.len < text.len / 2);
	CHECK_INT(gzip_unpack(buf_slice(&packed), text.len, &unpacked, &err), 0);
	CHECK(slice_equal(buf_slice(&unpacked), buf_slice(&text)));
}

static void a_bomb_stops_at_the_limit(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct buf packed CLEANUP(buf_release) = BUF_INIT;
	struct buf unpacked CLEANUP(buf_release) = BUF_INIT;

	buf_resize(&packed, (size_t)test_rounds(64) << 20);
	gzip_pack(&packed);
	CHECK_INT(gzip_unpack(buf_slice(&packed), 1 << 20, &unpacked, &err), GZIP_TOO_LONG);
	CHECK(unpacked.len < 2 << 20);
}

static void what_is_not_gzip_is_told(void)
{
	struct buf packed CLEANUP(buf_release) = BUF_INIT;
	const struct slice rest = SLICE("and more");

	buf_append_string(&packed, "some text");
	gzip_pack(&packed);
	for (size_t i = 0; i < 3; i++) {
		struct error err CLEANUP(error_release) = ERROR_INIT;
		struct buf unpacked CLEANUP(buf_release) = BUF_INIT;
		struct slice half = slice_of(packed.data, packed.len / 2);
		struct slice text = i == 0 ? SLICE("{}") : half;

		if (i == 2) {
			buf_append_slice(&packed, rest);
			text = buf_slice(&packed);
		}
		CHECK_INT(gzip_unpack(text, 1 << 20, &unpacked, &err), -1);
		CHECK_INT(err.class, ERROR_SERIALIZATION);
	}
}

static void the_case_of_a_header_does_not_matter(void)
{
	static const struct http_field headers[] = {
		{ { "x-amz-target-x", 14 }, { "no", 2 } },
		{ { "X-AMZ-target", 12 }, { "yes", 3 } },
	};
	struct http_request request = { .headers = { headers, ARRAY_SIZE(headers) } };

	CHECK_TEXT(http_request_header(&request, "x-amz-Target"), "yes");
	CHECK(!slice_present(http_request_header(&request, "x-amz")));
}

static const struct test_case cases[] = {
	{ "an error tells its type and message", an_error_tells_its_type_and_message },
	{ "some errors spell the member otherwise", some_errors_spell_the_member_otherwise },
	{ "some errors have no message", some_errors_have_no_message },
	{ "a fault of ours has another status", a_fault_of_ours_has_another_status },
	{ "an error takes its details along", an_error_takes_its_details_along },
	{ "request ids are unlike, and of the service's form",
		request_ids_are_unlike_and_of_the_service_s_form },
	{ "packed bytes unpack to the same", packed_bytes_unpack_to_the_same },
	{ "a bomb stops at the limit", a_bomb_stops_at_the_limit },
	{ "what is not gzip is told", what_is_not_gzip_is_told },
	{ "the case of a header does not matter", the_case_of_a_header_does_not_matter },
};
TEST_MAIN(cases)
