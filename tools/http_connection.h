/*
 * The connections of a listener, and the callbacks of libmicrohttpd that serve
 * them.
 *
 * 1. A connection waits for a request, reads its body, runs it and writes its
 *    answer, and then waits again. Each phase but running has a limit in time
 *    that single bytes don't extend, so that none stays open by dribbling.
 * 2. Its buffers belong to it from the request's first byte to the answer's
 *    last; what a connection keeps while it waits is bounded by KEPT_BYTES.
 * 3. Everything else that a request needs is its worker's, and used from the
 *    request's end to the answer's beginning, which is one call.
 * 4. The set's mutex guards the list and that each descriptor in it is still
 *    open: it is closed by the library after the connection has left the list.
 */
#pragma once

#include "http_service.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum http_phase { HTTP_WAITING, HTTP_READING, HTTP_RUNNING, HTTP_WRITING };

struct http_connection {
	struct http_worker *worker;
	struct http_connection *next, *previous;
	int fd;
	uint64_t peer; /* a hash of its address */
	struct request_caller caller; /* as far as the connection tells; */
	struct buf address; /* its text */
	char id[HTTP_REQUEST_ID_LENGTH + 1]; /* of the request */
	_Atomic enum http_phase phase;
	_Atomic int64_t deadline_ns; /* monotonic */
	struct buf body;
	bool too_large, refused;
	size_t charged; /* bytes, of the set's sum */
	struct http_answer answer;
};

struct http_connections {
	pthread_mutex_t mutex;
	struct http_connection *first;
	atomic_size_t charged; /* bytes of large bodies and answers */
};

/* What answers: a thread with an event loop of its own. */
struct http_worker {
	struct http_connections *connections;
	const struct http_service *service;
	const atomic_bool *draining; /* answers end their connections */
	struct MHD_Daemon *daemon;
	struct arena arena; /* of the request that runs */
	struct arena_mark empty;
	struct http_ids ids;
	atomic_uint load; /* connections given to it */
};

void http_worker_init(struct http_worker *worker);
void http_worker_release(struct http_worker *worker);

/* The callbacks: of a connection's begin and end, of a request, of its end. */
void http_connection_notify(void *worker, struct MHD_Connection *connection, void **context,
	enum MHD_ConnectionNotificationCode code);
enum MHD_Result http_connection_handle(void *worker, struct MHD_Connection *connection,
	const char *url, const char *method, const char *version, const char *data, size_t *len,
	void **context);
void http_connection_completed(void *worker, struct MHD_Connection *connection, void **context,
	enum MHD_RequestTerminationCode code);

/* Ends those whose time is over or whose client is gone. */
void http_connections_sweep(struct http_connections *connections);
/* Ends the one that has waited longest for a request, of that peer or, if 0,
 * of all; false when none waits. */
bool http_connections_evict(struct http_connections *connections, uint64_t peer);
size_t http_connections_of(struct http_connections *connections, uint64_t peer);
/* Those with a request of which the answer has not been sent. */
size_t http_connections_busy(struct http_connections *connections);
