/*
 * A growing byte buffer, owned by its holder. data is NULL while nothing was
 * ever appended; it is not NUL-terminated except through buf_string().
 */
#pragma once

#include "base/slice.h"
#include <stdarg.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len;
	size_t capacity;
};

#define BUF_INIT ((struct buf){ NULL, 0, 0 })

void buf_init(struct buf *buf);
void buf_release(struct buf *buf);
/* Empties it, keeping its memory. */
void buf_clear(struct buf *buf);
/* Makes room for at least n more bytes and returns where they go. */
char *buf_reserve(struct buf *buf, size_t n);
void buf_append(struct buf *buf, const void *data, size_t len);
void buf_append_slice(struct buf *buf, struct slice bytes);
void buf_append_string(struct buf *buf, const char *string);
void buf_appendf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vappendf(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
/* Sets the length; bytes beyond the old one are zero. */
void buf_resize(struct buf *buf, size_t len);
/* The contents as a C string, borrowed until the next change. */
const char *buf_string(struct buf *buf);

static inline void buf_append_char(struct buf *buf, char c)
{
	if (buf->len == buf->capacity)
		buf_reserve(buf, 1);
	buf->data[buf->len++] = c;
}

/* Borrowed until the next change; present even when empty. */
static inline struct slice buf_slice(const struct buf *buf)
{
	return slice_of(buf->data ? buf->data : "", buf->len);
}
