#include "base/buf.h"
#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

void buf_init(struct buf *buf)
{
	*buf = BUF_INIT;
}

void buf_release(struct buf *buf)
{
	free(buf->data);
	*buf = BUF_INIT;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
}

char *buf_reserve(struct buf *buf, size_t n)
{
	size_t needed = buf->len + n;

	if (needed < n)
		abort();
	if (needed > buf->capacity || !buf->data) {
		size_t capacity = buf->capacity ? buf->capacity * 2 : 64;

		if (capacity < needed)
			capacity = needed;
		buf->data = memory_resize(buf->data, capacity);
		buf->capacity = capacity;
	}
	return buf->data + buf->len;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
	if (!len)
		return;
	memcpy(buf_reserve(buf, len), data, len);
	buf->len += len;
}

void buf_append_slice(struct buf *buf, struct slice bytes)
{
	buf_append(buf, bytes.data, bytes.len);
}

void buf_append_string(struct buf *buf, const char *string)
{
	buf_append(buf, string, strlen(string));
}

void buf_vappendf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (len < 0)
		abort();
	vsnprintf(buf_reserve(buf, (size_t)len + 1), (size_t)len + 1, format, args);
	buf->len += (size_t)len;
}

void buf_appendf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vappendf(buf, format, args);
	va_end(args);
}

void buf_resize(struct buf *buf, size_t len)
{
	if (len > buf->len) {
		size_t more = len - buf->len;

		memset(buf_reserve(buf, more), 0, more);
	}
	buf->len = len;
}

const char *buf_string(struct buf *buf)
{
	*buf_reserve(buf, 1) = '\0';
	return buf->data;
}
