/*
 * Who asks, and what that user may ask.
 *
 * Without credentials any signature will do, but there must be one that could
 * be: clients that forget it are told as by the service. With credentials it
 * is verified, and the engine judges what the user asks for (api/access.h). A
 * service that trusts its peers asks for nothing.
 */
#pragma once

#include "api/principal.h"
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
/* What the user may have is for the engine to judge, by this; false: anything. It
 * borrows from the caller. */
bool http_access_principal(const struct http_identity *identity,
	const struct request_caller *caller, struct principal *ret);
