/*
 * load PORT CONNECTIONS OPERATION < BODIES
 *
 * Sends each line of standard input as the JSON body of one request, over that
 * many connections kept alive, each with one request under way, and prints the
 * seconds from the first request to the last answer. Fails if an answer is
 * other than 200.
 */
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#define READ_AT_ONCE (1 << 20)

/* The requests, ready to be sent. */
struct requests {
	struct slice *items;
	size_t count;
	size_t next;
};

struct connection {
	int fd;
	struct slice sending; /* what is left of the request */
	struct buf answer;
	bool busy;
};

static void fail(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerrordesc_np(errno));
	exit(1);
}

static struct slice make_request(struct slice body, const char *operation)
{
	struct buf request = BUF_INIT;

	buf_appendf(&request,
		"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
		"Content-Type: application/x-amz-json-1.0\r\n"
		"X-Amz-Target: DynamoDB_20120810.%s\r\n"
		"X-Amz-Date: 20250101T000000Z\r\n"
		"Authorization: AWS4-HMAC-SHA256 Credential=b/20250101/us-east-1/dynamodb/"
		"aws4_request, SignedHeaders=host, Signature=0\r\n"
		"Content-Length: %zu\r\n\r\n",
		operation, body.len);
	buf_append_slice(&request, body);
	return buf_slice(&request);
}

static struct requests read_requests(const char *operation)
{
	struct requests requests = { 0 };
	size_t room = 0, capacity = 0;
	char *line = NULL;
	ssize_t len;

	while ((len = getline(&line, &room, stdin)) > 0) {
		struct slice body = slice_of(line, (size_t)len - (line[len - 1] == '\n'));

		if (requests.count == capacity) {
			capacity = capacity ? capacity * 2 : 1024;
			requests.items =
				memory_resize(requests.items, capacity * sizeof(*requests.items));
		}
		requests.items[requests.count++] = make_request(body, operation);
	}
	free(line);
	return requests;
}

static int connect_to(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		fail("connecting");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd;
}

/* Sends what the socket takes; the rest goes when it takes more. */
static void send_more(int poll, struct connection *connection)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

	while (connection->sending.len) {
		ssize_t n = send(connection->fd, connection->sending.data, connection->sending.len,
			MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			fail("sending");
		if (n < 0) {
			event.events |= EPOLLOUT;
			break;
		}
		connection->sending = slice_skip(connection->sending, (size_t)n);
	}
	if (epoll_ctl(poll, EPOLL_CTL_MOD, connection->fd, &event) < 0)
		fail("waiting");
}

static void send_next(int poll, struct connection *connection, struct requests *requests)
{
	connection->busy = requests->next < requests->count;
	if (!connection->busy)
		return;
	connection->sending = requests->items[requests->next++];
	buf_clear(&connection->answer);
	send_more(poll, connection);
}

/* Whether the answer is whole; its length is told, or its chunks end. */
static bool is_whole(struct buf *answer)
{
	const char *text = buf_string(answer);
	const char *head_end = strstr(text, "\r\n\r\n");
	const char *length;
	size_t head;

	if (!head_end)
		return false;
	if (strncmp(text, "HTTP/1.1 200", 12) != 0) {
		fprintf(stderr, "load: %.600s\n", text);
		exit(1);
	}
	head = (size_t)(head_end + 4 - text);
	length = strcasestr(text, "\r\ncontent-length:");
	if (length && length < head_end)
		return answer->len - head >= strtoul(length + 17, NULL, 10);
	return answer->len >= head + 5 && memcmp(text + answer->len - 5, "0\r\n\r\n", 5) == 0;
}

static void receive(
	int poll, struct connection *connection, struct requests *requests, size_t *answered)
{
	ssize_t n = recv(connection->fd, buf_reserve(&connection->answer, READ_AT_ONCE),
		READ_AT_ONCE, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		fail("receiving");
	connection->answer.len += (size_t)n;
	if (!is_whole(&connection->answer))
		return;
	(*answered)++;
	send_next(poll, connection, requests);
}

static double run(struct connection *connections, size_t count, struct requests *requests)
{
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event events[64];
	int64_t start = clock_monotonic_ns();
	size_t answered = 0;

	for (size_t i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connections[i] };

		if (epoll_ctl(poll, EPOLL_CTL_ADD, connections[i].fd, &event) < 0)
			fail("waiting");
		send_next(poll, &connections[i], requests);
	}
	while (answered < requests->count) {
		int ready = epoll_wait(poll, events, ARRAY_SIZE(events), 60000);

		if (ready <= 0)
			fail("no answer for a minute");
		for (int i = 0; i < ready; i++) {
			struct connection *connection = events[i].data.ptr;

			if (events[i].events & EPOLLOUT)
				send_more(poll, connection);
			if (events[i].events & ~(uint32_t)EPOLLOUT)
				receive(poll, connection, requests, &answered);
		}
	}
	close(poll);
	return (double)(clock_monotonic_ns() - start) / 1e9;
}

int main(int argc, char **argv)
{
	struct connection *connections;
	struct requests requests;
	size_t count;

	if (argc != 4) {
		fprintf(stderr, "usage: load PORT CONNECTIONS OPERATION < BODIES\n");
		return 2;
	}
	count = strtoul(argv[2], NULL, 10);
	requests = read_requests(argv[3]);
	connections = memory_new_zero(count * sizeof(*connections));
	for (size_t i = 0; i < count; i++)
		connections[i].fd = connect_to((int)strtol(argv[1], NULL, 10));
	printf("%f\n", run(connections, count, &requests));
	return 0;
}
