/*
 * AWS Signature Version 4 of a request.
 *
 * A signature comes in the Authorization header or in the query string; both
 * are read into one struct, and verified over the same canonical form.
 *
 * Source: "Authenticating Requests (AWS Signature Version 4)" in the AWS
 * General Reference; messages as the service gives them.
 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "http_request.h"
#include <stdint.h>

struct signature {
	struct slice credential; /* access key and scope: KEY/DATE/REGION/SERVICE/aws4_request */
	struct slice hex; /* the signature itself */
	struct slice signed_headers; /* names in lower case, joined by ';' */
	struct slice time; /* "20150830T123600Z" */
	struct slice expires; /* seconds; of the query string alone */
	bool in_query;
};

/* Reads the signature of a request, which it borrows, or says what is missing. */
int signature_read(
	const struct http_request *request, struct signature *ret, struct error *err) NODISCARD;
