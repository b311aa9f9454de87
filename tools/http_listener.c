/*
 * The listener: one thread accepts connections and deals them out to the
 * workers, always to the one that has the fewest; each worker is a daemon of
 * libmicrohttpd with an event loop, in which a request also runs.
 *
 * Accepting is ours, not the library's, for three reasons. A pool of its
 * threads that wait for one socket shares connections out by chance, and
 * sixteen of them may end up on two. When there are as many connections as may
 * be, the one that has been idle longest gives way to the new one. And the same
 * thread ends those that are too slow (http_connection.h).
 */
#include "http_listener.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "credentials.h"
#include "http_connection.h"
#include "http_socket.h"
#include "local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define WORKERS         24
#define CONNECTIONS_MAX 4096
#define OWNER_WORKERS   4 /* in a data directory */
#define OWNER_MAX       128
#define SPARE_FILES     256 /* for the store and the mount */
#define ROOM_FOR_PEER   2 /* one address other than loopback has at most this part */
#define SWEEP_MS        1000
#define FULL_MS         5
#define DRAIN_NS        10000000000LL
#define DRAIN_MIN_NS    20000000LL /* what has arrived is seen by then */

struct http_listener {
	struct http_service service;
	struct credentials *credentials; /* or NULL */
	struct http_connections connections;
	struct http_worker workers[WORKERS];
	size_t worker_count;
	size_t limit; /* of connections */
	int socket, wake;
	int directory; /* where its socket is, or -1 */
	bool local; /* all peers are this machine */
	pthread_t acceptor;
	bool accepting; /* the thread runs */
	atomic_bool draining;
	struct buf start_message; /* the library's, until the threads run */
	struct buf url, region, account;
	struct buf certificate, key; /* PEM */
};

const char *http_listener_url(const struct http_listener *listener)
{
	return listener->url.len ? listener->url.data : "";
}

/* Accepting */

static struct http_worker *least_loaded(struct http_listener *listener)
{
	struct http_worker *least = &listener->workers[0];

	for (size_t i = 1; i < listener->worker_count; i++) {
		if (listener->workers[i].load < least->load)
			least = &listener->workers[i];
	}
	return least;
}

/* Those dealt out, also when their worker has not come to them yet. */
static size_t connection_count(struct http_listener *listener)
{
	size_t count = 0;

	for (size_t i = 0; i < listener->worker_count; i++)
		count += listener->workers[i].load;
	return count;
}

/* Makes room for one more of that peer; false when it has too many. */
static bool admit(struct http_listener *listener, int fd)
{
	uint64_t peer;

	if (listener->directory >= 0)
		return local_socket_admits(fd);
	if (listener->local)
		return true;
	peer = http_socket_peer(fd);
	return http_connections_of(&listener->connections, peer) <
		       listener->limit / ROOM_FOR_PEER ||
	       http_connections_evict(&listener->connections, peer);
}

static bool accept_one(struct http_listener *listener)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	struct http_worker *worker = least_loaded(listener);
	int fd = accept4(
		listener->socket, (struct sockaddr *)&address, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return errno == ECONNABORTED || errno == EINTR || errno == EAGAIN;
	if (!admit(listener, fd)) {
		close(fd);
		return true;
	}
	worker->load++;
	if (MHD_add_connection(worker->daemon, fd, (struct sockaddr *)&address, len) != MHD_YES)
		worker->load--;
	return true;
}

/* Waits for a connection, or until it is to end, or for some time. Returns
 * whether there is a connection; *ret_end tells the second. */
static bool wait_for_connection(struct http_listener *listener, bool full, bool *ret_end)
{
	struct pollfd fds[] = {
		{ .fd = listener->wake, .events = POLLIN },
		{ .fd = listener->socket, .events = POLLIN },
	};

	poll(fds, full ? 1 : 2, full ? FULL_MS : SWEEP_MS);
	*ret_end = fds[0].revents;
	return !full && fds[1].revents;
}

static void *accept_connections(void *context)
{
	struct http_listener *listener = context;
	struct http_connections *connections = &listener->connections;
	int64_t swept_ns = clock_monotonic_ns();
	bool full = false, end = false;

	while (!end) {
		bool arrived = wait_for_connection(listener, full, &end);
		int64_t now_ns = clock_monotonic_ns();

		full = arrived && !end && !accept_one(listener); /* of descriptors */
		full = full || connection_count(listener) >= listener->limit;
		if (full)
			http_connections_evict(connections, 0);
		if (now_ns - swept_ns > SWEEP_MS * 1000000LL) {
			http_connections_sweep(connections);
			swept_ns = now_ns;
		}
	}
	return NULL;
}

/* Opening */

static int read_file(const char *path, struct buf *ret, struct error *err)
{
	int fd CLEANUP(cleanup_close) = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : 1;

	while (n > 0) {
		n = read(fd, buf_reserve(ret, 4096), 4096);
		if (n > 0)
			ret->len += (size_t)n;
	}
	if (n < 0)
		return error_set_errno(err, errno, "Reading %s", path);
	buf_string(ret);
	return 0;
}

static int read_tls_files(
	struct http_listener *listener, const struct http_options *options, struct error *err)
{
	if (!options->tls_certificate_path && !options->tls_key_path)
		return 0;
	if (!options->tls_certificate_path || !options->tls_key_path)
		return error_set(err, ERROR_VALIDATION, "--tls-cert and --tls-key need each other");
	TRY(read_file(options->tls_certificate_path, &listener->certificate, err));
	return read_file(options->tls_key_path, &listener->key, err);
}

/* The system's limit of open files allows that many connections. */
static size_t connection_limit(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return CONNECTIONS_MAX / 8;
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0)
		getrlimit(RLIMIT_NOFILE, &files);
	if (files.rlim_cur > CONNECTIONS_MAX + SPARE_FILES)
		return CONNECTIONS_MAX;
	return files.rlim_cur > 2 * SPARE_FILES ? files.rlim_cur - SPARE_FILES : SPARE_FILES;
}

/* What the library says while a worker starts is why it does not. Later it
 * only tells how clients behave. */
static void keep_message(void *context, const char *format, va_list args)
{
	struct http_listener *listener = context;
	struct buf *message = &listener->start_message;

	if (listener->accepting)
		return;
	buf_clear(message);
	buf_vappendf(message, format, args);
	while (message->len && message->data[message->len - 1] == '\n')
		message->len--;
}

static int start_worker(
	struct http_listener *listener, struct http_worker *worker, struct error *err)
{
	bool tls = listener->key.len;
	struct MHD_OptionItem tls_options[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, listener->certificate.data },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, listener->key.data },
		{ MHD_OPTION_END, 0, NULL },
	};
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC |
			 MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);

	worker->connections = &listener->connections;
	worker->service = &listener->service;
	worker->draining = &listener->draining;
	http_worker_init(worker);
	worker->daemon = MHD_start_daemon(flags, 0, NULL, NULL, http_connection_handle, worker,
		MHD_OPTION_EXTERNAL_LOGGER, keep_message, listener, MHD_OPTION_CONNECTION_LIMIT,
		(unsigned)CONNECTIONS_MAX, MHD_OPTION_NOTIFY_CONNECTION, http_connection_notify,
		worker, MHD_OPTION_NOTIFY_COMPLETED, http_connection_completed, worker,
		MHD_OPTION_ARRAY, tls ? tls_options : &tls_options[2], MHD_OPTION_END);
	if (!worker->daemon)
		return error_set(err, ERROR_SYSTEM, "Starting the HTTP listener failed: %s",
			buf_string(&listener->start_message));
	return 0;
}

static int start_workers(struct http_listener *listener, struct error *err)
{
	for (size_t i = 0; i < listener->worker_count; i++)
		TRY(start_worker(listener, &listener->workers[i], err));
	return 0;
}

static int start_threads(struct http_listener *listener, struct error *err)
{
	sigset_t all, before;
	int r;

	sigfillset(&all); /* signals are for the thread that waits for them */
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = start_workers(listener, err);
	listener->accepting = r == 0;
	if (r == 0 && pthread_create(&listener->acceptor, NULL, accept_connections, listener)) {
		listener->accepting = false;
		r = error_set(err, ERROR_SYSTEM, "Starting a thread failed");
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

static void set_service(
	struct http_listener *listener, const struct http_options *options, struct engine *engine)
{
	const char *region = options->region ? options->region : "us-east-1";
	const char *account = options->account ? options->account : "123456789012";

	buf_append_string(&listener->region, region);
	buf_append_string(&listener->account, account);
	listener->service = (struct http_service){
		.engine = engine,
		.trusts_peers = options->data_directory,
		.region = buf_string(&listener->region),
		.account = buf_string(&listener->account),
	};
}

static int read_credentials(
	struct http_listener *listener, const struct http_options *options, struct error *err)
{
	if (!options->credentials_path)
		return 0;
	TRY(credentials_load(options->credentials_path, &listener->credentials, err));
	listener->service.credentials = listener->credentials;
	return 0;
}

static int listen_on_address(
	struct http_listener *listener, const struct http_options *options, struct error *err)
{
	TRY(read_credentials(listener, options, err));
	TRY(read_tls_files(listener, options, err));
	TRY(http_socket_listen(
		options->address, !options->credentials_path, &listener->socket, err));
	buf_append_string(&listener->url, listener->key.len ? "https://" : "http://");
	http_socket_append_address(listener->socket, &listener->url);
	listener->service.endpoint = strstr(buf_string(&listener->url), "://") + 3;
	listener->worker_count = WORKERS;
	listener->limit = connection_limit();
	return 0;
}

static int listen_in_directory(
	struct http_listener *listener, const char *directory, struct error *err)
{
	TRY(local_socket_directory(directory, &listener->directory, err));
	TRY(local_socket_listen(listener->directory, &listener->socket, err));
	listener->worker_count = OWNER_WORKERS;
	listener->limit = OWNER_MAX;
	return 0;
}

static int open_all(
	struct http_listener *listener, const struct http_options *options, struct error *err)
{
	if (options->data_directory)
		TRY(listen_in_directory(listener, options->data_directory, err));
	else
		TRY(listen_on_address(listener, options, err));
	listener->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (listener->wake < 0)
		return error_set_errno(err, errno, "Making an event descriptor");
	return start_threads(listener, err);
}

int http_listener_open(const struct http_options *options, struct engine *engine,
	struct http_listener **ret, struct error *err)
{
	struct http_listener *listener = memory_new_zero(sizeof(*listener));

	listener->socket = listener->wake = listener->directory = -1;
	listener->local = !options->credentials_path;
	pthread_mutex_init(&listener->connections.mutex, NULL);
	set_service(listener, options, engine);
	if (open_all(listener, options, err) < 0) {
		http_listener_close(listener);
		return -1;
	}
	*ret = listener;
	return 0;
}

/* Closing */

static void stop_accepting(struct http_listener *listener)
{
	uint64_t one = 1;

	if (!listener->accepting)
		return;
	if (write(listener->wake, &one, sizeof(one)) != sizeof(one))
		log_warning("waking the listener: %s", strerrordesc_np(errno));
	pthread_join(listener->acceptor, NULL);
	cleanup_close(&listener->socket);
	listener->socket = -1;
}

/* Waits until what has been asked is answered. */
static void drain(struct http_listener *listener)
{
	const struct timespec pause = { .tv_nsec = 2000000 };
	int64_t began_ns = clock_monotonic_ns(), waited_ns = 0;

	listener->draining = true;
	while (waited_ns < DRAIN_MIN_NS ||
		(waited_ns < DRAIN_NS && http_connections_busy(&listener->connections))) {
		http_connections_sweep(&listener->connections);
		nanosleep(&pause, NULL);
		waited_ns = clock_monotonic_ns() - began_ns;
	}
}

void http_listener_close(struct http_listener *listener)
{
	if (listener->socket >= 0 && listener->directory >= 0)
		local_socket_remove(listener->directory); /* before it stops to answer */
	stop_accepting(listener);
	if (listener->accepting)
		drain(listener);
	for (size_t i = 0; i < listener->worker_count; i++) {
		if (listener->workers[i].daemon)
			MHD_stop_daemon(listener->workers[i].daemon);
		http_worker_release(&listener->workers[i]);
	}
	cleanup_close(&listener->socket);
	cleanup_close(&listener->wake);
	cleanup_close(&listener->directory);
	pthread_mutex_destroy(&listener->connections.mutex);
	credentials_free(listener->credentials);
	buf_release(&listener->url);
	buf_release(&listener->region);
	buf_release(&listener->account);
	buf_release(&listener->certificate);
	buf_release(&listener->key);
	buf_release(&listener->start_message);
	free(listener);
}
