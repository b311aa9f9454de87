/*
 * Requests and answers as JSON, by the shapes of the operation table.
 *
 * Reading ignores members that the shape does not know, as the service does;
 * null is the same as absent. A member of the wrong JSON type is
 * ERROR_SERIALIZATION, text that is no JSON ERROR_NOT_JSON. Writing leaves out
 * what is absent.
 */
#pragma once

#include "api/request.h"
#include "base/buf.h"

/* Reads a JSON object into *input, a struct of that shape which is zeroed
 * first. All memory is the arena's, which also takes a copy of the text. */
int wire_read(const struct request_shape *shape, struct slice json, struct arena *arena,
	void *input, struct error *err) NODISCARD;

/* Appends a struct of that shape as compact JSON. */
void wire_write(const struct request_shape *shape, const void *output, struct buf *buf);
