#undef NDEBUG
/* Signatures with their requests are those that AWS publishes with the
 * standard, for the access key AKIDEXAMPLE. */
#include "signature.h"

#include "base/buf.h"
#include "base/clock.h"
#include "test.h"

#define SECRET  "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
#define TIME    "20150830T123600Z"
#define TIME_NS (1440938160 * 1000000000LL)
#define SCOPE   "20150830/us-east-1/service/aws4_request"
#define MINUTES (60 * 1000000000LL)
#define HEADERS 8

/* A request and what is needed to verify it. */
struct example {
	struct http_field headers[HEADERS], query[HEADERS];
	struct http_request request;
	struct signature_rules rules;
	struct buf authorization;
	struct error err;
};

static void example_release(struct example *example)
{
	buf_release(&example->authorization);
	error_release(&example->err);
}

static void add_header(struct example *example, const char *name, const char *value)
{
	example->headers[example->request.headers.count++] =
		(struct http_field){ slice_from_string(name), slice_from_string(value) };
	CHECK(example->request.headers.count <= HEADERS);
}

static void add_query(struct example *example, const char *name, const char *value)
{
	example->query[example->request.query.count++] =
		(struct http_field){ slice_from_string(name), slice_from_string(value) };
	CHECK(example->request.query.count <= HEADERS);
}

static void example_init(struct example *example, const char *method)
{
	*example = (struct example){ 0 };
	example->request.method = slice_from_string(method);
	example->request.path = SLICE("/");
	example->request.headers.items = example->headers;
	example->request.query.items = example->query;
	example->request.body = SLICE("");
	example->rules = (struct signature_rules){ "us-east-1", "service", SLICE(SECRET), TIME_NS };
	add_header(example, "Host", "example.amazonaws.com");
	add_header(example, "X-Amz-Date", TIME);
}

static void sign(
	struct example *example, const char *scope, const char *signed_headers, const char *hex)
{
	buf_appendf(&example->authorization,
		"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/%s, SignedHeaders=%s, Signature=%s", scope,
		signed_headers, hex);
	add_header(example, "Authorization", buf_string(&example->authorization));
}

static int verify(struct example *example)
{
	struct signature signature;

	TRY(signature_read(&example->request, &signature, &example->err));
	return signature_verify(&signature, &example->request, &example->rules, &example->err);
}

#define CHECK_VERIFIED(example) CHECK_OK(verify(example), &(example)->err)
#define CHECK_INVALID(example, message) \
	do { \
		CHECK_INT(verify(example), -1); \
		CHECK_ERROR(&(example)->err, ERROR_INVALID_SIGNATURE, message); \
	} while (0)
#define CHECK_INCOMPLETE(example, message) \
	do { \
		CHECK_INT(verify(example), -1); \
		CHECK_ERROR(&(example)->err, ERROR_INCOMPLETE_SIGNATURE, message); \
	} while (0)

#define MISMATCH \
	"The request signature we calculated does not match the signature you provided. Check " \
	"your AWS Secret Access Key and signing method. Consult the service documentation for " \
	"details."

/* The plainest request, rightly signed. */
static void example_vanilla(struct example *example)
{
	example_init(example, "GET");
	sign(example, SCOPE, "host;x-amz-date",
		"5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

static void a_request_without_anything_is_verified(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	CHECK_VERIFIED(&example);
}

static void the_method_counts(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "POST");
	sign(&example, SCOPE, "host;x-amz-date",
		"5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
	CHECK_VERIFIED(&example);
	example.request.method = SLICE("PUT");
	CHECK_INVALID(&example, MISMATCH);
}

static void the_query_is_sorted(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	add_query(&example, "Param2", "value2");
	add_query(&example, "Param1", "value1");
	sign(&example, SCOPE, "host;x-amz-date",
		"b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
	CHECK_VERIFIED(&example);
}

static void the_body_counts(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "POST");
	example.request.body = SLICE("Param1=value1");
	add_header(&example, "Content-Type", "application/x-www-form-urlencoded");
	sign(&example, SCOPE, "content-type;host;x-amz-date",
		"ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
	CHECK_VERIFIED(&example);
	example.request.body = SLICE("Param1=value2");
	CHECK_INVALID(&example, MISMATCH);
}

static void blanks_in_headers_do_not_count(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	add_header(&example, "My-Header1", " value1  ");
	add_header(&example, "My-Header2", " \"a   b   c\"");
	sign(&example, SCOPE, "host;my-header1;my-header2;x-amz-date",
		"acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
	CHECK_VERIFIED(&example);
}

static void a_repeated_header_is_joined(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	add_header(&example, "My-Header1", "value2");
	add_header(&example, "My-Header1", "value2");
	add_header(&example, "My-Header1", "value1");
	sign(&example, SCOPE, "host;my-header1;x-amz-date",
		"c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
	CHECK_VERIFIED(&example);
}

static void the_documented_request_of_iam_is_verified(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	example.headers[0].value = SLICE("iam.amazonaws.com");
	example.rules.service = "iam";
	add_header(&example, "Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
	add_query(&example, "Action", "ListUsers");
	add_query(&example, "Version", "2010-05-08");
	sign(&example, "20150830/us-east-1/iam/aws4_request", "content-type;host;x-amz-date",
		"5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
	CHECK_VERIFIED(&example);
}

static void another_secret_does_not_do(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	example.rules.secret = SLICE("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEz");
	CHECK_INVALID(&example, MISMATCH);
}

static void a_shortened_signature_does_not_do(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	sign(&example, SCOPE, "host;x-amz-date", "5fa00fa31553b73e");
	CHECK_INVALID(&example, MISMATCH);
}

static void a_signature_is_good_for_fifteen_minutes(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	example.rules.now_ns = TIME_NS + 15 * MINUTES;
	CHECK_VERIFIED(&example);
	example.rules.now_ns = TIME_NS + 15 * MINUTES + 1000000000LL;
	CHECK_INVALID(&example, "Signature expired: 20150830T123600Z is now earlier than "
				"20150830T123601Z (20150830T125101Z - 15 min.)");
}

static void a_signature_from_the_future_does_not_do(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	example.rules.now_ns = TIME_NS - 15 * MINUTES;
	CHECK_VERIFIED(&example);
	example.rules.now_ns = TIME_NS - 16 * MINUTES;
	CHECK_INVALID(&example, "Signature not yet current: 20150830T123600Z is still later than "
				"20150830T123500Z (20150830T122000Z + 15 min.)");
}

static void the_scope_must_name_region_and_service(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	example.rules.region = "eu-west-1";
	example.rules.service = "dynamodb";
	CHECK_INVALID(&example, "Credential should be scoped to a valid region, not 'us-east-1'. "
				"Credential should be scoped to correct service: 'dynamodb'.");
}

static void the_scope_must_name_the_day(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	sign(&example, "20150829/us-east-1/service/aws4_request", "host;x-amz-date", "00");
	CHECK_INVALID(&example,
		"Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
		"from HTTP: '20150829' != '20150830', from '20150830T123600Z'.");
}

static void a_credential_has_five_parts(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	sign(&example, "us-east-1/service/aws4_request", "host;x-amz-date", "00");
	CHECK_INCOMPLETE(&example,
		"Credential must have exactly 5 slash-delimited elements, e.g. "
		"keyid/date/region/service/term, got 'AKIDEXAMPLE/us-east-1/service/aws4_request'");
}

static void an_access_key_may_hold_slashes(void)
{
	struct signature signature = { .credential = SLICE("a/b/" SCOPE) };

	CHECK_TEXT(signature_access_key(&signature), "a/b");
	signature.credential = SLICE("/" SCOPE);
	CHECK(!slice_present(signature_access_key(&signature)));
}

static void the_host_must_be_signed(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	sign(&example, SCOPE, "x-amz-date", "00");
	CHECK_INVALID(&example,
		"'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

static void the_target_must_be_signed(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	add_header(&example, "X-Amz-Target", "DynamoDB_20120810.DeleteTable");
	CHECK_INVALID(
		&example, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
}

static void a_date_that_is_none_is_told(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	example.headers[1].value = SLICE("2015-08-30 12:36");
	CHECK_INCOMPLETE(&example, "Date must be in ISO-8601 'basic format'. Got "
				   "'2015-08-30 12:36'. See http://en.wikipedia.org/wiki/ISO_8601");
}

static void a_date_header_does_too(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	example.headers[1] =
		(struct http_field){ SLICE("Date"), SLICE("Sun, 30 Aug 2015 12:36:00 GMT") };
	CHECK_INVALID(&example, MISMATCH); /* signed with another header, but read */
}

static void another_algorithm_is_refused(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	add_header(&example, "Authorization",
		"AWS4-HMAC-SHA1 Credential=a/b, SignedHeaders=host, Signature=00");
	CHECK_INCOMPLETE(&example,
		"Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA1' (only: AWS4-HMAC-SHA256).");
}

static void what_is_missing_is_told(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	example.request.headers.count = 1;
	add_header(&example, "Authorization", "AWS4-HMAC-SHA256 Credential=x");
	CHECK_INCOMPLETE(&example,
		"Authorization header requires 'Signature' parameter. "
		"Authorization header requires 'SignedHeaders' parameter. "
		"Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
		"header. Authorization=AWS4-HMAC-SHA256 Credential=x");
}

static void a_request_without_signature_is_told(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	CHECK_INT(verify(&example), -1);
	CHECK_ERROR(&example.err, ERROR_MISSING_TOKEN, "Request is missing Authentication Token");
	add_header(&example, "Authorization", "Basic Zm9v");
	CHECK_INT(verify(&example), -1);
	CHECK_ERROR(&example.err, ERROR_MISSING_TOKEN, "Request is missing Authentication Token");
}

static void what_is_missing_in_a_query_is_told(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	add_query(&example, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
	CHECK_INCOMPLETE(&example,
		"AWS query-string parameters must include 'X-Amz-Credential'. "
		"AWS query-string parameters must include 'X-Amz-Signature'. "
		"AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
		"AWS query-string parameters must include 'X-Amz-Date'. "
		"Re-examine the query-string parameters.");
}

static void two_signatures_are_too_many(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_vanilla(&example);
	add_query(&example, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
	CHECK_INVALID(&example, "Found both 'X-Amz-Algorithm' as a query-string param and "
				"'Authorization' as HTTP header.");
}

/* Signed here by botocore's SigV4QueryAuth, as AWS publishes none. */
static void a_signature_in_the_query_is_verified(void)
{
	struct example example CLEANUP(example_release) = { 0 };

	example_init(&example, "GET");
	example.request.headers.count = 1;
	add_query(&example, "X-Amz-Algorithm", "AWS4-HMAC-SHA256");
	add_query(&example, "X-Amz-Credential", "AKIDEXAMPLE/" SCOPE);
	add_query(&example, "X-Amz-Date", TIME);
	add_query(&example, "X-Amz-Expires", "3600");
	add_query(&example, "X-Amz-SignedHeaders", "host");
	add_query(&example, "X-Amz-Signature",
		"e93c787ed7f371d5c6b165c1b38ede9550f4dce4144713e844b25b7192d3865d");
	CHECK_VERIFIED(&example);
	example.rules.now_ns = TIME_NS + 60 * MINUTES;
	CHECK_VERIFIED(&example);
	example.rules.now_ns = TIME_NS + 61 * MINUTES;
	CHECK_INVALID(&example, "Signature expired: 20150830T123600Z is now earlier than "
				"20150830T123700Z (20150830T133700Z - 60 min.)");
}

static const struct test_case cases[] = {
	{ "a request without anything is verified", a_request_without_anything_is_verified },
	{ "the method counts", the_method_counts },
	{ "the query is sorted", the_query_is_sorted },
	{ "the body counts", the_body_counts },
	{ "blanks in headers do not count", blanks_in_headers_do_not_count },
	{ "a repeated header is joined", a_repeated_header_is_joined },
	{ "the documented request of IAM is verified", the_documented_request_of_iam_is_verified },
	{ "another secret does not do", another_secret_does_not_do },
	{ "a shortened signature does not do", a_shortened_signature_does_not_do },
	{ "a signature is good for fifteen minutes", a_signature_is_good_for_fifteen_minutes },
	{ "a signature from the future does not do", a_signature_from_the_future_does_not_do },
	{ "the scope must name region and service", the_scope_must_name_region_and_service },
	{ "the scope must name the day", the_scope_must_name_the_day },
	{ "a credential has five parts", a_credential_has_five_parts },
	{ "an access key may hold slashes", an_access_key_may_hold_slashes },
	{ "the host must be signed", the_host_must_be_signed },
	{ "the target must be signed", the_target_must_be_signed },
	{ "a date that is none is told", a_date_that_is_none_is_told },
	{ "a Date header does too", a_date_header_does_too },
	{ "another algorithm is refused", another_algorithm_is_refused },
	{ "what is missing is told", what_is_missing_is_told },
	{ "a request without signature is told", a_request_without_signature_is_told },
	{ "what is missing in a query is told", what_is_missing_in_a_query_is_told },
	{ "two signatures are too many", two_signatures_are_too_many },
	{ "a signature in the query is verified", a_signature_in_the_query_is_verified },
};
TEST_MAIN(cases)
