#include "output.h"

#include "excerpt.h"

#include <errno.h>
#include <stdio.h>

#define PIECE 65536

int output_write(struct slice text, struct error *err)
{
	while (text.len) {
		ssize_t n = write(STDOUT_FILENO, text.data, text.len);

		if (n < 0 && errno == EPIPE)
			return OUTPUT_CLOSED;
		if (n < 0 && errno != EINTR)
			return error_set_errno(err, errno, "Writing to standard output");
		if (n > 0)
			text = slice_skip(text, (size_t)n);
	}
	return 0;
}

int input_read(struct buf *ret, struct error *err)
{
	ssize_t n;

	do {
		n = read(STDIN_FILENO, buf_reserve(ret, PIECE), PIECE);
		if (n > 0)
			ret->len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? error_set_errno(err, errno, "Reading standard input") : 0;
}

int input_read_argument(const char *argument, struct buf *ret, struct error *err)
{
	if (!argument || strcmp(argument, "-") == 0)
		return input_read(ret, err);
	buf_append_string(ret, argument);
	return 0;
}

int output_error(const struct error *err, struct slice text)
{
	struct buf message CLEANUP(buf_release) = BUF_INIT;

	buf_append_string(&message, "dynamount: ");
	excerpt_append_visible(&message, slice_from_string(err->message));
	buf_append_char(&message, '\n');
	if (slice_present(text) && err->place.known)
		excerpt_append(&message, text, &err->place);
	fputs(buf_string(&message), stderr);
	return EXIT_FAILURE;
}
