/* The address to listen on, and its socket. */
#pragma once

#include "api/request.h"
#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>

/* Listens on "HOST:PORT", "[HOST]:PORT" or ":PORT", which is loopback's; port 0
 * is any that is free. A new descriptor, which does not block, in *ret. */
int http_socket_listen(
	const char *address, bool loopback_only, int *ret, struct error *err) NODISCARD;
/* Appends "127.0.0.1:8000" or "[::1]:8000". */
void http_socket_append_address(int fd, struct buf *buf);
/* Who is at the other end: its address, whose text is put in the buffer, or, of a
 * Unix socket, its user. */
void http_socket_identify(int fd, struct buf *address, struct request_caller *ret);
/* A hash of the address at the other end; never 0. */
uint64_t http_socket_peer(int fd);
