#include "port_rejects.h"

#include "base/memory.h"
#include "port_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

void rejects_init(struct rejects *rejects, const char *path, uint64_t shown_max)
{
	*rejects = (struct rejects){
		.path = path ? memory_copy_string(path, strlen(path)) : NULL,
		.reasons_path = path ? path_with(path, ".reasons") : NULL,
		.fd = -1,
		.reasons_fd = -1,
		.lines = BUF_INIT,
		.reasons = BUF_INIT,
		.shown_max = shown_max,
	};
}

void rejects_release(struct rejects *rejects)
{
	cleanup_close(&rejects->fd);
	cleanup_close(&rejects->reasons_fd);
	buf_release(&rejects->lines);
	buf_release(&rejects->reasons);
	free(rejects->path);
	free(rejects->reasons_path);
}

static int put_aside(const char *path, struct error *err)
{
	char *aside CLEANUP(cleanup_free) = path_with(path, "~");

	if (rename(path, aside) < 0 && errno != ENOENT)
		return error_set_errno(err, errno, "Renaming %s", path);
	return 0;
}

int rejects_begin(struct rejects *rejects, struct error *err)
{
	if (!rejects->path)
		return 0;
	TRY(put_aside(rejects->path, err));
	return put_aside(rejects->reasons_path, err);
}

static int open_file(const char *path, uint64_t length, int *ret, struct error *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	if (fd < 0)
		return error_set_errno(err, errno, "Opening %s", path);
	*ret = fd;
	if (ftruncate(fd, (off_t)length) < 0 || lseek(fd, 0, SEEK_END) < 0)
		return error_set_errno(err, errno, "Writing %s", path);
	return 0;
}

static int open_files(struct rejects *rejects, struct error *err)
{
	TRY(open_file(rejects->path, rejects->lines_written, &rejects->fd, err));
	return open_file(
		rejects->reasons_path, rejects->reasons_written, &rejects->reasons_fd, err);
}

int rejects_resume(struct rejects *rejects, uint64_t lines, uint64_t reasons, uint64_t count,
	struct error *err)
{
	rejects->lines_written = lines;
	rejects->reasons_written = reasons;
	rejects->count = count;
	if (!rejects->path || !reasons)
		return 0;
	return open_files(rejects, err);
}

static void append_line(struct buf *buf, struct slice text, bool as_line)
{
	if (slice_ends_with(text, SLICE("\r")))
		text.len--;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];

		buf_append_char(buf, as_line && (c == '\n' || c == '\r') ? ' ' : c);
	}
	buf_append_char(buf, '\n');
}

static void append_reason(struct buf *buf, const struct reject *reject)
{
	const struct error_place *place = &reject->why->place;
	uint64_t line = reject->line;

	if (place->known)
		line += place->line - 1;
	buf_appendf(buf, "%s:%llu:", reject->input, (unsigned long long)line);
	if (place->known)
		buf_appendf(buf, "%u:", place->column);
	buf_appendf(buf, " %s\n", reject->why->message);
}

static void show(struct rejects *rejects, struct slice reason)
{
	if (rejects->shown++ < rejects->shown_max)
		fprintf(stderr, "%.*s", SLICE_ARG(reason));
	else if (rejects->shown_max && rejects->shown == rejects->shown_max + 1)
		fprintf(stderr, "and others: see %s\n", rejects->reasons_path);
}

void rejects_add(struct rejects *rejects, const struct reject *reject)
{
	struct buf *lines = rejects->path ? &rejects->lines : &rejects->reasons;
	size_t before = rejects->reasons.len;

	append_reason(&rejects->reasons, reject);
	if (rejects->path)
		show(rejects, slice_skip(buf_slice(&rejects->reasons), before));
	if (!rejects->count++ && rejects->path && slice_present(reject->header))
		append_line(lines, reject->header, false);
	if (slice_present(reject->text))
		append_line(lines, reject->text, reject->as_line);
}

static int write_out(
	int fd, const char *path, struct buf *from, uint64_t *written, bool sync, struct error *err)
{
	TRY(file_write_all(fd, buf_slice(from), path, err));
	*written += from->len;
	buf_clear(from);
	if (sync && fdatasync(fd) < 0)
		return error_set_errno(err, errno, "Writing %s", path);
	return 0;
}

int rejects_write(struct rejects *rejects, bool sync, struct error *err)
{
	if (!rejects->reasons.len)
		return 0;
	if (!rejects->path)
		return write_out(STDERR_FILENO, "standard error", &rejects->reasons,
			&rejects->reasons_written, false, err);
	if (rejects->fd < 0)
		TRY(open_files(rejects, err));
	TRY(write_out(
		rejects->fd, rejects->path, &rejects->lines, &rejects->lines_written, sync, err));
	return write_out(rejects->reasons_fd, rejects->reasons_path, &rejects->reasons,
		&rejects->reasons_written, sync, err);
}
