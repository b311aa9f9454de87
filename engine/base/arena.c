#include "base/arena.h"
#include "base/memory.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* The first chunk serves a small request whole; later ones double up to a cap. */
#define CHUNK_FIRST 4096
#define CHUNK_MAX   (1 << 20)
#define ALIGNMENT   alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *older;
	size_t size; /* of data */
	alignas(max_align_t) char data[];
};

void arena_init(struct arena *arena)
{
	*arena = ARENA_INIT;
}

void arena_release(struct arena *arena)
{
	arena_reset(arena, (struct arena_mark){ NULL, 0 });
}

static void arena_grow(struct arena *arena, size_t size)
{
	size_t chunk_size = arena->chunk ? arena->chunk->size * 2 : CHUNK_FIRST;
	struct arena_chunk *chunk;

	if (chunk_size > CHUNK_MAX)
		chunk_size = CHUNK_MAX;
	if (chunk_size < size)
		chunk_size = size;
	chunk = memory_new(sizeof(*chunk) + chunk_size);
	chunk->older = arena->chunk;
	chunk->size = chunk_size;
	arena->chunk = chunk;
	arena->used = 0;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	size_t rounded = (size + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
	void *memory;

	if (rounded < size)
		abort();
	if (!arena->chunk || arena->chunk->size - arena->used < rounded)
		arena_grow(arena, rounded);
	memory = arena->chunk->data + arena->used;
	arena->used += rounded;
	return memory;
}

void *arena_alloc_zero(struct arena *arena, size_t size)
{
	return memset(arena_alloc(arena, size), 0, size);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total))
		abort();
	return arena_alloc_zero(arena, total);
}

struct slice arena_copy(struct arena *arena, struct slice bytes)
{
	char *copy;

	if (!slice_present(bytes))
		return bytes;
	copy = arena_alloc(arena, bytes.len + 1);
	memcpy(copy, bytes.data, bytes.len);
	copy[bytes.len] = '\0';
	return slice_of(copy, bytes.len);
}

struct slice arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	int len;
	char *text;

	va_start(args, format);
	va_copy(again, args);
	len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		abort();
	text = arena_alloc(arena, (size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	va_end(args);
	return slice_of(text, (size_t)len);
}

struct arena_mark arena_mark(const struct arena *arena)
{
	return (struct arena_mark){ arena->chunk, arena->used };
}

void arena_reset(struct arena *arena, struct arena_mark mark)
{
	while (arena->chunk != mark.chunk) {
		struct arena_chunk *older = arena->chunk->older;

		free(arena->chunk);
		arena->chunk = older;
	}
	arena->used = mark.used;
}
