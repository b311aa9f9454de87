/*
 * From a request to its answer.
 *
 * The service checks in this order, and so do we: method, path and content
 * type; that the body is JSON; the operation; the signature; then the members
 * of the request. An error of a later step is never told in place of one of an
 * earlier step.
 */
#include "http_service.h"

#include "api/body.h"
#include "api/engine.h"
#include "api/wire.h"
#include "base/clock.h"
#include "credentials.h"
#include "http_access.h"
#include "http_gzip.h"
#include "http_metrics.h"

/* Shorter answers gain nothing from being packed. */
#define GZIP_MIN 1024

#define EXPOSED_HEADERS \
	"x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date"

static const char *const content_types[] = { "application/x-amz-json-1.0", "application/json" };

/* The one we know that the request is of, or NULL. */
static const char *find_content_type(const struct http_request *request)
{
	struct slice type = http_request_header(request, "Content-Type");
	const char *end = slice_present(type) ? memchr(type.data, ';', type.len) : NULL;

	if (end)
		type.len = (size_t)(end - type.data);
	while (type.len && type.data[type.len - 1] == ' ')
		type.len--;
	for (size_t i = 0; i < ARRAY_SIZE(content_types); i++) {
		if (strlen(content_types[i]) == type.len &&
			strncasecmp(content_types[i], type.data, type.len) == 0)
			return content_types[i];
	}
	return NULL;
}

static const struct operation *find_by_target(const struct http_service *http, struct slice target)
{
	const char *dot = target.len ? memchr(target.data, '.', target.len) : NULL;
	const struct operation *operation;
	struct slice service, name;

	if (!dot)
		return NULL;
	service = slice_of(target.data, (size_t)(dot - target.data));
	name = slice_skip(target, service.len + 1);
	if (slice_equal_string(service, OPERATION_LOCAL_TARGET))
		return http->trusts_peers ? operation_find_local(name) : NULL;
	operation = operation_find(name);
	if (!operation || !slice_equal_string(service, operation_services[operation->kind].target))
		return NULL;
	return operation;
}

static int find_operation(const struct http_service *service, const struct http_request *request,
	const struct operation **ret, struct error *err)
{
	*ret = find_by_target(service, http_request_header(request, "X-Amz-Target"));
	if (!*ret)
		return error_set(err, ERROR_UNKNOWN_OPERATION, "The target names no operation");
	return 0;
}

static bool is_packed(const struct http_request *request)
{
	struct slice encoding = http_request_header(request, "Content-Encoding");

	return slice_present(encoding) && encoding.len == 4 &&
	       strncasecmp(encoding.data, "gzip", 4) == 0;
}

/* A body that is no JSON is told before what else is wrong. */
static int prefer_json_error(const struct http_request *request, struct error *err)
{
	if (!request->body.len || is_packed(request) || body_is_json(request->body))
		return -1;
	error_release(err);
	return error_set(err, ERROR_NOT_JSON, "The body is not JSON");
}

static int unpack_body(const struct http_request *request, struct arena *arena, struct slice *ret,
	struct error *err)
{
	struct buf unpacked CLEANUP(buf_release) = BUF_INIT;
	int r;

	*ret = request->body;
	if (!is_packed(request))
		return 0;
	r = gzip_unpack(request->body, HTTP_BODY_MAX, &unpacked, err);
	if (r == 0)
		*ret = arena_copy(arena, buf_slice(&unpacked));
	return r;
}

/* A request, as far as it has come. */
struct attempt {
	struct http_identity identity;
	struct request_caller caller;
	struct audit_call call; /* what there is to tell of it, when it is refused here */
	bool ran;
};

static int run_operation(const struct http_service *service, struct attempt *attempt,
	struct slice body, struct arena *arena, struct http_answer *answer, struct error *err)
{
	const struct operation *operation = attempt->call.operation;
	struct request request = {
		.operation = (enum operation_id)(operation - operations),
		.door = DOOR_API,
		.caller = &attempt->caller,
		.id = attempt->call.request_id,
		.endpoint = slice_from_string(service->endpoint),
		.as_json = true,
		.arena = arena,
	};
	void *input = arena_alloc(arena, operation->input->size);
	struct principal principal;

	TRY(body_read(operation, body, arena, input, err));
	attempt->call.input = request.input = input;
	if (http_access_principal(&attempt->identity, &attempt->caller, &principal))
		request.principal = &principal;
	if (operation->output)
		request.output = arena_alloc_zero(arena, operation->output->size);
	attempt->ran = true;
	TRY(engine_run(service->engine, &request, err));
	if (!operation->empty_answer)
		wire_write(operation->output, request.output, &answer->body);
	return 0;
}

static int identify(const struct http_service *service, const struct http_request *request,
	struct attempt *attempt, struct error *err)
{
	const struct operation_service *asked = &operation_services[attempt->call.operation->kind];
	int r = http_access_identify(service, request, asked->signing, &attempt->identity, err);

	attempt->caller.access_key = attempt->identity.access_key;
	if (r == 0 && attempt->identity.credential)
		attempt->caller.user = attempt->identity.credential->user;
	return r;
}

/* 0, -1, or GZIP_TOO_LONG. */
static int try_operation(const struct http_service *service, const struct http_request *request,
	struct attempt *attempt, struct arena *arena, struct http_answer *answer, struct error *err)
{
	struct slice body;
	int r;

	if (find_operation(service, request, &attempt->call.operation, err) < 0 ||
		identify(service, request, attempt, err) < 0)
		return prefer_json_error(request, err);
	r = unpack_body(request, arena, &body, err);
	if (r != 0)
		return r;
	return run_operation(service, attempt, body, arena, answer, err);
}

static bool accepts_gzip(const struct http_request *request)
{
	struct slice encodings = http_request_header(request, "Accept-Encoding");

	return slice_present(encodings) && memmem(encodings.data, encodings.len, "gzip", 4);
}

static void pack_answer(const struct http_request *request, struct http_answer *answer)
{
	if (answer->body.len < GZIP_MIN || !accepts_gzip(request))
		return;
	gzip_pack(&answer->body);
	answer->gzipped = true;
}

static void answer_operation(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_answer *answer)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;
	struct attempt attempt = {
		.caller = request->peer,
		.call = {
			.name = http_request_header(request, "X-Amz-Target"),
			.door = DOOR_API,
			.caller = &attempt.caller,
			.request_id = request->id,
			.begun_ns = clock_realtime_ns(),
			.err = &err,
		},
	};
	int r;

	attempt.caller.user_agent = http_request_header(request, "User-Agent");
	r = try_operation(service, request, &attempt, arena, answer, &err);
	if (r < 0 && !attempt.ran)
		engine_note_refusal(service->engine, &attempt.call);
	if (r == GZIP_TOO_LONG)
		http_answer_too_large(answer);
	else if (r < 0)
		http_answer_error(answer, &err);
	pack_answer(request, answer);
}

static void answer_health(const struct http_service *service, struct http_answer *answer)
{
	buf_appendf(&answer->body, "healthy: dynamodb.%s.amazonaws.com ", service->region);
}

/* What a browser asks before it lets a page send a request. */
static void answer_preflight(
	const struct http_request *request, struct arena *arena, struct http_answer *answer)
{
	static const struct {
		const char *asked, *answered;
	} headers[] = {
		{ "Access-Control-Request-Headers", "Access-Control-Allow-Headers" },
		{ "Access-Control-Request-Method", "Access-Control-Allow-Methods" },
	};

	http_answer_add(answer, "Access-Control-Max-Age", "172800");
	for (size_t i = 0; i < ARRAY_SIZE(headers); i++) {
		struct slice asked = http_request_header(request, headers[i].asked);

		if (slice_present(asked))
			http_answer_add(answer, headers[i].answered, arena_copy(arena, asked).data);
	}
}

static bool is_method(const struct http_request *request, const char *method)
{
	return slice_equal_string(request->method, method);
}

void http_service_answer(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_answer *answer)
{
	bool from_page = slice_present(http_request_header(request, "Origin"));
	const char *content_type = find_content_type(request);

	if (slice_equal_string(request->path, HTTP_METRICS_PATH) && is_method(request, "GET")) {
		http_metrics_answer(service, request, arena, answer);
		pack_answer(request, answer);
		return;
	}
	if (!slice_equal_string(request->path, "/")) {
		http_answer_not_found(answer);
		return;
	}
	if (from_page)
		http_answer_add(answer, "Access-Control-Allow-Origin", "*");
	if (from_page && is_method(request, "OPTIONS")) {
		answer_preflight(request, arena, answer);
		return;
	}
	if (from_page)
		http_answer_add(answer, "Access-Control-Expose-Headers", EXPOSED_HEADERS);
	if (is_method(request, "GET")) {
		answer_health(service, answer);
	} else if (is_method(request, "POST") && content_type) {
		answer->content_type = content_type;
		answer_operation(service, request, arena, answer);
	} else {
		http_answer_not_found(answer);
	}
}
