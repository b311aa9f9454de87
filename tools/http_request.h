/*
 * A request as it came over HTTP, free of the library that brought it, so that
 * what is answered can be tested without a socket.
 */
#pragma once

#include "api/request.h"
#include "base/slice.h"

struct http_field {
	struct slice name, value; /* of a header, or of the query string and decoded */
};

struct http_fields {
	const struct http_field *items;
	size_t count;
};

struct http_request {
	struct slice method, path;
	struct http_fields headers, query;
	struct slice body;
	struct slice id; /* that it is answered with */
	struct request_caller peer; /* as far as its connection tells */
};

/* The value of the header of that name, whose case does not matter; absent
 * when there is none. */
struct slice http_request_header(const struct http_request *request, const char *name);
/* The same of the query string, case included. */
struct slice http_request_query(const struct http_request *request, const char *name);
