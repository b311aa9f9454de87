/*
 * Who asks, and what that user may ask.
 *
 * Without credentials any signature will do, but there must be one that could
 * be: clients that forget it are told as by the service. With credentials it
 * is verified, and the user's lists of operations and tables hold. A service
 * that trusts its peers asks for nothing.
 */
#pragma once

#include "api/request.h"
#include "http_service.h"

struct credential;

struct http_identity {
	const struct credential *credential; /* NULL: may do anything */
	struct slice access_key; /* that it is signed with, also when that is refused */
};

/* Whose request it is: 0, or -1 with one of the signature's errors. The signature
 * must be for the service of that name (operation_services). */
int http_access_identify(const struct http_service *service, const struct http_request *request,
	const char *signing, struct http_identity *ret, struct error *err) NODISCARD;
/* Whether that user may run this request: 0, or ERROR_ACCESS_DENIED. */
int http_access_check(const struct http_service *service, const struct http_identity *identity,
	const struct operation *operation, const void *input, struct arena *arena,
	struct error *err) NODISCARD;
