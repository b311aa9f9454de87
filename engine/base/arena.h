/*
 * An arena: memory that lives as long as one request and is released at once.
 *
 * Invariants:
 * 1. What an arena hands out is aligned for any type and never moves.
 * 2. A mark taken before some allocations and reset after them gives back
 *    exactly those: what is older than the mark stays valid. This is how a
 *    retried transaction body starts again without growing.
 * 3. An arena belongs to one thread at a time.
 */
#pragma once

#include "base/slice.h"
#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunk; /* newest first */
	size_t used; /* bytes of the newest chunk handed out */
};

struct arena_mark {
	struct arena_chunk *chunk;
	size_t used;
};

#define ARENA_INIT ((struct arena){ NULL, 0 })

void arena_init(struct arena *arena);
void arena_release(struct arena *arena);

/* Uninitialised memory of the given size in bytes; aborts when there is none. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* Zeroed memory. */
void *arena_alloc_zero(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/* Zeroed array of count elements. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
	__attribute__((returns_nonnull));
/* A copy of the bytes, NUL-terminated beyond its length; absent stays absent. */
struct slice arena_copy(struct arena *arena, struct slice bytes);
struct slice arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

struct arena_mark arena_mark(const struct arena *arena);
void arena_reset(struct arena *arena, struct arena_mark mark);
