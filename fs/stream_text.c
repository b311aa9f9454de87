#include "stream_text.h"

#include "base/memory.h"
#include "stream_requests.h"

/* A larger window is not kept. */
#define WINDOW_MAX (1u << 20)

static struct slice copy(struct slice bytes)
{
	return slice_of(memory_copy_string(bytes.data, bytes.len), bytes.len);
}

void stream_text_init(struct stream_text *text, struct slice table_name, struct slice label)
{
	*text = (struct stream_text){ .table_name = copy(table_name), .label = copy(label) };
	pthread_mutex_init(&text->mutex, NULL);
}

void stream_text_release(struct stream_text *text)
{
	free((char *)text->table_name.data);
	free((char *)text->label.data);
	buf_release(&text->window);
	pthread_mutex_destroy(&text->mutex);
}

int stream_text_look(struct filesystem *fs, const struct stream_text *text, struct arena *arena,
	struct find_stream_output *ret, struct error *err)
{
	struct find_stream_input input = {
		.table_name = text->table_name,
		.stream_label = text->label,
	};

	return request_stream(fs, &input, arena, ret, err);
}

/* Appends what the window has from the offset on: its length. */
static size_t take_from_window(
	struct stream_text *text, uint64_t offset, size_t size, struct buf *ret)
{
	size_t length = 0;

	pthread_mutex_lock(&text->mutex);
	if (offset >= text->window_start && offset - text->window_start < text->window.len) {
		struct slice rest =
			slice_skip(buf_slice(&text->window), offset - text->window_start);

		length = rest.len < size ? rest.len : size;
		buf_append(ret, rest.data, length);
	}
	pthread_mutex_unlock(&text->mutex);
	return length;
}

static void keep_window(struct stream_text *text, uint64_t offset, struct slice lines)
{
	if (lines.len > WINDOW_MAX)
		return;
	pthread_mutex_lock(&text->mutex);
	text->window_start = offset;
	buf_clear(&text->window);
	buf_append_slice(&text->window, lines);
	pthread_mutex_unlock(&text->mutex);
}

/* Appends up to size bytes, none at the end; *ret_length tells how many. */
static int read_lines(struct filesystem *fs, struct stream_text *text, uint64_t offset, size_t size,
	struct buf *ret, size_t *ret_length, struct error *err)
{
	struct arena arena CLEANUP(arena_release) = ARENA_INIT;
	struct read_stream_input input = {
		.table_name = text->table_name,
		.stream_label = text->label,
		.offset = offset,
		.size = size,
	};
	struct slice lines;

	TRY(request_stream_text(fs, &input, &arena, &lines, err));
	*ret_length = lines.len < size ? lines.len : size;
	buf_append(ret, lines.data, *ret_length);
	if (lines.len)
		keep_window(text, offset, lines);
	return 0;
}

int stream_text_read(struct filesystem *fs, struct stream_text *text, uint64_t offset, size_t size,
	struct buf *ret, struct error *err)
{
	size_t length = take_from_window(text, offset, size, ret);
	size_t more = 0;

	if (length < size)
		TRY(read_lines(fs, text, offset + length, size - length, ret, &more, err));
	return 0;
}
