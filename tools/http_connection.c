#include "http_connection.h"

#include "http_socket.h"

#include "base/clock.h"
#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <zlib.h>

#define SECOND        1000000000LL
#define KEPT_BYTES    (64u << 10)
#define CHARGED_MAX   (512u << 20)
#define DISCARDED_MAX (64u << 20) /* read to its end for the sake of an answer */
#define ARENA_BYTES   (64u << 10)

static const int64_t phase_limits[] = {
	[HTTP_WAITING] = 120 * SECOND,
	[HTTP_READING] = 300 * SECOND,
	[HTTP_RUNNING] = INT64_MAX / 2,
	[HTTP_WRITING] = 300 * SECOND,
};

void http_worker_init(struct http_worker *worker)
{
	arena_alloc(&worker->arena, ARENA_BYTES);
	worker->empty = (struct arena_mark){ worker->arena.chunk, 0 };
	if (getrandom(&worker->ids, sizeof(worker->ids), 0) < 0)
		worker->ids.seed = (uint64_t)clock_realtime_ns();
}

void http_worker_release(struct http_worker *worker)
{
	arena_release(&worker->arena);
}

static void enter_phase(struct http_connection *connection, enum http_phase phase)
{
	connection->deadline_ns = clock_monotonic_ns() + phase_limits[phase];
	connection->phase = phase;
}

/* The list */

static void list_add(struct http_connections *set, struct http_connection *connection)
{
	pthread_mutex_lock(&set->mutex);
	connection->next = set->first;
	if (set->first)
		set->first->previous = connection;
	set->first = connection;
	pthread_mutex_unlock(&set->mutex);
}

static void list_remove(struct http_connections *set, struct http_connection *connection)
{
	pthread_mutex_lock(&set->mutex);
	if (connection->previous)
		connection->previous->next = connection->next;
	else
		set->first = connection->next;
	if (connection->next)
		connection->next->previous = connection->previous;
	pthread_mutex_unlock(&set->mutex);
}

/* The library notices, and closes it. */
static void end_connection(struct http_connection *connection)
{
	shutdown(connection->fd, SHUT_RDWR);
}

/* Its client is gone, or will send no more, in the middle of a request. The
 * library misses that when the end came together with the last bytes. */
static bool is_abandoned(const struct http_connection *connection)
{
	char byte;

	if (connection->phase != HTTP_WAITING && connection->phase != HTTP_READING)
		return false;
	return recv(connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

void http_connections_sweep(struct http_connections *set)
{
	int64_t now_ns = clock_monotonic_ns();

	pthread_mutex_lock(&set->mutex);
	for (struct http_connection *c = set->first; c; c = c->next) {
		if (c->deadline_ns < now_ns)
			end_connection(c);
		else if (is_abandoned(c))
			shutdown(c->fd, SHUT_RD); /* wakes the library; an answer still goes */
	}
	pthread_mutex_unlock(&set->mutex);
}

bool http_connections_evict(struct http_connections *set, uint64_t peer)
{
	struct http_connection *longest = NULL;

	pthread_mutex_lock(&set->mutex);
	for (struct http_connection *c = set->first; c; c = c->next) {
		if (c->phase == HTTP_WAITING && (!peer || c->peer == peer) &&
			(!longest || c->deadline_ns < longest->deadline_ns))
			longest = c;
	}
	if (longest)
		end_connection(longest);
	pthread_mutex_unlock(&set->mutex);
	return longest;
}

size_t http_connections_of(struct http_connections *set, uint64_t peer)
{
	size_t count = 0;

	pthread_mutex_lock(&set->mutex);
	for (struct http_connection *c = set->first; c; c = c->next)
		count += c->peer == peer;
	pthread_mutex_unlock(&set->mutex);
	return count;
}

size_t http_connections_busy(struct http_connections *set)
{
	size_t count = 0;

	pthread_mutex_lock(&set->mutex);
	for (struct http_connection *c = set->first; c; c = c->next)
		count += c->phase != HTTP_WAITING;
	pthread_mutex_unlock(&set->mutex);
	return count;
}

static int descriptor_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
}

static bool is_encrypted(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
}

void http_connection_notify(void *context, struct MHD_Connection *library, void **ret,
	enum MHD_ConnectionNotificationCode code)
{
	struct http_worker *worker = context;
	struct http_connection *connection = *ret;

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		connection = memory_new_zero(sizeof(*connection));
		connection->worker = worker;
		connection->fd = descriptor_of(library);
		connection->peer = http_socket_peer(connection->fd);
		http_socket_identify(connection->fd, &connection->address, &connection->caller);
		connection->caller.encrypted = is_encrypted(library);
		enter_phase(connection, HTTP_WAITING);
		list_add(worker->connections, connection);
		*ret = connection;
		return;
	}
	list_remove(worker->connections, connection);
	worker->load--;
	buf_release(&connection->body);
	buf_release(&connection->answer.body);
	buf_release(&connection->address);
	free(connection);
	*ret = NULL;
}

/* A request's body */

static void charge(struct http_connection *connection, size_t bytes)
{
	connection->charged += bytes;
	connection->worker->connections->charged += bytes;
}

static void forget(struct buf *buf)
{
	if (buf->capacity > KEPT_BYTES)
		buf_release(buf);
	buf_clear(buf);
}

static void take_piece(struct http_connection *connection, const char *data, size_t len)
{
	struct buf *body = &connection->body;

	if (connection->too_large || connection->refused)
		return;
	if (body->len + len > HTTP_BODY_MAX) {
		connection->too_large = true;
	} else if (body->len + len > KEPT_BYTES) {
		charge(connection, len);
		connection->refused = connection->worker->connections->charged > CHARGED_MAX;
	}
	if (connection->too_large || connection->refused)
		buf_release(body);
	else
		buf_append(body, data, len);
}

/* Whether it need not be sent at all, or is too long to be waited for. */
static bool is_hopeless(struct MHD_Connection *library)
{
	const char *length = MHD_lookup_connection_value(
		library, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);
	unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;

	return bytes > DISCARDED_MAX ||
	       (bytes > HTTP_BODY_MAX && MHD_lookup_connection_value(
						 library, MHD_HEADER_KIND, MHD_HTTP_HEADER_EXPECT));
}

/* The answer */

static enum MHD_Result add_header(
	struct MHD_Response *response, const char *name, const char *value)
{
	return MHD_add_response_header(response, name, value);
}

static void add_headers(const struct http_connection *connection, struct MHD_Response *response)
{
	const struct http_answer *answer = &connection->answer;
	char checksum[sizeof("4294967295")];
	const Bytef *body = (const Bytef *)answer->body.data;

	add_header(response, "x-amzn-RequestId", connection->id);
	snprintf(checksum, sizeof(checksum), "%" PRIu32,
		(uint32_t)(answer->body.len ? crc32_z(0, body, answer->body.len) : 0));
	add_header(response, "x-amz-crc32", checksum);
	if (answer->content_type)
		add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->content_type);
	if (answer->gzipped)
		add_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
	for (size_t i = 0; i < answer->extra_count; i++)
		add_header(response, answer->extras[i].name, answer->extras[i].value);
	if (*connection->worker->draining)
		add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

static enum MHD_Result send_answer(
	struct http_connection *connection, struct MHD_Connection *library)
{
	struct http_answer *answer = &connection->answer;
	struct MHD_Response *response = MHD_create_response_from_buffer(answer->body.len,
		answer->body.len ? answer->body.data : (char *)"", MHD_RESPMEM_PERSISTENT);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	add_headers(connection, response);
	enter_phase(connection, HTTP_WRITING);
	result = MHD_queue_response(library, answer->status, response);
	MHD_destroy_response(response);
	return result;
}

struct collected {
	struct http_field *items;
	size_t count;
};

static enum MHD_Result collect_field(void *context, enum MHD_ValueKind kind, const char *name,
	size_t name_len, const char *value, size_t value_len)
{
	struct collected *fields = context;

	(void)kind;
	fields->items[fields->count++] = (struct http_field){ slice_of(name, name_len),
		slice_of(value ? value : "", value ? value_len : 0) };
	return MHD_YES;
}

static struct http_fields collect_fields(
	struct MHD_Connection *library, enum MHD_ValueKind kind, struct arena *arena)
{
	int count = MHD_get_connection_values(library, kind, NULL, NULL);
	struct collected fields = { 0 };

	if (count > 0) {
		fields.items = arena_alloc_array(arena, (size_t)count, sizeof(*fields.items));
		MHD_get_connection_values_n(library, kind, collect_field, &fields);
	}
	return (struct http_fields){ fields.items, fields.count };
}

static void fill_answer(struct http_connection *connection, struct MHD_Connection *library,
	const char *url, const char *method)
{
	struct http_worker *worker = connection->worker;
	struct http_request request = {
		.method = slice_from_string(method),
		.path = slice_from_string(url),
		.headers = collect_fields(library, MHD_HEADER_KIND, &worker->arena),
		.query = collect_fields(library, MHD_GET_ARGUMENT_KIND, &worker->arena),
		.body = buf_slice(&connection->body),
		.id = slice_from_string(connection->id),
		.peer = connection->caller,
	};

	if (connection->too_large)
		http_answer_too_large(&connection->answer);
	else if (connection->refused)
		http_answer_busy(&connection->answer);
	else
		http_service_answer(worker->service, &request, &worker->arena, &connection->answer);
	if (connection->answer.body.len > KEPT_BYTES)
		charge(connection, connection->answer.body.len);
}

static enum MHD_Result answer_request(struct http_connection *connection,
	struct MHD_Connection *library, const char *url, const char *method)
{
	enum MHD_Result result;

	enter_phase(connection, HTTP_RUNNING);
	http_answer_clear(&connection->answer);
	http_ids_next(&connection->worker->ids, connection->id);
	fill_answer(connection, library, url, method);
	result = send_answer(connection, library);
	arena_reset(&connection->worker->arena, connection->worker->empty);
	return result;
}

enum MHD_Result http_connection_handle(void *context, struct MHD_Connection *library,
	const char *url, const char *method, const char *version, const char *data, size_t *len,
	void **request)
{
	struct http_connection *connection = *request;

	(void)context;
	(void)version;
	if (!connection) { /* its headers are here */
		*request = connection =
			MHD_get_connection_info(library, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
				->socket_context;
		enter_phase(connection, HTTP_READING);
		connection->too_large = is_hopeless(library);
		connection->refused = false;
		return connection->too_large ? answer_request(connection, library, url, method)
					     : MHD_YES;
	}
	if (*len) {
		take_piece(connection, data, *len);
		*len = 0;
		return MHD_YES;
	}
	return answer_request(connection, library, url, method);
}

void http_connection_completed(void *context, struct MHD_Connection *library, void **request,
	enum MHD_RequestTerminationCode code)
{
	struct http_connection *connection = *request;

	(void)context;
	(void)library;
	(void)code;
	if (!connection)
		return;
	connection->worker->connections->charged -= connection->charged;
	connection->charged = 0;
	forget(&connection->body);
	forget(&connection->answer.body);
	enter_phase(connection, HTTP_WAITING);
}
