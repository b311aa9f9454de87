/*
 * What is answered to a request over HTTP, and the forms in which the service
 * says it.
 */
#pragma once

#include "api/body.h"
#include "base/buf.h"
#include "base/error.h"
#include <stdint.h>

#define HTTP_BODY_MAX          BODY_MAX
#define HTTP_REQUEST_ID_LENGTH 52
#define HTTP_ANSWER_EXTRAS     4

struct http_extra {
	const char *name, *value;
};

struct http_answer {
	unsigned status;
	struct buf body;
	const char *content_type; /* NULL: none is told */
	bool gzipped;
	/* Further headers; their values live as long as the request's arena. */
	struct http_extra extras[HTTP_ANSWER_EXTRAS];
	size_t extra_count;
};

/* Empties it for the next request, keeping the body's memory. */
void http_answer_clear(struct http_answer *answer);
void http_answer_add(struct http_answer *answer, const char *name, const char *value);
/* Replaces whatever the body holds by the error, as the service words it. */
void http_answer_error(struct http_answer *answer, const struct error *err);
/* A body, as sent or unpacked, over HTTP_BODY_MAX. */
void http_answer_too_large(struct http_answer *answer);
/* No memory for one more large body just now; SDKs try again. */
void http_answer_busy(struct http_answer *answer);
/* What the service says of any method, path or content type that it does not know. */
void http_answer_not_found(struct http_answer *answer);

/* A source of request ids: the same seed gives the same ids. */
struct http_ids {
	uint64_t seed, count;
};

/* Writes the next id: digits and capital letters, and a NUL. */
void http_ids_next(struct http_ids *ids, char id[HTTP_REQUEST_ID_LENGTH + 1]);
