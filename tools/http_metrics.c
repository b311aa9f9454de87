#include "http_metrics.h"

#include "api/engine.h"
#include "base/clock.h"
#include "base/text.h"
#include "credentials.h"
#include "http_access.h"

#include <openssl/crypto.h>

#define CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define BASIC        SLICE("Basic ")

/* Reads "Basic " and the base64 of KEY:SECRET; the key that is claimed is told of a
 * refusal, too. */
static int identify_basic(const struct http_service *service, struct slice authorization,
	struct arena *arena, struct http_identity *ret, struct error *err)
{
	struct buf text CLEANUP(buf_release) = BUF_INIT;
	const struct credential *credential = NULL;
	struct slice secret = { 0 };
	const char *colon;

	if (base64_decode(&text, slice_skip(authorization, BASIC.len)) && text.len) {
		colon = memchr(text.data, ':', text.len);
		if (colon) {
			size_t length = (size_t)(colon - text.data);

			secret = slice_skip(buf_slice(&text), length + 1);
			ret->access_key = arena_copy(arena, slice_of(text.data, length));
			credential = credentials_find(service->credentials, ret->access_key);
		}
	}
	if (!credential || credential->secret.len != secret.len ||
		CRYPTO_memcmp(credential->secret.data, secret.data, secret.len) != 0)
		return error_set(
			err, ERROR_UNKNOWN_CLIENT, "The access key or its secret is not known");
	ret->credential = credential;
	return 0;
}

static int identify(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_identity *ret, struct error *err)
{
	struct slice authorization = http_request_header(request, "Authorization");

	if (service->trusts_peers || !service->credentials)
		return 0;
	if (slice_starts_with(authorization, BASIC))
		return identify_basic(service, authorization, arena, ret, err);
	return http_access_identify(
		service, request, operation_services[OPERATION_MONITOR].signing, ret, err);
}

/* Whether the user may have metrics: by a list of those that have no name. */
static int check_access(const struct http_service *service, const struct http_identity *identity,
	struct request_caller *caller, struct arena *arena, struct error *err)
{
	const struct list_metrics_input input = { .metric_name = SLICE("-") };
	struct list_metrics_output output = { 0 };
	struct principal principal;
	struct request request = {
		.operation = OPERATION_LIST_METRICS,
		.door = DOOR_API,
		.caller = caller,
		.as_json = true,
		.arena = arena,
		.input = &input,
		.output = &output,
	};

	if (!http_access_principal(identity, caller, &principal))
		return 0;
	request.principal = &principal;
	return engine_run(service->engine, &request, err);
}

/* Whom the engine does not come to see. */
static void note_refusal(const struct http_service *service, const struct http_request *request,
	const struct request_caller *caller, const struct error *err)
{
	const struct audit_call call = {
		.operation = &operations[OPERATION_LIST_METRICS],
		.door = DOOR_API,
		.caller = caller,
		.request_id = request->id,
		.begun_ns = clock_realtime_ns(),
		.err = err,
	};

	engine_note_refusal(service->engine, &call);
}

static int check_request(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_answer *answer, struct error *err)
{
	struct request_caller caller = request->peer;
	struct http_identity identity = { 0 };

	int r = identify(service, request, arena, &identity, err);

	caller.access_key = identity.access_key;
	caller.user_agent = http_request_header(request, "User-Agent");
	if (r < 0) {
		answer->status = 401;
		http_answer_add(answer, "WWW-Authenticate", "Basic realm=\"dynamount\"");
		note_refusal(service, request, &caller, err);
		return -1;
	}
	if (identity.credential)
		caller.user = identity.credential->user;
	if (check_access(service, &identity, &caller, arena, err) < 0) {
		answer->status = 403;
		return -1;
	}
	return 0;
}

void http_metrics_answer(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_answer *answer)
{
	struct error err CLEANUP(error_release) = ERROR_INIT;

	answer->content_type = CONTENT_TYPE;
	if (check_request(service, request, arena, answer, &err) < 0)
		buf_appendf(&answer->body, "%s\n", err.message);
	else
		engine_append_metrics(service->engine, (struct slice){ 0 }, &answer->body);
}
