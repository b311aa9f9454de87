#include "store/lockfile.h"
#include "base/buf.h"
#include "store/encryption.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#define COMMAND_LINE_MAX 4096

/* Reads up to a limit: what cannot be read is left out. */
static void read_into(int fd, struct buf *buf)
{
	ssize_t n;

	buf_reserve(buf, COMMAND_LINE_MAX);
	while (buf->len < COMMAND_LINE_MAX) {
		n = read(fd, buf->data + buf->len, COMMAND_LINE_MAX - buf->len);
		if (n <= 0)
			break;
		buf->len += (size_t)n;
	}
}

/* The program and the first word that is no option: behind it an item may stand. */
static void keep_command(struct buf *line)
{
	const char *start = buf_string(line), *end = start + line->len, *word = start;

	do {
		word += strlen(word) + 1;
	} while (word < end && *word == '-');
	if (word < end)
		buf_resize(line, (size_t)(word - start) + strlen(word));
}

static void append_command_line(struct buf *buf, bool brief)
{
	struct buf line CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		read_into(fd, &line);
	if (brief)
		keep_command(&line);
	while (line.len && !line.data[line.len - 1])
		line.len--;
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.data[i];

		buf_append_char(buf, c < ' ' ? ' ' : (char)c);
	}
}

static int write_owner(int fd, const char *path, bool brief, struct error *err)
{
	struct buf owner CLEANUP(buf_release) = BUF_INIT;

	buf_appendf(&owner, "%d ", getpid());
	append_command_line(&owner, brief);
	buf_append_char(&owner, '\n');
	if (ftruncate(fd, 0) < 0 || pwrite(fd, owner.data, owner.len, 0) < 0)
		return error_set_errno(err, errno, "writing %s/lock", path);
	return 0;
}

static int in_use(int fd, const char *path, struct error *err)
{
	struct buf owner CLEANUP(buf_release) = BUF_INIT;
	char *blank, *end;

	read_into(fd, &owner);
	blank = owner.len ? memchr(owner.data, ' ', owner.len) : NULL;
	end = owner.len ? memchr(owner.data, '\n', owner.len) : NULL;
	if (!blank || !end || blank > end)
		return error_set(err, ERROR_IN_USE, "%s is in use by another process", path);
	return error_set(err, ERROR_IN_USE, "%s is in use by process %.*s (%.*s)", path,
		(int)(blank - owner.data), owner.data, (int)(end - blank - 1), blank + 1);
}

int lockfile_take(const char *path, const struct key_file *key, int *ret_fd, struct error *err)
{
	struct buf name CLEANUP(buf_release) = BUF_INIT;
	int fd CLEANUP(cleanup_close) = -1;

	buf_appendf(&name, "%s/lock", path);
	fd = open(buf_string(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_set_errno(err, errno, "opening %s", buf_string(&name));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EWOULDBLOCK)
			return in_use(fd, path, err);
		return error_set_errno(err, errno, "locking %s", buf_string(&name));
	}
	TRY(write_owner(fd, path, key || encryption_is_on(path), err));
	*ret_fd = fd;
	fd = -1;
	return 0;
}
