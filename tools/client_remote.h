/*
 * An engine at the other end of HTTP: DynamoDB's own JSON protocol by libcurl.
 *
 * Connections are kept from one call to the next, and each call has one of its
 * own, so that any number of threads may call at once. Requests that the other
 * side says it did not take (throttled, or busy) are sent again, a few times.
 */
#pragma once

#include "api/request.h"
#include "base/buf.h"

struct remote;

struct remote_options {
	const char *url;
	const char *name; /* what messages call it */
	const char *socket_path; /* of a Unix socket; or NULL */
};

/* Copies the options. Without a socket requests are signed, as the environment
 * tells: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION
 * or AWS_DEFAULT_REGION; without a key, as "dynamount". AWS_CA_BUNDLE names
 * further certificates to trust. */
int remote_open(
	const struct remote_options *options, struct remote **ret, struct error *err) NODISCARD;
void remote_close(struct remote *remote);

/* Runs an operation. *ret is what was answered, also when that is an error. */
int remote_call(struct remote *remote, const struct operation *operation, struct slice request,
	struct buf *ret, struct error *err) NODISCARD;

/* Sets the error that an answer's body is: the class is the one with that
 * exception, or ERROR_SYSTEM with the exception's name in the message. Members
 * beside the message become its details. Always -1. */
int remote_read_error(long http_status, struct slice body, struct error *err);
