#undef NDEBUG
/* How a listener ends connections: a set of them by hand, each one end of a
 * pair of sockets, the other end of which is the client. */
#include "http_connection.h"

#include "base/clock.h"
#include "test.h"

#include <sys/socket.h>

#define COUNT  3
#define SECOND 1000000000LL

struct clients {
	struct http_connections set;
	struct http_connection connections[COUNT];
	int fds[COUNT];
};

static void clients_release(struct clients *clients)
{
	for (size_t i = 0; i < COUNT; i++) {
		cleanup_close(&clients->connections[i].fd);
		cleanup_close(&clients->fds[i]);
	}
}

/* All wait for a request, for another minute and the first the shortest. */
static void clients_init(struct clients *clients)
{
	pthread_mutex_init(&clients->set.mutex, NULL);
	for (size_t i = 0; i < COUNT; i++) {
		struct http_connection *connection = &clients->connections[i];
		int pair[2];

		CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) ==
			0);
		connection->fd = pair[0];
		clients->fds[i] = pair[1];
		connection->peer = i + 1;
		connection->phase = HTTP_WAITING;
		connection->deadline_ns = clock_monotonic_ns() + (60 + (int64_t)i) * SECOND;
		connection->next = clients->set.first;
		clients->set.first = connection;
	}
}

/* Whether the client sees the end. */
static bool is_ended(struct clients *clients, size_t i)
{
	char byte;

	return recv(clients->fds[i], &byte, 1, 0) == 0;
}

/* Whether the library would see it. */
static bool is_at_end(struct clients *clients, size_t i)
{
	char byte;

	return recv(clients->connections[i].fd, &byte, 1, 0) == 0;
}

static void a_connection_whose_time_is_over_is_ended(void)
{
	struct clients clients CLEANUP(clients_release) = { 0 };

	clients_init(&clients);
	clients.connections[1].deadline_ns = clock_monotonic_ns() - 1;
	http_connections_sweep(&clients.set);
	CHECK(!is_ended(&clients, 0));
	CHECK(is_ended(&clients, 1));
	CHECK(!is_ended(&clients, 2));
}

static void a_client_that_is_gone_is_noticed(void)
{
	struct clients clients CLEANUP(clients_release) = { 0 };

	clients_init(&clients);
	clients.connections[1].phase = HTTP_READING;
	shutdown(clients.fds[0], SHUT_WR);
	shutdown(clients.fds[1], SHUT_WR);
	http_connections_sweep(&clients.set);
	CHECK(is_at_end(&clients, 0) && !is_ended(&clients, 0));
	CHECK(is_at_end(&clients, 1) && !is_ended(&clients, 1));
	CHECK(!is_at_end(&clients, 2));
}

static void bytes_that_are_still_to_be_read_are_left(void)
{
	struct clients clients CLEANUP(clients_release) = { 0 };
	char byte;

	clients_init(&clients);
	CHECK(send(clients.fds[0], "x", 1, 0) == 1);
	shutdown(clients.fds[0], SHUT_WR);
	http_connections_sweep(&clients.set);
	CHECK(recv(clients.connections[0].fd, &byte, 1, 0) == 1);
}

static void the_one_that_waits_longest_gives_way(void)
{
	struct clients clients CLEANUP(clients_release) = { 0 };

	clients_init(&clients);
	clients.connections[0].phase = HTTP_READING;
	CHECK(http_connections_evict(&clients.set, 0));
	CHECK(!is_ended(&clients, 0));
	CHECK(is_ended(&clients, 1));
	CHECK(!is_ended(&clients, 2));
}

static void only_those_of_a_peer_give_way_to_it(void)
{
	struct clients clients CLEANUP(clients_release) = { 0 };

	clients_init(&clients);
	CHECK(!http_connections_evict(&clients.set, 9));
	CHECK(http_connections_evict(&clients.set, 3));
	CHECK(!is_ended(&clients, 0));
	CHECK(is_ended(&clients, 2));
	CHECK_INT(http_connections_of(&clients.set, 2), 1);
	CHECK_INT(http_connections_of(&clients.set, 9), 0);
}

static void none_gives_way_when_all_are_busy(void)
{
	struct clients clients CLEANUP(clients_release) = { 0 };

	clients_init(&clients);
	clients.connections[0].phase = HTTP_READING;
	clients.connections[1].phase = HTTP_RUNNING;
	clients.connections[2].phase = HTTP_WRITING;
	CHECK(!http_connections_evict(&clients.set, 0));
	CHECK_INT(http_connections_busy(&clients.set), 3);
}

static const struct test_case cases[] = {
	{ "a connection whose time is over is ended", a_connection_whose_time_is_over_is_ended },
	{ "a client that is gone is noticed", a_client_that_is_gone_is_noticed },
	{ "bytes that are still to be read are left", bytes_that_are_still_to_be_read_are_left },
	{ "the one that waits longest gives way", the_one_that_waits_longest_gives_way },
	{ "only those of a peer give way to it", only_those_of_a_peer_give_way_to_it },
	{ "none gives way when all are busy", none_gives_way_when_all_are_busy },
};
TEST_MAIN(cases)
