#undef NDEBUG
/* What an endpoint's errors are here, without an endpoint. */
#include "call_help.h"
#include "client_remote.h"

#include "test.h"

static void check_error(long status, const char *body, enum error_class class, const char *message)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	CHECK_INT(remote_read_error(status, slice_from_string(body), &err), -1);
	CHECK_ERROR(&err, class, message);
}

static void an_exception_becomes_its_class(void)
{
	check_error(400,
		"{\"__type\":\"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException\","
		"\"message\":\"Requested resource not found\"}",
		ERROR_TABLE_NOT_FOUND, "Requested resource not found");
	check_error(400, "{\"__type\":\"x#ValidationException\",\"message\":\"m\"}",
		ERROR_VALIDATION, "m");
	check_error(400, "{\"__type\":\"AccessDeniedException\",\"Message\":\"M\"}",
		ERROR_ACCESS_DENIED, "M");
}

static void a_message_may_be_missing(void)
{
	check_error(400, "{\"__type\":\"x#SerializationException\"}", ERROR_NOT_JSON,
		"SerializationException");
}

static void an_exception_that_is_not_known_is_named(void)
{
	check_error(400, "{\"__type\":\"x#RequestLimitExceeded\",\"message\":\"slow\"}",
		ERROR_SYSTEM, "RequestLimitExceeded: slow");
	check_error(400, "{\"__type\":\"NewException\"}", ERROR_SYSTEM,
		"NewException: no reason was told");
}

static void a_failure_of_the_other_side_is_none_of_the_data(void)
{
	check_error(500, "{\"__type\":\"x#InternalServerError\",\"message\":\"m\"}", ERROR_SYSTEM,
		"InternalServerError: m");
}

#define NO_API "HTTP status 404, and no error of DynamoDB: is that its API?"

static void what_is_no_answer_of_DynamoDB_is_told(void)
{
	check_error(404, "<html>", ERROR_SYSTEM, NO_API);
	check_error(404, "", ERROR_SYSTEM, NO_API);
	check_error(404, "[]", ERROR_SYSTEM, NO_API);
	check_error(404, "{\"__type\":5}", ERROR_SYSTEM, NO_API);
}

static void other_members_are_the_details(void)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	const char *body = "{\"__type\":\"x#TransactionCanceledException\",\"Message\":\"m\","
			   "\"CancellationReasons\":[{\"Code\":\"None\"}]}";

	CHECK_INT(remote_read_error(400, slice_from_string(body), &err), -1);
	CHECK_INT(err.class, ERROR_TRANSACTION_CANCELED);
	CHECK_TEXT(slice_from_string(err.details), "\"CancellationReasons\":[{\"Code\":\"None\"}]");
}

static void check_nearest(const char *name, const char *expected)
{
	struct buf nearest CLEANUP(buf_release) = BUF_INIT;

	call_append_nearest(name, &nearest);
	CHECK_TEXT(buf_slice(&nearest), expected);
}

static void the_nearest_operations_are_found(void)
{
	check_nearest("queri", "; did you mean Query?");
	check_nearest("DescribeTabel", "; did you mean DescribeTable or DescribeTimeToLive?");
	check_nearest("limits", "; did you mean DescribeLimits?");
	check_nearest("", "");
	check_nearest("Nonsense", "");
}

static const struct test_case cases[] = {
	{ "an exception becomes its class", an_exception_becomes_its_class },
	{ "a message may be missing", a_message_may_be_missing },
	{ "an exception that is not known is named", an_exception_that_is_not_known_is_named },
	{ "a failure of the other side is none of the data",
		a_failure_of_the_other_side_is_none_of_the_data },
	{ "what is no answer of DynamoDB is told", what_is_no_answer_of_DynamoDB_is_told },
	{ "other members are the details", other_members_are_the_details },
	{ "the nearest operations are found", the_nearest_operations_are_found },
};
TEST_MAIN(cases)
