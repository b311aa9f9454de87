#include "layout.h"

#include <string.h>

static void begin_line(struct buf *buf, unsigned depth)
{
	buf_append_char(buf, '\n');
	for (unsigned i = 0; i < depth; i++)
		buf_append_string(buf, "  ");
}

/* The length of the string that the text begins with, its quotes included. */
static size_t string_length(struct slice text)
{
	size_t i = 1;

	while (i < text.len && text.data[i] != '"')
		i += text.data[i] == '\\' ? 2 : 1;
	return i < text.len ? i + 1 : text.len;
}

void layout_append(struct slice compact, struct buf *buf)
{
	unsigned depth = 0;

	while (compact.len) {
		char c = compact.data[0];
		bool empty = compact.len > 1 && strchr("{[", c) && strchr("}]", compact.data[1]);
		size_t taken = empty ? 2 : c == '"' ? string_length(compact) : 1;

		if (!empty && strchr("}]", c))
			begin_line(buf, --depth);
		buf_append(buf, compact.data, taken);
		if (!empty && strchr("{[", c))
			begin_line(buf, ++depth);
		else if (c == ',')
			begin_line(buf, depth);
		else if (c == ':')
			buf_append_char(buf, ' ');
		compact = slice_skip(compact, taken);
	}
	buf_append_char(buf, '\n');
}
