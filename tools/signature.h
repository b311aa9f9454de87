/*
 * AWS Signature Version 4 of a request.
 *
 * A signature comes in the Authorization header or in the query string; both
 * are read into one struct, and verified over the same canonical form.
 *
 * Source: "AWS Signature Version 4 for API requests" in the IAM User Guide;
 * the messages are as the service gives them.
 */
#pragma once

#include "base/error.h"
#include "http_request.h"
#include <stdint.h>

/* Borrows from its request. */
struct signature {
	struct slice algorithm;
	struct slice credential; /* access key and scope: KEY/DATE/REGION/SERVICE/aws4_request */
	struct slice hex; /* the signature itself */
	struct slice signed_headers; /* names in lower case, joined by ';' */
	struct slice time; /* "20150830T123600Z", or as a Date header spells it */
	struct slice expires; /* seconds; of the query string alone */
	bool in_query;
};

/* Reads the signature of a request, or says what is missing. */
int signature_read(
	const struct http_request *request, struct signature *ret, struct error *err) NODISCARD;

/* The access key that it is made with; absent when the credential is malformed. */
struct slice signature_access_key(const struct signature *signature);

struct signature_rules {
	const char *region, *service; /* that its scope must name */
	struct slice secret;
	int64_t now_ns;
};

/* Whether the secret's owner signed this request, and lately: 0, or -1 with
 * ERROR_INCOMPLETE_SIGNATURE or ERROR_INVALID_SIGNATURE. The path of the
 * request must be one that needs no encoding. */
int signature_verify(const struct signature *signature, const struct http_request *request,
	const struct signature_rules *rules, struct error *err) NODISCARD;
