/*
 * The HTTP door: a socket that listens, and the threads that answer.
 *
 * It listens on an address for everybody, or in a data directory for its owner
 * (local_socket.h), who need not sign his requests.
 */
#pragma once

#include "base/error.h"

struct engine;
struct http_listener;

struct http_options {
	const char *address; /* "127.0.0.1:8000"; port 0: any that is free */
	const char *data_directory; /* in place of an address; what follows is unused */
	const char *credentials_path; /* or NULL */
	const char *tls_certificate_path, *tls_key_path; /* PEM; or NULL both */
	const char *region, *account; /* NULL: the engine's default */
};

/* Begins to listen and to answer from the engine. The options may go after it. */
int http_listener_open(const struct http_options *options, struct engine *engine,
	struct http_listener **ret, struct error *err) NODISCARD;
/* Accepts no more, answers what has been asked, and ends its threads. */
void http_listener_close(struct http_listener *listener);
/* "http://127.0.0.1:8000", borrowed; empty in a data directory. */
const char *http_listener_url(const struct http_listener *listener);
