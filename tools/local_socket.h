/*
 * DATA/dynamount.sock: where the process that has a data directory open answers
 * the HTTP API to whoever owns it.
 *
 * 1. Only who holds the directory's lock makes or removes the socket: one that
 *    is there already when the lock was taken is a dead process's.
 * 2. It has mode 0600 before the first connection can be made, and who connects
 *    is asked for his user id besides: the owner, or root.
 * 3. A socket's address has room for 108 bytes, a path for many more. So it is
 *    named by way of an open descriptor of its directory. unix(7).
 */
#pragma once

#include "base/buf.h"
#include "base/error.h"
#include <stdbool.h>

#define LOCAL_SOCKET_NAME "dynamount.sock"

/* A descriptor of the directory, fit for the functions below. */
int local_socket_directory(const char *path, int *ret, struct error *err) NODISCARD;
/* Appends a path of the socket that is always short, and right as long as the
 * descriptor is open. */
void local_socket_append_path(int directory, struct buf *buf);

/* Listens; the lock must be held. A new descriptor, which does not block. */
int local_socket_listen(int directory, int *ret, struct error *err) NODISCARD;
void local_socket_remove(int directory);
/* Whether the one at the other end may ask anything. */
bool local_socket_admits(int fd);

#define LOCAL_SOCKET_NOBODY 1
/* Whether somebody answers: 0, LOCAL_SOCKET_NOBODY, or an error that forbids. */
int local_socket_probe(int directory, struct error *err) NODISCARD;
