/* What session.c, which holds the conversation, and session_requests.c, which
 * has its requests wait their turn, share. */
#pragma once

#include "session.h"

enum session_verb { SESSION_READ, SESSION_WRITE, SESSION_FLUSH };

struct session_request {
	struct session_request *next;
	enum session_verb verb;
	fuse_req_t req;
	size_t size; /* of a read or a write */
	off_t offset; /* of a read */
	char data[]; /* of a write */
};

/* One step for a request: whether it is answered by now. */
bool session_serve(struct session *session, const struct session_request *request);
/* Answers a read from the window, if that has what is asked for. */
bool session_serve_from_window(struct session *session, const struct session_request *request);
/* Releases all that stands below the mutex. */
void session_end(struct session *session);
