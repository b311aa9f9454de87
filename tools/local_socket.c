#include "local_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

int local_socket_directory(const char *path, int *ret, struct error *err)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	*ret = fd;
	return 0;
}

void local_socket_append_path(int directory, struct buf *buf)
{
	buf_appendf(buf, "/proc/self/fd/%d/" LOCAL_SOCKET_NAME, directory);
}

static struct sockaddr_un address_of(int directory)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/" LOCAL_SOCKET_NAME,
		directory);
	return address;
}

static int bind_and_listen(int fd, int directory)
{
	struct sockaddr_un address = address_of(directory);

	local_socket_remove(directory);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		return -1;
	/* Nobody can connect before listen(). */
	if (fchmodat(directory, LOCAL_SOCKET_NAME, 0600, 0) < 0)
		return -1;
	return listen(fd, SOMAXCONN);
}

int local_socket_listen(int directory, int *ret, struct error *err)
{
	int fd CLEANUP(cleanup_close) =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0 || bind_and_listen(fd, directory) < 0)
		return error_set_errno(err, errno, "Listening on " LOCAL_SOCKET_NAME);
	*ret = fd;
	fd = -1;
	return 0;
}

void local_socket_remove(int directory)
{
	unlinkat(directory, LOCAL_SOCKET_NAME, 0);
}

bool local_socket_admits(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

int local_socket_probe(int directory, struct error *err)
{
	struct sockaddr_un address = address_of(directory);
	int fd CLEANUP(cleanup_close) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return 0;
	if (fd >= 0 && (errno == ENOENT || errno == ECONNREFUSED))
		return LOCAL_SOCKET_NOBODY;
	return error_set_errno(err, errno, "Connecting to " LOCAL_SOCKET_NAME);
}
