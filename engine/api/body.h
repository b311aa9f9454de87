/*
 * The bodies of requests and answers, as the service words them, whatever they
 * come in by: HTTP, a file of the mount, the command line.
 *
 * Parsed, JSON can take a hundred times its length in memory: long bodies are
 * read one at a time, and the memory is given back at once.
 */
#pragma once

#include "api/request.h"
#include "base/buf.h"

#define BODY_MAX  (16u << 20)
#define BODY_LONG (1u << 20) /* a longer one is long */

/* Whether the text is JSON. */
bool body_is_json(struct slice text);
/* Reads a request into *input, of the operation's input shape (wire_read()). An
 * empty body is ERROR_NOT_JSON. */
int body_read(const struct operation *operation, struct slice body, struct arena *arena,
	void *input, struct error *err) NODISCARD;
/* Appends an error: {"__type":"…","message":"…"}, and its details. */
void body_append_error(struct buf *buf, const struct error *err);
