#include "http_request.h"

struct slice http_request_header(const struct http_request *request, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < request->headers.count; i++) {
		const struct http_field *header = &request->headers.items[i];

		if (header->name.len == len && strncasecmp(header->name.data, name, len) == 0)
			return header->value;
	}
	return (struct slice){ 0 };
}

struct slice http_request_query(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->query.count; i++) {
		if (slice_equal_string(request->query.items[i].name, name))
			return request->query.items[i].value;
	}
	return (struct slice){ 0 };
}
