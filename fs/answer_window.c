#include "answer_window.h"

void answer_window_clear(struct answer_window *window)
{
	buf_release(&window->text);
	*window = (struct answer_window){ 0 };
}

static void drop(struct answer_window *window, uint64_t position)
{
	size_t gone;

	/* Now and then, so that each byte is moved about once. */
	if (window->whole || position < window->start + 2 * WINDOW_KEPT)
		return;
	gone = position - WINDOW_KEPT - window->start;
	if (gone > window->text.len)
		gone = window->text.len;
	memmove(window->text.data, window->text.data + gone, window->text.len - gone);
	buf_resize(&window->text, window->text.len - gone);
	window->start += gone;
}

enum window_outcome answer_window_seek(struct answer_window *window, off_t offset)
{
	uint64_t position;

	if (!window->placed || offset < window->origin) {
		window->origin = offset;
		window->placed = true;
	}
	position = (uint64_t)(offset - window->origin);
	if (position < window->start) {
		if (position)
			return WINDOW_PASSED;
		buf_clear(&window->text);
		window->start = 0;
		return WINDOW_REWOUND;
	}
	drop(window, position);
	return position < window->start + window->text.len ? WINDOW_READY : WINDOW_SHORT;
}

struct slice answer_window_at(const struct answer_window *window, off_t offset)
{
	uint64_t position = (uint64_t)(offset - window->origin);

	return slice_skip(buf_slice(&window->text), position - window->start);
}
