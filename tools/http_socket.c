#include "http_socket.h"

#include "base/hash.h"
#include "base/memory.h"
#include "local_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>

static int split_address(const char *address, char **ret_host, char **ret_port, struct error *err)
{
	const char *colon = strrchr(address, ':');
	const char *host = address;
	size_t len = colon ? (size_t)(colon - address) : 0;

	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (colon && memchr(host, ':', len)) {
		colon = NULL; /* of an IPv6 address */
	}
	if (!colon || !colon[1])
		return error_set(err, ERROR_VALIDATION,
			"'%s' is no address to listen on: HOST:PORT is expected", address);
	*ret_host = len ? memory_copy_string(host, len) : memory_copy_string("127.0.0.1", 9);
	*ret_port = memory_copy_string(colon + 1, strlen(colon + 1));
	return 0;
}

static bool is_loopback(const struct sockaddr *address)
{
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_in *in = (const void *)address;

	if (address->sa_family == AF_INET)
		return ntohl(in->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
}

static int bind_and_listen(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
		info->ai_protocol);
	int on = 1;

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
		bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, SOMAXCONN) < 0) {
		int errnum = errno;

		close(fd);
		errno = errnum;
		return -1;
	}
	return fd;
}

static void freeaddrinfop(struct addrinfo **info)
{
	if (*info)
		freeaddrinfo(*info);
}

int http_socket_listen(const char *address, bool loopback_only, int *ret, struct error *err)
{
	const struct addrinfo hints = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM };
	struct addrinfo *found CLEANUP(freeaddrinfop) = NULL;
	char *host CLEANUP(cleanup_free) = NULL, *port CLEANUP(cleanup_free) = NULL;
	int r;

	TRY(split_address(address, &host, &port, err));
	r = getaddrinfo(host, port, &hints, &found);
	if (r)
		return error_set(
			err, ERROR_VALIDATION, "Listening on %s: %s", address, gai_strerror(r));
	if (loopback_only && !is_loopback(found->ai_addr))
		return error_set(err, ERROR_VALIDATION,
			"%s can be reached from other machines: --credentials is required there",
			address);
	r = bind_and_listen(found);
	if (r < 0)
		return error_set_errno(err, errno, "Listening on %s", address);
	*ret = r;
	return 0;
}

void http_socket_append_address(int fd, struct buf *buf)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST], port[NI_MAXSERV];
	bool bracketed;

	if (getsockname(fd, (struct sockaddr *)&address, &len) < 0 ||
		getnameinfo((struct sockaddr *)&address, len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		return;
	bracketed = address.ss_family == AF_INET6;
	buf_appendf(buf, bracketed ? "[%s]:%s" : "%s:%s", host, port);
}

static void identify_user(int fd, struct request_caller *ret)
{
	struct ucred user;
	socklen_t len = sizeof(user);

	ret->address = SLICE(LOCAL_SOCKET_NAME);
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &user, &len) < 0)
		return;
	ret->local = true;
	ret->uid = user.uid;
	ret->gid = user.gid;
	ret->pid = user.pid;
}

void http_socket_identify(int fd, struct buf *text, struct request_caller *ret)
{
	static const struct slice mapped = { "::ffff:", 7 }; /* in front of an IPv4 address */
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	char host[NI_MAXHOST];

	*ret = (struct request_caller){ 0 };
	if (getpeername(fd, (struct sockaddr *)&address, &len) < 0)
		return;
	if (address.ss_family == AF_UNIX) {
		identify_user(fd, ret);
		return;
	}
	if (getnameinfo(
		    (struct sockaddr *)&address, len, host, sizeof(host), NULL, 0, NI_NUMERICHOST))
		return;
	buf_append_string(text, host);
	ret->address = buf_slice(text);
	if (slice_starts_with(ret->address, mapped) && strchr(host, '.'))
		ret->address = slice_skip(ret->address, mapped.len);
}

uint64_t http_socket_peer(int fd)
{
	struct sockaddr_storage address = { 0 };
	const struct sockaddr_in6 *in6 = (const void *)&address;
	const struct sockaddr_in *in = (const void *)&address;
	socklen_t len = sizeof(address);
	struct slice bytes = slice_of((const char *)&in6->sin6_addr, sizeof(in6->sin6_addr));

	if (getpeername(fd, (struct sockaddr *)&address, &len) < 0)
		return 1;
	if (address.ss_family == AF_INET)
		bytes = slice_of((const char *)&in->sin_addr, sizeof(in->sin_addr));
	return hash64(bytes) | 1;
}
