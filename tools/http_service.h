/*
 * What a request over HTTP is answered: DynamoDB's protocol, without sockets.
 *
 * Source: DYNAMODB's low-level API in the Amazon DynamoDB Developer Guide; what
 * it leaves open is as the service was seen to answer.
 */
#pragma once

#include "base/arena.h"
#include "http_answer.h"
#include "http_request.h"

struct credentials;
struct engine;

struct http_service {
	struct engine *engine;
	const struct credentials *credentials; /* NULL: whatever the signature */
	bool trusts_peers; /* without any signature */
	const char *endpoint; /* host and port, or NULL */
	const char *region, *account;
};

/* Fills an answer that is empty. What it points to lives in the arena. */
void http_service_answer(const struct http_service *service, const struct http_request *request,
	struct arena *arena, struct http_answer *answer);
